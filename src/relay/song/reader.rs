//! One request's place in a song: what it reads, frame by frame.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, timeout};

use super::{End, ReaderId, Song, State, Version};

/// After so long without anything a reader is fed from its reserve: clients give up on MPD, which may
/// stand still for it, after 5 s.
const HUNGER: Duration = Duration::from_secs(2);

/// One request's way through a song.
#[derive(Debug)]
pub(in crate::relay) struct Reader {
    pub(super) song: Arc<Song>,
    /// Its place in the song's demand.
    pub(super) reader: ReaderId,
}

impl Reader {
    /// Which file this is, as soon as that is known.
    pub(in crate::relay) async fn version(&self) -> Result<Version, End> {
        self.wait(|state| state.version.clone()).await
    }

    /// Reads `range` from now on, which lies within the file, and waits until its first byte is
    /// there.
    pub(in crate::relay) async fn seek(&self, range: Range<u64>) -> Result<(), End> {
        let start = range.start;
        // If it has ended, the wait says why.
        self.song.interest(|state| state.demand.seek(self.reader, range, state.used));
        self.wait(|state| state.buffer.frame(start).map(|_| ())).await
    }

    /// The next frame; none at the end of the range.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub(in crate::relay) async fn next(&self) -> Result<Option<Bytes>, End> {
        loop {
            if let Ok(frame) = timeout(HUNGER, self.frame()).await {
                return frame;
            }
            let state = &mut *self.song.lock();
            state.demand.feed(self.reader, &state.buffer);
        }
    }

    async fn frame(&self) -> Result<Option<Bytes>, End> {
        let song = &self.song;
        self.wait(|state| {
            let rest = state.demand.rest(self.reader);
            if rest.is_empty() {
                return Some(None);
            }
            // Once the song has ended nothing is kept back.
            let limit = match state.end {
                Some(_) => rest.end,
                None => state.demand.limit(self.reader, &state.buffer),
            };
            let Some(mut frame) = state.buffer.frame(rest.start).filter(|_| rest.start < limit) else {
                if std::mem::take(&mut state.dozing) {
                    song.wanted.notify_one();
                }
                return None;
            };
            frame.truncate(usize::try_from(limit - rest.start).unwrap_or(usize::MAX));
            let read = u64::try_from(frame.len()).unwrap_or(u64::MAX);
            state.demand.advance(self.reader, rest.start + read);
            state.used = Instant::now();
            if state.resting && state.next().is_some() {
                song.wanted.notify_one();
            }
            Some(Some(frame))
        })
        .await
    }

    /// Waits until `found` finds it. What is in memory is given out even after the end.
    async fn wait<T>(&self, mut found: impl FnMut(&mut State) -> Option<T>) -> Result<T, End> {
        loop {
            // Before the look, so that no change between the look and the waiting is missed.
            let changed = self.song.changed.notified();
            {
                let mut state = self.song.lock();
                if let Some(found) = found(&mut state) {
                    return Ok(found);
                }
                if let Some(end) = &state.end {
                    return Err(end.clone());
                }
            }
            changed.await;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.song.lock();
        state.demand.remove(self.reader);
        state.used = Instant::now();
        self.song.wanted.notify_one();
    }
}
