//! The daemon's own way to MPD: it tags the relay's songs in MPD's queues, has the next ones made
//! ready, and stops MPD when the relay asks for it.
//!
//! It is no client's connection: those are [`crate::session`]'s. It knows nothing of HTTP: `app`
//! gives it a [`Cue`] to say what is next, and the relay's [`Halt`]s.
//!
//! One connection only idles, in the default partition, and each piece of work opens another one
//! for as long as it takes. So nothing ever has to interrupt an `idle` whose answer may be on its
//! way, no event waits behind work, no connection is parked in a partition that someone wants to
//! delete, and an error costs one connection whose state is known: it is closed.

mod halt;
mod likely;
mod queue;
mod status;
mod tags;
mod work;

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch::error::RecvError;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use self::work::{Memory, Wake, Work};
use crate::config::{Config, Secret};
use crate::library::{Cue, Halt, Halted, Pictures, Snapshot, Unavailable};
use crate::mpd::{Connection, Error, Retries, changes};
use crate::net::Upstream;
use crate::reason::on_one_line;

/// Halts come one after the other, and MPD may keep each waiting for a while: an older one may
/// be about a song that the user has started again.
const STALE: Duration = Duration::from_secs(15);

/// After this long without a greeting, `status` and the log say that MPD does not answer. An address
/// that does not even take the connection is told of before, by the way to MPD.
const SILENCE: Duration = Duration::from_secs(6);

/// How long MPD may take to be stopped when we end: whoever stops us waits.
const LAST_WORD: Duration = Duration::from_secs(1);

/// What the player works with; `app` fills it in.
pub struct Player {
    /// The configuration: password, prefetch.
    pub config: watch::Receiver<Arc<Config>>,
    /// How MPD is reached.
    pub upstream: Upstream,
    /// What is known of the songs.
    pub library: watch::Receiver<Arc<Snapshot>>,
    /// Who gets songs ready.
    pub cue: Arc<dyn Cue>,
    /// Who keeps songs' pictures.
    pub pictures: Arc<dyn Pictures>,
    /// Why songs cannot be had, to remember what MPD was stopped for.
    pub unavailable: Unavailable,
    /// The relay's wish to stop MPD before it gives up on a song.
    pub halt: mpsc::Receiver<Halt>,
    /// Whether MPD can be reached, for `status`.
    pub contact: watch::Sender<Contact>,
}

/// Whether MPD can be reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Contact {
    /// Not tried yet.
    #[default]
    Untried,
    /// It can.
    Connected,
    /// It cannot; why, on one line.
    Unreachable(String),
}

impl fmt::Display for Contact {
    /// As `ytmpctl status` has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untried => f.write_str("unreachable: not tried yet"),
            Self::Connected => f.write_str("connected"),
            Self::Unreachable(why) => write!(f, "unreachable: {why}"),
        }
    }
}

impl Player {
    /// Tags and prepares songs until `shutdown`, through any number of MPD's restarts.
    ///
    /// # Cancel safety
    /// Dropping the future closes its connections; a command list that was sent is still run.
    pub async fn run(self, shutdown: CancellationToken) {
        let Self { config, upstream, library, cue, pictures, unavailable, halt, contact } = self;
        let halting = obey(halt, upstream.clone(), config.clone(), unavailable.clone());
        let work = Work { config, upstream, library, cue, pictures, unavailable, memory: Memory::default() };
        let tending = tend(work, contact);
        // Halts do not wait for the work, which MPD may be keeping waiting.
        let both = Box::pin(async { tokio::join!(halting, tending) });
        // Only the shutdown ends it.
        let _ = shutdown.run_until_cancelled(both).await;
    }
}

/// Stops MPD where it plays one of the relay's songs: the relay is about to end, and MPD would
/// run through its queue and, with `consume`, empty it. Gives up after `LAST_WORD`.
pub async fn stop_songs(upstream: &Upstream, password: &Secret) {
    match timeout(LAST_WORD, halt::halt_all(upstream, password)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(error = &error as &dyn StdError, "MPD could not be stopped"),
        Err(_) => debug!("MPD could not be stopped in time"),
    }
}

/// Works through one life of MPD after the other.
async fn tend(mut work: Work, contact: watch::Sender<Contact>) -> Infallible {
    let mut tries = Tries::new(contact);
    loop {
        work.memory = Memory::default();
        let Err(error) = live(&mut work, &mut tries).await;
        tries.lost(&error);
        sleep(tries.delay()).await;
    }
}

