//! Virtual playlists on their way into the queue, and what is refused about them.

use std::fs;

use crate::fake_youtube::catalogue::{FOCUS, LARGE};
use crate::support::client::Client;
use crate::support::eventually;
use crate::support::world::World;

/// Which songs are in the queue, by their ids' last digit.
fn queue(client: &mut Client) -> String {
    let listed = client.ask("playlistinfo");
    let files = listed.lines().filter_map(|line| line.strip_prefix("file: "));
    files.filter_map(|file| file.trim_end_matches("/audio").chars().last()).collect()
}

#[test]
fn load_takes_ranges_and_positions() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    let bad_range = "ACK [2@0] {load} Integer or range expected: x\n";
    let no_current = "ACK [55@0] {load} No current song\n";
    for (arguments, answer, songs) in [
        ("", "OK\n", "123123"),
        (" 0:", "OK\n", "123123"),
        (" 1:3", "OK\n", "12323"),
        (" 1", "OK\n", "1232"),
        (" 7:9", "OK\n", "123"),
        (" 0: 0", "OK\n", "123123"),
        (" 2:3 1", "OK\n", "1323"),
        (" 0: 3", "OK\n", "123123"),
        (" 0: 4", "ACK [2@0] {load} Number too large: 4\n", "123"),
        (" x", bad_range, "123"),
        (" x 99", bad_range, "123"),
        (" 2:1", "ACK [2@0] {load} Malformed range: 2:1\n", "123"),
        (" 0: +0", no_current, "123"),
    ] {
        client.ask("clear");
        client.ask("load \"YT: Focus\"");
        let command = format!("load \"YT: Focus\"{arguments}");
        assert_eq!(client.ask(&command), answer, "{command}");
        assert_eq!(queue(&mut client), songs, "{command}");
    }
}

#[test]
fn in_lists_the_order_and_the_index_are_right() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    for (commands, ok, plain, songs) in [
        (
            "clear\nload \"YT: Focus\" 0:1\nload \"YT: Focus\" 1:\n",
            "list_OK\nlist_OK\nlist_OK\nOK\n",
            "OK\n",
            "123",
        ),
        (
            "clear\nload \"YT: Focus\" 2:3 0\nload nope\nload \"YT: Focus\"\n",
            "list_OK\nlist_OK\nACK [50@2] {load} No such playlist\n",
            "ACK [50@2] {load} No such playlist\n",
            "3",
        ),
        (
            "clear\nplaylistinfo\nload \"YT: Focus\" 0: 99\nping\n",
            "list_OK\nlist_OK\nACK [2@2] {load} Number too large: 99\n",
            "ACK [2@2] {load} Number too large: 99\n",
            "",
        ),
        (
            "clear\nlistplaylistinfo nope\nping\n",
            "list_OK\nACK [50@1] {listplaylistinfo} No such playlist\n",
            "ACK [50@1] {listplaylistinfo} No such playlist\n",
            "",
        ),
        (
            "clear\ncurrentsong\nrm \"YT: Focus\"\nload \"YT: Focus\"\n",
            "list_OK\nlist_OK\nACK [4@2] {rm} \"YT: Focus\" is a YouTube playlist and read-only here\n",
            "ACK [4@2] {rm} \"YT: Focus\" is a YouTube playlist and read-only here\n",
            "",
        ),
    ] {
        for (begin, answer) in [("command_list_ok_begin", ok), ("command_list_begin", plain)] {
            // A connection of its own knows nothing of the tag mask yet.
            let mut client = world.client();
            assert_eq!(client.ask(&format!("{begin}\n{commands}command_list_end")), answer, "{commands}");
            assert_eq!(queue(&mut client), songs, "{commands}");
        }
    }
    client.ask("tagtypes clear");
    let list = "command_list_begin\ntagtypes enable Title\nlistplaylistinfo \"YT: Focus\"\ntagtypes clear\n\
                listplaylistinfo \"YT: Focus\"\ncommand_list_end";
    let answer = client.ask(list);
    assert_eq!((answer.matches("Title: ").count(), answer.matches("Time: 30\n").count()), (3, 6), "{answer}");
}

#[test]
fn what_would_change_a_virtual_playlist_is_refused() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    client.ask("save mine");
    let song = world.daemon.song("focus000001");
    let read_only =
        |verb: &str| format!("ACK [4@0] {{{verb}}} \"YT: Focus\" is a YouTube playlist and read-only here\n");
    for (command, answer) in [
        (format!("playlistadd \"YT: Focus\" {song}"), read_only("playlistadd")),
        (format!("playlistadd \"YT: Focus\" {song} 0"), read_only("playlistadd")),
        ("playlistclear \"YT: Focus\"".to_owned(), read_only("playlistclear")),
        ("playlistdelete \"YT: Focus\" 0".to_owned(), read_only("playlistdelete")),
        ("playlistmove \"YT: Focus\" 0 1".to_owned(), read_only("playlistmove")),
        ("searchaddpl \"YT: Focus\" title x".to_owned(), read_only("searchaddpl")),
        ("rm \"YT: Focus\"".to_owned(), read_only("rm")),
        ("rename \"YT: Focus\" other".to_owned(), read_only("rename")),
        ("rename mine \"YT: Focus\"".to_owned(), "ACK [56@0] {rename} Playlist exists already\n".to_owned()),
        ("rename nope \"YT: Focus\"".to_owned(), "ACK [56@0] {rename} Playlist exists already\n".to_owned()),
        ("save \"YT: Focus\"".to_owned(), "ACK [56@0] {save} Playlist already exists\n".to_owned()),
    ] {
        assert_eq!(client.ask(&command), answer, "{command}");
    }
    let files: Vec<_> =
        fs::read_dir(world.mpd.playlists()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["mine.m3u"], "nothing was made in MPD's folder");
}

#[test]
fn the_tag_mask_holds() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    client.ask("load \"YT: Focus\"");
    let tags = |answer: &str| {
        ["Title: ", "Artist: ", "Album: ", "Time: "].map(|tag| answer.matches(&format!("\n{tag}")).count())
    };
    for (mask, expected) in [
        ("ping", [3, 3, 3, 3]),
        ("tagtypes clear", [0, 0, 0, 3]),
        ("tagtypes enable Title", [3, 0, 0, 3]),
        ("tagtypes enable Album", [3, 0, 3, 3]),
        ("tagtypes disable Title", [0, 0, 3, 3]),
        ("tagtypes all", [3, 3, 3, 3]),
    ] {
        assert_eq!(client.ask(mask), "OK\n");
        for command in ["listplaylistinfo \"YT: Focus\"", "playlistinfo"] {
            let answer = client.ask(command);
            assert_eq!(tags(&answer), expected, "{command} after {mask}: {answer}");
        }
    }
}

#[test]
fn each_partition_has_its_own_queue() {
    let Some(world) = World::start(&[FOCUS, LARGE], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(2);
    let mut second = world.client();
    assert_eq!(second.ask("newpartition p2"), "OK\n");
    assert_eq!(second.ask("partition p2"), "OK\n");
    assert_eq!(second.ask("load \"YT: Focus\""), "OK\n");
    assert_eq!(queue(&mut second), "123");
    assert_eq!(queue(&mut client), "");
    let songs = second.ask("playlistinfo");
    assert!(songs.contains("Title: focus song 1\n") && songs.contains("Artist: Artist 1\n"), "{songs}");
    assert_eq!(second.ask("partition default"), "OK\n");
    // The player's own connection may be in there for a moment, to add tags.
    eventually("the partition can be deleted", || (client.ask("delpartition p2") == "OK\n").then_some(()));
}
