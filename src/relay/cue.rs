//! Getting songs ready ahead of their turn: the relay's side of [`Cue`].

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::deck::Deck;
use crate::library::{Cue, Portion, Readiness, VideoId};

/// Songs got ready at once in the background: yt-dlp is heavy, and nobody waits.
const AT_ONCE: usize = 2;

/// Songs kept ready: their heads are 256 KiB each.
const MOST_KEPT: usize = 16;

/// A song that cannot be had is tried again after this many times the usual delay.
const NEVER: u32 = 60;

/// A song that fails again and again is tried no more rarely than after this many times the usual
/// delay.
const RAREST: u32 = 16;

/// What sessions and the player hold.
pub(super) struct Cues {
    deck: Arc<Deck>,
    /// The [`Keeper`] holds the other end.
    kept: watch::Sender<Vec<VideoId>>,
}

impl Cues {
    /// Starts the keeper, too; on the current runtime.
    pub(super) fn new(deck: Arc<Deck>) -> Self {
        let (kept, list) = watch::channel(Vec::new());
        let keeper =
            Keeper { deck: Arc::clone(&deck), list, getting: JoinSet::new(), waiting: HashMap::new() };
        deck.tasks.spawn(keeper.run());
        Self { deck, kept }
    }
}

impl Cue for Cues {
    fn is_ready(&self, video: VideoId, from: Portion) -> bool {
        self.deck.is_ready(video, from)
    }

    fn is_with_mpd(&self, video: VideoId, from: Portion) -> bool {
        self.deck.is_with_mpd(video, from)
    }

    fn cue(&self, video: VideoId, from: Portion) -> Pin<Box<dyn Future<Output = Readiness> + Send>> {
        if self.deck.snapshot().track(video).is_none() {
            return Box::pin(async { Readiness::Never("the library does not know this video".to_owned()) });
        }
        let song = self.deck.cue(video);
        song.seek(from);
        Box::pin(async move { song.ready(from).await })
    }

    fn plays(&self, video: VideoId) {
        self.deck.plays(video);
    }

    fn keep_ready(&self, mut videos: Vec<VideoId>) {
        videos.truncate(MOST_KEPT);
        self.kept.send_if_modified(|kept| {
            let changed = *kept != videos;
            *kept = videos;
            changed
        });
    }
}

/// Keeps the songs of a list ready: one task for the relay's whole life.
struct Keeper {
    deck: Arc<Deck>,
    list: watch::Receiver<Vec<VideoId>>,
    /// What is being got ready.
    getting: JoinSet<(VideoId, Readiness)>,
    /// What is being got ready, or failed: how often, and when to try again.
    waiting: HashMap<VideoId, Try>,
}

#[derive(Debug)]
enum Try {
    Running { failures: u32, task: AbortHandle },
    Failed { failures: u32, again: Instant },
}

impl Keeper {
    async fn run(mut self) {
        let stop = self.deck.stop.clone();
        stop.run_until_cancelled(self.keep()).await;
    }

    async fn keep(&mut self) {
        loop {
            self.start();
            // Looks now and then whether a song was thrown out for want of memory.
            let look = Instant::now() + self.deck.pace.keep_retry;
            tokio::select! {
                changed = self.list.changed() => if changed.is_err() {
                    return;
                },
                Some(got) = self.getting.join_next() => if let Ok((video, readiness)) = got {
                    self.note(video, &readiness);
                },
                () = sleep_until(look), if !self.list.borrow().is_empty() => {}
            }
        }
    }

    /// Pins what is wanted, and gets the most likely songs ready that are not.
    fn start(&mut self) {
        let videos = self.list.borrow_and_update().clone();
        self.waiting.retain(|video, tried| {
            let stays = videos.contains(video);
            if let Try::Running { task, .. } = tried
                && !stays
            {
                task.abort();
            }
            stays
        });
        self.deck.pin(&videos);
        for video in videos {
            if self.getting.len() >= AT_ONCE {
                break;
            }
            let failures = match self.waiting.get(&video) {
                Some(Try::Running { .. }) => continue,
                Some(Try::Failed { again, .. }) if *again > Instant::now() => continue,
                Some(Try::Failed { failures, .. }) => *failures,
                None => 0,
            };
            if self.deck.is_ready(video, Portion::START) || self.deck.snapshot().track(video).is_none() {
                continue;
            }
            let song = self.deck.keep(video);
            let task = self.getting.spawn(async move { (video, song.ready(Portion::START).await) });
            self.waiting.insert(video, Try::Running { failures, task });
        }
    }

    fn note(&mut self, video: VideoId, readiness: &Readiness) {
        let failures = match self.waiting.remove(&video) {
            Some(Try::Running { failures, .. }) => failures.saturating_add(1),
            _ => 1,
        };
        let delays = match readiness {
            Readiness::Ready => return,
            Readiness::NotNow => 2_u32.saturating_pow(failures - 1).min(RAREST),
            Readiness::Never(_) => NEVER,
        };
        let again = Instant::now() + self.deck.pace.keep_retry * delays;
        self.waiting.insert(video, Try::Failed { failures, again });
    }
}
