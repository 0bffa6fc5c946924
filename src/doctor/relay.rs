//! The relay: does it answer, and does MPD read from it.
//!
//! MPD runs commands on one thread: while it waits for an address that does not answer, it answers
//! nobody. So it is only asked once the relay has answered here, and first with a command that
//! leaves nothing behind whenever it ends (`listplaylistinfo` of an address). Then the same list is
//! loaded, in a partition of its own; as one command list, so that nobody ever sees it there.

use std::process;
use std::time::Duration;

use mpd_client::protocol::response::{Error as Ack, Frame};
use serde::Deserialize;
use tokio::join;
use tokio::time::sleep;

use super::mpd::{Mpds, reach};
use super::{Check, http};
use crate::config::{self, Address, Config};
use crate::control::Status;
use crate::mpd::{Connection, DEFAULT_PARTITION, Error, code, command};
use crate::reason::on_one_line;
use crate::relay::{CHECK_PLS, CHECK_SONG, CHECK_XSPF};

const NAME: &str = "relay";

/// Somebody may be in our partition: ytmpd's own connection looks at new ones.
const LEAVING: [Duration; 4] = [Duration::from_millis(100); 4];

/// What was seen.
pub(super) enum Seen {
    /// The relay does not answer at this address of its own. Why.
    Absent(String, String),
    /// It does there, but not where MPD is to find it. Why.
    Elsewhere(String),
    /// It knows of no list to try it with.
    Older,
    /// It answers, but there is no MPD to ask.
    NoMpd,
    /// MPD does not let us ask.
    Refused(Box<str>),
    /// MPD did not answer us. Why.
    Lost(Error),
    /// MPD did.
    Tried(Reading),
}

/// What MPD made of the list.
#[derive(Debug)]
pub(super) struct Reading {
    /// The `User-Agent` of who came for it; `None` if nobody did.
    by: Option<String>,
    /// Whether it was understood in each of the formats.
    pub(super) pls: bool,
    pub(super) xspf: bool,
    load: Load,
}

/// What came of loading it.
#[derive(Debug)]
enum Load {
    /// Not tried, since it could not even be read.
    Futile,
    Done,
    /// MPD does not let us; in its words.
    Refused(Box<str>),
    Failed(String),
    /// A partition of this name is left behind.
    Left(String),
}

/// Of the relay's `/health`.
#[derive(Debug, Clone, Deserialize)]
struct Health {
    /// How often the list was read; older relays have none.
    checks_read: Option<u64>,
    #[serde(default)]
    checks_read_by: String,
}

impl Seen {
    pub(super) fn reading(&self) -> Option<&Reading> {
        match self {
            Self::Tried(reading) if reading.by.is_some() => Some(reading),
            _ => None,
        }
    }
}

impl Reading {
    /// Whether MPD came with an input plugin that calls itself so.
    pub(super) fn came_by(&self, agent: &str) -> bool {
        self.by.as_deref().is_some_and(|by| by.starts_with(agent))
    }
}

/// Reaches MPD and the relay at the same time, then has the one read from the other.
pub(super) async fn try_out(config: &Config) -> (Mpds, Seen) {
    let (mut mpds, health) = join!(reach(&config.mpd), answering(&config.relay));
    let seen = match health {
        Err(absent) => absent,
        Ok((_, Health { checks_read: None, .. })) => Seen::Older,
        Ok((url, Health { checks_read: Some(before), .. })) => {
            let read = match mpds.first_mut() {
                Some(mpd) => read_lists(&mut mpd.connection, &config.relay.base_url).await,
                None => return (mpds, Seen::NoMpd),
            };
            match read {
                Ok(Ok([pls, xspf])) => {
                    let after = health_at(&url).await.ok();
                    let came = after.filter(|after| after.checks_read > Some(before));
                    let by =
                        came.map(|after| after.checks_read_by).or_else(|| (pls || xspf).then(String::new));
                    let load = if pls { load(&mut mpds, config).await } else { Load::Futile };
                    Seen::Tried(Reading { by, pls, xspf, load })
                }
                Ok(Err(refused)) => Seen::Refused(refused),
                Err(error) => Seen::Lost(error),
            }
        }
    };
    (mpds, seen)
}

