//! The end of `ytmpctl`.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::answer::{self, Said};
use crate::config::Config;
use crate::library::holders_socket;
use crate::net::{Occupant, Stream, connect_unix, occupant};

/// The daemon answers from memory, but for `reload`, which reads a file.
const PATIENCE: Duration = Duration::from_secs(10);

/// A disk that hangs is not waited for. Whoever calls must not wait for the thread that does.
const DISK_PATIENCE: Duration = Duration::from_secs(2);

/// No answer is as long: 10,000 playlists are about 3 MiB.
const LONGEST: u64 = 64 * 1024 * 1024;

/// A connection to the daemon.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<Stream>,
}

/// Why the daemon could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody is there.
    #[error("no ytmpd answers at {}; start it with `ytmpd`, or name its socket with --socket", .0.display())]
    Absent(PathBuf),
    /// It is not for us.
    #[error("cannot open the socket {}; is it another user's?", .0.display())]
    Closed(PathBuf, #[source] io::Error),
    /// It says nothing.
    #[error("ytmpd does not answer; look at its log")]
    Silent,
    /// It stopped in the middle.
    #[error("ytmpd has closed the connection; look at its log")]
    Gone,
    /// It says something that is not understood.
    #[error("ytmpd's answer is not understood; restart it if it is of another version than ytmpctl")]
    Answer(#[source] serde_json::Error),
    /// It says no. The reason is the daemon's own.
    #[error("{0}")]
    Refused(String),
}

/// The socket of the daemon with this configuration. If nobody listens where the file says now, it
/// is where the daemon that runs was told to listen when it was started.
pub async fn socket_of(config: &Config) -> PathBuf {
    let now = &config.control_socket;
    if is_served(now).await {
        return now.clone();
    }
    let folder = config.state_directory.clone();
    let before = timeout(DISK_PATIENCE, spawn_blocking(move || holders_socket(&folder))).await;
    match before.ok().and_then(Result::ok).flatten() {
        Some(before) if is_served(&before).await => before,
        _ => now.clone(),
    }
}

async fn is_served(socket: &Path) -> bool {
    matches!(occupant(socket).await, Occupant::Listening(_))
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When no daemon is there.
    pub async fn connect(socket: &Path) -> Result<Self, ClientError> {
        let connected = timeout(PATIENCE, connect_unix(socket)).await.map_err(|_| ClientError::Silent)?;
        match connected {
            Ok(stream) => Ok(Self { stream: BufReader::new(stream) }),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(ClientError::Closed(socket.to_owned(), error))
            }
            Err(_) => Err(ClientError::Absent(socket.to_owned())),
        }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When the daemon has gone.
    pub async fn send(&mut self, request: &str) -> Result<(), ClientError> {
        let line = format!("{request}\n");
        let sent = timeout(PATIENCE, self.stream.write_all(line.as_bytes())).await;
        // One that was sent away has its answer already.
        sent.map_err(|_| ClientError::Silent)?.or_else(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Ok(()),
            _ => Err(ClientError::Gone),
        })
    }

    /// The answer to the next request that was sent, as the daemon wrote it, without its line
    /// break.
    ///
    /// # Errors
    /// When none comes.
    pub async fn answer(&mut self) -> Result<String, ClientError> {
        timeout(PATIENCE, self.line()).await.map_err(|_| ClientError::Silent)?
    }

    /// The next line, however long that takes: an event, or an answer.
    ///
    /// # Errors
    /// When the daemon goes.
    pub async fn line(&mut self) -> Result<String, ClientError> {
        let mut line = vec![];
        let read = (&mut self.stream).take(LONGEST).read_until(b'\n', &mut line).await;
        if read.is_err() || line.pop() != Some(b'\n') {
            return Err(ClientError::Gone);
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}

/// Reads an answer: a [`Status`](super::Status), for example.
///
/// # Errors
/// When the daemon says no, or something that is not understood.
pub fn read<T: DeserializeOwned>(answer: &str) -> Result<T, ClientError> {
    match answer::read(answer).map_err(ClientError::Answer)? {
        Said::Yes(said) => Ok(said),
        Said::No(reason) => Err(ClientError::Refused(reason)),
    }
}
