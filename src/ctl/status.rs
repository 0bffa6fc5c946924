//! How the daemon is, at a glance.

use super::look::{Look, Tone, clean};
use super::moment::Clock;
use crate::control::{Auth, Status};
use crate::sync::SyncResult;
use crate::words::{about, count};

/// The names' column.
const NAMES: usize = 11;

/// The whole of `ytmpctl status`.
pub(super) fn page(status: &Status, clock: &Clock, look: &Look) -> String {
    let running = clock.since(status.daemon_start_time);
    let title = format!("ytmpd {}, running for {}", clean(&status.version), about(running.max(0)));
    let mut page = format!("{}\n\n", look.paint(Tone::Heading, &title));
    for (name, value) in [
        ("Library", library(status)),
        ("Last sync", last_sync(status, clock)),
        ("Next sync", next_sync(status, clock)),
        ("Account", account(status)),
        ("MPD", mpd(status)),
        ("Clients", (status.clients.to_string(), None)),
    ] {
        let (text, tone) = value;
        let text = look.wrap(&clean(&text), NAMES);
        let text = tone.map_or(text.clone(), |tone| look.paint(tone, &text));
        page.push_str(&format!("{}{text}\n", look.paint(Tone::Quiet, &format!("{name:<NAMES$}"))));
    }
    let heading = count(status.errors.len(), "problem");
    let heading = if status.sync_in_progress {
        format!("{heading}, which the running sync may settle")
    } else {
        heading
    };
    page + &list(&status.errors, &heading, look)
}

/// What went wrong, each with what to do; nothing where nothing did.
pub(super) fn errors(errors: &[String], look: &Look) -> String {
    list(errors, &count(errors.len(), "problem"), look)
}

fn list(errors: &[String], heading: &str, look: &Look) -> String {
    if errors.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", look.paint(Tone::Bad, heading));
    for error in errors {
        text.push_str(&format!("  - {}\n", look.wrap(&clean(error), 4)));
    }
    text
}

type Value = (String, Option<Tone>);

fn library(status: &Status) -> Value {
    // The last sync's: the running one may follow a configuration that wants more.
    let nothing_wanted = status.playlists_synced == 0
        && status.playlists_failed == 0
        && status.last_sync.is_some()
        && !status.sync_in_progress;
    if status.playlists == 0 && nothing_wanted && status.auth == Auth::None {
        let text = "empty: set `youtube.playlists` or `youtube.cookies`, then `ytmpctl reload`";
        return (text.to_owned(), Some(Tone::Bad));
    }
    (format!("{}, {}", count(status.playlists, "playlist"), count(status.tracks, "song")), None)
}

fn last_sync(status: &Status, clock: &Clock) -> Value {
    let Some(at) = status.last_sync else {
        return ("never".to_owned(), None);
    };
    let when = format!("{} ({}), took {:.1} s", clock.ago(at), clock.time(at), status.duration_seconds);
    let last = SyncResult {
        success: status.last_sync_success,
        playlists_synced: status.playlists_synced,
        playlists_failed: status.playlists_failed,
        tracks_failed: status.tracks_failed,
        ..SyncResult::default()
    };
    let tone = if last.success { Tone::Good } else { Tone::Bad };
    (format!("{when}: {}", outcome(&last)), Some(tone))
}

/// What came of a sync.
pub(super) fn outcome(result: &SyncResult) -> String {
    let mut outcome = match result.playlists_failed {
        _ if result.success && result.playlists_synced == 0 => "no playlists to sync".to_owned(),
        _ if result.success => "all playlists synced".to_owned(),
        0 => "failed".to_owned(),
        failed => format!("{} failed, {} synced", count(failed, "playlist"), result.playlists_synced),
    };
    if result.tracks_failed > 0 {
        outcome.push_str(&format!(", {} left out", count(result.tracks_failed, "song")));
    }
    outcome
}

fn next_sync(status: &Status, clock: &Clock) -> Value {
    let text = match status.next_sync {
        _ if status.sync_in_progress => "running now; `ytmpctl sync --wait` shows how it goes".to_owned(),
        Some(at) => format!("{} ({})", clock.ahead(at), clock.time(at)),
        None => "not by itself; `ytmpctl sync` starts one".to_owned(),
    };
    (text, None)
}

fn account(status: &Status) -> Value {
    match status.auth {
        Auth::Valid if status.last_sync.is_none() => {
            ("the first sync tells whether YouTube takes the cookies".to_owned(), None)
        }
        Auth::Valid => ("signed in".to_owned(), Some(Tone::Good)),
        Auth::None => ("none: public playlists only; `youtube.cookies` signs in".to_owned(), None),
        // Among the problems is why, and what to do.
        Auth::Expired => ("signed out; its playlists stay as they were".to_owned(), Some(Tone::Bad)),
        Auth::Unknown => ("not known".to_owned(), None),
    }
}

