//! The library's file, `library.json`: every song ever seen, and the playlists as last listed.
//!
//! Songs stand in it once, in a table; playlists refer to them by id.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::{Entry, Playlist, PlaylistId, Snapshot, Track, VideoId, VirtualPlaylist};
use crate::disk::{self, LoadError, Readers};

/// The file could not be written; what it held before is still there.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {file}", file = .0.display())]
pub struct SaveError(PathBuf, #[source] io::Error);

/// Songs, each once.
pub type Tracks = HashMap<VideoId, Arc<Track>>;

/// What the file holds.
#[derive(Debug, Default)]
pub struct Stored {
    /// The playlists, in order.
    pub playlists: Vec<Arc<Playlist>>,
    /// Every song.
    pub tracks: Tracks,
    /// What the playlists were called, where that is known.
    pub names: HashMap<PlaylistId, Box<str>>,
}

/// The songs and playlists of `file`; none of either if there is no such file.
///
/// # Errors
/// As [`disk::load`]'s.
pub fn load(file: &Path) -> Result<Stored, LoadError> {
    let stored: Option<StoredLibrary> = disk::load(file, |bytes| serde_json::from_slice(&bytes))?;
    let Some(stored) = stored else { return Ok(Stored::default()) };
    let StoredLibrary { tracks, playlists } = stored;
    let names = playlists.iter().filter_map(|one| Some((one.id.clone(), one.name.clone()?))).collect();
    let playlists = playlists.into_iter().map(|stored| Arc::new(stored.join(&tracks))).collect();
    Ok(Stored { playlists, tracks, names })
}

/// Replaces `file` by what `snapshot` knows, atomically; readable by its owner only.
///
/// # Errors
/// When the folder cannot be written or is full; the old file is then untouched.
pub fn save(file: &Path, snapshot: &Snapshot) -> Result<(), SaveError> {
    let stored = StoredLibraryRef {
        tracks: snapshot.tracks().map(|track| &**track).collect(),
        playlists: snapshot.virtuals().iter().map(|one| StoredPlaylistRef::of(one, snapshot)).collect(),
    };
    disk::replace(file, Readers::Owner, |out| Ok(serde_json::to_writer(out, &stored)?))
        .map_err(|error| SaveError(file.to_owned(), error))
}

#[derive(Deserialize)]
struct StoredLibrary {
    #[serde(deserialize_with = "tracks")]
    tracks: Tracks,
    playlists: Vec<StoredPlaylist>,
}

#[derive(Serialize)]
struct StoredLibraryRef<'a> {
    tracks: Vec<&'a Track>,
    playlists: Vec<StoredPlaylistRef<'a>>,
}

#[derive(Deserialize)]
struct StoredPlaylist {
    id: PlaylistId,
    title: Box<str>,
    /// What it is called in MPD, where that is settled; files of older daemons do not say.
    #[serde(default)]
    name: Option<Box<str>>,
    updated: Timestamp,
    /// Video and `playlistSetVideoId` of each row.
    entries: Vec<(VideoId, Option<Box<str>>)>,
}

impl StoredPlaylist {
    /// The playlist with its songs; a row whose song is missing from the table is left out.
    fn join(self, tracks: &Tracks) -> Playlist {
        let entries = self.entries.into_iter().filter_map(|(video, set_video_id)| {
            let track = Arc::clone(tracks.get(&video)?);
            Some(Entry { track, set_video_id })
        });
        let entries = entries.collect();
        Playlist { id: self.id, title: self.title, entries, updated: self.updated }
    }
}

/// A [`StoredPlaylist`] that is written: none of its rows is copied.
#[derive(Serialize)]
struct StoredPlaylistRef<'a> {
    id: &'a PlaylistId,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    updated: Timestamp,
    #[serde(serialize_with = "rows")]
    entries: &'a [Entry],
}

impl<'a> StoredPlaylistRef<'a> {
    fn of(VirtualPlaylist { name, playlist }: &'a VirtualPlaylist, snapshot: &Snapshot) -> Self {
        let Playlist { id, title, entries, updated } = &**playlist;
        let name = snapshot.is_settled(id).then_some(&**name);
        Self { id, title, name, updated: *updated, entries }
    }
}

fn rows<S: Serializer>(entries: &[Entry], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(entries.iter().map(|entry| (entry.track.id, &entry.set_video_id)))
}

