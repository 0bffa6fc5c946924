//! The daemon's own connections to MPD: commands out, answers in, each within a time.
//!
//! No client's bytes ever pass here; those are [`crate::session`]'s. A thin layer over
//! `mpd_protocol` that leaves out what is dangerous there: its own quoting (`Don't` becomes
//! `Don\'t`, which MPD refuses, and an empty argument vanishes), its text-only answers (see
//! [`octets()`]) and its `receive`, which loses bytes when it is dropped half-way: every error here,
//! a timeout too, means that the connection is to be dropped. It logs commands, passwords among
//! them: [`crate::service`] keeps such logs off.

mod octets;
mod retries;

use std::time::Duration;

use bytes::{BufMut, BytesMut};
use mpd_client::protocol::command::{Argument, Command, CommandList};
use mpd_client::protocol::response::{Error as Ack, Frame, Response};
use mpd_client::protocol::{AsyncConnection, MpdProtocolError};
use tokio::time::{sleep, timeout};

use crate::config::{Config, Secret};
use crate::net::{ConnectError, Locality, Stream, Upstream};

pub use octets::octets;
pub use retries::Retries;

use octets::Octets;

/// The partition that every connection starts in and that cannot be deleted.
pub const DEFAULT_PARTITION: &str = "default";

/// How long MPD may take to answer, beyond the time for which the relay may hold a request: MPD
/// answers nobody while it opens a song that is slow to start, and is not dead then.
const PATIENCE: Duration = Duration::from_secs(15);

/// Between two looks at what MPD tells of changes: a program may change things thousands of times a
/// second, and whoever hears of it here opens a connection for its work.
const GATHERING: Duration = Duration::from_millis(50);

/// Without news, MPD is asked so often whether it is still there: a machine that lost its power
/// says no goodbye to a connection that idles.
pub const HEARTBEAT: Duration = Duration::from_secs(60);

/// `ACK` codes of `protocol/Ack.hxx`.
pub mod code {
    /// The password is wrong.
    pub const PASSWORD: u64 = 3;
    /// The connection may not do this.
    pub const PERMISSION: u64 = 4;
    /// No such command, and also "Stored playlists are disabled".
    pub const UNKNOWN: u64 = 5;
    /// A playlist is too long.
    pub const PLAYLIST_MAX: u64 = 51;
    /// The system does not let MPD.
    pub const SYSTEM: u64 = 52;
}

/// A connection that MPD has greeted and that has said its password.
pub struct Connection {
    mpd: AsyncConnection<Octets<Stream>>,
    patience: Duration,
    /// What `idle` is to tell of; everything, if empty.
    subsystems: &'static [&'static str],
}

/// Why a connection is of no more use.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no MPD, or it does not let us connect.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It broke, or what came was no MPD's answer.
    #[error("the connection to MPD broke")]
    Broken(#[from] MpdProtocolError),
    /// MPD ended it.
    #[error("MPD closed the connection")]
    Closed,
    /// MPD did not answer for this long.
    #[error("no answer from MPD for {} s", .0.as_secs())]
    Silent(Duration),
    /// The password is wrong.
    #[error("MPD refuses `mpd.password`: correct it, then `ytmpctl reload`")]
    Password,
    /// MPD does not let us.
    #[error("MPD refuses `{command}`: {message}; its permissions or `mpd.password` need a change")]
    Refused {
        /// What was asked.
        command: &'static str,
        /// MPD's words.
        message: Box<str>,
    },
}

/// What MPD said to a command list: what the commands before the failed one gave, and why that
/// one failed.
#[derive(Debug)]
pub struct Answer {
    /// What each command gave.
    pub frames: Vec<Frame>,
    /// Why the list ended early.
    pub ack: Option<Ack>,
}

/// The subsystems that an `idle` named.
pub type Changes = Vec<String>;

impl Connection {
    /// Connects and says the password, if there is one. `patience` is how long this may take, and
    /// every answer later.
    ///
    /// # Errors
    /// When there is no MPD, it is silent, or it does not like the password.
    pub async fn open(upstream: &Upstream, password: &Secret, patience: Duration) -> Result<Self, Error> {
        let greeted = async {
            // Of a local client MPD may ask no password (`local_permissions`).
            let (stream, turn) = upstream.connect(Locality::Local).await?;
            let mpd = AsyncConnection::connect(Octets::new(stream)).await?;
            drop(turn);
            Ok::<_, Error>(mpd)
        };
        let mpd = timeout(patience, greeted).await.map_err(|_| Error::Silent(patience))??;
        let mut connection = Self { mpd, patience, subsystems: &[] };
        if !password.is_empty() {
            let refused = connection.ask_one(command("password", &[password.reveal()])).await?.err();
            if refused.is_some_and(|ack| ack.code == code::PASSWORD) {
                return Err(Error::Password);
            }
        }
        Ok(connection)
    }

    /// As [`open`](Self::open), as the configuration says, with patience for an MPD that the relay
    /// keeps waiting.
    pub async fn open_patiently(upstream: &Upstream, config: &Config) -> Result<Self, Error> {
        let patience = config.relay.hold.saturating_add(PATIENCE);
        Self::open(upstream, &config.mpd.password, patience).await
    }

    /// The protocol's version, as the greeting has it: `0.23.5` for all of 0.23.5 to 0.23.17.
    pub fn version(&self) -> &str {
        self.mpd.protocol_version()
    }

