//! One song in memory, between the requests that read it and the task that fetches it.
//!
//! A short lock and two wake-ups, nothing else: what is known and wanted is in [`state`], what is
//! where is [`super::buffer`]'s, what to fetch next is [`super::demand`]'s, fetching is
//! [`super::fetch`]'s.

mod reader;
mod state;

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;

pub(super) use self::reader::Reader;
use self::state::State;
use super::buffer::Buffer;
use super::demand::{AHEAD, HEAD, ReaderId, Want};
use crate::library::{Portion, Readiness, VideoId};
use crate::resolver::Urgency;

/// A song longer than this is not kept whole: more than what is read ahead, so that there is
/// something to give away.
const MOST_HELD: u64 = AHEAD + 8 * 1024 * 1024;

/// A song, from the first interest in it until its [`End`].
#[derive(Debug)]
pub(super) struct Song {
    pub(super) video: VideoId,
    state: Mutex<State>,
    /// Wakes readers: there is more, or an end.
    changed: Notify,
    /// Wakes the fetching task: somebody wants something else now.
    wanted: Notify,
}

/// Which of YouTube's files this is: two of one video with the same format and length have the same
/// bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    /// In bytes.
    pub(super) total: u64,
    pub(super) mime: String,
    /// YouTube's name of the format.
    pub(super) format: String,
}

/// Why a song is fetched no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// Nobody wants it.
    Unwanted,
    /// It could not be had for now, and nobody waited for it.
    NotNow,
    /// YouTube has another file now.
    Changed,
    /// It was waited for in vain.
    GivenUp,
    /// It cannot be had: YouTube's reason.
    Gone(String),
    /// The relay stops.
    Stopped,
}

impl Song {
    pub(super) fn new(video: VideoId) -> Self {
        Self { video, state: Mutex::new(State::new()), changed: Notify::new(), wanted: Notify::new() }
    }

    /// A reader at the start, unless the song has ended.
    pub(super) fn open(self: &Arc<Self>) -> Option<Reader> {
        let reader = self.interest(|state| {
            // That has come of it.
            state.cued = false;
            state.demand.add(state.used)
        })?;
        Some(Reader { song: Arc::clone(self), reader })
    }

    /// Wants the head, until somebody has come to read; false if the song has ended.
    pub(super) fn cue(&self) -> bool {
        self.interest(|state| state.cued = true).is_some()
    }

    /// Keeps the head, as [`Song::set_pinned`] does; false if the song has ended.
    pub(super) fn pin(&self) -> bool {
        self.interest(|state| state.pinned = true).is_some()
    }

    /// Wants what MPD will read to play from there.
    pub(super) fn seek(&self, from: Portion) {
        self.interest(|state| state.sought = from);
    }

    /// MPD plays it from now on: what is held on is tried at once.
    pub(super) fn plays(&self) {
        self.interest(|state| state.plays = true);
    }

    /// What MPD reads to play from there, beside the head, if that can be told yet.
    pub(super) fn part(&self, from: Portion) -> Option<Range<u64>> {
        Some(self.lock().part(from)).filter(|part| !part.is_empty())
    }

    /// Keeps the head, or does so no more.
    pub(super) fn set_pinned(&self, pinned: bool) {
        let mut state = self.lock();
        if state.pinned != pinned {
            (state.pinned, state.used) = (pinned, Instant::now());
            self.wanted.notify_one();
        }
    }

    /// Whether MPD could play from there, and be answered from memory.
    pub(super) fn is_ready(&self, from: Portion) -> bool {
        self.lock().is_ready(from)
    }

    /// Waits until the song can be played from there at once, or has ended.
    pub(super) async fn ready(&self, from: Portion) -> Readiness {
        loop {
            let changed = self.changed.notified();
            if let Some(readiness) = self.lock().readiness(from) {
                return readiness;
            }
            changed.await;
        }
    }

    /// How soon it is needed; none while nobody wants it.
    pub(super) fn urgency(&self) -> Option<Urgency> {
        self.lock().urgency()
    }

    /// Bytes in memory.
    pub(super) fn held(&self) -> u64 {
        self.lock().buffer.held()
    }

    /// How it may be thrown out to make room, and when it was last used; none while it is read.
    pub(super) fn eviction_order(&self) -> Option<(Keep, Instant)> {
        let state = self.lock();
        let keep = if state.pinned { Keep::Pinned } else { Keep::Unwanted };
        state.demand.is_empty().then_some((keep, state.used))
    }

    /// Whether somebody reads it.
    pub(super) fn is_read(&self) -> bool {
        !self.lock().demand.is_empty()
    }

