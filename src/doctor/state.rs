//! The state folder, and what ytmpd keeps in it.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{Check, PATIENCE, Service};
use crate::config::{Config, YouTube};
use crate::control::Status;
use crate::cookies;
use crate::disk;
use crate::sync::{LIBRARY_FILE, STATE_FILE, SyncResult, recorded};
use crate::words::{ago, count};

/// Less room than this, in bytes, and the pictures of songs (64 MiB at most) may fill the disk.
const LITTLE_ROOM: u64 = 100 << 20;

/// What the folder holds; `None` if the disk did not answer in time.
pub(super) struct Kept(Option<Found>);

struct Found {
    folder: io::Result<Folder>,
    library: io::Result<Option<Library>>,
    /// When the library was last written.
    library_written: Option<Timestamp>,
    last: io::Result<Last>,
}

struct Folder {
    mode: u32,
    /// Why nothing can be written to it.
    written: io::Result<()>,
    /// In bytes, for us.
    room: Option<u64>,
    /// Files in it that are for their owner's eyes and can be read by others.
    open: Vec<&'static str>,
}

/// The shape of `library.json`, as far as it is counted.
#[derive(Deserialize)]
struct Library {
    tracks: Vec<IgnoredAny>,
    playlists: Vec<IgnoredAny>,
}

type Last = Option<(Timestamp, Arc<SyncResult>)>;

/// Looks into it, and writes a file that is gone again.
pub(super) async fn look(folder: &Path) -> Kept {
    let folder = folder.to_owned();
    let found = spawn_blocking(move || Found {
        library: read(&folder.join(LIBRARY_FILE), |bytes| serde_json::from_slice(bytes).map(Some)),
        library_written: fs::metadata(folder.join(LIBRARY_FILE)).ok().as_ref().and_then(written),
        last: read(&folder.join(STATE_FILE), recorded),
        folder: Folder::of(&folder),
    });
    Kept(timeout(PATIENCE, found).await.ok().and_then(Result::ok))
}

impl Found {
    /// Whether it is another user's, who lets nobody look into it.
    fn is_closed(&self) -> bool {
        self.library.as_ref().is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
            && self.last.as_ref().is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
    }
}

impl Folder {
    fn of(folder: &Path) -> io::Result<Self> {
        let found = fs::metadata(folder)?;
        if !found.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        let open = |name: &&str| fs::metadata(folder.join(name)).is_ok_and(|file| file.mode() & 0o077 != 0);
        let room = rustix::fs::statvfs(folder).ok();
        Ok(Self {
            mode: found.mode() & 0o7777,
            written: disk::try_out(folder),
            room: room.map(|room| room.f_bavail.saturating_mul(room.f_frsize)),
            open: [cookies::FILE, LIBRARY_FILE].into_iter().filter(open).collect(),
        })
    }
}

/// What `parse` makes of a file; nothing of one that is not there. Unlike the daemon, it leaves a
/// damaged one where it is.
fn read<T: Default>(file: &Path, parse: impl FnOnce(&[u8]) -> Result<T, serde_json::Error>) -> io::Result<T> {
    match disk::read(file) {
        Ok(bytes) => parse(&bytes).map_err(|damage| io::Error::new(ErrorKind::InvalidData, damage)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(error),
    }
}

fn written(file: &Metadata) -> Option<Timestamp> {
    Timestamp::from_second(file.mtime()).ok()
}

impl Kept {
    /// The latest moment that ytmpd has noted, and where.
    pub(super) fn newest(&self, daemon: Option<&Status>) -> Option<(Timestamp, &'static str)> {
        let synced = self.synced(daemon);
        let saved = self.0.as_ref().and_then(|found| found.library_written);
        let moments = [synced.map(|at| (at, STATE_FILE)), saved.map(|at| (at, LIBRARY_FILE))];
        moments.into_iter().flatten().max()
    }

    /// When the last sync ended.
    fn synced(&self, daemon: Option<&Status>) -> Option<Timestamp> {
        daemon.and_then(|daemon| daemon.last_sync).or_else(|| Some(self.last()?.0))
    }

    fn last(&self) -> Option<&(Timestamp, Arc<SyncResult>)> {
        self.0.as_ref()?.last.as_ref().ok()?.as_ref()
    }
}

/// What is said of the folder, of the library in it, and of the last sync.
pub(super) fn judge(
    kept: &Kept,
    daemon: Option<&Status>,
    config: &Config,
    service: Service,
    now: Timestamp,
) -> [Check; 3] {
    let folder = &config.state_directory;
    let unknown = |folder| {
        let [library, sync] = ["library", "sync"].map(|name| Check::warning(name, "not known", "see state"));
        [folder, library, sync]
    };
    let Kept(Some(found)) = kept else {
        let found = format!("{} cannot be looked into: the disk does not answer", folder.display());
        let todo = "look at the disk, or set `state.directory` to another";
        return unknown(Check::failure("state", found, todo));
    };
    if service == Service::Systems && found.is_closed() {
        let found = format!("{} is for the service's own user", folder.display());
        return unknown(Check::warning("state", found, "`sudo ytmpctl doctor` looks into it"));
    }
    let checked = judge_folder(&found.folder, folder);
    match &found.folder {
        Err(error) if error.kind() != ErrorKind::NotFound => unknown(checked),
        _ => [
            checked,
            judge_library(&found.library, kept.synced(daemon), config),
            judge_sync(kept, found, daemon, config, now),
        ],
    }
}

fn judge_folder(found: &io::Result<Folder>, folder: &Path) -> Check {
    const NAME: &str = "state";
    let shown = folder.display();
    let found = match found {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Check::warning(NAME, format!("{shown} is not there"), "ytmpd makes it when it starts");
        }
        Err(error) => {
            let todo = "set `state.directory` to a folder of your own";
            return Check::failure(NAME, format!("{shown}: {error}"), todo);
        }
    };
    let mut check = match &found.written {
        Ok(()) => Check::ok(NAME, format!("{shown}, writable")),
        Err(error) => {
            let found = format!("{shown} cannot be written: {}", error.kind());
            let todo = "make room, or let ytmpd's user write there, or set `state.directory`";
            Check::failure(NAME, found, todo)
        }
    };
    if found.mode & 0o022 != 0 {
        let mode = format!("other users may write there (mode {:04o})", found.mode);
        check = check.and(Check::warning(NAME, mode, format!("`chmod go-w {shown}`")));
    }
    if !found.open.is_empty() {
        let open = found.open.join(", ");
        let todo = format!("`chmod 600` {open} there");
        check = check.and(Check::warning(NAME, format!("other users may read {open}"), todo));
    }
    if let Some(room) = found.room.filter(|room| *room < LITTLE_ROOM) {
        let room = format!("{} MiB are free", room >> 20);
        check = check.and(Check::warning(NAME, room, "make room: pictures of songs take up to 64 MiB"));
    }
    check
}

