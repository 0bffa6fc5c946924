//! Why songs cannot be had, for whoever has to tell the user.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::VideoId;

/// The reasons YouTube last gave for songs that cannot be had. The relay writes them; sessions
/// show them in `status` and in ACKs. A cheap handle: clones share one table.
#[derive(Debug, Clone, Default)]
pub struct Unavailable(Arc<Mutex<Reasons>>);

#[derive(Debug, Default)]
struct Reasons {
    songs: HashMap<VideoId, Box<str>>,
    /// The song that MPD was last stopped for, until YouTube answers again.
    halted: Option<VideoId>,
}

impl Unavailable {
    /// More reasons than this are not kept: the oldest serve nobody any more.
    const MOST: usize = 4096;

    /// Remembers why `video` cannot be had.
    pub fn insert(&self, video: VideoId, reason: &str) {
        let songs = &mut self.lock().songs;
        if songs.len() >= Self::MOST {
            songs.clear();
        }
        songs.insert(video, reason.into());
    }

    /// Remembers why `video` cannot be had for now, and that MPD is stopped for it.
    pub fn halt(&self, video: VideoId, reason: &str) {
        self.insert(video, reason);
        self.lock().halted = Some(video);
    }

    /// `video` can be had again, and with it whatever an outage kept back.
    pub fn remove(&self, video: VideoId) {
        let mut reasons = self.lock();
        reasons.songs.remove(&video);
        reasons.halted = None;
    }

    /// The song that MPD was stopped for, if YouTube has not answered since.
    pub fn halted(&self) -> Option<VideoId> {
        self.lock().halted
    }

    /// YouTube's reason, if there is one.
    pub fn reason(&self, video: VideoId) -> Option<Box<str>> {
        self.lock().songs.get(&video).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Reasons> {
        // Each write stands for itself: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
