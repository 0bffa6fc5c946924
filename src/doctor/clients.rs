//! Where clients go that are told nothing, and where `$MPD_HOST` and `$MPD_PORT` tell them to go.

use std::path::Path;

use futures_util::future::join_all;
use tokio::net::lookup_host;
use tokio::time::timeout;

use super::{Check, PATIENCE, Surroundings};
use crate::config::{Address, Config, Secret, same_place};
use crate::mpd::Connection;
use crate::net::Upstream;

/// MPD's port.
const PORT: u16 = 6600;

/// The addresses that clients would go to, and who is there.
pub(super) struct Hosts {
    /// Which of them a client tries, and in which order, differs from one to the other: mpc looks at
    /// `/run/mpd/socket` and then at the port, ncmpcpp at the port alone.
    usual: Vec<Host>,
    /// What the environment says; `None` if it says nothing.
    told: Option<Result<Host, String>>,
}

struct Host {
    address: Address,
    /// The same as numbers, if it is a name's.
    resolved: Vec<Address>,
    /// Whether something greets like MPD there, as we do too.
    greets: bool,
}

/// Whose an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Ours,
    Mpds,
    Nobodys,
}

/// Looks who is at each.
pub(super) async fn look(surroundings: &Surroundings, config: &Config) -> Hosts {
    let Surroundings { environment, mpd_host, mpd_port, .. } = surroundings;
    let own = environment.runtime_directory.iter().map(|folder| folder.join("mpd/socket"));
    let sockets = own.chain([Path::new("/run/mpd/socket").to_owned()]).map(Address::Unix);
    let usual = sockets.chain([Address::Tcp("localhost".to_owned(), PORT)]);
    let usual = join_all(usual.map(async |address| visit(address, config).await)).await;
    let told = match told(mpd_host.as_deref(), mpd_port.as_deref()) {
        None => None,
        Some(Ok(address)) => Some(Ok(visit(address, config).await)),
        Some(Err(wrong)) => Some(Err(wrong)),
    };
    Hosts { usual, told }
}

async fn visit(address: Address, config: &Config) -> Host {
    // Not to be greeted by everyone: what is ours is known by its address.
    let upstream = Upstream::new(std::slice::from_ref(&address));
    let greets = Connection::open(&upstream, &Secret::default(), PATIENCE).await.is_ok();
    let resolved = match &address {
        Address::Tcp(host, port) if !ours(&address, config) => {
            let found = timeout(PATIENCE, lookup_host((host.as_str(), *port))).await;
            let found = found.into_iter().flatten().flatten();
            found.map(|at| Address::Tcp(at.ip().to_string(), at.port())).collect()
        }
        _ => vec![],
    };
    Host { address, resolved, greets }
}

/// What the two variables name, as libmpdclient reads them (`settings.c`): `host`, `/socket` or
/// `@abstract`, with `password@` in front or without.
fn told(host: Option<&str>, port: Option<&str>) -> Option<Result<Address, String>> {
    if host.is_none() && port.is_none() {
        return None;
    }
    let host = host.unwrap_or("localhost");
    // A leading `@` is an abstract socket's, no empty password's.
    let host = match host.find('@') {
        Some(at) if at > 0 => host.get(at + 1..).unwrap_or_default(),
        _ => host,
    };
    if host.starts_with(['/', '@']) {
        return Some(host.parse().map_err(|_| format!("`{host}` is no socket")));
    }
    let port = match port.map(str::parse) {
        None => PORT,
        Some(Ok(port)) => port,
        Some(Err(_)) => return Some(Err(format!("`{}` is no port", port.unwrap_or_default()))),
    };
    if host.is_empty() {
        Some(Err("no host is named".to_owned()))
    } else {
        Some(Ok(Address::Tcp(host.to_owned(), port)))
    }
}

