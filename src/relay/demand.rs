//! Who reads a song where, and what is to be fetched next for them.
//!
//! Plain values without locks or timers. [`super::song`] keeps one per song.

use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use super::buffer::Buffer;
use super::media::LEAST_PROGRESS;
use crate::library::Portion;

/// How much one upstream read asks for. googlevideo answers 403 to reads without an end, and since
/// August 2026 to reads beyond about 1 MiB.
pub(super) const CHUNK: u64 = 512 * 1024;

/// What makes a song ready to start: headers and index of YouTube's files, and some 15 s of music.
pub(super) const HEAD: u64 = 256 * 1024;

/// How far ahead of a reader a song is fetched: a quarter of an hour of music, so that an outage
/// shorter than that is not heard.
pub(super) const AHEAD: u64 = 16 * 1024 * 1024;

/// What a reader is not given of what is there, while more is to come: some 3 s of music, at most a
/// third of what there is since it began. It is for [`Demand::feed`].
const RESERVE: u64 = 48 * 1024;

/// What a reader is given of its reserve at a time: 20 to 40 ms of music.
const CRUMB: u64 = 600;

/// What stays behind a reader when a long song has to be cut: seeks back are mostly short.
const BEHIND: u64 = 1024 * 1024;

/// Who reads where.
#[derive(Debug, Default)]
pub(super) struct Demand {
    readers: Vec<Place>,
    /// Counts readers and serves; an order, not a number of anything.
    clock: u64,
}

/// One reader's place.
#[derive(Debug)]
struct Place {
    reader: ReaderId,
    /// Where it began to read, and when.
    began: (u64, Instant),
    at: u64,
    until: u64,
    /// When a read was last made for it, by the clock; 0 if never.
    served: u64,
    /// Up to where it was fed from its reserve.
    fed: u64,
}

/// Tells the readers of one song apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReaderId(u64);

/// Where MPD will read that begins at `from` in a song of `total` bytes, as far as that can be
/// told without the file's index: it may be beside.
pub(super) fn around(from: Portion, total: u64) -> Range<u64> {
    let of = from.of.as_millis().max(1);
    let at = u64::try_from(u128::from(total) * from.at.as_millis() / of).unwrap_or(u64::MAX);
    let end = at.saturating_add(CHUNK / 2).min(total);
    end.saturating_sub(CHUNK)..end
}

/// The next read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// Somebody waits for the first byte of it.
    Now(Range<u64>),
    /// It will be wanted.
    Ahead(Range<u64>),
}

impl Demand {
    /// A new reader, at the start.
    pub(super) fn add(&mut self, now: Instant) -> ReaderId {
        self.clock += 1;
        let reader = ReaderId(self.clock);
        self.readers.push(Place { reader, began: (0, now), at: 0, until: u64::MAX, served: 0, fed: 0 });
        reader
    }

    /// It reads no more.
    pub(super) fn remove(&mut self, reader: ReaderId) {
        self.readers.retain(|place| place.reader != reader);
    }

    /// It reads `range` from now on.
    pub(super) fn seek(&mut self, reader: ReaderId, range: Range<u64>, now: Instant) {
        if let Some(place) = self.place_mut(reader) {
            place.began = (range.start, now);
            (place.at, place.until, place.served, place.fed) = (range.start, range.end, 0, 0);
        }
    }

    /// What it has yet to read.
    pub(super) fn rest(&self, reader: ReaderId) -> Range<u64> {
        self.place(reader).map_or(0..0, |place| place.at..place.until)
    }

    /// Up to where it may read of what is there.
    pub(super) fn limit(&self, reader: ReaderId, buffer: &Buffer) -> u64 {
        self.place(reader).map_or(0, |place| place.limit(buffer))
    }

    /// It has waited for long, and is given a little of its reserve, if there is any left.
    ///
    /// When nothing comes while MPD plays, MPD may stand still: two clients that ask for something at
    /// the same time are enough (`Player::Run` waits for the decoder and does not see the second's
    /// command; 0.23.12 and 0.24.4). A few decoded samples wake it.
    pub(super) fn feed(&mut self, reader: ReaderId, buffer: &Buffer) {
        if let Some(place) = self.place_mut(reader) {
            place.fed = place.limit(buffer) + CRUMB;
        }
    }

    /// It read up to here.
    pub(super) fn advance(&mut self, reader: ReaderId, at: u64) {
        if let Some(place) = self.place_mut(reader) {
            place.at = at;
        }
    }

