//! One daemon per state folder: two would overwrite each other's library. Its file tells who it is.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::disk;

/// In the folder: the holder's process id on a line, then the path of its control socket.
const FILE: &str = "lock";

/// Holds a folder for this process, until it is dropped or the process ends in any way.
#[derive(Debug)]
pub struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Nobody is to be asked any more at what it says.
        let _ = self.0.set_len(0);
    }
}

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

/// Takes the folder, which is made if it is missing. `control_socket` is where this process can be
/// asked, for [`holders_socket`].
///
/// # Errors
/// When another process has it, or nobody can.
pub fn lock(folder: &Path, control_socket: &Path) -> Result<Lock, LockError> {
    let path = folder.join(FILE);
    let failed = |error| LockError::Folder(folder.to_owned(), error);
    fs::create_dir_all(folder).map_err(failed)?;
    let mut file = File::options().create(true).append(true).mode(0o600).open(&path).map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {
            let mut note = format!("{}\n", process::id()).into_bytes();
            note.extend(control_socket.as_os_str().as_bytes());
            // It is only a help: a full disk must not keep us from holding the folder.
            let _ = file.set_len(0).and_then(|()| file.write_all(&note));
            Ok(Lock(file))
        }
        Err(Errno::WOULDBLOCK) => {
            let pid = noted(folder).map(|(pid, _)| pid);
            Err(LockError::Held { folder: folder.to_owned(), pid })
        }
        Err(error) => Err(failed(error.into())),
    }
}

/// Where the process that holds `folder` listens for `ytmpctl`, as it has noted itself. One that
/// was killed has left its note behind.
pub fn holders_socket(folder: &Path) -> Option<PathBuf> {
    noted(folder).map(|(_, socket)| socket)
}

/// What [`FILE`] says.
fn noted(folder: &Path) -> Option<(u32, PathBuf)> {
    let note = disk::read(&folder.join(FILE)).ok()?;
    let mut parts = note.splitn(2, |byte| *byte == b'\n');
    let pid = str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    Some((pid, OsStr::from_bytes(parts.next()?).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_holder_who_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        let socket = Path::new("/a\nb/sync_socket");
        assert_eq!(holders_socket(&folder), None);
        let held = lock(&folder, socket).unwrap();
        let refused = lock(&folder, Path::new("/other")).unwrap_err().to_string();
        assert_eq!(refused, format!("another ytmpd (process {}) uses {}", process::id(), folder.display()));
        assert_eq!(holders_socket(&folder).as_deref(), Some(socket));
        drop(held);
        assert_eq!(holders_socket(&folder), None);
        assert!(lock(&folder, socket).is_ok());
    }
}
