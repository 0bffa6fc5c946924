//! What the sync keeps on disk: the library, and the state of the sync.
//!
//! Decides when each is written; [`super::Sync`] says what there is to write, `kept` writes.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::warn;

use super::admitted::Admitted;
use super::kept::Kept;
use super::state::{self, State};
use super::{SyncResult, to_the_second};
use crate::config::Config;
use crate::disk::LoadError;
use crate::library::{self, Snapshot, Track};

/// The library's file, in the state directory.
pub const LIBRARY_FILE: &str = "library.json";

/// Between two saves of the library within a round: it is written as a whole, and a first round
/// may bring hundreds of playlists.
const BETWEEN_SAVES: Duration = Duration::from_secs(5);

/// Both files, and what the smaller one holds.
pub(super) struct Files {
    pub(super) library: Kept,
    /// The edition of the library for which its file needs nothing more.
    written: Option<u64>,
    /// Songs that the library's file may lack.
    pub(super) admitted: Admitted,
    pub(super) state: Kept,
    content: State,
    /// Whether the state's file holds something else.
    state_is_stale: bool,
    /// When the library was last written in this round.
    saved: Option<Instant>,
}

impl Files {
    /// Loads both. Blocks for that long. A damaged file is as good as none, and is kept aside.
    pub(super) fn load(config: &Config) -> (Self, library::Stored) {
        let (mut stored, library) = load_library(config);
        let (admitted, ids) = Admitted::load(&config.state_directory);
        for id in ids {
            stored.tracks.entry(id).or_insert_with(|| Arc::new(Track::placeholder(id)));
        }
        let (last, state) = load_state(config);
        let (last_sync, last_sync_result) = last.unzip();
        let daemon_start_time = to_the_second(Timestamp::now());
        let content = State { last_sync, last_sync_result, daemon_start_time };
        let files = Self {
            library,
            written: None,
            admitted,
            state,
            content,
            // It names the daemon before us.
            state_is_stale: true,
            saved: None,
        };
        (files, stored)
    }

    /// This is the library as it was loaded.
    pub(super) fn restored(&mut self, library: &Snapshot) {
        self.written = (!self.admitted.exists()).then(|| library.edition());
    }

    /// When this daemon started.
    pub(super) fn started(&self) -> Timestamp {
        self.content.daemon_start_time
    }

    /// The last sync that came to its end.
    pub(super) fn last(&self) -> Option<(Timestamp, Arc<SyncResult>)> {
        self.content.last_sync.zip(self.content.last_sync_result.clone())
    }

    pub(super) fn begin_round(&mut self) {
        self.saved = None;
    }

    /// Saves the library within a round, if the last time is long enough ago.
    pub(super) async fn save_within_round(&mut self, snapshot: Arc<Snapshot>) {
        if self.saved.is_none_or(|saved| saved.elapsed() >= BETWEEN_SAVES) {
            self.save_library(snapshot).await;
        }
    }

    /// Saves what a round has changed, and nothing if it has changed nothing. Adds to its result
    /// what is wrong with the files.
    pub(super) async fn end_round(
        &mut self,
        snapshot: Arc<Snapshot>,
        at: Timestamp,
        mut result: SyncResult,
    ) -> Arc<SyncResult> {
        self.save_library(snapshot).await;
        result.errors.extend(self.library.problem().map(str::to_owned));
        let before = self.content.last_sync_result.as_deref();
        let news = self.saved.is_some() || before.is_none_or(|before| !before.says_the_same(&result));
        self.content.last_sync = Some(at);
        self.content.last_sync_result = Some(Arc::new(result.clone()));
        self.state_is_stale = true;
        if news || self.state.problem().is_some() {
            self.save_state().await;
        }
        // This one is not in the file itself.
        result.errors.extend(self.state.problem().map(str::to_owned));
        Arc::new(result)
    }

    /// Saves whatever is not on disk yet.
    pub(super) async fn save_rest(&mut self, snapshot: Arc<Snapshot>) {
        self.save_library(snapshot).await;
        if self.state_is_stale {
            self.save_state().await;
        }
    }

    /// Saves the library, if its file holds another edition.
    pub(super) async fn save_library(&mut self, snapshot: Arc<Snapshot>) {
        let edition = snapshot.edition();
        if self.written == Some(edition) {
            return;
        }
        if self.library.save(move |file| library::save(file, &snapshot)).await {
            self.written = Some(edition);
        }
        self.saved = Some(Instant::now());
        if self.library.problem().is_none() {
            self.admitted.clear();
        }
    }

    async fn save_state(&mut self) {
        let content = self.content.clone();
        self.state_is_stale = !self.state.save(move |file| state::save(file, &content)).await;
    }
}

fn load_library(config: &Config) -> (library::Stored, Kept) {
    let file = config.state_directory.join(LIBRARY_FILE);
    let loaded = library::load(&file);
    kept("the library", "starting with an empty library", file, loaded)
}

fn load_state(config: &Config) -> (Option<(Timestamp, Arc<SyncResult>)>, Kept) {
    let file = config.state_directory.join(state::FILE);
    let loaded = state::load(&file);
    kept("the state of the sync", "nothing is known of the last sync", file, loaded)
}

/// What `file`, which holds `what`, was found to say; nothing if it could not be read, which costs
/// this much if it is `damaged`.
fn kept<T: Default>(
    what: &'static str,
    damaged: &str,
    file: PathBuf,
    loaded: Result<T, LoadError>,
) -> (T, Kept) {
    match loaded {
        Ok(loaded) => (loaded, Kept::new(what, file)),
        Err(error @ LoadError::Damaged(..)) => {
            warn!(error = &error as &dyn Error, "{damaged}");
            (T::default(), Kept::new(what, file))
        }
        Err(error @ (LoadError::Read(..) | LoadError::Stuck(..))) => {
            (T::default(), Kept::unreadable(what, &error))
        }
    }
}
