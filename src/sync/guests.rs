//! Songs and playlists that clients name by their addresses at YouTube.
//!
//! [`Reception`] is what the sessions hold; [`Callers`] is what the sync keeps of them. They are
//! served at once, also in the middle of a round.

use std::collections::HashMap;
use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info};

use super::Sync;
use super::lister::Lister;
use crate::library::{Guests, PlaylistId, Refused, Track, VideoId};
use crate::reason::on_one_line;
use crate::youtube::{ListError, Listing};

/// Requests of all clients together that wait for the sync, which takes them one by one.
const REQUESTS: usize = 64;

/// Songs of which something was learned; more come again with their next stream.
const SONGS: usize = 64;

/// Playlists fetched at once; each waits for its turn at YouTube.
const MOST_FETCHED: usize = 4;

/// For so long a playlist is as it was fetched.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// For so long nothing else is said of one that could not be: who was told to try again hears why.
const FAILED: Duration = Duration::from_secs(15);

/// What was learned of songs is saved after so long: the library is written as a whole, and a long
/// list of added songs is told one by one for hours. Who is killed before that looks them up again.
pub(super) const BEFORE_SAVE: Duration = Duration::from_secs(10 * 60);

type Answer = Pin<Box<dyn Future<Output = Result<(), Refused>> + Send>>;
type Reply = oneshot::Sender<Result<(), Refused>>;

/// What a session wants.
pub(super) enum Request {
    Admit(VideoId, Reply),
    Fetch(PlaylistId, Reply),
}

/// The sync's side of [`Guests`].
#[derive(Clone)]
pub struct Reception {
    requests: mpsc::Sender<Request>,
}

impl Reception {
    fn ask(&self, request: impl FnOnce(Reply) -> Request) -> Answer {
        let (reply, answer) = oneshot::channel();
        let sent = self.requests.try_send(request(reply)).is_ok();
        Box::pin(async move {
            if !sent {
                return Err(Refused("too many songs are being added; try again".to_owned()));
            }
            answer.await.unwrap_or_else(|_| Err(Refused("ytmpd is stopping".to_owned())))
        })
    }
}

impl Guests for Reception {
    fn admit(&self, video: VideoId) -> Answer {
        self.ask(|reply| Request::Admit(video, reply))
    }

    fn fetch(&self, playlist: PlaylistId) -> Answer {
        self.ask(|reply| Request::Fetch(playlist, reply))
    }
}

/// Who asks, and what is under way for them.
pub(super) struct Callers {
    reception: Reception,
    requests: mpsc::Receiver<Request>,
    tell: mpsc::Sender<Track>,
    songs: mpsc::Receiver<Track>,
    fetching: JoinSet<(PlaylistId, Result<Listing, ListError>)>,
    /// Who waits for what is being fetched.
    waiting: HashMap<PlaylistId, Vec<Reply>>,
    /// What came of it, and when.
    fetched: HashMap<PlaylistId, (Instant, Result<(), Refused>)>,
    /// When to save what was learned.
    save_at: Option<Instant>,
}

/// Something to do for them.
pub(super) enum Call {
    Request(Request),
    /// YouTube has told of a song.
    Song(Track),
    Fetched(PlaylistId, Result<Listing, ListError>),
    Save,
}

impl Callers {
    pub(super) fn new() -> Self {
        let (requests, inbox) = mpsc::channel(REQUESTS);
        let (tell, songs) = mpsc::channel(SONGS);
        Self {
            reception: Reception { requests },
            requests: inbox,
            tell,
            songs,
            fetching: JoinSet::new(),
            waiting: HashMap::new(),
            fetched: HashMap::new(),
            save_at: None,
        }
    }

