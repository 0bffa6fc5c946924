//! `next`, `play 5`, `seek 5 60` and the like: which song they lead to, and to where in it.

use std::time::Duration;

use super::Route;
use crate::proto::{Request, integer, seconds};

/// Which song a command jumps to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) enum Jump {
    /// The next in MPD's order.
    Next,
    /// The one before.
    Previous,
    /// The one at this position.
    Position(usize),
    /// The one with this id.
    Id(usize),
    /// None: it seeks in the current song, which may not have begun.
    Current,
}

/// To where in its song a command jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::session) enum To {
    /// Its beginning, as what is no seek does.
    Start,
    At(Duration),
    /// From where it plays now.
    Forward(Duration),
    Back(Duration),
}

impl To {
    /// The time from the song's beginning, if so much of it has been played.
    pub(in crate::session) fn after(self, elapsed: Duration) -> Duration {
        match self {
            Self::Start => Duration::ZERO,
            Self::At(time) => time,
            Self::Forward(time) => elapsed.saturating_add(time),
            Self::Back(time) => elapsed.saturating_sub(time),
        }
    }
}

/// `play` and `playid` without a song, or with -1, only resume.
pub(super) fn jump(request: &Request<'_>, target: fn(usize) -> Jump, to: Option<To>) -> Route {
    match (request.arg(0).and_then(integer), to) {
        (Some(number), Some(to)) => Route::Jump(target(number), to),
        _ => Route::Forward,
    }
}

/// What `seekcur` takes.
pub(super) fn to(arg: &[u8]) -> Option<To> {
    match arg {
        [b'+', rest @ ..] => seconds(rest).map(To::Forward),
        [b'-', rest @ ..] => seconds(rest).map(To::Back),
        _ => seconds(arg).map(To::At),
    }
}
