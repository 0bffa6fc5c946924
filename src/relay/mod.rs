//! The HTTP server that MPD reads from: audio, covers and playlists.
//!
//! MPD may be standing still while it waits for an answer, so nothing here asks MPD for anything
//! before it answers. [`crate::app`] builds one [`Relay`] and serves it; sessions and the player
//! have only its [`Cue`] and its [`Pictures`].
//!
//! From a request down to YouTube: `door` lets MPD in (`hosts`: where that is; `reach`: whether it
//! finds us); `routes` tells what is asked for; `audio` is one request for a song, framed as `agent`
//! says; `deck` knows which songs are in memory, `files` which MPD was given; `song` is one of them
//! (`buffer`: what is there; `demand`: what is wanted next; `index`: which part plays when); `fetch`
//! is the task that fetches it, as patiently as `trouble` says; `media` is one read of a media
//! server, with one of `clients`. `cue` gets songs ready ahead of their turn. `pls`, `xspf` and
//! `cover` are the other answers, `counters` the numbers of `/health`; `check` is for `ytmpctl
//! doctor`.

mod agent;
mod audio;
mod buffer;
mod check;
mod clients;
mod counters;
mod cover;
mod cue;
mod deck;
mod demand;
mod door;
mod fetch;
mod files;
mod hosts;
mod index;
mod media;
mod pls;
mod reach;
mod routes;
mod song;
#[cfg(test)]
mod tests;
mod trouble;
mod xspf;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub use self::check::{CHECK_PLS, CHECK_SONG, CHECK_XSPF};
use self::cover::{Covers, Gallery};
use self::cue::Cues;
use self::deck::{Deck, Pace};
use self::door::Door;
use self::hosts::Hosts;
use self::routes::Site;
use crate::config::{self, Address};
use crate::library::{Cue, Halt, Pictures, Snapshot, Unavailable};
use crate::resolver::Resolver;

/// How long answers may take to end once the relay stops: a client that does not read must not
/// keep us.
const GRACE: Duration = Duration::from_secs(1);

/// What the relay works with; `app` fills it in.
pub struct Sources {
    /// Which songs there are.
    pub library: watch::Receiver<Arc<Snapshot>>,
    /// Finds their streams.
    pub resolver: Resolver,
    /// Where it notes which songs cannot be had.
    pub unavailable: Unavailable,
    /// Told before a request fails for a reason that may pass, and waited for, two seconds at most.
    pub halt: mpsc::Sender<Halt>,
}

/// The relay. Clones share everything.
#[derive(Clone)]
pub struct Relay {
    site: Site,
    cues: Arc<Cues>,
    config: config::Relay,
}

impl Relay {
    /// A relay for the songs in `sources`, which keeps their pictures in the folder `covers`. Work in
    /// the background runs on the current runtime.
    pub fn new(config: &config::Relay, covers: PathBuf, sources: Sources) -> Self {
        Self::with_pace(Pace::new(config.hold), config, covers, sources)
    }

    fn with_pace(pace: Pace, config: &config::Relay, covers: PathBuf, sources: Sources) -> Self {
        let deck = Deck::new(pace, sources);
        let cues = Arc::new(Cues::new(Arc::clone(&deck)));
        let covers = Covers::new(Arc::clone(&deck), covers);
        let base_url = config.base_url.as_str().into();
        let site = Site { deck, covers, base_url, checks: Arc::default(), started: Instant::now() };
        Self { site, cues, config: config.clone() }
    }

    /// What sessions and the player may ask of it, from any runtime.
    pub fn cue(&self) -> Arc<dyn Cue> {
        Arc::clone(&self.cues) as Arc<dyn Cue>
    }

    /// Its pictures, likewise.
    pub fn pictures(&self) -> Arc<dyn Pictures> {
        Arc::new(Gallery(Arc::clone(&self.site.covers)))
    }

    /// Answers this machine, and MPD where it is at one of these addresses, until `shutdown`; then
    /// ends all bodies and everything in the background. A relay is served once.
    pub async fn serve(self, listener: TcpListener, mpd: Vec<Address>, shutdown: CancellationToken) {
        let Deck { stop, tasks, .. } = &*self.site.deck;
        let (stop, tasks) = (stop.clone(), tasks.clone());
        let hosts = Arc::new(Hosts::new(&mpd));
        let doubting = warn_of_doubts(self.config, Arc::clone(&hosts));
        tasks.spawn(stop.clone().run_until_cancelled_owned(doubting));
        let door = Door::new(listener, hosts, tasks.clone(), stop.clone());
        let stopping = stop.clone();
        let serving = axum::serve(door, routes::router(self.site))
            .with_graceful_shutdown(async move { stopping.cancelled().await })
            .into_future();
        let ending = async {
            shutdown.cancelled().await;
            stop.cancel();
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            _ = serving => {}
            () = ending => {}
        }
        tasks.close();
        // They all end with `stop`; a bug in one must not keep the program.
        let _ = timeout(GRACE, tasks.wait()).await;
    }
}

/// Says why MPD may not find us. A name that has to be looked up may take a while.
async fn warn_of_doubts(config: config::Relay, hosts: Arc<Hosts>) {
    for doubt in reach::doubts(&config, &hosts).await {
        warn!("{doubt}");
    }
}
