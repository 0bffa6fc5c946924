//! What `status` says, as far as the player cares.

use std::time::Duration;

use mpd_client::protocol::response::Frame;

use crate::proto::seconds;

/// MPD's state, of one partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// The queue's version: grows with every change of it.
    pub(super) version: u32,
    /// How many songs are in the queue.
    pub(super) length: usize,
    /// What it does.
    pub(super) playback: Playback,
    /// How far into the current song.
    pub(super) elapsed: Duration,
    /// The current song's position, also when stopped.
    pub(super) song: Option<usize>,
    /// The position of the song after it, as `random` and `repeat` have it.
    pub(super) next_song: Option<usize>,
    /// Whether songs are played in random order.
    pub(super) random: bool,
}

/// `state:`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Playback {
    #[default]
    Stopped,
    Paused,
    Playing,
}

impl From<&Frame> for Status {
    fn from(frame: &Frame) -> Self {
        let mut status = Self::default();
        for (key, value) in frame {
            match key {
                "playlist" => status.version = value.parse().unwrap_or_default(),
                "playlistlength" => status.length = value.parse().unwrap_or_default(),
                "elapsed" => status.elapsed = seconds(value.as_bytes()).unwrap_or_default(),
                "song" => status.song = value.parse().ok(),
                "nextsong" => status.next_song = value.parse().ok(),
                "random" => status.random = value == "1",
                "state" if value == "play" => status.playback = Playback::Playing,
                "state" if value == "pause" => status.playback = Playback::Paused,
                _ => {}
            }
        }
        status
    }
}
