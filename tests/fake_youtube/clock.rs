//! Wall-clock time, as YouTube's URLs have it. Not tokio's: the fake must agree with `yt-dlp`.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970.
pub fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
