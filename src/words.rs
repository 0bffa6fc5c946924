//! Numbers and times, as people say them.

/// `1 song`, `2 songs`
pub fn count(count: impl TryInto<i64>, what: &str) -> String {
    let count = count.try_into().unwrap_or(i64::MAX);
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `3 hours`: so many seconds, in the largest unit that they fill.
pub fn about(seconds: i64) -> String {
    match seconds {
        ..=59 => count(seconds, "second"),
        60..=3599 => count(seconds / 60, "minute"),
        3600..=172_799 => count(seconds / 3600, "hour"),
        _ => count(seconds / 86_400, "day"),
    }
}

/// `12 minutes ago`: so many seconds; the future is now.
pub fn ago(seconds: i64) -> String {
    match seconds {
        ..10 => "just now".to_owned(),
        seconds => format!("{} ago", about(seconds)),
    }
}
