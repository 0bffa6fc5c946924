//! Why songs cannot be had, for whoever has to tell the user.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::VideoId;

/// The reasons YouTube last gave for songs that cannot be had. The relay writes them; sessions
/// show them in `status` and in ACKs. A cheap handle: clones share one table.
#[derive(Debug, Clone, Default)]
pub struct Unavailable(Arc<Mutex<HashMap<VideoId, Box<str>>>>);

impl Unavailable {
    /// More reasons than this are not kept: the oldest serve nobody any more.
    const MOST: usize = 4096;

    /// Remembers why `video` cannot be had.
    pub fn insert(&self, video: VideoId, reason: &str) {
        let mut reasons = self.lock();
        if reasons.len() >= Self::MOST {
            reasons.clear();
        }
        reasons.insert(video, reason.into());
    }

    /// `video` can be had again.
    pub fn remove(&self, video: VideoId) {
        self.lock().remove(&video);
    }

    /// YouTube's reason, if there is one.
    pub fn reason(&self, video: VideoId) -> Option<Box<str>> {
        self.lock().get(&video).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<VideoId, Box<str>>> {
        // Every write is one insert or remove: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
