//! What the notify socket hears.

use std::fs;
use std::path::Path;

use rustix::process::Signal;

use super::manager::Manager;
use crate::support::client::Client;
use crate::support::mpd::TestMpd;

#[test]
fn ready_is_when_clients_can_connect() {
    let Some(mpd) = TestMpd::start("") else { return };
    for mut manager in [Manager::new(), Manager::with_abstract_notify_socket()] {
        manager.start(&mpd.socket(), "");
        manager.hears("READY=1");
        // Not eventually: now.
        Client::connect(&manager.folder().join("own"));
        let status = manager.hears("STATUS=0 playlists, 0 songs; last sync ");
        assert!(status.contains("; MPD "), "{status}");
        manager.signal(Signal::TERM);
        manager.hears("STOPPING=1");
        assert_eq!(manager.ended(), Some(0));
    }
}

#[test]
fn ready_does_not_wait_for_mpd() {
    let mut manager = Manager::new();
    manager.start(Path::new("/no/such/mpd"), "");
    manager.hears("READY=1");
    let status = manager.hears("STATUS=0 playlists, 0 songs; last sync ");
    assert!(status.ends_with("; MPD unreachable"), "{status}");
}

#[test]
fn a_problem_that_ends_is_told_no_more() {
    let mut manager = Manager::new();
    let lists = manager.folder().join("lists");
    fs::write(&lists, "no folder").unwrap();
    let here = format!("sync.playlist_directory = {lists:?}");
    let configuration = manager.configure(Path::new("/no/such/mpd"), &here);
    let toml = fs::read_to_string(&configuration).unwrap();
    fs::write(&configuration, toml.replace("\"off\"", "\"files\"")).unwrap();
    manager.start_with(&configuration, &[]);
    while !manager.hears("STATUS=0 playlists, 0 songs; last sync ").contains("; there are problems") {}
    fs::remove_file(&lists).unwrap();
    fs::create_dir(&lists).unwrap();
    while manager.hears("STATUS=").contains("; there are problems") {}
}

#[test]
fn a_reload_is_told_of_and_ends_whether_or_not_the_file_is_right() {
    let mut manager = Manager::new();
    let mpd = Path::new("/no/such/mpd");
    manager.start(mpd, "");
    manager.hears("READY=1");
    let mut earlier = 0;
    for more in ["sync.interval_minutes = 5", "sync.interval_minutes = -5"] {
        manager.configure(mpd, more);
        manager.signal(Signal::HUP);
        let reloading = manager.hears("RELOADING=1");
        let begun = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
        let begun: u64 = begun.unwrap().parse().unwrap();
        assert!(begun > earlier, "{reloading}");
        earlier = begun;
        manager.hears("READY=1");
    }
}

#[test]
fn the_watchdog_is_fed() {
    let mut manager = Manager::new();
    let configuration = manager.configure(Path::new("/no/such/mpd"), "");
    manager.start_with(&configuration, &[("WATCHDOG_USEC", "200000")]);
    manager.hears("READY=1");
    for _ in 0..5 {
        manager.hears("WATCHDOG=1");
    }
}
