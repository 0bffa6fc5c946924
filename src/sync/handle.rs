//! What others see of the sync, and ask of it.
//!
//! STUB: the sync worker fills this in. The types and the methods' signatures are what `app` builds on.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

/// A handle to the sync; cheap to clone.
#[derive(Clone)]
pub struct Handle;

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
    /// How long it took.
    pub duration_seconds: f64,
    /// What went wrong, one line each, with what to do.
    pub errors: Vec<String>,
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

impl Handle {
    pub(super) fn stub() -> Self {
        Self
    }

    /// Has a sync begin, unless one is under way. Returns at once.
    pub fn trigger(&self) -> Trigger {
        Trigger::AlreadyRunning
    }

    /// How it is, right now.
    pub fn status(&self) -> Status {
        Status {
            started: Timestamp::UNIX_EPOCH,
            running: false,
            last: None,
            next: None,
            sign_in: SignIn::None,
        }
    }

    /// What happens from now on. Who does not keep up misses some.
    pub fn follow(&self) -> broadcast::Receiver<Progress> {
        broadcast::channel(1).1
    }
}
