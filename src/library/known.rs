//! Every song that was ever seen, in a playlist of today or not.

use std::sync::Arc;

use super::{Track, Tracks, VideoId};

/// The songs. A clone shares them with what it was made of; they are copied only when one is new
/// or known better.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    tracks: Arc<Tracks>,
    /// Which of them are placeholders; the newest last.
    placeholders: Arc<[VideoId]>,
}

impl Known {
    pub(super) fn new(tracks: Tracks) -> Self {
        let placeholders = tracks.values().filter(|track| track.is_placeholder()).map(|track| track.id);
        Self { placeholders: placeholders.collect(), tracks: Arc::new(tracks) }
    }

    pub(super) fn tracks(&self) -> &Tracks {
        &self.tracks
    }

    pub(super) fn placeholders(&self) -> &[VideoId] {
        &self.placeholders
    }

    /// Adds a song of which nothing is known but its id. Returns whether it was not there.
    pub(super) fn admit(&mut self, video: VideoId) -> bool {
        if self.tracks.contains_key(&video) {
            return false;
        }
        Arc::make_mut(&mut self.tracks).insert(video, Arc::new(Track::placeholder(video)));
        self.placeholders = self.placeholders.iter().copied().chain([video]).collect();
        true
    }

    /// These are known as this from now on.
    pub(super) fn learn<'a>(&mut self, tracks: impl IntoIterator<Item = &'a Arc<Track>>) {
        self.take(tracks, |known, track| known != track);
    }

    /// As [`Self::learn`], but what is known of a song already stays.
    pub(super) fn learn_unknown<'a>(&mut self, tracks: impl IntoIterator<Item = &'a Arc<Track>>) {
        self.take(tracks, |known, _| known.is_placeholder());
    }

    /// Takes what is new, or what `gives_way` lets take the place of the first of the two.
    fn take<'a>(
        &mut self,
        tracks: impl IntoIterator<Item = &'a Arc<Track>>,
        gives_way: impl Fn(&Arc<Track>, &Arc<Track>) -> bool,
    ) {
        for track in tracks {
            if self.tracks.get(&track.id).is_none_or(|known| gives_way(known, track)) {
                Arc::make_mut(&mut self.tracks).insert(track.id, Arc::clone(track));
            }
        }
        let is_one = |video: &VideoId| self.tracks.get(video).is_some_and(|track| track.is_placeholder());
        if !self.placeholders.iter().all(is_one) {
            self.placeholders = self.placeholders.iter().copied().filter(is_one).collect();
        }
    }
}
