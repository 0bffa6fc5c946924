//! The way to MPD: one connection that only idles, another for each piece of work, and when to
//! try again.

use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;
use tracing::debug;

use crate::config::Config;
use crate::mpd::{Changes, Connection, Error, HEARTBEAT, Retries, changes};
use crate::net::Upstream;

/// After MPD has refused us: only its configuration or ours can change that, and we hear of ours.
const WHEN_REFUSED: Duration = Duration::from_secs(60);

/// What tells of something to do.
const SUBSYSTEMS: &[&str] = &["stored_playlist"];

/// The way to MPD.
pub(super) struct Link {
    upstream: Upstream,
    idling: Option<Idling>,
    /// Whether MPD is as it should be: it was reached and let us work.
    is_made: bool,
    /// When to try the next thing, without news.
    next: Instant,
    retries: Retries,
    /// How often in a row MPD has ended the connection instead of writing.
    cut_short: u32,
}

type Idling = Pin<Box<dyn Future<Output = Result<(Connection, Changes), Error>> + Send>>;

impl Link {
    pub(super) fn new(upstream: Upstream) -> Self {
        let next = Instant::now();
        Self { upstream, idling: None, is_made: false, next, retries: Retries::default(), cut_short: 0 }
    }

    /// Whether MPD is to be tried: always while it works, and at times while it does not.
    pub(super) fn is_due(&self) -> bool {
        self.is_made || self.next <= Instant::now()
    }

    pub(super) fn is_made(&self) -> bool {
        self.is_made
    }

    /// When to try or to look again.
    pub(super) fn next(&self) -> Instant {
        if self.is_made { Instant::now() + HEARTBEAT } else { self.next }
    }

    /// MPD works.
    pub(super) fn made(&mut self) {
        self.is_made = true;
        self.retries = Retries::default();
        self.cut_short = 0;
    }

    /// It ended the connection while we wrote: by chance, as far as can be told from once.
    pub(super) fn cut_short(&mut self, error: &Error) {
        if matches!(error, Error::Closed | Error::Broken(_)) {
            self.cut_short += 1;
        }
    }

    pub(super) fn is_cut_short_again(&self) -> bool {
        self.cut_short > 1
    }

    /// It does not, for this reason.
    pub(super) fn lost(&mut self, error: &Error) {
        debug!(error = error as &dyn std::error::Error, "no playlists are written to MPD for now");
        self.idling = None;
        self.is_made = false;
        let delay = match error {
            Error::Password | Error::Refused { .. } => WHEN_REFUSED,
            Error::Closed | Error::Broken(_) if self.is_cut_short_again() => WHEN_REFUSED,
            Error::Connect(_) | Error::Broken(_) | Error::Closed | Error::Silent(_) => self.retries.pause(),
        };
        self.next = Instant::now() + delay;
    }

    /// Something is different: MPD is not waited for any longer.
    pub(super) fn try_at_once(&mut self) {
        self.next = Instant::now();
    }

    /// Has MPD tell of changes, if it does not yet. What happens from now on is news.
    pub(super) async fn listen(&mut self, config: &Config) -> Result<(), Error> {
        if self.idling.is_none() {
            let connection = self.connect(config).await?.idle_for(SUBSYSTEMS).await?;
            self.idling = Some(Box::pin(changes(connection)));
        }
        Ok(())
    }

    /// A connection for work.
    pub(super) async fn connect(&mut self, config: &Config) -> Result<Connection, Error> {
        Connection::open_patiently(&self.upstream, config).await
    }

    /// Waits until MPD tells of changes, or goes.
    ///
    /// # Cancel safety
    /// What is waited for stays here.
    pub(super) async fn news(&mut self) {
        let Some(idling) = &mut self.idling else {
            return pending().await;
        };
        match idling.await {
            Ok((connection, _)) => self.idling = Some(Box::pin(changes(connection))),
            Err(error) => self.lost(&error),
        }
    }
}
