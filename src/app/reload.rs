//! Reading the configuration again, on SIGHUP and by `ytmpctl reload`.

use std::error::Error as StdError;
use std::sync::Arc;

use tokio::signal::unix::Signal;
use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::daemon::Reload;
use crate::config::{Config, ConfigError};
use crate::control::Reloaded;
use crate::cookies::Cookies;
use crate::reason::on_one_line;
use crate::resolver::{Extract, Resolver};
use crate::service::Supervisor;
use crate::service::logging::Log;

/// Reads the configuration from where it was read at the start.
pub type Reread = Arc<dyn Fn() -> Result<Config, ConfigError> + Send + Sync>;

/// Finds songs as a configuration says.
pub(super) type MakeExtract = Box<dyn Fn(&Config) -> Arc<dyn Extract> + Send + Sync>;

/// Who follows a configuration that was read again.
pub(super) struct Reloader {
    pub(super) reread: Reread,
    pub(super) log: Log,
    pub(super) supervisor: Supervisor,
    /// Player, materialiser and sync follow it; the last begins a sync for every value.
    pub(super) configure: watch::Sender<Arc<Config>>,
    pub(super) cookies: Cookies,
    pub(super) resolver: Resolver,
    pub(super) extract: MakeExtract,
    /// From the control socket.
    pub(super) reloads: mpsc::Receiver<Reload>,
    /// SIGHUP.
    pub(super) hangups: Signal,
}

impl Reloader {
    /// Serves until `shutdown`. One reload at a time.
    pub(super) async fn run(mut self, shutdown: CancellationToken) {
        loop {
            // Each arm is cancel-safe: a request that was taken is answered before the next is.
            tokio::select! {
                () = shutdown.cancelled() => return,
                Some(reply) = self.reloads.recv() => {
                    // Nobody may wait any more.
                    let _ = reply.send(self.reload().await);
                }
                Some(()) = self.hangups.recv() => drop(self.reload().await),
            }
        }
    }

    /// As [`Self::read_again`], and the service manager knows.
    async fn reload(&self) -> Result<Reloaded, String> {
        self.supervisor.reloading();
        let reloaded = self.read_again().await;
        self.supervisor.ready();
        reloaded
    }

    /// # Errors
    /// When the file is wrong: nothing has changed then. For people, on one line.
    async fn read_again(&self) -> Result<Reloaded, String> {
        let reread = Arc::clone(&self.reread);
        let read = match spawn_blocking(move || reread()).await {
            Ok(Ok(read)) => read,
            Ok(Err(wrong)) => {
                let wrong = on_one_line(&wrong);
                error!("the configuration was read again, and stays as it was: {wrong}");
                return Err(wrong);
            }
            Err(bug) => std::panic::resume_unwind(bug.into_panic()),
        };
        let before = Arc::clone(&self.configure.borrow());
        let (config, changes) = before.follow(read);
        if let Err(wrong) = self.log.set_filter(&config.log_filter) {
            // `config` lets no such filter through.
            warn!(error = &wrong as &dyn StdError, "the log's filter stays as it was");
        }
        self.cookies.set_export(config.youtube.cookies.as_deref());
        // Also as it was: who asks for it may have updated `yt-dlp`.
        self.resolver.reconfigure((self.extract)(&config), config.resolver.workers).await;
        self.configure.send_replace(Arc::new(config));
        let (changed, restart_needed) = (changes.followed, changes.at_restart);
        info!(?changed, ?restart_needed, "the configuration was read again; syncing");
        Ok(Reloaded { changed, restart_needed })
    }
}
