//! MPD is not there, comes late, goes and comes back, or is not MPD at all.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use ytmpd::config::Address;

use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::client::Client;
use crate::support::mpd::TestMpd;
use crate::support::wire::Wire;
use crate::support::world::{MUSIC, World};
use crate::support::{PATIENCE, eventually};

/// All that a client gets before it is closed.
fn told(socket: &Path) -> Vec<u8> {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut told = Vec::new();
    stream.read_to_end(&mut told).unwrap();
    told
}

#[test]
fn mpd_may_come_late_and_go_and_come_back() {
    let Some(mut mpd) = TestMpd::start(MUSIC) else { return };
    mpd.stop();
    let Some(mut world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &[]) else { return };
    for round in 1..=2 {
        for _ in 0..20 {
            assert_eq!(told(&world.daemon.socket()), b"", "not half a greeting");
        }
        let log = world.daemon.log();
        let missing = log.matches("net::upstream: no MPD at").count();
        assert_eq!(missing, round, "{log}");
        assert_eq!(log.matches("WARN").count(), round, "{log}");
        world.mpd.restart();
        world.daemon.client_with_playlists(1);
        let mut client = Wire::connect(&Address::Unix(world.daemon.socket())).unwrap();
        assert!(client.line().starts_with(b"OK MPD "));
        assert_eq!(world.daemon.log().matches("MPD is back at").count(), round);
        world.mpd.stop();
        assert_eq!(client.line(), b"", "the client is closed with MPD");
    }
}

#[test]
fn what_is_not_mpd_is_told() {
    let Some(mut world) = World::start(&[], &[]) else { return };
    let long = [b'x'; 100_000];
    let garbage = "\u{0}\u{1}\u{2}\n\n\n";
    for (what, answer) in [
        ("HTTP", &b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"[..]),
        ("garbage", garbage.as_bytes()),
        ("a line without end", &long),
        ("nearly MPD", b"OK MPE 0.23.5\n"),
        ("silence, then a close", b""),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("address = \"{}\"", listener.local_addr().unwrap());
        let answer = answer.to_vec();
        // Ends with the test's process: it waits for connections that do not come any more.
        thread::spawn(move || {
            for mut peer in listener.incoming().flatten() {
                let _ = peer.write_all(&answer);
                // Like a server that gives up on a client that says nothing.
                thread::sleep(Duration::from_millis(20));
            }
        });
        world.daemon.reconfigure(&[("mpd", &address)]);
        let before = world.daemon.log().len();
        assert_eq!(told(&world.daemon.socket()), b"", "{what}");
        if !answer_is_empty(what) {
            let told = eventually("the log says so", || {
                let log = world.daemon.log()[before..].to_owned();
                log.contains("what answers at MPD's address is not MPD").then_some(log)
            });
            assert!(told.contains("is `mpd.address` right?"), "{what}: {told}");
        }
    }
}

fn answer_is_empty(what: &str) -> bool {
    what.starts_with("silence")
}

#[test]
fn an_mpd_that_stands_still_keeps_clients_and_greets_them_later() {
    let Some(mut world) = World::start(&[], &[]) else { return };
    assert_eq!(world.client().ask("ping"), "OK\n");
    world.mpd.freeze();
    let waiting: Vec<_> = (0..12)
        .map(|_| {
            let socket = world.daemon.socket();
            thread::spawn(move || Client::connect(&socket).ask("ping"))
        })
        .collect();
    // Long enough for all of them to be accepted.
    thread::sleep(Duration::from_millis(300));
    assert!(waiting.iter().all(|client| !client.is_finished()));
    world.mpd.thaw();
    for client in waiting {
        assert_eq!(client.join().unwrap(), "OK\n");
    }
    let asked = Instant::now();
    assert_eq!(world.daemon.stop(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(5), "a stop took {:?}", asked.elapsed());
}
