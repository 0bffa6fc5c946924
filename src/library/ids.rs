//! YouTube's identifiers, as types that hold only valid ones.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A video's id: eleven characters of `A-Z a-z 0-9 _ -`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VideoId([u8; VideoId::LEN]);

/// A playlist's id, such as `PL...`, `OLAK5uy_...` or `LM`: 2 to 128 characters of
/// `A-Z a-z 0-9 _ -`, so that it can stand in a URL's path and a file's name as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlaylistId(Box<str>);

/// A text that is no id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidId {
    /// Not eleven characters of the alphabet.
    #[error("not a video id: 11 characters of A-Z a-z 0-9 _ - are")]
    Video,
    /// Not 2 to 128 characters of the alphabet.
    #[error("not a playlist id: 2 to 128 characters of A-Z a-z 0-9 _ - are")]
    Playlist,
}

impl VideoId {
    /// How long a video id is, in bytes.
    pub const LEN: usize = 11;

    /// The id that these bytes spell.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidId> {
        let id: [u8; Self::LEN] = bytes.try_into().map_err(|_| InvalidId::Video)?;
        if id.iter().all(is_id_byte) { Ok(Self(id)) } else { Err(InvalidId::Video) }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        // Only ASCII gets past `from_bytes`.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl PlaylistId {
    const LONGEST: usize = 128;

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_id_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl FromStr for VideoId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::from_bytes(text.as_bytes())
    }
}

impl FromStr for PlaylistId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = (2..=Self::LONGEST).contains(&text.len());
        if fits && text.as_bytes().iter().all(is_id_byte) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId::Playlist)
        }
    }
}

impl TryFrom<String> for VideoId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl TryFrom<String> for PlaylistId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<VideoId> for String {
    fn from(id: VideoId) -> Self {
        id.as_str().to_owned()
    }
}

impl From<PlaylistId> for String {
    fn from(id: PlaylistId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for VideoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for VideoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for PlaylistId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PlaylistId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_parse() {
        for (text, video, playlist) in [
            ("dQw4w9WgXcQ", true, true),
            ("-_-_-_-_-_-", true, true),
            ("dQw4w9WgXc", false, true),
            ("dQw4w9WgXcQQ", false, true),
            ("dQw4w9WgXc/", false, false),
            ("../../../ab", false, false),
            ("ünïcodé", false, false),
            ("LM", false, true),
            ("L", false, false),
            ("", false, false),
        ] {
            assert_eq!(text.parse::<VideoId>().is_ok(), video, "{text}");
            assert_eq!(text.parse::<PlaylistId>().is_ok(), playlist, "{text}");
        }
    }
}
