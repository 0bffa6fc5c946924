//! A temporary folder for each run.
//!
//! The single-file builds of `yt-dlp` unpack themselves, 100 MB or so, into a folder that they
//! remove when they end; not when they are killed, and that is how a run ends that takes too long.
//! So each run has a folder as its `TMPDIR`, which goes with it, and those that a killed daemon
//! has left go at the next start.

use std::env;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::process::geteuid;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::disk::TEMPORARY;

/// How the folders' names go on.
const NAME: &str = "yt-dlp-";

/// A process that was killed may be making files still, for as long as it takes to die.
const REMOVE_TRIES: u32 = 50;
const REMOVE_PAUSE: Duration = Duration::from_millis(20);

/// A run's folder, which is removed when this is dropped.
pub(super) struct Scratch {
    folder: TempDir,
    /// Locked for as long as the folder is in use, by whichever process.
    _lock: File,
}

impl Scratch {
    /// A new one; `None` where the system's folder for them is missing or cannot be written. Then
    /// `yt-dlp` may know another.
    pub(super) fn new() -> Option<Self> {
        Self::new_in(&env::temp_dir())
    }

    fn new_in(parent: &Path) -> Option<Self> {
        let owner_only = Permissions::from_mode(0o700);
        let prefix = [TEMPORARY, NAME].concat();
        let folder =
            tempfile::Builder::new().prefix(&prefix).permissions(owner_only).tempdir_in(parent).ok()?;
        let lock = lock(folder.path())?;
        // A sweep may have been quicker.
        folder.path().is_dir().then_some(Self { folder, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes it; if that is some work, in a task, which goes on by itself.
    pub(super) fn remove(self) -> Option<JoinHandle<()>> {
        // As a rule it is empty.
        if fs::remove_dir(self.path()).is_ok() {
            return None;
        }
        // A runtime that ends drops what it has not begun.
        Some(Handle::try_current().ok()?.spawn_blocking(move || drop(self)))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for _ in 0..REMOVE_TRIES {
            let _ = fs::remove_dir_all(self.path());
            if !self.path().exists() {
                return;
            }
            sleep(REMOVE_PAUSE);
        }
    }
}

/// Removes the folders whose process was killed. Those of others that run are left alone.
pub fn sweep() {
    sweep_in(&env::temp_dir());
}

pub(super) fn sweep_in(parent: &Path) {
    let prefix = [TEMPORARY, NAME].concat();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(prefix.as_bytes())
            && let Some(_lock) = lock(&entry.path())
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The lock of a folder of ours that nobody uses.
fn lock(folder: &Path) -> Option<File> {
    let flags = (OFlags::DIRECTORY | OFlags::NOFOLLOW).bits();
    let opened = File::options().read(true).custom_flags(flags.cast_signed()).open(folder).ok()?;
    let is_ours = opened.metadata().ok()?.uid() == geteuid().as_raw();
    (is_ours && flock(&opened, FlockOperation::NonBlockingLockExclusive).is_ok()).then_some(opened)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_nobody_uses_is_swept_away() {
        let parent = tempfile::tempdir().unwrap();
        let named = |name: &str| parent.path().join([TEMPORARY, NAME, name].concat());
        let used = Scratch::new_in(parent.path()).unwrap();
        fs::create_dir_all(named("left/_MEI1")).unwrap();
        fs::write(named("left/_MEI1/python"), "x").unwrap();
        let others = parent.path().join("others");
        fs::create_dir(&others).unwrap();
        symlink(&others, named("link")).unwrap();
        fs::write(named("file"), "").unwrap();
        sweep_in(parent.path());
        assert!(used.path().is_dir() && others.is_dir() && named("file").is_file());
        assert!(!named("left").exists());
        let mode = fs::metadata(used.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        // From here on nobody uses it.
        let kept = used.path().to_owned();
        drop(used);
        assert!(!kept.exists());
    }

    #[test]
    fn where_no_folder_can_be_made_there_is_none() {
        assert!(Scratch::new_in(Path::new("/no/such/folder")).is_none());
        assert!(Scratch::new_in(Path::new("/proc")).is_none());
    }
}
