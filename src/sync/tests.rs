//! A sync whose YouTube is a script. What is tested with it is in the files beside this one.

mod account;
mod files;
mod guests;
mod library;
mod reach;
mod when;
mod youtube;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::lister::Lister;
use super::*;
use crate::config;
use crate::cookies::Cookies;
use crate::library::{Entry, Playlist, Track};
use crate::youtube::{Catalogue, Extent, Standing, Unreachable};
use crate::ytdlp::YtDlp;

const INTERVAL: Duration = Duration::from_secs(1800);

fn config(directory: &Path, playlists: &[&str]) -> Config {
    Config {
        proxy: config::Proxy {
            listen: vec![],
            zeroconf: false,
            zeroconf_name: String::new(),
            max_clients: 1,
        },
        mpd: config::Mpd { addresses: vec![], password: config::Secret::new(String::new()) },
        relay: config::Relay {
            listen: "localhost:6602".parse().unwrap(),
            base_url: String::new(),
            hold: Duration::ZERO,
        },
        youtube: config::YouTube {
            playlists: playlists.iter().map(|text| id(text)).collect(),
            cookies: None,
            library: false,
            liked: false,
            account: 0,
            prefix: "YT: ".to_owned(),
            music_url: String::new(),
        },
        resolver: config::Resolver {
            command: vec!["false".to_owned()],
            args: vec![],
            format: String::new(),
            workers: 1,
            timeout: Duration::from_secs(10),
            prefetch: 0,
        },
        sync: config::Sync { auto: true, interval: INTERVAL, materialise: config::Materialise::Off },
        state_directory: directory.to_owned(),
        covers_directory: directory.join("covers"),
        control_socket: directory.join("socket"),
        log_filter: String::new(),
    }
}

fn catalogue(config: &Config) -> Catalogue {
    Catalogue::new(&config.youtube, Cookies::default(), YtDlp::new(&config.resolver))
}

fn id(text: &str) -> PlaylistId {
    text.parse().expect("an id")
}

/// A playlist as YouTube tells it, all of it.
fn listing(playlist: Playlist) -> Listing {
    let Playlist { id, title, entries, updated } = playlist;
    let (title, extent) = (Some(title), Extent::Whole);
    Listing { id, title, entries, updated, extent, unavailable: 0, skipped: 0 }
}

pub(super) fn playlist(name: &str, songs: &[&str]) -> Playlist {
    let entries = songs.iter().map(|&title| {
        let id = format!("{title:_<11}").parse().expect("an id");
        let track = Track {
            id,
            title: title.into(),
            artists: [].into(),
            album: None,
            duration: None,
            thumbnail: None,
        };
        Entry { track: Arc::new(track), set_video_id: None }
    });
    let updated = "2026-11-22T12:00:00Z".parse().expect("a time");
    Playlist { id: id(name), title: name.into(), entries: entries.collect(), updated }
}

/// What clients would see: names and songs.
fn shown(snapshot: &Snapshot) -> String {
    let lists = snapshot.virtuals().iter().map(|one| {
        let songs: Vec<&str> = one.playlist.entries.iter().map(|entry| &*entry.track.title).collect();
        format!("{}={}", one.name, songs.join("+"))
    });
    lists.collect::<Vec<_>>().join(" ")
}

/// An error, each time anew.
type Fails = fn() -> ListError;

fn missing() -> ListError {
    ListError::Missing
}

fn signed_out() -> ListError {
    ListError::SignedOut("HTTP 401".to_owned())
}

fn busy(status: u16) -> ListError {
    ListError::Unreachable(Unreachable::Busy { status, retry_after: None })
}

/// What YouTube answers.
#[derive(Default)]
pub(super) struct Script {
    account: Mutex<Option<Result<Vec<PlaylistId>, Fails>>>,
    /// Whether the account's library is cut.
    extent: Mutex<Extent>,
    /// What is not here is missing.
    playlists: Mutex<HashMap<PlaylistId, Result<Listing, Fails>>>,
    /// How long each answer takes.
    latency: Mutex<Duration>,
    /// The one that takes longer, and by how much.
    late: Mutex<Option<(PlaylistId, Duration)>>,
    /// What was asked for; the account's library has no id.
    asked: Mutex<Vec<Option<PlaylistId>>>,
    /// How many listers were made.
    listers: Mutex<usize>,
}

impl Script {
    pub(super) fn lister(self: &Arc<Self>) -> Lister {
        *self.listers.lock().unwrap() += 1;
        Lister::Scripted(Arc::clone(self))
    }

    pub(super) async fn account(&self) -> Result<Account, ListError> {
        self.ask(None).await;
        let extent = *self.extent.lock().unwrap();
        match &*self.account.lock().unwrap() {
            None => Ok(Account::default()),
            Some(Ok(ids)) => {
                let titles = ids.iter().map(|id| (id.clone(), format!("Tile {id}").into()));
                Ok(Account { playlists: ids.clone(), titles: titles.collect(), extent })
            }
            Some(Err(fails)) => Err(fails()),
        }
    }

