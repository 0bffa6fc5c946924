//! Where MPD is: the addresses of the hosts in `mpd.address`.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::sync;
use tokio::time::{Instant, timeout};

use crate::config::Address;

/// Names are not looked up more often, whoever asks.
const AGAIN: Duration = Duration::from_secs(5);
/// A resolver that takes longer counts as one that does not answer.
const LOOKUP: Duration = Duration::from_secs(3);

/// The hosts on which MPD may be. One that was looked up keeps its addresses until it is found to
/// have others; that is looked at when somebody unknown comes, which MPD is if it has moved.
pub(super) struct Hosts {
    hosts: Mutex<Vec<Host>>,
    /// When the names were looked up. Held for as long as that takes.
    looked_up: sync::Mutex<Option<Instant>>,
}

struct Host {
    name: String,
    addresses: Vec<IpAddr>,
}

impl Hosts {
    /// The hosts of these addresses; a Unix socket is this machine's, which needs no mention.
    pub(super) fn new(mpd: &[Address]) -> Self {
        let hosts = mpd.iter().filter_map(|address| match address {
            Address::Tcp(name, _) => {
                let literal = name.parse().ok().map(|address: IpAddr| address.to_canonical());
                Some(Host { name: name.clone(), addresses: literal.into_iter().collect() })
            }
            Address::Unix(_) | Address::Abstract(_) => None,
        });
        Self { hosts: Mutex::new(hosts.collect()), looked_up: sync::Mutex::new(None) }
    }

    /// Whether `address`, in its canonical form, is known to be one of theirs.
    pub(super) fn knows(&self, address: IpAddr) -> bool {
        self.hosts().iter().any(|host| host.addresses.contains(&address))
    }

    /// Whether it is one of theirs now.
    pub(super) async fn look_up_again(&self, address: IpAddr) -> bool {
        self.look_up().await;
        self.knows(address)
    }

    /// Each host's name with the addresses that it has now.
    pub(super) async fn all(&self) -> Vec<(String, Vec<IpAddr>)> {
        self.look_up().await;
        self.hosts().iter().map(|host| (host.name.clone(), host.addresses.clone())).collect()
    }

    /// Looks all names up, unless that was just done. A name that cannot be looked up keeps the
    /// addresses that it had.
    async fn look_up(&self) {
        let mut looked_up = self.looked_up.lock().await;
        if looked_up.is_some_and(|at| at.elapsed() < AGAIN) {
            return;
        }
        let is_name = |host: &&Host| host.name.parse::<IpAddr>().is_err();
        let names: Vec<String> = self.hosts().iter().filter(is_name).map(|host| host.name.clone()).collect();
        for name in names {
            let Ok(Ok(found)) = timeout(LOOKUP, lookup_host((name.as_str(), 0))).await else { continue };
            let addresses: Vec<IpAddr> = found.map(|address| address.ip().to_canonical()).collect();
            for host in self.hosts().iter_mut().filter(|host| host.name == name) {
                host.addresses.clone_from(&addresses);
            }
        }
        *looked_up = Some(Instant::now());
    }

    fn hosts(&self) -> MutexGuard<'_, Vec<Host>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hosts_are_known_by_all_their_addresses() {
        let known = |mpd: &str, address: &str| {
            let hosts = Hosts::new(&[mpd.parse().unwrap()]);
            let address: IpAddr = address.parse().unwrap();
            async move { hosts.look_up_again(address.to_canonical()).await }
        };
        for (mpd, address, expected) in [
            ("192.0.2.1:6600", "192.0.2.1", true),
            ("192.0.2.1:6600", "::ffff:192.0.2.1", true),
            ("[::ffff:192.0.2.1]:6600", "192.0.2.1", true),
            ("192.0.2.1:6600", "192.0.2.2", false),
            ("[2001:db8::1]:6600", "2001:db8::1", true),
            ("[2001:db8::1]:6600", "2001:db8::2", false),
            ("localhost:6600", "127.0.0.1", true),
            ("no..host:6600", "192.0.2.1", false),
            ("/run/mpd/socket", "192.0.2.1", false),
        ] {
            assert_eq!(known(mpd, address).await, expected, "{mpd} {address}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_keeps_its_addresses_until_it_has_others() {
        let hosts = Hosts::new(&["localhost:6600".parse().unwrap(), "no..host:6600".parse().unwrap()]);
        let (old, new): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "127.0.0.1".parse().unwrap());
        *hosts.looked_up.lock().await = Some(Instant::now());
        for host in hosts.hosts().iter_mut() {
            host.addresses = vec![old];
        }
        assert!(!hosts.look_up_again(new).await, "names were looked up at once again");
        tokio::time::advance(AGAIN).await;
        assert!(hosts.look_up_again(new).await);
        let addresses: Vec<_> = hosts.all().await.into_iter().map(|(_, addresses)| addresses).collect();
        assert!(!addresses[0].contains(&old));
        assert_eq!(addresses[1], [old]);
    }
}