fn judge_library(library: &io::Result<Option<Library>>, synced: Option<Timestamp>, config: &Config) -> Check {
    const NAME: &str = "library";
    let file = config.state_directory.join(LIBRARY_FILE);
    match library {
        Ok(Some(Library { tracks, playlists })) if !playlists.is_empty() => {
            let (playlists, songs) = (count(playlists.len(), "playlist"), count(tracks.len(), "song"));
            Check::ok(NAME, format!("{playlists}, {songs} on disk"))
        }
        Ok(_) => match (nothing_to_list(&config.youtube), synced) {
            (Some(todo), _) => Check::warning(NAME, "nothing to list", todo),
            (None, Some(_)) => Check::ok(NAME, "no playlists on disk"),
            (None, None) => Check::ok(NAME, "nothing on disk yet; the first sync writes it"),
        },
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            let found = format!("{} is damaged: {error}", file.display());
            Check::failure(
                NAME,
                found,
                "restart ytmpd: it keeps the file as library.json.broken and syncs again",
            )
        }
        Err(error) => {
            let found = format!("{} cannot be read: {}", file.display(), error.kind());
            Check::failure(NAME, found, "give the file to ytmpd's user, with mode 0600")
        }
    }
}

/// What to do about a configuration of which no sync can make a playlist.
fn nothing_to_list(config: &YouTube) -> Option<&'static str> {
    match config {
        YouTube { playlists, .. } if !playlists.is_empty() => None,
        YouTube { cookies: None, .. } => {
            Some("set `youtube.playlists` or `youtube.cookies`, then `ytmpctl reload`")
        }
        YouTube { library: false, liked: false, .. } => {
            Some("set `youtube.playlists`, `youtube.library` or `youtube.liked`, then `ytmpctl reload`")
        }
        _ => None,
    }
}