    /// Ends a song that nobody reads; false if somebody does.
    pub(super) fn end_unread(&self, end: End) -> bool {
        let mut state = self.lock();
        let unread = state.demand.is_empty();
        if unread {
            state.buffer = Buffer::default();
            self.end_locked(&mut state, end);
        }
        unread
    }

    /// Ends the search for what MPD would play from next, if nobody reads; false if somebody does.
    pub(super) fn end_unread_seek(&self) -> bool {
        let mut state = self.lock();
        let unread = state.demand.is_empty();
        if unread {
            state.sought = Portion::START;
            self.changed.notify_waiters();
        }
        unread
    }

    /// Ends it for everybody.
    pub(super) fn end(&self, end: End) {
        self.end_locked(&mut self.lock(), end);
    }

    fn end_locked(&self, state: &mut State, end: End) {
        state.end.get_or_insert(end);
        self.changed.notify_waiters();
        self.wanted.notify_one();
    }

    /// Notes an interest in the song and wakes the fetching task; nothing if it has ended.
    fn interest<T>(&self, note: impl FnOnce(&mut State) -> T) -> Option<T> {
        let mut state = self.lock();
        if state.end.is_some() {
            return None;
        }
        state.used = Instant::now();
        let noted = note(&mut state);
        self.wanted.notify_one();
        Some(noted)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is a bug that other songs should not suffer from.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much a song's memory is worth; the first goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Keep {
    Unwanted,
    Pinned,
}

/// What the fetching task is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Read this.
    Read(Want),
    /// Wait for a wake-up; a song that is read is waited for without limit.
    Rest(Use),
    /// Somebody ended it.
    Ended,
}

/// Whether somebody has a use for the song.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It is read.
    Read,
    /// It is kept ready.
    Kept,
    /// Nobody has.
    Unused,
}

/// The fetching task's side.
impl Song {
    /// What to do next.
    pub(super) fn next_step(&self) -> Step {
        let mut state = self.lock();
        if state.end.is_some() {
            return Step::Ended;
        }
        if state.buffer.held() > MOST_HELD {
            let windows: Vec<_> =
                [0..HEAD, state.sought()].into_iter().chain(state.demand.windows()).collect();
            state.buffer.keep(&windows);
        }
        match state.next() {
            Some(want) => {
                state.resting = false;
                Step::Read(want)
            }
            None => Step::Rest(state.rest()),
        }
    }

    /// The same, when there is no room but for what somebody waits for.
    pub(super) fn next_step_without_room(&self) -> Step {
        let mut state = self.lock();
        match state.next() {
            Some(Want::Now(range)) => Step::Read(Want::Now(range)),
            // A reader that reads on wakes us: see `Reader::next`.
            _ => Step::Rest(state.rest()),
        }
    }

    /// Wakes when somebody wants something else.
    ///
    /// # Cancel safety
    /// A wake-up that came while nobody waited, or whose waiting was dropped, is kept for the next.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// The file is known now. False if it is not the one that readers were given before.
    pub(super) fn adopt(&self, version: Version) -> bool {
        let mut state = self.lock();
        if let Some(known) = &state.version {
            return (known.total, &known.format) == (version.total, &version.format);
        }
        state.version = Some(version);
        drop(state);
        self.changed.notify_waiters();
        true
    }

    /// Whether MPD has come to play it since the last look.
    pub(super) fn take_plays(&self) -> bool {
        std::mem::take(&mut self.lock().plays)
    }

    /// A read of `range` begins.
    pub(super) fn note_read(&self, range: &Range<u64>) {
        let state = &mut *self.lock();
        state.demand.note_read(&state.buffer, range);
    }

    /// Adds what was read at `at`.
    pub(super) fn insert(&self, at: u64, bytes: Bytes) {
        self.lock().buffer.insert(at, bytes);
        self.changed.notify_waiters();
    }

    /// Whether the rest of a running read should be given up for somebody who waits elsewhere.
    pub(super) fn is_wanted_elsewhere(&self, running: &Range<u64>) -> bool {
        let mut state = self.lock();
        state.end.is_some()
            || state.demand.is_elsewhere(&state.buffer, running)
            // Who waits goes before who is about to.
            || (!state.demand.is_starved(&state.buffer) && state.seeks_elsewhere(running))
    }

    /// Whether there is a reason to wake up; if not, `wanted` wakes as soon as there is one.
    pub(super) fn doze(&self) -> bool {
        let mut state = self.lock();
        state.dozing = state.end.is_none() && !state.demand.runs_dry(&state.buffer);
        !state.dozing
    }

