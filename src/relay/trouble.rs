//! What went wrong with one song lately, and how long to wait before the next try.
//!
//! Numbers only: [`super::fetch`] reads, waits and gives up.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use super::deck::Pace;
use super::media::LEAST_PROGRESS;

/// More URLs than this that were of no use within [`MEMORY`] mean that the next will be of none, too.
const MOST_DEAD: u32 = 3;

/// URLs live for hours: one that died longer ago than this has nothing to do with another.
const MEMORY: Duration = Duration::from_secs(10 * 60);

/// Every new URL is a run of `yt-dlp`. While nobody hears it, the third in place of a dead one waits
/// for this long, and each further one twice as long. Those in place of one that may recover are as
/// rare from the second on, whoever hears it...
const FIRST_REST: Duration = Duration::from_secs(30);

/// ...up to this, which is shorter than [`MEMORY`].
const LONGEST_REST: Duration = Duration::from_secs(5 * 60);

/// A setup that does not work is held for no longer than this: that is time enough for a `yt-dlp`
/// which is just being replaced, and whoever has to mend it wants to know.
const SETUP_HOLD: Duration = Duration::from_secs(10);

/// A media server is left alone for as long as it asks, but no longer than this while somebody
/// waits: another may have the song.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What went wrong.
pub(super) struct Trouble {
    pace: Pace,
    /// Since the last progress, or since MPD came to play the song.
    delays: ExponentialBackoff,
    /// Likewise, while nobody hears it.
    unheard: ExponentialBackoff,
    /// Since the last progress.
    failures: u32,
    /// Bytes, since the last failure.
    came: u64,
    /// When the first of the reads began that have brought no progress while somebody waits.
    since: Option<Instant>,
    /// Progress does not reset these: a URL that is good for one read only is no good.
    dead: Lost,
    /// Those that may recover.
    renewed: Lost,
    /// Whether the user was told, since the last progress.
    told: bool,
}

/// URLs that were given up for others.
#[derive(Debug, Clone, Copy, Default)]
struct Lost {
    count: u32,
    last: Option<Instant>,
}

/// Why it is not tried again at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// It could not be read, and may soon.
    Failure,
    /// Likewise, and the media server wants a pause.
    Busy(Duration),
    /// No URL was found, and one may be soon.
    NoUrl,
    /// No URL will be found until the user changes something.
    Setup,
    /// YouTube wants a pause.
    BackOff(Duration),
    /// The URL is dead.
    Dead,
}

/// Who hears that nothing comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nobody waits.
    NotYet,
    /// MPD waits, and nobody hears that for so long: it was given more than it has played.
    In(Duration),
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    TryIn(Duration),
    /// A request has waited for long enough. Or try after this, should it not be its turn.
    GiveUp(Duration),
}

