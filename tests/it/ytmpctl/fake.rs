//! A daemon that says what a test has it say.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tempfile::TempDir;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use ytmpd::control::{Auth, Daemon, Listed, Reloaded, Server, Status};
use ytmpd::sync::{Progress, SyncResult, Trigger};

use crate::support::eventually;

/// A served control socket. It ends with this value.
pub(super) struct Fake {
    folder: TempDir,
    says: Arc<Says>,
    shutdown: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

/// What it says.
struct Says {
    events: broadcast::Sender<Progress>,
    /// What a wish to sync comes to; who follows is told of one that runs.
    running: Mutex<Trigger>,
    /// How many such wishes there were.
    wishes: AtomicUsize,
    status: Status,
    playlists: Vec<Listed>,
    reload: Result<Reloaded, String>,
}

impl Fake {
    pub(super) fn start(status: Status, playlists: Vec<Listed>) -> Self {
        Self::with_reload(status, playlists, Ok(Reloaded::default()))
    }

    pub(super) fn with_reload(
        status: Status,
        playlists: Vec<Listed>,
        reload: Result<Reloaded, String>,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let events = broadcast::channel(1000).0;
        let running = Mutex::new(Trigger::Started);
        let wishes = AtomicUsize::new(0);
        let says = Arc::new(Says { events, running, wishes, status, playlists, reload });
        let shutdown = CancellationToken::new();
        let socket = folder.path().join("socket");
        let thread = {
            let (says, shutdown, socket) = (Arc::clone(&says), shutdown.clone(), socket.clone());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    Server::bind(&socket).await.unwrap().serve(says, shutdown).await;
                });
            })
        };
        eventually("the fake listens", || std::os::unix::net::UnixStream::connect(&socket).ok());
        Self { folder, says, shutdown, thread: Some(thread) }
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// A sync is under way from now on.
    pub(super) fn is_syncing(&self) {
        *self.says.running.lock().unwrap() = Trigger::AlreadyRunning;
    }

    /// Waits until somebody has asked for a sync, which it follows by then.
    pub(super) fn wait_until_asked(&self) {
        eventually("a sync is asked for", || (self.says.wishes.load(Ordering::SeqCst) > 0).then_some(()));
    }

    /// Something happens in the sync.
    pub(super) fn tell(&self, event: Progress) {
        self.says.events.send(event).unwrap();
    }

    /// A playlist is listed.
    pub(super) fn done(&self, name: &str, done: usize, total: usize) {
        self.tell(Progress::Done { name: name.into(), done, total });
    }

    /// The sync ends like this.
    pub(super) fn finish(&self, result: SyncResult) {
        *self.says.running.lock().unwrap() = Trigger::Started;
        self.tell(Progress::Finished(Arc::new(result)));
    }

    /// Ends it. What is asked goes on being answered.
    pub(super) fn stop(&mut self) {
        self.shutdown.cancel();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(std::thread::panicking() || ended.is_ok(), "the fake panicked");
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Daemon for Says {
    fn sync(&self) -> Trigger {
        let trigger = std::mem::replace(&mut *self.running.lock().unwrap(), Trigger::AlreadyRunning);
        self.wishes.fetch_add(1, Ordering::SeqCst);
        trigger
    }

    fn status(&self) -> Status {
        self.status.clone()
    }

    fn list(&self) -> Vec<Listed> {
        self.playlists.clone()
    }

    fn reload(&self) -> Pin<Box<dyn Future<Output = Result<Reloaded, String>> + Send + '_>> {
        Box::pin(async { self.reload.clone() })
    }

    fn follow(&self) -> BoxStream<'static, Progress> {
        let under_way = *self.running.lock().unwrap() == Trigger::AlreadyRunning;
        let under_way = under_way.then_some(Progress::Started { total: None });
        let following = self.events.subscribe();
        let events = stream::unfold(following, async |mut events| Some((events.recv().await.ok()?, events)));
        stream::iter(under_way).chain(events).boxed()
    }

    fn quit(&self) {}
}

/// A daemon that is well.
pub(super) fn well() -> Status {
    let now = jiff::Timestamp::now();
    let ago = |minutes: i64| now - jiff::SignedDuration::from_mins(minutes);
    Status {
        last_sync: Some(ago(12)),
        daemon_start_time: ago(3 * 60 + 5),
        sync_in_progress: false,
        last_sync_success: true,
        playlists_synced: 52,
        playlists_failed: 0,
        tracks_added: 10_312,
        tracks_failed: 3,
        duration_seconds: 45.2,
        errors: vec![],
        next_sync: Some(ago(-18) + jiff::SignedDuration::from_secs(30)),
        auth: Auth::Valid,
        mpd: "connected".to_owned(),
        clients: 3,
        playlists: 52,
        tracks: 10_312,
        version: "0.1.0".to_owned(),
    }
}

/// A playlist of this name.
pub(super) fn playlist(name: &str, track_count: usize) -> Listed {
    Listed {
        name: name.to_owned(),
        id: "PLfocus000000000000000000000000000".to_owned(),
        track_count,
        virtual_name: format!("YT: {name}"),
        updated: jiff::Timestamp::now() - jiff::SignedDuration::from_hours(5),
    }
}
