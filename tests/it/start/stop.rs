//! How it ends: what is in flight is finished, nothing is left, and it never takes long.

use std::os::unix::net::UnixStream;

use rustix::process::Signal;

use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::Playlist;
use crate::support::eventually;
use crate::support::mpd::TestMpd;
use crate::support::world::{MUSIC, World};

fn stopping(world: &World) {
    eventually("it is stopping", || world.daemon.log().contains("stopping").then_some(()));
}

/// So many songs that their listing does not fit the sockets' buffers.
const LONG: usize = 2500;

#[test]
fn an_answer_in_flight_is_finished() {
    let mut catalogue = Catalogue::default();
    catalogue.add(Playlist::numbered("PLlong", "Long", "long", LONG));
    let Some(mpd) = TestMpd::start(MUSIC) else { return };
    let Some(mut world) = World::start_with(mpd, catalogue, &["PLlong"], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    let idle = world.client();
    client.send("listplaylistinfo \"YT: Long\"");
    // The request has been taken once some of its answer is here.
    let begun = client.line();
    world.daemon.signal(Signal::TERM);
    stopping(&world);
    let rest = client.answer();
    let songs = [begun, rest.clone()].concat().matches("file: ").count();
    assert_eq!((songs, rest.ends_with("\nOK\n")), (LONG, true));
    assert_eq!(client.line(), "", "then it is closed");
    let mut idle = idle;
    assert_eq!(idle.line(), "", "who waits for nothing is closed as well");
    assert_eq!(world.daemon.ended(), Some(0));
    assert!(!world.daemon.socket().exists(), "its sockets are removed");
    assert!(UnixStream::connect(world.daemon.socket()).is_err());
}

#[test]
fn an_mpd_that_stands_still_does_not_keep_it() {
    let Some(mut world) = World::start(&[], &[]) else { return };
    let mut client = world.client();
    assert_eq!(client.ask("ping"), "OK\n");
    world.mpd.freeze();
    client.send("ping");
    assert_eq!(world.daemon.stop(), Some(0));
    world.mpd.thaw();
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let Some(mut world) = World::start(&[], &[]) else { return };
    let mut client = world.client();
    assert_eq!(client.ask("ping"), "OK\n");
    world.mpd.freeze();
    client.send("ping");
    world.daemon.signal(Signal::INT);
    stopping(&world);
    // Both ways to end are right, should the machine be so slow that the first one is done.
    assert!(matches!(world.daemon.stop(), Some(130 | 0)));
    world.mpd.thaw();
}
