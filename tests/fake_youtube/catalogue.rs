//! What the fake YouTube holds: songs, and playlists of rows.
//!
//! Everything has a fixed id, so that a test can name it. The content is made up.

use std::collections::HashMap;

use serde::Deserialize;

use super::audio::Audio;

/// Three playable songs of 30 s.
pub const FOCUS: &str = "PLfocus000000000000000000000000000";
/// 250 playable songs of 30 s: three pages.
pub const LARGE: &str = "PLlarge000000000000000000000000000";
/// As [`LARGE`], with continuations in the form of before 2025.
pub const LARGE_OLD: &str = "PLlargeold000000000000000000000000";
/// A title and songs with quotes, a slash, a backslash, emoji, HTML.
pub const NAMES: &str = "PLnames000000000000000000000000000";
/// One row of each [`Quirk`].
pub const QUIRKS: &str = "PLquirks00000000000000000000000000";
/// A song of 10 minutes, and one of 8 MiB.
pub const LONG: &str = "PLlong0000000000000000000000000000";
/// An album, as its songs' playlist: its page has no header.
pub const ALBUM: &str = "OLAK5uy_fake00000000000000000000000000000";
/// The account's own uploads, and a song whose duration is in a flex column, as rows that several
/// people added have it.
pub const COLLABORATIVE: &str = "PLtogether000000000000000000000000";
/// No songs.
pub const EMPTY: &str = "PLempty000000000000000000000000000";
/// Only its owner sees it; without cookies, as if it were private.
pub const PRIVATE: &str = "PLprivate0000000000000000000000000";
/// Liked Music, for who sends cookies.
pub const LIKED: &str = "LM";

/// All songs and playlists.
#[derive(Debug, Clone)]
pub struct Catalogue {
    songs: HashMap<String, Song>,
    /// In the order of the account's library.
    playlists: Vec<Playlist>,
}

/// A video.
#[derive(Debug, Clone, Deserialize)]
pub struct Song {
    /// 11 characters of YouTube's alphabet.
    pub id: String,
    /// Its title.
    pub title: String,
    /// At least one.
    pub artists: Vec<String>,
    /// Absent for what is a video rather than a song.
    #[serde(default)]
    pub album: Option<String>,
    /// What is heard.
    #[serde(default)]
    pub audio: Audio,
}

/// A playlist.
#[derive(Debug, Clone)]
pub struct Playlist {
    /// Without `VL`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its rows.
    pub rows: Vec<Row>,
    /// How its pages name the next.
    pub continuation: Continuation,
    /// Who sees it.
    pub access: Access,
}

/// One row of a playlist.
#[derive(Debug, Clone)]
pub struct Row {
    /// The song.
    pub song: Song,
    /// What is odd about the row.
    pub quirk: Quirk,
}

/// What is odd about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// Nothing.
    None,
    /// Shown, and cannot be played: deleted, private, not in this country.
    GreyedOut,
    /// No `playlistItemData`, no columns: nothing to make a track of.
    Damaged,
    /// No duration anywhere.
    NoDuration,
    /// The duration is in a flex column, as in collaborative playlists.
    FlexDuration,
    /// The album column is empty.
    NoAlbum,
    /// A music video: no album, and `MUSIC_VIDEO_TYPE_OMV`.
    Video,
    /// No `playlistSetVideoId`, as in playlists of others.
    NoSetVideoId,
    /// The user's own upload: neither artist nor album has a page.
    Upload,
}

/// How a page names the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuation {
    /// A `continuationItemRenderer` as last row; the token goes into the body. Since 2025.
    New,
    /// As [`Continuation::New`], the token wrapped in a `commandExecutorCommand`.
    Wrapped,
    /// `continuations` beside the rows; the token goes into the query.
    Old,
}

/// Who sees a playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone.
    Public,
    /// Who sends cookies.
    SignedIn,
}

impl Song {
    /// A song of 30 s. Its id is `key`, cut or padded to five characters, and `number` in six
    /// digits.
    pub fn numbered(key: &str, number: usize) -> Self {
        Self {
            id: format!("{key:_<5.5}{number:06}"),
            title: format!("{key} song {number}"),
            artists: vec![format!("Artist {}", number % 7)],
            album: Some(format!("Album {}", number % 3)),
            audio: Audio::default(),
        }
    }

    /// The channel that YouTube makes up for an artist's songs.
    pub fn channel(&self) -> String {
        format!("{} - Topic", self.artists.first().map_or("Someone", String::as_str))
    }
}

impl Playlist {
    /// A public playlist of `rows`.
    pub fn new(id: &str, title: &str, rows: Vec<Row>) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            rows,
            continuation: Continuation::New,
            access: Access::Public,
        }
    }

    /// A public playlist of `count` songs of 30 s, with ids made of `key`.
    pub fn numbered(id: &str, title: &str, key: &str, count: usize) -> Self {
        let songs = (1..=count).map(|number| Row::from(Song::numbered(key, number)));
        Self::new(id, title, songs.collect())
    }
}

