//! `sync_state.json`: when the last sync was, and what came of it.
//!
//! The file of the Python daemon, key for key: scripts read it, and a file that that daemon left is
//! read here. So what is written is exact, and what is read may be anything: a key that is missing
//! or makes no sense counts as absent.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{SyncResult, to_the_second};
use crate::disk::{self, LoadError, Readers};

/// The file, in the state directory.
pub const FILE: &str = "sync_state.json";

/// What the file holds, in the order of its keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct State {
    /// When the last sync ended.
    pub(super) last_sync: Option<Timestamp>,
    /// What came of it.
    pub(super) last_sync_result: Option<Arc<SyncResult>>,
    /// When the daemon that wrote the file started.
    pub(super) daemon_start_time: Timestamp,
}

/// The file could not be written; what it held before is still there.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {file}", file = .0.display())]
pub(super) struct SaveError(PathBuf, #[source] io::Error);

/// The last sync that `file` tells of; `None` if there is no such file, or no such sync.
///
/// # Errors
/// As [`disk::load`]'s.
pub(super) fn load(file: &Path) -> Result<Option<(Timestamp, Arc<SyncResult>)>, LoadError> {
    Ok(disk::load(file, |bytes| recorded(&bytes))?.flatten())
}

/// The last sync that the content of [`FILE`] tells of, if it does.
///
/// # Errors
/// When it makes no sense.
pub fn recorded(bytes: &[u8]) -> Result<Option<(Timestamp, Arc<SyncResult>)>, serde_json::Error> {
    let mut keys: Map<String, Value> = serde_json::from_slice(bytes)?;
    let result = keys.remove("last_sync_result").and_then(|result| serde_json::from_value(result).ok());
    let at = keys.get("last_sync").and_then(Value::as_str).and_then(timestamp);
    Ok(at.map(|at| (at, Arc::new(result.unwrap_or_default()))))
}

/// A time as Python's `isoformat` writes it. Without a zone it counts as UTC: nobody can tell any
/// more which it was.
fn timestamp(text: &str) -> Option<Timestamp> {
    let without_zone = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    let at = text.parse().ok().or_else(|| without_zone().map(|at| at.timestamp()))?;
    Some(to_the_second(at))
}

/// Replaces `file`, atomically; readable by its owner only.
///
/// # Errors
/// When the folder cannot be written or is full; the old file is then untouched.
pub(super) fn save(file: &Path, state: &State) -> Result<(), SaveError> {
    disk::replace(file, Readers::Owner, |out| {
        serde_json::to_writer(&mut *out, state)?;
        out.write_all(b"\n")
    })
    .map_err(|error| SaveError(file.to_owned(), error))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    type Error = Box<dyn std::error::Error>;

    #[test]
    fn it_is_written_as_promised() -> Result<(), Error> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join(FILE);
        let result = SyncResult {
            success: true,
            playlists_synced: 5,
            playlists_failed: 0,
            tracks_added: 150,
            tracks_failed: 3,
            duration_seconds: 45.2,
            errors: vec![],
        };
        let state = State {
            last_sync: Some("2025-10-17T14:30:00Z".parse()?),
            last_sync_result: Some(Arc::new(result.clone())),
            daemon_start_time: "2025-10-17T12:00:00Z".parse()?,
        };
        save(&file, &state)?;
        let promised = r#"{"last_sync":"2025-10-17T14:30:00Z","last_sync_result":{"success":true,"playlists_synced":5,"playlists_failed":0,"tracks_added":150,"tracks_failed":3,"duration_seconds":45.2,"errors":[]},"daemon_start_time":"2025-10-17T12:00:00Z"}"#;
        assert_eq!(fs::read_to_string(&file)?, format!("{promised}\n"));
        assert_eq!(load(&file)?, state.last_sync.zip(Some(Arc::new(result))));
        save(&file, &State { last_sync: None, last_sync_result: None, ..state })?;
        assert_eq!(load(&file)?, None);
        Ok(())
    }

    #[test]
    fn what_the_python_daemon_left_is_read() -> Result<(), Error> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join(FILE);
        let three = SyncResult { playlists_synced: 3, ..SyncResult::default() };
        let none = SyncResult::default();
        for (text, expected) in [
            (
                r#"{"last_sync":"2025-10-17T14:30:00Z","last_sync_result":{"playlists_synced":3,"more":[]},"x":1}"#,
                Some(&three),
            ),
            (r#"{"last_sync":"2025-10-17T14:30:00.123456","last_sync_result":{}}"#, Some(&none)),
            (r#"{"last_sync":"2025-10-17T16:30:00.9+02:00","last_sync_result":null}"#, Some(&none)),
            (r#"{"last_sync":"2025-10-17 14:30:00+00:00"}"#, Some(&none)),
            (r#"{"last_sync":"2025-10-17T14:30:00Z","last_sync_result":{"tracks_added":-1}}"#, Some(&none)),
            (
                r#"{"last_sync":null,"last_sync_result":{"playlists_synced":3},"daemon_start_time":null}"#,
                None,
            ),
            (r#"{"last_sync":1760711400}"#, None),
            ("{}", None),
        ] {
            fs::write(&file, text)?;
            let at = "2025-10-17T14:30:00Z".parse()?;
            let expected = expected.map(|result| (at, Arc::new(result.clone())));
            assert_eq!(load(&file)?, expected, "{text}");
            assert!(file.exists());
        }
        Ok(())
    }

    #[test]
    fn a_damaged_file_is_kept_aside() -> Result<(), Error> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join(FILE);
        assert!(matches!(load(&file), Ok(None)), "a missing one is none");
        for damaged in [&b""[..], b"{\"last_sync\":\"2025", b"[]", b"null", b"\xff\xfe"] {
            fs::write(&file, damaged)?;
            assert!(matches!(load(&file), Err(LoadError::Damaged(..))), "{damaged:?}");
            assert_eq!(fs::read(folder.path().join("sync_state.json.broken"))?, damaged);
            assert!(!file.exists());
        }
        fs::remove_file(folder.path().join("sync_state.json.broken"))?;
        fs::create_dir(folder.path().join("sync_state.json.broken"))?;
        fs::write(&file, "")?;
        assert!(matches!(load(&file), Err(LoadError::Stuck(..))));
        fs::remove_file(&file)?;
        fs::create_dir(&file)?;
        assert!(matches!(load(&file), Err(LoadError::Read(..))));
        Ok(())
    }
}
