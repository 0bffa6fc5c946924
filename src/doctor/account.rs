//! The account: its cookies, and whether YouTube takes them.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio::time::timeout;

use super::{Check, DAY, PATIENCE, Service};
use crate::config::Config;
use crate::control::{Auth, Status};
use crate::cookies::{Cookies as Jar, CookiesError, FILE};
use crate::disk::is_open_to_others;
use crate::reason::on_one_line;
use crate::words::{about, ago};

/// How cookies are exported so that they last: the browser rotates those that it goes on using.
const EXPORT: &str = "sign in to music.youtube.com in a private window, export its cookies.txt there, \
                      close the window, then `ytmpctl reload`";

/// So long before a sign-in ends there is time for another, in seconds.
const SOON: i64 = 7 * DAY;

/// What there is; `None` if the configuration names no cookies.
pub(super) struct Cookies(Option<Found>);

struct Found {
    export: PathBuf,
    stat: io::Result<Stat>,
    /// When the sign-in ends, if the cookies say so; `None` if reading them took too long.
    ends: Option<Result<Option<Timestamp>, CookiesError>>,
}

struct Stat {
    written: Option<Timestamp>,
    /// Its mode, if that lets others read it.
    open: Option<u32>,
}

/// Reads them as the daemon does, and writes nothing.
pub(super) async fn look(config: &Config) -> Cookies {
    let Some(export) = config.youtube.cookies.clone() else { return Cookies(None) };
    let kept = config.state_directory.join(FILE);
    let read = async {
        let session = Jar::new(Some(&export), kept).session().await;
        session.map(|session| session.and_then(|session| session.ends()))
    };
    let ends = timeout(PATIENCE, read).await.ok();
    // A disk that hangs has been found out.
    let stat = if ends.is_some() { stat(&export) } else { Err(io::ErrorKind::TimedOut.into()) };
    Cookies(Some(Found { stat, ends, export }))
}

fn stat(file: &Path) -> io::Result<Stat> {
    let found = fs::metadata(file)?;
    let open = is_open_to_others(&found).then_some(found.mode() & 0o777);
    Ok(Stat { written: Timestamp::from_second(found.mtime()).ok(), open })
}

/// What is said of the file.
pub(super) fn cookies(Cookies(found): &Cookies, service: Service, now: Timestamp) -> Check {
    const NAME: &str = "cookies";
    let Some(Found { export, stat, ends }) = found else {
        return Check::ok(NAME, "none configured: public playlists only");
    };
    let shown = export.display();
    let ends = match ends {
        None => {
            return Check::failure(
                NAME,
                format!("{shown} cannot be read: the disk does not answer"),
                "look at the disk",
            );
        }
        Some(Err(error)) => {
            let todo = match error {
                CookiesError::Read(..) => "correct `youtube.cookies`, or let ytmpd's user read the file",
                _ => EXPORT,
            };
            return Check::failure(NAME, on_one_line(error), todo);
        }
        Some(Ok(ends)) => *ends,
    };
    let Stat { written, open } = match stat {
        Ok(stat) => stat,
        Err(error) => return Check::failure(NAME, format!("{shown}: {error}"), EXPORT),
    };
    let age = written.map(|at| format!(", exported {}", ago(now.as_second() - at.as_second())));
    let age = age.unwrap_or_default();
    let mut check = Check::ok(NAME, format!("{shown}{age}"));
    if let Some(mode) = open {
        let found = format!("other users may read them (mode {mode:04o})");
        check = check.and(Check::warning(NAME, found, service.closes(export)));
    }
    if let Some(left) = ends.map(|ends| ends.as_second() - now.as_second()).filter(|left| *left < SOON) {
        let found = format!("the sign-in ends in {}", about(left.max(0)));
        check = check.and(Check::warning(NAME, found, EXPORT));
    }
    check
}

/// What is said of the sign-in: only YouTube knows, and tells the daemon.
pub(super) fn account(Cookies(found): &Cookies, daemon: Option<&Status>) -> Check {
    const NAME: &str = "account";
    let auth = daemon.map(|daemon| daemon.auth);
    match (auth, found) {
        (Some(Auth::Expired), Some(Found { ends: Some(Err(_)), .. })) => {
            Check::failure(NAME, "not signed in: the cookies are of no use", "see cookies")
        }
        (Some(Auth::Expired), _) => Check::failure(NAME, "YouTube does not take the cookies", EXPORT),
        (Some(Auth::None), Some(_)) => {
            Check::warning(NAME, "ytmpd does not know of the cookies yet", "`ytmpctl reload`")
        }
        (Some(Auth::None), None) | (None, None) => Check::ok(NAME, "none"),
        (None, Some(_)) => Check::warning(NAME, "not known: ytmpd does not answer", "see ytmpd"),
        (Some(_), _) if daemon.is_some_and(|daemon| daemon.last_sync.is_none()) => {
            Check::ok(NAME, "the first sync tells whether YouTube takes the cookies")
        }
        (Some(_), _) => Check::ok(NAME, "signed in"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn how_the_file_is() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let written = "2026-11-19T12:00:00Z".parse().ok();
        let ends = |at: &str| Some(Ok(Some(at.parse().unwrap())));
        for (open, ends, state, found) in [
            (None, Some(Ok(None)), State::Ok, "/c, exported 3 days ago"),
            (None, ends("2027-11-22T12:00:00Z"), State::Ok, "/c, exported 3 days ago"),
            (None, ends("2026-11-24T13:00:00Z"), State::Warning, "ends in 2 days"),
            (Some(0o644), Some(Ok(None)), State::Warning, "(mode 0644)"),
            (Some(0o644), ends("2026-11-24T13:00:00Z"), State::Warning, "mode 0644"),
            (None, Some(Err(CookiesError::NoCookies("/c".into()))), State::Failure, "holds no cookies"),
            (None, None, State::Failure, "does not answer"),
        ] {
            let export = PathBuf::from("/c");
            let found_there = Cookies(Some(Found { export, stat: Ok(Stat { written, open }), ends }));
            let check = cookies(&found_there, Service::Users, now);
            assert!(check.state == state && check.found.contains(found), "{check:?}");
        }
    }
}
