//! Pictures on disk, one file each.
//!
//! Everything here may wait for the disk but [`Shelf::may_have`]: the rest is for blocking tasks.
//! Files are replaced as a whole, so a crash leaves none that is half written; what is damaged all
//! the same, or is none of ours, is removed when it is met: the folder holds nothing else.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use lru::LruCache;

use crate::disk::{self, Readers};
use crate::library::{Picture, VideoId};

/// What a file's first line begins with.
const MAGIC: &str = "ytmpd-cover-1";

/// A first line is no longer: [`MAGIC`], a media type, a length and a checksum.
const LONGEST_LINE: usize = 160;

/// How files' names end, behind the video's id.
const SUFFIX: &str = ".cover";

/// A folder of pictures.
pub(super) struct Shelf {
    folder: PathBuf,
    /// All files together hold no more than this, in bytes.
    most: u64,
    /// Read from the folder when it is first needed.
    index: OnceLock<Mutex<Index>>,
}

/// Which files there are, the one that was not used for longest first to go.
struct Index {
    lengths: LruCache<VideoId, u64>,
    held: u64,
}

impl Shelf {
    /// The pictures in `folder`, which is made when there is something to put there.
    pub(super) fn new(folder: PathBuf, most: u64) -> Self {
        Self { folder, most, index: OnceLock::new() }
    }

    /// Whether the picture is there, as far as is known: without looking at the disk.
    pub(super) fn may_have(&self, video: VideoId) -> bool {
        self.index.get().is_none_or(|index| locked(index).lengths.contains(&video))
    }

    /// Looks into the folder, if nobody has done so.
    pub(super) fn open(&self) {
        drop(self.index());
    }

    /// The picture, if it is there and sound.
    pub(super) fn read(&self, video: VideoId) -> Option<Picture> {
        // Used now, whatever comes of it.
        self.index().lengths.get(&video)?;
        let file = self.file(video);
        match load(&file) {
            Ok(picture) => Some(picture),
            Err(error) => {
                tracing::debug!(%video, %error, "a picture's file cannot be used");
                self.index().forget(video);
                if error.kind() == io::ErrorKind::InvalidData {
                    remove(&file);
                }
                None
            }
        }
    }

    /// Keeps the picture, and removes what was not used for longest to make room.
    ///
    /// # Errors
    /// When the folder cannot be written or is full.
    pub(super) fn write(&self, video: VideoId, picture: &Picture) -> io::Result<()> {
        let line = format!(
            "{MAGIC} {} {} {:016x}\n",
            picture.kind,
            picture.bytes.len(),
            disk::checksum(&picture.bytes)
        );
        disk::replace(&self.file(video), Readers::Owner, |out| {
            out.write_all(line.as_bytes())?;
            out.write_all(&picture.bytes)
        })?;
        let length = length_of(line.len() + picture.bytes.len());
        let gone = self.index().put(video, length, self.most);
        // Nobody waits for the disk to see the index.
        for gone in gone {
            remove(&self.file(gone));
        }
        Ok(())
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        locked(self.index.get_or_init(|| Mutex::new(look_into(&self.folder, self.most))))
    }

    fn file(&self, video: VideoId) -> PathBuf {
        self.folder.join(format!("{video}{SUFFIX}"))
    }
}

impl Index {
    /// Returns what is to be removed.
    fn put(&mut self, video: VideoId, length: u64, most: u64) -> Vec<VideoId> {
        self.forget(video);
        self.lengths.put(video, length);
        self.held += length;
        let mut gone = Vec::new();
        while self.held > most
            && let Some((oldest, length)) = self.lengths.pop_lru()
        {
            self.held -= length;
            gone.push(oldest);
        }
        gone
    }

    fn forget(&mut self, video: VideoId) {
        self.held -= self.lengths.pop(&video).unwrap_or(0);
    }
}

fn locked(index: &Mutex<Index>) -> MutexGuard<'_, Index> {
    // At worst a file is not known of, or known of and gone.
    index.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is in the folder, the oldest first. What is none of ours is removed.
fn look_into(folder: &Path, most: u64) -> Index {
    let mut index = Index { lengths: LruCache::unbounded(), held: 0 };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::debug!(folder = %folder.display(), %error, "no pictures on disk");
            return index;
        }
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        match ours(&entry) {
            Some(ours) => found.push(ours),
            None => remove(&entry.path()),
        }
    }
    found.sort_unstable_by_key(|(_, _, used)| *used);
    for (video, length, _) in found {
        for gone in index.put(video, length, most) {
            remove(&folder.join(format!("{gone}{SUFFIX}")));
        }
    }
    index
}

/// Whose picture a file is, its length, and when it was last used.
fn ours(entry: &fs::DirEntry) -> Option<(VideoId, u64, SystemTime)> {
    let name = entry.file_name();
    let video = name.to_str()?.strip_suffix(SUFFIX)?.parse().ok()?;
    // Not that of what a link leads to.
    let meta = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    Some((video, meta.len(), meta.modified().unwrap_or(SystemTime::UNIX_EPOCH)))
}

