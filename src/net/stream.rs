//! A connected socket of either kind.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::Locality;

/// A TCP or Unix stream.
#[derive(Debug)]
pub enum Stream {
    /// TCP, without Nagle's delay.
    Tcp(TcpStream),
    /// Unix, in the file system or abstract.
    Unix(UnixStream),
}

impl Stream {
    /// Takes a TCP stream over and turns off Nagle's algorithm: answers are small and each is
    /// waited for. A client that vanishes while it idles is found out by keepalive, at the
    /// system's pace as at MPD: one whose machine sleeps for some minutes is to stay connected.
    pub(super) fn tcp(stream: TcpStream) -> Self {
        // A socket that refuses an option still works.
        let _ = stream.set_nodelay(true);
        let _ = rustix::net::sockopt::set_socket_keepalive(&stream, true);
        Self::Tcp(stream)
    }

    /// Has the peer told at once what of it has arrived, if it is a TCP one. MPD sends the rest of an
    /// answer only when it knows that (Nagle's algorithm), and the system would wait up to 40 ms for
    /// something to say along with it.
    pub fn acknowledge(&self) {
        if let Self::Tcp(stream) = self {
            let _ = rustix::net::sockopt::set_tcp_quickack(stream, true);
        }
    }

    /// Whether MPD would count the peer as a local client.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Unix(_))
    }

    /// How the peer came.
    pub fn locality(&self) -> Locality {
        let Self::Unix(stream) = self else { return Locality::Remote };
        let ours = rustix::process::geteuid().as_raw();
        let is_ours = stream.peer_cred().is_ok_and(|peer| [0, ours].contains(&peer.uid()));
        if is_ours { Locality::Local } else { Locality::Remote }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