    /// Whether nobody reads.
    pub(super) fn is_empty(&self) -> bool {
        self.readers.is_empty()
    }

    /// Whether somebody waits for a byte that is not there.
    pub(super) fn is_starved(&self, buffer: &Buffer) -> bool {
        self.readers.iter().any(|place| place.is_starved(buffer))
    }

    /// Whether somebody waits for a byte that is not there, or will as soon as they have read the
    /// little that is.
    pub(super) fn runs_dry(&self, buffer: &Buffer) -> bool {
        self.running_dry(buffer).next().is_some()
    }

    fn running_dry(&self, buffer: &Buffer) -> impl Iterator<Item = &Place> {
        self.readers.iter().filter(|place| {
            let limit = place.limit(buffer);
            limit < place.until && limit - place.at < LEAST_PROGRESS
        })
    }

    /// For how long those who run dry can still play what they were given, when all `total` bytes play
    /// for `duration`; the one with least counts.
    pub(super) fn in_hand(&self, buffer: &Buffer, total: u64, duration: Duration, now: Instant) -> Duration {
        let in_hand = |place: &Place| {
            let (from, since) = place.began;
            let given = place.at.saturating_sub(from);
            plays_for(given, total, duration).saturating_sub(now.saturating_duration_since(since))
        };
        self.running_dry(buffer).map(in_hand).min().unwrap_or_default()
    }

    /// The same, when it is known how far into the song they are.
    pub(super) fn in_hand_at(
        &self,
        buffer: &Buffer,
        total: u64,
        duration: Duration,
        elapsed: Duration,
    ) -> Duration {
        let in_hand = |place: &Place| plays_for(place.at, total, duration).saturating_sub(elapsed);
        self.running_dry(buffer).map(in_hand).min().unwrap_or_default()
    }

    /// What to read next of a song of `total` bytes: for those who wait, in turn; then what is
    /// `cued`; then for whoever would run dry first.
    pub(super) fn next(&self, buffer: &Buffer, total: u64, cued: &[Range<u64>]) -> Option<Want> {
        let holes = || {
            self.readers.iter().filter_map(|place| {
                let hole = buffer.end_of_run(place.at);
                (place.at < place.until && hole < place.until.min(total))
                    .then(|| (place, hole, hole - place.at))
            })
        };
        let chunk = |start: u64, most: u64| {
            let end = buffer.next_run(start).unwrap_or(u64::MAX).min(most).min(total);
            start..end.min(start + CHUNK)
        };
        if let Some((place, hole, _)) = holes()
            .filter(|(place, ..)| place.is_starved(buffer))
            .min_by_key(|(place, ..)| (place.served, u64::MAX - place.reader.0))
        {
            return Some(Want::Now(chunk(hole, place.until)));
        }
        if let Some((hole, end)) = cued.iter().find_map(|cued| hole(buffer, cued, total)) {
            return Some(Want::Now(chunk(hole, end)));
        }
        let (place, hole, gap) = holes().min_by_key(|(.., gap)| *gap)?;
        (gap + CHUNK <= AHEAD).then(|| Want::Ahead(chunk(hole, place.until)))
    }

    /// A read of `range` begins: whoever it serves goes to the back of the queue.
    pub(super) fn note_read(&mut self, buffer: &Buffer, range: &Range<u64>) {
        self.clock += 1;
        for place in self.readers.iter_mut().filter(|place| range.contains(&buffer.end_of_run(place.at))) {
            place.served = self.clock;
        }
    }

    /// Whether the rest of a running read should be given up for somebody who has just come and
    /// waits elsewhere: MPD seeks by a new request, often before its old one is seen to be gone.
    pub(super) fn is_elsewhere(&self, buffer: &Buffer, running: &Range<u64>) -> bool {
        let new = self.readers.iter().filter(|place| place.served == 0);
        new.filter(|place| place.is_starved(buffer))
            .any(|place| !running.contains(&buffer.end_of_run(place.at)))
    }

    /// What to keep for readers of a song that has become too long to be kept whole.
    pub(super) fn windows(&self) -> impl Iterator<Item = Range<u64>> {
        self.readers.iter().map(|place| place.at.saturating_sub(BEHIND)..place.at.saturating_add(AHEAD))
    }

    fn place(&self, reader: ReaderId) -> Option<&Place> {
        self.readers.iter().find(|place| place.reader == reader)
    }

    fn place_mut(&mut self, reader: ReaderId) -> Option<&mut Place> {
        self.readers.iter_mut().find(|place| place.reader == reader)
    }
}

