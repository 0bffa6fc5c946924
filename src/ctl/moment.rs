//! Moments, by the user's clock.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::words::{about, ago};

/// What time it is, and where.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
}

impl Clock {
    pub(super) fn of_system() -> Self {
        Self { now: Timestamp::now(), zone: TimeZone::system() }
    }

    /// `14:30`, with the date if it is not today's.
    pub(super) fn time(&self, at: Timestamp) -> String {
        let [at, now] = [at, self.now].map(|time| time.to_zoned(self.zone.clone()));
        let format = if at.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        at.strftime(format).to_string()
    }

    /// `12 minutes ago`
    pub(super) fn ago(&self, at: Timestamp) -> String {
        ago(self.since(at))
    }

    /// `in 18 minutes`
    pub(super) fn ahead(&self, at: Timestamp) -> String {
        match self.since(at) {
            0.. => "now".to_owned(),
            seconds => format!("in {}", about(seconds.saturating_neg())),
        }
    }

    /// In seconds; negative before.
    pub(super) fn since(&self, at: Timestamp) -> i64 {
        self.now.as_second() - at.as_second()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_relative_and_local() {
        let clock = Clock {
            now: "2025-10-17T12:00:00Z".parse().unwrap(),
            zone: TimeZone::fixed(jiff::tz::offset(2)),
        };
        for (at, time, ago, ahead) in [
            ("2025-10-17T11:59:55Z", "13:59", "just now", "now"),
            ("2025-10-17T11:59:30Z", "13:59", "30 seconds ago", "now"),
            ("2025-10-17T11:59:00Z", "13:59", "1 minute ago", "now"),
            ("2025-10-17T11:47:12Z", "13:47", "12 minutes ago", "now"),
            ("2025-10-16T23:00:00Z", "01:00", "13 hours ago", "now"),
            ("2025-10-16T21:59:00Z", "2025-10-16 23:59", "14 hours ago", "now"),
            ("2025-10-01T12:00:00Z", "2025-10-01 14:00", "16 days ago", "now"),
            ("2025-10-17T12:18:00Z", "14:18", "just now", "in 18 minutes"),
            ("2025-10-18T12:00:01Z", "2025-10-18 14:00", "just now", "in 24 hours"),
        ] {
            let at = at.parse().unwrap();
            assert_eq!([clock.time(at), clock.ago(at), clock.ahead(at)], [time, ago, ahead]);
        }
    }
}