/// The relay's health where it answers, if it does so where MPD is told to look as well.
async fn answering(relay: &config::Relay) -> Result<(String, Health), Seen> {
    let (own, advertised) = (own_url(&relay.listen), relay.base_url.clone());
    let (here, there) = join!(health_at(&own), health_at(&advertised));
    match (here, there) {
        // It may refuse this machine where it is meant for another.
        (Ok(health), Ok(_) | Err(Unwell::Status(403))) => Ok((own, health)),
        (Err(_), Ok(health)) => Ok((advertised, health)),
        (Ok(_), Err(unwell)) => Err(Seen::Elsewhere(unwell.to_string())),
        (Err(unwell), Err(_)) => Err(Seen::Absent(own, unwell.to_string())),
    }
}

/// Why no relay of ours answers.
#[derive(Debug, thiserror::Error)]
enum Unwell {
    #[error("{0}")]
    Silent(String),
    #[error("it answers with {0}, which is not ytmpd's")]
    Status(u16),
    #[error("something answers that is not ytmpd")]
    Stranger,
}

async fn health_at(url: &str) -> Result<Health, Unwell> {
    let silent = |error| Unwell::Silent(http::why(error));
    // MPD asks no proxy of this process's surroundings.
    let client = http::client(url).no_proxy().build().map_err(silent)?;
    let answer = client.get(format!("{url}/health")).send().await.map_err(silent)?;
    if !answer.status().is_success() {
        return Err(Unwell::Status(answer.status().as_u16()));
    }
    answer.json().await.map_err(|_| Unwell::Stranger)
}

/// Where the relay is found on this machine.
fn own_url(listen: &Address) -> String {
    match listen {
        Address::Tcp(host, port) if listen.is_every_host() => {
            let loopback = if host.contains(':') { "[::1]" } else { "127.0.0.1" };
            format!("http://{loopback}:{port}")
        }
        _ => format!("http://{listen}"),
    }
}

/// Has MPD read the list in each of its formats. Whether it understood them, or why it would not.
async fn read_lists(mpd: &mut Connection, base: &str) -> Result<Result<[bool; 2], Box<str>>, Error> {
    let mut understood = [false; 2];
    for (path, understood) in [CHECK_PLS, CHECK_XSPF].into_iter().zip(&mut understood) {
        let url = format!("{base}{path}");
        match mpd.ask_one(command("listplaylistinfo", &[&url])).await? {
            Ok(list) => *understood = has_song(&list, base),
            Err(Ack { code: code::PERMISSION, message, .. }) => return Ok(Err(message)),
            Err(_) => {}
        }
    }
    Ok(Ok(understood))
}

fn has_song(songs: &Frame, base: &str) -> bool {
    songs.find("file") == Some(&format!("{base}{CHECK_SONG}"))
}

/// Loads the list into a partition that is there for this only.
async fn load(mpds: &mut Mpds, config: &Config) -> Load {
    /// Where in the list the command stands that makes the partition, and the one that looks.
    const NEW: u64 = 0;
    const QUEUE: usize = 3;
    let Some(mpd) = mpds.first_mut() else { return Load::Futile };
    let base = &config.relay.base_url;
    // One that somebody else is looking with at the same time is not ours.
    let name = format!("ytmpd-doctor-{}", process::id());
    let list = vec![
        command("newpartition", &[&name]),
        command("partition", &[&name]),
        command("load", &[&format!("{base}{CHECK_PLS}")]),
        command("playlistinfo", &[]),
        command("clear", &[]),
        command("partition", &[DEFAULT_PARTITION]),
        command("delpartition", &[&name]),
    ];
    let answer = match mpd.connection.ask(list).await {
        Ok(answer) => answer,
        Err(error) => {
            // MPD runs a list to its end, or to its first failure, also for who has gone.
            let why = on_one_line(&error);
            let Some(mut connection) = mpds.again(&config.mpd).await else { return Load::Left(name) };
            return if leave(&mut connection, &name).await { Load::Failed(why) } else { Load::Left(name) };
        }
    };
    let Some(ack) = answer.ack else {
        let has_song = answer.frames.get(QUEUE).is_some_and(|queue| has_song(queue, base));
        return if has_song { Load::Done } else { Load::Failed("it is not in the queue".to_owned()) };
    };
    if ack.command_index > NEW && !leave(&mut mpd.connection, &name).await {
        return Load::Left(name);
    }
    match ack.command_index {
        // No partitions, enough of them, or no permission: whatever it is, reading has shown it.
        NEW => Load::Refused(ack.message),
        _ if ack.code == code::PERMISSION => Load::Refused(ack.message),
        _ => Load::Failed(ack.message.into()),
    }
}

