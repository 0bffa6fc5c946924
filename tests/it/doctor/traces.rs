//! Whatever the user does in MPD goes on as if nobody had looked.

use super::{examine, says, synced};
use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::client::Client;
use crate::support::eventually;
use crate::support::mpd::TestMpd;
use crate::support::world::World;

/// What a client sees of MPD, without what goes on by itself.
fn seen(client: &mut Client) -> Vec<String> {
    let by_itself =
        |line: &str| ["time: ", "elapsed: ", "bitrate: ", "audio: "].iter().any(|key| line.starts_with(key));
    let commands = ["status", "playlistinfo", "listpartitions", "listplaylists", "outputs", "currentsong"];
    let answers = commands.map(|command| client.ask(command));
    answers.concat().lines().filter(|line| !by_itself(line)).map(str::to_owned).collect()
}

#[test]
fn the_queue_plays_on() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    synced(&world, 1);
    let mut client = world.daemon.client_with_playlists(1);
    assert_eq!(client.ask("load \"YT: Focus\""), "OK\n");
    assert_eq!(client.ask("play 0"), "OK\n");
    eventually("it plays", || (client.elapsed() > 0.1).then_some(()));
    let tagged = || client_sees(&world, "Artist: Artist 3");
    eventually("the songs have their tags", || tagged().then_some(()));
    let mut direct = Client::connect(&world.mpd.socket());
    let before = seen(&mut direct);
    let (mut idle, position) = (Client::connect(&world.mpd.socket()), client.elapsed());
    idle.send("idle stored_playlist playlist player mixer output options sticker");
    let checks = examine(&world);
    assert!(
        checks.iter().any(|check| check.name == "relay" && check.found.contains("loads from it")),
        "{checks:?}"
    );
    idle.send("noidle");
    assert_eq!(idle.answer(), "OK\n", "nothing has changed");
    assert_eq!(seen(&mut direct), before);
    assert!(client.elapsed() > position, "it plays on");
}

fn client_sees(world: &World, line: &str) -> bool {
    world.mpd.talk("playlistinfo").contains(line)
}

#[test]
fn as_many_partitions_as_mpd_has() {
    let Some(mpd) = TestMpd::start("") else { return };
    let Some(world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    let mut made = 0;
    while client.ask(&format!("newpartition p{made}")) == "OK\n" {
        made += 1;
    }
    assert!(made > 0);
    synced(&world, 1);
    let before = seen(&mut client);
    let full = ("relay", "ok", "for want of a partition: too many partitions", "");
    says(&examine(&world), &[full]);
    assert_eq!(seen(&mut client), before);
}
