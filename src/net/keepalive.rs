//! Finding out that a peer has vanished: a machine that sleeps, or is on another network now, says
//! no goodbye.

use std::os::fd::AsFd;
use std::time::Duration;

use rustix::net::sockopt;

/// How long a connection may be quiet before its peer is asked whether it is still there. The
/// system's own (tcp(7)) is 2 h: for so long, a connection that died while the machine slept would
/// pass for one on which nothing happens.
const QUIET: Duration = Duration::from_secs(30);

/// How long until it is asked again...
const AGAIN: Duration = Duration::from_secs(10);

/// ...and how often, before it counts as gone: a minute after its last word.
const TIMES: u32 = 3;

/// Has the system end this TCP connection, with an error, when its peer has vanished while it was
/// quiet. Whoever is there answers, be its program as busy as it may.
pub fn end_if_peer_vanishes(socket: impl AsFd) {
    // A socket that refuses an option still works.
    let _ = sockopt::set_tcp_keepidle(&socket, QUIET);
    let _ = sockopt::set_tcp_keepintvl(&socket, AGAIN);
    let _ = sockopt::set_tcp_keepcnt(&socket, TIMES);
    let _ = sockopt::set_socket_keepalive(&socket, true);
}

/// After how long a peer that has vanished counts as gone, if the system is to find out.
#[cfg(test)]
pub(crate) fn gone_after(socket: impl AsFd) -> Option<Duration> {
    if !sockopt::socket_keepalive(&socket).ok()? {
        return None;
    }
    let pauses = sockopt::tcp_keepintvl(&socket).ok()? * sockopt::tcp_keepcnt(&socket).ok()?;
    Some(sockopt::tcp_keepidle(&socket).ok()? + pauses)
}
