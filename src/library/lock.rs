//! One daemon per state folder: two would overwrite each other's library.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Holds a folder for this process, until it is dropped or the process ends in any way.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for its drop")] File);

/// Why a folder is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another ytmpd{} uses {}", .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), .folder.display())]
    Held {
        /// The folder.
        folder: PathBuf,
        /// Which process, as it has noted itself.
        pid: Option<u32>,
    },
    /// The file that stands for the folder cannot be made.
    #[error("cannot lock {0}")]
    Folder(PathBuf, #[source] io::Error),
}

/// Takes the folder, which is made if it is missing.
///
/// # Errors
/// When another process has it, or nobody can.
pub fn lock(folder: &Path) -> Result<Lock, LockError> {
    let path = folder.join("lock");
    let failed = |error| LockError::Folder(folder.to_owned(), error);
    fs::create_dir_all(folder).map_err(failed)?;
    let mut file = File::options().create(true).append(true).mode(0o600).open(&path).map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {
            // For people only: a full disk must not keep us from holding it.
            let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", process::id()));
            Ok(Lock(file))
        }
        Err(Errno::WOULDBLOCK) => {
            let pid = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
            Err(LockError::Held { folder: folder.to_owned(), pid })
        }
        Err(error) => Err(failed(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_holder_who_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        let held = lock(&folder).unwrap();
        let refused = lock(&folder).unwrap_err().to_string();
        assert_eq!(refused, format!("another ytmpd (process {}) uses {}", process::id(), folder.display()));
        drop(held);
        assert!(lock(&folder).is_ok());
    }
}