/// Works for as long as MPD can be reached.
async fn live(work: &mut Work, tries: &mut Tries) -> Result<Infallible, Error> {
    let mut library = work.library.clone();
    library.mark_unchanged();
    let mut idling = Box::pin(changes(idle(work, tries).await?));
    let mut password = work.config.borrow().mpd.password.clone();
    work.pass(&Wake::Start).await?;
    tries.made();
    loop {
        // A watch whose owner is gone is not waited for: the daemon is about to end.
        let wake = tokio::select! {
            changed = &mut idling => {
                let (connection, changed) = changed?;
                idling.set(changes(connection));
                Wake::Changed(changed)
            }
            Ok(()) = library.changed() => Wake::Library,
            Ok(other) = other_password(&work.config, &password) => {
                password = other;
                // What MPD did not let us do, it may now.
                work.memory = Memory::default();
                Wake::Start
            }
            () = sleep_until(work.next_round()) => Wake::Timer,
        };
        work.pass(&wake).await?;
    }
}

/// A connection that idles. An MPD that does not answer is waited for as long as it may be busy with
/// a slow song: another try would only take a place in its backlog of five.
async fn idle(work: &Work, tries: &mut Tries) -> Result<Connection, Error> {
    let mut idling = Box::pin(work.idle());
    if let Ok(idling) = timeout(SILENCE, &mut idling).await {
        return idling;
    }
    tries.lost(&Error::Silent(SILENCE));
    idling.await
}

/// `mpd.password`, as soon as it is another than `now`.
///
/// # Errors
/// When there will be no other.
///
/// # Cancel safety
/// Nothing is lost when the future is dropped.
async fn other_password(config: &watch::Receiver<Arc<Config>>, now: &Secret) -> Result<Secret, RecvError> {
    let mut config = config.clone();
    let config = config.wait_for(|config| config.mpd.password != *now).await?;
    Ok(config.mpd.password.clone())
}

/// Stops MPD as often as the relay asks for it.
async fn obey(
    mut halts: mpsc::Receiver<Halt>,
    upstream: Upstream,
    config: watch::Receiver<Arc<Config>>,
    unavailable: Unavailable,
) {
    while let Some(Halt { video, reason, since, done }) = halts.recv().await {
        if since.elapsed() > STALE {
            debug!(%video, reason, "the relay gave up on a song too long ago to stop MPD for it");
            continue;
        }
        let password = config.borrow().mpd.password.clone();
        let note = |partition: &str| unavailable.stopped(partition, video, &reason);
        let halted = halt::halt(&upstream, &password, video, note).await.unwrap_or_else(|error| {
            warn!(%video, error = &error as &dyn StdError, "MPD could not be stopped");
            Halted::Stopped
        });
        debug!(%video, reason, ?halted, "the relay gives up on a song");
        // The relay does not wait for long, and may have gone on.
        let _ = done.send(halted);
    }
}

/// Whether MPD can be reached, so that each change is told once, and when to try again.
struct Tries {
    state: State,
    contact: watch::Sender<Contact>,
    retries: Retries,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Untried,
    Reached,
    /// MPD is not there, or broke off.
    Away,
    /// MPD is there, but does not let us in.
    Refused,
}

impl Tries {
    fn new(contact: watch::Sender<Contact>) -> Self {
        Self { state: State::Untried, contact, retries: Retries::default() }
    }

    fn made(&mut self) {
        match std::mem::replace(&mut self.state, State::Reached) {
            State::Untried => info!("connected to MPD"),
            State::Away | State::Refused => info!("connected to MPD again"),
            State::Reached => {}
        }
        self.contact.send_replace(Contact::Connected);
        self.retries = Retries::default();
    }

    fn lost(&mut self, error: &Error) {
        self.contact.send_replace(Contact::Unreachable(on_one_line(error)));
        let state = match error {
            Error::Password | Error::Refused { .. } => State::Refused,
            Error::Connect(_) | Error::Broken(_) | Error::Closed | Error::Silent(_) => State::Away,
        };
        let is_news = std::mem::replace(&mut self.state, state) != state;
        match error {
            _ if !is_news => {}
            // The way to MPD tells itself that there is none.
            Error::Connect(_) => {}
            Error::Closed | Error::Broken(_) => {
                info!(error = error as &dyn StdError, "the connection to MPD is gone; connecting again");
            }
            error => {
                warn!(error = error as &dyn StdError, "MPD cannot be reached; trying again until it can");
            }
        }
    }

    fn delay(&mut self) -> Duration {
        self.retries.pause()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_quick_at_first_and_never_rare() {
        let (contact, seen) = watch::channel(Contact::Untried);
        let mut tries = Tries::new(contact);
        let delays: Vec<u128> = (0..9).map(|_| tries.delay().as_millis()).collect();
        assert_eq!(delays, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
        tries.made();
        assert_eq!((tries.delay().as_millis(), &*seen.borrow()), (100, &Contact::Connected));
        tries.lost(&Error::Password);
        assert_eq!(
            seen.borrow().to_string(),
            "unreachable: MPD refuses `mpd.password`: correct it, then `ytmpctl reload`"
        );
    }
}
