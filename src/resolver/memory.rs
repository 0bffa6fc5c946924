//! What the resolver remembers: streams until their URL dies, faults for a while, and whether
//! YouTube wants a pause.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lru::LruCache;
use tokio::time::Instant;

use super::doubt::Doubts;
use super::{Fault, FaultKind, Stream};
use crate::library::VideoId;

/// What [`super::Resolver::resolve`] answers.
pub(super) type Answer = Result<Arc<Stream>, Fault>;

/// The queue of a long evening; an entry takes 1 to 2 KiB.
const MOST_ANSWERS: NonZeroUsize = NonZeroUsize::new(512).expect("not 0");

/// A stream that dies sooner is not given out again: MPD opens a song and reads it for minutes.
const MARGIN: Duration = Duration::from_secs(10 * 60);

/// A refused song rarely comes back, and MPD that runs through a queue of them asks for each.
const GONE_FOR: Duration = Duration::from_secs(60 * 60);
/// The user may sign in meanwhile.
const SIGN_IN_FOR: Duration = Duration::from_secs(10 * 60);
/// The song of a fault that may yet turn out to be the setup's.
const DOUBTFUL_FOR: Duration = Duration::from_secs(10 * 60);
/// The user may be installing something, and watches whether it helps.
const SETUP_FOR: Duration = Duration::from_secs(3);
/// Whoever waits the failure out asks again; this only keeps two askers from running twice.
const PASSING_FOR: Duration = Duration::from_secs(3);

/// However often YouTube has refused, it is asked again after this long.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// Answers by video, least recently used first out, and the pause.
pub(super) struct Memory {
    answers: LruCache<VideoId, Remembered>,
    pause: Option<Pause>,
    /// How many pauses there were since YouTube last answered.
    strikes: u32,
    doubts: Doubts,
}

struct Remembered {
    answer: Answer,
    until: Moment,
}

struct Pause {
    until: Moment,
    /// YouTube's own.
    reason: String,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { answers: LruCache::new(MOST_ANSWERS), pause: None, strikes: 0, doubts: Doubts::default() }
    }

    /// What can be answered without asking YouTube.
    pub(super) fn recall(&mut self, video: VideoId) -> Option<Answer> {
        if let Some(remembered) = self.answers.get(&video) {
            if remembered.holds() {
                return Some(remembered.answer.clone());
            }
            self.answers.pop(&video);
        }
        self.pause.as_ref().and_then(Pause::fault).map(Err)
    }

    /// Remembers what came of asking for `video`, and returns what to answer: the fault of a
    /// pause says how long that is.
    pub(super) fn learn(&mut self, video: VideoId, outcome: Result<Stream, Fault>) -> Answer {
        let doubtful = matches!(&outcome, Err(Fault { kind: FaultKind::Unclear | FaultKind::Refused, .. }));
        let answer = outcome.map(Arc::new).map_err(|fault| self.judged(video, fault));
        let until = match &answer {
            Ok(stream) => {
                self.strikes = 0;
                self.doubts.found(video);
                Moment::after(left(stream))
            }
            Err(Fault { kind: FaultKind::BackOff(base), reason }) => {
                return Err(self.pause_for(*base, reason));
            }
            Err(Fault { kind: FaultKind::Gone, .. }) if doubtful => Moment::after(DOUBTFUL_FOR),
            Err(fault) => Moment::after(remembered_for(fault.kind)),
        };
        self.answers.put(video, Remembered { answer: answer.clone(), until });
        answer
    }

    fn judged(&mut self, video: VideoId, fault: Fault) -> Fault {
        match fault.kind {
            FaultKind::Unclear => Fault { kind: self.doubts.judge(video), ..fault },
            FaultKind::Refused => Fault { kind: self.doubts.judge_refusal(video), ..fault },
            _ => fault,
        }
    }

    /// `stream` was found dead; another one of the same video stays.
    pub(super) fn forget(&mut self, video: VideoId, stream: &Arc<Stream>) {
        let known = self.answers.peek(&video).and_then(|remembered| remembered.answer.as_ref().ok());
        if known.is_some_and(|known| Arc::ptr_eq(known, stream)) {
            self.answers.pop(&video);
        }
    }

    /// What was in the way may be no more: all but YouTube's wish for a pause, which is its own.
    pub(super) fn forget_faults(&mut self) {
        let faults = self.answers.iter().filter(|(_, remembered)| remembered.answer.is_err());
        for video in faults.map(|(video, _)| *video).collect::<Vec<_>>() {
            self.answers.pop(&video);
        }
        self.doubts = Doubts::default();
    }

    /// Doubles with every pause in a row. A run that was already under way when the pause began is
    /// no new strike.
    fn pause_for(&mut self, base: Duration, reason: &str) -> Fault {
        let running = self.pause.as_ref().map(|pause| pause.until.left()).filter(|left| !left.is_zero());
        if running.is_none() {
            self.strikes = self.strikes.saturating_add(1);
        }
        let doubled = base.saturating_mul(2_u32.saturating_pow(self.strikes.saturating_sub(1)));
        let pause = doubled.min(LONGEST_PAUSE).max(running.unwrap_or_default());
        let pause = self.pause.insert(Pause { until: Moment::after(pause), reason: reason.to_owned() });
        // It has just begun.
        pause.fault().unwrap_or_else(|| Fault { kind: FaultKind::Passing, reason: reason.to_owned() })
    }
}

