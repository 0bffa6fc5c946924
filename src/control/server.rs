//! The daemon's end of the control socket.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::conversation::Conversation;
use super::{Daemon, answer};
use crate::net::{Listener, Occupant, Stream, occupant};

/// More clients at once than any user has: scripts ask, and go.
const MAX_CLIENTS: usize = 64;

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
        let room = Arc::new(Semaphore::new(MAX_CLIENTS));
        let clients = TaskTracker::new();
        loop {
            let stream = tokio::select! {
                () = shutdown.cancelled() => break,
                stream = listener.accept("a client of the control socket") => stream,
            };
            match Arc::clone(&room).try_acquire_owned() {
                Ok(room) => {
                    let talk = Conversation::new(stream, Arc::clone(&daemon)).run(shutdown.clone());
                    clients.spawn(async move {
                        if let Err(error) = talk.await {
                            debug!(%error, "a client of the control socket has gone");
                        }
                        drop(room);
                    });
                }
                Err(_) => send_away(stream),
            }
        }
        // Nobody is to find a socket that answers no more.
        drop(listener);
        clients.close();
        clients.wait().await;
    }
}

/// Tells a client that there are too many. Nothing waits for it: an answer fits into the buffer of
/// a connection that is new.
fn send_away(mut stream: Stream) {
    let line = answer::failure(&format!("Too many clients: at most {MAX_CLIENTS} at once"));
    let _ = stream.write_all(&line).now_or_never();
    debug!("too many clients of the control socket");
}
