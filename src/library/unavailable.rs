//! Why songs cannot be had, for whoever has to tell the user.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Snapshot, Track, VideoId};

/// The reasons YouTube last gave for songs that cannot be had, and which of them MPD was stopped
/// for. The relay writes them; sessions show them in `status` and in ACKs. A cheap handle: clones
/// share one table.
#[derive(Debug, Clone, Default)]
pub struct Unavailable(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    reasons: HashMap<VideoId, Box<str>>,
    stopped_for: Option<VideoId>,
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

    /// Remembers that MPD was stopped since `video` cannot be had.
    pub fn stopped(&self, video: VideoId, reason: &str) {
        self.insert(video, reason);
        self.lock().stopped_for = Some(video);
    }

    /// `video` can be had again.
    pub fn remove(&self, video: VideoId) {
        self.lock().reasons.remove(&video);
    }

    /// Something plays again: what MPD was stopped for is past.
    pub fn plays(&self) {
        self.lock().stopped_for = None;
    }

    /// YouTube's reason, if there is one.
    pub fn reason(&self, video: VideoId) -> Option<Box<str>> {
        self.lock().reasons.get(&video).cloned()
    }

    /// What MPD was stopped for, in words for the user, until it plays again.
    pub fn stopped_for(&self, snapshot: &Snapshot) -> Option<String> {
        let video = self.lock().stopped_for?;
        self.of(snapshot.track(video)?)
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
