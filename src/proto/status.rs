//! What `status` says of a partition (`command/PlayerCommands.cxx`).

use std::time::Duration;

use super::seconds;

/// A partition's state, as far as it has been read. What MPD leaves out stays at its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Which partition it is.
    pub partition: Box<str>,
    /// What it does.
    pub playback: Playback,
    /// The current song has begun: until then MPD tells no format.
    pub begun: bool,
    /// How far into the current song.
    pub elapsed: Duration,
    /// How long the current song is.
    pub duration: Duration,
    /// The queue's version: grows with every change of it.
    pub version: u32,
    /// How many songs are in the queue.
    pub length: usize,
    /// The current song's position, also when stopped.
    pub song: Option<usize>,
    /// Its id.
    pub song_id: Option<u64>,
    /// The position of the song after it, as `random` and `repeat` have it.
    pub next_song: Option<usize>,
    /// That one's id.
    pub next_id: Option<u64>,
    /// Whether songs are played in random order.
    pub random: bool,
    /// Whether the first song follows the last.
    pub repeat: bool,
    /// Whether songs leave the queue.
    pub consume: Consume,
    /// An output, or a song, has failed.
    pub has_error: bool,
}

/// `state:`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Playback {
    /// `stop`
    #[default]
    Stopped,
    /// `pause`
    Paused,
    /// `play`
    Playing,
}

/// Whether a song leaves the queue when MPD moves on from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Consume {
    /// None does.
    #[default]
    Off,
    /// Each does.
    On,
    /// The current one alone (`consume oneshot`, from MPD 0.24 on).
    Once,
}

impl Status {
    /// Reads one more line, as [`super::pair`] takes it apart.
    pub fn read(&mut self, name: &[u8], value: &[u8]) {
        match name {
            b"partition" => self.partition = str::from_utf8(value).unwrap_or_default().into(),
            b"state" => {
                self.playback = match value {
                    b"play" => Playback::Playing,
                    b"pause" => Playback::Paused,
                    _ => Playback::Stopped,
                }
            }
            b"audio" => self.begun = true,
            b"elapsed" => self.elapsed = seconds(value).unwrap_or_default(),
            b"duration" => self.duration = seconds(value).unwrap_or_default(),
            b"playlist" => self.version = number(value).unwrap_or_default(),
            b"playlistlength" => self.length = number(value).unwrap_or_default(),
            b"song" => self.song = number(value),
            b"songid" => self.song_id = number(value),
            b"nextsong" => self.next_song = number(value),
            b"nextsongid" => self.next_id = number(value),
            b"random" => self.random = value == b"1",
            b"repeat" => self.repeat = value == b"1",
            b"consume" => {
                self.consume = match value {
                    b"0" => Consume::Off,
                    b"oneshot" => Consume::Once,
                    _ => Consume::On,
                }
            }
            b"error" => self.has_error = true,
            _ => {}
        }
    }
}

fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mpd_leaves_out_stays_as_it_is_without_it() {
        let mut status = Status::default();
        for (name, value) in [
            ("volume", "100"),
            ("repeat", "1"),
            ("random", "0"),
            ("consume", "oneshot"),
            ("partition", "kitchen"),
            ("playlist", "31"),
            ("playlistlength", "3"),
            ("state", "pause"),
            ("song", "2"),
            ("songid", "9"),
            ("elapsed", "12.250"),
            ("audio", "44100:16:2"),
            ("nextsong", "none"),
        ] {
            status.read(name.as_bytes(), value.as_bytes());
        }
        let expect = Status {
            partition: "kitchen".into(),
            playback: Playback::Paused,
            begun: true,
            elapsed: Duration::from_millis(12_250),
            version: 31,
            length: 3,
            song: Some(2),
            song_id: Some(9),
            repeat: true,
            consume: Consume::Once,
            ..Status::default()
        };
        assert_eq!(status, expect);
    }
}
