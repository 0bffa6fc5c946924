//! What is known of one song, and what is wanted of it. Whoever changes it wakes who waits.

use std::ops::Range;

use tokio::time::Instant;

use super::{End, Use, Version};
use crate::library::{Portion, Readiness};
use crate::relay::buffer::Buffer;
use crate::relay::demand::{CHUNK, Demand, HEAD, Want, around, hole};
use crate::relay::index::Index;
use crate::resolver::Urgency;

#[derive(Debug)]
pub(super) struct State {
    pub(super) version: Option<Version>,
    pub(super) buffer: Buffer,
    /// The file's, if it has one, once somebody has looked for it.
    index: Option<Option<Index>>,
    pub(super) demand: Demand,
    /// Somebody is about to read, and nobody has come to yet.
    pub(super) cued: bool,
    /// From where somebody is about to play, though nobody reads there yet.
    pub(super) sought: Portion,
    /// MPD has come to play it, and the fetching task does not know yet.
    pub(super) plays: bool,
    /// The head is to stay.
    pub(super) pinned: bool,
    /// When somebody last showed interest.
    pub(super) used: Instant,
    /// The fetching task has nothing to do, and waits for `wanted`.
    pub(super) resting: bool,
    /// The fetching task sits out a failure, until a reader waits.
    pub(super) dozing: bool,
    pub(super) end: Option<End>,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            version: None,
            buffer: Buffer::default(),
            index: None,
            demand: Demand::default(),
            cued: false,
            sought: Portion::START,
            plays: false,
            pinned: false,
            used: Instant::now(),
            resting: false,
            dozing: false,
            end: None,
        }
    }

    pub(super) fn urgency(&self) -> Option<Urgency> {
        if self.end.is_some() {
            return None;
        }
        match self.cued || !self.demand.is_empty() {
            true => Some(Urgency::Now),
            false => self.pinned.then_some(Urgency::Ahead),
        }
    }

    /// What to read next.
    pub(super) fn next(&mut self) -> Option<Want> {
        let head = self.cued || self.pinned;
        let sought = self.sought();
        match &self.version {
            Some(version) => {
                let cued = [if head { 0..HEAD } else { 0..0 }, sought];
                self.demand.next(&self.buffer, version.total, &cued)
            }
            // How long it is comes with the first read.
            None => (head || !self.demand.is_empty()).then_some(Want::Now(0..HEAD)),
        }
    }

    /// What MPD will read to play from where it is about to.
    pub(super) fn sought(&mut self) -> Range<u64> {
        self.part(self.sought)
    }

    /// What MPD will read to play from there, beside the head; nothing until that is there, with
    /// the file's index.
    pub(super) fn part(&mut self, from: Portion) -> Range<u64> {
        match &self.version {
            Some(version) if !from.at.is_zero() && self.has_head(version.total) => {
                let total = version.total;
                let index = self.index.get_or_insert_with(|| Index::read(&self.buffer.head(HEAD)));
                index.as_ref().map_or_else(
                    || around(from, total),
                    |index| {
                        let place = index.place(from.at);
                        place..place.saturating_add(CHUNK).min(total)
                    },
                )
            }
            _ => 0..0,
        }
    }

    fn has_head(&self, total: u64) -> bool {
        hole(&self.buffer, &(0..HEAD), total).is_none()
    }

    /// Whether what is sought is missing, and not what is being read.
    pub(super) fn seeks_elsewhere(&mut self, running: &Range<u64>) -> bool {
        let sought = self.sought();
        hole(&self.buffer, &sought, u64::MAX).is_some_and(|(hole, _)| !running.contains(&hole))
    }

    /// Nothing is to be read.
    pub(super) fn rest(&mut self) -> Use {
        self.resting = true;
        match (self.demand.is_empty(), self.pinned) {
            (false, _) => Use::Read,
            (true, true) => Use::Kept,
            (true, false) => Use::Unused,
        }
    }

    /// Whether MPD could play from there, and be answered from memory.
    pub(super) fn is_ready(&mut self, from: Portion) -> bool {
        let part = self.part(from);
        let head = self.version.as_ref().is_some_and(|version| self.has_head(version.total));
        self.end.is_none() && head && hole(&self.buffer, &part, u64::MAX).is_none()
    }

    /// What has come of getting it ready, if anything has.
    pub(super) fn readiness(&mut self, from: Portion) -> Option<Readiness> {
        match &self.end {
            Some(End::Gone(reason)) => return Some(Readiness::Never(reason.clone())),
            Some(_) => return Some(Readiness::NotNow),
            None => {}
        }
        let is_given_up = self.demand.is_empty() && self.sought == Portion::START && !from.at.is_zero();
        match self.is_ready(from) {
            true => Some(Readiness::Ready),
            false => is_given_up.then_some(Readiness::NotNow),
        }
    }
}
