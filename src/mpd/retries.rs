//! When to try again to reach MPD.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// The first try to reach MPD again: a restart takes it about so long.
const FIRST: Duration = Duration::from_millis(100);

/// The tries become no rarer than this: someone who starts MPD looks at the result at once.
const SLOWEST: Duration = Duration::from_secs(5);

/// The pauses before the tries, each longer than the one before. A new one begins anew.
#[derive(Debug)]
pub struct Retries(ExponentialBackoff);

impl Retries {
    /// The pause before the next try.
    pub fn pause(&mut self) -> Duration {
        self.0.next().unwrap_or(SLOWEST)
    }
}

impl Default for Retries {
    fn default() -> Self {
        let pauses = ExponentialBuilder::new().with_min_delay(FIRST).with_max_delay(SLOWEST);
        Self(pauses.without_max_times().build())
    }
}