    /// Runs one command.
    ///
    /// # Errors
    /// Like all of [`Error`], it ends the connection.
    pub async fn ask_one(&mut self, command: Command) -> Result<Result<Frame, Ack>, Error> {
        let mut answer = self.ask(vec![command]).await?;
        match answer.ack {
            Some(ack) => Ok(Err(ack)),
            // Every `OK` has a frame, an empty one at least.
            None => answer.frames.pop().map(Ok).ok_or(Error::Closed),
        }
    }

    /// Runs `commands` as one command list, which MPD does without a break for anyone else.
    pub async fn ask(&mut self, commands: Vec<Command>) -> Result<Answer, Error> {
        let mut commands = commands.into_iter();
        let Some(first) = commands.next() else {
            return Ok(Answer { frames: Vec::new(), ack: None });
        };
        let mut list = CommandList::new(first);
        list.extend(commands);
        let answered = async {
            self.mpd.send_list(list).await?;
            self.mpd.receive().await
        };
        let response = timeout(self.patience, answered).await.map_err(|_| Error::Silent(self.patience))??;
        Ok(response.ok_or(Error::Closed)?.into())
    }

    /// Runs `commands` in `partition`; `None` when there is no such partition.
    ///
    /// `delpartition` fails while anyone is in the partition, so going there and coming back are
    /// part of the same list: nobody ever sees us in it, unless a command fails.
    pub async fn ask_in(&mut self, partition: &str, commands: Vec<Command>) -> Result<Option<Answer>, Error> {
        if partition == DEFAULT_PARTITION {
            return self.ask(commands).await.map(Some);
        }
        let mut list = vec![command("partition", &[partition])];
        list.extend(commands);
        list.push(command("partition", &[DEFAULT_PARTITION]));
        let mut answer = self.ask(list).await?;
        match &mut answer.ack {
            Some(ack) if ack.command_index == 0 => return Ok(None),
            Some(ack) => {
                ack.command_index -= 1;
                // The list ended before it was back. There is always a default partition.
                let _ = self.ask_one(command("partition", &[DEFAULT_PARTITION])).await?;
            }
            // The frame of the way back.
            None => drop(answer.frames.pop()),
        }
        // The frame of the way there.
        if !answer.frames.is_empty() {
            answer.frames.remove(0);
        }
        Ok(Some(answer))
    }

    /// The names of all partitions; only the default one where MPD knows none (before 0.22).
    pub async fn partitions(&mut self) -> Result<Vec<String>, Error> {
        let Ok(frame) = self.ask_one(command("listpartitions", &[])).await? else {
            return Ok(vec![DEFAULT_PARTITION.to_owned()]);
        };
        let names = frame.fields().filter(|(key, _)| *key == "partition");
        // MPD takes only ASCII names.
        Ok(names.filter_map(|(_, name)| String::from_utf8(octets(name)).ok()).collect())
    }

    /// Has MPD tell of changes in these subsystems from now on; in all, if none is named. See
    /// [`changes`].
    pub async fn idle_for(mut self, subsystems: &'static [&'static str]) -> Result<Self, Error> {
        self.mpd.send(command("idle", subsystems)).await?;
        self.subsystems = subsystems;
        Ok(self)
    }
}

/// Waits, for as long as it takes, for an idling connection to tell of changes, and lets it idle
/// again at once: MPD closes one that is silent for `connection_timeout`, but not one that idles.
///
/// The first change after a while is told at once, and what follows it with pauses of `GATHERING`: of
/// all that changes in one, MPD tells together.
///
/// # Cancel safety
/// None: the connection goes with the future. Keep the future until it is done.
pub async fn changes(mut connection: Connection) -> Result<(Connection, Changes), Error> {
    sleep(GATHERING).await;
    let answer = Answer::from(connection.mpd.receive().await?.ok_or(Error::Closed)?);
    if let Some(ack) = answer.ack {
        return Err(Error::Refused { command: "idle", message: ack.message });
    }
    let subsystems =
        answer.frames.iter().flat_map(Frame::fields).map(|(_, subsystem)| subsystem.to_owned()).collect();
    let again = connection.subsystems;
    Ok((connection.idle_for(again).await?, subsystems))
}

/// A command whose arguments are quoted as MPD's `Tokenizer.cxx` reads them.
pub fn command(verb: &'static str, arguments: &[&str]) -> Command {
    arguments.iter().fold(Command::new(verb), |command, argument| command.argument(Quoted(argument)))
}

/// An argument in double quotes, always. What would end the line is a space.
struct Quoted<'a>(&'a str);

impl Argument for Quoted<'_> {
    fn render(&self, line: &mut BytesMut) {
        line.put_u8(b'"');
        for byte in self.0.bytes() {
            match byte {
                b'\n' | b'\0' => line.put_u8(b' '),
                b'"' | b'\\' => line.put_slice(&[b'\\', byte]),
                byte => line.put_u8(byte),
            }
        }
        line.put_u8(b'"');
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        let mut answer = Self { frames: Vec::with_capacity(response.successful_frames()), ack: None };
        for part in response {
            match part {
                Ok(frame) => answer.frames.push(frame),
                Err(ack) => answer.ack = Some(ack),
            }
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_is_quoted() {
        for (argument, line) in [
            ("plain", r#""plain""#),
            ("", r#""""#),
            ("Don't", r#""Don't""#),
            (r#"a "b" \c"#, r#""a \"b\" \\c""#),
            ("two\nlines\0", r#""two lines ""#),
            ("tab\tü", "\"tab\tü\""),
        ] {
            let mut rendered = BytesMut::new();
            Quoted(argument).render(&mut rendered);
            assert_eq!(rendered, line.as_bytes());
        }
    }
}
