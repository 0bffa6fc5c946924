//! Which part of a file plays when, as the index tells that YouTube's files have in front.
//!
//! WebM's `Cues` (RFC 9559, 5.1.5) and MP4's segment index (ISO/IEC 14496-12, 8.16.3): nothing
//! else of either is understood here, and a file without an index, or with one that is longer
//! than what is there, is no fault.

use std::time::Duration;

use nom::bytes::complete::{tag, take};
use nom::multi::many0;
use nom::number::complete::{be_u8, be_u16, be_u32, be_u64};
use nom::{IResult, Parser};

/// When the parts of a file begin to play, and where they are.
#[derive(Debug)]
pub(super) struct Index(Vec<Part>);

/// In bytes from the beginning of the file.
type Part = (Duration, u64);

impl Index {
    /// The index of the file that begins like this.
    pub(super) fn read(head: &[u8]) -> Option<Self> {
        let parts = webm(head).or_else(|| mp4(head))?;
        (!parts.is_empty() && parts.is_sorted()).then_some(Self(parts))
    }

    /// Where the part begins that plays at `time`.
    pub(super) fn place(&self, time: Duration) -> u64 {
        let behind = self.0.partition_point(|(begin, _)| *begin <= time);
        self.0.get(behind.saturating_sub(1)).map_or(0, |(_, place)| *place)
    }
}

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const TIMESTAMP_SCALE: u32 = 0x002A_D7B1;
const CLUSTER: u32 = 0x1F43_B675;
const CUES: u32 = 0x1C53_BB6B;
const CUE_POINT: u32 = 0xBB;
const CUE_TIME: u32 = 0xB3;
const CUE_TRACK_POSITIONS: u32 = 0xB7;
const CUE_CLUSTER_POSITION: u32 = 0xF1;

/// Nanoseconds, where the file does not say.
const USUAL_SCALE: u64 = 1_000_000;

fn webm(head: &[u8]) -> Option<Vec<Part>> {
    let segment = elements(head).find(|element| element.id == SEGMENT)?;
    // Places are counted from there.
    let start = u64::try_from(head.len() - segment.content.len()).ok()?;
    let mut scale = USUAL_SCALE;
    for element in elements(segment.content) {
        match element.id {
            INFO => scale = number(element.content, TIMESTAMP_SCALE).unwrap_or(scale),
            CUES if element.is_whole => {
                let points = elements(element.content).filter(|point| point.id == CUE_POINT);
                return points.map(|point| cue(point.content, scale, start)).collect();
            }
            CUES | CLUSTER => return None,
            _ => {}
        }
    }
    None
}

fn cue(point: &[u8], scale: u64, start: u64) -> Option<Part> {
    let time = number(point, CUE_TIME)?.checked_mul(scale)?;
    let positions = elements(point).find(|element| element.id == CUE_TRACK_POSITIONS)?;
    let place = number(positions.content, CUE_CLUSTER_POSITION)?.checked_add(start)?;
    Some((Duration::from_nanos(time), place))
}

/// An EBML element (RFC 8794).
struct Element<'a> {
    id: u32,
    /// What is there of it.
    content: &'a [u8],
    is_whole: bool,
}

fn elements(mut bytes: &[u8]) -> impl Iterator<Item = Element<'_>> {
    std::iter::from_fn(move || {
        let (rest, element) = element(bytes).ok()?;
        bytes = rest;
        Some(element)
    })
}

fn element(bytes: &[u8]) -> IResult<&[u8], Element<'_>> {
    let (bytes, (id, _)) = variable(bytes)?;
    let (bytes, (size, bits)) = variable(bytes)?;
    let size = size ^ 1 << bits;
    // All ones: to the end.
    let known = usize::try_from(size).ok().filter(|_| size != (1 << bits) - 1);
    let (rest, content) = take(known.unwrap_or(bytes.len()).min(bytes.len()))(bytes)?;
    let is_whole = known.is_none_or(|size| size <= bytes.len());
    Ok((rest, Element { id: u32::try_from(id).unwrap_or(0), content, is_whole }))
}

/// A number of one to eight bytes, whose first bit that is set tells how many; it is not taken
/// away. With it, how many bits are behind that bit.
fn variable(bytes: &[u8]) -> IResult<&[u8], (u64, u32)> {
    let (_, first) = be_u8(bytes)?;
    let length = first.leading_zeros() + 1;
    let (rest, number) = take(length.min(8))(bytes)?;
    Ok((rest, (big_endian(number), 7 * length.min(8))))
}

