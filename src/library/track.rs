//! A song and a playlist, as YouTube has them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PlaylistId, VideoId};

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
    /// How long it plays, if known. YouTube's lists give whole seconds.
    #[serde(default, rename = "duration_ms", with = "milliseconds")]
    pub duration: Option<Duration>,
    /// Where its picture is, if known.
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

impl Playlist {
    /// Whether `other` shows the same: everything but `updated`.
    pub fn same_content(&self, other: &Playlist) -> bool {
        self.id == other.id && self.title == other.title && self.entries == other.entries
    }
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
