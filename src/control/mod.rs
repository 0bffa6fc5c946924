//! The control socket: one request a line, one JSON object a line in answer.
//!
//! Changes nothing itself: [`crate::app`] implements [`Daemon`]. `message` is what passes, `server` the daemon's end, `client` that of `ytmpctl`.
//!
//! STUB: server and client are the control worker's. The messages and `Daemon` are what `app` builds on.

mod message;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use tokio_util::sync::CancellationToken;

pub use message::{Listed, Reloaded, Status};

use crate::sync::{Progress, Trigger};

/// What can be asked of the daemon. Nothing here waits for YouTube or for MPD, but for `reload`.
pub trait Daemon: Send + Sync + 'static {
    /// Has it sync, unless it does.
    fn sync(&self) -> Trigger;
    /// How it is.
    fn status(&self) -> Status;
    /// The playlists, in the order in which MPD's clients see them.
    fn list(&self) -> Vec<Listed>;
    /// Has it read its configuration again, and sync. The error is for people, on one line.
    fn reload(&self) -> Pin<Box<dyn Future<Output = Result<Reloaded, String>> + Send + '_>>;
    /// What happens from now on. A sync that is under way is told of first.
    fn follow(&self) -> BoxStream<'static, Progress>;
    /// Has it stop. Returns at once.
    fn quit(&self);
}

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another daemon answers there.
    #[error("another ytmpd{} holds {}", .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), .socket.display())]
    Held {
        /// The socket.
        socket: PathBuf,
        /// Its process, if the system tells.
        pid: Option<u32>,
    },
    /// It cannot be made.
    #[error("cannot listen on {0}")]
    Socket(PathBuf, #[source] std::io::Error),
}

/// The daemon's end.
pub struct Server;

impl Server {
    /// Listens on `socket`, which only its owner may open. One that a killed daemon left is
    /// replaced; it is removed at the end.
    ///
    /// # Errors
    /// When another daemon answers there, or it cannot be made.
    pub async fn bind(socket: &Path) -> Result<Self, BindError> {
        let _ = socket;
        Ok(Self)
    }

    /// Serves until `shutdown`, then lets answers in flight finish.
    pub async fn serve(self, daemon: Arc<dyn Daemon>, shutdown: CancellationToken) {
        let _ = daemon;
        shutdown.cancelled().await;
    }
}