impl Remembered {
    fn holds(&self) -> bool {
        let alive = |stream: &Arc<Stream>| !left(stream).is_zero();
        !self.until.left().is_zero() && self.answer.as_ref().map_or(true, alive)
    }
}

/// A moment to come, by both clocks: [`Instant`]'s stands still while the machine sleeps, and the one
/// on the wall may be set. It has come when either says so.
#[derive(Clone, Copy)]
struct Moment {
    clock: Instant,
    wall: SystemTime,
}

impl Moment {
    fn after(wait: Duration) -> Self {
        Self { clock: Instant::now() + wait, wall: SystemTime::now() + wait }
    }

    fn left(self) -> Duration {
        self.left_at(Instant::now(), SystemTime::now())
    }

    fn left_at(self, clock: Instant, wall: SystemTime) -> Duration {
        let by_wall = self.wall.duration_since(wall).unwrap_or_default();
        self.clock.saturating_duration_since(clock).min(by_wall)
    }
}

impl Pause {
    /// What everybody is answered while it lasts, in whole seconds.
    fn fault(&self) -> Option<Fault> {
        let left = self.until.left();
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let (kind, minutes) = (FaultKind::BackOff(Duration::from_secs(seconds)), seconds.div_ceil(60));
        let reason =
            format!("{}; YouTube is asked again in {minutes} min", self.reason.trim_end_matches('.'));
        (seconds > 0).then_some(Fault { kind, reason })
    }
}

/// How long a stream may be given out, by the wall clock that its expiry is in.
fn left(stream: &Stream) -> Duration {
    stream.expires.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(MARGIN)
}

fn remembered_for(kind: FaultKind) -> Duration {
    match kind {
        FaultKind::Gone => GONE_FOR,
        FaultKind::SignIn => SIGN_IN_FOR,
        FaultKind::Passing => PASSING_FOR,
        FaultKind::BackOff(pause) => pause,
        FaultKind::Setup => SETUP_FOR,
        FaultKind::Unclear | FaultKind::Refused => DOUBTFUL_FOR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_comes_by_either_clock() {
        let minute = Duration::from_secs(60);
        let (clock, wall) = (Instant::now(), SystemTime::now());
        let moment = Moment { clock: clock + minute * 10, wall: wall + minute * 10 };
        for (awake, passed, left) in [(0, 0, 10), (4, 4, 6), (1, 540, 0), (10, 0, 0), (9, 0, 1), (0, 9, 1)] {
            let seen = moment.left_at(clock + minute * awake, wall + minute * passed);
            assert_eq!(seen, minute * left, "awake for {awake} min of {passed}");
        }
        assert_eq!(moment.left_at(clock + minute, wall - minute * 60), minute * 9, "the wall's was set back");
    }
}
