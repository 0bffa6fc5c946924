//! When to list, and what: one playlist after the other, in rounds.
//!
//! Knows nothing of the library; what it finds goes to [`super::Sync`] as events.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tracing::{debug, warn};

use super::Source;
use crate::config::{self, Config};
use crate::library::{Playlist, PlaylistId};
use crate::youtube::Catalogue;

/// Between two playlists: YouTube is asked no faster than a reader would.
const BETWEEN_PLAYLISTS: Duration = Duration::from_millis(250);

/// The pause after a round in which YouTube could not be reached, if the configured one is
/// longer: a laptop that wakes up is offline for a moment.
const WHEN_UNREACHABLE: Duration = Duration::from_secs(120);

/// The longest that YouTube is left alone because it asks for it.
const LONGEST_REST: Duration = Duration::from_secs(24 * 60 * 60);

/// What a round brings. `Started`, any number of `Listed`, `Finished`.
#[derive(Debug, PartialEq)]
pub(super) enum Event {
    /// These playlists will be listed; there should be no others.
    Started(Vec<PlaylistId>),
    /// One was.
    Listed(Playlist),
    /// Those that were not listed by now could not be.
    Finished,
}

/// What became of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Complete,
    /// Some playlist could not be listed since YouTube could not be reached. It wants to be left
    /// alone for this long at least.
    Unreachable(Duration),
}

impl Outcome {
    /// When to begin the next round.
    fn pause(self, interval: Duration) -> Duration {
        match self {
            Self::Complete => interval,
            Self::Unreachable(at_least) => interval.min(WHEN_UNREACHABLE).max(at_least.min(LONGEST_REST)),
        }
    }

    fn and_unreachable(self, at_least: Duration) -> Self {
        match self {
            Self::Complete => Self::Unreachable(at_least),
            Self::Unreachable(before) => Self::Unreachable(before.max(at_least)),
        }
    }
}

/// Lists at once, after each interval, and whenever the configuration changed.
///
/// # Cancel safety
/// Dropping the future ends what it waits for; nothing is left running.
pub(super) async fn run(
    mut config: watch::Receiver<Arc<Config>>,
    source: Source,
    events: mpsc::Sender<Event>,
) -> Infallible {
    loop {
        let current = Arc::clone(&config.borrow_and_update());
        let outcome = round(&current, &source, &events).await;
        tokio::select! {
            () = until_due(&current.sync, outcome) => {}
            () = reconfigured(&mut config) => {}
        }
    }
}

async fn round(config: &Config, source: &Source, events: &mpsc::Sender<Event>) -> Outcome {
    match source {
        Source::Fixed(playlists) => {
            send(events, Event::Started(playlists.iter().map(|playlist| playlist.id.clone()).collect()))
                .await;
            for playlist in playlists {
                send(events, Event::Listed(playlist.clone())).await;
            }
            send(events, Event::Finished).await;
            Outcome::Complete
        }
        Source::YouTube(catalogue) => list(&catalogue(config), &config.youtube.playlists, events).await,
    }
}

async fn list(catalogue: &Catalogue, wanted: &[PlaylistId], events: &mpsc::Sender<Event>) -> Outcome {
    let mut outcome = Outcome::Complete;
    send(events, Event::Started(wanted.to_vec())).await;
    for (nth, id) in wanted.iter().enumerate() {
        if nth > 0 {
            sleep(BETWEEN_PLAYLISTS).await;
        }
        match catalogue.playlist(id).await {
            Ok(listing) => {
                let songs = listing.playlist.entries.len();
                debug!(playlist = %id, songs, unavailable = listing.unavailable, "listed");
                send(events, Event::Listed(listing.playlist)).await;
            }
            Err(error) => {
                if error.is_passing() {
                    outcome = outcome.and_unreachable(error.retry_after().unwrap_or_default());
                }
                let shown = &error as &dyn std::error::Error;
                if error.concerns_all() {
                    warn!(playlist = %id, error = shown, "could not be listed; it stays as it was, and so do all others");
                    break;
                }
                warn!(playlist = %id, error = shown, "could not be listed; it stays as it was");
            }
        }
    }
    send(events, Event::Finished).await;
    outcome
}

async fn send(events: &mpsc::Sender<Event>, event: Event) {
    // Nobody receives any more: then nobody polls us either.
    let _ = events.send(event).await;
}

async fn until_due(config: &config::Sync, outcome: Outcome) {
    if config.auto { sleep(outcome.pause(config.interval)).await } else { pending().await }
}

/// Waits for another configuration; for ever, if there will be none.
async fn reconfigured(config: &mut watch::Receiver<Arc<Config>>) {
    if config.changed().await.is_err() {
        pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_round_is_when_youtube_can_be_reached_again() {
        let seconds = Duration::from_secs;
        for (outcome, interval, pause) in [
            (Outcome::Complete, 1800, 1800),
            (Outcome::Complete.and_unreachable(Duration::ZERO), 1800, 120),
            (Outcome::Complete.and_unreachable(Duration::ZERO), 60, 60),
            (Outcome::Unreachable(seconds(3600)).and_unreachable(seconds(5)), 1800, 3600),
            (Outcome::Unreachable(Duration::MAX), 1800, 86_400),
        ] {
            assert_eq!(outcome.pause(seconds(interval)), seconds(pause), "{outcome:?}");
        }
    }
}
