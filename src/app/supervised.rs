//! What the service manager is told while we run: how we are, and that we have not hung.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::runtime;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::daemon::Daemon;
use crate::control::{Daemon as _, Status};
use crate::service::Supervisor;

/// Tells how the daemon is, whenever that changes, until `shutdown`.
pub(super) async fn tell_status(supervisor: Supervisor, daemon: Arc<Daemon>, shutdown: CancellationToken) {
    let (mut library, mut contact) = (daemon.library.clone(), daemon.contact.clone());
    let mut problems = daemon.problems.clone();
    let mut syncs = daemon.sync.follow();
    let mut told = String::new();
    loop {
        let line = line(&daemon.status());
        if line != told {
            supervisor.status(&line);
            told = line;
        }
        // Each arm only looks whether there is something new.
        tokio::select! {
            () = shutdown.cancelled() => return,
            Ok(()) = library.changed() => {}
            Ok(()) = contact.changed() => {}
            Ok(()) = problems.changed() => {}
            Ok(_) | Err(RecvError::Lagged(_)) = syncs.recv() => {}
            else => return,
        }
    }
}

/// `11 playlists, 530 songs; last sync 2026-11-22 19:04; MPD connected`.
fn line(status: &Status) -> String {
    let sync = match status.last_sync {
        _ if status.sync_in_progress => "syncing".to_owned(),
        None => "not synced yet".to_owned(),
        Some(at) => format!("last sync {}", at.to_zoned(TimeZone::system()).strftime("%F %H:%M")),
    };
    let problems = match status.errors.len() {
        0 => "",
        _ => "; there are problems: see `ytmpctl status`",
    };
    // Why it is unreachable is long, and in the log.
    let mpd = status.mpd.split(':').next().unwrap_or_default();
    format!("{} playlists, {} songs; {sync}; MPD {mpd}{problems}", status.playlists, status.tracks)
}

/// Tells every `period` that we have not hung, until `shutdown`: as long as this task has its turn
/// beside the work in the background, and the sessions' runtime runs a task that it is given.
pub(super) async fn keep_alive(
    supervisor: Supervisor,
    period: Duration,
    sessions: runtime::Handle,
    shutdown: CancellationToken,
) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let beating = async {
        loop {
            ticks.tick().await;
            if sessions.spawn(async {}).await.is_ok() {
                supervisor.alive();
            }
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = beating => {}
    }
}

#[cfg(test)]
mod tests {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    use tokio::time::timeout;

    use super::*;

    #[test]
    fn sessions_that_hang_are_not_alive() {
        let name = format!("ytmpd-test-{}-watchdog", std::process::id());
        let manager = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        manager.set_nonblocking(true).unwrap();
        let supervisor = Supervisor::at(format!("@{name}").as_ref()).unwrap();
        let runtime =
            || runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (general, never_run) = (runtime(), runtime());
        for (sessions, expected) in [(never_run.handle(), 0), (general.handle(), 3)] {
            let period = Duration::from_secs(2);
            let beating = keep_alive(supervisor.clone(), period, sessions.clone(), CancellationToken::new());
            general.block_on(async { timeout(period * 5 / 2, beating).await }).unwrap_err();
            let heard = std::iter::from_fn(|| manager.recv(&mut [0; 64]).ok()).count();
            assert_eq!(heard, expected);
        }
    }
}
