//! Files that are replaced as a whole: whoever reads one finds the old content or the new, also
//! after a power cut. And what a process that was killed meanwhile leaves behind, and how one content
//! is told from another.

use std::fs::{self, DirEntry, File, Metadata, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;

/// How the names of files begin that are there for a moment only.
pub const TEMPORARY: &str = ".ytmpd-";

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner, who alone may write it (mode 0600).
    Owner,
    /// Everyone, as MPD may run as another user (mode 0644).
    Everyone,
}

/// Whether a file with secrets in it is open to more than whom it is for: its owner and, of a file of
/// root's, its group, for that is how a service of the system is given one (`root:ytmpd`, 0640).
pub fn is_open_to_others(file: &Metadata) -> bool {
    is_open(file.mode(), file.uid())
}

fn is_open(mode: u32, owner: u32) -> bool {
    mode & if owner == 0 { 0o037 } else { 0o077 } != 0
}

/// Why a file of ours could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is there, and cannot be read.
    #[error("cannot read {0}")]
    Read(PathBuf, #[source] io::Error),
    /// It was read, and makes no sense; it was moved aside.
    #[error("{file} is damaged; it was kept as {kept}", file = .0.display(), kept = .1.display())]
    Damaged(PathBuf, PathBuf, #[source] serde_json::Error),
    /// It makes no sense, and is still where it was.
    #[error("{file} is damaged ({damage}), and cannot be moved aside", file = .0.display(), damage = .1)]
    Stuck(PathBuf, serde_json::Error, #[source] io::Error),
}

/// What `parse` makes of `file`; `None` if there is no such file.
///
/// # Errors
/// A file that makes no sense is renamed to `….broken`, so that the next write does not lose it. If
/// the file is still there ([`LoadError::Read`], [`LoadError::Stuck`]), it is not to be replaced.
pub fn load<T>(
    file: &Path,
    parse: impl FnOnce(Vec<u8>) -> Result<T, serde_json::Error>,
) -> Result<Option<T>, LoadError> {
    let bytes = match read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(LoadError::Read(file.to_owned(), error)),
    };
    parse(bytes).map(Some).map_err(|damage| {
        let kept = file.with_extension("json.broken");
        match fs::rename(file, &kept) {
            Ok(()) => LoadError::Damaged(file.to_owned(), kept, damage),
            Err(stuck) => LoadError::Stuck(file.to_owned(), damage, stuck),
        }
    })
}

/// What a file of ours holds.
///
/// # Errors
/// When it cannot be read, or is no file ([`expect_file`]).
pub fn read(file: &Path) -> io::Result<Vec<u8>> {
    expect_file(&fs::metadata(file)?)?;
    fs::read(file)
}

/// For who is about to read the whole of a file: a pipe or a device in its place may have no end.
///
/// # Errors
/// If this is no file.
pub fn expect_file(found: &Metadata) -> io::Result<()> {
    if found.is_file() { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")) }
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
    put(file, readers, write, |written| written.persist(file).map_err(|error| error.error))
}

/// As [`replace`], where there is no such file yet.
///
/// # Errors
/// As [`replace`]'s; also if there is such a file, which is then untouched.
pub fn create(
    file: &Path,
    readers: Readers,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    put(file, readers, write, |written| written.persist_noclobber(file).map_err(|error| error.error))
}

/// Whether files can be put into `folder`: one is written, and is gone again.
///
/// # Errors
/// When that fails.
pub fn try_out(folder: &Path) -> io::Result<()> {
    // Its name, which is another every time, is no part of what went wrong.
    let mut file =
        tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder).map_err(|error| error.kind())?;
    file.write_all(b"whether ytmpd can write here\n")?;
    file.as_file().sync_all()
}

/// Removes what an earlier process has left in `folder`: what has not been written to for this
/// long. No other process may be using the folder, or it must be quicker.
pub fn sweep(folder: &Path, quiet: Duration) {
    let is_left = |file: &DirEntry| {
        let written = file.metadata().and_then(|metadata| metadata.modified()).ok();
        written.is_some_and(|written| written.elapsed().unwrap_or_default() >= quiet)
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes()) && is_left(&entry) {
            // Who cannot remove it could not have made it.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// FNV-1a: against damage and chance, not against malice. Files hold it, so it stays the same over
/// releases.
pub fn checksum(bytes: &[u8]) -> u64 {
    let fold = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, fold)
}

fn put(
    file: &Path,
    readers: Readers,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    persist: impl FnOnce(NamedTempFile) -> io::Result<File>,
) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // Its name, which is another every time, is no part of what went wrong.
    let temporary =
        tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder).map_err(|error| error.kind())?;
    if readers == Readers::Everyone {
        temporary.as_file().set_permissions(Permissions::from_mode(0o644))?;
    }
    let mut out = BufWriter::new(temporary.as_file());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    temporary.as_file().sync_all()?;
    persist(temporary)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

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
        assert!(create(&file, Readers::Owner, |out| out.write_all(b"new")).is_err());
        assert_eq!(fs::read(&file).unwrap(), b"old");
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
        let other = file.with_file_name("other");
        create(&other, Readers::Everyone, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"new");
    }

    #[test]
    fn what_may_have_no_end_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let [pipe, device] = ["pipe", "device"].map(|name| folder.path().join(name));
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        symlink("/dev/zero", &device).unwrap();
        for file in [pipe, device, folder.path().to_owned()] {
            let Err(LoadError::Read(_, why)) = load(&file, |_| Ok(())) else { panic!("{file:?}") };
            assert_eq!(why.to_string(), "it is no file");
        }
    }

    #[test]
    fn a_checksum_is_the_same_for_ever() {
        assert_eq!(checksum(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(checksum(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn who_may_read() {
        for (mode, owner, is_open_then) in [
            (0o600, 1000, false),
            (0o640, 1000, true),
            (0o604, 1000, true),
            (0o640, 0, false),
            (0o660, 0, true),
            (0o644, 0, true),
        ] {
            assert_eq!(is_open(mode, owner), is_open_then, "{mode:o} {owner}");
        }
    }

    #[test]
    fn what_a_killed_process_left_is_swept_away() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let killed = replace(&file, Readers::Owner, |_| {
            // As it stands while somebody writes.
            let written = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap();
            fs::copy(written.path(), folder.path().join([TEMPORARY, "left"].concat()))?;
            assert!(written.file_name().to_string_lossy().starts_with(TEMPORARY));
            Ok(())
        });
        killed.unwrap();
        for (quiet, left) in [(Duration::from_secs(60), 2), (Duration::ZERO, 1)] {
            sweep(folder.path(), quiet);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), left, "{quiet:?}");
        }
        assert!(file.exists());
    }

    #[test]
    fn the_same_failure_says_the_same() {
        // Where nobody makes files.
        let file = Path::new("/proc/self/file");
        let says = || replace(file, Readers::Owner, |out| out.write_all(b"x")).unwrap_err().to_string();
        assert_eq!(says(), says());
    }
}
