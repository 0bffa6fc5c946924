//! What a service manager hears of us (sd_notify(3)), and its watchdog.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process;
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tracing::warn;

/// How long a message waits for a manager that is busy. None is worth more: it is told again.
const PATIENCE: Duration = Duration::from_secs(1);

/// The service manager that started us, if one wants to hear of us. Clones tell the same one.
#[derive(Debug, Clone, Default)]
pub struct Supervisor {
    socket: Option<Arc<Socket>>,
    /// How long we may be silent.
    watchdog: Option<Duration>,
}

#[derive(Debug)]
struct Socket {
    ours: UnixDatagram,
    manager: SocketAddr,
}

impl Supervisor {
    /// The one that `$NOTIFY_SOCKET` names; nobody without it.
    pub fn of_process() -> Self {
        let Some(name) = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else {
            return Self::default();
        };
        let number = |name| env::var(name).ok()?.parse::<u64>().ok();
        // It may be meant for the process that started us (sd_watchdog_enabled(3)).
        let is_for_us = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|&micros| micros > 0 && is_for_us);
        match Self::at(&name) {
            Ok(supervisor) => Self { watchdog: watchdog.map(Duration::from_micros), ..supervisor },
            Err(error) => {
                warn!(%error, "cannot tell the service manager anything: is $NOTIFY_SOCKET right?");
                Self::default()
            }
        }
    }

    /// One that has no watchdog, and listens at a path, or at `@` and an abstract name.
    ///
    /// # Errors
    /// When that is no socket's name.
    pub fn at(name: &OsStr) -> io::Result<Self> {
        let manager = match name.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(name)?,
        };
        let ours = UnixDatagram::unbound()?;
        ours.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { socket: Some(Arc::new(Socket { ours, manager })), watchdog: None })
    }

    /// Clients can connect; also after [`Self::reloading`].
    pub fn ready(&self) {
        self.tell("READY=1");
    }

    /// The configuration is being read again.
    pub fn reloading(&self) {
        // systemd tells by the time which reload this is.
        let now = clock_gettime(ClockId::Monotonic);
        let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    /// We are about to end.
    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// How we are, on one line for people.
    pub fn status(&self, line: &str) {
        self.tell(&format!("STATUS={}", line.replace('\n', " ")));
    }

    /// We have not hung.
    pub fn alive(&self) {
        self.tell("WATCHDOG=1");
    }

    /// How often [`Self::alive`] is wanted: twice as often as it has to be.
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog.map(|limit| limit / 2)
    }

    /// Whether anybody listens.
    pub fn is_there(&self) -> bool {
        self.socket.is_some()
    }

    fn tell(&self, message: &str) {
        let Some(Socket { ours, manager }) = self.socket.as_deref() else { return };
        if let Err(error) = ours.send_to_addr(message.as_bytes(), manager) {
            warn!(%error, "cannot tell the service manager `{}`", message.replace('\n', " "));
        }
    }
}