impl Trouble {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            pace,
            delays: delays(pace.first_delay, pace.longest_delay),
            unheard: delays(pace.later, pace.latest),
            failures: 0,
            came: 0,
            since: None,
            dead: Lost::default(),
            renewed: Lost::default(),
            told: false,
        }
    }

    /// What went wrong before was for somebody else. Only of URLs that are given up it is no matter who waits.
    pub(super) fn begin_anew(&mut self) {
        let Self { pace, dead, renewed, .. } = *self;
        *self = Self { dead, renewed, ..Self::new(pace) };
    }

    /// A read begins.
    pub(super) fn read(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// It brought so many bytes, which are progress when they are enough.
    pub(super) fn bytes(&mut self, count: u64) {
        self.came += count;
        if self.came >= LEAST_PROGRESS {
            self.progress();
        }
    }

    /// It brought all that was asked for.
    pub(super) fn progress(&mut self) {
        if self.failures > 0 {
            self.begin_anew();
        }
        (self.since, self.told) = (None, false);
    }

    /// Nothing is to be read.
    pub(super) fn rest(&mut self) {
        self.since = None;
    }

    /// Whether nobody was told yet that MPD waits. From now on somebody was.
    pub(super) fn is_news(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }

    /// It failed. True if that may have been chance, and nothing need be waited for.
    pub(super) fn failed(&mut self, cause: Cause) -> bool {
        self.failures += 1;
        self.came = 0;
        if cause != Cause::Dead {
            return self.failures == 1;
        }
        self.dead.add();
        self.dead.count == 1
    }

    /// Whether to look for another URL in place of one that brings nothing, though it may recover.
    pub(super) fn renews(&mut self) -> bool {
        let renewed = self.renewed;
        let is_due = renewed.last.is_none_or(|last| last.elapsed() >= renewed.rest(1));
        if is_due {
            self.renewed.add();
        }
        is_due
    }

    /// What to do after a failure.
    pub(super) fn next(&mut self, cause: Cause, heard: Heard) -> Next {
        // From now on something is there to be reset.
        self.failures = self.failures.max(1);
        let delay = self.delays.next().unwrap_or(self.pace.longest_delay);
        let wanted = match cause {
            Cause::Failure | Cause::NoUrl | Cause::Setup | Cause::Dead => delay,
            Cause::Busy(pause) => delay.max(pause.min(LONGEST_PAUSE)),
            Cause::BackOff(pause) => delay.max(pause),
        };
        let in_hand = match heard {
            Heard::NotYet => {
                self.since = None;
                return Next::TryIn(wanted.max(self.cost(cause)));
            }
            Heard::In(in_hand) => in_hand,
        };
        if !in_hand.is_zero() {
            return Next::TryIn(wanted.max(self.cost(cause)).min(in_hand));
        }
        let held = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        let hold = if cause == Cause::Setup { self.pace.hold.min(SETUP_HOLD) } else { self.pace.hold };
        let left = hold.saturating_sub(held);
        let too_long = matches!(cause, Cause::BackOff(pause) if pause > left);
        let none_lives = cause == Cause::Dead && self.dead.count > MOST_DEAD;
        if left.is_zero() || too_long || none_lives {
            return Next::GiveUp(self.later());
        }
        Next::TryIn(wanted.min(left))
    }

    /// What it costs to try again, while nobody hears it.
    fn cost(&mut self, cause: Cause) -> Duration {
        match cause {
            Cause::Dead => self.dead.rest(2),
            Cause::NoUrl | Cause::Setup => self.later(),
            Cause::Failure | Cause::Busy(_) | Cause::BackOff(_) => Duration::ZERO,
        }
    }

    fn later(&mut self) -> Duration {
        self.unheard.next().unwrap_or(self.pace.latest)
    }
}

impl Lost {
    fn add(&mut self) {
        if self.last.is_none_or(|last| last.elapsed() >= MEMORY) {
            self.count = 0;
        }
        self.count += 1;
        self.last = Some(Instant::now());
    }

    /// How long the next is to wait, if so many need not.
    fn rest(self, free: u32) -> Duration {
        let rest = |more| FIRST_REST.saturating_mul(2_u32.saturating_pow(more)).min(LONGEST_REST);
        self.count.checked_sub(free).map_or(Duration::ZERO, rest)
    }
}