fn mpd(status: &Status) -> Value {
    let tone = if status.mpd == "connected" { Tone::Good } else { Tone::Bad };
    (status.mpd.clone(), Some(tone))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::super::look::Colour;
    use super::*;

    fn fine() -> Status {
        Status {
            last_sync: Some("2025-10-17T11:48:00Z".parse().unwrap()),
            daemon_start_time: "2025-10-17T09:00:00Z".parse().unwrap(),
            sync_in_progress: false,
            last_sync_success: true,
            playlists_synced: 52,
            playlists_failed: 0,
            tracks_added: 10_312,
            tracks_failed: 3,
            duration_seconds: 45.21,
            errors: vec![],
            next_sync: Some("2025-10-17T12:18:00Z".parse().unwrap()),
            auth: Auth::Valid,
            mpd: "connected".to_owned(),
            clients: 3,
            playlists: 52,
            tracks: 10_312,
            version: "1.2.3".to_owned(),
        }
    }

    fn shown(status: &Status, look: Look) -> String {
        let clock = Clock { now: "2025-10-17T12:00:00Z".parse().unwrap(), zone: TimeZone::UTC };
        page(status, &clock, &look)
    }

    #[test]
    fn all_is_well() {
        let expected = "\
ytmpd 1.2.3, running for 3 hours

Library    52 playlists, 10312 songs
Last sync  12 minutes ago (11:48), took 45.2 s: all playlists synced, 3 songs left out
Next sync  in 18 minutes (12:18)
Account    signed in
MPD        connected
Clients    3
";
        let look = Look { width: None, colour: Colour::Never };
        assert_eq!(shown(&fine(), look), expected);
        let colourful = shown(&fine(), Look { colour: Colour::Always, ..look });
        assert!(
            colourful.contains("\u{1b}[2mAccount    \u{1b}[0m\u{1b}[32msigned in\u{1b}[0m\n"),
            "{colourful:?}"
        );
    }

    #[test]
    fn nothing_is_well() {
        let status = Status {
            last_sync_success: false,
            playlists_synced: 51,
            playlists_failed: 1,
            tracks_failed: 0,
            next_sync: None,
            auth: Auth::Expired,
            mpd:
                "unreachable: no MPD at `localhost:6600`: connection refused; start it, or set `mpd.address`"
                    .to_owned(),
            errors: vec![
                "Focus\u{1b}[2J: YouTube does not answer; it is tried again in 30 minutes".to_owned(),
            ],
            ..fine()
        };
        let expected = "\
ytmpd 1.2.3, running for 3 hours

Library    52 playlists, 10312 songs
Last sync  12 minutes ago (11:48), took 45.2 s: 1
           playlist failed, 51 synced
Next sync  not by itself; `ytmpctl sync` starts
           one
Account    signed out; its playlists stay as they
           were
MPD        unreachable: no MPD at
           `localhost:6600`: connection refused;
           start it, or set `mpd.address`
Clients    3

1 problem
  - Focus\u{fffd}[2J: YouTube does not answer; it is
    tried again in 30 minutes
";
        assert_eq!(shown(&status, Look { width: Some(50), colour: Colour::Never }), expected);
    }

    #[test]
    fn at_the_beginning() {
        let first = Status { last_sync: None, sync_in_progress: true, auth: Auth::None, ..fine() };
        let text = shown(&first, Look { width: None, colour: Colour::Never });
        assert!(text.contains("Last sync  never\nNext sync  running now; `ytmpctl sync --wait`"), "{text}");
        assert!(text.contains("Account    none: public playlists only"), "{text}");
        let look = Look { width: None, colour: Colour::Never };
        let text = shown(&Status { auth: Auth::Valid, ..first }, look);
        assert!(text.contains("Account    the first sync tells"), "{text}");
        let unconfigured = Status { playlists: 0, playlists_synced: 0, auth: Auth::None, ..fine() };
        let text = shown(&unconfigured, look);
        assert!(text.contains("Library    empty: set `youtube.playlists` or"), "{text}");
        assert!(text.contains("took 45.2 s: no playlists to sync"), "{text}");
        // The configuration has changed since, perhaps.
        let text = shown(&Status { sync_in_progress: true, ..unconfigured }, look);
        assert!(text.contains("Library    0 playlists, "), "{text}");
        let again = Status { sync_in_progress: true, errors: vec!["no".to_owned()], ..fine() };
        let text = shown(&again, look);
        assert!(text.ends_with("\n1 problem, which the running sync may settle\n  - no\n"), "{text}");
    }
}
