//! Files that are replaced as a whole: whoever reads one finds the old content or the new, also
//! after a power cut.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner, who alone may write it (mode 0600).
    Owner,
    /// Everyone, as MPD may run as another user (mode 0644).
    Everyone,
}

/// Writes beside `file`, syncs, renames over it, and syncs the folder, which is made if it is
/// missing.
///
/// # Errors
/// When the folder cannot be written or is full; the old file is then untouched.
pub fn replace(
    file: &Path,
    readers: Readers,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // Its name, which is another every time, is no part of what went wrong.
    let temporary = tempfile::NamedTempFile::new_in(folder).map_err(|error| error.kind())?;
    if readers == Readers::Everyone {
        temporary.as_file().set_permissions(Permissions::from_mode(0o644))?;
    }
    let mut out = BufWriter::new(temporary.as_file());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    temporary.as_file().sync_all()?;
    temporary.persist(file).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_content_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/file");
        for (readers, mode) in [(Readers::Everyone, 0o644), (Readers::Owner, 0o600)] {
            replace(&file, readers, |out| out.write_all(b"old")).unwrap();
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, mode);
        }
        let failed = replace(&file, Readers::Owner, |out| {
            out.write_all(b"new")?;
            Err(io::Error::other("the disk is full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&file).unwrap(), b"old");
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }
    #[test]
    fn the_same_failure_says_the_same() {
        // Where nobody makes files.
        let file = Path::new("/proc/self/file");
        let says = || replace(file, Readers::Owner, |out| out.write_all(b"x")).unwrap_err().to_string();
        assert_eq!(says(), says());
    }
}
