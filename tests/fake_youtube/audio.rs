//! The bytes that the fake serves: real webm/opus and m4a, made with ffmpeg and committed.
//!
//! Commands: `ffmpeg -f lavfi -i sine=frequency=440:duration=30:sample_rate=48000 -ac 1 -c:a
//! libopus -b:a 8k -frame_duration 60 -cues_to_front 1 -fflags +bitexact tone_30s.webm`, and for
//! m4a `-c:a aac -b:a 8k -movflags +dash+delay_moov+global_sidx -frag_duration 5000000`.

mod silence;

use bytes::Bytes;
use serde::Deserialize;

/// What a song sounds like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audio {
    /// A tone of 30 s, about 24 kB.
    #[default]
    Tone,
    /// A tone of 10 minutes, about 84 kB; webm only.
    TenMinutes,
    /// The tone of 30 s, in a webm file of this size: the rest is one EBML `Void` element, which
    /// every reader skips. For ranges, throttles and benchmarks that need more bytes.
    Padded {
        /// The file's size.
        bytes: usize,
    },
    /// Ten minutes of silence, 55 MiB of it, in which every second has as many bytes as the next:
    /// samples as they are in a webm file, which MPD plays though YouTube has none.
    LargeTenMinutes,
}

/// YouTube's two formats that a music player takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `itag` 251.
    WebmOpus,
    /// `itag` 140.
    M4a,
}

impl Format {
    pub fn itag(self) -> u32 {
        match self {
            Self::WebmOpus => 251,
            Self::M4a => 140,
        }
    }

    pub fn of_itag(itag: &str) -> Option<Self> {
        [Self::WebmOpus, Self::M4a].into_iter().find(|format| format.itag().to_string() == itag)
    }

    /// As `Content-Type` has it.
    pub fn mime(self) -> &'static str {
        match self {
            Self::WebmOpus => "audio/webm",
            Self::M4a => "audio/mp4",
        }
    }

    pub fn codec(self) -> &'static str {
        match self {
            Self::WebmOpus => "opus",
            Self::M4a => "mp4a.40.2",
        }
    }
}

impl Audio {
    /// How long it plays, in seconds.
    pub fn seconds(self) -> u32 {
        match self {
            Self::Tone | Self::Padded { .. } => 30,
            Self::TenMinutes | Self::LargeTenMinutes => 600,
        }
    }

    /// The file, if there is one in this format. An odd `encoding` is another encoding of the
    /// same song: another tone, another length.
    pub fn bytes(self, format: Format, encoding: u32) -> Option<Bytes> {
        let other = encoding % 2 == 1;
        match (self, format) {
            (Self::Tone | Self::Padded { .. }, Format::M4a) => Some(Bytes::from_static(TONE_M4A)),
            (Self::TenMinutes | Self::LargeTenMinutes, Format::M4a) => None,
            (Self::LargeTenMinutes, Format::WebmOpus) => Some(Bytes::from(silence::webm(600))),
            (Self::TenMinutes, Format::WebmOpus) if !other => Some(Bytes::from_static(TEN_MINUTES)),
            (Self::Tone, Format::WebmOpus) if !other => Some(Bytes::from_static(TONE)),
            (Self::Tone | Self::TenMinutes, Format::WebmOpus) => Some(Bytes::from_static(OTHER_TONE)),
            (Self::Padded { bytes }, Format::WebmOpus) => {
                Some(padded(if other { OTHER_TONE } else { TONE }, bytes))
            }
        }
    }
}

const TONE: &[u8] = include_bytes!("../data/audio/tone_30s.webm");
const OTHER_TONE: &[u8] = include_bytes!("../data/audio/tone_31s.webm");
const TEN_MINUTES: &[u8] = include_bytes!("../data/audio/tone_600s.webm");
const TONE_M4A: &[u8] = include_bytes!("../data/audio/tone_30s.m4a");

/// Every song's picture.
pub const COVER: &[u8] = include_bytes!("../data/cover.jpg");

/// `file` and a `Void` element (RFC 8794, 11.3.2) that makes it `size` bytes long, if that is
/// longer. The padding counts, so that a byte out of place shows.
fn padded(file: &[u8], size: usize) -> Bytes {
    const HEADER: usize = 9;
    let Some(payload) = size.checked_sub(file.len() + HEADER) else { return Bytes::copy_from_slice(file) };
    let mut all = vec![0; size];
    let (start, padding) = all.split_at_mut(file.len() + HEADER);
    let (song, header) = start.split_at_mut(file.len());
    song.copy_from_slice(file);
    header.copy_from_slice(&void_header(payload));
    for (number, word) in (0_u64..).zip(padding.chunks_exact_mut(8)) {
        word.copy_from_slice(&number.to_be_bytes());
    }
    Bytes::from(all)
}

/// The element's id, and its size in eight bytes.
fn void_header(payload: usize) -> [u8; 9] {
    let [_, size @ ..] = (payload as u64).to_be_bytes();
    let mut header = [0xEC, 0x01, 0, 0, 0, 0, 0, 0, 0];
    header[2..].copy_from_slice(&size);
    header
}