/// How long `bytes` play, when all `total` bytes play for `duration`.
fn plays_for(bytes: u64, total: u64, duration: Duration) -> Duration {
    let plays = duration.as_millis() * u128::from(bytes) / u128::from(total.max(1));
    Duration::from_millis(u64::try_from(plays).unwrap_or(u64::MAX))
}

/// The first byte of `range` that is missing, and the range's end, in a song of `total` bytes.
pub(super) fn hole(buffer: &Buffer, range: &Range<u64>, total: u64) -> Option<(u64, u64)> {
    let (hole, end) = (buffer.end_of_run(range.start), range.end.min(total));
    (hole < end).then_some((hole, end))
}

impl Place {
    /// Whether it waits for more than it is given for now.
    fn is_starved(&self, buffer: &Buffer) -> bool {
        self.at < self.until && self.limit(buffer) == self.at
    }

    /// Up to where it may read: what is there without the reserve, unless that is all it wants.
    fn limit(&self, buffer: &Buffer) -> u64 {
        let hole = buffer.end_of_run(self.at);
        if hole >= self.until {
            return self.until.max(self.at);
        }
        let reserve = RESERVE.min(hole.saturating_sub(self.began.0) / 3);
        (hole - reserve).max(self.fed.min(hole)).max(self.at)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const TOTAL: u64 = 40 * 1024 * 1024;

    /// Start and end.
    type Span = (u64, u64);

    fn buffer(spans: &[Span]) -> Buffer {
        let mut buffer = Buffer::default();
        for &(start, end) in spans {
            buffer.insert(start, Bytes::from(vec![0; usize::try_from(end - start).unwrap()]));
        }
        buffer
    }

    #[test]
    fn a_place_to_play_from_is_a_place_in_the_file() {
        let seconds = Duration::from_secs;
        for (at, of, range) in [
            (300, 600, TOTAL / 2 - CHUNK / 2..TOTAL / 2 + CHUNK / 2),
            (1, 600, 0..TOTAL / 600 + CHUNK / 2),
            (600, 600, TOTAL - CHUNK..TOTAL),
            (900, 600, TOTAL - CHUNK..TOTAL),
        ] {
            assert_eq!(around(Portion { at: seconds(at), of: seconds(of) }, TOTAL), range, "{at} of {of}");
        }
        assert_eq!(around(Portion { at: seconds(1), of: seconds(2) }, 10), 0..10);
    }

    /// What is read next for readers at `at..until`, the first one first come.
    fn next(there: &[Span], readers: &[Span], head: bool) -> Option<Want> {
        let mut demand = Demand::default();
        for &(at, until) in readers {
            let reader = demand.add(Instant::now());
            demand.seek(reader, at..until, Instant::now());
        }
        demand.next(&buffer(there), TOTAL, &[if head { 0..HEAD } else { 0..0 }])
    }

    #[test]
    fn who_waits_comes_first_then_the_head_then_who_runs_dry() {
        let all = u64::MAX;
        for (there, readers, head, want) in [
            (&[][..], &[][..], false, None),
            (&[], &[], true, Some(Want::Now(0..HEAD))),
            (&[(0, HEAD)], &[], true, None),
            (&[], &[(0, all)], false, Some(Want::Now(0..CHUNK))),
            (&[], &[(5, 10)], false, Some(Want::Now(5..10))),
            (&[], &[(TOTAL - 5, all)], false, Some(Want::Now(TOTAL - 5..TOTAL))),
            // Up to what is there already, and no further.
            (&[(100, 200)], &[(0, all)], false, Some(Want::Now(0..100))),
            // Ahead of a reader who has enough for now.
            (&[(0, 100)], &[(0, all)], false, Some(Want::Ahead(100..100 + CHUNK))),
            (&[(0, AHEAD - CHUNK)], &[(0, all)], false, Some(Want::Ahead(AHEAD - CHUNK..AHEAD))),
            (&[(0, AHEAD - CHUNK + 1)], &[(0, all)], false, None),
            (&[(0, 100)], &[(0, 100)], false, None),
            // The newest who waits; the one with least in hand.
            (&[], &[(0, all), (7, all)], false, Some(Want::Now(7..7 + CHUNK))),
            (&[(0, 100)], &[(0, all), (200, 300)], false, Some(Want::Now(200..300))),
            (&[(0, 100)], &[(0, all), (90, all)], false, Some(Want::Ahead(100..100 + CHUNK))),
            (&[(CHUNK, CHUNK + 10)], &[(CHUNK, all)], true, Some(Want::Now(0..HEAD))),
        ] {
            assert_eq!(next(there, readers, head), want, "{there:?} {readers:?} {head}");
        }
    }

    #[test]
    fn who_waits_gets_their_turn() {
        let (mut demand, buffer) = (Demand::default(), Buffer::default());
        let old = demand.add(Instant::now());
        demand.note_read(&buffer, &(0..CHUNK));
        assert!(!demand.is_elsewhere(&buffer, &(0..CHUNK)));
        let new = demand.add(Instant::now());
        demand.seek(new, CHUNK + 5..u64::MAX, Instant::now());
        assert!(demand.is_elsewhere(&buffer, &(0..CHUNK)));
        demand.note_read(&buffer, &(CHUNK + 5..2 * CHUNK));
        assert!(!demand.is_elsewhere(&buffer, &(CHUNK + 5..2 * CHUNK)));
        assert_eq!(demand.next(&buffer, TOTAL, &[]), Some(Want::Now(0..CHUNK)));
        demand.remove(old);
        demand.remove(new);
        assert!(demand.is_empty() && !demand.is_starved(&buffer));
    }

    #[test]
    fn who_has_a_little_runs_dry() {
        let mut demand = Demand::default();
        let reader = demand.add(Instant::now());
        for (until, there, starved, dry) in [
            (TOTAL, 0, true, true),
            (TOTAL, 1, false, true),
            // A third of it is kept back.
            (TOTAL, LEAST_PROGRESS / 2 * 3 - 2, false, true),
            (TOTAL, LEAST_PROGRESS / 2 * 3, false, false),
            // All that it wants.
            (100, 100, false, false),
        ] {
            demand.seek(reader, 0..until, Instant::now());
            let buffer = buffer(&[(0, there)]);
            assert_eq!((demand.is_starved(&buffer), demand.runs_dry(&buffer)), (starved, dry), "{there}");
        }
    }

    #[test]
    fn who_waits_for_more_has_a_reserve_to_be_fed_from() {
        let mut demand = Demand::default();
        let reader = demand.add(Instant::now());
        for (at, there, until, limit, fed) in [
            (0, 300, TOTAL, 200, 800),
            // No further than there is.
            (0, 3, TOTAL, 2, 3),
            (0, 0, TOTAL, 0, 0),
            (0, 10 * RESERVE, TOTAL, 9 * RESERVE, 9 * RESERVE + CRUMB),
            // Only what it reads itself counts.
            (9 * RESERVE, 9 * RESERVE + 300, TOTAL, 9 * RESERVE + 200, 9 * RESERVE + 300),
            // There is no more to come.
            (0, 300, 300, 300, 300),
            (0, 300, 200, 200, 200),
        ] {
            let buffer = buffer(&[(0, there)]);
            demand.seek(reader, at..until, Instant::now());
            assert_eq!(demand.limit(reader, &buffer), limit, "{there} of {until}");
            demand.advance(reader, limit);
            let waits = limit < until;
            assert_eq!(demand.is_starved(&buffer), waits, "{there} of {until}");
            let reads = Want::Now(there..(there + CHUNK).min(TOTAL));
            assert_eq!(demand.next(&buffer, TOTAL, &[]), waits.then_some(reads), "{there} of {until}");
            demand.feed(reader, &buffer);
            assert_eq!(demand.limit(reader, &buffer), fed.min(there), "{there} of {until}");
        }
    }

    #[test]
    fn who_waits_may_still_have_music() {
        let now = Instant::now();
        let minutes = |count: u64| Duration::from_secs(60 * count);
        let mut demand = Demand::default();
        let reader = demand.add(now);
        demand.seek(reader, TOTAL / 2..TOTAL, now);
        demand.advance(reader, TOTAL / 4 * 3);
        // A quarter of twenty minutes was given, of which two have passed.
        let in_hand =
            |there: &[Span], passed| demand.in_hand(&buffer(there), TOTAL, minutes(20), now + passed);
        assert_eq!(in_hand(&[], minutes(2)), minutes(3));
        assert_eq!(in_hand(&[], minutes(6)), minutes(0));
        assert_eq!(in_hand(&[(TOTAL / 4 * 3, TOTAL)], minutes(0)), minutes(0), "nobody waits");
        // However long that was ago: it may have been paused.
        let in_hand_at = |elapsed| demand.in_hand_at(&buffer(&[]), TOTAL, minutes(20), elapsed);
        assert_eq!([10, 14, 16].map(|elapsed| in_hand_at(minutes(elapsed))), [5, 1, 0].map(minutes));
    }
}
