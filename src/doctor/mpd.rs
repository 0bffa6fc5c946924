//! The real MPD: is it there, does it let us in, may we do what ytmpd does.

use futures_util::future::join_all;
use mpd_client::protocol::response::{Error as Ack, Frame};

use super::{Check, PATIENCE};
use crate::config::{self, Address, Config, Materialise};
use crate::control::Status;
use crate::mpd::{Connection, Error, code, command};
use crate::net::Upstream;
use crate::proto::Version;
use crate::reason::on_one_line;

const NAME: &str = "MPD";

/// The oldest protocol that ytmpd is made for.
const OLDEST: Version = Version(0, 23, 0);

/// What ytmpd itself does in MPD; its clients bring permissions of their own.
const NEEDED: [&str; 5] = ["status", "playlistinfo", "addtagid", "stop", "listpartitions"];

/// What it takes to write playlists to MPD.
const TO_WRITE: [&str; 6] = ["listplaylists", "listplaylist", "playlistadd", "playlistclear", "rename", "rm"];

/// Two connections to one MPD are asked at nearly the same moment, in seconds.
const SAME_UPTIME: u64 = 2;

/// What is at each address where MPD may be, in the order in which ytmpd tries them.
pub(super) struct Mpds(Vec<(Address, Result<Mpd, Error>)>);

/// An MPD that has let us in.
pub(super) struct Mpd {
    pub(super) connection: Connection,
    /// What it answers to `decoders` and `urlhandlers`: keys and values, nothing if we may not ask.
    pub(super) decoders: Vec<(String, String)>,
    pub(super) handlers: Vec<(String, String)>,
    commands: Vec<(String, String)>,
    /// Why it does not show its stored playlists.
    hides_playlists: Option<Ack>,
    uptime: Option<u64>,
}

impl Mpds {
    /// The one that ytmpd's own connection is to.
    pub(super) fn first(&self) -> Option<&Mpd> {
        self.0.iter().find_map(|(_, mpd)| mpd.as_ref().ok())
    }

    /// The same, to be asked.
    pub(super) fn first_mut(&mut self) -> Option<&mut Mpd> {
        self.0.iter_mut().find_map(|(_, mpd)| mpd.as_mut().ok())
    }

    /// A new connection to it.
    pub(super) async fn again(&self, config: &config::Mpd) -> Option<Connection> {
        let (address, _) = self.0.iter().find(|(_, mpd)| mpd.is_ok())?;
        open(address, config).await.ok()
    }
}

/// Asks at every address, at the same time.
pub(super) async fn reach(config: &config::Mpd) -> Mpds {
    // As `net::Upstream` sorts them for a connection of ytmpd's own.
    let (local, remote): (Vec<_>, Vec<_>) = config.addresses.iter().partition(|address| address.is_local());
    let addresses = local.into_iter().chain(remote);
    Mpds(join_all(addresses.map(async |address| (address.clone(), meet(address, config).await))).await)
}

async fn meet(address: &Address, config: &config::Mpd) -> Result<Mpd, Error> {
    let mut connection = open(address, config).await?;
    let mut ask = async |verb| Ok::<_, Error>(connection.ask_one(command(verb, &[])).await?.ok());
    let uptime = ask("stats").await?.and_then(|stats| stats.find("uptime")?.parse().ok());
    let [commands, decoders, handlers] =
        [ask("commands").await?, ask("decoders").await?, ask("urlhandlers").await?]
            .map(|answer| pairs(answer.as_ref()));
    let hides_playlists = connection.ask_one(command("listplaylists", &[])).await?.err();
    Ok(Mpd { connection, decoders, handlers, commands, hides_playlists, uptime })
}

async fn open(address: &Address, config: &config::Mpd) -> Result<Connection, Error> {
    Connection::open(&Upstream::new(std::slice::from_ref(address)), &config.password, PATIENCE).await
}

