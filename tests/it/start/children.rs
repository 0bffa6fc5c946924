//! A `yt-dlp` that is missing, hangs, dies or talks rubbish; and none is ever left behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
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

#[test]
fn a_broken_ytdlp_costs_the_song_and_nothing_else() {
    // Held for as short as can be: MPD waits for the song's first byte.
    let Some(mut world) = World::start(&[FOCUS], &[]) else { return };
    world.daemon.client_with_playlists(1);
    let folder = world.daemon.folder().to_owned();
    let script = |what: &str| write_script(&folder, what);
    for (what, command, reason) in [
        ("missing", "command = [\"/no/yt-dlp\"]".to_owned(), "cannot run `/no/yt-dlp`"),
        ("rubbish", script("echo rubbish"), "what it wrote"),
    ] {
        check(&mut world, what, &command, reason);
    }
    for (what, commands, reason) in [
        ("hangs", "sleep 600", "did not finish within 5s"),
        ("dies", "kill -9 $$", "yt-dlp ended"),
        ("JSON of something else", "echo '{\"x\": 1}'", ""),
        ("traceback", "echo Traceback >&2; echo \"KeyError: 'x'\" >&2; exit 1", ""),
        ("floods", "cat /dev/zero", "wrote more than"),
        ("leaves a child that holds its pipes", "sleep 600 & echo null; exit 1", ""),
    ] {
        let command = write_script(&folder, commands);
        check(&mut world, what, &command, reason);
    }
}

fn check(world: &mut World, what: &str, command: &str, reason: &str) {
    let folder = world.daemon.folder().to_owned();
    let _ = fs::remove_file(folder.join("pids"));
    let more = [
        ("resolver", command),
        ("resolver", "timeout_seconds = 5"),
        ("relay", "hold_seconds = 1"),
        ("resolver", "prefetch = 0"),
    ];
    let before = world.daemon.log().len();
    world.daemon.reconfigure(&more);
    let mut client = world.daemon.client_with_playlists(1);
    client.ask("clear\nload \"YT: Focus\" 0:1\nplay 0");
    assert_eq!((client.answer(), client.answer()), ("OK\n".to_owned(), "OK\n".to_owned()), "{what}");
    eventually("MPD has stopped", || {
        (client.value("status", "state").as_deref() == Some("stop")).then_some(())
    });
    let told = eventually("the reason is told", || {
        let log = world.daemon.log()[before..].to_owned();
        let error = client.value("status", "error").unwrap_or_default();
        (log.contains(reason) || error.contains(reason)).then_some(log)
    });
    assert!(!told.contains("panicked"), "{what}: {told}");
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