    /// Whether a request waits for a byte that is not there.
    pub(super) fn is_starved(&self) -> bool {
        let state = self.lock();
        state.demand.is_starved(&state.buffer)
    }

    /// Whether a request waits for a byte that is not there, or is about to.
    pub(super) fn runs_dry(&self) -> bool {
        let state = self.lock();
        state.demand.runs_dry(&state.buffer)
    }

    /// For how long MPD can still play what it was given, though it waits for more, if the song
    /// plays for `duration`.
    pub(super) fn in_hand(&self, duration: Duration) -> Duration {
        let state = self.lock();
        let total = state.version.as_ref().map_or(0, |version| version.total);
        state.demand.in_hand(&state.buffer, total, duration, Instant::now())
    }

    /// The same, when MPD is known to be so far into the song.
    pub(super) fn in_hand_at(&self, duration: Duration, elapsed: Duration) -> Duration {
        let state = self.lock();
        let total = state.version.as_ref().map_or(0, |version| version.total);
        state.demand.in_hand_at(&state.buffer, total, duration, elapsed)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn who_waits_goes_before_who_is_about_to() {
        let song = Arc::new(Song::new("dQw4w9WgXcQ".parse().unwrap()));
        let total = 8 * HEAD;
        assert!(song.adopt(Version { total, mime: String::new(), format: String::new() }));
        let reader = song.open().unwrap();
        let half = Portion { at: Duration::from_secs(1), of: Duration::from_secs(2) };
        song.seek(half);
        assert_eq!(song.next_step(), Step::Read(Want::Now(0..2 * HEAD)));
        assert!(!song.is_wanted_elsewhere(&(0..2 * HEAD)), "the reader waits");
        let head = Bytes::from(vec![0; usize::try_from(HEAD).unwrap()]);
        song.insert(0, head.slice(..5));
        assert!(!song.is_wanted_elsewhere(&(5..2 * HEAD)), "the head has the index");
        song.insert(0, head);
        assert!(song.is_wanted_elsewhere(&(HEAD..2 * HEAD)), "the reader has what it needs for now");
        assert_eq!(song.next_step(), Step::Read(Want::Now(3 * HEAD..5 * HEAD)));
        assert!(!song.is_wanted_elsewhere(&(3 * HEAD..5 * HEAD)));
        drop(reader);
    }

    #[tokio::test]
    async fn a_reader_wakes_a_fetcher_that_rests() {
        let song = Arc::new(Song::new("dQw4w9WgXcQ".parse().unwrap()));
        let reader = song.open().unwrap();
        assert_eq!(song.next_step(), Step::Read(Want::Now(0..HEAD)));
        assert!(song.adopt(Version { total: 2 * HEAD, mime: String::new(), format: String::new() }));
        song.insert(0, Bytes::from_static(b"frame's reserve"));
        reader.seek(0..2 * HEAD).await.unwrap();
        assert_eq!(song.wanted().now_or_never(), Some(()));

        assert_eq!(song.next_step_without_room(), Step::Rest(Use::Read));
        assert_eq!(song.wanted().now_or_never(), None);
        assert_eq!(reader.next().await.unwrap().unwrap(), "frame's re");
        assert_eq!(song.wanted().now_or_never(), Some(()));
        assert_eq!(song.next_step_without_room(), Step::Read(Want::Now(15..2 * HEAD)));

        assert!(!song.end_unread(End::Unwanted), "it is read");
        song.end(End::GivenUp);
        assert_eq!(reader.next().await.unwrap().unwrap(), "serve");
        assert_eq!(reader.next().await, Err(End::GivenUp));
        assert!(song.open().is_none() && !song.cue());
        assert_eq!(song.ready(Portion::START).await, Readiness::NotNow);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_waits_for_long_is_fed_now_and_then() {
        let song = Arc::new(Song::new("dQw4w9WgXcQ".parse().unwrap()));
        let reader = song.open().unwrap();
        assert!(song.adopt(Version { total: 2 * HEAD, mime: String::new(), format: String::new() }));
        song.insert(0, Bytes::from(vec![0; 6000]));
        reader.seek(0..2 * HEAD).await.unwrap();
        for (seconds, length) in [(0, 4000), (2, 600), (2, 600), (2, 600), (2, 200)] {
            let asked = Instant::now();
            assert_eq!(reader.next().await.unwrap().unwrap().len(), length);
            assert_eq!(asked.elapsed().as_secs(), seconds);
        }
        assert!(tokio::time::timeout(Duration::from_secs(9), reader.next()).await.is_err(), "that was all");
    }
}
