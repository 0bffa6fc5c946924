//! A `yt-dlp` that is missing, hangs, dies or talks rubbish; and none is ever left behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::fake_youtube::catalogue::FOCUS;
use crate::support::eventually;
use crate::support::world::World;

/// A `yt-dlp` that notes its process and its child's, and then does `what`.
fn write_script(folder: &Path, what: &str) -> String {
    let file = folder.join("not-yt-dlp");
    let pids = folder.join("pids");
    let script = format!("#!/bin/sh\nsleep 600 &\necho $$ $! >>{pids:?}\n{what}\n");
    // Written beside and renamed: a file that is open for writing cannot be run.
    let new = folder.join("not-yt-dlp.new");
    fs::write(&new, script).unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(new, &file).unwrap();
    format!("command = [{file:?}]")
}

/// The processes that the script has noted and that still run.
fn running(folder: &Path) -> Vec<String> {
    let pids = fs::read_to_string(folder.join("pids")).unwrap_or_default();
    let alive = |pid: &&str| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // A zombie has ended; whoever adopted it may not have looked yet.
        let state = stat.rsplit(')').next().unwrap_or_default().trim_start().chars().next();
        state.is_some_and(|state| state != 'Z')
    };
    pids.split_whitespace().filter(alive).map(str::to_owned).collect()
}

fn noted(folder: &Path) -> bool {
    fs::read_to_string(folder.join("pids")).is_ok_and(|pids| pids.ends_with('\n'))
}

/// What `yt-dlp` does, and a part of the reason that is told.
const BROKEN: [(&str, &str); 7] = [
    ("echo rubbish", "what yt-dlp wrote"),
    ("sleep 600", "did not finish within 5s"),
    ("kill -9 $$", "yt-dlp ended"),
    ("echo '{\"x\": 1}'", "yt-dlp names no URL"),
    ("echo Traceback >&2; echo \"KeyError: 'x'\" >&2; exit 1", "yt-dlp ended"),
    ("cat /dev/zero", "wrote more than"),
    ("echo null; exit 1", "yt-dlp ended"),
];

#[test]
fn a_broken_ytdlp_costs_the_song_and_nothing_else() {
    thread::scope(|scope| {
        for (commands, reason) in BROKEN {
            scope.spawn(move || {
                let Some(mut world) = World::start(&[FOCUS], &[]) else { return };
                let command = write_script(world.daemon.folder(), commands);
                check(&mut world, &command, reason);
            });
        }
    });
}

#[test]
fn a_missing_ytdlp_costs_the_song_and_nothing_else() {
    let Some(mut world) = World::start(&[FOCUS], &[]) else { return };
    check(&mut world, "command = [\"/no/yt-dlp\"]", "cannot run `/no/yt-dlp`");
}

fn check(world: &mut World, command: &str, reason: &str) {
    world.daemon.client_with_playlists(1);
    let folder = world.daemon.folder().to_owned();
    // MPD waits for as long as the relay holds.
    let hold = ("relay", "hold_seconds = 1");
    let more =
        [("resolver", command), ("resolver", "timeout_seconds = 5"), ("resolver", "prefetch = 0"), hold];
    world.daemon.reconfigure(&more);
    let mut client = world.daemon.client_with_playlists(1);
    for line in ["load \"YT: Focus\"", "play 0"] {
        assert_eq!(client.ask(line), "OK\n", "{command}");
    }
    let error = eventually("the reason is told", || client.value("status", "error"));
    assert!(error.contains("\"focus song 1\" cannot be played: ") && error.contains(reason), "{error}");
    assert_eq!(client.value("status", "state").as_deref(), Some("stop"), "{command}");
    assert_eq!(client.value("status", "playlistlength").as_deref(), Some("3"), "{command}");
    let log = world.daemon.log();
    assert!(log.contains(reason) && !log.contains("panicked"), "{log}");
    assert_eq!(client.ask("ping"), "OK\n");
    eventually("no child is left", || running(&folder).is_empty().then_some(()));
}

#[test]
fn no_child_outlives_the_daemon() {
    let Some(mut world) = World::start(&[FOCUS], &[]) else { return };
    world.daemon.client_with_playlists(1);
    let folder = world.daemon.folder().to_owned();
    let command = write_script(&folder, "trap '' TERM INT HUP; sleep 600");
    for end in ["SIGTERM", "SIGKILL"] {
        let _ = fs::remove_file(folder.join("pids"));
        world.daemon.reconfigure(&[("resolver", &command)]);
        let mut client = world.daemon.client_with_playlists(1);
        client.ask("clear\nload \"YT: Focus\"\nplay 0");
        eventually("yt-dlp runs", || noted(&folder).then_some(()));
        assert!(!running(&folder).is_empty());
        if end == "SIGTERM" {
            let asked = Instant::now();
            assert_eq!(world.daemon.stop(), Some(0));
            assert!(asked.elapsed() < Duration::from_secs(6), "a stop took {:?}", asked.elapsed());
        } else {
            world.daemon.kill();
        }
        eventually(end, || running(&folder).is_empty().then_some(()));
    }
}
