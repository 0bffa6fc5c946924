//! Keeps the library in step with YouTube.
//!
//! [`Sync`] is the one owner of the [`Library`]: it starts with what the disk holds, before any
//! network is touched, and changes it as `rounds` brings listings. `app` makes it, hands its
//! snapshots to everyone and runs it.

mod handle;
mod rounds;

use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::Config;
use crate::library::{self, Library, LoadError, Playlist, PlaylistId, Snapshot, StoredPlaylists};
use crate::youtube::Catalogue;

pub use handle::{Handle, Progress, SignIn, Status, SyncResult, Trigger};

use rounds::Event;

/// The library's file, in the state directory.
const LIBRARY_FILE: &str = "library.json";

/// Listings that wait for the library to take them: none need to, each is taken at once.
const EVENTS: usize = 1;

/// A catalogue for a configuration: made anew when that changes.
pub type MakeCatalogue = Arc<dyn Fn(&Config) -> Catalogue + Send + std::marker::Sync>;

/// Where the listings come from.
#[derive(Clone)]
pub enum Source {
    /// YouTube: the playlists that the configuration names.
    YouTube(MakeCatalogue),
    /// These and no others: the demo's.
    Fixed(Vec<Playlist>),
}

/// The owner of the library, and its task.
pub struct Sync {
    /// Everyone else has its snapshots.
    library: Library,
    /// Where it is kept; `None` if there is a file that we could not read, and so must not replace.
    file: Option<PathBuf>,
    /// `app` holds the sender.
    config: watch::Receiver<Arc<Config>>,
    /// What MPD has; `player` holds the sender.
    stored: watch::Receiver<StoredPlaylists>,
    source: Source,
    /// The round that is under way, or was last.
    round: Round,
    /// Whether the file lacks something that the library has.
    unsaved: bool,
}

/// What a round has brought so far.
#[derive(Default)]
struct Round {
    /// The playlists that there should be, in order.
    wanted: Vec<PlaylistId>,
    /// Those that were listed.
    listed: HashMap<PlaylistId, Playlist>,
}

impl Sync {
    /// Loads the library's file. Blocks for that long; touches no network. A damaged file starts
    /// an empty library and a warning.
    pub fn new(
        config: watch::Receiver<Arc<Config>>,
        mut stored: watch::Receiver<StoredPlaylists>,
        source: Source,
    ) -> Self {
        let (file, prefix) = {
            let config = config.borrow();
            (config.state_directory.join(LIBRARY_FILE), config.youtube.prefix.clone())
        };
        let (kept, file) = match library::load(&file) {
            Ok(loaded) => (loaded, Some(file)),
            Err(error @ LoadError::Damaged(..)) => {
                warn!(error = &error as &dyn std::error::Error, "starting with an empty library");
                (Default::default(), Some(file))
            }
            Err(error @ (LoadError::Read(..) | LoadError::Stuck(..))) => {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "starting with an empty library, which will not be saved: make the file readable, or move it, and restart"
                );
                (Default::default(), None)
            }
        };
        let mut library = Library::restored(&prefix, kept);
        library.set_stored_playlists(stored.borrow_and_update().clone());
        Self { library, file, config, stored, source, round: Round::default(), unsaved: false }
    }

    /// Follows the library, which already holds what the disk did.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.library.subscribe()
    }

    /// What others may ask of it.
    pub fn handle(&self) -> Handle {
        Handle::stub()
    }

    /// Lists at once, then whenever it is time, until `shutdown`. A listing under way is dropped
    /// then; a save is finished.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let (events, mut received) = mpsc::channel(EVENTS);
        let mut rounds = pin!(rounds::run(self.config.clone(), self.source.clone(), events));
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                never = &mut rounds => match never {},
                Some(event) = received.recv() => self.take(event).await,
                Ok(()) = self.stored.changed() => self.follow_stored_playlists(),
            }
        }
    }

    fn follow_stored_playlists(&mut self) {
        let stored = self.stored.borrow_and_update().clone();
        self.unsaved |= self.library.set_stored_playlists(stored);
    }

    /// A playlist that is new shows at once, so that a fresh user sees one after the other; the
    /// others change together at the end of the round.
    async fn take(&mut self, event: Event) {
        match event {
            Event::Started(wanted) => self.round = Round { wanted, listed: HashMap::new() },
            Event::Listed(playlist) => {
                let new = self.library.snapshot().playlist(&playlist.id).is_none();
                self.round.listed.insert(playlist.id.clone(), playlist);
                if new {
                    self.apply().await;
                }
            }
            Event::Finished => {
                self.apply().await;
                let snapshot = self.library.snapshot();
                let playlists = snapshot.virtuals();
                let songs: usize = playlists.iter().map(|one| one.playlist.entries.len()).sum();
                let failed = self.round.wanted.len().saturating_sub(self.round.listed.len());
                info!(playlists = playlists.len(), songs, failed, "a round of listing is done");
            }
        }
    }

    /// Makes the library hold the wanted playlists: as listed in this round, else as last known.
    async fn apply(&mut self) {
        let known = self.library.snapshot();
        let as_known = |id| known.playlist(id).map(|one| (*one.playlist).clone());
        let playlist = |id| self.round.listed.get(id).cloned().or_else(|| as_known(id));
        let playlists = self.round.wanted.iter().filter_map(playlist).collect();
        self.unsaved |= self.library.replace(playlists);
        if self.unsaved {
            self.save().await;
        }
    }

    /// Writes the file. If that fails, the next round tries again.
    async fn save(&mut self) {
        let Some(file) = self.file.clone() else { return };
        let snapshot = self.library.snapshot();
        match spawn_blocking(move || library::save(&file, &snapshot)).await {
            Ok(Ok(())) => self.unsaved = false,
            Ok(Err(error)) => warn!(
                error = &error as &dyn std::error::Error,
                "the library is not saved: after a restart, songs in MPD's queue may be unknown; make room or make the folder writable"
            ),
            Err(error) => warn!(%error, "saving the library broke off"),
        }
    }
}

#[cfg(test)]
mod tests;
