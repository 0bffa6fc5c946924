//! Stopped and reloaded in the middle of everything, with everybody connected.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::*;
use crate::fake_youtube::MusicRule;
use crate::ytmpctl::ytmpctl;

fn slow(latency_ms: u64) -> Knob {
    Knob::Music { rule: MusicRule { latency_ms, ..MusicRule::default() } }
}

#[test]
fn sigterm_with_everybody_connected() {
    for quit in [false, true] {
        let Some(mut job) = Job::start(Catalogue::library(20, 200), &[]) else { return };
        let mut idle = job.world.client();
        idle.send("idle");
        let mut follower = BufReader::new(job.control("follow\n", None));
        let mut line = String::new();
        // It syncs, and MPD is written to, as new playlists show at once.
        while !line.contains("playlist_done") {
            line.clear();
            follower.read_line(&mut line).unwrap();
        }
        let mut waiting = ytmpctl();
        waiting.arg("--socket").arg(job.world.daemon.control()).args(["sync", "--wait"]);
        let mut waiting = waiting.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut shown = String::new();
        BufReader::new(waiting.stdout.as_mut().unwrap()).read_line(&mut shown).unwrap();
        assert_eq!(shown, "Sync already in progress\n");

        let began = Instant::now();
        if quit {
            assert_eq!(job.ctl(&["quit"]).text(), "Shutting down\n");
        } else {
            job.world.daemon.signal(Signal::TERM);
        }
        assert_eq!(job.world.daemon.ended(), Some(0));
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        let waited: Ran = waiting.wait_with_output().unwrap().into();
        assert!(waited.code == Some(1) && waited.error.contains("went away"), "{waited:?}");
        let rest: Vec<String> = follower.lines().map(Result::unwrap).collect();
        assert!(!rest.iter().any(|line| line.contains("sync_finished")), "{rest:?}");
        eventually("the idle client is closed", || idle.line().is_empty().then_some(()));
        assert!(!job.world.daemon.control().exists() && !job.world.daemon.socket().exists());
        let state = job.parsed("sync_state.json").unwrap();
        assert_eq!(state["last_sync"], Value::Null, "{state}");

        job.world.daemon.spawn();
        assert_eq!(job.sync()["success"], true);
        job.is_everywhere();
    }
}

#[test]
fn sigterm_while_mpd_is_written_to() {
    let Some(mut job) = Job::start(Catalogue::library(3, 50), &[]) else { return };
    job.sync();
    job.is_everywhere();
    // MPD takes no more of what is written to it.
    job.world.mpd.freeze();
    job.world.youtube.turn(numbered("PLone", "One", "one", 2000));
    job.sync();
    let began = Instant::now();
    assert_eq!(job.world.daemon.stop(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(!job.world.daemon.control().exists() && !job.world.daemon.socket().exists());
    // What MPD got of it is half of something, at most.
    job.world.mpd.thaw();
    job.world.daemon.spawn();
    job.is_everywhere();
}

#[test]
fn a_storm_of_sighups_and_reloads() {
    let Some(job) = Job::start(Catalogue::library(2, 3), &[]) else { return };
    let mut client = job.world.client();
    job.sync();
    job.world.youtube.turn(slow(50));
    std::thread::scope(|scope| {
        scope.spawn(|| (0..20).for_each(|_| job.world.daemon.signal(Signal::HUP)));
        for _ in 0..4 {
            scope.spawn(|| {
                let said = job.ctl(&["reload"]).text();
                assert_eq!(said, "Configuration reloaded, syncing\nNothing has changed\n");
            });
        }
    });
    let status = job.wait_for_rest();
    assert_eq!((&status["last_sync_success"], &status["playlists"]), (&true.into(), &3.into()), "{status}");
    assert_eq!(client.ask("ping"), "OK\n", "the same connection");
    job.is_everywhere();
    let rounds = job.world.daemon.log().matches("a round of listing is done").count();
    assert!((2..=26).contains(&rounds), "{rounds}");
}
