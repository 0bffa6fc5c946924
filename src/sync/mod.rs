//! Keeps the library in step with YouTube.
//!
//! [`Sync`] is the one owner of the [`Library`]: it starts with what the disk holds, before any
//! network is touched, and then lists in rounds: at the start, on a timer, when [`Handle::trigger`]
//! asks for it, and whenever the configuration was read again. One round at a time. `app` makes it,
//! hands its snapshots and its handle to everyone, and runs it.
//!
//! What there should be: the playlists that the configuration names, in its order, then the
//! account's own, in YouTube's. The named ones come first so that what the account gains never
//! takes a name from them, whichever YouTube answers first. A playlist that cannot be listed stays
//! as it was; so do all of the account's if its library cannot be had.
//!
//! Clients may name songs and playlists that nobody has listed; those are let in between and during
//! the rounds (`guests`, `admitted`).
//!
//! Two files: `library.json` and `sync_state.json`. A round that changes nothing writes neither.
//! The first is only written for a change. The second also holds the time of the last sync, which
//! is kept in memory when a round ends as the one before did; it is written at the start of the
//! daemon, with the next round that brings anything new, and when the daemon stops. Songs that
//! clients name go into a third, `added_songs`, until the library is saved.
//!
//! `handle` is what others see; `lister` is where listings come from; `round` is what a round wants
//! and brings; `account` is which playlists are the account's, and `sign_in` whether it is signed
//! in; `doubt` is what is believed only when it goes on; `files`, `kept` and `state` are about the
//! files.

mod account;
mod admitted;
mod doubt;
mod files;
mod guests;
mod handle;
mod kept;
mod lister;
mod round;
mod sign_in;
mod state;

use std::collections::HashSet;
use std::error::Error;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::config::Config;
use crate::library::{Library, Playlist, PlaylistId, Snapshot, StoredPlaylists, VirtualPlaylist};
use crate::youtube::{Account, ListError, Listing};

pub use files::LIBRARY_FILE;
pub use guests::Reception;
pub use handle::{Handle, Progress, SignIn, Status, SyncResult, Trigger};
pub use lister::{MakeCatalogue, Source};
pub use state::{FILE as STATE_FILE, recorded};

use account::{Holdings, Owner};
use doubt::Doubts;
use files::Files;
use guests::Callers;
use lister::{Lister, Listers, Listings, Wanted};
use round::Round;

/// The owner of the library, and its task.
pub struct Sync {
    /// Everyone else has its snapshots.
    library: Library,
    files: Files,
    /// What others see of us. `app` has clones.
    handle: Handle,
    /// Each value begins a round. `app` holds the sender.
    config: watch::Receiver<Arc<Config>>,
    /// The same, for what is not to wait for the end of a round.
    config_now: watch::Receiver<Arc<Config>>,
    /// What MPD has; `materialise` holds the sender.
    stored: watch::Receiver<StoredPlaylists>,
    listers: Listers,
    account: Holdings,
    /// Those that YouTube had no answer for in the round before.
    troublesome: HashSet<PlaylistId>,
    /// What YouTube said and was not believed.
    doubts: Doubts,
    callers: Callers,
}

impl Sync {
    /// Loads the files. Blocks for that long; touches no network. A damaged file starts an empty
    /// library, or a fresh state, and a warning.
    pub fn new(
        config: watch::Receiver<Arc<Config>>,
        mut stored: watch::Receiver<StoredPlaylists>,
        source: Source,
    ) -> Self {
        let current = Arc::clone(&config.borrow());
        let (mut files, kept) = Files::load(&current);
        let mut library = Library::restored(&current.youtube.prefix, kept);
        files.restored(&library.snapshot());
        library.set_stored_playlists(stored.borrow_and_update().clone());
        let listers = Listers::new(source);
        let last = files.last();
        let sign_in = sign_in::believed(&current, last.as_ref().map(|(_, result)| &**result));
        Self {
            account: on_disk(&library.snapshot(), &listers.named(&current), &current),
            library,
            troublesome: HashSet::new(),
            doubts: Doubts::default(),
            handle: Handle::new(files.started(), last, sign_in),
            files,
            config_now: config.clone(),
            config,
            stored,
            listers,
            callers: Callers::new(),
        }
    }

