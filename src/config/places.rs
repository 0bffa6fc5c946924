//! Which addresses are one place, as far as their spelling tells.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use super::error::BadValue;
use super::meaning::{bad, bad_element};
use super::{Address, Proxy, Relay};

/// Where ytmpd listens: each place once.
pub(super) fn own_addresses(
    proxy: &Proxy,
    relay: &Relay,
    control_socket: &Path,
) -> Result<Vec<Address>, BadValue> {
    let mut own = vec![];
    for (at, address) in proxy.listen.iter().enumerate() {
        if let Some(earlier) = own.iter().find(|earlier| meet(address, earlier, covers_family)) {
            let message = format!("is there twice: `{earlier}` takes it as well; keep one of them");
            return Err(bad_element("proxy.listen", at, message));
        }
        own.push(address.clone());
    }
    let others =
        [("relay.listen", relay.listen.clone()), ("control.socket", Address::Unix(control_socket.into()))];
    for (key, address) in others {
        if own.iter().any(|earlier| meet(&address, earlier, covers)) {
            return Err(bad(key, "is one of `proxy.listen`; an address of its own is needed"));
        }
        own.push(address);
    }
    Ok(own)
}

/// Whether whoever connects to `one` would meet a listener on `other`, as far as their spelling
/// tells: of this machine's addresses, only the loopback's are known.
pub fn same_place(one: &Address, other: &Address) -> bool {
    meet(one, other, |every, one| one.is_loopback() && covers(every, one))
}

/// Whether these are one place, or one of them takes the other by this rule.
fn meet(one: &Address, other: &Address, takes: impl Fn(IpAddr, IpAddr) -> bool) -> bool {
    let (Address::Tcp(host, port), Address::Tcp(other_host, other_port)) = (one, other) else {
        return one == other;
    };
    let meet = |one: IpAddr, other: IpAddr| one == other || takes(one, other) || takes(other, one);
    let (ours, others) = (ips(host), ips(other_host));
    let is_same_host = host.eq_ignore_ascii_case(other_host)
        || ours.iter().any(|one| others.iter().any(|other| meet(*one, *other)));
    port == other_port && is_same_host
}

/// What `host` stands for, without asking anyone.
fn ips(host: &str) -> Vec<IpAddr> {
    match host.parse() {
        Ok(address) => vec![address],
        Err(_) if host.eq_ignore_ascii_case("localhost") => {
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        }
        Err(_) => vec![],
    }
}

/// Whether listening on `every` takes `one` too: `0.0.0.0` all of IPv4, `::` (Linux's default)
/// everything.
fn covers(every: IpAddr, one: IpAddr) -> bool {
    every.is_unspecified() && (every.is_ipv6() || one.is_ipv4())
}

/// The same of two of `proxy.listen`: `net` has `::` leave IPv4 alone beside another on its port.
fn covers_family(every: IpAddr, one: IpAddr) -> bool {
    covers(every, one) && every.is_ipv6() == one.is_ipv6()
}
