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
    until: Instant,
}

struct Pause {
    until: Instant,
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
                Instant::now() + left(stream)
            }
            Err(Fault { kind: FaultKind::BackOff(base), reason }) => {
                return Err(self.pause_for(*base, reason));
            }
            Err(Fault { kind: FaultKind::Gone, .. }) if doubtful => Instant::now() + DOUBTFUL_FOR,
            Err(fault) => Instant::now() + remembered_for(fault.kind),
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
        let now = Instant::now();
        let running = self.pause.as_ref().map(|pause| pause.until).filter(|until| *until > now);
        if running.is_none() {
            self.strikes = self.strikes.saturating_add(1);
        }
        let doubled = base.saturating_mul(2_u32.saturating_pow(self.strikes.saturating_sub(1)));
        let until = running.into_iter().fold(now + doubled.min(LONGEST_PAUSE), Instant::max);
        let pause = self.pause.insert(Pause { until, reason: reason.to_owned() });
        // It has just begun.
        pause.fault().unwrap_or_else(|| Fault { kind: FaultKind::Passing, reason: reason.to_owned() })
    }
}

impl Remembered {
    /// The wall clock counts too: unlike [`Instant`] it goes on while the machine sleeps.
    fn holds(&self) -> bool {
        let alive = |stream: &Arc<Stream>| !left(stream).is_zero();
        self.until > Instant::now() && self.answer.as_ref().map_or(true, alive)
    }
}

impl Pause {
    /// What everybody is answered while it lasts.
    fn fault(&self) -> Option<Fault> {
        let left = self.until.saturating_duration_since(Instant::now());
        let (kind, minutes) = (FaultKind::BackOff(left), left.as_secs().div_ceil(60));
        let reason =
            format!("{}; YouTube is asked again in {minutes} min", self.reason.trim_end_matches('.'));
        (!left.is_zero()).then_some(Fault { kind, reason })
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
