//! What is in memory of one song: frames as they came from the media server, by offset.
//!
//! A plain data structure without locks or time. [`super::song`] owns one per song.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;

/// A frame shorter than this is copied: it is a slice of the HTTP client's read buffer (at least
/// 8 KiB), all of which it would keep alive. Longer frames stay where they came in.
const WORTH_SHARING: usize = 4 * 1024;

/// Parts of a song, none of them twice.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    /// Where each frame begins. Frames do not overlap.
    frames: BTreeMap<u64, Bytes>,
    /// Start and end of everything without a hole.
    runs: BTreeMap<u64, u64>,
    held: u64,
}

impl Buffer {
    /// Adds what was read at `at`. What is there already stays as it is.
    pub(super) fn insert(&mut self, mut at: u64, mut bytes: Bytes) {
        while !bytes.is_empty() {
            let start = self.end_of_run(at);
            let known = usize::try_from(start - at).unwrap_or(usize::MAX).min(bytes.len());
            let mut new = bytes.split_off(known);
            let room = self.next_run(start).and_then(|next| usize::try_from(next - start).ok());
            bytes = new.split_off(room.unwrap_or(usize::MAX).min(new.len()));
            at = start + length(&new);
            self.insert_new(start, new);
        }
    }

    /// Adds a frame that fills a hole, or part of one.
    fn insert_new(&mut self, start: u64, mut frame: Bytes) {
        if frame.is_empty() {
            return;
        }
        if frame.len() < WORTH_SHARING {
            frame = Bytes::copy_from_slice(&frame);
        }
        let end = start + length(&frame);
        self.held += length(&frame);
        self.frames.insert(start, frame);
        self.note_run(start, end);
    }

    /// What is there from `at` up to the end of the frame that holds it.
    pub(super) fn frame(&self, at: u64) -> Option<Bytes> {
        let (start, frame) = self.frames.range(..=at).next_back()?;
        let skip = usize::try_from(at - start).ok().filter(|skip| *skip < frame.len())?;
        Some(frame.slice(skip..))
    }

    /// The first `length` bytes, as far as they are there.
    pub(super) fn head(&self, length: u64) -> Vec<u8> {
        let frames = std::iter::successors(self.frames.get(&0).map(|first| (0, first)), |(at, frame)| {
            let next = at + self::length(frame);
            self.frames.get(&next).map(|frame| (next, frame))
        });
        frames.take_while(|(at, _)| *at < length).flat_map(|(_, frame)| frame.iter().copied()).collect()
    }

    /// The first byte from `at` on that is missing.
    pub(super) fn end_of_run(&self, at: u64) -> u64 {
        self.runs.range(..=at).next_back().map_or(at, |(_, &end)| end.max(at))
    }

    /// Where the next run after `at` starts.
    pub(super) fn next_run(&self, at: u64) -> Option<u64> {
        self.runs.range(at + 1..).next().map(|(&start, _)| start)
    }

    /// How many bytes are there.
    pub(super) fn held(&self) -> u64 {
        self.held
    }

    /// Drops every frame that lies outside all of `windows`.
    pub(super) fn keep(&mut self, windows: &[Range<u64>]) {
        self.frames.retain(|&start, frame| {
            let end = start + length(frame);
            windows.iter().any(|window| start < window.end && window.start < end)
        });
        self.held = self.frames.values().map(length).sum();
        self.runs.clear();
        let spans: Vec<_> =
            self.frames.iter().map(|(&start, frame)| (start, start + length(frame))).collect();
        for (start, end) in spans {
            self.note_run(start, end);
        }
    }

    /// Joins the new span to the runs that it touches.
    fn note_run(&mut self, start: u64, end: u64) {
        let end = self.runs.remove(&end).unwrap_or(end);
        match self.runs.range_mut(..start).next_back() {
            Some((_, before)) if *before == start => *before = end,
            _ => {
                self.runs.insert(start, end);
            }
        }
    }
}

fn length(bytes: &Bytes) -> u64 {
    // No allocation is longer than 2^64.
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn content(range: Range<u64>) -> Bytes {
        range.map(|at| u8::try_from((at * 7 + at / 251) % 256).unwrap()).collect()
    }

    #[test]
    fn runs_grow_and_join() {
        let mut buffer = Buffer::default();
        for (insert, run_of_0, next) in
            [(0..10, 10, None), (20..30, 10, Some(20)), (10..15, 15, Some(20)), (12..25, 30, None)]
        {
            buffer.insert(insert.start, content(insert));
            assert_eq!((buffer.end_of_run(0), buffer.next_run(0)), (run_of_0, next));
        }
        assert_eq!(buffer.held(), 30);
        assert_eq!(buffer.frame(30), None);
    }

    #[test]
    fn long_frames_are_not_copied() {
        let frame = Bytes::from(vec![7; 2 * WORTH_SHARING]);
        let mut buffer = Buffer::default();
        buffer.insert(0, frame.clone());
        assert_eq!(buffer.frame(0).unwrap().as_ptr(), frame.as_ptr());
    }

    #[test]
    fn what_no_window_holds_goes() {
        let mut buffer = Buffer::default();
        for start in (0..100).step_by(10) {
            buffer.insert(start, content(start..start + 10));
        }
        buffer.keep(&[0..5, 35..60]);
        assert_eq!(buffer.held(), 40);
        assert_eq!((buffer.end_of_run(0), buffer.end_of_run(30)), (10, 60));
        assert_eq!((buffer.next_run(0), buffer.next_run(30)), (Some(30), None));
    }

    proptest! {
        #[test]
        fn holds_exactly_what_was_put_in(spans in prop::collection::vec((0_u64..500, 0_u64..80), 0..30)) {
            let mut buffer = Buffer::default();
            let mut there = [false; 600];
            for (start, length) in spans {
                buffer.insert(start, content(start..start + length));
                (start..start + length).for_each(|at| there[usize::try_from(at).unwrap()] = true);
            }
            for at in 0..600 {
                let frame = buffer.frame(at);
                prop_assert_eq!(frame.is_some(), there[usize::try_from(at).unwrap()]);
                if let Some(frame) = frame {
                    let end = at + length(&frame);
                    prop_assert!(end <= buffer.end_of_run(at));
                    prop_assert_eq!(frame, content(at..end));
                }
            }
            prop_assert_eq!(buffer.held(), there.iter().map(|&there| u64::from(there)).sum::<u64>());
        }
    }
}
