//! The virtual playlists as real ones, for clients that are connected straight to MPD: in MPD
//! through its protocol, or as files in a folder. And whose MPD's playlists are.
//!
//! `app` runs one [`Materialiser`]. It follows the library, the configuration and MPD, and
//! publishes the names of the user's own playlists, so that `sync` keeps the virtual ones apart.
//! What it cannot do, it says, tries again when something has changed, and now and then otherwise.
//!
//! `plan` decides, without I/O; `keeper` does it in one place; `stored` and `folder` are the
//! places; `claims` is what we remember, on disk.

mod claims;
mod content;
mod folder;
mod keeper;
mod link;
mod place;
mod plan;
mod stored;
mod tries;

use std::collections::HashSet;
use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::sync::watch::error::RecvError;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::claims::{Claims, Spot};
use self::content::lines;
use self::folder::{Folder, m3u};
use self::keeper::{Broken, Keeper, Wish};
use self::link::Link;
use self::stored::{Listing, Stored};
use crate::config::{Config, Materialise};
use crate::library::{Snapshot, StoredPlaylists, UNFINISHED, valid_name};
use crate::mpd::Error;
use crate::net::Upstream;
use crate::reason::on_one_line;

/// Nobody tells when a whole place can be used again; whoever has seen to that looks at the result
/// soon.
const WHEN_TROUBLED: Duration = Duration::from_secs(10);

/// What the materialiser works with; `app` fills it in.
pub struct Materialiser {
    /// The mode, the folder, MPD's password, the relay's base URL.
    pub config: watch::Receiver<Arc<Config>>,
    /// How MPD is reached.
    pub upstream: Upstream,
    /// What is to be written.
    pub library: watch::Receiver<Arc<Snapshot>>,
    /// The user's own stored playlists, for `sync` to keep names apart.
    pub stored: watch::Sender<StoredPlaylists>,
    /// What could not be written and why, one line each, for `status`; empty when all is well.
    pub problems: watch::Sender<Vec<String>>,
    /// Where it remembers which playlists it wrote.
    pub file: PathBuf,
}

impl Materialiser {
    /// Works until `shutdown`, through any number of MPD's restarts.
    ///
    /// # Cancel safety
    /// What is ours is on disk before it is made, so it may end anywhere.
    pub async fn run(self, shutdown: CancellationToken) {
        let work = Box::pin(self.work());
        // Only the shutdown ends it.
        let _ = shutdown.run_until_cancelled(work).await;
    }

    async fn work(mut self) -> Infallible {
        let mut pass = Pass {
            keeper: Keeper::new(Claims::load(self.file.clone())),
            users: Users { in_mpd: None, in_folder: HashSet::new(), published: self.stored.clone() },
            problems: Problems::default(),
        };
        let mut link = Link::new(self.upstream.clone());
        let mut wish = Wish::Unknown;
        loop {
            // Whatever woke us.
            let (config, is_new) = {
                let config = self.config.borrow_and_update();
                (Arc::clone(&config), config.has_changed())
            };
            if is_new {
                pass.forget_failures();
                link.try_at_once();
                // Playlists may be written in another way, or with other addresses.
                wish = Wish::Unknown;
            }
            let library = Arc::clone(&self.library.borrow_and_update());
            wish = wish_of(&config, &library, &wish);
            match &config.sync.materialise {
                Materialise::Files(path) if pass.has_some_in_mpd() => {
                    match folder(path, &config).try_out().await {
                        // What is left is cleaned up first: it may be the same folder.
                        Ok(()) => {
                            pass.over_mpd(&mut link, &config, &Wish::Nothing).await;
                            pass.over_folders(&config, &wish).await;
                        }
                        // Nobody would have any, if MPD's went.
                        Err(error) => {
                            pass.problems.folders = vec![unwritable(path, &error)];
                            pass.over_mpd(&mut link, &config, &Wish::Unknown).await;
                        }
                    }
                }
                Materialise::Files(_) | Materialise::Off => {
                    pass.over_folders(&config, &wish).await;
                    pass.over_mpd(&mut link, &config, &Wish::Nothing).await;
                }
                Materialise::Mpd => {
                    pass.over_folders(&config, &wish).await;
                    pass.over_mpd(&mut link, &config, &wish).await;
                }
            }
            self.tell(pass.problems());
            let next = pass.keeper.next().map_or(link.next(), |due| due.min(link.next()));
            let next = if pass.problems.are_none() { next } else { next.min(Instant::now() + WHEN_TROUBLED) };
            // It stays to be seen above.
            let mut reconfigured = self.config.clone();
            // Each arm is cancel-safe: the link keeps what it waits for. A watch whose owner is gone
            // is not waited for.
            tokio::select! {
                () = link.news() => {}
                Ok(()) = newer(&mut self.library, &library) => {}
                Ok(()) = reconfigured.changed() => {}
                () = sleep_until(next) => {}
            }
        }
    }