    /// As YouTube Music tells with an account's library.
    pub(super) fn sign_in(&self) -> Standing {
        match &*self.account.lock().unwrap() {
            Some(Ok(_)) => Standing::Taken,
            Some(Err(_)) | None => Standing::Unknown,
        }
    }

    pub(super) async fn list(&self, id: &PlaylistId) -> Result<Listing, ListError> {
        self.ask(Some(id.clone())).await;
        let late = self.late.lock().unwrap().as_ref().filter(|(late, _)| late == id).map(|(_, by)| *by);
        sleep(late.unwrap_or_default()).await;
        match self.playlists.lock().unwrap().get(id) {
            Some(Ok(listing)) => Ok(listing.clone()),
            Some(Err(fails)) => Err(fails()),
            None => Err(missing()),
        }
    }

    async fn ask(&self, what: Option<PlaylistId>) {
        self.asked.lock().unwrap().push(what);
        let latency = *self.latency.lock().unwrap();
        if !latency.is_zero() {
            sleep(latency).await;
        }
    }

    fn has(&self, playlist: Playlist) {
        self.shows(Listing { unavailable: 1, skipped: 1, ..listing(playlist) });
    }

    fn shows(&self, listing: Listing) {
        self.playlists.lock().unwrap().insert(listing.id.clone(), Ok(listing));
    }

    fn has_of(&self, playlist: Playlist, extent: Extent) {
        self.shows(Listing { extent, ..listing(playlist) });
    }

    /// A playlist whose title is not told.
    fn untitled(&self, name: &str, songs: &[&str]) {
        self.shows(Listing { title: None, ..listing(playlist(name, songs)) });
    }

    fn fails(&self, name: &str, fails: Fails) {
        self.playlists.lock().unwrap().insert(id(name), Err(fails));
    }

    fn library(&self, names: Result<&[&str], Fails>) {
        let ids = names.map(|names| names.iter().map(|name| id(name)).collect());
        *self.account.lock().unwrap() = Some(ids);
    }

    /// A library of which only these playlists come.
    fn cut_library(&self, names: &[&str], extent: Extent) {
        self.library(Ok(names));
        *self.extent.lock().unwrap() = extent;
    }

    fn takes(&self, latency: Duration) {
        *self.latency.lock().unwrap() = latency;
    }

    fn is_late(&self, name: &str, by: Duration) {
        *self.late.lock().unwrap() = Some((id(name), by));
    }

    /// What was asked for since the last call.
    fn asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.into_iter().map(|id| id.map_or("library".to_owned(), |id| id.to_string())).collect()
    }
}

/// A sync that runs, and what holds the other ends of its channels. It ends with [`Running::stop`].
struct Running {
    script: Arc<Script>,
    handle: Handle,
    library: watch::Receiver<Arc<Snapshot>>,
    guests: Reception,
    songs: mpsc::Sender<Track>,
    config: watch::Sender<Arc<Config>>,
    stored: watch::Sender<StoredPlaylists>,
    following: tokio::sync::broadcast::Receiver<Progress>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(config: Config, script: &Arc<Script>) -> Self {
        let (mut sync, config, stored) = sync(config, Source::YouTube(Arc::new(catalogue)));
        sync.listers.script = Some(Arc::clone(script));
        let (handle, library) = (sync.handle(), sync.subscribe());
        let (guests, songs) = (sync.guests(), sync.songs());
        let shutdown = CancellationToken::new();
        let following = handle.follow();
        let task = tokio::spawn(sync.run(shutdown.clone()));
        Self {
            script: Arc::clone(script),
            handle,
            library,
            guests,
            songs,
            config,
            stored,
            following,
            shutdown,
            task,
        }
    }

    /// Waits for the end of a sync.
    async fn finished(&mut self) -> Arc<SyncResult> {
        loop {
            let progress = timeout(Duration::from_secs(100_000), self.following.recv()).await;
            if let Progress::Finished(result) = progress.expect("a sync ends").expect("an event") {
                return result;
            }
        }
    }

    /// Has it sync, and waits for the end.
    async fn sync(&mut self) -> Arc<SyncResult> {
        assert_eq!(self.handle.trigger(), Trigger::Started);
        self.finished().await
    }

    fn change(&self, change: impl FnOnce(&mut Config)) {
        let mut config = (**self.config.borrow()).clone();
        change(&mut config);
        self.config.send_replace(Arc::new(config));
    }

    fn shown(&self) -> String {
        shown(&self.library.borrow())
    }

    async fn stop(self) {
        self.shutdown.cancel();
        timeout(Duration::from_secs(5), self.task).await.expect("it ends").expect("it does not panic");
    }
}

/// A sync of `config`, and what holds the other ends of its channels.
fn sync(
    config: Config,
    source: Source,
) -> (Sync, watch::Sender<Arc<Config>>, watch::Sender<StoredPlaylists>) {
    let (config, following) = watch::channel(Arc::new(config));
    let (stored, following_stored) = watch::channel(StoredPlaylists::Unknown);
    (Sync::new(following, following_stored, source), config, stored)
}