    /// What is to be done next.
    ///
    /// # Cancel safety
    /// Nothing is taken that is then dropped.
    pub(super) async fn next(&mut self) -> Call {
        let save_at = self.save_at;
        let save = async {
            match save_at {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        // We hold senders of our own, so the channels never end.
        tokio::select! {
            Some(request) = self.requests.recv() => Call::Request(request),
            Some(song) = self.songs.recv() => Call::Song(song),
            Some(Ok((id, listed))) = self.fetching.join_next() => Call::Fetched(id, listed),
            () = save => Call::Save,
        }
    }

    fn learned(&mut self) {
        self.save_at.get_or_insert_with(|| Instant::now() + BEFORE_SAVE);
    }

    /// What came of fetching this one, if that still counts.
    fn outcome(&self, id: &PlaylistId) -> Option<Result<(), Refused>> {
        let (at, outcome) = self.fetched.get(id)?;
        counts(*at, outcome).then(|| outcome.clone())
    }

    /// Has it listed, if it is not already.
    fn wait_for(&mut self, id: PlaylistId, reply: Reply, lister: impl FnOnce() -> Lister) {
        if let Some(waiting) = self.waiting.get_mut(&id) {
            waiting.retain(|reply| !reply.is_closed());
            return waiting.push(reply);
        }
        if self.fetching.len() >= MOST_FETCHED {
            answer(reply, Err(Refused("too many playlists are being fetched; try again".to_owned())));
            return;
        }
        let mut listing = lister().list(vec![id.clone()]);
        self.waiting.insert(id.clone(), vec![reply]);
        self.fetching.spawn(async move { listing.next().await.unwrap_or((id, Err(ListError::Missing))) });
    }

    /// Tells everybody who waits.
    fn settle(&mut self, id: PlaylistId, outcome: &Result<(), Refused>) {
        for reply in self.waiting.remove(&id).unwrap_or_default() {
            answer(reply, outcome.clone());
        }
        self.fetched.retain(|_, (at, outcome)| counts(*at, outcome));
        self.fetched.insert(id, (Instant::now(), outcome.clone()));
    }
}

fn counts(at: Instant, outcome: &Result<(), Refused>) -> bool {
    at.elapsed() < if outcome.is_ok() { FRESH } else { FAILED }
}

fn answer(reply: Reply, outcome: Result<(), Refused>) {
    // Nobody may wait any more.
    let _ = reply.send(outcome);
}

impl Sync {
    /// What sessions may ask of it.
    pub fn guests(&self) -> Reception {
        self.callers.reception.clone()
    }

    /// Where it is to be told what was learned of songs.
    pub fn songs(&self) -> mpsc::Sender<Track> {
        self.callers.tell.clone()
    }

    /// # Cancel safety
    /// Not to be dropped: it may be writing a file.
    pub(super) async fn serve(&mut self, call: Call) {
        match call {
            Call::Request(Request::Admit(video, reply)) => answer(reply, self.admit(video).await),
            Call::Request(Request::Fetch(id, reply)) => self.fetch(id, reply),
            Call::Song(track) => {
                let (video, title) = (track.id, track.title.clone());
                if self.library.describe(track) {
                    debug!(%video, %title, "an added song has its title");
                    self.callers.learned();
                }
            }
            Call::Fetched(id, listed) => {
                let outcome = self.take_in(&id, listed).await;
                self.callers.settle(id, &outcome);
            }
            Call::Save => {
                self.callers.save_at = None;
                self.files.save_library(self.library.snapshot()).await;
            }
        }
    }

    async fn admit(&mut self, video: VideoId) -> Result<(), Refused> {
        if self.library.snapshot().track(video).is_some() {
            return Ok(());
        }
        let written = self.files.admitted.add(video).await;
        written.map_err(|error| {
            Refused(format!(
                "the song cannot be remembered: {error}; make room, or the state folder writable"
            ))
        })?;
        // The id is on disk, so the library's file is in no hurry.
        self.library.admit(video);
        Ok(())
    }

    fn fetch(&mut self, id: PlaylistId, reply: Reply) {
        let known = self.library.snapshot();
        if known.playlist(&id).is_some() {
            return answer(reply, Ok(()));
        }
        match self.callers.outcome(&id) {
            Some(outcome) if outcome.is_err() || known.loadable(&id).is_some() => answer(reply, outcome),
            _ => {
                let Self { callers, listers, config, .. } = self;
                callers.wait_for(id, reply, || listers.lister(&config.borrow()));
            }
        }
    }

    /// A playlist was fetched; it can be loaded once its songs are on disk.
    async fn take_in(&mut self, id: &PlaylistId, listed: Result<Listing, ListError>) -> Result<(), Refused> {
        let listing = match listed {
            Ok(listing) => listing,
            Err(error) => {
                let reason = on_one_line(&error);
                info!(playlist = %id, reason, "a playlist that a client wants could not be listed");
                // As it was the last time.
                let before = self.library.snapshot().loadable(id).is_some();
                let is_passing = error.is_passing() || error.concerns_all();
                return if before && is_passing { Ok(()) } else { Err(Refused(reason)) };
            }
        };
        debug!(playlist = %id, songs = listing.entries.len(), "listed for a client");
        let name = listing.title.clone().unwrap_or_else(|| id.as_str().into());
        self.library.host(listing.into_playlist(name));
        self.files.save_library(self.library.snapshot()).await;
        match self.files.library.problem() {
            Some(problem) => Err(Refused(problem.to_owned())),
            None => Ok(()),
        }
    }
}
