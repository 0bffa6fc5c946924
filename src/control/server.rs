//! The daemon's end of the control socket.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::AsyncWriteExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::conversation::Conversation;
use super::{Daemon, answer};
use crate::net::{Listener, Occupant, Stream, occupant};

/// More clients at once than any user has: scripts ask, and go.
const MAX_CLIENTS: usize = 64;

/// So many more may wait for a place.
const MAX_WAITING: usize = 64;

/// How long: those that say nothing leave theirs within a second.
const PLACE_PATIENCE: Duration = Duration::from_secs(2);

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another daemon answers there.
    #[error("another ytmpd{} holds {}: stop it, or set `control.socket`", .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), .socket.display())]
    Held {
        /// The socket.
        socket: PathBuf,
        /// Its process, if the system tells.
        pid: Option<u32>,
    },
    /// There is something else; it is not touched.
    #[error("{} is no socket: move it away, or set `control.socket`", .0.display())]
    NoSocket(PathBuf),
    /// The system has no room for its name.
    #[error("{} is too long for a socket's path, which has {} bytes at most: set `control.socket`", .0.display(), Listener::LONGEST_PATH)]
    TooLong(PathBuf),
    /// It cannot be made.
    #[error("cannot listen on {}; set `control.socket`", .0.display())]
    Socket(PathBuf, #[source] io::Error),
}

/// The daemon's end.
#[derive(Debug)]
pub struct Server {
    listener: Listener,
}

impl Server {
    /// Listens on `socket`, which only its owner may open. One that a killed daemon left is
    /// replaced; it is removed at the end.
    ///
    /// # Errors
    /// When another daemon answers there, or it cannot be made.
    pub async fn bind(socket: &Path) -> Result<Self, BindError> {
        if socket.as_os_str().len() > Listener::LONGEST_PATH {
            return Err(BindError::TooLong(socket.to_owned()));
        }
        match occupant(socket).await {
            Occupant::Listening(pid) => Err(BindError::Held { socket: socket.to_owned(), pid }),
            Occupant::NoSocket => Err(BindError::NoSocket(socket.to_owned())),
            Occupant::Nobody | Occupant::Abandoned => {
                let listener = Listener::bind_private(socket).await;
                let listener = listener.map_err(|error| BindError::Socket(socket.to_owned(), error))?;
                Ok(Self { listener })
            }
        }
    }

    /// Listens on a socket that somebody else has made, and removes.
    pub fn on(listener: Listener) -> Self {
        Self { listener }
    }

    /// Serves until `shutdown`, then lets answers in flight finish.
    pub async fn serve(self, daemon: Arc<dyn Daemon>, shutdown: CancellationToken) {
        let Self { listener } = self;
        let room = Room::new();
        let clients = TaskTracker::new();
        loop {
            let stream = tokio::select! {
                () = shutdown.cancelled() => break,
                stream = listener.accept("a client of the control socket") => stream,
            };
            match room.enter() {
                Some(waiting) => {
                    let (daemon, shutdown) = (Arc::clone(&daemon), shutdown.clone());
                    clients.spawn(attend(stream, waiting, daemon, shutdown));
                }
                None => send_away(stream),
            }
        }
        // Nobody is to find a socket that answers no more.
        drop(listener);
        clients.close();
        clients.wait().await;
    }
}

/// Talks with a client as soon as there is a place for it.
async fn attend(stream: Stream, waiting: Waiting, daemon: Arc<dyn Daemon>, shutdown: CancellationToken) {
    match shutdown.run_until_cancelled(waiting.place()).await {
        Some(Some(_place)) => {
            if let Err(error) = Conversation::new(stream, daemon).run(shutdown).await {
                debug!(%error, "a client of the control socket has gone");
            }
        }
        Some(None) => send_away(stream),
        None => {}
    }
}

/// How many clients there may be.
struct Room {
    /// Those that are talked with, and those that wait for that.
    all: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

/// A client that is to have a place.
struct Waiting {
    inside: OwnedSemaphorePermit,
    places: Arc<Semaphore>,
}

impl Room {
    fn new() -> Self {
        let [all, places] =
            [MAX_CLIENTS + MAX_WAITING, MAX_CLIENTS].map(|most| Arc::new(Semaphore::new(most)));
        Self { all, places }
    }

    /// One more, unless too many wait.
    fn enter(&self) -> Option<Waiting> {
        let inside = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some(Waiting { inside, places: Arc::clone(&self.places) })
    }
}

impl Waiting {
    /// Its place, which is free again when this is dropped; `None` if there was none in time.
    async fn place(self) -> Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        let place = timeout(PLACE_PATIENCE, self.places.acquire_owned()).await.ok()?.ok()?;
        Some((place, self.inside))
    }
}

/// Tells a client that there are too many. Nothing waits for it: an answer fits into the buffer of
/// a connection that is new.
fn send_away(mut stream: Stream) {
    let line = answer::failure(&format!("Too many clients: at most {MAX_CLIENTS} at once"));
    let _ = stream.write_all(&line).now_or_never();
    debug!("too many clients of the control socket");
}
