//! A song and a playlist, as YouTube has them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PlaylistId, VideoId, line};

/// A song: a YouTube video and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Which video.
    pub id: VideoId,
    /// Its title. Never empty; on one line.
    pub title: Box<str>,
    /// All its artists, in YouTube's order; empty when unknown.
    #[serde(default)]
    pub artists: Box<[Box<str>]>,
    /// The album, if YouTube names one.
    pub album: Option<Box<str>>,
    /// How long it plays, if known; at most [`Track::LONGEST`]. YouTube's lists give whole seconds.
    #[serde(default, rename = "duration_ms", with = "milliseconds")]
    pub duration: Option<Duration>,
    /// Where its picture is, if known: an `http` or `https` URL.
    pub thumbnail: Option<Box<str>>,
}

/// One row of a playlist. The same track may stand in several rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The song.
    pub track: Arc<Track>,
    /// `playlistSetVideoId`: what tells two rows of the same video apart, if YouTube says it.
    pub set_video_id: Option<Box<str>>,
}

/// A YouTube playlist, as it was last listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playlist {
    /// Which playlist.
    pub id: PlaylistId,
    /// Its title, as YouTube has it: may hold what MPD's names cannot.
    pub title: Box<str>,
    /// Its rows, unavailable ones left out.
    pub entries: Vec<Entry>,
    /// When its content last changed, to the second. MPD's `Last-Modified`.
    pub updated: Timestamp,
}

impl Track {
    /// No song is longer: 1000 hours, which in milliseconds still fits 32 bits, as MPD counts.
    pub const LONGEST: Duration = Duration::from_secs(1000 * 60 * 60);

    /// A song of which nothing is known but that it was named. It is called by its id, so that
    /// clients have something to show, until YouTube has told more.
    pub fn placeholder(id: VideoId) -> Self {
        let title = id.as_str().into();
        Self { id, title, artists: Box::default(), album: None, duration: None, thumbnail: None }
    }

    /// Whether nothing is known of it.
    pub fn is_placeholder(&self) -> bool {
        *self.title == *self.id.as_str()
            && self.artists.is_empty()
            && self.album.is_none()
            && self.duration.is_none()
    }

    /// Whether it is the same but for its picture.
    fn looks_like(&self, other: &Self) -> bool {
        let Self { id, title, artists, album, duration, thumbnail: _ } = self;
        (id, title, artists, album, duration)
            == (&other.id, &other.title, &other.artists, &other.album, &other.duration)
    }

    /// The track with its promises kept, whoever wrote it; `None` if it has no title.
    pub(super) fn kept_to_its_promises(self) -> Option<Self> {
        let is_address = |url: &str| {
            let web = url.starts_with("https://") || url.starts_with("http://");
            web && !url.contains(|c: char| c.is_control() || c == ' ')
        };
        Some(Self {
            id: self.id,
            title: line(&self.title)?,
            artists: self.artists.iter().filter_map(|artist| line(artist)).collect(),
            album: self.album.and_then(|album| line(&album)),
            duration: self.duration.filter(|duration| *duration <= Self::LONGEST),
            thumbnail: self.thumbnail.filter(|url| is_address(url)),
        })
    }
}

impl Playlist {
    /// Whether `other` shows the same: everything but `updated`.
    pub fn same_content(&self, other: &Playlist) -> bool {
        self.id == other.id && self.title == other.title && self.entries == other.entries
    }

    /// Whether MPD's clients see no difference, under the same name and with the same `updated`:
    /// they do not see pictures, nor what tells two rows of a video apart.
    pub fn looks_like(&self, other: &Playlist) -> bool {
        let alike = |(a, b): (&Entry, &Entry)| a.track.looks_like(&b.track);
        self.id == other.id
            && self.title == other.title
            && self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(alike)
    }
}

/// How long a song plays in whole seconds, half a second up: as MPD rounds a song's (`SongPrint.cxx`).
pub fn whole_seconds(duration: Duration) -> u64 {
    duration.saturating_add(Duration::from_millis(500)).as_secs()
}

/// A duration as a whole number of milliseconds.
mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        duration.map(|duration| duration.as_millis()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_millis))
    }
}
