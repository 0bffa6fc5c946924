//! What a stored playlist holds, as far as it matters whose it is.

use serde::{Deserialize, Serialize};

use crate::disk;
use crate::library::{Playlist, VideoId, uri};

/// Tells one content from another. It stays the same over releases, as it is kept on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Digest(u64);

/// What was found in a playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content {
    /// Of all of it.
    pub(super) digest: Digest,
    /// Of its songs' addresses alone: MPD leaves out the rest of a file when it rewrites it.
    pub(super) songs: Digest,
    pub(super) makers: Makers,
}

/// Who may have put the songs into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Makers {
    /// There are none.
    Nobody,
    /// All are the relay's: we did, or the user out of songs of ours.
    Relay,
    /// All are those of the Python daemon that ytmpd replaces.
    Python,
    /// At least one is neither: the user put it there.
    User,
}

impl Digest {
    /// Of a whole file. Nobody gains by two playlists that are taken for the same.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(disk::checksum(bytes))
    }
}

impl Content {
    /// Of a playlist of these addresses, each with a line break behind it, or of an `.m3u` file.
    pub(super) fn of_lines(lines: &[u8]) -> Self {
        let songs: Vec<&[u8]> = addresses(lines).collect();
        Self { digest: Digest::of(lines), songs: Digest::of(&songs.join(&b'\n')), makers: Makers::of(&songs) }
    }
}

impl Makers {
    fn of(songs: &[&[u8]]) -> Self {
        songs.iter().fold(Self::Nobody, |so_far, song| match (so_far, maker(song)) {
            (Self::User, _) | (_, Self::User) => Self::User,
            (Self::Nobody | Self::Python, Self::Python) => Self::Python,
            _ => Self::Relay,
        })
    }
}

/// The lines that name a song: those that begin with `#` are comments in an `.m3u` file.
fn addresses(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = lines.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(|line| !line.is_empty() && !line.starts_with(b"#"))
}

/// The playlist's addresses, each with a line break behind it.
pub(super) fn lines(base: &str, playlist: &Playlist) -> Vec<u8> {
    let mut lines = Vec::new();
    for entry in &playlist.entries {
        uri::write_audio_uri(base, entry.track.id, &mut lines);
        lines.push(b'\n');
    }
    lines
}

fn maker(line: &[u8]) -> Makers {
    if uri::video_in(line).is_some() {
        Makers::Relay
    } else if is_pythons(line) {
        Makers::Python
    } else {
        Makers::User
    }
}

/// `http://{host}/proxy/{video id}`.
fn is_pythons(line: &[u8]) -> bool {
    let host_and_path = line.strip_prefix(b"http://").or_else(|| line.strip_prefix(b"https://"));
    let path = host_and_path.and_then(|rest| rest.get(memchr::memchr(b'/', rest)?..));
    path.and_then(|path| path.strip_prefix(b"/proxy/")).is_some_and(|id| VideoId::from_bytes(id).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn songs_tell_who_put_them_there() {
        const OURS: &str = "http://127.0.0.1:6602/dQw4w9WgXcQ/audio\n";
        const PYTHONS: &str = "http://localhost:8080/proxy/dQw4w9WgXcQ\n";
        for (lines, makers) in [
            (String::new(), Makers::Nobody),
            ("#EXTM3U\n\n".to_owned(), Makers::Nobody),
            (OURS.to_owned(), Makers::Relay),
            (format!("#EXTM3U\r\n#EXTINF:1,T\r\n{}", OURS.replace('\n', "\r\n")), Makers::Relay),
            (PYTHONS.to_owned(), Makers::Python),
            (format!("{PYTHONS}{PYTHONS}"), Makers::Python),
            (format!("{PYTHONS}{OURS}"), Makers::Relay),
            (format!("{OURS}{PYTHONS}{OURS}"), Makers::Relay),
            (format!("{OURS}a song.flac\n{OURS}"), Makers::User),
            ("http://host/proxy/dQw4w9WgXc\n".to_owned(), Makers::User),
            ("http://host/a/proxy/dQw4w9WgXcQ\n".to_owned(), Makers::User),
            ("http://proxy/dQw4w9WgXcQ\n".to_owned(), Makers::User),
        ] {
            assert_eq!(Content::of_lines(lines.as_bytes()).makers, makers, "{lines:?}");
        }
    }
}
