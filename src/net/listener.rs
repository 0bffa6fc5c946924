//! Listening on an address of any kind.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{SocketAddr, UnixListener as StdUnixListener, UnixStream as StdUnixStream};
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, UnixListener};

use super::Stream;
use crate::config::Address;

/// A bound socket. A Unix socket's file is removed when it is dropped.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    /// The file to remove at the end.
    file: Option<PathBuf>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Listens on `address`. A Unix socket that a killed process left behind is replaced.
    ///
    /// # Errors
    /// When the address is taken or cannot be had.
    pub async fn bind(address: &Address) -> io::Result<Self> {
        match address {
            Address::Tcp(host, port) => {
                let socket = Socket::Tcp(TcpListener::bind((host.as_str(), *port)).await?);
                Ok(Self { socket, file: None })
            }
            Address::Unix(path) => {
                remove_stale(path)?;
                let socket = Socket::Unix(UnixListener::bind(path)?);
                Ok(Self { socket, file: Some(path.clone()) })
            }
            Address::Abstract(name) => {
                let listener = StdUnixListener::bind_addr(&SocketAddr::from_abstract_name(name)?)?;
                listener.set_nonblocking(true)?;
                Ok(Self { socket: Socket::Unix(UnixListener::from_std(listener)?), file: None })
            }
        }
    }

    /// The next connection.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn accept(&self) -> io::Result<Stream> {
        match &self.socket {
            Socket::Tcp(listener) => Ok(Stream::tcp(listener.accept().await?.0)),
            Socket::Unix(listener) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            // Somebody may have removed it already.
            let _ = std::fs::remove_file(file);
        }
    }
}

/// Removes a socket file that nobody listens on. A file of another kind stays and makes the bind
/// fail.
fn remove_stale(path: &Path) -> io::Result<()> {
    // A connection to a file that is no socket is refused as well.
    if !std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        return Ok(());
    }
    match StdUnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        _ => Ok(()),
    }
}
