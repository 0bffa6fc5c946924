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
    /// Some playlist could not be listed since YouTube could not be reached.
    Unreachable,
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
        Source::YouTube(catalogue) => list(catalogue, &config.youtube.playlists, events).await,
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
                    outcome = Outcome::Unreachable;
                }
                let error = &error as &dyn std::error::Error;
                warn!(playlist = %id, error, "could not be listed; it stays as it was");
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
    match outcome {
        _ if !config.auto => pending().await,
        Outcome::Complete => sleep(config.interval).await,
        Outcome::Unreachable => sleep(config.interval.min(WHEN_UNREACHABLE)).await,
    }
}

/// Waits for another configuration; for ever, if there will be none.
async fn reconfigured(config: &mut watch::Receiver<Arc<Config>>) {
    if config.changed().await.is_err() {
        pending::<()>().await;
    }
}