    fn tell(&self, problems: Vec<String>) {
        self.problems.send_if_modified(|told| {
            let differs = *told != problems;
            if differs {
                problems.iter().filter(|problem| !told.contains(problem)).for_each(|new| warn!("{new}"));
                if problems.is_empty() {
                    info!("all playlists can be written again");
                }
                *told = problems;
            }
            differs
        });
    }
}

/// What is kept from one look at everything to the next.
struct Pass {
    keeper: Keeper,
    users: Users,
    problems: Problems,
}

/// Which playlists are the user's.
struct Users {
    /// Those in MPD; `None` until it has been asked.
    in_mpd: Option<StoredPlaylists>,
    /// Those in the folder that we write to.
    in_folder: HashSet<Box<[u8]>>,
    /// `sync` and `app` hold receivers.
    published: watch::Sender<StoredPlaylists>,
}

impl Users {
    /// Tells `sync` which names are the user's, if they are others than before.
    fn publish(&self) {
        let names = match &self.in_mpd {
            None if self.in_folder.is_empty() => return,
            None => StoredPlaylists::Named(self.in_folder.clone()),
            Some(StoredPlaylists::Named(names)) => StoredPlaylists::Named(names | &self.in_folder),
            Some(other) => other.clone(),
        };
        self.published.send_if_modified(|published| {
            let differs = *published != names;
            *published = names;
            differs
        });
    }
}

/// Why a whole place cannot be used, for people.
#[derive(Default)]
struct Problems {
    mpd: Option<String>,
    folders: Vec<String>,
}

impl Problems {
    fn are_none(&self) -> bool {
        self.mpd.is_none() && self.folders.is_empty()
    }
}

impl Pass {
    fn has_some_in_mpd(&self) -> bool {
        !self.keeper.claims.at(&Spot::Mpd).is_empty()
    }

    /// Writes to the folder that the configuration names, and cleans up in all others.
    async fn over_folders(&mut self, config: &Config, wish: &Wish) {
        self.problems.folders.clear();
        self.users.in_folder.clear();
        let current = match &config.sync.materialise {
            Materialise::Files(folder) => Some(folder.as_path()),
            Materialise::Mpd | Materialise::Off => None,
        };
        let mut folders: Vec<PathBuf> = self.keeper.claims.folders().map(|(at, _)| at.to_owned()).collect();
        folders.retain(|folder| Some(folder.as_path()) != current);
        folders.extend(current.map(Path::to_owned));
        let prefix = prefix(config);
        for path in folders {
            let wish = match current {
                Some(current) if current == path => wish,
                _ => &Wish::Nothing,
            };
            let mut users = HashSet::new();
            let spot = Spot::Folder(path.clone());
            let mut folder = folder(&path, config);
            let passed = match folder.list().await {
                Ok(found) => {
                    let publish = |not_ours| users = not_ours;
                    Box::pin(self.keeper.pass(&spot, &mut folder, &found, (wish, &prefix), publish)).await
                }
                Err(error) => Err(Broken::Reading(error)),
            };
            if let Err(error) = passed {
                self.problems.folders.push(match error {
                    Broken::Claims(error) => error.problem(),
                    Broken::Reading(error) | Broken::Writing(error) => unwritable(&folder.path, &error),
                });
            }
            if matches!(wish, Wish::All(..) | Wish::Unknown) {
                self.users.in_folder = users;
            }
        }
        self.users.publish();
    }

    /// Writes to MPD, or cleans up there, and learns which playlists are the user's.
    async fn over_mpd(&mut self, link: &mut Link, config: &Config, wish: &Wish) {
        if !link.is_due() {
            return;
        }
        let passed = Box::pin(self.try_mpd(link, config, wish)).await;
        match passed {
            Ok(problem) => {
                link.made();
                self.problems.mpd = problem;
            }
            Err(error) => {
                link.lost(&error);
                self.problems.mpd = match &error {
                    Error::Password | Error::Refused { .. } => Some(refused(&error)),
                    Error::Closed | Error::Broken(_) if link.is_cut_short_again() => {
                        Some(CUT_SHORT.to_owned())
                    }
                    // Whether MPD can be reached is told beside the problems.
                    Error::Connect(_) | Error::Broken(_) | Error::Closed | Error::Silent(_) => None,
                };
            }
        }
    }

