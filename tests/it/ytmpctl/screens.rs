//! What a user sees.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ytmpd::control::{Auth, Status};
use ytmpd::sync::Progress;

use super::fake::{Fake, playlist, well};
use super::waiting::result;
use crate::support::screen::Screen;

/// A terminal in which `ytmpctl` runs, and says how it ended. It is about noon there, as times of
/// another day take more room.
fn terminal(socket: &Path, arguments: &str, environment: &str) -> Option<Screen> {
    let program = env!("CARGO_BIN_EXE_ytmpctl");
    let socket = socket.display();
    let from_noon = Timestamp::now().to_zoned(TimeZone::UTC).hour() - 12;
    let script = format!(
        "env TZ=TEST{from_noon} NO_COLOR= {environment} {program} --socket {socket} {arguments}; echo \"<ended $?>\"; sleep 1000"
    );
    Screen::start("sh", &["-c", &script])
}

#[test]
fn status() {
    let status = Status {
        last_sync_success: false,
        playlists_synced: 50,
        playlists_failed: 2,
        auth: Auth::Expired,
        mpd:
            "unreachable: no MPD at `localhost:6600`: connection refused, nor at `/run/mpd/socket`: no such \
              file; start it, or set `mpd.address`"
                .to_owned(),
        errors: vec![
            "the account is signed out: export cookies.txt from a browser that is signed in to \
             music.youtube.com, then `ytmpctl reload`"
                .to_owned(),
            "Focus: YouTube does not answer".to_owned(),
        ],
        ..well()
    };
    let fake = Fake::start(status, vec![]);
    let Some(screen) = terminal(&fake.socket(), "status", "") else { return };
    let shown = screen.shows(&["<ended 0>"]);
    println!("{shown}");
    for line in [
        "ytmpd 0.1.0, running for 3 hours\n",
        "Library    52 playlists, 10312 songs\n",
        "), took 45.2 s: 2 playlists failed, 50 synced, 3 songs left out\n",
        "Next sync  in 18 minutes (",
        "\n           such file; start it, or set `mpd.address`\n",
        "2 problems\n  - the account is signed out: export",
        "\n    music.youtube.com, then `ytmpctl reload`\n",
    ] {
        assert!(shown.contains(line), "{line:?} is not in\n{shown}");
    }
    let colours = screen.colours();
    assert!(colours.contains("\u{1b}[1mytmpd 0.1.0"), "{colours:?}");

    let plain = terminal(&fake.socket(), "status", "NO_COLOR=1").unwrap();
    plain.shows(&["<ended 0>"]);
    assert!(!plain.colours().contains('\u{1b}'));
}

#[test]
fn list() {
    let long = "A name that somebody has made so long that no terminal has room for it: ".repeat(3);
    let names = ["Focus", "音楽 🎧", "Don't", "café e\u{301}", "\u{1b}[31mred\u{202e}", &long];
    let fake = Fake::start(well(), names.map(|name| playlist(name, 5000)).to_vec());
    let Some(screen) = terminal(&fake.socket(), "list", "") else { return };
    let shown = screen.shows(&["<ended 0>"]);
    println!("{shown}");
    let column = |line: &str| {
        let before = line.split("5000").next().unwrap();
        unicode_width::UnicodeWidthStr::width(before)
    };
    let columns: Vec<usize> = shown.lines().filter(|line| line.contains("5000")).map(column).collect();
    assert_eq!(columns.len(), names.len(), "{shown}");
    assert!(columns.windows(2).all(|two| two[0] == two[1]), "{columns:?}\n{shown}");
}

#[test]
fn a_sync_is_watched() {
    let fake = Fake::start(well(), vec![]);
    let Some(screen) = terminal(&fake.socket(), "sync --wait", "") else { return };
    fake.wait_until_asked();
    screen.shows(&["Sync triggered"]);
    fake.tell(Progress::Started { total: Some(2) });
    screen.shows(&["0/2"]);
    fake.done("音楽 🎧\u{1b}[2J", 1, 2);
    println!("{}", screen.shows(&["━", "1/2  音楽 🎧\u{fffd}[2J"]));
    fake.done(&"long ".repeat(100), 2, 2);
    screen.shows(&["2/2  long"]);
    fake.finish(result(1, &["Focus: YouTube does not answer"]));
    let shown = screen.shows(&["<ended 1>"]);
    println!("{shown}");
    let expected = "\
1 playlist, 10 songs in 1.2 s: 1 playlist failed, 1 synced

1 problem
  - Focus: YouTube does not answer
<ended 1>";
    assert_eq!(shown.trim_end(), expected);
}