/// Leaves our partition and takes it away. Whether it is gone.
async fn leave(mpd: &mut Connection, name: &str) -> bool {
    if mpd.ask_one(command("partition", &[DEFAULT_PARTITION])).await.is_err() {
        return false;
    }
    for pause in LEAVING {
        match mpd.ask_one(command("delpartition", &[name])).await {
            Ok(Ok(_)) => return true,
            Ok(Err(_)) => sleep(pause).await,
            Err(_) => return false,
        }
    }
    mpd.partitions().await.is_ok_and(|names| names.iter().all(|other| other != name))
}

pub(super) fn judge(seen: &Seen, daemon: Option<&Status>, relay: &config::Relay) -> Check {
    let base = &relay.base_url;
    let advertise = "set `relay.advertise`, and `relay.listen` with it, to an address of this machine by which \
                     MPD reaches it";
    let in_between = format!("{advertise}; look for a firewall, and for a refused host in ytmpd's log");
    match seen {
        Seen::Absent(..) if daemon.is_none() => {
            Check::warning(NAME, "not tried: ytmpd does not answer", "see ytmpd")
        }
        Seen::Absent(url, why) => {
            let todo = "look at ytmpd's log; if the configuration has changed, restart ytmpd";
            Check::failure(NAME, format!("nobody answers at {url}: {why}"), todo)
        }
        Seen::Elsewhere(why) => {
            Check::failure(NAME, format!("it does not answer at {base}: {why}"), advertise)
        }
        Seen::Older => {
            Check::warning(NAME, format!("{base} answers, but is of an older ytmpd"), "restart ytmpd")
        }
        Seen::NoMpd => {
            Check::warning(NAME, format!("{base} answers here; MPD could not be asked to read it"), "see MPD")
        }
        Seen::Refused(why) => {
            let found = format!("{base} answers here; MPD does not let us have it read: {why}");
            Check::warning(NAME, found, "see MPD")
        }
        Seen::Lost(error) => {
            let found = format!("{base} answers here, but MPD, asked to read it: {}", on_one_line(error));
            Check::failure(NAME, found, in_between)
        }
        Seen::Tried(Reading { by: None, .. }) => {
            let found = format!("{base} answers here, but MPD does not reach it");
            Check::failure(NAME, found, in_between)
        }
        Seen::Tried(reading) => judge_load(&reading.load, base),
    }
}

fn judge_load(load: &Load, base: &str) -> Check {
    match load {
        Load::Done => Check::ok(NAME, format!("MPD reads {base} and loads from it")),
        Load::Futile => {
            Check::warning(NAME, format!("MPD reaches {base}, but cannot read it"), "see plugins")
        }
        Load::Refused(why) => {
            Check::ok(NAME, format!("MPD reads {base}; `load` was not tried, for want of a partition: {why}"))
        }
        Load::Failed(why) => {
            let found = format!("MPD reads {base}, but does not load from it: {why}");
            Check::failure(NAME, found, "look at MPD's log")
        }
        Load::Left(name) => {
            let found = format!(
                "MPD reads {base}, but went away while it loaded; its partition `{name}` may be left"
            );
            Check::warning(NAME, found, "look at MPD's log; `delpartition` takes the partition away")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_where_it_listens() {
        for (listen, url) in [
            ("127.0.0.1:6602", "http://127.0.0.1:6602"),
            ("0.0.0.0:6602", "http://127.0.0.1:6602"),
            ("[::]:6602", "http://[::1]:6602"),
            ("nas.lan:6602", "http://nas.lan:6602"),
        ] {
            assert_eq!(own_url(&listen.parse().unwrap()), url);
        }
    }
}
