//! Whether a fault that may be the song's or the setup's is the one or the other.
//!
//! A song's fault skips the song, one of the setup stops the music: to confuse them either empties
//! a queue, or stops the music for a single odd video. What happened to other songs tells.

use std::time::Duration;

use tokio::time::Instant;

use super::FaultKind;
use crate::library::VideoId;

/// After so many different songs in a row with such a fault it is not the songs.
const TOO_MANY: usize = 3;

/// A song that was found longer ago than this proves nothing about today's YouTube.
const PROOF_FOR: Duration = Duration::from_secs(10 * 60);

/// What is known of the songs that were asked for last.
#[derive(Default)]
pub(super) struct Doubts {
    /// At most [`TOO_MANY`], since the last one that was found.
    doubted: Vec<VideoId>,
    found: Option<(VideoId, Instant)>,
}

impl Doubts {
    /// The setup works, for this song at least.
    pub(super) fn found(&mut self, video: VideoId) {
        self.doubted.clear();
        self.found = Some((video, Instant::now()));
    }

    /// What an unclear fault of this song is.
    pub(super) fn judge(&mut self, video: VideoId) -> FaultKind {
        if self.doubted.len() < TOO_MANY && !self.doubted.contains(&video) {
            self.doubted.push(video);
        }
        let works = self.found.is_some_and(|(other, at)| other != video && at.elapsed() < PROOF_FOR);
        if works && self.doubted.len() < TOO_MANY { FaultKind::Gone } else { FaultKind::Setup }
    }
}

#[cfg(test)]
mod tests {
    use FaultKind::{Gone, Setup};

    use super::*;

    fn video(letter: char) -> VideoId {
        format!("{letter}aaaaaaaaaa").parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn others_tell_whose_fault_it_is() {
        let mut doubts = Doubts::default();
        assert_eq!(doubts.judge(video('a')), Setup, "nothing ever worked");
        doubts.found(video('a'));
        assert_eq!(doubts.judge(video('a')), Setup, "it worked itself");
        doubts.found(video('b'));
        for (letter, kind) in [('c', Gone), ('c', Gone), ('d', Gone), ('e', Setup), ('c', Setup)] {
            assert_eq!(doubts.judge(video(letter)), kind, "{letter}");
        }
        doubts.found(video('b'));
        assert_eq!(doubts.judge(video('c')), Gone);
        tokio::time::advance(PROOF_FOR).await;
        assert_eq!(doubts.judge(video('c')), Setup);
    }
}
