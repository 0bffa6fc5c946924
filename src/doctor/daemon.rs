//! The daemon, over its control socket.

use std::path::Path;

use jiff::Timestamp;
use tokio::time::timeout;

use super::{Check, PATIENCE, Service};
use crate::control::{Client, ClientError, Status, read};
use crate::reason::on_one_line;
use crate::words::about;

const NAME: &str = "ytmpd";

/// This program's version, which the daemon's should be.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How the daemon is.
pub(super) async fn ask(socket: &Path) -> Result<Status, ClientError> {
    let asked = async {
        match ask_once(socket).await {
            // It hangs up on who says nothing for a second, as we do when this machine is busy.
            Err(ClientError::Gone) => ask_once(socket).await,
            answer => answer,
        }
    };
    timeout(PATIENCE, asked).await.unwrap_or(Err(ClientError::Silent))
}

async fn ask_once(socket: &Path) -> Result<Status, ClientError> {
    let mut daemon = Client::connect(socket).await?;
    daemon.send("status").await?;
    read(&daemon.answer().await?)
}

pub(super) fn judge(
    daemon: &Result<Status, ClientError>,
    socket: &Path,
    service: Service,
    now: Timestamp,
) -> Check {
    let status = match daemon {
        Ok(status) => status,
        Err(error) => return absent(error, socket, service),
    };
    let running = about((now.as_second() - status.daemon_start_time.as_second()).max(0));
    let found = format!("version {}, running for {running}, at {}", status.version, socket.display());
    if status.version == VERSION {
        return Check::ok(NAME, found);
    }
    let found = format!("{found}, but ytmpctl is {VERSION}");
    Check::warning(NAME, found, "restart ytmpd, so that the installed version runs")
}

fn absent(error: &ClientError, socket: &Path, service: Service) -> Check {
    let shown = socket.display();
    let (start, restart, be_let_in) = match service {
        Service::Users => (
            "start it: `systemctl --user start ytmpd`, or `ytmpd` in a terminal",
            "look at its log, then restart it: `systemctl --user restart ytmpd`",
            "run ytmpctl as the user that ytmpd runs as, or name your own with --socket",
        ),
        Service::Systems => (
            "start it: `sudo systemctl start ytmpd`",
            "look at its log, then restart it: `sudo systemctl restart ytmpd`",
            "it is the system's: `sudo ytmpctl doctor`",
        ),
    };
    let (found, todo) = match error {
        ClientError::Absent(_) => (format!("nobody answers at {shown}"), start),
        ClientError::Closed(..) => (format!("{shown} is not for us to open"), be_let_in),
        ClientError::Silent => (format!("it does not answer at {shown}"), restart),
        error => (
            format!("at {shown}: {}", on_one_line(error)),
            "restart ytmpd, so that the installed version runs",
        ),
    };
    Check::failure(NAME, found, todo)
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn how_it_is() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let status = |version: &str| Status {
            daemon_start_time: "2026-11-22T11:48:00Z".parse().unwrap(),
            version: version.to_owned(),
            ..Status::default()
        };
        let socket = Path::new("/s");
        let absent = || Err(ClientError::Absent("/s".into()));
        for (daemon, service, state, found, todo) in [
            (Ok(status(VERSION)), Service::Users, State::Ok, "running for 12 minutes, at /s", ""),
            (Ok(status("0.0.1")), Service::Users, State::Warning, "version 0.0.1, ", "restart ytmpd"),
            (absent(), Service::Users, State::Failure, "nobody answers at /s", "`systemctl --user start"),
            (absent(), Service::Systems, State::Failure, "nobody answers at /s", "`sudo systemctl start"),
            (Err(ClientError::Silent), Service::Users, State::Failure, "does not answer", "restart it"),
            (Err(ClientError::Gone), Service::Users, State::Failure, "has closed", "restart ytmpd"),
        ] {
            let check = judge(&daemon, socket, service, now);
            assert_eq!(check.state, state, "{check:?}");
            assert!(check.found.contains(found), "{check:?}");
            assert!(check.todo.as_deref().unwrap_or_default().contains(todo), "{check:?}");
        }
    }
}
