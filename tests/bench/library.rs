//! Libraries of made-up songs, in every form that the programs read.

use std::fmt::Write;

use serde_json::json;

/// How many songs MPD's own database has, and the long lists of the table.
pub(crate) const ORDINARY: usize = 5000;

/// The tags of an ordinary song, in the order in which MPD's database wants them.
pub(crate) const MPD_TAGS: [&str; 7] = ["Artist", "Album", "AlbumArtist", "Title", "Track", "Genre", "Date"];

/// The id of the song at `at` of a playlist: eleven characters.
pub(crate) fn song_id(playlist: &str, at: usize) -> String {
    format!("{playlist:_<5.5}{at:06}")
}

/// MPD's database file, with all its songs in the folder `albums`.
pub(crate) fn mpd_database() -> String {
    let mut db = "info_begin\nformat: 2\nmpd_version: 0.23.12\nfs_charset: UTF-8\n".to_owned();
    for tag in MPD_TAGS {
        let _ = writeln!(db, "tag: {tag}");
    }
    db.push_str("info_end\ndirectory: albums\nmtime: 1700000000\nbegin: albums\n");
    for at in 0..ORDINARY {
        let _ = write!(
            db,
            "song_begin: {at:05} a song.flac\nTime: {}.000000\nArtist: The Artist {}\nAlbum: An Album {}\n\
             AlbumArtist: The Artist {}\nTitle: A song called {at}\nTrack: {}\nGenre: Music\nDate: 2001\n\
             Format: 44100:16:2\nmtime: 1700000000\nsong_end\n",
            180 + at % 97,
            at % 400,
            at / 12,
            at % 400,
            1 + at % 12,
        );
    }
    db.push_str("end: albums\n");
    db
}

/// ytmpd's `library.json`: playlists by id and number of songs, of the sizes that YouTube's have.
pub(crate) fn json(playlists: &[(&str, usize)]) -> String {
    let all = || playlists.iter().flat_map(|(id, count)| (0..*count).map(move |at| (*id, at)));
    let tracks: Vec<_> = all()
        .map(|(playlist, at)| {
            json!({
                "id": song_id(playlist, at),
                "title": format!("A song called {at}"),
                "artists": [format!("The Artist {}", at % 400)],
                "album": format!("An Album {}", at / 12),
                "duration_ms": (180 + at % 97) * 1000,
                "thumbnail": format!("https://lh3.googleusercontent.com/{at:0>87}=w120-h120-l90-rj"),
            })
        })
        .collect();
    let playlists: Vec<_> = playlists
        .iter()
        .map(|(id, count)| {
            let entries: Vec<_> = (0..*count).map(|at| (song_id(id, at), format!("{at:016X}"))).collect();
            json!({"id": id, "title": id, "updated": "2026-01-02T03:04:05Z", "entries": entries})
        })
        .collect();
    json!({"tracks": tracks, "playlists": playlists}).to_string()
}

/// An MPD playlist of these addresses, with titles and times as MPD writes none itself.
pub(crate) fn m3u(addresses: impl Iterator<Item = String>) -> String {
    let mut m3u = "#EXTM3U\n".to_owned();
    for (at, address) in addresses.enumerate() {
        let _ = writeln!(m3u, "#EXTINF:{},A song called {at}\n{address}", 180 + at % 97);
    }
    m3u
}
