//! MPD 0.24, of Debian 13: what it added about stored playlists works with virtual ones, and what
//! 0.23 does not know stays unknown there.

use super::{line, plays_focus};
use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::client::Client;
use crate::support::mpd::TestMpd;
use crate::support::world::{MUSIC, World};

fn world() -> Option<(World, Client)> {
    let world = World::start_with(TestMpd::start_0_24(MUSIC)?, Catalogue::default(), &[FOCUS], &[])?;
    let client = world.daemon.client_with_playlists(1);
    Some((world, client))
}

/// The songs in an answer, by the last digit of their ids.
fn songs(answer: &str) -> String {
    let files = answer.lines().filter_map(|line| line.strip_prefix("file: "));
    files.filter_map(|file| file.trim_end_matches("/audio").chars().last()).collect()
}

#[test]
fn plays() {
    let Some((_world, mut client)) = world() else { return };
    plays_focus(&mut client);
}

#[test]
fn ranges_lengths_and_searches() {
    let Some((_world, mut client)) = world() else { return };
    for (command, expected) in [
        ("listplaylist \"YT: Focus\"", "123"),
        ("listplaylist \"YT: Focus\" 1:", "23"),
        ("listplaylist \"YT: Focus\" 0:1", "1"),
        ("listplaylist \"YT: Focus\" 1", "2"),
        ("listplaylist \"YT: Focus\" 9:", ""),
        ("listplaylistinfo \"YT: Focus\" 1:3", "23"),
        ("searchplaylist \"YT: Focus\" title \"SONG 3\"", "3"),
        ("searchplaylist \"YT: Focus\" \"(artist == 'Artist 1')\"", "1"),
        ("searchplaylist \"YT: Focus\" \"(title contains 'focus')\"", "123"),
        ("searchplaylist \"YT: Focus\" \"(title == 'nope')\"", ""),
    ] {
        let answer = client.ask(command);
        assert_eq!(songs(&answer), expected, "{command}: {answer}");
        assert!(answer.ends_with("OK\n"), "{command}: {answer}");
    }
    let found = client.ask("searchplaylist \"YT: Focus\" title \"song 3\"");
    for pair in ["Title: focus song 3\n", "Artist: Artist 3\n", "Album: Album 0\n", "Time: 30\n"] {
        assert!(found.contains(pair), "{found}");
    }
    assert_eq!(client.ask("playlistlength \"YT: Focus\""), "songs: 3\nplaytime: 90\nOK\n");
    for (command, answer) in [
        ("listplaylist \"YT: Focus\" x", "ACK [2@0] {listplaylist} Integer or range expected: x\n"),
        ("listplaylistinfo \"YT: Focus\" 2:1", "ACK [2@0] {listplaylistinfo} Malformed range: 2:1\n"),
    ] {
        assert_eq!(client.ask(command), answer);
    }
}

#[test]
fn the_list_loaded_last_and_the_modes_of_save() {
    let Some((world, mut client)) = world() else { return };
    assert_eq!(client.ask("load \"YT: Focus\""), "OK\n");
    assert_eq!(
        line(&mut client, "status", "lastloadedplaylist").as_deref(),
        Some("lastloadedplaylist: YT: Focus")
    );
    let read_only =
        |verb: &str| format!("ACK [4@0] {{{verb}}} \"YT: Focus\" is a YouTube playlist and read-only here\n");
    for (command, answer) in [
        ("save mine create", "OK\n".to_owned()),
        ("save mine append", "OK\n".to_owned()),
        ("save mine create", "ACK [56@0] {save} Playlist already exists\n".to_owned()),
        ("save \"YT: Focus\"", "ACK [56@0] {save} Playlist already exists\n".to_owned()),
        ("save \"YT: Focus\" create", "ACK [56@0] {save} Playlist already exists\n".to_owned()),
        ("save \"YT: Focus\" append", read_only("save")),
        ("save \"YT: Focus\" replace", read_only("save")),
        ("playlistdelete \"YT: Focus\" 0:2", read_only("playlistdelete")),
        ("playlistmove \"YT: Focus\" 0:1 1", read_only("playlistmove")),
    ] {
        assert_eq!(client.ask(command), answer, "{command}");
    }
    assert_eq!(songs(&client.ask("listplaylistinfo mine")), "123123");
    assert_eq!(client.ask("save mine replace"), "OK\n");
    let kept = client.ask("listplaylistinfo mine 1:2");
    assert!(kept.contains("Title: focus song 2\n"), "{kept}");
    let made: Vec<_> =
        std::fs::read_dir(world.mpd.playlists()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(made, ["mine.m3u"]);
}

#[test]
fn who_hides_playlists_in_the_root_sees_none_there() {
    let Some((world, mut client)) = world() else { return };
    let mut other = world.client();
    let shows = |client: &mut Client| {
        ["lsinfo", "lsinfo \"\"", "lsinfo /"]
            .map(|command| client.ask(command).matches("playlist: YT: Focus\n").count())
    };
    for (command, shown) in [
        ("protocol", 1),
        ("protocol enable hide_playlists_in_root", 0),
        ("protocol disable hide_playlists_in_root", 1),
        ("protocol all", 0),
        ("protocol clear", 1),
        ("command_list_begin\nprotocol enable hide_playlists_in_root\nping\ncommand_list_end", 0),
    ] {
        assert!(client.ask(command).ends_with("OK\n"), "{command}");
        assert_eq!(shows(&mut client), [shown; 3], "{command}");
        assert_eq!(shows(&mut other), [1; 3], "a connection's own");
        assert!(client.ask("listplaylists").contains("playlist: YT: Focus\n"));
    }
}

/// The same commands at 0.23, which refuses what it does not know.
#[test]
fn an_older_mpd_knows_none_of_it() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    let mut direct = Client::connect(&world.mpd.socket());
    if line(&mut direct, "commands", "command: protocol").is_some() {
        return;
    }
    direct.ask("save mine");
    for command in [
        "listplaylist %LIST% 1:",
        "listplaylistinfo %LIST% 1:",
        "playlistlength %LIST%",
        "searchplaylist %LIST% title x",
        "save %LIST% append",
        "protocol enable hide_playlists_in_root",
    ] {
        let ours = client.ask(&command.replace("%LIST%", "\"YT: Focus\""));
        let theirs = direct.ask(&command.replace("%LIST%", "mine"));
        assert_eq!(ours, theirs, "{command}");
    }
    assert_eq!(line(&mut client, "status", "lastloadedplaylist"), None);
}
