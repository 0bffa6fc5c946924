//! What the tests share.

pub(crate) mod client;
pub(crate) mod config;
pub(crate) mod daemon;
pub(crate) mod mpd;
pub(crate) mod programs;
pub(crate) mod screen;
pub(crate) mod wire;
pub(crate) mod world;

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long anything may take that happens by itself: far longer than it does on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Looks again and again until `look` finds something; fails the test if it never does.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within_patience(look).unwrap_or_else(|| panic!("never: {what}"))
}

/// As [`eventually`], for who has more to say about it: `None` if it never does.
pub(crate) fn within_patience<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = look();
        if found.is_some() || Instant::now() >= deadline {
            return found;
        }
        sleep(Duration::from_millis(20));
    }
}
