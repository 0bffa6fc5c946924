//! Numbers for `/health` and `status`: the resolver's task writes them, its handles read them.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use super::memory::Answer;

/// Shared by the task and its handles.
#[derive(Default)]
pub(super) struct Counters {
    running: AtomicUsize,
    queued: AtomicUsize,
    found: AtomicU64,
    failed: AtomicU64,
}

/// How much a resolver has to do and has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Extractions that run, with those whose stream may not be read yet.
    pub running: usize,
    /// Extractions that wait for a worker.
    pub queued: usize,
    /// Extractions that gave a stream, since the start.
    pub found: u64,
    /// Extractions that gave a fault, since the start.
    pub failed: u64,
}

impl Counters {
    pub(super) fn under_way(&self, running: usize, queued: usize) {
        self.running.store(running, Relaxed);
        self.queued.store(queued, Relaxed);
    }

    pub(super) fn settled(&self, answer: &Answer) {
        let counter = if answer.is_ok() { &self.found } else { &self.failed };
        counter.fetch_add(1, Relaxed);
    }

    pub(super) fn tally(&self) -> Tally {
        Tally {
            running: self.running.load(Relaxed),
            queued: self.queued.load(Relaxed),
            found: self.found.load(Relaxed),
            failed: self.failed.load(Relaxed),
        }
    }
}