/// The table of songs, one after the other: of a large library, there is no room for all of them
/// twice. Those without a title are left out.
fn tracks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tracks, D::Error> {
    struct Table;

    impl<'de> Visitor<'de> for Table {
        type Value = Tracks;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of songs")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut songs: A) -> Result<Tracks, A::Error> {
            let mut tracks = Tracks::new();
            while let Some(track) = songs.next_element::<Track>()? {
                if let Some(track) = track.kept_to_its_promises() {
                    tracks.insert(track.id, Arc::new(track));
                }
            }
            Ok(tracks)
        }
    }

    deserializer.deserialize_seq(Table)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::super::Library;
    use super::*;

    #[test]
    fn what_somebody_wrote_into_the_file_is_one_line_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("library.json");
        let bad = json!({"id": "aaaaaaaaaaa", "title": "T\nOK\nfile: evil", "artists": ["", "A\n"],
            "album": " ", "duration_ms": u64::MAX, "thumbnail": "file:///etc/passwd"});
        let untitled = json!({"id": "bbbbbbbbbbb", "title": "\n", "album": null, "thumbnail": null});
        let good = json!({"id": "ccccccccccc", "title": "T", "album": "L", "duration_ms": 1000,
            "thumbnail": "https://x/y"});
        let list = json!({"id": "PLx", "title": "X", "updated": "2026-11-22T12:00:00Z", "entries": [
            ["aaaaaaaaaaa", null], ["bbbbbbbbbbb", null], ["ccccccccccc", null]]});
        let text = json!({"tracks": [bad, untitled, good], "playlists": [list]}).to_string();
        fs::write(&file, text).unwrap();
        let Stored { playlists, tracks, .. } = load(&file).unwrap();
        assert_eq!(tracks.len(), 2);
        let second = std::time::Duration::from_secs(1);
        for (id, title, artists, album, duration, thumbnail) in [
            ("aaaaaaaaaaa", "T OK file: evil", "A", None, None, None),
            ("ccccccccccc", "T", "", Some("L"), Some(second), Some("https://x/y")),
        ] {
            let track = &tracks[&id.parse().unwrap()];
            let told = (&*track.title, track.artists.join("/"), track.album.as_deref());
            assert_eq!(told, (title, artists.to_owned(), album));
            assert_eq!((track.duration, track.thumbnail.as_deref()), (duration, thumbnail));
        }
        assert_eq!(playlists[0].entries.len(), 2);
    }

    #[test]
    fn a_playlist_comes_back_row_by_row() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("library.json");
        let entries = [("aaaaaaaaaaa", Some("1")), ("bbbbbbbbbbb", None), ("aaaaaaaaaaa", Some("2"))];
        let entries = entries.map(|(id, row)| Entry {
            track: Arc::new(Track::placeholder(id.parse().unwrap())),
            set_video_id: row.map(Into::into),
        });
        let (id, updated) = ("PLa".parse().unwrap(), "2026-11-22T12:00:00Z".parse().unwrap());
        let playlist = Arc::new(Playlist { id, title: "A".into(), entries: entries.into(), updated });
        let tracks = playlist.entries.iter().map(|entry| Arc::clone(&entry.track)).collect();
        let library = Library::new("YT: ", vec![Arc::clone(&playlist)], tracks);
        save(&file, &library.snapshot()).unwrap();
        assert_eq!(load(&file).unwrap().playlists, [playlist]);
    }

    #[test]
    fn names_outlive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("library.json");
        let playlist = |id: &str| Playlist {
            id: id.parse().unwrap(),
            title: "Pop".into(),
            entries: vec![],
            updated: Timestamp::UNIX_EPOCH,
        };
        let names = |library: &Library| {
            let snapshot = library.snapshot();
            snapshot.virtuals().iter().map(|one| (*one.name).to_owned()).collect::<Vec<_>>()
        };
        let mut library = Library::new("YT: ", vec![], vec![]);
        library.replace(vec![playlist("PLa"), playlist("PLb")]);
        library.settle_names();
        library.replace(vec![playlist("PLb")]);
        assert_eq!(names(&library), ["YT: Pop (2)"]);
        save(&file, &library.snapshot()).unwrap();
        for (prefix, name, beside) in [("YT: ", "YT: Pop (2)", "YT: Pop (2)"), ("", "Pop", "Pop (2)")] {
            let mut library = Library::restored(prefix, load(&file).unwrap());
            assert_eq!(names(&library), [name]);
            library.replace(vec![playlist("PLc"), playlist("PLb")]);
            assert_eq!(names(&library)[1], beside);
            library.settle_names();
            library.replace(vec![playlist("PLd"), playlist("PLb")]);
            assert_eq!(names(&library)[1], beside);
        }
        let old = fs::read_to_string(&file).unwrap().replace(r#""name":"YT: Pop (2)","#, "");
        fs::write(&file, old).unwrap();
        assert_eq!(names(&Library::restored("YT: ", load(&file).unwrap())), ["YT: Pop"]);
    }
}
