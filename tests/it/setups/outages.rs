//! MPD comes after us, goes and comes back under load, and stands still.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ytmpd::config::Address;

use super::plays_focus;
use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::{FOCUS, LARGE};
use crate::support::mpd::TestMpd;
use crate::support::wire::Wire;
use crate::support::world::{MUSIC, World};
use crate::support::{eventually, programs};

#[test]
fn started_before_mpd() {
    let Some(mut mpd) = TestMpd::start(MUSIC) else { return };
    mpd.stop();
    let Some(mut world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &[]) else { return };
    world.mpd.restart();
    plays_focus(&mut world.daemon.client_with_playlists(1));
    let warnings = world.daemon.log().matches("WARN").count();
    assert!(warnings <= 2, "{}", world.daemon.log());
}

/// Clients that ask without a pause, and connect again when they are closed, while MPD is
/// restarted again and again.
#[test]
fn restarted_under_load() {
    const CLIENTS: usize = 8;
    let Some(mut world) = World::start(&[FOCUS, LARGE], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(2);
    client.ask("load \"YT: Everything\"");
    let queue = client.ask("playlistinfo");
    let (over, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (over, answers) = (Arc::clone(&over), Arc::clone(&answers));
            let address = Address::Unix(world.daemon.socket());
            thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let Ok(mut wire) = Wire::connect(&address) else { continue };
                    if !wire.line().starts_with(b"OK MPD ") {
                        thread::sleep(Duration::from_millis(10));
                        continue;
                    }
                    while !over.load(Ordering::Relaxed) {
                        wire.send(
                            b"playlistinfo\nlistplaylists\nlistplaylistinfo \"YT: Everything\"\nstatus\n",
                        );
                        let told = wire.rest();
                        // Whole answers, and never one that is cut and then goes on.
                        if !told.ends_with(b"<open>") {
                            break;
                        }
                        let told = String::from_utf8_lossy(&told);
                        assert_eq!(told.matches("\nOK\n").count(), 4, "{told}");
                        answers.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    for _ in 0..4 {
        let before = answers.load(Ordering::Relaxed);
        eventually("they are answered", || (answers.load(Ordering::Relaxed) > before + 20).then_some(()));
        world.mpd.restart();
    }
    let before = answers.load(Ordering::Relaxed);
    eventually("they are answered again", || (answers.load(Ordering::Relaxed) > before + 20).then_some(()));
    over.store(true, Ordering::Relaxed);
    for client in load {
        client.join().unwrap();
    }
    let mut client = world.daemon.client_with_playlists(2);
    assert_eq!(client.ask("playlistinfo"), queue);
    plays_focus(&mut client);
    assert!(!world.daemon.log().contains("ERROR"), "{}", world.daemon.log());
}

/// How long a new client waits for MPD's greeting.
const GREETING: Duration = Duration::from_secs(30);

/// After how long without a command MPD closes a client: first of all when it moves again.
const MPDS_OWN: Duration = Duration::from_secs(60);

/// While MPD stands still who is connected stays so, and all goes on afterwards.
fn stands_still(pause: Duration) {
    let Some(mut world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    plays_focus(&mut client);
    client.ask("seekcur 1");
    let mut idle = world.client();
    idle.send("idle stored_playlist");
    let mut impatient: Vec<_> = (0..10).map(|_| world.client()).collect();
    world.mpd.freeze();
    let frozen = Instant::now();
    client.send("listplaylistinfo \"YT: Focus\"\nstatus");
    for client in &mut impatient {
        client.send("status");
    }
    let late = {
        let stream = UnixStream::connect(world.daemon.socket()).unwrap();
        thread::spawn(move || {
            let mut line = String::new();
            BufReader::new(stream).read_line(&mut line).unwrap();
            line
        })
    };
    // They give up, as clients do after their five seconds.
    drop(impatient);
    thread::sleep(pause.saturating_sub(frozen.elapsed()));
    assert_eq!(late.is_finished(), pause > GREETING);
    world.mpd.thaw();
    if pause < MPDS_OWN {
        assert!(client.answer().contains("Title: focus song 2\n"));
        assert!(client.answer().contains("state: "));
    } else {
        assert_eq!(client.answer(), "", "closed by MPD");
        client = world.client();
    }
    // Who waited for a greeting has it, or was closed, and comes again.
    assert_eq!(late.join().unwrap().starts_with("OK MPD "), pause < GREETING);
    assert!(world.client().ask("listplaylists").contains("playlist: YT: Focus\n"));
    idle.send("noidle");
    assert_eq!(idle.answer(), "OK\n");
    plays_focus(&mut client);
    assert_eq!(world.daemon.log().matches("ERROR").count(), 0, "{}", world.daemon.log());
    assert_eq!(world.daemon.stop(), Some(0));
}

#[test]
fn hung_for_a_moment() {
    stands_still(Duration::from_secs(2));
}

#[test]
fn hung_for_a_minute() {
    // Any program will do: it is a matter of time.
    if programs::find_extra("mpd").is_some() {
        stands_still(Duration::from_secs(65));
    }
}
