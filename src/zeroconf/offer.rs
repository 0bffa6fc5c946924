//! What is announced: a name, a port, and which of this machine's addresses.

use std::net::{IpAddr, SocketAddr};

use mdns_sd::IfKind;
use tokio::net::lookup_host;

use crate::config::Address;

/// The longest label of DNS, in bytes (RFC 1035, 2.3.4).
const LONGEST_LABEL: usize = 63;

/// What a name that is taken gets appended, as ` (23)` or `-23`.
const ROOM: usize = 5;

/// A port of the proxy's that other hosts reach, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) port: u16,
    /// The addresses that have a listener there; `0.0.0.0` and `::` stand for all.
    addresses: Vec<IpAddr>,
}

impl Offer {
    /// Of the first of these that is not for this machine alone.
    pub(super) async fn of(listen: &[Address]) -> Option<Self> {
        let mut found = Vec::new();
        for address in listen {
            if let Address::Tcp(host, port) = address {
                // As it was when we began to listen there.
                found.extend(lookup_host((host.as_str(), *port)).await.into_iter().flatten());
            }
        }
        Self::among(&found)
    }

    fn among(listeners: &[SocketAddr]) -> Option<Self> {
        let mut reachable = listeners.iter().filter(|address| !address.ip().to_canonical().is_loopback());
        let port = reachable.clone().next()?.port();
        let addresses = reachable.by_ref().filter(|address| address.port() == port);
        Some(Self { port, addresses: addresses.map(SocketAddr::ip).collect() })
    }

    /// The addresses to announce, as `mdns-sd` has it: of those that this machine has.
    pub(super) fn interfaces(&self) -> Vec<IfKind> {
        let kinds = self.addresses.iter().flat_map(|address| match address {
            IpAddr::V4(every) if every.is_unspecified() => vec![IfKind::IPv4],
            // IPv4 as well, unless that has a listener of its own (`net::Listener::bind`).
            IpAddr::V6(every) if every.is_unspecified() && self.addresses.len() == 1 => {
                vec![IfKind::IPv4, IfKind::IPv6]
            }
            IpAddr::V6(every) if every.is_unspecified() => vec![IfKind::IPv6],
            one => vec![IfKind::Addr(*one)],
        });
        kinds.collect()
    }
}

/// The name that people see: `%h` in it is the host's.
pub(super) fn instance(name: &str, host: &str) -> String {
    cut(&name.replace("%h", short(host)), LONGEST_LABEL - ROOM).to_owned()
}

/// The host's name that goes with the port: nobody else's, also where several ytmpds run.
pub(super) fn host_name(host: &str, port: u16) -> String {
    let rest = format!("-ytmpd-{port}");
    format!("{}{rest}.local.", cut(short(host), LONGEST_LABEL - ROOM - rest.len()))
}

fn short(host: &str) -> &str {
    host.split('.').next().unwrap_or(host)
}

fn cut(text: &str, longest: usize) -> &str {
    (0..=longest.min(text.len())).rev().find_map(|end| text.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_port_that_others_reach_is_offered() {
        for (listen, offered) in [
            (&["127.0.0.1:6601"][..], None),
            (&["localhost:6601", "[::1]:6602", "/run/ytmpd/socket", "@ytmpd"], None),
            (&["0.0.0.0:6601"], Some((6601, "[IPv4]"))),
            (&["[::]:6601"], Some((6601, "[IPv4, IPv6]"))),
            (&["[::]:6601", "0.0.0.0:6601"], Some((6601, "[IPv6, IPv4]"))),
            (&["[::]:6601", "192.0.2.1:6601"], Some((6601, "[IPv6, Addr(192.0.2.1)]"))),
            (&["127.0.0.1:6600", "192.0.2.1:6601", "0.0.0.0:6602"], Some((6601, "[Addr(192.0.2.1)]"))),
            (&["[2001:db8::1]:6601"], Some((6601, "[Addr(2001:db8::1)]"))),
        ] {
            let listen: Vec<Address> = listen.iter().map(|text| text.parse().unwrap()).collect();
            let found = Offer::of(&listen).await;
            let found = found.map(|offer| (offer.port, format!("{:?}", offer.interfaces())));
            assert_eq!(found, offered.map(|(port, kinds)| (port, kinds.to_owned())), "{listen:?}");
        }
    }

    #[test]
    fn names_fit_into_a_label() {
        assert_eq!(instance("ytmpd on %h", "nas.example.org"), "ytmpd on nas");
        assert_eq!(instance("Küche", "nas"), "Küche");
        assert_eq!(instance(&"ü".repeat(31), "nas").len(), 58);
        assert_eq!(host_name("nas.example.org", 6601), "nas-ytmpd-6601.local.");
        let long = host_name(&"h".repeat(64), 65535);
        assert_eq!((long.len(), long.ends_with("h-ytmpd-65535.local.")), (58 + ".local.".len(), true));
    }
}