/// The child `id`, which is a number.
fn number(parent: &[u8], id: u32) -> Option<u64> {
    let child = elements(parent).find(|child| child.id == id)?;
    (child.content.len() <= 8).then(|| big_endian(child.content))
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn mp4(head: &[u8]) -> Option<Vec<Part>> {
    let mut rest = head;
    loop {
        let (after, (length, kind)) = box_header(rest).ok()?;
        let content =
            usize::try_from(length).ok()?.checked_sub(8).and_then(|size| after.split_at_checked(size));
        // What is longer than what is there has no index behind it that is.
        let (content, next) = content?;
        if kind == b"sidx" {
            let end = u64::try_from(head.len() - next.len()).ok()?;
            return sidx(content).ok().and_then(|(_, sidx)| sidx.parts(end));
        }
        rest = next;
    }
}

/// The length of an MP4 box, with this, and its kind.
fn box_header(bytes: &[u8]) -> IResult<&[u8], (u32, &[u8])> {
    (be_u32, take(4_usize)).parse(bytes)
}

/// A segment index.
struct Sidx {
    timescale: u32,
    earliest: u64,
    first_offset: u64,
    /// Size in bytes, the first bit apart, and duration of each part.
    parts: Vec<(u32, u32)>,
}

fn sidx(content: &[u8]) -> IResult<&[u8], Sidx> {
    let short = |bytes| (be_u32.map(u64::from), be_u32.map(u64::from)).parse(bytes);
    let (rest, (version, _flags, _id, timescale)) = (be_u8, take(3_usize), be_u32, be_u32).parse(content)?;
    let (rest, (earliest, first_offset)) =
        if version == 0 { short(rest) } else { (be_u64, be_u64).parse(rest) }?;
    let (rest, (_, _count)) = (tag(&[0, 0][..]), be_u16).parse(rest)?;
    let (rest, parts) =
        many0((be_u32, be_u32, be_u32).map(|(size, duration, _)| (size, duration))).parse(rest)?;
    Ok((rest, Sidx { timescale, earliest, first_offset, parts }))
}

impl Sidx {
    /// The parts, the first of which is counted from `end`; none if they have an index of their own.
    fn parts(self, end: u64) -> Option<Vec<Part>> {
        const HAS_INDEX: u32 = 1 << 31;
        let (mut time, mut place) = (self.earliest, end.checked_add(self.first_offset)?);
        let part = |(size, duration): (u32, u32)| {
            let nanos = u128::from(time) * 1_000_000_000 / u128::from(self.timescale).max(1);
            let part = (Duration::from_nanos(u64::try_from(nanos).ok()?), place);
            time = time.checked_add(duration.into())?;
            place = place.checked_add(size.into())?;
            (size & HAS_INDEX == 0).then_some(part)
        };
        self.parts.into_iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WEBM: &[u8] = include_bytes!("../../tests/data/audio/tone_600s.webm");
    const M4A: &[u8] = include_bytes!("../../tests/data/audio/tone_30s.m4a");

    #[test]
    fn every_part_is_where_the_index_says() {
        for (file, seconds, tag, tag_at) in [(WEBM, 600, &CLUSTER.to_be_bytes(), 0), (M4A, 30, b"moof", 4)] {
            let index = Index::read(file).unwrap();
            assert!(index.0.len() > 5, "{:?}", index.0);
            let mut places = Vec::new();
            for second in 0..seconds {
                let place = usize::try_from(index.place(Duration::from_secs(second))).unwrap();
                assert!(file[place + tag_at..].starts_with(tag), "{second} s at {place}");
                places.push(place);
            }
            assert!(places.is_sorted());
            places.dedup();
            assert_eq!(places.len(), index.0.len(), "each part plays for a second and more");
        }
    }

    #[test]
    fn an_index_that_is_not_whole_is_none() {
        for file in [WEBM, M4A] {
            let parts = Index::read(file).unwrap().0;
            let first = usize::try_from(parts[0].1).unwrap();
            assert_eq!(Index::read(&file[..first]).unwrap().0, parts, "it is in front");
            for length in (0..first - 200).step_by(7) {
                assert!(Index::read(&file[..length]).is_none_or(|index| index.0 == parts), "{length}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(at in 0_usize..2000, byte in any::<u8>(), rest in prop::collection::vec(any::<u8>(), 0..40)) {
            for file in [WEBM, M4A] {
                let mut damaged = file[..2000].to_vec();
                damaged[at] = byte;
                damaged.truncate(at.max(40) + 1);
                damaged.extend_from_slice(&rest);
                for bytes in [&damaged, &rest] {
                    if let Some(index) = Index::read(bytes) {
                        index.place(Duration::from_secs(10));
                    }
                }
            }
        }
    }
}
