//! The virtual playlists as real ones, for clients that are connected straight to MPD.
//!
//! STUB: the materialise worker fills this in. The struct's fields and `run` are what `app` builds on.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::library::{Snapshot, StoredPlaylists};
use crate::net::Upstream;

/// What the materialiser works with; `app` fills it in.
pub struct Materialiser {
    /// The mode, the folder, MPD's password, the relay's base URL.
    pub config: watch::Receiver<Arc<Config>>,
    /// How MPD is reached.
    pub upstream: Upstream,
    /// What is to be written.
    pub library: watch::Receiver<Arc<Snapshot>>,
    /// The user's own stored playlists, for `sync` to keep names apart.
    pub stored: watch::Sender<StoredPlaylists>,
    /// What could not be written and why, one line each, for `status`; empty when all is well.
    pub problems: watch::Sender<Vec<String>>,
    /// Where it remembers which playlists it wrote.
    pub file: PathBuf,
}

impl Materialiser {
    /// Works until `shutdown`, through any number of MPD's restarts.
    pub async fn run(self, shutdown: CancellationToken) {
        shutdown.cancelled().await;
    }
}
