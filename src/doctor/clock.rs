//! YouTube, by one request without any cookies, and the clock: requests for an account are signed
//! with the time, and certificates count from it.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::DATE;

use super::{Check, http};
use crate::words::about;

/// When this was written: no clock is before that.
const WRITTEN: &str = "2026-11-22T00:00:00Z";

/// YouTube's clock may differ from ours by so much, in seconds: no more is known of what it takes.
const APART: i64 = 5 * 60;

/// Why YouTube does not answer, and what the user can do.
pub(super) struct Unreached {
    why: String,
    todo: &'static str,
}

/// The time that YouTube tells, if it answers.
pub(super) async fn ask(music_url: &str) -> Result<Option<Timestamp>, Unreached> {
    let unreached = |todo| move |error| Unreached { why: http::why(error), todo };
    // By the way of the daemon's own requests, through a proxy that the surroundings name.
    let client = http::client(music_url).build().map_err(unreached("install ca-certificates"))?;
    let look = "look at the network, its DNS and firewall, and at `https_proxy`";
    let answer = client.head(music_url).send().await.map_err(unreached(look))?;
    let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
    Ok(date.and_then(|date| Some(rfc2822::parse(date).ok()?.timestamp())))
}

/// What is said of YouTube and of the clock. `newest` is the latest moment that ytmpd has noted,
/// and where.
pub(super) fn judge(
    youtube: &Result<Option<Timestamp>, Unreached>,
    newest: Option<(Timestamp, &'static str)>,
    now: Timestamp,
) -> [Check; 2] {
    let reached = match youtube {
        Ok(_) => Check::ok("YouTube", "it answers"),
        Err(Unreached { why, todo }) => Check::failure("YouTube", format!("it is not reached: {why}"), *todo),
    };
    let told = youtube.as_ref().ok().copied().flatten();
    [reached, judge_clock(told, newest, now)]
}

fn judge_clock(told: Option<Timestamp>, newest: Option<(Timestamp, &'static str)>, now: Timestamp) -> Check {
    const NAME: &str = "clock";
    const TODO: &str = "set the clock: `timedatectl set-ntp true`";
    let behind = |at: Timestamp| at.as_second() - now.as_second();
    if let Some(apart) = told.map(behind).filter(|apart| apart.abs() > APART) {
        let which = if apart > 0 { "behind" } else { "ahead of" };
        let found = format!("{} {which} YouTube's: sign-ins fail", about(apart.abs()));
        return Check::failure(NAME, found, TODO);
    }
    if told.is_some() {
        return Check::ok(NAME, format!("{now:.0}, as YouTube's"));
    }
    if WRITTEN.parse().is_ok_and(|written: Timestamp| now < written) {
        return Check::failure(NAME, format!("{now:.0} is before this ytmpd was written"), TODO);
    }
    match newest.filter(|(at, _)| behind(*at) > APART) {
        Some((at, file)) => {
            let found = format!("{now:.0} is before the last entry of {file}, {at:.0}");
            Check::failure(NAME, found, TODO)
        }
        None => Check::ok(NAME, format!("{now:.0}, which cannot be compared with YouTube's")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn which_clocks_are_wrong() {
        let now = "2026-12-01T12:00:00Z";
        for (told, newest, now, state, found) in [
            (Some("2026-12-01T12:00:03Z"), None, now, State::Ok, "as YouTube's"),
            (Some("2026-12-01T12:07:00Z"), None, now, State::Failure, "7 minutes behind YouTube's"),
            (Some("2026-12-01T11:00:00Z"), None, now, State::Failure, "1 hour ahead of YouTube's"),
            // YouTube knows better than a file that was copied here.
            (Some(now), Some("2027-01-01T00:00:00Z"), now, State::Ok, "as YouTube's"),
            (None, None, now, State::Ok, "cannot be compared"),
            (None, Some("2026-12-01T11:00:00Z"), now, State::Ok, "cannot be compared"),
            (
                None,
                Some("2026-12-01T13:00:00Z"),
                now,
                State::Failure,
                "before the last entry of library.json",
            ),
            (None, None, "1970-01-01T00:01:00Z", State::Failure, "before this ytmpd"),
        ] {
            let [told, newest] = [told, newest].map(|at| at.map(|at| at.parse().unwrap()));
            let newest = newest.map(|at| (at, "library.json"));
            let check = judge_clock(told, newest, now.parse().unwrap());
            assert!(check.state == state && check.found.contains(found), "{told:?} {newest:?} {check:?}");
        }
    }
}
