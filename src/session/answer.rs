//! The answers that we give from memory, in MPD's format and field order.

use std::sync::Arc;
use std::time::Duration;

use super::route::Source;
use crate::library::{Picture, Playlist, Snapshot, Track, VideoId, uri, whole_seconds};
use crate::proto::{AckCode, Range, pair};

/// A row of a playlist with its tags has about so many bytes; a guess too small costs a copy.
const USUAL_ROW: usize = 160;

/// An answer of ours.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// The virtual playlists.
    Playlists,
    /// Rows of a playlist, with tags.
    Songs(Arc<Playlist>, Range),
    /// Rows of a playlist, bare.
    Uris(Arc<Playlist>, Range),
    /// A playlist's size.
    Length(Arc<Playlist>),
    /// One song, with tags.
    Song(Arc<Track>),
    /// One song's tags alone.
    Comments(Arc<Track>),
    /// What of a picture begins at an offset, which is not behind its end. The last is there to be
    /// counted.
    Picture(Picture, Source, usize, Arc<()>),
    /// There is no picture of this song: nothing, or an `ACK` where MPD has one.
    NoPicture(VideoId),
    /// An `ACK`.
    Refuse(AckCode, Box<[u8]>),
}

impl Answer {
    /// No, with this text.
    pub(super) fn refuse(code: AckCode, text: impl Into<Vec<u8>>) -> Self {
        Self::Refuse(code, text.into().into_boxed_slice())
    }

    /// Whether the client's tag mask changes it.
    pub(super) fn shows_tags(&self) -> bool {
        matches!(self, Self::Songs(..) | Self::Song(_))
    }
}

/// Which of the tags that we have the client wants to see (`tagtypes`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TagMask {
    pub(super) title: bool,
    pub(super) artist: bool,
    pub(super) album: bool,
}

impl TagMask {
    /// A new connection's, unless `metadata_to_use` says less.
    pub(super) const ALL: Self = Self { title: true, artist: true, album: true };

    /// Nothing.
    pub(super) const NONE: Self = Self { title: false, artist: false, album: false };

    /// What MPD's answer to `tagtypes` says.
    pub(super) fn from_answer(body: &[u8]) -> Self {
        let mut mask = Self::NONE;
        for (_, tag) in crate::proto::lines(body).filter_map(pair) {
            match tag {
                b"Title" => mask.title = true,
                b"Artist" => mask.artist = true,
                b"Album" => mask.album = true,
                _ => {}
            }
        }
        mask
    }
}

/// An answer that is being written, piece by piece: a playlist may be longer than what a client
/// that reads slowly should cost us.
#[derive(Debug)]
pub(super) struct Writing {
    answer: Answer,
    mask: TagMask,
    /// No more of a picture at once.
    limit: usize,
    /// The next row, or how much of a picture is written.
    next: usize,
}

impl Writing {
    /// `answer`, from its beginning, for a client with this mask and this `binarylimit`.
    pub(super) fn new(answer: Answer, mask: TagMask, limit: usize) -> Self {
        let next = match &answer {
            Answer::Songs(_, rows) | Answer::Uris(_, rows) => rows.start,
            _ => 0,
        };
        Self { answer, mask, limit, next }
    }

    /// Writes on until `out` holds `most` bytes. Returns whether all is written.
    pub(super) fn write(
        &mut self,
        snapshot: &Snapshot,
        base_url: &str,
        most: usize,
        out: &mut Vec<u8>,
    ) -> bool {
        match &self.answer {
            Answer::Songs(list, rows) | Answer::Uris(list, rows) => {
                let rows = list.entries.get(self.next..rows.end.min(list.entries.len())).unwrap_or_default();
                out.reserve(rows.len().saturating_mul(USUAL_ROW).min(most.saturating_sub(out.len())));
                for entry in rows {
                    if out.len() >= most {
                        return false;
                    }
                    file(&entry.track, base_url, out);
                    if let Answer::Songs(..) = self.answer {
                        tags_and_time(&entry.track, self.mask, entry.track.duration, out);
                    }
                    self.next += 1;
                }
            }
            Answer::Playlists => playlists(snapshot, out),
            Answer::Length(list) => length(list, out),
            Answer::Song(track) => {
                file(track, base_url, out);
                tags_and_time(track, self.mask, track.duration, out);
            }
            Answer::Comments(track) => tags(track, TagMask::ALL, out),
            Answer::Picture(picture, source, offset, _) => {
                if out.len() >= most {
                    return false;
                }
                let rest = picture.bytes.get(*offset..).unwrap_or_default();
                let chunk = rest.get(..self.limit).unwrap_or(rest);
                if self.next == 0 {
                    chunk_begins(picture, *source, chunk.len(), out);
                }
                let unwritten = chunk.get(self.next..).unwrap_or_default();
                // At least a byte, or the chunk would begin again.
                let room = most.saturating_sub(out.len()).max(1);
                let part = unwritten.get(..room).unwrap_or(unwritten);
                out.extend_from_slice(part);
                self.next += part.len();
                if self.next < chunk.len() {
                    return false;
                }
                out.push(b'\n');
            }
            Answer::NoPicture(_) | Answer::Refuse(..) => {}
        }
        true
    }
}