fn load(file: &Path) -> io::Result<Picture> {
    let unsound = || io::Error::from(io::ErrorKind::InvalidData);
    let file = File::open(file)?;
    let mut content = Vec::new();
    let most = LONGEST_LINE + Picture::LONGEST;
    (&file).take(length_of(most)).read_to_end(&mut content)?;
    let line_break = memchr::memchr(b'\n', &content).filter(|&at| at < LONGEST_LINE).ok_or_else(unsound)?;
    let bytes = content.split_off(line_break + 1);
    let line = std::str::from_utf8(&content).map_err(|_| unsound())?;
    let kind = line.split(' ').nth(1).ok_or_else(unsound)?;
    if line != format!("{MAGIC} {kind} {} {:016x}\n", bytes.len(), disk::checksum(&bytes)) {
        return Err(unsound());
    }
    // The next start sorts by this; without it, by when the picture was fetched.
    let _ = file.set_modified(SystemTime::now());
    Ok(Picture { kind: kind.into(), bytes: bytes.into() })
}

fn remove(file: &Path) {
    if let Err(error) = fs::remove_file(file) {
        tracing::debug!(file = %file.display(), %error, "a file cannot be removed");
    }
}

fn length_of(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MOST: u64 = 5 * 1100;

    fn video(number: usize) -> VideoId {
        format!("{number:011}").parse().unwrap()
    }

    fn picture(number: usize) -> Picture {
        Picture { kind: "image/jpeg".into(), bytes: vec![u8::try_from(number).unwrap(); 1000].into() }
    }

    fn shelf(folder: &Path) -> Shelf {
        Shelf::new(folder.to_owned(), MOST)
    }

    fn files(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn what_was_put_there_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("covers");
        let first = shelf(&folder);
        assert!(first.may_have(video(1)), "nobody has looked");
        assert_eq!(first.read(video(1)), None);
        assert!(!first.may_have(video(1)));
        first.write(video(1), &picture(1)).unwrap();
        first.write(video(1), &picture(2)).unwrap();
        assert_eq!(first.read(video(1)), Some(picture(2)));

        let second = shelf(&folder);
        second.open();
        assert!(second.may_have(video(1)) && !second.may_have(video(2)));
        assert_eq!(second.read(video(1)), Some(picture(2)));
    }

    #[test]
    fn what_was_not_used_for_longest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let first = shelf(folder);
        for number in 0..5 {
            first.write(video(number), &picture(number)).unwrap();
            // As if time passed between them.
            let hour = SystemTime::UNIX_EPOCH + Duration::from_secs(3600 * u64::try_from(number).unwrap());
            File::options().append(true).open(first.file(video(number))).unwrap().set_modified(hour).unwrap();
        }
        assert!(first.read(video(0)).is_some());
        first.write(video(5), &picture(5)).unwrap();
        assert_eq!(files(folder), 5);
        assert!(first.may_have(video(0)) && !first.may_have(video(1)));

        let second = shelf(folder);
        second.write(video(6), &picture(6)).unwrap();
        assert!(second.may_have(video(0)) && !second.may_have(video(2)), "the use before the start counts");
        // A bound that was lowered.
        let third = Shelf::new(folder.to_owned(), MOST / 5);
        third.open();
        assert_eq!(files(folder), 1);
    }

    #[test]
    fn what_is_damaged_or_foreign_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let sound = {
            shelf(folder).write(video(0), &picture(0)).unwrap();
            fs::read(shelf(folder).file(video(0))).unwrap()
        };
        let mut flipped = sound.clone();
        flipped[500] ^= 1;
        let damaged =
            [&b""[..], b"\n", b"x", &sound[..sound.len() - 1], &flipped, &[b'x'; 300], b"\xFF \xFF\n"];
        for (number, content) in (1..).zip(damaged) {
            fs::write(shelf(folder).file(video(number)), content).unwrap();
        }
        for foreign in [".tmpAbCdEf", "README", "short.cover", "00000000000.jpg"] {
            fs::write(folder.join(foreign), "x").unwrap();
        }
        fs::create_dir(folder.join("00000000099.cover")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.join("00000000098.cover")).unwrap();
        let shelf = Shelf::new(folder.to_owned(), 1 << 20);
        for number in 1..=damaged.len() {
            assert!(shelf.may_have(video(number)));
            assert_eq!(shelf.read(video(number)), None, "{number}");
            assert!(!shelf.may_have(video(number)));
        }
        assert_eq!(shelf.read(video(98)), None);
        assert_eq!(shelf.read(video(0)), Some(picture(0)));
        assert_eq!(files(folder), 2, "the folder in it stays");
    }

    #[test]
    fn a_file_that_vanished_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path());
        shelf.write(video(1), &picture(1)).unwrap();
        fs::remove_file(shelf.file(video(1))).unwrap();
        assert_eq!(shelf.read(video(1)), None);
        assert!(!shelf.may_have(video(1)));
    }
}