impl From<Song> for Row {
    fn from(song: Song) -> Self {
        Self { song, quirk: Quirk::None }
    }
}

impl Catalogue {
    /// Nothing.
    pub fn empty() -> Self {
        Self { songs: HashMap::new(), playlists: Vec::new() }
    }

    /// A library of so many playlists of so many songs each: `PLlib0001` and so on, called `List 1`
    /// and so on. Nothing else.
    pub fn library(playlists: usize, songs: usize) -> Self {
        let mut all = Self::empty();
        for number in 1..=playlists {
            let (id, title) = (format!("PLlib{number:04}"), format!("List {number}"));
            all.add(Playlist {
                access: Access::SignedIn,
                ..Playlist::numbered(&id, &title, &format!("{number:05}"), songs)
            });
        }
        all
    }

    /// Adds a playlist and its songs; one of the same id is replaced, its songs stay known.
    pub fn add(&mut self, playlist: Playlist) {
        for row in &playlist.rows {
            self.add_song(row.song.clone());
        }
        match self.playlists.iter_mut().find(|old| old.id == playlist.id) {
            Some(old) => *old = playlist,
            None => self.playlists.push(playlist),
        }
    }

    /// Adds a song that is in no playlist.
    pub fn add_song(&mut self, song: Song) {
        self.songs.insert(song.id.clone(), song);
    }

    /// Removes a playlist; its songs stay known.
    pub fn remove(&mut self, id: &str) {
        self.playlists.retain(|playlist| playlist.id != id);
    }

    pub fn song(&self, id: &str) -> Option<&Song> {
        self.songs.get(id)
    }

    pub fn playlist(&self, id: &str) -> Option<&Playlist> {
        self.playlists.iter().find(|playlist| playlist.id == id)
    }

    pub fn playlists(&self) -> &[Playlist] {
        &self.playlists
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        let mut all = Self::empty();
        all.add(Playlist::numbered(FOCUS, "Focus", "focus", 3));
        all.add(Playlist::numbered(LARGE, "Everything", "large", 250));
        all.add(Playlist {
            continuation: Continuation::Old,
            ..Playlist::numbered(LARGE_OLD, "Everything, as it was", "older", 250)
        });
        all.add(names());
        all.add(quirks());
        all.add(long());
        all.add(Playlist::new(EMPTY, "Empty", vec![]));
        all.add(Playlist::numbered(ALBUM, "Album 1", "album", 3));
        all.add(together());
        all.add(Playlist {
            access: Access::SignedIn,
            ..Playlist::numbered(PRIVATE, "Only mine", "priva", 2)
        });
        all.add(Playlist {
            access: Access::SignedIn,
            ..Playlist::numbered(LIKED, "Liked Music", "liked", 5)
        });
        all
    }
}

fn names() -> Playlist {
    let titles = [
        r#"He said "Hi" to 'em"#,
        "AC/DC \\ back\\slash",
        "🎧 Ünïcödé ・ 音楽 ・ موسيقى",
        "<b>Fish</b> &amp; Chips </script>",
        "  spaces  and a\ttab ",
        "Don't stop",
    ];
    let rows = titles.iter().enumerate().map(|(number, title)| {
        let mut song = Song::numbered("names", number + 1);
        song.title = (*title).to_owned();
        song.artists = vec!["Simon & Garfunkel".to_owned(), "\"Weird\" Al".to_owned()];
        Row::from(song)
    });
    Playlist::new(NAMES, r#"Quotes "and" slash/es 🎸"#, rows.collect())
}

fn quirks() -> Playlist {
    let quirks = [
        Quirk::None,
        Quirk::GreyedOut,
        Quirk::Damaged,
        Quirk::NoDuration,
        Quirk::FlexDuration,
        Quirk::NoAlbum,
        Quirk::Video,
        Quirk::NoSetVideoId,
    ];
    let rows = quirks.into_iter().enumerate().map(|(number, quirk)| {
        let mut song = Song::numbered("quirk", number + 1);
        if matches!(quirk, Quirk::NoAlbum | Quirk::Video) {
            song.album = None;
        }
        Row { song, quirk }
    });
    Playlist::new(QUIRKS, "Odd rows", rows.collect())
}

fn together() -> Playlist {
    let quirks = [Quirk::Upload, Quirk::FlexDuration, Quirk::Video];
    let rows = quirks.into_iter().enumerate().map(|(number, quirk)| {
        let song = Song::numbered("toget", number + 1);
        let album = song.album.clone().filter(|_| quirk != Quirk::Video);
        Row { song: Song { album, ..song }, quirk }
    });
    Playlist::new(COLLABORATIVE, "Together", rows.collect())
}

fn long() -> Playlist {
    let ten_minutes = Song { audio: Audio::TenMinutes, ..Song::numbered("long", 1) };
    let large = Song { audio: Audio::Padded { bytes: 8 << 20 }, ..Song::numbered("long", 2) };
    Playlist::new(LONG, "Long", vec![ten_minutes.into(), large.into()])
}
