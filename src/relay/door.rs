//! Who may ask the relay: this machine, and MPD's host. Everybody else gets a 403.
//!
//! Covers are no exception: a client that is connected straight to MPD asks MPD for them, and it
//! is MPD that reads `/{id}/cover.jpg`.
//!
//! A stranger never gets as far as the routes, and takes one of a few places for a second.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::info;

use super::hosts::Hosts;
use crate::net::end_if_peer_vanishes;

/// Strangers that are looked at at the same time; more are closed at once.
const STRANGERS: usize = 16;
/// How long a stranger may take to ask and to read its answer.
const FAREWELL: Duration = Duration::from_secs(1);
/// Strangers that the log was told of; of more, the oldest are told of again.
const MOST_TOLD: NonZeroUsize = NonZeroUsize::new(64).expect("not 0");

const FORBIDDEN: &[u8] = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// The relay's listener, which lets in only who may ask.
pub(super) struct Door {
    listener: TcpListener,
    hosts: Arc<Hosts>,
    told: Arc<Mutex<LruCache<IpAddr, ()>>>,
    places: Arc<Semaphore>,
    /// Whom a second look lets in.
    let_in: mpsc::Sender<(TcpStream, SocketAddr)>,
    late: mpsc::Receiver<(TcpStream, SocketAddr)>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Door {
    /// Lets `hosts` in. `tasks` look at strangers, until `stop`.
    pub(super) fn new(
        listener: TcpListener,
        hosts: Arc<Hosts>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (let_in, late) = mpsc::channel(STRANGERS);
        let told = Arc::new(Mutex::new(LruCache::new(MOST_TOLD)));
        Self { listener, hosts, told, places: Arc::new(Semaphore::new(STRANGERS)), let_in, late, tasks, stop }
    }

    /// Looks whether the peer's address is MPD's by now; the others need not wait for that.
    fn look_again(&self, stream: TcpStream, peer: SocketAddr) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return };
        let (hosts, told, let_in) = (Arc::clone(&self.hosts), Arc::clone(&self.told), self.let_in.clone());
        let looking = async move {
            let _place = place;
            let host = peer.ip().to_canonical();
            if hosts.look_up_again(host).await {
                // The door may be closing.
                let _ = let_in.send((stream, peer)).await;
                return;
            }
            if told.lock().unwrap_or_else(PoisonError::into_inner).put(host, ()).is_none() {
                info!(%host, "refused who is not MPD's host; if MPD asks from there, name it in `mpd.address` too");
            }
            let _ = timeout(FAREWELL, refuse(stream)).await;
        };
        self.tasks.spawn(self.stop.clone().run_until_cancelled_owned(looking));
    }
}

impl axum::serve::Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let (stream, peer) = loop {
            // Both are cancel-safe. The channel never closes: we have a sender.
            tokio::select! {
                Some(late) = self.late.recv() => break late,
                (stream, peer) = axum::serve::Listener::accept(&mut self.listener) => {
                    if is_of_this_machine(&stream, peer) || self.hosts.knows(peer.ip().to_canonical()) {
                        break (stream, peer);
                    }
                    self.look_again(stream, peer);
                }
            }
        };
        // Small answers are waited for; a socket that refuses still works.
        let _ = stream.set_nodelay(true);
        // MPD keeps connections open between songs, and nothing else ends one of which it knows no
        // more.
        end_if_peer_vanishes(&stream);
        (stream, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Who asks an address of its own machine asks from that same address, unless told otherwise.
fn is_of_this_machine(stream: &TcpStream, peer: SocketAddr) -> bool {
    let peer = peer.ip().to_canonical();
    peer.is_loopback() || stream.local_addr().is_ok_and(|local| local.ip().to_canonical() == peer)
}

/// Answers the first request. It is read first, and so is the rest: closing a socket with unread
/// bytes in it would take the answer back.
async fn refuse(mut stream: TcpStream) -> io::Result<()> {
    let mut asked = [0; 1024];
    let _ = stream.read(&mut asked).await?;
    stream.write_all(FORBIDDEN).await?;
    stream.shutdown().await?;
    while stream.read(&mut asked).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::serve::Listener as _;

    use super::*;
    use crate::net::gone_after;

    #[tokio::test]
    async fn who_is_not_mpd_is_told_so() {
        for (mpd, peer, let_in) in [
            ("192.0.2.1:6600", "192.0.2.1:5", true),
            ("192.0.2.1:6600", "[::ffff:192.0.2.1]:5", true),
            ("192.0.2.1:6600", "192.0.2.2:5", false),
            // Found out by looking it up.
            ("localhost:6600", "127.0.0.1:5", true),
            ("/run/mpd/socket", "192.0.2.1:5", false),
        ] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let hosts = Arc::new(Hosts::new(&[mpd.parse().unwrap()]));
            let mut door = Door::new(listener, hosts, TaskTracker::new(), CancellationToken::new());
            let peer = peer.parse().unwrap();
            door.look_again(stream, peer);
            if let_in {
                assert_eq!(door.accept().await.1, peer, "{mpd}");
            } else {
                client.write_all(b"GET /health HTTP/1.1\r\nHost: relay\r\n\r\n").await.unwrap();
                let mut answer = Vec::new();
                client.read_to_end(&mut answer).await.unwrap();
                assert_eq!(answer, FORBIDDEN, "{mpd} {peer}");
            }
        }
    }

    #[tokio::test]
    async fn who_vanishes_is_not_kept() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let hosts = Arc::new(Hosts::new(&[]));
        let mut door = Door::new(listener, hosts, TaskTracker::new(), CancellationToken::new());
        let _client = TcpStream::connect(address).await.unwrap();
        let (stream, _) = door.accept().await;
        assert_eq!(gone_after(&stream), Some(Duration::from_secs(60)));
    }

    #[tokio::test]
    async fn strangers_who_say_nothing_do_not_keep_others_out() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut silent = vec![];
        let mut streams = vec![];
        for _ in 0..=STRANGERS {
            silent.push(TcpStream::connect(address).await.unwrap());
            streams.push(listener.accept().await.unwrap().0);
        }
        let tasks = TaskTracker::new();
        let mut door =
            Door::new(listener, Arc::new(Hosts::new(&[])), tasks.clone(), CancellationToken::new());
        for stream in streams {
            door.look_again(stream, ([192, 0, 2, 1], 5).into());
        }
        assert_eq!(tasks.len(), STRANGERS);
        // The one too many is closed without a word, and this machine comes in.
        assert_eq!(silent.pop().unwrap().read(&mut [0]).await.unwrap(), 0);
        let ours = TcpStream::connect(address).await.unwrap();
        assert_eq!(door.accept().await.1, ours.local_addr().unwrap());
        // What they may take is over after a while.
        tasks.close();
        tasks.wait().await;
    }
}
