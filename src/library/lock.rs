//! One daemon per state folder: two would overwrite each other's library.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Holds a folder for this process, until it is dropped or the process ends in any way.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for its drop")] File);

/// Takes the folder, which is made if it is missing; `None` if another process has it.
///
/// # Errors
/// When the file that stands for the folder cannot be made.
pub fn lock(folder: &Path) -> io::Result<Option<Lock>> {
    fs::create_dir_all(folder)?;
    let file = File::options().create(true).append(true).open(folder.join("lock"))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(Lock(file))),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_holder() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        let held = lock(&folder).unwrap();
        assert!(held.is_some());
        assert!(lock(&folder).unwrap().is_none());
        drop(held);
        assert!(lock(&folder).unwrap().is_some());
    }
}
