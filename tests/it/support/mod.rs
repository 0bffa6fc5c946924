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
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "never: {what}");
        sleep(Duration::from_millis(20));
    }
}
