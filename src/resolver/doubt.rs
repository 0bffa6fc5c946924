//! Whether a fault that may be the song's or the setup's is the one or the other.
//!
//! A song's fault skips the song, one of the setup stops the music: to confuse them either empties
//! a queue, or stops the music for a single odd video. What happened to other songs tells. A failure
//! to understand YouTube is the setup's unless there is proof of the contrary; a refusal is the
//! song's until too many are refused.

use std::time::Duration;

use tokio::time::Instant;

use super::FaultKind;
use crate::library::VideoId;

/// After so many different songs in a row that were not understood it is not the songs.
const TOO_MANY_UNCLEAR: usize = 3;

/// After so many different songs in a row that were refused it is not the songs: whole lists of
/// removed ones are rare, as YouTube tells in its lists which are.
const TOO_MANY_REFUSED: usize = 6;

/// A song that was found proves for so long that songs can be: the next may come after an hour's mix.
const PROOF_FOR: Duration = Duration::from_secs(6 * 60 * 60);

/// Faults longer ago than this are no part of what happens now.
const STREAK_WITHIN: Duration = Duration::from_secs(10 * 60);

/// What is known of the songs that were asked for last.
#[derive(Default)]
pub(super) struct Doubts {
    unclear: Streak,
    refused: Streak,
    found: Option<(VideoId, Instant)>,
}

/// Different songs with faults of one kind, since the last one that was found.
#[derive(Default)]
struct Streak(Vec<(VideoId, Instant)>);

impl Doubts {
    /// The setup works, for this song at least.
    pub(super) fn found(&mut self, video: VideoId) {
        *self = Self { found: Some((video, Instant::now())), ..Self::default() };
    }

    /// What an unclear fault of this song is.
    pub(super) fn judge(&mut self, video: VideoId) -> FaultKind {
        let streak = self.unclear.with(video);
        let works = self.found.is_some_and(|(other, at)| other != video && at.elapsed() < PROOF_FOR);
        if works && streak < TOO_MANY_UNCLEAR { FaultKind::Gone } else { FaultKind::Setup }
    }

    /// What a refusal of this song is.
    pub(super) fn judge_refusal(&mut self, video: VideoId) -> FaultKind {
        if self.refused.with(video) < TOO_MANY_REFUSED { FaultKind::Gone } else { FaultKind::Setup }
    }
}

impl Streak {
    /// How many it is with this song.
    fn with(&mut self, video: VideoId) -> usize {
        self.0.retain(|(other, at)| *other != video && at.elapsed() < STREAK_WITHIN);
        self.0.push((video, Instant::now()));
        self.0.len()
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

    #[tokio::test(start_paused = true)]
    async fn one_refusal_after_the_other_is_meant_for_all() {
        let mut doubts = Doubts::default();
        for (letter, kind) in ('a'..='f').zip([Gone, Gone, Gone, Gone, Gone, Setup]) {
            assert_eq!(doubts.judge_refusal(video(letter)), kind, "{letter}");
            assert_eq!(doubts.judge_refusal(video(letter)), kind, "{letter} again");
        }
        doubts.found(video('g'));
        assert_eq!(doubts.judge_refusal(video('f')), Gone);
        for letter in 'a'..='d' {
            assert_eq!(doubts.judge_refusal(video(letter)), Gone, "{letter}");
        }
        tokio::time::advance(STREAK_WITHIN).await;
        assert_eq!(doubts.judge_refusal(video('e')), Gone, "those were of another time");
    }
}
