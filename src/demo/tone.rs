//! Tones: pieces of sound that are computed, at any byte, rather than stored.
//!
//! The container is AU (`audio/basic`): a header of 24 bytes, then plain samples, so that any range
//! of bytes can be computed alone. Measured with MPD 0.23.12: it plays, knows the duration and
//! seeks with and without a `Content-Length`; of WAV it knows no duration without one.

use std::f32::consts::TAU;
use std::ops::Range;

/// In Hz.
const RATE: u32 = 44_100;
const SAMPLE_BYTES: u64 = 2;
const HEADER_BYTES: u64 = 24;

/// How long each note sounds, in samples.
const NOTE: u32 = RATE / 2;

/// A major pentatonic scale in semitones: any order of its notes sounds like music.
const SCALE: [u8; 6] = [0, 2, 4, 7, 9, 12];

/// A melody of plucked notes, without end and without rests, cut off at some length.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tone {
    /// How long it plays. At most 13 hours, for AU's 32-bit length.
    pub(super) seconds: u16,
    /// The lowest note, in Hz.
    pub(super) root: f32,
    /// How many notes of the scale each step goes up.
    pub(super) stride: u32,
}

impl Tone {
    /// The type of its bytes.
    pub(super) const MIME: &'static str = "audio/basic";

    /// The whole file's length, in bytes.
    pub(super) fn length(self) -> u64 {
        HEADER_BYTES + u64::from(self.data_bytes())
    }

    /// The file's bytes in `range`, as far as it has them.
    pub(super) fn bytes(self, range: Range<u64>) -> Vec<u8> {
        let range = range.start..range.end.min(self.length());
        let mut bytes = Vec::new();
        if range.start < HEADER_BYTES {
            let header = self.header();
            bytes.extend(header.into_iter().take(usize::try_from(range.end).unwrap_or(usize::MAX)));
        }
        let first = range.start.saturating_sub(HEADER_BYTES) / SAMPLE_BYTES;
        let end = range.end.saturating_sub(HEADER_BYTES).div_ceil(SAMPLE_BYTES);
        let samples = (first..end).filter_map(|at| u32::try_from(at).ok());
        bytes.extend(samples.flat_map(|at| self.sample(at).to_be_bytes()));
        // What was computed begins at the header or at a whole sample.
        let begin = if range.start < HEADER_BYTES { 0 } else { HEADER_BYTES + first * SAMPLE_BYTES };
        let skip = usize::try_from(range.start.saturating_sub(begin)).unwrap_or(usize::MAX);
        let count = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or_default();
        bytes.into_iter().skip(skip).take(count).collect()
    }

    fn data_bytes(self) -> u32 {
        u32::from(self.seconds) * RATE * 2
    }

    /// `.snd`, header length, data length, 16-bit linear, rate, one channel; big-endian.
    fn header(self) -> Vec<u8> {
        let fields = [24, self.data_bytes(), 3, RATE, 1];
        b".snd".iter().copied().chain(fields.iter().flat_map(|field| field.to_be_bytes())).collect()
    }

    #[expect(clippy::cast_possible_truncation, reason = "the factors are below 1, so it is within i16")]
    fn sample(self, at: u32) -> i16 {
        let (note, within) = (at / NOTE, (at % NOTE) as f32);
        let step = (note.wrapping_mul(self.stride)) as usize % SCALE.len();
        let semitones = SCALE.get(step).copied().unwrap_or_default();
        let frequency = self.root * (f32::from(semitones) / 12.0).exp2();
        let time = within / RATE as f32;
        let wave = 0.8 * (TAU * frequency * time).sin() + 0.2 * (TAU * 2.0 * frequency * time).sin();
        // A fast attack, a slow decay, and silence at the end so that no note begins with a click.
        let envelope = (time * 200.0).min(1.0) * (-3.0 * time).exp() * (1.0 - within / NOTE as f32);
        (0.4 * wave * envelope * f32::from(i16::MAX)) as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TONE: Tone = Tone { seconds: 2, root: 220.0, stride: 1 };

    #[test]
    fn any_range_is_the_same_as_a_part_of_the_whole() {
        let whole = TONE.bytes(0..TONE.length());
        assert_eq!(whole.len() as u64, TONE.length());
        for (start, end) in [(0, 1), (0, 24), (3, 20), (20, 31), (23, 25), (24, 26), (25, 28), (1001, 1001)] {
            assert_eq!(TONE.bytes(start as u64..end as u64), whole[start..end], "{start}..{end}");
        }
        let tail = TONE.length() - 3..TONE.length() + 100;
        assert_eq!(TONE.bytes(tail), whole[whole.len() - 3..]);
        assert!(TONE.bytes(TONE.length() + 5..TONE.length() + 9).is_empty());
    }

    #[test]
    fn it_can_be_heard_and_is_not_clipped() {
        let loudest = (0..RATE).map(|at| TONE.sample(at).unsigned_abs()).max().unwrap();
        assert!((5_000..20_000).contains(&loudest), "{loudest}");
    }
}