fn delays(first: Duration, longest: Duration) -> ExponentialBackoff {
    ExponentialBuilder::new().with_min_delay(first).with_max_delay(longest).without_max_times().build()
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::Cause::{BackOff, Busy, Dead, Failure, NoUrl, Setup};
    use super::Heard::{In, NotYet};
    use super::*;

    const HOLD: Duration = Duration::from_secs(60);
    const SILENT: Heard = In(Duration::ZERO);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn trouble() -> Trouble {
        let mut trouble = Trouble::new(Pace::new(HOLD));
        trouble.read();
        trouble
    }

    #[tokio::test(start_paused = true)]
    async fn new_urls_are_rare_while_nobody_hears_it() {
        let mut trouble = trouble();
        for round in 0..2 {
            assert!(trouble.failed(Dead), "{round}");
            for rest in [30, 60, 120, 240, 300, 300] {
                // Each was good for a read.
                trouble.progress();
                trouble.read();
                assert!(!trouble.failed(Dead));
                assert_eq!(trouble.next(Dead, NotYet), Next::TryIn(seconds(rest)));
                assert_eq!(trouble.next(Dead, In(seconds(7))), Next::TryIn(seconds(7)));
                advance(seconds(rest)).await;
            }
            advance(MEMORY).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_bytes_are_no_progress() {
        let mut trouble = trouble();
        assert!(trouble.failed(Failure), "it may be chance");
        for _ in 0..3 {
            advance(HOLD / 4).await;
            trouble.bytes(LEAST_PROGRESS - 1);
            assert!(!trouble.failed(Failure));
            assert!(matches!(trouble.next(Failure, SILENT), Next::TryIn(_)));
        }
        advance(HOLD / 4).await;
        assert!(matches!(trouble.next(Failure, SILENT), Next::GiveUp(_)));
        trouble.bytes(LEAST_PROGRESS - 1);
        trouble.bytes(1);
        trouble.read();
        assert!(trouble.failed(Failure), "the first again");
        assert!(matches!(trouble.next(Failure, SILENT), Next::TryIn(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_url_that_may_recover_is_rarely_given_up() {
        let mut trouble = trouble();
        for round in 0..2 {
            for rest in [0, 30, 60, 120, 240, 300, 300] {
                if rest > 0 {
                    advance(seconds(rest - 1)).await;
                    assert!(!trouble.renews(), "{round}: {rest}");
                    advance(seconds(1)).await;
                }
                assert!(trouble.renews(), "{round}: {rest}");
                trouble.progress();
                assert!(matches!(trouble.next(Failure, SILENT), Next::TryIn(_)));
            }
            assert!(trouble.failed(Dead), "the first that is refused");
            advance(MEMORY).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_is_told_once() {
        let mut trouble = trouble();
        for _ in 0..2 {
            assert_eq!([(); 3].map(|()| trouble.is_news()), [true, false, false]);
            trouble.progress();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_hears_it_gets_a_few_new_urls() {
        let mut trouble = trouble();
        for more in [true, true, true, false] {
            trouble.failed(Dead);
            let next = trouble.next(Dead, SILENT);
            assert_eq!(matches!(next, Next::TryIn(delay) if delay < seconds(1)), more, "{next:?}");
            trouble.progress();
            trouble.read();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_hears_is_tried_ever_more_rarely() {
        let mut trouble = trouble();
        advance(HOLD).await;
        for round in 0..2 {
            for wait in [2, 4, 8, 16, 32, 60, 60] {
                assert_eq!(trouble.next(Failure, SILENT), Next::GiveUp(seconds(wait)), "{round}");
            }
            // Its turn has come: that is as if it had just begun.
            trouble.begin_anew();
            trouble.read();
            assert_eq!(trouble.next(NoUrl, SILENT), Next::TryIn(Duration::from_millis(250)));
            advance(HOLD).await;
        }
        for (cause, heard) in [(NoUrl, NotYet), (Setup, In(seconds(100)))] {
            for wait in [2, 4, 8, 16, 32, 60, 60] {
                assert_eq!(trouble.next(cause, heard), Next::TryIn(seconds(wait)), "{cause:?}");
            }
            trouble.progress();
        }
        assert!(matches!(trouble.next(Failure, NotYet), Next::TryIn(delay) if delay < seconds(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_given_up_that_nobody_hears() {
        let hour = seconds(3600);
        let mut trouble = trouble();
        assert_eq!(trouble.next(BackOff(hour), In(seconds(100))), Next::TryIn(seconds(100)));
        assert_eq!(trouble.next(BackOff(hour), NotYet), Next::TryIn(hour));
        assert!(matches!(trouble.next(BackOff(hour), SILENT), Next::GiveUp(_)));
        assert_eq!(trouble.next(BackOff(seconds(50)), SILENT), Next::TryIn(seconds(50)));
        assert_eq!(trouble.next(Busy(hour), SILENT), Next::TryIn(LONGEST_PAUSE));
        assert_eq!(trouble.next(Busy(seconds(7)), SILENT), Next::TryIn(seconds(7)));
        trouble.read();
        assert!(matches!(trouble.next(Setup, SILENT), Next::TryIn(_)));
        advance(SETUP_HOLD).await;
        assert!(matches!(trouble.next(Setup, In(seconds(1))), Next::TryIn(_)));
        assert!(matches!(trouble.next(Setup, SILENT), Next::GiveUp(_)));
        assert!(matches!(trouble.next(Failure, SILENT), Next::TryIn(_)));
        advance(HOLD).await;
        assert!(matches!(trouble.next(Failure, In(seconds(1))), Next::TryIn(_)));
        assert!(matches!(trouble.next(Failure, SILENT), Next::GiveUp(_)));
    }
}