    /// Follows the library, which already holds what the disk did.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.library.subscribe()
    }

    /// What others may ask of it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Lists at once, then whenever it is time, until `shutdown`. A round under way is dropped
    /// then, and is none; a save is finished, and what is not on disk yet is saved.
    pub async fn run(mut self, shutdown: CancellationToken) {
        self.files.save_rest(self.library.snapshot()).await;
        while let Some(next) = self.round(&shutdown).await {
            let due = due(next, self.config.clone(), self.handle.clone());
            if self.meanwhile(&shutdown, due).await.is_none() {
                break;
            }
        }
        self.files.save_rest(self.library.snapshot()).await;
    }

    /// One round. When the next one is due; `None` if the daemon is to stop.
    async fn round(&mut self, shutdown: &CancellationToken) -> Option<Next> {
        let began = Instant::now();
        self.files.begin_round();
        let config = Arc::clone(&self.config.borrow_and_update());
        self.handle.begin();
        self.follow_prefix();
        let lister = self.listers.lister(&config);
        let named = self.listers.named(&config);
        let of_account = self.listers.of_account(&config);
        self.handle.tell(Progress::Started { total: (!of_account.is_any()).then_some(named.len()) });

        let mut round = Round::default();
        let account = if of_account.library {
            let owner = Owner::of(&config.youtube);
            let account = self.meanwhile(shutdown, lister.clone().account()).await?;
            Some(account.map(|account| (owner, account)))
        } else {
            None
        };
        let mut to_list = self.plan(&mut round, named, of_account, account);
        self.show_sign_in(&round, &lister, &config);
        // Last: a few of them in a row end a round, which would then never come to the others.
        to_list.sort_by_key(|id| self.troublesome.contains(id));
        let mut listings = lister.clone().list(to_list);
        let mut done = 0;
        while !round.is_lost() {
            match self.meanwhile(shutdown, step(&mut listings, round.showing())).await {
                Some(Step::Listed(id, listed)) => {
                    done += 1;
                    self.take(&mut round, &id, listed, done).await;
                }
                Some(Step::Show) => self.show(&mut round).await,
                Some(Step::End) => break,
                None => {
                    // The round is none, and what it has brought is kept.
                    if round.showing().is_some() {
                        self.apply(&round);
                    }
                    return None;
                }
            }
        }
        drop(listings);
        let next = self.finish(&round, &lister, &config, began).await;
        self.troublesome = round.passing();
        Some(next)
    }

    /// Waits for `what`, following what others say meanwhile; `None` if the daemon is to stop
    /// before that.
    async fn meanwhile<T>(
        &mut self,
        shutdown: &CancellationToken,
        what: impl Future<Output = T>,
    ) -> Option<T> {
        let mut what = std::pin::pin!(what);
        loop {
            // Watches, a token and the callers lose nothing; `what` goes on where it was.
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return None,
                Ok(()) = self.stored.changed() => self.follow_stored_playlists(),
                Ok(()) = self.config_now.changed() => self.follow_prefix(),
                done = &mut what => return Some(done),
                call = self.callers.next() => self.serve(call).await,
            }
        }
    }

    fn follow_stored_playlists(&mut self) {
        self.library.set_stored_playlists(self.stored.borrow_and_update().clone());
    }

    fn follow_prefix(&mut self) {
        self.library.set_prefix(&self.config_now.borrow_and_update().youtube.prefix);
    }

    /// Settles which playlists there should be, and returns those that are worth asking for.
    fn plan(
        &mut self,
        round: &mut Round,
        named: Vec<PlaylistId>,
        of_account: Wanted,
        account: Option<Result<(Owner, Account), ListError>>,
    ) -> Vec<PlaylistId> {
        match account {
            None => self.account.none_wanted(),
            Some(Ok((owner, Account { playlists, titles, extent }))) => {
                round.entitle(titles);
                self.account.follow(owner, playlists, extent, &named);
            }
            Some(Err(error)) => {
                warn!(
                    error = &error as &dyn Error,
                    "the account's library could not be listed; it stays as it was"
                );
                round.fail_library(&error);
            }
        }
        let signed_out = round.signed_out().is_some();
        self.account.retain(|id| of_account.has(id));
        if of_account.liked && !signed_out {
            self.account.include_liked();
        }
        let askable = if signed_out { named.len() } else { usize::MAX };
        let mut wanted = named;
        let account = self.account.playlists().iter();
        let more: Vec<_> = account.filter(|id| !wanted.contains(id)).cloned().collect();
        wanted.extend(more);
        round.want(wanted.clone());
        wanted.truncate(askable);
        wanted
    }

    /// Playlists that are new show at once, or soon, so that a fresh user sees one after the other;
    /// the others change together at the end of the round.
    async fn take(
        &mut self,
        round: &mut Round,
        id: &PlaylistId,
        listed: Result<Listing, ListError>,
        done: usize,
    ) {
        let known = self.library.snapshot().playlist(id).map(|one| Arc::clone(&one.playlist));
        let before = known.as_ref().map_or(0, |known| known.entries.len());
        let mut name = round.title(id, known.as_deref());
        match listed {
            Ok(listing) if self.doubts.concern(&listing, before) => {
                let shown = listing.entries.len();
                warn!(playlist = %id, shown, before, "YouTube sent no more than a part of it; it stays as it was unless that goes on for ten minutes");
                round.doubt(id, &name, shown, before);
            }
            Ok(listing) => {
                if let Some(title) = &listing.title {
                    name.clone_from(title);
                }
                let songs = listing.entries.len();
                debug!(playlist = %id, songs, unavailable = listing.unavailable, "listed");
                round.take(listing, name.clone());
                if known.is_none() {
                    round.has_news();
                }
            }
            Err(ListError::Missing) if self.account.forget_missed(id) => {
                info!(playlist = %id, "YouTube has it no more, nor has the account; it goes");
                round.is_gone(id);
            }
            Err(error) => {
                let shown = &error as &dyn Error;
                warn!(playlist = %id, error = shown, "could not be listed; it stays as it was");
                round.fail_playlist(id, &name, &error);
            }
        }
        if round.showing().is_some_and(|at| at <= Instant::now()) {
            self.show(round).await;
        }
        self.handle.tell(Progress::Done { name, done, total: round.total() });
    }

    async fn show(&mut self, round: &mut Round) {
        let begun = Instant::now();
        self.apply(round);
        round.shows(begun);
        self.files.save_within_round(self.library.snapshot()).await;
    }

    /// Makes the library hold what the round wants.
    fn apply(&mut self, round: &Round) {
        let known = self.library.snapshot();
        let (wanted, held) = (round.playlists(&known), known.virtuals());
        let same = |(one, other): (&VirtualPlaylist, &&Arc<Playlist>)| one.playlist.same_content(other);
        // As after most rounds; and to copy all songs for that takes longer than to look.
        if wanted.len() == held.len() && held.iter().zip(&wanted).all(same) {
            return;
        }
        self.library.replace(wanted.into_iter().cloned().collect::<Vec<_>>());
    }

    /// The end of a round: the library and the files follow, then everyone hears of it. Returns
    /// when the next one is due.
    async fn finish(&mut self, round: &Round, lister: &Lister, config: &Config, began: Instant) -> Next {
        self.apply(round);
        self.library.settle_names();
        let at = to_the_second(Timestamp::now());
        let sign_in = self.show_sign_in(round, lister, config);
        let result = sign_in::told(&sign_in, round.result(began.elapsed()));
        let result = self.files.end_round(self.library.snapshot(), at, result).await;
        if self.account.is_known() {
            let unlisted = round.unlisted(&self.library.snapshot());
            self.library.set_unlisted(unlisted);
        }
        let (playlists, failed, songs) = (round.total(), result.playlists_failed, result.tracks_added);
        info!(playlists, songs, failed, "a round of listing is done");
        let pause = config.sync.auto.then(|| round.pause(config.sync.interval));
        let next = pause.and_then(|pause| at.checked_add(pause).ok());
        // Who has had the configuration read again waits for what comes of that.
        let goes_on = || self.config.has_changed().unwrap_or_default();
        self.handle.finish(at, result, next, goes_on);
        pause.map_or(Next::WhenAsked, Next::After)
    }

    /// Says what is known of the account's cookies by now.
    fn show_sign_in(&self, round: &Round, lister: &Lister, config: &Config) -> SignIn {
        let sign_in = sign_in::known(self.handle.status().sign_in, round, lister, config);
        self.handle.set_sign_in(sign_in.clone());
        sign_in
    }
}

