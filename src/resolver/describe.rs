//! Finds out what songs are called that clients have named by their addresses.
//!
//! The run of `yt-dlp` that finds a song's stream tells its title as well (see
//! [`super::YtDlpExtract::telling`]), and such a song will be wanted soon: so it is resolved ahead
//! of time. One after the other, the newest first.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{FaultKind, Resolver, Urgency};
use crate::library::{Snapshot, VideoId};

/// So many titles are looked up one right after the other: what somebody adds by hand...
const AT_ONCE: u32 = 20;

/// ...and of a long list, or of what had no title when we started, one in this time. Without an
/// account, YouTube lets an address have some 300 videos an hour, and then none for up to an hour, as
/// yt-dlp's wiki has it (Extractors, "common YouTube errors"): most are for what is played.
const BETWEEN: Duration = Duration::from_secs(20);

/// Before a song is tried again that failed for want of a network and the like; each further time
/// it takes twice as long...
const FIRST_RETRY: Duration = Duration::from_secs(15);

/// ...up to this.
const LONGEST_RETRY: Duration = Duration::from_secs(30 * 60);

/// Before a song is tried again that YouTube refuses, or says nothing about.
const RETRY_REFUSED: Duration = Duration::from_secs(24 * 60 * 60);

/// Does it until `stop`.
pub async fn describe(library: watch::Receiver<Arc<Snapshot>>, resolver: Resolver, stop: CancellationToken) {
    let pace = Pace { rested: Instant::now() };
    let mut describer = Describer { tries: HashMap::new(), library, resolver, pace };
    stop.run_until_cancelled(describer.run()).await;
}

struct Describer {
    library: watch::Receiver<Arc<Snapshot>>,
    resolver: Resolver,
    /// Songs that are not to be tried at once.
    tries: HashMap<VideoId, Try>,
    pace: Pace,
}

struct Try {
    failures: u32,
    again: Instant,
}

/// Few at once, and not too many an hour.
struct Pace {
    /// When there may be [`AT_ONCE`] again.
    rested: Instant,
}

impl Pace {
    /// Takes a turn.
    ///
    /// # Errors
    /// When there is one only at that time.
    fn turn(&mut self) -> Result<(), Instant> {
        let now = Instant::now();
        let tired = self.rested.saturating_duration_since(now);
        let pause = tired.saturating_sub(BETWEEN * (AT_ONCE - 1));
        if !pause.is_zero() {
            return Err(now + pause);
        }
        self.rested = now + tired + BETWEEN;
        Ok(())
    }
}

impl Describer {
    async fn run(&mut self) {
        loop {
            let next = match self.next().map(|video| (video, self.pace.turn())) {
                Some((video, Ok(()))) => {
                    self.look_up(video).await;
                    continue;
                }
                Some((_, Err(later))) => Some(later),
                None => self.tries.values().map(|tried| tried.again).min(),
            };
            let due = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                changed = self.library.changed() => if changed.is_err() {
                    return;
                },
                () = due => {}
            }
        }
    }

    fn next(&mut self) -> Option<VideoId> {
        let snapshot = self.library.borrow_and_update().clone();
        let wanted = snapshot.placeholders();
        self.tries.retain(|video, _| wanted.contains(video));
        let now = Instant::now();
        let is_due = |video: &&VideoId| self.tries.get(video).is_none_or(|tried| tried.again <= now);
        wanted.iter().rev().find(is_due).copied()
    }

    async fn look_up(&mut self, video: VideoId) {
        let failures = self.tries.get(&video).map_or(0, |tried| tried.failures);
        let doubled = FIRST_RETRY.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_RETRY);
        let pause = match self.resolver.resolve(video, Urgency::Ahead).await {
            // It has been told; if not, there is nothing to tell.
            Ok(_) => RETRY_REFUSED,
            Err(fault) => {
                info!(%video, reason = %fault, "no title yet for a song that was added");
                match fault.kind {
                    FaultKind::Gone | FaultKind::SignIn | FaultKind::Refused | FaultKind::Unclear => {
                        RETRY_REFUSED
                    }
                    FaultKind::BackOff(pause) => pause.max(FIRST_RETRY),
                    FaultKind::Passing | FaultKind::Setup => doubled,
                }
            }
        };
        let tried = Try { failures: failures.saturating_add(1), again: Instant::now() + pause };
        self.tries.insert(video, tried);
    }
}
