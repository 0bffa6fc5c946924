//! Signals at any moment: what a closed terminal and an early Ctrl-C leave behind.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, sleep};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::daemon::free_port;
use crate::support::world::World;
use crate::support::{eventually, programs};

/// The demo, whose own folder is in `folder`.
fn demo(folder: &Path) -> Child {
    let config = folder.join("config.toml");
    let temporary = folder.join("tmp");
    fs::create_dir(&temporary).unwrap();
    let proxy = folder.join("proxy");
    let toml = format!("proxy.listen = {proxy:?}\nrelay.listen = \"127.0.0.1:{}\"\n", free_port());
    fs::write(&config, toml).unwrap();
    Command::new(env!("CARGO_BIN_EXE_ytmpd"))
        .args(["--demo", "--log", "error", "--config"])
        .arg(config)
        .env("TMPDIR", temporary)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_demo_that_is_stopped_leaves_nothing_behind() {
    if programs::find("mpd").is_none() {
        return;
    }
    let moments = [0, 20, 100, 800].map(Duration::from_millis);
    thread::scope(|scope| {
        for (signal, moment) in [Signal::INT, Signal::HUP].into_iter().flat_map(|s| moments.map(|m| (s, m))) {
            scope.spawn(move || {
                let folder = TempDir::new().unwrap();
                let mut demo = demo(folder.path());
                let left = || fs::read_dir(folder.path().join("tmp")).unwrap().count();
                eventually("the demo has a folder", || (left() > 0).then_some(()));
                // The moment itself is the case.
                sleep(moment);
                kill_process(Pid::from_child(&demo), signal).unwrap();
                let status = eventually("the demo ends", || demo.try_wait().unwrap());
                assert_eq!((status.code(), left()), (Some(0), 0), "{signal:?} after {moment:?}");
            });
        }
    });
}

#[test]
fn the_daemon_survives_its_terminal() {
    let Some(world) = World::start(&[], &[]) else { return };
    world.daemon.reload(&[]);
    assert_eq!(world.client().ask("ping"), "OK\n");
}
