//! How small and how large the file's numbers may be.

use std::ops::RangeInclusive;

use super::error::BadValue;
use super::meaning::bad;

/// What `key` may be, if it is a number.
fn bounds(key: &str) -> Option<RangeInclusive<i64>> {
    Some(match key {
        // Each client takes two sockets and a task.
        "proxy.max_clients" => 1..=10_000,
        "relay.hold_seconds" => 0..=600,
        "youtube.account" => 0..=99,
        // Each is a Python process of 50 to 250 MB.
        "resolver.workers" => 1..=16,
        "resolver.timeout_seconds" => 5..=600,
        "resolver.prefetch" => 0..=20,
        "sync.interval_minutes" => 1..=7 * 24 * 60,
        _ => return None,
    })
}

/// What would be right for `key`, whose number is not.
pub(super) fn out_of_bounds(key: &str) -> String {
    let expected = bounds(key).map(|bounds| format!(": {} to {} is expected", bounds.start(), bounds.end()));
    format!("is out of bounds{}", expected.unwrap_or_default())
}

/// `value` as what the code counts in.
pub(super) fn within<T: TryFrom<i64>>(key: &'static str, value: i64) -> Result<T, BadValue> {
    let is_within = bounds(key).is_some_and(|bounds| bounds.contains(&value));
    let converted = T::try_from(value).ok().filter(|_| is_within);
    converted.ok_or_else(|| bad(key, format!("{value} {}", out_of_bounds(key))))
}
