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
use self::twins::{Twins, Way};
use crate::fake_youtube::catalogue::{FOCUS, NAMES};

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
    scripts.step_by(Size::wanted().of(5, 1))
}

#[test]
fn a_plain_proxy_passes() {
    let Some(mut twins) = Twins::start(Way::PlainProxy) else { return };
    compare(&mut twins, some(all()));
}

#[test]
fn without_virtual_playlists_every_byte_is_mpds() {
    let Some(mut twins) = Twins::start(Way::Ytmpd(&[])) else { return };
    compare(&mut twins, all());
}

#[test]
fn with_virtual_playlists_everything_else_is_mpds() {
    let Some(mut twins) = Twins::start(Way::Ytmpd(&[FOCUS, NAMES])) else { return };
    compare(&mut twins, all());
}

#[test]
fn without_permissions_every_refusal_is_mpds() {
    for open in ["", "read"] {
        let Some(mut twins) = Twins::start(Way::Guarded(open)) else { return };
        compare(&mut twins, some(answered()));
    }
}

#[test]
fn over_tcp_every_byte_is_mpds() {
    let Some(mut twins) = Twins::start(Way::YtmpdOverTcp) else { return };
    compare(&mut twins, some(all()));
}
