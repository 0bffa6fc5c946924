//! Scripts that have the same transcript through ytmpd as with MPD itself, byte for byte, up to
//! the moment when the connection is closed, and the same effect.
//!
//! Both MPDs go through all scripts in step, and are put back before each. A plain TCP proxy
//! passes too, which proves the scripts. What a failure of a random script names as its seed is
//! played again with `YTMPD_SAME_SEED=…`; `tests/run.sh --all` tries many more, by new seeds.

mod compare;
mod framing;
mod idling;
mod music;
mod pictures;
mod plain_proxy;
mod races;
mod random;
mod script;
mod sizes;
mod sockets;
mod table;
mod twins;

use self::compare::compare;
use self::script::Script;
use self::sizes::Size;
use self::twins::{Twins, Upstream, Way};
use crate::fake_youtube::catalogue::{FOCUS, NAMES};
use crate::support::mpd::{StartMpd, TestMpd};

/// All that is compared.
fn all() -> impl Iterator<Item = Script> {
    let size = Size::wanted();
    let alone = table::single_lines().step_by(size.of(20, 1));
    answered().chain(idling::scripts()).chain(pictures::scripts(size)).chain(alone)
}

/// What waits for nothing that only a client with all permissions hears.
fn answered() -> impl Iterator<Item = Script> {
    table::scripts().into_iter().chain(framing::scripts()).chain(random::scripts(Size::wanted()))
}

/// Some of it, of every kind, where it is not the commands that are new.
fn some(scripts: impl Iterator<Item = Script>) -> impl Iterator<Item = Script> {
    scripts.step_by(Size::wanted().of(5, 2))
}

/// With this MPD and in this way, the scripts are answered alike.
fn same(mpd: StartMpd, way: Way<'_>, scripts: impl Iterator<Item = Script>) {
    if let Some(mut twins) = Twins::start(mpd, way) {
        compare(&mut twins, scripts);
    }
}

/// What a client may do without the password, in two set-ups.
fn same_guarded(mpd: StartMpd) {
    for open in ["", "read"] {
        same(mpd, Way::Guarded(open), some(answered()));
    }
}

/// Where only MPD's Unix socket is reached, and ytmpd refuses what MPD would. Without the lines in
/// which that shows:
///
/// * MPD 0.23 lets a client over TCP put a file of the system's into a stored playlist, if it says at
///   which position. For who comes over a Unix socket it would be played.
/// * MPD looks at the position first, and may have a word about that.
fn same_over_a_unix_socket(mpd: StartMpd) {
    let shows = |script: &Script| {
        let said = script.readable();
        let local = ["/", "//", "/etc/hostname", "file:///etc/hostname"];
        said.contains("playlistadd real file:")
            || local.iter().any(|uri| said.contains(&format!(" {uri} +0")))
    };
    let scripts = some(all()).filter(|script| !shows(script)).chain([table::local_pictures()]);
    same(mpd, Way::YtmpdOverTcp(Upstream::Unix), scripts);
}

#[test]
fn a_plain_proxy_passes() {
    same(TestMpd::start, Way::PlainProxy, some(all()));
}

#[test]
fn without_virtual_playlists_every_byte_is_mpds() {
    same(TestMpd::start, Way::Ytmpd(&[]), all());
}

#[test]
fn with_virtual_playlists_everything_else_is_mpds() {
    same(TestMpd::start, Way::Ytmpd(&[FOCUS, NAMES]), all());
}

#[test]
fn without_permissions_every_refusal_is_mpds() {
    same_guarded(TestMpd::start);
}

#[test]
fn over_tcp_every_byte_is_mpds() {
    same(TestMpd::start, Way::YtmpdOverTcp(Upstream::Tcp), some(all()));
}

#[test]
fn over_tcp_and_a_unix_socket_nobody_may_more_than_at_mpd() {
    same_over_a_unix_socket(TestMpd::start);
}

/// The same with MPD 0.24.
mod version24 {
    use super::*;

    #[test]
    fn a_plain_proxy_passes() {
        same(TestMpd::start_0_24, Way::PlainProxy, some(all()));
    }

    #[test]
    fn without_virtual_playlists_every_byte_is_mpds() {
        same(TestMpd::start_0_24, Way::Ytmpd(&[]), all());
    }

    #[test]
    fn with_virtual_playlists_everything_else_is_mpds() {
        same(TestMpd::start_0_24, Way::Ytmpd(&[FOCUS, NAMES]), all());
    }

    #[test]
    fn without_permissions_every_refusal_is_mpds() {
        same_guarded(TestMpd::start_0_24);
    }

    #[test]
    fn over_tcp_every_byte_is_mpds() {
        same(TestMpd::start_0_24, Way::YtmpdOverTcp(Upstream::Tcp), some(all()));
    }

    #[test]
    fn over_tcp_and_a_unix_socket_nobody_may_more_than_at_mpd() {
        same_over_a_unix_socket(TestMpd::start_0_24);
    }
}
