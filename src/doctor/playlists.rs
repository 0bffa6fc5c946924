//! The folder that playlists are written to as files.

use std::io::{self, ErrorKind};
use std::path::Path;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{Check, PATIENCE, Service};
use crate::config::{Config, Materialise};
use crate::disk;

/// What is wrong with the folder, if there is to be one, as a part of the check `name`. A file is
/// written there and is gone again.
pub(super) async fn look(name: &'static str, config: &Config, service: Service) -> Option<Check> {
    let Materialise::Files(folder) = &config.sync.materialise else { return None };
    let there = folder.clone();
    let tried = timeout(PATIENCE, spawn_blocking(move || try_out(&there))).await;
    let tried = tried.unwrap_or_else(|_| Ok(Err(ErrorKind::TimedOut.into())));
    let error = tried.unwrap_or_else(|error| Err(io::Error::other(error))).err()?;
    let found = format!("playlists cannot be written to {}: {error}", folder.display());
    // What we may not, the service's own user may.
    Some(if service == Service::Systems && error.kind() == ErrorKind::PermissionDenied {
        Check::warning(name, found, "`sudo ytmpctl doctor` looks again")
    } else {
        Check::failure(name, found, "make it writable, or set `sync.playlist_directory`")
    })
}

/// The folder, or the one that ytmpd would make it in.
fn try_out(folder: &Path) -> io::Result<()> {
    match (disk::try_out(folder), folder.parent()) {
        (Err(_), Some(parent)) if !folder.exists() => try_out(parent),
        (tried, _) => tried,
    }
}
