//! A socket of any kind, and what comes out of it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::time::Duration;

use ytmpd::config::Address;

use super::PATIENCE;

/// No command of MPD's: the ACK to it is where a transcript ends.
const END: &[u8] = b"end_of_script";

/// Ends what was read of a connection that the peer has closed.
pub(crate) const CLOSED: &[u8] = b"<closed>";

/// A connection that knows bytes only.
#[derive(Debug)]
pub(crate) struct Wire {
    reader: BufReader<Socket>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Wire {
    /// Connects. Reads fail after [`PATIENCE`].
    pub(crate) fn connect(address: &Address) -> io::Result<Self> {
        let socket = match address {
            Address::Tcp(host, port) => Socket::Tcp(TcpStream::connect((host.as_str(), *port))?),
            Address::Unix(path) => Socket::Unix(UnixStream::connect(path)?),
            Address::Abstract(name) => {
                Socket::Unix(UnixStream::connect_addr(&SocketAddr::from_abstract_name(name)?)?)
            }
        };
        match &socket {
            Socket::Tcp(stream) => {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
            }
            Socket::Unix(stream) => stream.set_read_timeout(Some(PATIENCE))?,
        }
        Ok(Self { reader: BufReader::new(socket) })
    }

    /// Writes all of it. A peer that has closed is no failure: what it said before is what counts.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        // The transcript shows whether the peer has closed.
        let _ = self.reader.get_mut().write_all(bytes);
    }

    /// Writes `bytes` again and again until the peer has taken nothing for this long.
    pub(crate) fn flood(&mut self, bytes: &[u8], pause: Duration) {
        let socket = self.reader.get_mut();
        match socket {
            Socket::Tcp(stream) => stream.set_write_timeout(Some(pause)).unwrap(),
            Socket::Unix(stream) => stream.set_write_timeout(Some(pause)).unwrap(),
        }
        while socket.write_all(bytes).is_ok() {}
    }

    /// Says that no more will come.
    pub(crate) fn half_close(&mut self) {
        let _ = match self.reader.get_mut() {
            Socket::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Socket::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
    }

    /// The next line with its line break; empty when the peer has closed.
    pub(crate) fn line(&mut self) -> Vec<u8> {
        self.try_line().unwrap_or_else(|error| panic!("nothing comes: {error}"))
    }

    fn try_line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(error),
            _ => Ok(line),
        }
    }

    /// All that comes until the peer has answered everything, or has closed; the transcript says
    /// which. Or that neither comes.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        self.rest_after(b"")
    }

    /// As [`Self::rest`], after it has said this. All goes at once: what the peer does not see
    /// together, it may answer before it sees what makes it close without an answer.
    pub(crate) fn rest_after(&mut self, last: &[u8]) -> Vec<u8> {
        self.send(&[last, END, b"\n"].concat());
        self.until(|line| line.starts_with(b"ACK ") && contains(line, END), b"<open>")
    }

    /// All that comes until the peer has closed.
    pub(crate) fn until_closed(&mut self) -> Vec<u8> {
        self.until(|_| false, b"")
    }

    fn until(&mut self, is_last: impl Fn(&[u8]) -> bool, then: &[u8]) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let Ok(line) = self.try_line() else {
                all.extend_from_slice(b"<silence>");
                return all;
            };
            if line.is_empty() {
                all.extend_from_slice(CLOSED);
                return all;
            }
            if is_last(&line) {
                all.extend_from_slice(then);
                return all;
            }
            all.extend_from_slice(&line);
        }
    }
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    line.windows(part.len()).any(|window| window == part)
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
