//! Listening sockets that a service manager has opened and passed to us (sd_listen_fds(3)).

use std::env;
use std::io;
use std::net::TcpListener as StdTcpListener;
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::UnixListener as StdUnixListener;

use listenfd::ListenFd;
use rustix::net::sockopt::socket_acceptconn;
use tokio::net::{TcpListener, UnixListener};

use super::Listener;
use crate::config::{Address, PassedSocket};

/// The sockets that were passed, until each is taken by whoever serves it. Their files are the
/// manager's: nobody here removes them.
#[derive(Debug, Default)]
pub struct Inherited(Vec<(PassedSocket, Socket)>);

#[derive(Debug)]
enum Socket {
    Tcp(StdTcpListener),
    Unix(StdUnixListener),
}

/// A descriptor that was passed is none that clients could connect to.
#[derive(Debug, thiserror::Error)]
#[error(
    "the service manager passed `{name}` (number {number} of LISTEN_FDS), which is no listening stream socket with an address"
)]
pub struct InheritError {
    name: String,
    number: usize,
    source: io::Error,
}

impl Inherited {
    /// What `$LISTEN_FDS` says was passed to this process. The variable is removed, so call it
    /// once, and before there are other threads.
    ///
    /// # Errors
    /// When something is no socket that listens.
    pub fn of_process() -> Result<Self, InheritError> {
        // Without it, numbers that are meant for another process would count as ours.
        if env::var_os("LISTEN_PID").is_none_or(|pid| pid.is_empty()) {
            return Ok(Self::default());
        }
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut passed = ListenFd::from_env();
        let sockets = (0..passed.len()).map(|number| {
            let name = names.next().unwrap_or_default().to_owned();
            let socket = Socket::take(&mut passed, number).and_then(|socket| Ok((socket.address()?, socket)));
            match socket {
                Ok((address, socket)) => Ok((PassedSocket { name, address }, socket)),
                Err(source) => Err(InheritError { name, number, source }),
            }
        });
        sockets.collect::<Result<_, _>>().map(Self)
    }

    /// What there is.
    pub fn sockets(&self) -> Vec<PassedSocket> {
        self.0.iter().map(|(passed, _)| passed.clone()).collect()
    }

    /// The socket at `address`, to be served on the current runtime.
    ///
    /// # Errors
    /// When the runtime cannot watch it.
    pub fn take(&mut self, address: &Address) -> io::Result<Option<Listener>> {
        match self.remove(address) {
            None => Ok(None),
            Some(Socket::Tcp(socket)) => Ok(Some(Listener::tcp(TcpListener::from_std(socket)?))),
            Some(Socket::Unix(socket)) => Ok(Some(Listener::unix(UnixListener::from_std(socket)?))),
        }
    }

    /// As [`Self::take`], or else as [`Listener::bind`].
    ///
    /// # Errors
    /// As there.
    pub async fn or_bind(&mut self, address: &Address, all: &[Address]) -> io::Result<Vec<Listener>> {
        match self.take(address)? {
            Some(listener) => Ok(vec![listener]),
            None => Listener::bind(address, all).await,
        }
    }

    /// As [`Self::or_bind`], a bare TCP socket.
    ///
    /// # Errors
    /// As there.
    pub async fn or_bind_tcp(&mut self, address: &Address) -> io::Result<TcpListener> {
        match self.remove(address) {
            Some(Socket::Tcp(socket)) => TcpListener::from_std(socket),
            _ => TcpListener::bind(address.to_string()).await,
        }
    }

    fn remove(&mut self, address: &Address) -> Option<Socket> {
        let at = self.0.iter().position(|(passed, _)| passed.address == *address)?;
        Some(self.0.remove(at).1)
    }
}

impl Socket {
    fn take(passed: &mut ListenFd, number: usize) -> io::Result<Self> {
        // The descriptor stays where it is if it is of another kind.
        let socket = match passed.take_unix_listener(number) {
            Ok(socket) => socket.map(Self::Unix),
            Err(_) => passed.take_tcp_listener(number)?.map(Self::Tcp),
        };
        let socket = socket.ok_or(io::ErrorKind::NotFound)?;
        let is_listening = match &socket {
            Self::Tcp(socket) => socket.set_nonblocking(true).and_then(|()| listens(socket)),
            Self::Unix(socket) => socket.set_nonblocking(true).and_then(|()| listens(socket)),
        };
        if is_listening? { Ok(socket) } else { Err(io::ErrorKind::NotConnected.into()) }
    }

    fn address(&self) -> io::Result<Address> {
        match self {
            Self::Tcp(socket) => {
                let address = socket.local_addr()?;
                Ok(Address::Tcp(address.ip().to_string(), address.port()))
            }
            Self::Unix(socket) => {
                let address = socket.local_addr()?;
                let name = || String::from_utf8(address.as_abstract_name()?.to_owned()).ok();
                let path = address.as_pathname().map(|path| Address::Unix(path.to_owned()));
                path.or_else(|| name().map(Address::Abstract)).ok_or(io::ErrorKind::AddrNotAvailable.into())
            }
        }
    }
}

fn listens(socket: &impl AsFd) -> io::Result<bool> {
    Ok(socket_acceptconn(socket)?)
}