    /// # Errors
    /// When MPD is not there, or does not let us.
    async fn try_mpd(
        &mut self,
        link: &mut Link,
        config: &Config,
        wish: &Wish,
    ) -> Result<Option<String>, Error> {
        if !link.is_made() {
            self.keeper.tries.forget(&Spot::Mpd);
        }
        link.listen(config).await?;
        let mut place = Stored { mpd: link.connect(config).await?, base: config.relay.base_url.clone() };
        let is_wanted = config.sync.materialise == Materialise::Mpd;
        let mut found = match place.list().await? {
            Listing::Found(found) => found,
            Listing::Disabled => {
                self.users.in_mpd = Some(StoredPlaylists::Disabled);
                self.users.publish();
                return Ok(is_wanted.then(|| DISABLED.to_owned()));
            }
            Listing::Unreadable(why) => {
                return Ok(is_wanted.then(|| format!("playlists cannot be written to MPD: {why}")));
            }
        };
        if found.remove(UNFINISHED.as_bytes()).is_some() && !link.is_made() {
            place.clear_leftover(&found).await?;
        }
        let Self { keeper, users, .. } = self;
        let publish = |not_ours| {
            users.in_mpd = Some(StoredPlaylists::Named(not_ours));
            users.publish();
        };
        match keeper.pass(&Spot::Mpd, &mut place, &found, (wish, &prefix(config)), publish).await {
            Ok(()) => Ok(None),
            Err(Broken::Reading(error)) => Err(error),
            // We may look, and hear of changes.
            Err(Broken::Writing(error @ Error::Refused { .. })) => Ok(Some(refused(&error))),
            Err(Broken::Writing(error)) => {
                link.cut_short(&error);
                Err(error)
            }
            Err(Broken::Claims(error)) => Ok(Some(error.problem())),
        }
    }

    fn forget_failures(&mut self) {
        let folders = self.keeper.claims.folders().map(|(at, _)| Spot::Folder(at.to_owned()));
        let spots: Vec<Spot> = folders.chain([Spot::Mpd]).collect();
        spots.iter().for_each(|spot| self.keeper.tries.forget(spot));
    }

    fn problems(&self) -> Vec<String> {
        let Problems { mpd, folders } = &self.problems;
        let mut problems: Vec<String> = mpd.iter().chain(folders).cloned().collect();
        problems.extend(self.keeper.tries.problems());
        problems.dedup();
        problems
    }
}

const DISABLED: &str = "playlists cannot be written to MPD: it has no stored playlists; set `playlist_directory` in mpd.conf and restart MPD, or set `sync.materialise` to \"off\"";

const CUT_SHORT: &str = "playlists cannot be written to MPD: it closes the connection meanwhile; if MPD is well, set `max_command_list_size` to \"2048\" or more in mpd.conf";

/// What there should be in the place that the configuration names. `before` is the last wish under
/// the same configuration.
fn wish_of(config: &Config, library: &Arc<Snapshot>, before: &Wish) -> Wish {
    let base = &config.relay.base_url;
    match &config.sync.materialise {
        Materialise::Mpd => Wish::of_all(library, before, |playlist| lines(base, playlist)),
        Materialise::Files(_) => Wish::of_all(library, before, |playlist| m3u(base, playlist)),
        Materialise::Off => Wish::Nothing,
    }
}

/// What all our names begin with.
fn prefix(config: &Config) -> String {
    let mut name = valid_name(&config.youtube.prefix, "x");
    name.pop();
    name
}

fn folder(path: &Path, config: &Config) -> Folder {
    Folder { path: path.to_owned(), base: config.relay.base_url.clone() }
}

fn unwritable(folder: &Path, error: &io::Error) -> String {
    let folder = folder.display();
    format!(
        "playlists cannot be written to {folder}: {error}; make it writable, or set `sync.playlist_directory`"
    )
}

fn refused(error: &Error) -> String {
    format!("playlists cannot be written to MPD: {}", on_one_line(error))
}

/// Waits for a snapshot that looks different from `seen`, or knows better which playlists there are.
///
/// # Errors
/// When there will be none.
///
/// # Cancel safety
/// Nothing is lost when the future is dropped.
async fn newer(library: &mut watch::Receiver<Arc<Snapshot>>, seen: &Snapshot) -> Result<(), RecvError> {
    let differs = |snapshot: &Arc<Snapshot>| {
        (snapshot.revision(), snapshot.unlisted()) != (seen.revision(), seen.unlisted())
    };
    library.wait_for(differs).await.map(drop)
}
