//! Listening on TCP: on every address that a name has, and on IPv6 beside IPv4.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;

use rustix::io::Errno;
use rustix::net::sockopt::set_ipv6_v6only;
use tokio::net::{TcpListener, TcpSocket, lookup_host};

use super::listener::BACKLOG;

/// What a listener on `::`, every address of this machine, takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EveryAddress {
    /// IPv4 as well.
    OfBoth,
    /// IPv6 alone: somebody else of us listens on the same port.
    OfIpv6,
}

/// Listens on every address of `host`. A name may have some that this machine has not, or not at
/// the moment, such as `localhost` where IPv6 is off: one address is enough.
///
/// # Errors
/// When the name has no address of this machine, or one is taken.
pub(super) async fn listen(host: &str, port: u16, every: EveryAddress) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    let mut missing = None;
    let mut tried = HashSet::new();
    for address in lookup_host((host, port)).await?.filter(|address| tried.insert(*address)) {
        match listen_on(address, every) {
            Ok(listener) => listeners.push(listener),
            Err(error) if is_not_ours(&error) => missing = Some(error),
            Err(error) => return Err(error),
        }
    }
    match missing {
        Some(missing) if listeners.is_empty() => Err(missing),
        _ => Ok(listeners),
    }
}

fn listen_on(address: SocketAddr, every: EveryAddress) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if address.is_ipv6() {
        // Whatever `net.ipv6.bindv6only` says.
        set_ipv6_v6only(&socket, every == EveryAddress::OfIpv6)?;
    }
    // A port that was ours a moment ago can be had again.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG.unsigned_abs())
}

fn is_not_ours(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::ADDRNOTAVAIL | Errno::AFNOSUPPORT))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream, ToSocketAddrs};

    use super::super::Listener;
    use crate::config::Address;

    #[tokio::test]
    async fn every_address_of_a_name_is_listened_on() {
        let (port, listeners) = listen(&["localhost"]).await;
        let reached = ("localhost", port).to_socket_addrs().unwrap().flat_map(TcpStream::connect);
        assert_eq!(reached.count(), listeners.len());
    }

    #[tokio::test]
    async fn every_address_of_ipv6_is_ipv4_too_unless_that_has_a_listener() {
        let has_ipv6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
        for hosts in [&["[::]"][..], &["0.0.0.0", "[::]"], &["[::]", "0.0.0.0"]] {
            let (port, listeners) = listen(hosts).await;
            assert_eq!(listeners.len(), hosts.len());
            assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok(), "{hosts:?}");
            assert_eq!(TcpStream::connect((Ipv6Addr::LOCALHOST, port)).is_ok(), has_ipv6, "{hosts:?}");
        }
    }

    #[tokio::test]
    async fn what_is_taken_or_not_ours_is_an_error() {
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = Address::Tcp("127.0.0.1".to_owned(), held.local_addr().unwrap().port());
        // Of a net that is for documentation (RFC 5737).
        let foreign = Address::Tcp("192.0.2.1".to_owned(), 6601);
        for address in [taken, foreign] {
            assert!(Listener::bind(&address, std::slice::from_ref(&address)).await.is_err(), "{address}");
        }
    }

    /// Listeners on a port that all of these hosts had free.
    async fn listen(hosts: &[&str]) -> (u16, Vec<Listener>) {
        loop {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
            let all: Vec<Address> =
                hosts.iter().map(|host| format!("{host}:{port}").parse().unwrap()).collect();
            let mut listeners = vec![];
            for address in &all {
                listeners.extend(Listener::bind(address, &all).await.into_iter().flatten());
            }
            // Others may have taken it in between.
            if listeners.len() >= all.len() {
                return (port, listeners);
            }
        }
    }
}
