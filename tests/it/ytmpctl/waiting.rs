//! `ytmpctl sync --wait` where nobody looks: lines and JSON.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use ytmpd::sync::{Progress, SyncResult};

use super::fake::{Fake, playlist, well};
use super::{Ran, ytmpctl};

fn start(fake: &Fake, more: &[&str]) -> Child {
    let mut command = ytmpctl();
    command.arg("--socket").arg(fake.socket()).args(["sync", "--wait"]).args(more);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn end(process: Child) -> Ran {
    process.wait_with_output().unwrap().into()
}

pub(super) fn result(failed: usize, errors: &[&str]) -> SyncResult {
    SyncResult {
        success: failed == 0,
        playlists_synced: 2 - failed,
        playlists_failed: failed,
        tracks_added: 10,
        tracks_failed: 0,
        duration_seconds: 1.25,
        errors: errors.iter().map(|error| (*error).to_owned()).collect(),
    }
}

#[test]
fn a_sync_from_its_beginning() {
    let fake = Fake::start(well(), vec![playlist("Focus", 1)]);
    let process = start(&fake, &[]);
    fake.wait_until_asked();
    fake.tell(Progress::Started { total: Some(2) });
    fake.done("Focus", 1, 2);
    fake.done("音楽 🎧\u{1b}[2J", 2, 2);
    fake.finish(result(0, &[]));
    let expected = "\
Sync triggered
2 playlists to list
[1/2] Focus
[2/2] 音楽 🎧\u{fffd}[2J
2 playlists, 10 songs in 1.2 s: all playlists synced
";
    assert_eq!(end(process).text(), expected);
}

#[test]
fn a_sync_that_fails() {
    let fake = Fake::start(well(), vec![]);
    let process = start(&fake, &[]);
    fake.wait_until_asked();
    fake.tell(Progress::Started { total: None });
    fake.finish(result(1, &["Focus: YouTube does not answer; try again later\u{7}"]));
    let ran = end(process);
    let expected = "\
Sync triggered
1 playlist, 10 songs in 1.2 s: 1 playlist failed, 1 synced

1 problem
  - Focus: YouTube does not answer; try again later\u{fffd}
";
    assert_eq!((ran.code, ran.out.as_str(), ran.error.as_str()), (Some(1), expected, ""));
}

#[test]
fn a_sync_that_is_under_way() {
    let fake = Fake::start(well(), vec![]);
    fake.is_syncing();
    let process = start(&fake, &[]);
    fake.wait_until_asked();
    fake.done("Focus", 7, 10);
    fake.finish(result(0, &[]));
    let expected = "\
Sync already in progress
[ 7/10] Focus
2 playlists, 10 songs in 1.2 s: all playlists synced
";
    assert_eq!(end(process).text(), expected);
}

#[test]
fn json_events() {
    for failed in [0, 1] {
        let fake = Fake::start(well(), vec![]);
        let process = start(&fake, &["--json"]);
        fake.wait_until_asked();
        fake.tell(Progress::Started { total: Some(2) });
        fake.done("a\u{9b}b", 1, 2);
        fake.finish(result(failed, &[]));
        let ran = end(process);
        let events: Vec<serde_json::Value> =
            ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
        assert_eq!(names, ["sync_started", "playlist_done", "sync_finished"]);
        assert_eq!(events[1]["name"], "a\u{9b}b");
        assert_eq!(events[2]["success"], failed == 0);
        assert_eq!((ran.code, ran.error.as_str()), (Some(i32::try_from(failed).unwrap()), ""));
        assert!(!ran.out.contains('\u{9b}'));
    }
}

#[test]
fn a_daemon_that_goes_away() {
    let mut fake = Fake::start(well(), vec![]);
    let mut process = start(&fake, &[]);
    fake.wait_until_asked();
    fake.tell(Progress::Started { total: Some(2) });
    let mut shown = BufReader::new(process.stdout.take().unwrap()).lines();
    for expected in ["Sync triggered", "2 playlists to list"] {
        assert_eq!(shown.next().unwrap().unwrap(), expected);
    }
    fake.stop();
    let ran = end(process);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.error, "ytmpctl: ytmpd went away before the sync had ended; look at its log\n");
    assert!(shown.next().is_none());
}