/// What stands before a chunk of a picture (`FileCommands.cxx`).
fn chunk_begins(picture: &Picture, source: Source, length: usize, out: &mut Vec<u8>) {
    let mut digits = itoa::Buffer::new();
    line(b"size", digits.format(picture.bytes.len()).as_bytes(), out);
    if source == Source::Song {
        line(b"type", picture.kind.as_bytes(), out);
    }
    line(b"binary", digits.format(length).as_bytes(), out);
}

/// The virtual playlists, as `listplaylists` has them.
pub(super) fn playlists(snapshot: &Snapshot, out: &mut Vec<u8>) {
    for list in snapshot.virtuals() {
        line(b"playlist", list.name.as_bytes(), out);
        let updated = list.playlist.updated.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        line(b"Last-Modified", updated.as_bytes(), out);
    }
}

/// The tags that `mask` lets through, and the duration, in MPD's order.
pub(super) fn tags_and_time(track: &Track, mask: TagMask, duration: Option<Duration>, out: &mut Vec<u8>) {
    tags(track, mask, out);
    if let Some(duration) = duration {
        time(duration, out);
    }
}

/// `Time` in seconds, rounded, and `duration` in milliseconds (`SongPrint.cxx`).
fn time(duration: Duration, out: &mut Vec<u8>) {
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut digits = itoa::Buffer::new();
    line(b"Time", digits.format(whole_seconds(duration)).as_bytes(), out);
    out.extend_from_slice(b"duration: ");
    out.extend_from_slice(digits.format(milliseconds / 1000).as_bytes());
    let fraction = digits.format(1000 + milliseconds % 1000).as_bytes();
    out.push(b'.');
    out.extend_from_slice(fraction.get(1..).unwrap_or_default());
    out.push(b'\n');
}

/// The tags that `mask` lets through, in MPD's order.
pub(super) fn tags(track: &Track, mask: TagMask, out: &mut Vec<u8>) {
    if mask.title {
        line(b"Title", track.title.as_bytes(), out);
    }
    if mask.artist {
        for artist in &track.artists {
            line(b"Artist", artist.as_bytes(), out);
        }
    }
    if let Some(album) = track.album.as_ref().filter(|_| mask.album) {
        line(b"Album", album.as_bytes(), out);
    }
}

/// `name: value`.
pub(super) fn line(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    // At once: an answer has tens of thousands of these.
    out.reserve(name.len() + value.len() + 3);
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.push(b'\n');
}

fn file(track: &Track, base_url: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"file: ");
    uri::write_audio_uri(base_url, track.id, out);
    out.push(b'\n');
}

fn length(list: &Playlist, out: &mut Vec<u8>) {
    let total: Duration = list.entries.iter().filter_map(|entry| entry.track.duration).sum();
    let mut digits = itoa::Buffer::new();
    line(b"songs", digits.format(list.entries.len()).as_bytes(), out);
    line(b"playtime", digits.format(playtime(total)).as_bytes(), out);
}

/// A playlist's duration in whole seconds: of two that are as near, the even one
/// (`chrono::round` in `playlist/Length.cxx`).
fn playtime(total: Duration) -> u64 {
    let is_odd = total.as_secs() % 2;
    total.saturating_add(Duration::from_millis(499 + is_odd)).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_printed_as_mpd_prints_them() {
        for (milliseconds, expect) in [
            (213_000, "Time: 213\nduration: 213.000\n"),
            (213_499, "Time: 213\nduration: 213.499\n"),
            (213_500, "Time: 214\nduration: 213.500\n"),
            (7, "Time: 0\nduration: 0.007\n"),
        ] {
            let mut out = Vec::new();
            time(Duration::from_millis(milliseconds), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expect);
        }
    }

    /// Asked of MPD 0.24.4.
    #[test]
    fn playlists_are_as_long_as_at_mpd() {
        for (milliseconds, expect) in [(500, 0), (1499, 1), (1500, 2), (2500, 2), (2501, 3), (3000, 3)] {
            assert_eq!(playtime(Duration::from_millis(milliseconds)), expect, "{milliseconds}");
        }
    }

    #[test]
    fn the_mask_is_what_mpd_says() {
        let mask = TagMask::from_answer(b"tagtype: Artist\ntagtype: AlbumArtist\n");
        assert_eq!(mask, TagMask { title: false, artist: true, album: false });
    }
}