/// The account's playlists, as the disk has them: whatever nobody has named came from there.
fn on_disk(library: &Snapshot, named: &[PlaylistId], config: &Config) -> Holdings {
    let known = library.virtuals().iter().map(|one| &one.playlist.id);
    let unnamed = known.filter(|id| !named.contains(id)).cloned().collect();
    Holdings::restored(unnamed, Owner::of(&config.youtube), !library.virtuals().is_empty())
}

/// When another round is due.
enum Next {
    /// After this pause, if nobody asks before.
    After(Duration),
    /// There is no timer.
    WhenAsked,
}

/// What comes next in a round.
enum Step {
    Listed(PlaylistId, Result<Listing, ListError>),
    /// It is time to show what is new.
    Show,
    /// All was listed.
    End,
}

/// The next step, where what is new is to show at this time.
///
/// # Cancel safety
/// Nothing is lost: a listing that is done stays in the stream.
async fn step(listings: &mut Listings, showing: Option<Instant>) -> Step {
    tokio::select! {
        biased;
        listed = listings.next() => listed.map_or(Step::End, |(id, listed)| Step::Listed(id, listed)),
        () = sleep_until(showing.unwrap_or_else(Instant::now)), if showing.is_some() => Step::Show,
    }
}

/// Ends when another round is to begin: when the `next` one is due, when somebody asks for one, and
/// when the configuration was read again.
///
/// # Cancel safety
/// Nothing is lost: the configuration counts as seen when the round looks at it.
async fn due(next: Next, mut config: watch::Receiver<Arc<Config>>, handle: Handle) {
    let timer = async {
        match next {
            Next::After(pause) => rest(pause, Timestamp::now).await,
            Next::WhenAsked => pending().await,
        }
    };
    tokio::select! {
        () = timer => {}
        // Without a sender, there will be no other configuration.
        Ok(()) = config.changed() => {}
        () = handle.begun() => {}
    }
}

/// Rests for `pause`, by the clock on the `wall` as well: a machine that slept meanwhile is not kept
/// waiting beyond the time that `status` has told.
async fn rest(pause: Duration, wall: impl Fn() -> Timestamp) {
    /// Between two looks at the wall.
    const LOOK: Duration = Duration::from_secs(60);
    let (began, due) = (Instant::now(), wall().checked_add(pause).unwrap_or(Timestamp::MAX));
    while began.elapsed() < pause && wall() < due {
        sleep(LOOK.min(pause.saturating_sub(began.elapsed()))).await;
    }
}

/// As times are told everywhere.
fn to_the_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[cfg(test)]
mod tests;
