//! The built-in catalogue: songs that do not exist.

use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, Unit};

use super::tone::Tone;
use crate::library::{Entry, Playlist, Track, VideoId};

/// Title, artists, album, seconds.
type Song = (&'static str, &'static [&'static str], &'static str, u16);

#[rustfmt::skip]
const SONGS: [Song; 24] = [
    ("Kettle On", &["The Early Risers"], "First Light", 62),
    ("Window Seat", &["The Early Risers"], "First Light", 95),
    ("Bicycle Bells", &["The Early Risers", "Ada Quill"], "First Light", 48),
    ("Marmalade", &["Ada Quill"], "Small Hours", 121),
    ("Slow Bread", &["Ada Quill"], "Small Hours", 180),
    ("Post Arrives", &["Hedgerow"], "Lanes", 20),
    ("Dew / Drop", &["Hedgerow"], "Lanes", 74),
    ("\"Good\" Morning", &["Hedgerow", "The Early Risers"], "Lanes", 33),
    ("L'Aurore", &["Maison Tramontane"], "Le matin", 150),
    ("Café crème", &["Maison Tramontane"], "Le matin", 88),
    ("Tram 28", &["Maison Tramontane"], "Le matin", 105),
    ("Back to Bed", &["Ada Quill"], "Small Hours", 57),
    ("Low Beam", &["Kilometre Zero"], "Ring Road", 132),
    ("Exit 14b", &["Kilometre Zero"], "Ring Road", 64),
    ("Petrol & Coffee", &["Kilometre Zero", "Vesper Lane"], "Ring Road", 99),
    ("Overhead Wires", &["Vesper Lane"], "Signals", 45),
    ("Signal Box", &["Vesper Lane"], "Signals", 176),
    ("Rain on the A9", &["Vesper Lane"], "Signals", 27),
    ("\u{591c}\u{306e}\u{9ad8}\u{901f}", &["\u{9752}\u{3044}\u{96fb}\u{8eca}"], "\u{7d42}\u{96fb}", 83),
    ("Last Bus, Part 1 \\ 2", &["Depot"], "Timetable", 110),
    ("Empty Quarter", &["Depot"], "Timetable", 140),
    ("#1 Layby", &["Depot", "Kilometre Zero"], "Timetable", 38),
    ("Moth / Lamp", &["Night Porter"], "Lobby", 71),
    ("Home by Four", &["Night Porter"], "Lobby", 165),
];

/// Id, title, and which songs in which order.
const PLAYLISTS: [(&str, &str, &[usize]); 3] = [
    ("PLdemo-morning-tones", "Morning tones", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    ("PLdemo-night-drive", "Night drive", &[12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]),
    ("PLdemo-odds-and-ends", "Odds & \"ends\" / b-sides", &[7, 18, 5, 22, 21, 5, 19, 6]),
];

/// The songs, with their tones.
pub(super) struct Catalogue {
    songs: Vec<(Arc<Track>, Tone)>,
}

impl Catalogue {
    /// The one that there is.
    pub(super) fn built_in() -> Self {
        let songs = SONGS.iter().zip(1_u16..);
        Self {
            songs: songs
                .filter_map(|(song, number)| Some((track(song, number)?, tone(song, number))))
                .collect(),
        }
    }

    /// Its playlists, as if listed `now`.
    pub(super) fn playlists(&self, now: Timestamp) -> Vec<Playlist> {
        let updated = now.round(Unit::Second).unwrap_or(now);
        let entries = |rows: &[usize]| {
            let songs = rows.iter().filter_map(|&row| self.songs.get(row));
            songs.map(|(track, _)| Entry { track: Arc::clone(track), set_video_id: None }).collect()
        };
        let playlist = |(id, title, rows): &(&str, &str, &[usize])| {
            Some(Playlist { id: id.parse().ok()?, title: (*title).into(), entries: entries(rows), updated })
        };
        PLAYLISTS.iter().filter_map(playlist).collect()
    }

    /// What `video` sounds like.
    pub(super) fn tone(&self, video: VideoId) -> Option<Tone> {
        self.songs.iter().find(|(track, _)| track.id == video).map(|(_, tone)| *tone)
    }
}

fn track((title, artists, album, seconds): &Song, number: u16) -> Option<Arc<Track>> {
    Some(Arc::new(Track {
        // As long as any video id.
        id: format!("demo--{number:05}").parse().ok()?,
        title: (*title).into(),
        artists: artists.iter().map(|artist| (*artist).into()).collect(),
        album: Some((*album).into()),
        duration: Some(Duration::from_secs((*seconds).into())),
        thumbnail: None,
    }))
}

/// No two songs of a playlist sound the same.
fn tone(song: &Song, number: u16) -> Tone {
    Tone { seconds: song.3, root: 165.0 + 11.0 * f32::from(number % 12), stride: 1 + u32::from(number % 5) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_every_playlist_is_a_song_with_a_tone() {
        let catalogue = Catalogue::built_in();
        let playlists = catalogue.playlists(Timestamp::UNIX_EPOCH);
        assert_eq!(playlists.iter().map(|playlist| playlist.entries.len()).collect::<Vec<_>>(), [12, 12, 8]);
        for track in playlists.iter().flat_map(|playlist| &playlist.entries).map(|entry| &entry.track) {
            let tone = catalogue.tone(track.id).unwrap();
            assert_eq!(track.duration, Some(Duration::from_secs(tone.seconds.into())));
        }
    }
}
