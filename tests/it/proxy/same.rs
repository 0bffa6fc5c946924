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
    let others = [framing::scripts(), idling::scripts(), pictures::scripts(size), random::scripts(size)];
    table::scripts().into_iter().chain(others.into_iter().flatten()).chain(alone)
}

/// Some of it, of every kind, where the way to ytmpd is all that is new.
fn some() -> impl Iterator<Item = Script> {
    all().step_by(Size::wanted().of(5, 1))
}

#[test]
fn a_plain_proxy_passes() {
    let Some(mut twins) = Twins::start(Way::PlainProxy) else { return };
    compare(&mut twins, some());
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
fn over_tcp_every_byte_is_mpds() {
    let Some(mut twins) = Twins::start(Way::YtmpdOverTcp) else { return };
    compare(&mut twins, some());
}
