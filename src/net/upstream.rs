//! Connecting to MPD, at its pace.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::{Stream, end_if_peer_vanishes};
use crate::config::Address;

/// MPD listens with a backlog of 5 (`ServerSocket.cxx`): a sixth connect that it has not accepted
/// yet would wait a second for its SYN to be sent again.
const BACKLOG: usize = 5;

/// A host that does not even refuse is given up after this; libmpdclient waits 30 s for a
/// greeting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Before another try at a Unix socket whose backlog is full.
const BACKLOG_PAUSE: Duration = Duration::from_millis(10);

/// The way to MPD. Clones share the pacing, and what the log was told.
#[derive(Debug, Clone)]
pub struct Upstream {
    addresses: Arc<[Address]>,
    pace: Arc<Semaphore>,
    /// The log knows that there is no MPD.
    missing: Arc<AtomicBool>,
}

/// No MPD at any of the addresses.
#[derive(Debug, thiserror::Error)]
#[error("no MPD at {0}; start it, or set `mpd.address`")]
pub struct ConnectError(String);

impl ConnectError {
    /// The addresses, each with why nobody answers there.
    pub fn tried(&self) -> &str {
        &self.0
    }
}

/// A connection that MPD may not have accepted yet. Drop this once it has greeted.
pub type Turn = OwnedSemaphorePermit;

impl Upstream {
    /// MPD, at the first of `addresses` that answers.
    pub fn new(addresses: &[Address]) -> Self {
        Self {
            addresses: addresses.into(),
            pace: Arc::new(Semaphore::new(BACKLOG)),
            missing: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Connects, preferring an address of the same kind, since MPD gives local clients more. The
    /// turn is to be dropped when MPD has greeted. The log hears once that MPD is not there, and
    /// once that it is back.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection.
    ///
    /// # Errors
    /// When no address answers.
    pub async fn connect(&self, locality: Locality) -> Result<(Stream, Turn), ConnectError> {
        // The semaphore is never closed, so this only waits.
        let closed = |_| ConnectError("any address".to_owned());
        let turn = Arc::clone(&self.pace).acquire_owned().await.map_err(closed)?;
        let mut tried = Vec::new();
        for address in self.in_order(locality) {
            match connect(address).await {
                Ok(stream) => {
                    self.found(address);
                    return Ok((stream, turn));
                }
                Err(error) => tried.push(format!("`{address}`: {error}")),
            }
        }
        let error = ConnectError(tried.join(", nor at "));
        if !self.missing.swap(true, Ordering::Relaxed) {
            warn!("{error}");
        }
        Err(error)
    }

    fn found(&self, address: &Address) {
        if self.missing.swap(false, Ordering::Relaxed) {
            info!("MPD is back at `{address}`");
        }
    }

    /// Whether there is an address of this kind.
    pub fn offers(&self, local: Locality) -> bool {
        self.addresses.iter().any(|address| local.matches(address))
    }

    fn in_order(&self, local: Locality) -> impl Iterator<Item = &Address> {
        let same = self.addresses.iter().filter(move |address| local.matches(address));
        same.chain(self.addresses.iter().filter(move |address| !local.matches(address)))
    }
}

/// How a client came, and as whom, which decides what MPD lets it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locality {
    /// Over a Unix socket, as our own user or root.
    Local,
    /// Over TCP, or as another user.
    Remote,
}

impl Locality {
    fn matches(self, address: &Address) -> bool {
        address.is_local() == (self == Self::Local)
    }
}

async fn connect(address: &Address) -> io::Result<Stream> {
    timeout(CONNECT_TIMEOUT, connect_to(address)).await?
}

async fn connect_to(address: &Address) -> io::Result<Stream> {
    match address {
        Address::Tcp(host, port) => {
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            // We may have nothing to say for days.
            end_if_peer_vanishes(&stream);
            Ok(Stream::tcp(stream))
        }
        Address::Unix(path) => connect_unix(path).await,
        // As the system writes abstract names.
        Address::Abstract(name) => connect_unix(format!("\0{name}").as_ref()).await,
    }
}

/// Connects to a Unix socket. One whose backlog is full does not make us wait, as TCP would: it
/// says so at once, and is tried again for as long as this is waited for.
///
/// # Errors
/// When nobody listens there, or it is not for us.
pub async fn connect_unix(path: &Path) -> io::Result<Stream> {
    loop {
        match UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(BACKLOG_PAUSE).await,
            connected => return connected.map(Stream::Unix),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::net::TcpListener;

    use super::super::gone_after;
    use super::*;

    #[tokio::test]
    async fn an_mpd_that_vanishes_is_found_out() {
        let mpd = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = Address::Tcp("127.0.0.1".into(), mpd.local_addr().unwrap().port());
        let (stream, _turn) = Upstream::new(&[address]).connect(Locality::Remote).await.unwrap();
        let Stream::Tcp(stream) = stream else { panic!("it is TCP") };
        assert_eq!(gone_after(&stream), Some(Duration::from_secs(60)));
    }
}
