//! The daemon's own connection to MPD.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::library::{Cue, Halt, Snapshot, StoredPlaylists};
use crate::net::Upstream;

/// What the player works with; `app` fills it in.
pub struct Player {
    /// The configuration: password, prefetch.
    pub config: watch::Receiver<Arc<Config>>,
    /// How MPD is reached.
    pub upstream: Upstream,
    /// What is known of the songs.
    pub library: watch::Receiver<Arc<Snapshot>>,
    /// Who gets songs ready.
    pub cue: Arc<dyn Cue>,
    /// The relay's wish to stop MPD before it gives up on a song.
    pub halt: mpsc::Receiver<Halt>,
    /// MPD's own stored playlists, for `sync` to keep names apart.
    pub stored: watch::Sender<StoredPlaylists>,
}

impl Player {
    /// Tags and prepares songs until `shutdown`, through any number of MPD's restarts.
    pub async fn run(self, shutdown: CancellationToken) {
        let _ = shutdown;
        todo!("player helper")
    }
}
