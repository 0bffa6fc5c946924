//! Playlists as `.m3u` files in a folder, which MPD or any other player may read.
//!
//! Each file is replaced as a whole. Files are few and small, and a disk may be slow: all of it
//! runs beside the runtime.

use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use tokio::task::spawn_blocking;

use super::content::Content;
use super::place::{Job, Outcome, Place};
use super::plan::{Act, Before, Found, Readings, Stamp};
use crate::disk::{self, Readers};
use crate::library::{Playlist, uri, whole_seconds};

/// What playlists' files end with.
const ENDING: &[u8] = b".m3u";

/// Another ytmpd may write to the folder, and is never at one file for so long.
const ABANDONED: Duration = Duration::from_secs(3600);

/// A folder of playlists.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// What its songs' addresses begin with.
    pub(super) base: String,
}

impl Place for Folder {
    type Error = io::Error;

    async fn read(&mut self, names: Vec<Box<str>>) -> io::Result<Readings> {
        self.beside(move |folder| {
            let read = |name: Box<str>| Some((folder.content(&name)?, name));
            Ok(names.into_iter().filter_map(read).map(|(content, name)| (name, content)).collect())
        })
        .await
    }

    async fn carry_out(&mut self, jobs: Vec<Job>) -> io::Result<Vec<Outcome>> {
        self.beside(move |folder| {
            if jobs.iter().any(|job| matches!(job.act, Act::Write(_))) {
                fs::create_dir_all(&folder.path)?;
            }
            let done = jobs.into_iter().map(|job| {
                let result = folder.carry_out_one(&job).map_err(|error| error.to_string());
                Outcome { name: job.name, result }
            });
            Ok(done.collect())
        })
        .await
    }
}

impl Folder {
    /// What is there; nothing, if there is no such folder. What a killed process has left there
    /// goes.
    pub(super) async fn list(&self) -> io::Result<Found> {
        self.beside(|folder| {
            disk::sweep(&folder.path, ABANDONED);
            folder.found()
        })
        .await
    }

    /// Makes the folder, and finds out whether it can be written.
    pub(super) async fn try_out(&self) -> io::Result<()> {
        self.beside(|folder| {
            fs::create_dir_all(&folder.path)?;
            disk::try_out(&folder.path)
        })
        .await
    }

    /// # Cancel safety
    /// The work goes on to its end.
    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let folder = self.clone();
        spawn_blocking(move || work(&folder)).await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }

    fn found(&self) -> io::Result<Found> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::new()),
            Err(error) => return Err(error),
        };
        let mut found = Found::new();
        for entry in entries {
            let entry = entry?;
            let file = entry.file_name().into_vec();
            let Some(name) = file.strip_suffix(ENDING).filter(|name| !name.is_empty()) else { continue };
            found.insert(name.into(), stamp(&entry.path()).unwrap_or_default());
        }
        Ok(found)
    }

    fn content(&self, name: &str) -> Option<Content> {
        let bytes = disk::read(&self.file(name)).ok()?;
        Some(Content::of_lines(&bytes))
    }

    fn carry_out_one(&self, job: &Job) -> io::Result<Option<Stamp>> {
        let file = self.file(&job.name);
        match &job.act {
            Act::Write(before) => {
                if let Before::Edited(aside) = before {
                    self.set_aside(&file, aside)?;
                }
                let content = job.playlist.as_deref().map(|playlist| m3u(&self.base, playlist));
                let content = content.unwrap_or_default();
                match before {
                    Before::Ours => disk::replace(&file, Readers::Everyone, |out| out.write_all(&content))?,
                    // Somebody else may have been quicker, or the folder takes `a` for `A`.
                    Before::Nothing | Before::Edited(_) => {
                        disk::create(&file, Readers::Everyone, |out| out.write_all(&content))?;
                    }
                }
                let stamp = stamp(&file)?;
                // Somebody may have been quick to write there too.
                return Ok((fs::read(&file)? == content).then_some(stamp));
            }
            Act::Remove => fs::remove_file(&file)?,
            Act::SetAside(aside) => self.set_aside(&file, aside)?,
            Act::Keep | Act::Forget => {}
        }
        Ok(None)
    }

    /// Nothing is overwritten, whoever was quicker.
    fn set_aside(&self, file: &Path, aside: &str) -> io::Result<()> {
        Ok(renameat_with(CWD, file, CWD, self.file(aside), RenameFlags::NOREPLACE)?)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(std::ffi::OsStr::from_bytes(&[name.as_bytes(), ENDING].concat()))
    }
}

