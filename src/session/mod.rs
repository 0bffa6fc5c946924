//! One MPD client, from accept to close.
//!
//! [`Sessions::serve`] accepts; each client gets a task of its own and its own connection to MPD.
//! `route` decides what happens to a command, `conversation` keeps track of who owes whom an
//! answer, `answer` and `overlay` write what MPD does not know, and `pump` moves the bytes.

mod answer;
mod conversation;
#[doc(hidden)]
pub mod fuzz;
mod overlay;
mod pump;
mod rights;
mod route;
mod status;

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, debug, debug_span, warn};

use self::conversation::{Conversation, Patience, View, Wait, Waited};
use self::pump::{End, Pump};
use self::rights::Rights;
use self::route::Guest;
use crate::library::{Cue, Guests, Pictures, Readiness, Refused, Snapshot, Unavailable};
use crate::net::{Listener, Locality, Stream, Turn, Upstream};

/// How long a client's `play` or `next` waits for a song that is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a client waits for a picture to be read from disk: MPD's own clients wait for MPD's
/// disk as well, but one that hangs is no reason to hang.
const PICTURE_PATIENCE: Duration = Duration::from_secs(1);

/// How long a client's `add` of a song waits until the song is on disk: a few milliseconds, unless
/// a large library is just being saved.
const ADMISSION_PATIENCE: Duration = Duration::from_secs(2);

/// How long it waits for a playlist of YouTube's; clients give up after 5 s or more.
const FETCH_PATIENCE: Duration = Duration::from_secs(4);

/// How long MPD may take to greet. libmpdclient gives up after as long.
const GREETING_PATIENCE: Duration = Duration::from_secs(30);

/// How long the answers in flight may take when we end.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// Serves MPD clients. Clones share everything.
#[derive(Clone)]
pub struct Sessions {
    /// How MPD is reached.
    upstream: Upstream,
    /// Published by `sync`.
    library: watch::Receiver<Arc<Snapshot>>,
    /// The relay's base URL, as MPD sees it.
    base_url: Arc<str>,
    /// Written by the relay.
    unavailable: Unavailable,
    providers: Providers,
    max_clients: usize,
    /// A permit for each client.
    room: Arc<Semaphore>,
    tasks: TaskTracker,
    /// How many clients there have been; names them in the log.
    clients: Arc<AtomicU64>,
}

/// Whom sessions ask for what takes time.
#[derive(Clone)]
pub struct Providers {
    /// The relay.
    pub cue: Arc<dyn Cue>,
    /// The relay as well.
    pub pictures: Arc<dyn Pictures>,
    /// The sync.
    pub guests: Arc<dyn Guests>,
}

impl Sessions {
    /// For at most `max_clients` at once.
    pub fn new(
        upstream: Upstream,
        library: watch::Receiver<Arc<Snapshot>>,
        base_url: &str,
        unavailable: Unavailable,
        providers: Providers,
        max_clients: usize,
    ) -> Self {
        Self {
            upstream,
            library,
            base_url: base_url.into(),
            unavailable,
            providers,
            max_clients,
            room: Arc::new(Semaphore::new(max_clients)),
            tasks: TaskTracker::new(),
            clients: Arc::new(AtomicU64::new(0)),
        }
    }

    /// How many clients there are.
    pub fn clients(&self) -> usize {
        self.max_clients.saturating_sub(self.room.available_permits())
    }

    /// Accepts clients until `shutdown`, then ends them all: at once, but for answers in flight, which
    /// get 2 s.
    pub async fn serve(self, listeners: Vec<Listener>, shutdown: CancellationToken) {
        let accepting = TaskTracker::new();
        for listener in listeners {
            accepting.spawn(self.clone().accept(listener, shutdown.clone()));
        }
        accepting.close();
        accepting.wait().await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn accept(self, listener: Listener, shutdown: CancellationToken) {
        loop {
            let client = tokio::select! {
                client = listener.accept("a client") => client,
                () = shutdown.cancelled() => return,
            };
            let span = debug_span!("client", number = self.next_number());
            self.tasks.spawn(self.clone().client(client, shutdown.clone()).instrument(span));
        }
    }

    fn next_number(&self) -> u64 {
        self.clients.fetch_add(1, Ordering::Relaxed) + 1
    }

    async fn client(self, client: Stream, shutdown: CancellationToken) {
        // As MPD does at `max_connections`: closed without a greeting.
        let Ok(_room) = Arc::clone(&self.room).try_acquire_owned() else {
            return warn!("too many clients; raise `proxy.max_clients` if these are yours");
        };
        let locality = client.locality();
        let connected = tokio::select! {
            connected = self.upstream.connect(locality) => connected,
            () = shutdown.cancelled() => return,
        };
        // No MPD: closed without half a greeting. The upstream tells the log, once.
        let Ok((mpd, turn)) = connected else { return };
        let mut session = Session::new(&self, client, locality, mpd);
        let greeted = tokio::select! {
            greeted = session.greet(turn) => greeted,
            () = shutdown.cancelled() => return,
        };
        let end = match greeted {
            Ok(()) => session.run(shutdown).await,
            Err(end) => end,
        };
        match end {
            End::Mpd | End::Client(_) | End::Upstream(_) | End::Stopped => debug!(%end, "session over"),
            End::Silence(_) => warn!("closed a client: {end}"),
            End::Broken(broken) => warn!(%broken, "closed a client; is `mpd.address` right?"),
        }
    }
}

/// One client's session. Its task alone holds it.
struct Session<'a> {
    sessions: &'a Sessions,
    library: watch::Receiver<Arc<Snapshot>>,
    conversation: Conversation,
    pump: Pump,
    /// What the client's line waits for.
    waiting: Option<Waiting>,
    /// Until when it waits, or the last one did, if it waits for a song.
    patient_until: Instant,
}

