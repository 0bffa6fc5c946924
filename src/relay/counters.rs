//! What `/health` counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the start. Nothing depends on them, so their order does not matter.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Requests for audio.
    pub(super) requests: Count,
    /// Ranges asked of media servers.
    pub(super) reads: Count,
    /// Bytes they sent.
    pub(super) fetched: Count,
    /// Streams asked of the resolver.
    pub(super) resolves: Count,
    /// URLs that died before their song was read.
    pub(super) dead_urls: Count,
    /// Songs that were waited for in vain.
    pub(super) given_up: Count,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