/// The file of a playlist: its songs with their times, artists and titles.
pub(super) fn m3u(base: &str, playlist: &Playlist) -> Vec<u8> {
    let mut m3u = b"#EXTM3U\n".to_vec();
    for entry in &playlist.entries {
        let track = &entry.track;
        // What is not known is -1 there.
        let seconds = track.duration.map_or("-1".to_owned(), |duration| whole_seconds(duration).to_string());
        let artists = track.artists.join(", ");
        let between = if artists.is_empty() { "" } else { " - " };
        m3u.extend_from_slice(format!("#EXTINF:{seconds},{artists}{between}{}\n", track.title).as_bytes());
        uri::write_audio_uri(base, track.id, &mut m3u);
        m3u.push(b'\n');
    }
    m3u
}

/// When the file was changed last; it begins as MPD's `Last-Modified` does.
fn stamp(file: &Path) -> io::Result<Stamp> {
    let metadata = fs::metadata(file)?;
    let changed = Timestamp::try_from(metadata.modified()?).map_err(io::Error::other)?;
    Ok(format!("{} {}", changed.strftime("%Y-%m-%dT%H:%M:%S%.9f"), metadata.len()).into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::library::{Entry, Track};

    #[test]
    fn files_name_their_songs() {
        let track = |id: &str, artists: &[&str], duration| {
            let artists = artists.iter().map(|&artist| artist.into()).collect();
            let title = "T, \u{fc}".into();
            Arc::new(Track {
                id: id.parse().unwrap(),
                title,
                artists,
                album: None,
                duration,
                thumbnail: None,
            })
        };
        let tracks = [
            track("aaaaaaaaaaa", &["A", "B"], Some(Duration::from_millis(61_500))),
            track("bbbbbbbbbbb", &[], None),
        ];
        let entries = tracks.map(|track| Entry { track, set_video_id: None }).into();
        let playlist = Playlist {
            id: "PLx".parse().unwrap(),
            title: "X".into(),
            entries,
            updated: Timestamp::UNIX_EPOCH,
        };
        let expected = "#EXTM3U\n#EXTINF:62,A, B - T, \u{fc}\nhttp://h/aaaaaaaaaaa/audio\n\
                        #EXTINF:-1,T, \u{fc}\nhttp://h/bbbbbbbbbbb/audio\n";
        assert_eq!(String::from_utf8(m3u("http://h", &playlist)).unwrap(), expected);
    }

    #[test]
    fn what_is_new_overwrites_nothing() {
        let path = tempfile::tempdir().unwrap();
        let folder = Folder { path: path.path().to_owned(), base: String::new() };
        fs::write(folder.file("A"), "the user's").unwrap();
        for (before, done, left) in [
            (Before::Nothing, false, "the user's"),
            (Before::Edited("B".into()), true, ""),
            (Before::Ours, true, ""),
        ] {
            let job = Job { name: "A".into(), act: Act::Write(before), playlist: None };
            assert_eq!(folder.carry_out_one(&job).is_ok(), done, "{job:?}");
            assert_eq!(fs::read_to_string(folder.file("A")).unwrap(), left, "{job:?}");
        }
        assert_eq!(fs::read_to_string(folder.file("B")).unwrap(), "the user's");
    }

    #[test]
    fn setting_aside_overwrites_nothing() {
        let path = tempfile::tempdir().unwrap();
        let folder = Folder { path: path.path().to_owned(), base: String::new() };
        for name in ["A", "B"] {
            fs::write(folder.file(name), name).unwrap();
        }
        assert!(folder.set_aside(&folder.file("A"), "B").is_err());
        folder.set_aside(&folder.file("A"), "C").unwrap();
        let names: Vec<_> = folder.found().unwrap().into_keys().collect();
        assert_eq!(names, [b"B".as_slice().into(), b"C".as_slice().into()] as [Box<[u8]>; 2]);
        assert_eq!(fs::read(folder.file("B")).unwrap(), b"B");
    }
}