fn judge_sync(kept: &Kept, found: &Found, daemon: Option<&Status>, config: &Config, now: Timestamp) -> Check {
    const NAME: &str = "sync";
    if let Err(error) = &found.last {
        let file = config.state_directory.join(STATE_FILE);
        let found = format!("{}: {error}", file.display());
        return Check::warning(NAME, found, "restart ytmpd: it begins the file anew");
    }
    let told = daemon.and_then(|daemon| {
        Some((daemon.last_sync?, daemon.last_sync_success, daemon.errors.first().map(String::as_str)))
    });
    let on_disk =
        || kept.last().map(|(at, last)| (*at, last.success, last.errors.first().map(String::as_str)));
    let is_wrong = |found: String| Check::warning(NAME, found, "`ytmpctl status` names all of it");
    if let Some(daemon) = daemon.filter(|daemon| daemon.sync_in_progress) {
        let error = daemon.errors.first().map(|error| format!("running now, and not all is well: {error}"));
        return error.map_or_else(|| Check::ok(NAME, "running now"), is_wrong);
    }
    let Some((at, success, error)) = told.or_else(on_disk) else {
        return Check::warning(NAME, "there has been none", "`ytmpctl sync --wait`");
    };
    let age = (now.as_second() - at.as_second()).max(0);
    let when = ago(age);
    // The daemon's errors are also those of what became of a sync that went well.
    if !success || error.is_some() {
        let error = error.unwrap_or("it does not say why");
        return is_wrong(format!("{when}, and not all went well: {error}"));
    }
    // A machine that sleeps, or a round that takes long, is a little late.
    let late = 2 * i64::try_from(config.sync.interval.as_secs()).unwrap_or(i64::MAX / 4) + 3600;
    if config.sync.auto && age > late {
        return Check::warning(
            NAME,
            format!("{when}, all well, but no more since"),
            "`ytmpctl sync --wait`; see ytmpd",
        );
    }
    Check::ok(NAME, format!("{when}, all well"))
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;
    use crate::config::{Environment, load};

    #[test]
    fn a_configuration_that_lists_nothing_is_no_good() {
        let (nothing, synced) = (|| Ok(None), Some(Timestamp::UNIX_EPOCH));
        let library = |playlists: usize| {
            let playlists = vec![IgnoredAny; playlists];
            Ok(Some(Library { tracks: vec![IgnoredAny; 3], playlists }))
        };
        for (toml, library, synced, state, found, todo) in [
            ("", nothing(), None, State::Warning, "nothing to list", "`youtube.cookies`"),
            ("", nothing(), synced, State::Warning, "nothing to list", "`youtube.playlists` or"),
            ("", library(0), synced, State::Warning, "nothing to list", "`ytmpctl reload`"),
            ("", library(1), synced, State::Ok, "1 playlist, 3 songs on disk", ""),
            ("playlists = \"PLx\"", nothing(), None, State::Ok, "nothing on disk yet; the first sync", ""),
            ("playlists = \"PLx\"", nothing(), synced, State::Ok, "no playlists on disk", ""),
            ("cookies = \"/c\"", nothing(), synced, State::Ok, "no playlists on disk", ""),
            ("cookies = \"/c\"\nlibrary = false", nothing(), synced, State::Ok, "no playlists on disk", ""),
            (
                "cookies = \"/c\"\nlibrary = false\nliked = false",
                nothing(),
                synced,
                State::Warning,
                "nothing to list",
                "`youtube.library` or `youtube.liked`",
            ),
        ] {
            let home = tempfile::tempdir().unwrap();
            let file = home.path().join("config.toml");
            fs::write(&file, format!("[youtube]\n{toml}")).unwrap();
            let config = load(Some(&file), &Environment::default()).unwrap();
            let check = judge_library(&library, synced, &config);
            let is_said = check.found.starts_with(found) && check.todo.unwrap_or_default().contains(todo);
            assert!(check.state == state && is_said, "{toml}: {}", check.found);
        }
    }

    #[test]
    fn what_status_calls_a_problem_is_one() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment { config_home: Some(home.path().to_owned()), ..Environment::default() };
        let config = load(None, &environment).unwrap();
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        for (running, success, errors, state, found) in [
            (false, true, &[][..], State::Ok, "now, all well"),
            (true, true, &[], State::Ok, "running now"),
            (false, false, &["a", "b"], State::Warning, "now, and not all went well: a"),
            // The playlists were listed, and cannot be written.
            (false, true, &["to MPD: no"], State::Warning, "now, and not all went well: to MPD: no"),
            (true, true, &["to MPD: no"], State::Warning, "running now, and not all is well: to MPD: no"),
        ] {
            let status = Status {
                last_sync: Some(now),
                last_sync_success: success,
                sync_in_progress: running,
                errors: errors.iter().map(ToString::to_string).collect(),
                ..Status::default()
            };
            let found_on_disk = Found {
                folder: Err(ErrorKind::NotFound.into()),
                library: Ok(None),
                library_written: None,
                last: Ok(None),
            };
            let kept = Kept(Some(found_on_disk));
            let [_, _, check] = judge(&kept, Some(&status), &config, Service::Users, now);
            assert_eq!((check.state, check.found.ends_with(found)), (state, true), "{check:?}");
        }
    }

    #[test]
    fn the_systems_folder_is_not_for_every_user_to_judge() {
        let denied = || io::Error::from(ErrorKind::PermissionDenied);
        let folder = Folder { mode: 0o700, written: Err(denied()), room: None, open: vec![] };
        let found =
            Found { folder: Ok(folder), library: Err(denied()), library_written: None, last: Err(denied()) };
        let kept = Kept(Some(found));
        let home = tempfile::tempdir().unwrap();
        let environment = Environment { config_home: Some(home.path().to_owned()), ..Environment::default() };
        let config = load(None, &environment).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        for (service, expected) in [(Service::Users, State::Failure), (Service::Systems, State::Warning)] {
            let [state, library, _] = judge(&kept, None, &config, service, now);
            assert_eq!((state.state, library.state), (expected, expected), "{state:?} {library:?}");
        }
    }
}
