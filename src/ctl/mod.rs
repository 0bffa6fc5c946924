//! What `ytmpctl` does: asks the daemon over its control socket, and says what it hears.
//!
//! `arguments` is the command line, `find` where the daemon is, `look` how anything looks;
//! `status`, `list`, `progress` and `examination` write what people read. With `--json` the daemon's own lines
//! are printed instead.

mod arguments;
mod examination;
mod find;
mod format5;
mod list;
mod look;
mod moment;
mod pages;
mod progress;
mod status;

use std::io::{self, Write};
use std::path::PathBuf;

use serde::de::IgnoredAny;

pub use arguments::Arguments;
use arguments::{Ask, Command, Format};
use look::Look;
use moment::Clock;

use crate::config::ConfigError;
use crate::control::{Client, ClientError, Listing, Message, ReloadDone, read};
use crate::reason::on_one_line;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// The daemon said no, the sync that was waited for failed, or `doctor` found a failure.
    Refused = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// No daemon is there.
    Absent = 3,
}

/// Why it cannot be done.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Daemon(#[from] ClientError),
    #[error("cannot tell where the socket is; name it with --socket")]
    Nowhere(#[source] ConfigError),
    #[error("ytmpd went away before the sync had ended; look at its log")]
    Abandoned,
    #[error("cannot write")]
    Write(#[from] io::Error),
    #[error("cannot write the manual to {}", .0.display())]
    Manual(PathBuf, #[source] io::Error),
}

impl Failure {
    fn exit(&self) -> Exit {
        match self {
            Self::Daemon(ClientError::Absent(_) | ClientError::Closed(..)) => Exit::Absent,
            Self::Nowhere(_) => Exit::Usage,
            // Who reads has enough of it: `ytmpctl list | head -1`.
            Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            _ => Exit::Refused,
        }
    }

    fn is_worth_a_word(&self) -> bool {
        self.exit() != Exit::Done
    }
}

/// Does what the command line says, and prints what there is to say.
pub fn main(arguments: Arguments) -> Exit {
    match run(arguments) {
        Ok(exit) => exit,
        Err(failure) => {
            if failure.is_worth_a_word() {
                complain(&on_one_line(&failure));
            }
            failure.exit()
        }
    }
}

fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { socket, config, json, command } = arguments;
    let format = if json { Format::Json } else { Format::Text };
    match command {
        Command::Completions { shell, program } => {
            print(&pages::completions(shell, program)).map(|()| Exit::Done)
        }
        Command::Man { directory } => {
            let written = pages::manual(&directory).map_err(|error| Failure::Manual(directory, error))?;
            print(&written).map(|()| Exit::Done)
        }
        Command::Doctor => examination::run(socket, config, format),
        Command::Ask(what) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            // To whoever reloads, the daemon says it.
            let complain = if matches!(what, Ask::Reload) { |_: &str| () } else { complain };
            let asked = runtime.block_on(async {
                let socket = match socket {
                    Some(socket) => socket,
                    None => find::socket(config.as_deref(), complain).await?,
                };
                let mut daemon = Client::connect(&socket).await?;
                match what {
                    Ask::Sync { wait: true } => progress::sync(&mut daemon, format).await,
                    what => ask(&mut daemon, &what, format).await,
                }
            });
            // A disk that hangs keeps a thread of its own, for which nobody waits.
            runtime.shutdown_background();
            asked
        }
    }
}

async fn ask(daemon: &mut Client, what: &Ask, format: Format) -> Result<Exit, Failure> {
    daemon.send(what.request()).await?;
    let answer = daemon.answer().await?;
    if format == Format::Json {
        print(&look::json_line(&answer))?;
        return Ok(if read::<IgnoredAny>(&answer).is_ok() { Exit::Done } else { Exit::Refused });
    }
    let (clock, look) = (Clock::of_system(), Look::of_stdout());
    let text = match what {
        Ask::Status => status::page(&read(&answer)?, &clock, &look),
        Ask::List => list::table(&read::<Listing>(&answer)?.playlists, &clock, &look),
        Ask::Reload => reloaded(&read(&answer)?),
        Ask::Sync { .. } | Ask::Quit => look::line(&read::<Message>(&answer)?.message),
    };
    print(&text).map(|()| Exit::Done)
}

fn reloaded(done: &ReloadDone) -> String {
    let mut text = look::line(&done.message);
    let keys = [("In effect", &done.reloaded.changed), ("Needs a restart", &done.reloaded.restart_needed)];
    for (what, keys) in keys {
        if !keys.is_empty() {
            text.push_str(&look::line(&format!("{what}: {}", keys.join(", "))));
        }
    }
    if keys.iter().all(|(_, keys)| keys.is_empty()) {
        text.push_str("Nothing has changed\n");
    }
    text
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// A line for people who look, whatever is printed.
fn complain(line: &str) {
    // Nobody may be looking.
    let _ = io::stderr().write_all(format!("ytmpctl: {}", look::line(line)).as_bytes());
}