/// What is said of clients that are told nothing, and of `$MPD_HOST`.
pub(super) fn judge(Hosts { usual, told }: &Hosts, config: &Config) -> [Check; 2] {
    const UNTOLD: &str = "clients";
    let is_told = matches!(told, Some(Ok(host)) if whose(host, config) == Whose::Ours);
    let how = how_to_tell(config);
    let at = |owner| {
        let found = usual.iter().filter(|host| whose(host, config) == owner);
        found.map(|host| host.address.to_string()).collect::<Vec<_>>().join(" and ")
    };
    let (ytmpd, mpd) = (at(Whose::Ours), at(Whose::Mpds));
    let untold = match (ytmpd.as_str(), mpd.as_str()) {
        ("", "") => Check::ok(UNTOLD, format!("they find nothing by themselves, so each is told: {how}")),
        (ytmpd, "") => Check::ok(UNTOLD, format!("those that are told nothing come to ytmpd, at {ytmpd}")),
        (_, mpd) if is_told => {
            Check::ok(UNTOLD, format!("started from here, they come to ytmpd; others go past it to {mpd}"))
        }
        ("", mpd) => {
            let found = format!("those that are told nothing go past ytmpd, to MPD at {mpd}");
            Check::warning(UNTOLD, found, format!("tell them: {how}"))
        }
        (ytmpd, mpd) => {
            let found = format!(
                "some that are told nothing come to ytmpd, at {ytmpd}; others go past it, to MPD at {mpd}"
            );
            Check::warning(UNTOLD, found, format!("tell those: {how}"))
        }
    };
    [untold, judge_told(told.as_ref(), config, &how)]
}

fn judge_told(told: Option<&Result<Host, String>>, config: &Config, how: &str) -> Check {
    const NAME: &str = "MPD_HOST";
    let todo = format!("point it at ytmpd: {how}");
    match told {
        None => Check::ok(NAME, "neither it nor MPD_PORT is set"),
        Some(Err(wrong)) => Check::failure(NAME, format!("it or MPD_PORT makes no sense: {wrong}"), todo),
        Some(Ok(host)) => {
            let address = &host.address;
            match whose(host, config) {
                Whose::Ours => Check::ok(NAME, format!("ytmpd, at {address}")),
                Whose::Mpds => Check::warning(NAME, format!("{address} is MPD itself, past ytmpd"), todo),
                Whose::Nobodys => Check::failure(NAME, format!("nobody answers at {address}"), todo),
            }
        }
    }
}

fn whose(host: &Host, config: &Config) -> Whose {
    if std::iter::once(&host.address).chain(&host.resolved).any(|address| ours(address, config)) {
        Whose::Ours
    } else if host.greets {
        Whose::Mpds
    } else {
        Whose::Nobodys
    }
}

/// Whether ytmpd listens there, as far as the configuration tells.
fn ours(address: &Address, config: &Config) -> bool {
    config.proxy.listen.iter().any(|listen| {
        let every = match (listen, address) {
            (Address::Tcp(_, port), Address::Tcp(_, other)) => port == other && listen.is_every_host(),
            _ => false,
        };
        every || same_place(listen, address)
    })
}

