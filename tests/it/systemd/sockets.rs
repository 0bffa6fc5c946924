//! Sockets that are there before ytmpd is.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;
use ytmpd::config::Address;

use super::manager::Manager;
use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::client::Client;
use crate::support::eventually;
use crate::support::mpd::TestMpd;
use crate::support::wire::Wire;
use crate::support::world::World;

/// What the relay says to a request for nothing.
fn relay_answer(relay: &Address) -> String {
    let mut stream = TcpStream::connect(relay.to_string()).unwrap();
    stream.write_all(b"GET /nothing HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn each_is_served_in_its_role_and_stays_the_managers() {
    let Some(mpd) = TestMpd::start("") else { return };
    let mut manager = Manager::new();
    let relay = manager.listen_tcp("relay");
    let proxies = [
        manager.listen_tcp("proxy"),
        Address::Unix(manager.listen_unix("proxy")),
        manager.listen_abstract("proxy"),
    ];
    let control = manager.listen_unix("control");
    manager.start(&mpd.socket(), "");
    manager.hears("READY=1");
    for address in &proxies {
        let greeting = Wire::connect(address).unwrap().line();
        assert!(greeting.starts_with(b"OK MPD "), "{address}: {greeting:?}");
    }
    assert!(relay_answer(&relay).starts_with("HTTP/1.0 404 "));
    let status = Command::new(env!("CARGO_BIN_EXE_ytmpctl"));
    let status = { status }.arg("--socket").arg(&control).arg("status").output().unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    // The configured ones are not used beside them.
    assert!(!manager.folder().join("own").exists() && !manager.folder().join("sync_socket").exists());

    manager.signal(Signal::TERM);
    assert_eq!(manager.ended(), Some(0));
    for socket in ["proxy.socket", "control.socket"] {
        UnixStream::connect(manager.folder().join(socket)).unwrap();
    }
}

#[test]
fn a_role_without_a_socket_uses_the_configured_address() {
    let Some(mpd) = TestMpd::start("") else { return };
    let mut manager = Manager::new();
    let relay = manager.listen_tcp("relay");
    manager.start(&mpd.socket(), "");
    manager.hears("READY=1");
    Client::connect(&manager.folder().join("own"));
    assert!(relay_answer(&relay).starts_with("HTTP/1.0 404 "));
}

#[test]
fn who_connected_before_the_start_is_served() {
    let Some(mpd) = TestMpd::start("") else { return };
    let mut manager = Manager::new();
    let proxy = manager.listen_tcp("proxy");
    let relay = manager.listen_tcp("relay");
    let mut early = Wire::connect(&proxy).unwrap();
    let asking = thread::spawn(move || relay_answer(&relay));
    manager.start(&mpd.socket(), "");
    assert!(early.line().starts_with(b"OK MPD "));
    assert!(asking.join().unwrap().starts_with("HTTP/1.0 404 "));
}

#[test]
fn a_socket_that_nobody_would_serve_is_78() {
    for (name, words) in [("web", "the socket `web` at `127.0.0.1:"), ("", "the socket `` at `127.0.0.1:")] {
        let mut manager = Manager::new();
        manager.listen_tcp(name);
        manager.start("/no/such/mpd".as_ref(), "");
        assert_eq!(manager.ended(), Some(78));
        assert!(manager.log().contains(words) && manager.log().lines().count() == 1, "{}", manager.log());
    }
    let mut manager = Manager::new();
    manager.pass("proxy", UdpSocket::bind("127.0.0.1:0").unwrap());
    manager.start("/no/such/mpd".as_ref(), "");
    assert_eq!(manager.ended(), Some(78));
    assert!(manager.log().contains("`proxy` (number 0 of LISTEN_FDS)"), "{}", manager.log());
}

#[test]
fn two_daemons_with_sockets_of_their_own_share_no_state() {
    let Some(mpd) = TestMpd::start("") else { return };
    let mut first = Manager::new();
    first.start(&mpd.socket(), "");
    first.hears("READY=1");
    let mut second = Manager::new();
    for name in ["proxy", "relay"] {
        second.listen_tcp(name);
    }
    second.listen_unix("control");
    second.start(&mpd.socket(), &format!("state.directory = {:?}", first.folder()));
    assert_eq!(second.ended(), Some(69));
    assert!(second.log().contains("another ytmpd (process "), "{}", second.log());
}

#[test]
fn mpd_that_restores_its_queue_before_ytmpd_is_there_plays_on() {
    let Some(mpd) = TestMpd::start("") else { return };
    let Some(mut world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    for command in ["load \"YT: Focus\"", "play 1"] {
        assert_eq!(client.ask(command), "OK\n", "{command}");
    }
    eventually("it is heard", || (client.elapsed() > 0.5).then_some(()));
    world.mpd.stop();
    world.daemon.kill();

    let mut manager = Manager::new();
    let relay = TcpListener::bind(world.daemon.relay()).unwrap();
    manager.pass("relay", relay.try_clone().unwrap());
    let World { daemon, mut mpd, youtube: _youtube } = world;
    let starting = thread::spawn(move || {
        // Returns when MPD answers, for which it may have to have its song.
        mpd.restart();
        mpd
    });
    eventually("MPD asks for its song", || {
        let mut waiting = [PollFd::new(&relay, PollFlags::IN)];
        (poll(&mut waiting, Some(&Timespec::default())).unwrap() > 0).then_some(())
    });
    manager.start_with(&daemon.folder().join("config.toml"), &[]);
    let mpd = starting.join().unwrap();
    eventually("it plays on", || {
        let status = mpd.talk("status");
        (status.contains("state: play\n") && status.contains("\nduration: ")).then_some(())
    });
    let status = mpd.talk("status");
    assert!(status.contains("song: 1\n") && !status.contains("error: "), "{status}");
    assert!(fs::metadata(daemon.socket()).is_ok());
}
