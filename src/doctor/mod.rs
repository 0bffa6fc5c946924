//! `ytmpctl doctor`: looks at everything that has to be right for music to play, and says of each
//! what to do about it.
//!
//! It runs in `ytmpctl`, so that it works where the daemon does not. It changes nothing: what it
//! makes (a file in the state folder, a partition of MPD's) it takes away again, and the user's
//! queue is never touched. One file for each subject; in each, a part that looks and waits for
//! nobody longer than its patience, and a part that judges what was seen, which is where the tests
//! are. Nothing that is found out depends on another subject but for whom to ask: the daemon, MPD.

mod account;
mod clients;
mod clock;
mod configuration;
mod daemon;
mod http;
mod mpd;
mod playlists;
mod plugins;
mod relay;
mod state;
mod ytdlp;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use tokio::join;

use crate::config::{Environment, ServiceFolders};
use crate::control::socket_of;

/// How long anyone may take who should answer at once: the daemon, MPD, the disk.
const PATIENCE: Duration = Duration::from_secs(3);

/// How old things are is told in these, in seconds.
const DAY: i64 = 24 * 60 * 60;

/// What the examination takes from the process's surroundings.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--socket`.
    pub socket: Option<PathBuf>,
    /// Where the configuration is looked for.
    pub environment: Environment,
    /// `$MPD_HOST`, if it is not empty.
    pub mpd_host: Option<String>,
    /// `$MPD_PORT`, likewise.
    pub mpd_port: Option<String>,
}

/// Whose daemon is examined, and so how it is told anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    /// The user's, by hand or as a service.
    Users,
    /// The system's.
    Systems,
}

impl Surroundings {
    fn service(&self) -> Service {
        if self.environment.service == ServiceFolders::of_system() {
            Service::Systems
        } else {
            Service::Users
        }
    }
}

impl Service {
    /// How a file with secrets is kept from others.
    fn closes(self, file: &Path) -> String {
        let file = file.display();
        match self {
            Self::Users => format!("`chmod 600 {file}`"),
            Self::Systems => format!("`chown root:ytmpd {file}; chmod 640 {file}`"),
        }
    }
}

/// One thing that has to be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at; each once in a report.
    pub name: &'static str,
    /// How it is.
    pub state: State,
    /// What was found, on one line.
    pub found: String,
    /// What to do, unless all is well.
    pub todo: Option<String>,
}

/// How something is, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It may do, or could not be found out.
    Warning,
    /// Music does not play, or not all of it.
    Failure,
}

/// All checks, in a fixed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report(pub Vec<Check>);

/// Looks at everything, at the same time. Takes a few seconds, and ten or so if yt-dlp or MPD hangs.
pub async fn examine(surroundings: &Surroundings) -> Report {
    let now = Timestamp::now();
    let (configuration, config) = configuration::read(surroundings);
    let Some(config) = config else { return Report(vec![configuration]) };
    let service = surroundings.service();
    let socket = match &surroundings.socket {
        Some(socket) => socket.clone(),
        None => socket_of(&config).await,
    };
    let (daemon, (mpds, relay), hosts, ytdlp, cookies, kept, files, youtube) = join!(
        daemon::ask(&socket),
        relay::try_out(&config),
        clients::look(surroundings, &config),
        ytdlp::look(&config.resolver),
        account::look(&config),
        state::look(&config.state_directory),
        playlists::look("library", &config, service),
        clock::ask(&config.youtube.music_url),
    );
    let daemon_says = daemon.as_ref().ok();
    let [ytdlp, javascript] = ytdlp::judge(&ytdlp, &config.resolver, now);
    let [untold, told] = clients::judge(&hosts, &config);
    let [folder, library, sync] = state::judge(&kept, daemon_says, &config, service, now);
    let library = files.into_iter().fold(library, Check::and);
    let newest = kept.newest(daemon_says);
    let [youtube, clock] = clock::judge(&youtube, newest, now);
    Report(vec![
        configuration,
        daemon::judge(&daemon, &socket, service, now),
        mpd::judge(&mpds, daemon_says, &config),
        relay::judge(&relay, daemon_says, &config.relay),
        plugins::decoders(&mpds),
        plugins::playlists(relay.reading(), &mpds),
        untold,
        told,
        ytdlp,
        javascript,
        account::cookies(&cookies, service, now),
        account::account(&cookies, daemon_says),
        folder,
        library,
        sync,
        youtube,
        clock,
    ])
}

impl Report {
    /// Whether anything has failed.
    pub fn is_well(&self) -> bool {
        self.0.iter().all(|check| check.state != State::Failure)
    }

    /// How many checks came out like this.
    pub fn count(&self, state: State) -> usize {
        self.0.iter().filter(|check| check.state == state).count()
    }
}

/// Like an answer of the daemon's: one object, `success` first.
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Answer<'a> {
            success: bool,
            checks: &'a [Check],
        }
        Answer { success: self.is_well(), checks: &self.0 }.serialize(serializer)
    }
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), todo: None }
    }

    fn warning(name: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { name, state: State::Warning, found: found.into(), todo: Some(todo.into()) }
    }

    fn failure(name: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { state: State::Failure, ..Self::warning(name, found, todo) }
    }

    /// Both in one: as bad as the worse of them, and the worse first.
    fn and(self, other: Self) -> Self {
        let (first, second) = if other.state > self.state { (other, self) } else { (self, other) };
        let todo: Vec<String> = [first.todo, second.todo].into_iter().flatten().collect();
        Self {
            name: first.name,
            state: first.state,
            found: format!("{}; {}", first.found, second.found),
            todo: (!todo.is_empty()).then(|| todo.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_counts_and_comes_first() {
        let [fine, doubtful, bad] =
            [Check::ok("x", "a"), Check::warning("x", "b", "do b"), Check::failure("x", "c", "do c")];
        assert_eq!(fine.clone().and(Check::ok("x", "b")), Check::ok("x", "a; b"));
        let all = fine.and(doubtful).and(bad);
        assert_eq!(all, Check::failure("x", "c; b; a", "do c; do b"));
        let report = Report(vec![Check::ok("x", "a"), all]);
        assert!(!report.is_well());
        assert_eq!(
            serde_json::to_string(&report).unwrap(),
            r#"{"success":false,"checks":[{"name":"x","state":"ok","found":"a","todo":null},"#.to_owned()
                + r#"{"name":"x","state":"failure","found":"c; b; a","todo":"do c; do b"}]}"#
        );
    }
}
