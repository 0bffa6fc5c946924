//! Sockets that a service manager has opened for us, and what they are for.
//!
//! Each stands in for the addresses of its role in the file, so that whoever reads the
//! configuration sees where ytmpd listens in fact.

use std::path::{Path, PathBuf};

use super::Address;
use super::error::BadValue;
use super::meaning::bad;
use super::places::same_place;

/// A listening socket that was passed to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedSocket {
    /// What its unit calls it (`FileDescriptorName=`): `proxy`, `relay` or `control`.
    pub name: String,
    /// Where it listens.
    pub address: Address,
}

/// The addresses that the file names.
pub(super) struct Configured<'a> {
    pub(super) proxy: &'a [Address],
    /// None where the file has something else there.
    pub(super) relay: Option<&'a Address>,
    pub(super) control: &'a Path,
}

/// The passed sockets, by what they are for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Roles {
    pub(super) proxy: Vec<Address>,
    pub(super) relay: Option<Address>,
    pub(super) control: Option<PathBuf>,
}

/// What the complaints are about: the variable that systemd passes names in (sd_listen_fds(3)).
const NAMES: &str = "LISTEN_FDNAMES";

impl Roles {
    /// What each of the sockets is for: as it is called or, if that says nothing, as the file has
    /// its address.
    ///
    /// # Errors
    /// When one is for nothing, or cannot do what it is for: its clients would wait for ever.
    pub(super) fn of(passed: &[PassedSocket], configured: &Configured<'_>) -> Result<Self, BadValue> {
        let mut roles = Self::default();
        for PassedSocket { name, address } in passed {
            let is_control = |address: &Address| *address == Address::Unix(configured.control.to_owned());
            let is_taken = match name.as_str() {
                "proxy" => roles.take_proxy(address),
                "relay" => roles.take_relay(address),
                "control" => roles.take_control(address),
                _ if configured.proxy.iter().any(|own| same_place(own, address)) => roles.take_proxy(address),
                _ if configured.relay.is_some_and(|own| same_place(own, address)) => {
                    roles.take_relay(address)
                }
                _ if is_control(address) => roles.take_control(address),
                _ => Err(
                    "is for nothing that ytmpd knows: set FileDescriptorName= in its socket unit to proxy, relay or control",
                ),
            };
            is_taken.map_err(|why| bad(NAMES, format!("the socket `{name}` at `{address}` {why}")))?;
        }
        Ok(roles)
    }

    fn take_proxy(&mut self, address: &Address) -> Result<(), &'static str> {
        self.proxy.push(address.clone());
        Ok(())
    }

    fn take_relay(&mut self, address: &Address) -> Result<(), &'static str> {
        match address {
            Address::Tcp(..) if self.relay.is_none() => self.relay = Some(address.clone()),
            Address::Tcp(..) => return Err("is one relay too many: MPD is told one address"),
            _ => return Err("is no TCP socket, which MPD could read songs from"),
        }
        Ok(())
    }

    fn take_control(&mut self, address: &Address) -> Result<(), &'static str> {
        match address {
            Address::Unix(path) if self.control.is_none() => self.control = Some(path.clone()),
            Address::Unix(_) => return Err("is one control socket too many"),
            _ => return Err("has no path, where only its owner could open it"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, defaults};
    use super::*;

    fn sockets(passed: &[(&str, &str)]) -> Vec<PassedSocket> {
        let socket = |(name, address): &(&str, &str)| PassedSocket {
            name: (*name).to_owned(),
            address: address.parse().unwrap(),
        };
        passed.iter().map(socket).collect()
    }

    fn roles(passed: &[(&str, &str)]) -> Result<Roles, String> {
        let proxy = ["127.0.0.1:6601".parse().unwrap()];
        let relay = "localhost:6602".parse().unwrap();
        let configured =
            Configured { proxy: &proxy, relay: Some(&relay), control: Path::new("/c/sync_socket") };
        Roles::of(&sockets(passed), &configured).map_err(|bad| bad.message)
    }

    #[test]
    fn a_socket_is_for_what_its_name_says_or_else_its_address() {
        let named = [
            ("proxy", "[::]:1"),
            ("proxy", "@p"),
            ("proxy", "/p"),
            ("relay", "1.2.3.4:5"),
            ("control", "/s"),
        ];
        let expected = Roles {
            proxy: ["[::]:1", "@p", "/p"].map(|address| address.parse().unwrap()).to_vec(),
            relay: Some("1.2.3.4:5".parse().unwrap()),
            control: Some("/s".into()),
        };
        assert_eq!(roles(&named), Ok(expected));
        let unnamed = [("x.socket", "127.0.0.1:6602"), ("", "/c/sync_socket"), ("unknown", "127.0.0.1:6601")];
        let expected = Roles {
            proxy: vec!["127.0.0.1:6601".parse().unwrap()],
            relay: Some("127.0.0.1:6602".parse().unwrap()),
            control: Some("/c/sync_socket".into()),
        };
        assert_eq!(roles(&unnamed), Ok(expected));
        assert_eq!(roles(&[]), Ok(Roles::default()));
    }

    #[test]
    fn a_socket_that_nobody_would_serve_is_refused() {
        for (passed, why) in [
            (
                &[("web.socket", "127.0.0.1:80")][..],
                "the socket `web.socket` at `127.0.0.1:80` is for nothing",
            ),
            (&[("relay", "/r")], "is no TCP socket"),
            (&[("relay", "127.0.0.1:1"), ("relay", "[::1]:1")], "is one relay too many"),
            (&[("control", "127.0.0.1:1")], "has no path"),
            (&[("control", "@c")], "has no path"),
            (&[("control", "/a"), ("control", "/b")], "is one control socket too many"),
        ] {
            let refused = roles(passed).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn they_count_in_place_of_the_files_addresses() {
        let passed = [("proxy", "[::1]:6600"), ("relay", "1.2.3.4:5"), ("control", "/s")];
        let environment = Environment {
            config_home: Some("/c".into()),
            passed: sockets(&passed),
            ..Environment::default()
        };
        let config = defaults(&environment).unwrap();
        assert_eq!(config.proxy.listen, ["[::1]:6600".parse().unwrap()]);
        assert_eq!(
            (config.relay.listen.to_string().as_str(), config.relay.base_url.as_str()),
            ("1.2.3.4:5", "http://1.2.3.4:5")
        );
        assert_eq!(config.control_socket, Path::new("/s"));
        // Where ytmpd listens in fact, it looks for no MPD.
        assert_eq!(config.mpd.addresses, ["/run/mpd/socket".parse().unwrap()]);
        let everywhere = Environment { passed: sockets(&[("relay", "[::]:6602")]), ..environment };
        let refused = defaults(&everywhere).unwrap_err().to_string();
        assert!(refused.starts_with("relay.advertise: is needed when"), "{refused}");
    }
}
