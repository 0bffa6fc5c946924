//! The ids of songs that were admitted since the library was last saved: a small file beside it.
//!
//! The library is saved as a whole, which takes too long to be waited for at each `add`. An id is
//! appended here instead, and the file goes when the library has been saved.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;
use tracing::warn;

use crate::disk;
use crate::library::VideoId;

/// The file, in the state directory.
pub(super) const ADMITTED_FILE: &str = "added_songs";

/// The file.
#[derive(Debug)]
pub(super) struct Admitted {
    path: PathBuf,
    /// Whether there is one that we have read or written; any other is not ours to remove.
    exists: bool,
}

impl Admitted {
    /// The file in this folder, and the ids in it. Blocks.
    pub(super) fn load(folder: &Path) -> (Self, Vec<VideoId>) {
        let path = folder.join(ADMITTED_FILE);
        let bytes = match disk::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return (Self { path, exists: false }, vec![]);
            }
            Err(error) => {
                warn!(%error, file = %path.display(), "some songs that were added are not known: make it readable, and restart");
                return (Self { path, exists: false }, vec![]);
            }
        };
        // The last line may be torn.
        let ids = bytes.split(|&byte| byte == b'\n').filter_map(|line| VideoId::from_bytes(line).ok());
        (Self { path, exists: true }, ids.collect())
    }

    /// Whether there may be songs in it that the library's file lacks.
    pub(super) fn exists(&self) -> bool {
        self.exists
    }

    /// Appends an id; it is on disk when this returns.
    ///
    /// # Errors
    /// When the folder cannot be written, or is full.
    ///
    /// # Cancel safety
    /// Dropping the future does not end the writing: it is not to be dropped.
    pub(super) async fn add(&mut self, video: VideoId) -> io::Result<()> {
        let (path, is_new) = (self.path.clone(), !self.exists);
        spawn_blocking(move || append(&path, video, is_new)).await.map_err(io::Error::other)??;
        self.exists = true;
        Ok(())
    }

    /// The library has been saved.
    pub(super) fn clear(&mut self) {
        if self.exists {
            // Where it stays, its songs are known already.
            self.exists = fs::remove_file(&self.path).is_err();
        }
    }
}

fn append(path: &Path, video: VideoId, is_new: bool) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    if is_new {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    // In one write, behind whatever a write before has left torn.
    file.write_all(format!("\n{video}\n").as_bytes())?;
    file.sync_data()?;
    if is_new { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ids_are_read_back_also_behind_torn_ones() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("new");
        let (mut file, ids) = Admitted::load(&state);
        assert_eq!(ids, []);
        file.clear();
        file.add("aaaaaaaaaaa".parse().unwrap()).await.unwrap();
        let path = state.join(ADMITTED_FILE);
        let mut torn = fs::read(&path).unwrap();
        torn.extend_from_slice(b"\nbbbbb");
        fs::write(&path, torn).unwrap();
        file.add("ccccccccccc".parse().unwrap()).await.unwrap();
        let (mut file, ids) = Admitted::load(&state);
        assert_eq!(ids.iter().map(ToString::to_string).collect::<Vec<_>>(), ["aaaaaaaaaaa", "ccccccccccc"]);
        file.clear();
        assert!(!path.exists());
        // A folder takes the place of the file: nothing can be written.
        fs::create_dir(&path).unwrap();
        assert!(file.add("aaaaaaaaaaa".parse().unwrap()).await.is_err());
    }
}
