//! What `ytmpctl` can ask of the running daemon.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::control::{self, Auth, Listed, Reloaded};
use crate::library::{Snapshot, Unavailable};
use crate::player::Contact;
use crate::session::Sessions;
use crate::sync::{self, Progress, SignIn, Trigger};

/// A wish to have the configuration read again, and where to answer.
pub(super) type Reload = oneshot::Sender<Result<Reloaded, String>>;

/// The daemon, as its control socket sees it.
pub(super) struct Daemon {
    pub(super) sync: sync::Handle,
    pub(super) library: watch::Receiver<Arc<Snapshot>>,
    pub(super) sessions: Sessions,
    /// What MPD was stopped for.
    pub(super) unavailable: Unavailable,
    /// Whether `player` can reach MPD.
    pub(super) contact: watch::Receiver<Contact>,
    /// What `materialise` cannot do.
    pub(super) problems: watch::Receiver<Vec<String>>,
    /// Taken by [`super::reload`].
    pub(super) reloads: mpsc::Sender<Reload>,
    /// Asks the daemon to stop.
    pub(super) quit: CancellationToken,
}

impl control::Daemon for Daemon {
    fn sync(&self) -> Trigger {
        self.sync.trigger()
    }

    fn status(&self) -> control::Status {
        let sync = self.sync.status();
        let library = self.library.borrow().clone();
        let (last_sync, last) = sync.last.map(|(at, result)| (at, (*result).clone())).unzip();
        let last = last.unwrap_or_default();
        let mut errors = last.errors;
        if let SignIn::Expired(reason) = &sync.sign_in
            && !errors.contains(reason)
        {
            errors.push(reason.clone());
        }
        errors.extend(self.problems.borrow().iter().cloned());
        let stops = self.unavailable.stops(&library);
        errors.extend(stops.iter().map(|why| format!("MPD was stopped: {why}")));
        control::Status {
            last_sync,
            daemon_start_time: sync.started,
            sync_in_progress: sync.running,
            last_sync_success: last.success,
            playlists_synced: last.playlists_synced,
            playlists_failed: last.playlists_failed,
            tracks_added: last.tracks_added,
            tracks_failed: last.tracks_failed,
            duration_seconds: last.duration_seconds,
            errors,
            next_sync: sync.next,
            auth: match sync.sign_in {
                SignIn::None => Auth::None,
                SignIn::Valid => Auth::Valid,
                SignIn::Expired(_) => Auth::Expired,
            },
            mpd: self.contact.borrow().to_string(),
            clients: self.sessions.clients(),
            playlists: library.virtuals().len(),
            tracks: library.virtuals().iter().map(|one| one.playlist.entries.len()).sum(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    fn list(&self) -> Vec<Listed> {
        let library = self.library.borrow().clone();
        let listed = library.virtuals().iter().map(|one| Listed {
            name: one.playlist.title.to_string(),
            id: one.playlist.id.to_string(),
            track_count: one.playlist.entries.len(),
            virtual_name: one.name.to_string(),
            updated: one.playlist.updated,
        });
        listed.collect()
    }

    fn reload(&self) -> Pin<Box<dyn Future<Output = Result<Reloaded, String>> + Send + '_>> {
        Box::pin(async {
            let (reply, answer) = oneshot::channel();
            if self.reloads.send(reply).await.is_err() {
                return Err("a demo has no configuration to read again".to_owned());
            }
            answer.await.unwrap_or_else(|_| Err("ytmpd is stopping".to_owned()))
        })
    }

    fn follow(&self) -> BoxStream<'static, Progress> {
        let following = self.sync.follow();
        let under_way = self.sync.status().running.then_some(Progress::Started { total: None });
        stream::iter(under_way).chain(stream::unfold(following, next_event)).boxed()
    }

    fn quit(&self) {
        self.quit.cancel();
    }
}

/// # Cancel safety
/// No event is lost but by who is too slow.
async fn next_event(
    mut following: broadcast::Receiver<Progress>,
) -> Option<(Progress, broadcast::Receiver<Progress>)> {
    loop {
        match following.recv().await {
            Ok(progress) => return Some((progress, following)),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}