fn pairs(answer: Option<&Frame>) -> Vec<(String, String)> {
    let fields = answer.into_iter().flat_map(Frame::fields);
    fields.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

pub(super) fn judge(Mpds(found): &Mpds, daemon: Option<&Status>, config: &Config) -> Check {
    let there: Vec<_> = found.iter().filter_map(|(at, mpd)| Some((at, mpd.as_ref().ok()?))).collect();
    let failed: Vec<_> = found.iter().filter_map(|(at, mpd)| Some((at, mpd.as_ref().err()?))).collect();
    let [(address, mpd), others @ ..] = there.as_slice() else {
        let todo = match failed.iter().find(|(_, error)| !matches!(error, Error::Connect(_))) {
            Some((_, Error::Password)) => {
                "correct `mpd.password`: it is one of the `password` lines of mpd.conf"
            }
            Some(_) => "look at MPD's log: it may be waiting for an address that does not answer; restart it",
            None => "start MPD, or set `mpd.address` to where it listens (`bind_to_address` in mpd.conf)",
        };
        let why: Vec<String> = failed.iter().map(|(at, error)| why(at, error)).collect();
        return Check::failure(NAME, why.join("; "), todo);
    };
    let mut found = format!("protocol {} at {address}", mpd.connection.version());
    for (at, error) in failed {
        match error {
            // There are several usual places, and it is at one.
            Error::Connect(_) => found.push_str(&format!("; nobody at {at}")),
            error => found.push_str(&format!("; {}", why(at, error))),
        }
    }
    let mut check = Check::ok(NAME, found);
    let version = Version::parse(mpd.connection.version());
    if version.is_none_or(|version| version < OLDEST) {
        check = check.and(Check::failure(NAME, "it is too old", "install MPD 0.23 or newer"));
    }
    if let Some((other, _)) = others.iter().find(|(_, other)| differ(mpd.uptime, other.uptime)) {
        let found = format!("another MPD is at {other}");
        let todo = "name the one that is meant in `mpd.address`: clients would see either, as they connect";
        check = check.and(Check::warning(NAME, found, todo));
    }
    if let Some(why) = daemon.and_then(|daemon| daemon.mpd.strip_prefix("unreachable: ")) {
        let todo = "look at ytmpd's log; it tries again every few seconds";
        check = check.and(Check::warning(NAME, format!("ytmpd itself does not reach it: {why}"), todo));
    }
    let is_written = config.sync.materialise == Materialise::Mpd;
    let broken = mpd.hides_playlists.as_ref().filter(|_| is_written).and_then(without_playlists);
    let to_write = if is_written && broken.is_none() { &TO_WRITE[..] } else { &[] };
    check = broken.into_iter().fold(check, Check::and);
    let lacking = lacking(&mpd.commands, to_write);
    if !lacking.is_empty() {
        let found = format!("it does not let ytmpd run {}", lacking.join(", "));
        let todo = if config.mpd.password.is_empty() {
            "set `mpd.password`, or give more in `default_permissions` of mpd.conf"
        } else {
            "give the password of `mpd.password` more permissions in mpd.conf: read,add,control,player,admin"
        };
        check = check.and(Check::warning(NAME, found, todo));
    }
    check
}

fn why(address: &Address, error: &Error) -> String {
    match error {
        Error::Connect(error) => error.tried().replace('`', ""),
        Error::Password => format!("{address}: MPD refuses `mpd.password`"),
        error => format!("{address}: {}", on_one_line(error)),
    }
}

fn differ(one: Option<u64>, other: Option<u64>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one.abs_diff(other) > SAME_UPTIME)
}

/// Why no playlist can be written to MPD, whatever it permits.
fn without_playlists(ack: &Ack) -> Option<Check> {
    match ack.code {
        // Among what is lacking.
        code::PERMISSION => None,
        code::UNKNOWN => Some(Check::warning(
            NAME,
            "it has no stored playlists",
            "set `playlist_directory` in mpd.conf and restart MPD, or set `sync.materialise` to \"off\"",
        )),
        _ => Some(Check::warning(
            NAME,
            format!("it cannot list its playlists: {}", ack.message),
            "see that its `playlist_directory` is there, and writable for MPD's user",
        )),
    }
}

/// What `commands` does not name of what ytmpd needs.
fn lacking(commands: &[(String, String)], to_write: &[&'static str]) -> Vec<&'static str> {
    let may = |verb: &str| commands.iter().any(|(_, allowed)| allowed == verb);
    NEEDED.iter().chain(to_write).copied().filter(|verb| !may(verb)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_allowed_is_named() {
        let commands = |verbs: &str| -> Vec<(String, String)> {
            verbs.split(' ').map(|verb| ("command".to_owned(), verb.to_owned())).collect()
        };
        let few = commands("status playlistinfo ping rm");
        assert_eq!(lacking(&few, &[]), ["addtagid", "stop", "listpartitions"]);
        assert_eq!(lacking(&few, &["rm", "rename"]), ["addtagid", "stop", "listpartitions", "rename"]);
        assert!(lacking(&commands("addtagid listpartitions playlistinfo status stop"), &[]).is_empty());
    }

    #[test]
    fn one_mpd_at_two_addresses_is_one() {
        for (one, other, are_two) in [
            (Some(100), Some(100), false),
            (Some(100), Some(102), false),
            (Some(100), Some(5000), true),
            (None, Some(5000), false),
        ] {
            assert_eq!(differ(one, other), are_two, "{one:?} {other:?}");
        }
    }
}
