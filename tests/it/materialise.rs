//! The virtual playlists as real ones, with a real MPD whose files are read back.

mod files;
mod hands;
mod proxy;
mod trouble;
mod written;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use ytmpd::config::{Address, Config, Materialise};
use ytmpd::library::{Entry, Library, Playlist, StoredPlaylists, Track};
use ytmpd::materialise::Materialiser;
use ytmpd::net::Upstream;

use super::support::config::config;
use super::support::eventually;
use super::support::mpd::TestMpd;

/// What the relay's addresses begin with.
const BASE: &str = "http://127.0.0.1:1";

/// Longer than a playlist that was written stays unsettled, so that all that was to come of it
/// has come.
pub(crate) const QUIET: Duration = Duration::from_millis(1600);

/// A materialiser that runs, and the library that it follows.
struct Running {
    library: Arc<Mutex<Library>>,
    configure: watch::Sender<Arc<Config>>,
    stored: watch::Receiver<StoredPlaylists>,
    problems: watch::Receiver<Vec<String>>,
    shutdown: CancellationToken,
    runtime: Option<Runtime>,
    folder: Arc<TempDir>,
}

impl Running {
    /// Through MPD, with a state folder of its own.
    fn start(mpd: &TestMpd) -> Self {
        Self::start_as(mpd, Materialise::Mpd, "")
    }

    fn start_as(mpd: &TestMpd, mode: Materialise, password: &str) -> Self {
        Self::start_in(Arc::new(TempDir::new().unwrap()), mpd, mode, password)
    }

    fn start_in(folder: Arc<TempDir>, mpd: &TestMpd, mode: Materialise, password: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.unwrap();
        let address = Address::Unix(mpd.socket());
        let mut config = config(address.clone(), password);
        config.sync.materialise = mode;
        let (configure, configured) = watch::channel(Arc::new(config));
        let library = Library::new("YT: ", vec![], vec![]);
        let (stored, stored_known) = watch::channel(StoredPlaylists::Unknown);
        let (problems, problems_known) = watch::channel(vec![]);
        let materialiser = Materialiser {
            config: configured,
            upstream: Upstream::new(&[address]),
            library: library.subscribe(),
            stored,
            problems,
            file: folder.path().join("materialised.json"),
        };
        let shutdown = CancellationToken::new();
        runtime.spawn(materialiser.run(shutdown.clone()));
        let library = Arc::new(Mutex::new(library));
        // As `sync` does.
        let (follower, mut news) = (Arc::clone(&library), stored_known.clone());
        runtime.spawn(async move {
            while news.changed().await.is_ok() {
                let stored = news.borrow_and_update().clone();
                follower.lock().unwrap().set_stored_playlists(stored);
            }
        });
        let (stored, problems) = (stored_known, problems_known);
        Self { library, configure, stored, problems, shutdown, runtime: Some(runtime), folder }
    }

    /// YouTube has these playlists now, of so many songs each.
    fn sync(&self, playlists: &[(&str, &str, usize)]) {
        self.list(playlists);
        self.library.lock().unwrap().set_unlisted([].into());
    }

    /// These have been listed, and maybe not all that there are.
    fn list(&self, playlists: &[(&str, &str, usize)]) {
        let playlists = playlists.iter().map(|(id, title, count)| playlist(id, title, *count));
        let mut library = self.library.lock().unwrap();
        library.replace(playlists.collect());
        library.settle_names();
    }

    fn reconfigure(&self, change: impl FnOnce(&mut Config)) {
        self.configure.send_modify(|config| change(Arc::make_mut(config)));
    }

    /// Waits until there is one problem with all of `words` in it.
    #[track_caller]
    fn wait_for_problem(&self, words: &[&str]) {
        eventually(&format!("a problem with {words:?}"), || {
            let problems = self.problems.borrow().clone();
            (problems.len() == 1 && words.iter().all(|word| problems[0].contains(word))).then_some(())
        });
    }

    /// Waits until these are known as the user's.
    #[track_caller]
    fn wait_for_users(&self, names: &[&str]) {
        let expected = StoredPlaylists::Named(names.iter().map(|name| name.as_bytes().into()).collect());
        eventually("they are published", || (*self.stored.borrow() == expected).then_some(()));
    }

    #[track_caller]
    fn wait_until_well(&self) {
        eventually("all is well", || self.problems.borrow().is_empty().then_some(()));
    }

    /// Ends it, as far as a test can tell from outside. Its state folder.
    fn stop(mut self) -> Arc<TempDir> {
        self.shutdown.cancel();
        drop(self.runtime.take());
        Arc::clone(&self.folder)
    }
}

fn playlist(id: &str, title: &str, count: usize) -> Playlist {
    let entries = (0..count).map(|number| Entry { track: track(id, number), set_video_id: None });
    Playlist {
        id: id.parse().unwrap(),
        title: title.into(),
        entries: entries.collect(),
        updated: Timestamp::UNIX_EPOCH,
    }
}

fn track(key: &str, number: usize) -> Arc<Track> {
    Arc::new(Track {
        id: video(key, number).parse().unwrap(),
        title: format!("{key} song {number}").into(),
        artists: ["The Artist".into()].into(),
        album: None,
        duration: Some(Duration::from_secs(61)),
        thumbnail: None,
    })
}

fn video(key: &str, number: usize) -> String {
    format!("{key:_<5.5}{number:06}")
}

fn song(key: &str, number: usize) -> String {
    format!("{BASE}/{}/audio\n", video(key, number))
}

/// The file of a playlist that MPD has written.
fn songs(key: &str, count: usize) -> String {
    (0..count).map(|number| song(key, number)).collect()
}

/// The playlists of a folder: their names without `.m3u`, and what is in them.
pub(crate) fn lists(folder: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // One may go between two looks.
    let read = |file: PathBuf| {
        let name = file.file_name()?.to_string_lossy().strip_suffix(".m3u")?.to_owned();
        Some((name, fs::read_to_string(&file).ok()?))
    };
    files.filter_map(read).collect()
}

/// Waits until the folder holds these playlists and no others.
#[track_caller]
fn wait_for(folder: &Path, expected: &[(&str, String)]) {
    let expected: BTreeMap<String, String> =
        expected.iter().map(|(name, content)| ((*name).to_owned(), content.clone())).collect();
    let deadline = std::time::Instant::now() + super::support::PATIENCE;
    loop {
        let found = lists(folder);
        if found == expected {
            return;
        }
        if std::time::Instant::now() > deadline {
            assert_eq!(found, expected);
        }
        sleep(Duration::from_millis(10));
    }
}
