//! Why songs cannot be had, for whoever has to tell the user.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Snapshot, Track, VideoId};

/// The reasons YouTube last gave for songs that cannot be had, and which of them MPD was stopped
/// for. The relay and the player write them; sessions show them in `status` and in ACKs. A cheap
/// handle: clones share one table.
#[derive(Debug, Clone, Default)]
pub struct Unavailable(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    reasons: HashMap<VideoId, Box<str>>,
    /// By partition: what it was stopped for, until it plays again.
    stops: BTreeMap<Box<str>, VideoId>,
}

impl Unavailable {
    /// More reasons than this are not kept: the oldest serve nobody any more.
    const MOST: usize = 4096;

    /// Remembers why `video` cannot be had.
    pub fn insert(&self, video: VideoId, reason: &str) {
        let mut table = self.lock();
        if table.reasons.len() >= Self::MOST {
            table.reasons.clear();
        }
        table.reasons.insert(video, reason.into());
    }

    /// Remembers that a partition of MPD's was stopped since `video` cannot be had.
    pub fn stopped(&self, partition: &str, video: VideoId, reason: &str) {
        self.insert(video, reason);
        self.lock().stops.insert(partition.into(), video);
    }

    /// `video` can be had again.
    pub fn remove(&self, video: VideoId) {
        self.lock().reasons.remove(&video);
    }

    /// A partition plays again: what it was stopped for is past.
    pub fn plays(&self, partition: &str) {
        self.lock().stops.remove(partition);
    }

    /// There are only these partitions.
    pub fn keep_partitions(&self, names: &[String]) {
        self.lock().stops.retain(|partition, _| names.iter().any(|name| **name == **partition));
    }

    /// The user has seen what MPD was stopped for (`clearerror`).
    pub fn clear_stops(&self) {
        self.lock().stops.clear();
    }

    /// YouTube's reason, if there is one.
    pub fn reason(&self, video: VideoId) -> Option<Box<str>> {
        self.lock().reasons.get(&video).cloned()
    }

    /// What a partition was stopped for, in words for the user.
    pub fn stop_of(&self, partition: &str, snapshot: &Snapshot) -> Option<String> {
        let video = self.lock().stops.get(partition).copied()?;
        self.of(snapshot.track(video)?)
    }

    /// What any partition was stopped for, likewise; each thing once.
    pub fn stops(&self, snapshot: &Snapshot) -> Vec<String> {
        let videos: BTreeSet<VideoId> = self.lock().stops.values().copied().collect();
        videos.iter().filter_map(|video| self.of(snapshot.track(*video)?)).collect()
    }

    /// Why this song cannot be played, in words for the user, if YouTube gave a reason.
    pub fn of(&self, track: &Track) -> Option<String> {
        let reason = self.reason(track.id)?;
        Some(format!("\"{}\" cannot be played: {reason}", track.title))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Table> {
        // Every write is one insert or remove: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
