//! Partitions: each has a queue, a player and an output of its own.

use super::line;
use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::{FOCUS, NAMES};
use crate::support::client::Client;
use crate::support::eventually;
use crate::support::mpd::{StartMpd, TestMpd};
use crate::support::world::{MUSIC, World};

fn heard(client: &mut Client, title: &str) {
    eventually("it is heard", || {
        let is_it = line(client, "currentsong", "Title: ")? == format!("Title: {title}");
        (is_it && client.elapsed() > 0.1).then_some(())
    });
}

#[test]
fn two_play_at_once() {
    each_plays(TestMpd::start);
}

#[test]
fn two_play_at_once_with_mpd_0_24() {
    each_plays(TestMpd::start_0_24);
}

fn each_plays(start: StartMpd) {
    let conf = format!("{MUSIC}\naudio_output {{\n type \"null\"\n name \"second\"\n}}");
    let Some(mpd) = start(&conf) else { return };
    let Some(world) = World::start_with(mpd, Catalogue::default(), &[FOCUS, NAMES], &[]) else { return };
    let mut first = world.daemon.client_with_playlists(2);
    let mut kitchen = world.client();
    for command in ["newpartition kitchen", "partition kitchen", "moveoutput second"] {
        assert_eq!(kitchen.ask(command), "OK\n", "{command}");
    }
    // In one list, as clients send it.
    let list = |name: &str| format!("command_list_begin\nclear\nload \"{name}\"\nplay 0\ncommand_list_end");
    assert_eq!(first.ask(&list("YT: Focus")), "OK\n");
    assert_eq!(kitchen.ask(&list("YT: Quotes \\\"and\\\" slash∕es 🎸")), "OK\n");
    heard(&mut first, "focus song 1");
    heard(&mut kitchen, "He said \"Hi\" to 'em");
    assert_eq!(kitchen.ask("next"), "OK\n");
    heard(&mut kitchen, "AC/DC \\ back\\slash");
    heard(&mut first, "focus song 1");
    assert_eq!(line(&mut kitchen, "status", "partition: ").as_deref(), Some("partition: kitchen"));
    assert_eq!(line(&mut kitchen, "status", "playlistlength: ").as_deref(), Some("playlistlength: 6"));
    assert_eq!(line(&mut first, "status", "playlistlength: ").as_deref(), Some("playlistlength: 3"));

    // Who is connected straight to MPD finds the same in each.
    for (partition, title, artist) in
        [("default", "focus song 2", "Artist 2"), ("kitchen", "Don't stop", "\"Weird\" Al")]
    {
        let queue = || world.mpd.talk(&format!("partition {partition}\nplaylistinfo"));
        eventually("MPD itself has title and artist", || {
            let queue = queue();
            let has = |tag: &str, value: &str| queue.contains(&format!("{tag}: {value}\n"));
            (has("Title", title) && has("Artist", artist)).then_some(())
        });
    }
    // A client idles in its partition, and hears of what happens in that one alone.
    kitchen.ask("idle playlist");
    kitchen.send("idle playlist");
    first.ask("clear");
    kitchen.send("noidle");
    assert_eq!(kitchen.answer(), "OK\n");
}
