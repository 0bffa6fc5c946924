//! Which songs are in memory, and what every song's task needs.
//!
//! Requests and cues ask for songs here; a song that is not there yet gets its task
//! ([`super::fetch`]), which removes it in the end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Sources;
use super::clients::Clients;
use super::counters::Counters;
use super::demand::CHUNK;
use super::fetch::Fetcher;
use super::files::Files;
use super::song::{End, Reader, Song};
use crate::library::{Portion, Snapshot, VideoId};

/// All songs together hold no more than this, but for the next chunk of a song that is waited for:
/// some fifteen songs of usual length.
const MOST_HELD: u64 = 64 * 1024 * 1024;

/// The songs in memory.
pub(super) struct Deck {
    songs: Mutex<HashMap<VideoId, Arc<Song>>>,
    pub(super) files: Files,
    pub(super) sources: Sources,
    /// What media servers are read with.
    pub(super) clients: Clients,
    pub(super) pace: Pace,
    pub(super) counters: Counters,
    /// Where tasks run: sessions call from a runtime of their own.
    pub(super) runtime: Handle,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
}

/// How long the relay waits for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// For a failure to pass, while a request waits.
    pub(super) hold: Duration,
    /// For the next [`LEAST_PROGRESS`](super::media::LEAST_PROGRESS) of an answer.
    pub(super) stall: Duration,
    /// Before the first retry; each further one waits twice as long...
    pub(super) first_delay: Duration,
    /// ...up to this.
    pub(super) longest_delay: Duration,
    /// For the next reader of a song that nobody wants: MPD seeks by closing one request and
    /// opening the next.
    pub(super) linger: Duration,
    /// For MPD to be stopped before a song is given up.
    pub(super) halt: Duration,
    /// Before it is tried again what nobody hears: a request that is held on, or a URL that is not
    /// needed yet. Each further time it is twice as long...
    pub(super) later: Duration,
    /// ...up to this: a try may be a run of `yt-dlp`, and MPD may be paused for days.
    pub(super) latest: Duration,
    /// Before a song that could not be got ready is tried again.
    pub(super) keep_retry: Duration,
}

impl Pace {
    /// What suits YouTube and MPD.
    pub(super) fn new(hold: Duration) -> Self {
        Self {
            hold,
            stall: Duration::from_secs(10),
            first_delay: Duration::from_millis(250),
            longest_delay: Duration::from_secs(5),
            linger: Duration::from_secs(60),
            halt: Duration::from_secs(2),
            later: Duration::from_secs(2),
            latest: Duration::from_secs(60),
            keep_retry: Duration::from_secs(30),
        }
    }
}

impl Deck {
    /// An empty deck whose tasks run on the current runtime.
    pub(super) fn new(pace: Pace, sources: Sources) -> Arc<Self> {
        Arc::new(Self {
            songs: Mutex::default(),
            files: Files::new(),
            sources,
            clients: Clients::new(pace.stall),
            pace,
            counters: Counters::default(),
            runtime: Handle::current(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        })
    }

    /// The library as it is now.
    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.sources.library.borrow())
    }

    /// Opens a song for reading.
    pub(super) fn open(self: &Arc<Self>, video: VideoId) -> Reader {
        self.with_song(video, Song::open)
    }

    /// Wants a song's head, for somebody who waits.
    pub(super) fn cue(self: &Arc<Self>, video: VideoId) -> Arc<Song> {
        self.with_song(video, |song| song.cue().then(|| Arc::clone(song)))
    }

    /// Wants a song's head, to keep it.
    pub(super) fn keep(self: &Arc<Self>, video: VideoId) -> Arc<Song> {
        self.with_song(video, |song| song.pin().then(|| Arc::clone(song)))
    }

    /// Whether MPD could play this song from there, and be answered from memory.
    pub(super) fn is_ready(&self, video: VideoId, from: Portion) -> bool {
        self.lock().get(&video).is_some_and(|song| song.is_ready(from))
    }

    /// Whether MPD, which plays the song, has read what it needs to play it from there.
    pub(super) fn is_with_mpd(&self, video: VideoId, from: Portion) -> bool {
        let song = self.lock().get(&video).cloned();
        let part = song.and_then(|song| song.part(from));
        self.files.has(video, part.as_ref())
    }

    /// MPD plays this song from now on.
    pub(super) fn plays(&self, video: VideoId) {
        if let Some(song) = self.lock().get(&video) {
            song.plays();
        }
    }

    /// These songs' heads are to stay in memory, and no others'.
    pub(super) fn pin(&self, videos: &[VideoId]) {
        for song in self.lock().values() {
            song.set_pinned(videos.contains(&song.video));
        }
    }

    /// Whether another chunk may be read for `reading`, after making room by throwing out what
    /// nobody reads.
    pub(super) fn make_room(&self, reading: &Song) -> bool {
        let songs = self.lock();
        let mut held: u64 = songs.values().map(|song| song.held()).sum();
        if held + CHUNK <= MOST_HELD {
            return true;
        }
        let others = songs.values().filter(|song| song.video != reading.video);
        let mut unread: Vec<_> =
            others.filter_map(|song| song.eviction_order().map(|order| (order, song))).collect();
        unread.sort_by_key(|(order, _)| *order);
        for (_, song) in unread {
            let freed = song.held();
            if freed > 0 && held + CHUNK > MOST_HELD && song.end_unread(End::Unwanted) {
                held -= freed;
            }
        }
        held + CHUNK <= MOST_HELD
    }

    /// Forgets a song that has ended.
    pub(super) fn remove(&self, ended: &Arc<Song>) {
        let mut songs = self.lock();
        // It may have a successor already.
        if songs.get(&ended.video).is_some_and(|song| Arc::ptr_eq(song, ended)) {
            songs.remove(&ended.video);
        }
    }

    /// How many songs, and how many bytes of them.
    pub(super) fn held(&self) -> (usize, u64) {
        let songs = self.lock();
        (songs.len(), songs.values().map(|song| song.held()).sum())
    }

    /// Uses the song in memory, or a new one if there is none or it refuses since it has ended.
    fn with_song<T>(self: &Arc<Self>, video: VideoId, enter: impl Fn(&Arc<Song>) -> Option<T>) -> T {
        let mut songs = self.lock();
        loop {
            if let Some(entered) = songs.get(&video).and_then(&enter) {
                return entered;
            }
            let song = Arc::new(Song::new(video));
            songs.insert(video, Arc::clone(&song));
            self.tasks.spawn_on(Fetcher::new(song, Arc::clone(self)).run(), &self.runtime);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<VideoId, Arc<Song>>> {
        // Every change is one insert or remove: a panic elsewhere leaves nothing half done.
        self.songs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
