//! How fast we ask: the one gate that every request to InnerTube goes through.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

use super::error::Unreachable;

/// The most requests that are under way at once. YouTube publishes no limit; a browser that opens
/// a playlist has more.
pub(super) const IN_FLIGHT: usize = 2;

/// The least time between two requests' beginnings: no burst, however fast YouTube answers. At its
/// usual 200 ms it is the number in flight that holds us back.
const BETWEEN_STARTS: Duration = Duration::from_millis(100);

/// The longest that a request waits for YouTube to want it again. If it wants to be left alone for
/// longer, requests fail: the next sync comes anyway.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The longest that YouTube is left alone because it asks for it.
pub(super) const LONGEST_REST: Duration = Duration::from_secs(24 * 60 * 60);

/// Lets requests through, few at once and not too fast.
pub(super) struct Gate {
    permits: Semaphore,
    between_starts: Duration,
    /// Never locked over an await.
    times: Mutex<Times>,
}

/// When the gate opens.
struct Times {
    /// The next request does not begin before.
    next: Instant,
    /// No request begins before, as YouTube wants to be left alone.
    rest: Option<Rest>,
}

struct Rest {
    until: Instant,
    /// Why, in words for the user.
    why: String,
}

/// A request may be under way for as long as this lives.
pub(super) struct Pass<'a> {
    _permit: Option<SemaphorePermit<'a>>,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self::every(BETWEEN_STARTS)
    }

    /// One with another least time between starts.
    pub(super) fn every(between_starts: Duration) -> Self {
        let times = Times { next: Instant::now(), rest: None };
        Self { permits: Semaphore::new(IN_FLIGHT), between_starts, times: Mutex::new(times) }
    }

    /// Waits until a request may begin.
    ///
    /// # Errors
    /// When YouTube wants to be left alone for longer than [`LONGEST_WAIT`].
    ///
    /// # Cancel safety
    /// Dropping the future gives up the place in the queue, and nothing else.
    pub(super) async fn enter(&self) -> Result<Pass<'_>, Unreachable> {
        // It fails when the semaphore is closed, which nobody does.
        let permit = self.permits.acquire().await.ok();
        while let Some(later) = self.begin(Instant::now())? {
            sleep_until(later).await;
        }
        Ok(Pass { _permit: permit })
    }

    /// Begins a request now, or says when to come back.
    fn begin(&self, now: Instant) -> Result<Option<Instant>, Unreachable> {
        let mut times = self.times();
        if let Some(rest) = times.rest.as_ref().filter(|rest| rest.until > now) {
            let left = rest.until - now;
            if left > LONGEST_WAIT {
                return Err(Unreachable::LeftAlone { why: rest.why.clone(), retry_after: left });
            }
            return Ok(Some(rest.until));
        }
        if times.next > now {
            return Ok(Some(times.next));
        }
        times.next = now + self.between_starts;
        Ok(None)
    }

    /// No request begins for this long. A rest that lasts longer stays.
    pub(super) fn rest(&self, pause: Duration, why: &str) {
        let until = Instant::now() + pause.min(LONGEST_REST);
        let mut times = self.times();
        if times.rest.as_ref().is_none_or(|rest| rest.until < until) {
            times.rest = Some(Rest { until, why: why.to_owned() });
        }
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::task::JoinSet;
    use tokio::time::sleep;

    use super::*;

    const ANSWER: Duration = Duration::from_millis(200);

    /// Asks so often, each answer taking so long; when each request began.
    async fn ask(gate: &Arc<Gate>, times: usize, answer: Duration) -> Vec<Duration> {
        let began = Instant::now();
        let mut requests = JoinSet::new();
        for _ in 0..times {
            let gate = Arc::clone(gate);
            requests.spawn(async move {
                let _pass = gate.enter().await.unwrap();
                let start = began.elapsed();
                sleep(answer).await;
                start
            });
        }
        let mut starts = requests.join_all().await;
        starts.sort_unstable();
        starts
    }

    #[tokio::test(start_paused = true)]
    async fn few_at_once_and_apart() {
        let gate = Arc::new(Gate::new());
        let began = Instant::now();
        let starts = ask(&gate, 100, ANSWER).await;
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= BETWEEN_STARTS), "{starts:?}");
        let ideal = ANSWER * 100 / 2;
        assert!(began.elapsed() < ideal * 13 / 10, "{:?} for {ideal:?}", began.elapsed());

        let slow = Duration::from_secs(3);
        let starts = ask(&gate, 7, slow).await;
        assert!(starts.windows(3).all(|three| three[2] - three[0] >= slow), "two at once: {starts:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_is_everyones() {
        let gate = Arc::new(Gate::new());
        gate.rest(Duration::from_secs(20), "busy");
        gate.rest(Duration::from_secs(3), "shorter");
        assert!(ask(&gate, 4, ANSWER).await[0] >= Duration::from_secs(20));
        for (pause, left) in [(Duration::from_secs(3600), 3600), (Duration::MAX, 24 * 3600)] {
            gate.rest(pause, "a bot check");
            let Err(Unreachable::LeftAlone { why, retry_after }) = gate.enter().await else {
                panic!("it lets a request through");
            };
            assert_eq!((why.as_str(), retry_after.as_secs()), ("a bot check", left));
        }
        sleep(LONGEST_REST).await;
        assert!(gate.enter().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_takes_no_place() {
        let gate = Arc::new(Gate::new());
        let passes = [gate.enter().await.unwrap(), gate.enter().await.unwrap()];
        let waited = tokio::time::timeout(ANSWER, gate.enter()).await;
        assert!(waited.is_err(), "both places are taken");
        drop(passes);
        let began = Instant::now();
        drop(gate.enter().await.unwrap());
        assert!(began.elapsed() <= BETWEEN_STARTS);
    }
}