/// A song that is made ready, a picture that is read, something that is let in.
type Waiting = Pin<Box<dyn Future<Output = Waited> + Send>>;

impl<'a> Session<'a> {
    fn new(sessions: &'a Sessions, client: Stream, came: Locality, mpd: Stream) -> Self {
        let mut library = sessions.library.clone();
        let is_fewer = mpd.is_local() && came == Locality::Remote;
        let rights = if is_fewer { Rights::Fewer } else { Rights::Same };
        let conversation = Conversation::new(&library.borrow_and_update(), rights);
        Self {
            sessions,
            library,
            conversation,
            pump: Pump::new(client, mpd),
            waiting: None,
            patient_until: Instant::now(),
        }
    }

    /// Waits for MPD's greeting, and ends the turn.
    async fn greet(&mut self, turn: Turn) -> Result<(), End> {
        let Self { sessions, pump, conversation, .. } = self;
        let greeted = timeout(GREETING_PATIENCE, sessions.moved(pump, conversation)).await;
        drop(turn);
        greeted.unwrap_or(Err(End::Silence(GREETING_PATIENCE)))
    }

    /// Runs until one of the two sides is done, or `shutdown`.
    async fn run(mut self, shutdown: CancellationToken) -> End {
        tokio::select! {
            end = self.converse() => return end,
            () = shutdown.cancelled() => {}
        }
        self.pump.close();
        timeout(LAST_ANSWERS, self.converse()).await.unwrap_or(End::Stopped)
    }

    /// # Cancel safety
    /// Bytes stay in the pump's buffers, the wait in its box.
    async fn converse(&mut self) -> End {
        loop {
            let Self { sessions, library, conversation, pump, waiting, patient_until } = self;
            tokio::select! {
                moved = sessions.moved(pump, conversation) => {
                    if let Err(end) = moved {
                        return end;
                    }
                    let wait = conversation.waits_for();
                    if let Some(Wait::Song(_, _, Patience::Whole)) = wait {
                        *patient_until = Instant::now() + PATIENCE;
                    }
                    *waiting = wait.map(|wait| sessions.wait_for(wait, *patient_until));
                }
                Ok(()) = library.changed() => conversation.library_changed(&library.borrow_and_update()),
                waited = wait(waiting) => {
                    self.waiting = None;
                    self.conversation.waited(waited);
                }
            }
        }
    }
}

impl Sessions {
    /// Moves bytes, until something has changed that the session wants to know of.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    async fn moved(&self, pump: &mut Pump, conversation: &mut Conversation) -> Result<(), End> {
        poll_fn(|cx| {
            let snapshot = self.library.borrow().clone();
            pump.poll(cx, conversation, &self.view(&snapshot))
        })
        .await
    }

    fn view<'a>(&'a self, snapshot: &'a Arc<Snapshot>) -> View<'a> {
        View {
            snapshot,
            base_url: &self.base_url,
            unavailable: &self.unavailable,
            cue: &*self.providers.cue,
            pictures: &*self.providers.pictures,
        }
    }

    /// Waits, but not for long.
    fn wait_for(&self, wait: Wait, patient_until: Instant) -> Waiting {
        match wait {
            Wait::Song(video, from, _) => {
                let ready = timeout_at(patient_until, self.providers.cue.cue(video, from));
                Box::pin(async { Waited::Song(ready.await.unwrap_or(Readiness::NotNow)) })
            }
            Wait::Picture(video) => {
                let read = self.providers.pictures.read(video);
                Box::pin(async { Waited::Picture(timeout(PICTURE_PATIENCE, read).await.unwrap_or_default()) })
            }
            Wait::Guest(Guest::Video(video)) => {
                let slow = "the song cannot be remembered in time: is the disk slow? Try again";
                let admitted = timeout(ADMISSION_PATIENCE, self.providers.guests.admit(video));
                Box::pin(async { Waited::Guest(admitted.await.unwrap_or_else(|_| refuse(slow))) })
            }
            Wait::Guest(Guest::Playlist(id)) => {
                let slow = "the playlist is being fetched from YouTube; try again in a moment";
                let fetched = timeout(FETCH_PATIENCE, self.providers.guests.fetch(id));
                Box::pin(async { Waited::Guest(fetched.await.unwrap_or_else(|_| refuse(slow))) })
            }
        }
    }
}

fn refuse(why: &str) -> Result<(), Refused> {
    Err(Refused(why.to_owned()))
}

/// # Cancel safety
/// The wait goes on with the next call.
async fn wait(waiting: &mut Option<Waiting>) -> Waited {
    match waiting {
        Some(wait) => wait.await,
        None => pending().await,
    }
}