/// What is set in a client's environment, or in its configuration.
fn how_to_tell(config: &Config) -> String {
    match config.proxy.listen.first() {
        Some(listen @ Address::Tcp(host, port)) => {
            let host = if listen.is_every_host() { "localhost" } else { host };
            format!("`export MPD_HOST={host} MPD_PORT={port}`")
        }
        Some(socket) => format!("`export MPD_HOST={socket}`"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;
    use crate::config::{Environment, defaults};

    #[test]
    fn what_the_environment_tells() {
        for (host, port, address) in [
            (None, None, None),
            (Some("nas"), None, Some(Ok("nas:6600"))),
            (None, Some("6601"), Some(Ok("localhost:6601"))),
            (Some("secret@nas"), Some("6601"), Some(Ok("nas:6601"))),
            (Some("/run/mpd/socket"), Some("6601"), Some(Ok("/run/mpd/socket"))),
            (Some("secret@/run/mpd/socket"), None, Some(Ok("/run/mpd/socket"))),
            (Some("@mpd"), None, Some(Ok("@mpd"))),
            (Some("secret@@mpd"), None, Some(Ok("@mpd"))),
            (Some("::1"), None, Some(Ok("[::1]:6600"))),
            (Some("nas"), Some("x"), Some(Err("`x` is no port"))),
            (Some("secret@"), None, Some(Err("no host is named"))),
        ] {
            let found = told(host, port);
            let found = found.as_ref().map(|told| told.as_ref().map(ToString::to_string));
            let found =
                found.as_ref().map(|told| told.as_ref().map(String::as_str).map_err(|wrong| wrong.as_str()));
            assert_eq!(found, address, "{host:?} {port:?}");
        }
    }

    #[test]
    fn each_place_is_named_with_who_is_there() {
        let environment = Environment { config_home: Some("/x".into()), ..Environment::default() };
        let mut config = defaults(&environment).unwrap();
        config.proxy.listen = vec!["/run/user/1/mpd/socket".parse().unwrap()];
        let usual = ["/run/user/1/mpd/socket", "/run/mpd/socket", "localhost:6600"].map(|address| Host {
            address: address.parse().unwrap(),
            resolved: vec![],
            greets: true,
        });
        let [untold, _] = judge(&Hosts { usual: usual.into(), told: None }, &config);
        let found = "some that are told nothing come to ytmpd, at /run/user/1/mpd/socket; \
                     others go past it, to MPD at /run/mpd/socket and localhost:6600";
        let todo = "tell those: `export MPD_HOST=/run/user/1/mpd/socket`";
        assert_eq!(untold, Check::warning("clients", found, todo));
    }

    #[test]
    fn whose_clients_they_are() {
        let environment = Environment { config_home: Some("/x".into()), ..Environment::default() };
        let mut config = defaults(&environment).unwrap();
        let host =
            |address: &str, greets| Host { address: address.parse().unwrap(), resolved: vec![], greets };
        let (socket, port) = ("/run/mpd/socket", "localhost:6600");
        for (listen, sockets, told, untold_is, told_is) in [
            ("127.0.0.1:6601", [false, true], None, State::Warning, State::Ok),
            ("127.0.0.1:6601", [true, false], None, State::Warning, State::Ok),
            ("127.0.0.1:6601", [false, false], None, State::Ok, State::Ok),
            ("127.0.0.1:6600", [false, true], None, State::Ok, State::Ok),
            ("127.0.0.1:6600", [true, true], None, State::Warning, State::Ok),
            ("0.0.0.0:6600", [false, true], None, State::Ok, State::Ok),
            (socket, [true, false], None, State::Ok, State::Ok),
            // mpc comes to ytmpd then, and ncmpcpp does not.
            (socket, [true, true], None, State::Warning, State::Ok),
            (socket, [true, true], Some((socket, true)), State::Ok, State::Ok),
            ("127.0.0.1:6601", [true, true], Some(("localhost:6601", true)), State::Ok, State::Ok),
            ("127.0.0.1:6601", [true, true], Some(("localhost:6601", false)), State::Ok, State::Ok),
            ("127.0.0.1:6601", [true, true], Some(("localhost:6600", true)), State::Warning, State::Warning),
            ("127.0.0.1:6601", [true, true], Some(("nas:6601", false)), State::Warning, State::Failure),
        ] {
            config.proxy.listen = vec![listen.parse().unwrap()];
            let usual = vec![host(socket, sockets[0]), host(port, sockets[1])];
            let told = told.map(|(address, greets)| Ok(host(address, greets)));
            let checks = judge(&Hosts { usual, told }, &config);
            assert_eq!(checks.clone().map(|check| check.state), [untold_is, told_is], "{listen} {checks:?}");
        }
    }
}
