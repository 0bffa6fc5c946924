//! The daemon that the tests ask, and what it says.

mod answers;
mod sockets;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::{Semaphore, broadcast};

use super::{Auth, Daemon, Listed, Reloaded, Status};
use crate::sync::{Progress, SyncResult, Trigger};

/// A daemon whose sync begins and ends when a test says so.
struct Fake {
    events: broadcast::Sender<Progress>,
    /// How often it was asked to sync; only the first time begins one.
    syncs: AtomicUsize,
    quits: AtomicUsize,
    /// A permit for each reload that may end.
    reloads: Semaphore,
    playlists: usize,
}

impl Fake {
    fn new() -> Arc<Self> {
        Self::with_playlists(1)
    }

    fn with_playlists(playlists: usize) -> Arc<Self> {
        let [syncs, quits] = [0, 0].map(AtomicUsize::new);
        let events = broadcast::channel(16).0;
        Arc::new(Self { events, syncs, quits, reloads: Semaphore::new(0), playlists })
    }

    fn quits(&self) -> usize {
        self.quits.load(Ordering::SeqCst)
    }

    fn syncs(&self) -> usize {
        self.syncs.load(Ordering::SeqCst)
    }
}

impl Daemon for Fake {
    fn sync(&self) -> Trigger {
        if self.syncs.fetch_add(1, Ordering::SeqCst) > 0 {
            return Trigger::AlreadyRunning;
        }
        // Nobody may follow.
        let _ = self.events.send(Progress::Started { total: Some(1) });
        Trigger::Started
    }

    fn status(&self) -> Status {
        Status {
            last_sync: None,
            daemon_start_time: "2025-10-17T12:00:00.987Z".parse().unwrap(),
            sync_in_progress: false,
            last_sync_success: false,
            playlists_synced: 0,
            playlists_failed: 0,
            tracks_added: 0,
            tracks_failed: 0,
            duration_seconds: 45.2,
            errors: vec!["it \"fails\"".to_owned()],
            next_sync: Some("2025-10-17T14:30:00.5+02:00".parse().unwrap()),
            auth: Auth::None,
            mpd: "connected".to_owned(),
            clients: 3,
            playlists: self.playlists,
            tracks: 2,
            version: "1.2.3".to_owned(),
        }
    }

    fn list(&self) -> Vec<Listed> {
        let listed = Listed {
            name: "Focus 🎧".to_owned(),
            id: "PLfocus".to_owned(),
            track_count: 2,
            virtual_name: "YT: Focus 🎧".to_owned(),
            updated: "2025-10-17T12:00:00Z".parse().unwrap(),
        };
        vec![listed; self.playlists]
    }

    fn reload(&self) -> Pin<Box<dyn Future<Output = Result<Reloaded, String>> + Send + '_>> {
        Box::pin(async {
            self.reloads.acquire().await.unwrap().forget();
            if self.quits() > 0 {
                return Err("config.toml:1:1: nonsense".to_owned());
            }
            let changed = vec!["sync.auto".to_owned()];
            Ok(Reloaded { changed, restart_needed: vec!["proxy.listen".to_owned()] })
        })
    }

    fn follow(&self) -> BoxStream<'static, Progress> {
        let following = self.events.subscribe();
        stream::unfold(following, async |mut following| Some((following.recv().await.ok()?, following)))
            .boxed()
    }

    fn quit(&self) {
        self.quits.fetch_add(1, Ordering::SeqCst);
    }
}

fn finished() -> Progress {
    Progress::Finished(Arc::new(SyncResult { success: true, playlists_synced: 1, ..SyncResult::default() }))
}

const SYNC: &str = "{\"success\":true,\"message\":\"Sync triggered\"}\n";
const AGAIN: &str = "{\"success\":true,\"message\":\"Sync already in progress\"}\n";
const QUIT: &str = "{\"success\":true,\"message\":\"Shutting down\"}\n";
const STATUS: &str = "{\"success\":true,\"last_sync\":null,\"daemon_start_time\":\"2025-10-17T12:00:00Z\",\
    \"sync_in_progress\":false,\"last_sync_success\":false,\"playlists_synced\":0,\"playlists_failed\":0,\
    \"tracks_added\":0,\"tracks_failed\":0,\"duration_seconds\":45.2,\"errors\":[\"it \\\"fails\\\"\"],\
    \"next_sync\":\"2025-10-17T12:30:00Z\",\"auth\":\"none\",\"mpd\":\"connected\",\"clients\":3,\
    \"playlists\":1,\"tracks\":2,\"version\":\"1.2.3\"}\n";
const LIST: &str = "{\"success\":true,\"playlists\":[{\"name\":\"Focus 🎧\",\"id\":\"PLfocus\",\
    \"track_count\":2,\"virtual_name\":\"YT: Focus 🎧\",\"updated\":\"2025-10-17T12:00:00Z\"}]}\n";
const RELOAD: &str = "{\"success\":true,\"message\":\"Configuration reloaded, syncing\",\"changed\":[\"sync.auto\"],\
    \"restart_needed\":[\"proxy.listen\"]}\n";
const STARTED: &str = "{\"event\":\"sync_started\",\"total\":1}\n";

fn no(error: &str) -> String {
    format!("{{\"success\":false,\"error\":\"{error}\"}}\n")
}
