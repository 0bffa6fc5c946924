//! What MPD tells about itself and its queue, as far as a jump needs it.

use std::time::Duration;

use crate::library::{VideoId, uri};
use crate::proto::{lines, pair, seconds};

/// What `status` says that matters here.
#[derive(Debug, Default)]
pub(super) struct Status {
    pub(super) state: State,
    /// The current song has begun: until then MPD tells no format.
    pub(super) begun: bool,
    pub(super) elapsed: Duration,
    pub(super) duration: Duration,
    pub(super) song: Option<usize>,
    pub(super) song_id: Option<u64>,
    pub(super) next_id: Option<u64>,
    pub(super) length: usize,
    pub(super) random: bool,
    pub(super) repeat: bool,
    pub(super) consume: Consume,
    /// An output, or a song, has failed.
    pub(super) has_error: bool,
}

/// Whether a song leaves the queue when MPD moves on from it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consume {
    #[default]
    Off,
    On,
    /// The current one alone (`consume oneshot`, from MPD 0.24 on).
    Once,
}

/// What MPD does.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Stopped,
    Paused,
    Playing,
}

impl Status {
    pub(super) fn parse(body: &[u8]) -> Self {
        let mut status = Self::default();
        for (name, value) in lines(body).filter_map(pair) {
            match name {
                b"audio" => status.begun = true,
                // A song follows.
                b"file" => break,
                b"state" => {
                    status.state = match value {
                        b"play" => State::Playing,
                        b"pause" => State::Paused,
                        _ => State::Stopped,
                    }
                }
                b"elapsed" => status.elapsed = seconds(value).unwrap_or_default(),
                b"duration" => status.duration = seconds(value).unwrap_or_default(),
                b"song" => status.song = number(value),
                b"songid" => status.song_id = number(value),
                b"nextsongid" => status.next_id = number(value),
                b"playlistlength" => status.length = number(value).unwrap_or(0),
                b"error" => status.has_error = true,
                b"repeat" => status.repeat = value == b"1",
                b"random" => status.random = value == b"1",
                b"consume" => {
                    status.consume = match value {
                        b"0" => Consume::Off,
                        b"oneshot" => Consume::Once,
                        _ => Consume::On,
                    }
                }
                _ => {}
            }
        }
        status
    }
}

/// The video and the id of the first song of ours in an answer.
pub(super) fn song(body: &[u8]) -> Option<(VideoId, u64)> {
    let value = |wanted: &[u8]| lines(body).filter_map(pair).find(|(name, _)| *name == wanted);
    Some((uri::video_in(value(b"file")?.1)?, number(value(b"Id")?.1)?))
}

fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
