//! What others see of the sync, and ask of it.
//!
//! Whether a sync runs is one value, changed under one lock, by whoever begins one: a wish and the
//! timer can never both begin one.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};

/// Events that wait for a follower that is slow. Who falls behind by more misses the oldest, and
/// still hears the end: an event says how many playlists are done, not that one more is.
const EVENTS: usize = 256;

/// A handle to the sync; cheap to clone.
#[derive(Debug, Clone)]
pub struct Handle {
    /// Changed by [`super::Sync`], and by [`Handle::trigger`].
    status: watch::Sender<Status>,
    progress: broadcast::Sender<Progress>,
}

impl Handle {
    /// Of a daemon that starts now; `last` is the last sync of the one before. A sync is under way
    /// from the beginning.
    pub(super) fn new(
        started: Timestamp,
        last: Option<(Timestamp, Arc<SyncResult>)>,
        sign_in: SignIn,
    ) -> Self {
        let status = Status { started, running: true, last, next: None, sign_in };
        Self { status: watch::Sender::new(status), progress: broadcast::Sender::new(EVENTS) }
    }

    /// Has a sync begin, unless one is under way. Returns at once.
    pub fn trigger(&self) -> Trigger {
        if self.begin() { Trigger::Started } else { Trigger::AlreadyRunning }
    }

    /// How it is, right now.
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// What happens from now on. Who does not keep up misses some.
    pub fn follow(&self) -> broadcast::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// From now on a sync is under way; false if one is already.
    pub(super) fn begin(&self) -> bool {
        self.status.send_if_modified(|status| {
            status.next = None;
            !std::mem::replace(&mut status.running, true)
        })
    }

    /// Waits until somebody has begun a sync.
    ///
    /// # Cancel safety
    /// Nothing is lost: it looks at how things are.
    pub(super) async fn begun(&self) {
        // The sender is our own.
        let _ = self.status.subscribe().wait_for(|status| status.running).await;
    }

    pub(super) fn tell(&self, progress: Progress) {
        // There may be no follower.
        let _ = self.progress.send(progress);
    }

    pub(super) fn set_sign_in(&self, sign_in: SignIn) {
        self.status.send_modify(|status| status.sign_in = sign_in);
    }

    /// A round came to its end, and the sync with it unless that `goes_on`.
    pub(super) fn finish(
        &self,
        at: Timestamp,
        result: Arc<SyncResult>,
        next: Option<Timestamp>,
        goes_on: impl FnOnce() -> bool,
    ) {
        self.status.send_modify(|status| {
            status.last = Some((at, Arc::clone(&result)));
            // Under the lock: nobody whose sync has been started, or who knows of what it goes on
            // for, hears the end of the one before.
            if goes_on() {
                return;
            }
            status.running = false;
            status.next = next;
            self.tell(Progress::Finished(result));
        });
    }
}

/// What became of a wish to sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// It begins.
    Started,
    /// One was under way; this one is not queued.
    AlreadyRunning,
}

/// Whether the account's cookies are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// There are no cookies.
    None,
    /// They are, as far as is known.
    Valid,
    /// They are not any more. Why, and what to do, on one line.
    Expired(String),
}

/// How the sync is.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// When this daemon started.
    pub started: Timestamp,
    /// Whether a sync is under way.
    pub running: bool,
    /// The last sync that came to its end, also by an earlier daemon.
    pub last: Option<(Timestamp, Arc<SyncResult>)>,
    /// When the next begins; `None` while one is under way, or without a timer.
    pub next: Option<Timestamp>,
    /// Whether the account is signed in.
    pub sign_in: SignIn,
}

/// What a sync did. Its keys are those of the Python daemon's `sync_state.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncResult {
    /// Whether all playlists were listed.
    pub success: bool,
    /// Playlists that were listed.
    pub playlists_synced: usize,
    /// Playlists that could not be, and stay as they were.
    pub playlists_failed: usize,
    /// Songs in the playlists that were listed.
    pub tracks_added: usize,
    /// Rows that were left out: YouTube greys them out, or they were not understood.
    pub tracks_failed: usize,
    /// How long it took, to a tenth of a second.
    pub duration_seconds: f64,
    /// What went wrong, one line each, with what to do.
    pub errors: Vec<String>,
}

impl SyncResult {
    /// Whether `other` tells of the same, however long it took.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        Self { duration_seconds: 0.0, ..self.clone() } == Self { duration_seconds: 0.0, ..other.clone() }
    }
}

/// What happens in a sync: a line of the control socket's `follow`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum Progress {
    /// It began.
    #[serde(rename = "sync_started")]
    Started {
        /// How many playlists it will list, if that is known yet.
        total: Option<usize>,
    },
    /// A playlist was listed, or could not be.
    #[serde(rename = "playlist_done")]
    Done {
        /// Its title.
        name: Box<str>,
        /// How many are done.
        done: usize,
        /// Of how many.
        total: usize,
    },
    /// It ended.
    #[serde(rename = "sync_finished")]
    Finished(Arc<SyncResult>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_many_wishes_starts_a_sync() {
        let now = Timestamp::UNIX_EPOCH;
        let handle = Handle::new(now, None, SignIn::None);
        assert_eq!(handle.trigger(), Trigger::AlreadyRunning, "the first one of the daemon");
        for _sync in 0..20 {
            let mut following = handle.follow();
            handle.finish(now, Arc::default(), Some(now), || false);
            assert!(!handle.status().running);
            assert_eq!(following.try_recv(), Ok(Progress::Finished(Arc::default())));
            let wishes = std::thread::scope(|scope| {
                let wish = || scope.spawn(|| handle.trigger());
                let threads: Vec<_> = std::iter::repeat_with(wish).take(4).collect();
                threads.into_iter().filter_map(|thread| thread.join().ok()).collect::<Vec<_>>()
            });
            assert_eq!(wishes.iter().filter(|wish| **wish == Trigger::Started).count(), 1);
            assert_eq!((handle.status().running, handle.status().next), (true, None));
        }
    }

    #[test]
    fn a_follower_that_sleeps_hears_the_end() {
        let handle = Handle::new(Timestamp::UNIX_EPOCH, None, SignIn::None);
        let mut following = handle.follow();
        for done in 0..2 * EVENTS {
            handle.tell(Progress::Done { name: "x".into(), done, total: 2 * EVENTS });
        }
        handle.finish(Timestamp::UNIX_EPOCH, Arc::default(), None, || false);
        let mut last = None;
        loop {
            match following.try_recv() {
                Ok(progress) => last = Some(progress),
                Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                Err(_) => break,
            }
        }
        assert_eq!(last, Some(Progress::Finished(Arc::default())));
    }
}
