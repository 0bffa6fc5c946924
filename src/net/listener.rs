//! Listening on an address of any kind.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener as StdUnixListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Mode, fchmod};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::time::sleep;
use tracing::warn;

use super::Stream;
use super::tcp::{self, EveryAddress};
use crate::config::Address;

/// Connections that wait to be accepted; as many as the standard library lets wait.
pub(super) const BACKLOG: i32 = 128;

/// After an accept that failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A socket that listens. The file of a Unix socket that was made here is removed when this is
/// dropped.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    /// Removed at the end.
    _file: Option<SocketFile>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// The longest path of a Unix socket, in bytes.
    pub const LONGEST_PATH: usize = Address::LONGEST_NAME;

    /// Listens on `address`, which is one of `all`: on all addresses of a host's name. `[::]` is
    /// IPv4 as well, unless another of `all` has the same port. A Unix socket that a killed
    /// process left behind is replaced; whoever may enter its folder may open it, as with MPD's.
    ///
    /// # Errors
    /// When the address is taken or cannot be had.
    pub async fn bind(address: &Address, all: &[Address]) -> io::Result<Vec<Self>> {
        let listener = match address {
            Address::Tcp(host, port) => {
                let has_port = |other: &&Address| matches!(other, Address::Tcp(_, same) if same == port);
                let is_alone = all.iter().filter(has_port).count() <= 1;
                let every = if is_alone { EveryAddress::OfBoth } else { EveryAddress::OfIpv6 };
                let sockets = tcp::listen(host, *port, every).await?.into_iter();
                return Ok(sockets.map(Self::tcp).collect());
            }
            Address::Unix(path) => {
                remove_abandoned(path).await?;
                let socket = Socket::Unix(UnixListener::bind(path)?);
                let file = SocketFile::at(path)?;
                // Clients need the right to write, which our umask keeps from other users. MPD does
                // the same (`ServerSocket.cxx`): the folder tells who may come.
                fs::set_permissions(path, Permissions::from_mode(0o666))?;
                Self { socket, _file: Some(file) }
            }
            Address::Abstract(name) => {
                let listener = StdUnixListener::bind_addr(&SocketAddr::from_abstract_name(name)?)?;
                listener.set_nonblocking(true)?;
                Self::unix(UnixListener::from_std(listener)?)
            }
        };
        Ok(vec![listener])
    }

    /// Listens on a Unix socket that only its owner may open, from the moment it is there. A
    /// folder that is missing is made, for the owner alone too.
    ///
    /// # Errors
    /// As [`Self::bind`]'s.
    pub async fn bind_private(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        remove_abandoned(path).await?;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        // Linux makes the file with the mode that the socket has (`unix_bind_bsd` in
        // net/unix/af_unix.c), so there is no moment in which others could connect.
        fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
        rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
        let file = SocketFile::at(path)?;
        rustix::net::listen(&socket, BACKLOG)?;
        let socket = UnixListener::from_std(StdUnixListener::from(socket))?;
        Ok(Self { socket: Socket::Unix(socket), _file: Some(file) })
    }

    /// One that somebody else has made; so is its file.
    pub(super) fn tcp(socket: TcpListener) -> Self {
        Self { socket: Socket::Tcp(socket), _file: None }
    }

    /// Likewise.
    pub(super) fn unix(socket: UnixListener) -> Self {
        Self { socket: Socket::Unix(socket), _file: None }
    }

    /// The next connection. An accept that fails, for want of file descriptors perhaps, is told and
    /// tried again; `whom` it was for, such as "a client".
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn accept(&self, whom: &str) -> Stream {
        loop {
            match self.try_accept().await {
                Ok(stream) => return stream,
                Err(error) => {
                    warn!(%error, "cannot accept {whom}; trying again");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn try_accept(&self) -> io::Result<Stream> {
        match &self.socket {
            Socket::Tcp(listener) => Ok(Stream::tcp(listener.accept().await?.0)),
            Socket::Unix(listener) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}

/// The file of a socket that we listen on; removed when this is dropped, if it is still ours.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    device_and_inode: (u64, u64),
}

impl SocketFile {
    fn at(path: &Path) -> io::Result<Self> {
        let device_and_inode = device_and_inode(&fs::symlink_metadata(path)?);
        Ok(Self { path: path.to_owned(), device_and_inode })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path);
        if found.is_ok_and(|found| device_and_inode(&found) == self.device_and_inode) {
            // Somebody may have removed it in the meantime.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn device_and_inode(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

/// What is at the path of a Unix socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occupant {
    /// Nothing.
    Nobody,
    /// A socket that nobody listens on: its process was killed.
    Abandoned,
    /// A socket that this process listens on, if the system tells which.
    Listening(Option<u32>),
    /// Something that is no socket.
    NoSocket,
}

/// Who listens on the Unix socket at `path`. It sees a connection that closes at once.
pub async fn occupant(path: &Path) -> Occupant {
    match fs::symlink_metadata(path) {
        Err(_) => return Occupant::Nobody,
        // A connection to a file that is no socket would be refused as well.
        Ok(found) if !found.file_type().is_socket() => return Occupant::NoSocket,
        Ok(_) => {}
    }
    match UnixStream::connect(path).await {
        Ok(stream) => {
            let process = stream.peer_cred().ok().and_then(|peer| peer.pid());
            Occupant::Listening(process.and_then(|process| process.try_into().ok()))
        }
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Occupant::Abandoned,
        // It may be another user's, or too busy.
        Err(_) => Occupant::Listening(None),
    }
}

async fn remove_abandoned(path: &Path) -> io::Result<()> {
    match occupant(path).await {
        Occupant::Abandoned => fs::remove_file(path),
        // The bind finds out.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_proxys_socket_is_for_everyone_and_the_controls_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let [proxy, control] = ["proxy", "control"].map(|name| folder.path().join(name));
        let address = Address::Unix(proxy.clone());
        let _proxy = Listener::bind(&address, std::slice::from_ref(&address)).await.unwrap();
        let _control = Listener::bind_private(&control).await.unwrap();
        let mode = |path| fs::symlink_metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&proxy), mode(&control)), (0o666, 0o600));
    }
}
