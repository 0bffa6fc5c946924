//! Whether MPD can find the relay under the URL that it is told, as far as can be told from here.

use std::net::{IpAddr, UdpSocket};

use url::{Host, Url};

use super::hosts::Hosts;
use crate::config::{self, Address};

/// What is wrong, or needs more than ytmpd to be right; for people.
pub(super) async fn doubts(relay: &config::Relay, hosts: &Hosts) -> Vec<String> {
    let Some(advertised) = Advertised::at(&relay.base_url) else { return vec![] };
    let url = &relay.base_url;
    let mut doubts = vec![];
    if advertised.is_loopback() {
        let mpd = hosts.all().await;
        doubts.extend(mpd.iter().filter(|(_, addresses)| is_elsewhere(addresses)).map(|(name, _)| {
            format!(
                "MPD on `{name}` is on another host, and would look for songs on that host, at {url}: set \
                 `relay.listen` to an address of this machine that it can reach, and `relay.advertise` to its URL"
            )
        }));
    }
    if !advertised.leads_to(&relay.listen) {
        doubts.push(format!(
            "`relay.advertise` {url} leads to `relay.listen` {} only where a proxy or a forwarded port is \
             between them; where nothing is, MPD finds no song",
            relay.listen
        ));
    }
    doubts
}

/// Where a base URL leads.
struct Advertised {
    host: Host<String>,
    port: u16,
    scheme: String,
}

impl Advertised {
    fn at(base_url: &str) -> Option<Self> {
        let url = Url::parse(base_url).ok()?;
        let host = url.host()?.to_owned();
        Some(Self { host, port: url.port_or_known_default()?, scheme: url.scheme().to_owned() })
    }

    fn address(&self) -> Option<IpAddr> {
        match &self.host {
            Host::Ipv4(address) => Some((*address).into()),
            Host::Ipv6(address) => Some(address.to_canonical()),
            Host::Domain(_) => None,
        }
    }

    fn is_loopback(&self) -> bool {
        let is_named_so = matches!(&self.host, Host::Domain(name) if name == "localhost");
        is_named_so || self.address().is_some_and(|address| address.is_loopback())
    }

    /// Whether a connection there arrives at `listen`, if nothing is between; what only a name
    /// would tell is believed.
    fn leads_to(&self, listen: &Address) -> bool {
        let Address::Tcp(host, port) = listen else { return true };
        if *port != self.port || self.scheme != "http" {
            return false;
        }
        match (host.parse::<IpAddr>(), self.address()) {
            (Ok(listening), _) if listening.is_loopback() => self.is_loopback(),
            // Of IPv6, all addresses are those of IPv4 too.
            (Ok(listening), Some(address)) if listening.is_unspecified() => {
                listening.is_ipv6() || address.is_ipv4()
            }
            (Ok(listening), Some(address)) => listening.to_canonical() == address,
            (Ok(_), None) => true,
            (Err(_), _) if host.eq_ignore_ascii_case("localhost") => self.is_loopback(),
            (Err(_), _) => true,
        }
    }
}

/// Whether a host with these addresses is another one: not if nothing is known of it.
fn is_elsewhere(addresses: &[IpAddr]) -> bool {
    let is_ours = |address: &IpAddr| address.is_loopback() || UdpSocket::bind((*address, 0)).is_ok();
    !addresses.is_empty() && !addresses.iter().any(is_ours)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_base_url_that_mpd_cannot_use_is_doubted() {
        for (mpd, listen, url, doubted) in [
            ("localhost:6600", "127.0.0.1:6602", "http://127.0.0.1:6602", &[][..]),
            ("/run/mpd/socket", "127.0.0.1:6602", "http://127.0.0.1:6602", &[]),
            ("127.0.0.1:6600", "localhost:6602", "http://localhost:6602", &[]),
            // What cannot be looked up is not doubted.
            ("no..host:6600", "127.0.0.1:6602", "http://127.0.0.1:6602", &[]),
            ("192.0.2.1:6600", "127.0.0.1:6602", "http://127.0.0.1:6602", &["another host"]),
            ("192.0.2.1:6600", "0.0.0.0:6602", "http://localhost:6602", &["another host"]),
            ("192.0.2.1:6600", "0.0.0.0:6602", "http://192.0.2.2:6602", &[]),
            ("192.0.2.1:6600", "[::]:6602", "http://192.0.2.2:6602", &[]),
            ("192.0.2.1:6600", "[::]:6602", "http://[2001:db8::1]:6602", &[]),
            ("192.0.2.1:6600", "0.0.0.0:6602", "http://[2001:db8::1]:6602", &["a proxy"]),
            ("192.0.2.1:6600", "192.0.2.2:6602", "http://192.0.2.2:6602", &[]),
            ("192.0.2.1:6600", "192.0.2.2:6602", "http://nas:6602", &[]),
            ("192.0.2.1:6600", "192.0.2.2:6602", "http://192.0.2.3:6602", &["a proxy"]),
            ("192.0.2.1:6600", "127.0.0.1:6602", "http://nas:6602", &["a proxy"]),
            ("192.0.2.1:6600", "localhost:6602", "http://nas:6602", &["a proxy"]),
            ("192.0.2.1:6600", "0.0.0.0:6602", "http://nas", &["a proxy"]),
            ("192.0.2.1:6600", "0.0.0.0:6602", "https://nas:6602", &["a proxy"]),
        ] {
            let listen = listen.parse().unwrap();
            let relay = config::Relay { listen, base_url: url.to_owned(), hold: Duration::ZERO };
            let found = doubts(&relay, &Hosts::new(&[mpd.parse().unwrap()])).await;
            let meant = found.iter().zip(doubted).all(|(found, doubted)| found.contains(doubted));
            assert!(found.len() == doubted.len() && meant, "{mpd} {relay:?}: {found:?}");
        }
    }
}
