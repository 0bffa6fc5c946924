//! What concerns stored playlists.

use std::collections::HashSet;

use super::*;

#[test]
fn virtual_playlists_are_listed() {
    let mut talk = Talk::with_mpd_0_23();
    for line in ["listplaylists\n", "lsinfo\n", "lsinfo \"\"\n", "lsinfo /\n"] {
        talk.client(line, line).mpd("playlist: real\nOK\n", &format!("playlist: real\n{PLAYLISTS}OK\n"));
    }
    // What is also real in MPD is shown once, in our order and with our time.
    talk.client("listplaylists\n", "listplaylists\n").mpd(
        "playlist: YT: Empty\nLast-Modified: x\nplaylist: real\nOK\n",
        &format!("playlist: real\n{PLAYLISTS}OK\n"),
    );
    talk.client("listplaylists\n", "listplaylists\n").mpd(
        "ACK [4@0] {listplaylists} you don't have permission for \"listplaylists\"\n",
        "ACK [4@0] {listplaylists} you don't have permission for \"listplaylists\"\n",
    );
    talk.client("listplaylists\n", "listplaylists\n")
        .mpd("ACK [5@0] {listplaylists} Stored playlists are disabled\n", &format!("{PLAYLISTS}OK\n"));
}

#[test]
fn what_is_being_written_and_what_is_on_its_way_out_is_not_listed() {
    let mut talk = Talk::with_mpd_0_23();
    // The materialised playlist is still called `YT: Old` in MPD.
    talk.library.replace(vec![playlist("PLmix", "Old", vec![])]);
    talk.library.replace(vec![mix(), playlist("PLempty", "Empty", vec![])]);
    let modified = "Last-Modified: x\n";
    let unfinished = crate::library::UNFINISHED;
    let listed = format!(
        "playlist: {unfinished}\n{modified}playlist: YT: Old\n{modified}playlist: real\n{modified}\
         playlist: YT: Empty\n{modified}OK\n"
    );
    let shown = format!("playlist: real\n{modified}{PLAYLISTS}OK\n");
    talk.client("lsinfo\n", "lsinfo\n").mpd(&listed, &shown);
    // It is the user's from now on.
    let users = [b"YT: Old".as_slice().into()].into();
    talk.library.set_stored_playlists(StoredPlaylists::Named(users));
    let shown = format!("playlist: YT: Old\n{modified}{PLAYLISTS}OK\n");
    talk.client("listplaylists\n", "listplaylists\n")
        .mpd(&format!("playlist: YT: Old\n{modified}OK\n"), &shown);
}

#[test]
fn without_stored_playlists_ours_are_listed_alone() {
    let mut talk = Talk::with_mpd_0_23();
    talk.library.set_stored_playlists(StoredPlaylists::Disabled);
    talk.client("listplaylists\n", "channels\n").mpd("channel: x\nOK\n", &format!("{PLAYLISTS}OK\n"));
    talk.client("commands\n", "commands\n").mpd(
        "command: listplaylistinfo\ncommand: load\nOK\n",
        "command: listplaylistinfo\ncommand: listplaylists\ncommand: load\nOK\n",
    );
}

#[test]
fn playlists_can_be_hidden_in_the_root_folder() {
    let mut talk = Talk::with_mpd_0_24();
    talk.client("lsinfo\n", "protocol\nlsinfo\n").mpd("OK\nOK\n", &format!("{PLAYLISTS}OK\n"));
    talk.client("protocol enable hide_playlists_in_root\n", "protocol enable hide_playlists_in_root\n");
    talk.mpd("OK\n", "OK\n").client("lsinfo\n", "protocol\nlsinfo\n");
    talk.mpd("feature: hide_playlists_in_root\nOK\ndirectory: d\nOK\n", "directory: d\nOK\n");
    talk.client("lsinfo\nlistplaylists\n", "lsinfo\nlistplaylists\n")
        .mpd("OK\nOK\n", &format!("OK\n{PLAYLISTS}OK\n"));
}

#[test]
fn a_virtual_playlist_is_listed_from_memory() {
    for (line, gate, answer) in [
        (
            "listplaylist \"YT: Mix\"\n",
            "channels\n",
            "file: http://r/ready000001/audio\nfile: http://r/slow0000001/audio\n",
        ),
        ("listplaylistinfo \"YT: Mix\"\n", "tagtypes\nchannels\n", SONGS),
        ("listplaylistinfo \"YT: Empty\"\n", "tagtypes\nchannels\n", ""),
    ] {
        let facts = if gate.starts_with("tagtypes") { ALL_TAGS } else { "" };
        Talk::with_mpd_0_23().client(line, gate).mpd(&format!("{facts}OK\n"), &format!("{answer}OK\n"));
    }
}

#[test]
fn ranges_and_lengths_come_with_0_24() {
    let first = "file: http://r/ready000001/audio\n";
    let second = "file: http://r/slow0000001/audio\n";
    for (args, answer) in [
        ("0:1", first.to_owned()),
        ("1", second.to_owned()),
        ("1:", second.to_owned()),
        ("-1", format!("{first}{second}")),
        ("2:9", String::new()),
        ("7", String::new()),
    ] {
        let line = format!("listplaylist \"YT: Mix\" {args}\n");
        Talk::with_mpd_0_24().client(&line, "channels\n").mpd("OK\n", &format!("{answer}OK\n"));
    }
    // MPD says what is wrong with a range.
    let bad = "listplaylist \"YT: Mix\" 2:1\n";
    Talk::with_mpd_0_24().client(bad, bad);
    let length = "playlistlength \"YT: Mix\"\n";
    Talk::with_mpd_0_24().client(length, "channels\n").mpd("OK\n", "songs: 2\nplaytime: 213\nOK\n");
    Talk::with_mpd_0_24().client(
        "searchplaylist \"YT: Mix\" \"(title == \\\"One\\\")\"\n",
        "tagtypes\nsearchplaylist \"http://r/playlist/PLmix.xspf\" \"(title == \\\"One\\\")\"\n",
    );
}

#[test]
fn the_tag_mask_holds_for_us_and_is_asked_for_once() {
    let mut talk = Talk::with_mpd_0_23();
    talk.client("listplaylistinfo \"YT: Mix\"\n", "tagtypes\nchannels\n").mpd(
        "tagtype: Album\nOK\nOK\n",
        "file: http://r/ready000001/audio\nAlbum: Album\nTime: 213\nduration: 213.000\nfile: http://r/slow0000001/audio\nOK\n",
    );
    talk.client("currentsong\n", "currentsong\n").mpd("OK\n", "OK\n");
    talk.client("tagtypes clear\ncurrentsong\n", "tagtypes clear\ntagtypes\ncurrentsong\n").mpd(
        "OK\nOK\nfile: http://r/ready000001/audio\nPos: 0\nOK\n",
        "OK\nfile: http://r/ready000001/audio\nTime: 213\nduration: 213.000\nPos: 0\nOK\n",
    );
}

#[test]
fn a_relay_out_of_mpds_reach_is_no_missing_playlist() {
    let said = "MPD cannot read this playlist from ytmpd; `ytmpctl doctor` says what to do";
    let missing = "ACK [50@0] {load} No such playlist\n";
    for (line, rewritten) in [
        ("load \"YT: Mix\"\n", "load \"http://r/playlist/PLmix.pls\"\n"),
        ("load https://youtube.com/playlist?list=PLmix\n", "load \"http://r/playlist/PLmix.pls\"\n"),
    ] {
        Talk::with_mpd_0_23().client(line, rewritten).mpd(missing, &format!("ACK [52@0] {{load}} {said}\n"));
    }
    Talk::with_mpd_0_23().client("load other\n", "load other\n").mpd(missing, missing);
}

#[test]
fn loading_goes_to_the_relay() {
    for (line, hears) in [
        ("load \"YT: Mix\"\n", "load \"http://r/playlist/PLmix.pls\"\n"),
        ("load \"YT: Mix\" 1:2 +0\n", "load \"http://r/playlist/PLmix.pls\" \"1:2\" \"+0\"\n"),
    ] {
        Talk::with_mpd_0_23().client(line, hears).mpd("OK\n", "OK\n");
    }
}

#[test]
fn a_virtual_playlist_is_read_only() {
    let refused = "is a YouTube playlist and read-only here\n";
    for (line, verb) in [
        ("playlistadd \"YT: Mix\" x\n", "playlistadd"),
        ("playlistclear \"YT: Mix\"\n", "playlistclear"),
        ("playlistdelete \"YT: Mix\" 0\n", "playlistdelete"),
        ("playlistmove \"YT: Mix\" 0 1\n", "playlistmove"),
        ("rm \"YT: Mix\"\n", "rm"),
        ("rename \"YT: Mix\" x\n", "rename"),
        ("searchaddpl \"YT: Mix\" artist x\n", "searchaddpl"),
    ] {
        let mut talk = Talk::with_mpd_0_23();
        talk.client(line, "rm \"\"\n").mpd(
            "ACK [2@0] {rm} Bad playlist name\n",
            &format!("ACK [4@0] {{{verb}}} \"YT: Mix\" {refused}"),
        );
        talk.client(line, "rm \"\"\n").mpd(
            "ACK [4@0] {rm} you don't have permission for \"rm\"\n",
            &format!("ACK [4@0] {{{verb}}} you don't have permission for \"{verb}\"\n"),
        );
    }
    Talk::with_mpd_0_23()
        .client("save \"YT: Mix\"\n", "rm \"\"\n")
        .mpd("ACK [2@0] {rm} Bad playlist name\n", "ACK [56@0] {save} Playlist already exists\n");
    Talk::with_mpd_0_24()
        .client("save \"YT: Mix\" replace\n", "rm \"\"\n")
        .mpd("ACK [2@0] {rm} Bad playlist name\n", &format!("ACK [4@0] {{save}} \"YT: Mix\" {refused}"));
    Talk::with_mpd_0_23()
        .client("rename real \"YT: Mix\"\n", "rm \"\"\n")
        .mpd("ACK [2@0] {rm} Bad playlist name\n", "ACK [56@0] {rename} Playlist exists already\n");
}

#[test]
fn who_may_not_read_learns_nothing() {
    for line in [
        "listplaylistinfo \"YT: Mix\"\n",
        "listplaylist \"YT: Mix\"\n",
        "readpicture http://r/ready000001/audio 0\n",
        "albumart http://r/ready000001/audio 0\n",
        "lsinfo http://r/ready000001/audio\n",
    ] {
        let mut talk = Talk::with_mpd_0_23();
        let verb = line.split(' ').next().unwrap();
        talk.from_client.extend_from_slice(line.as_bytes());
        talk.pump();
        let gate = talk.take_to_mpd().lines().last().unwrap().split(' ').next().unwrap().to_owned();
        let facts = if verb == "listplaylistinfo" || verb == "lsinfo" { ALL_TAGS } else { "" };
        talk.mpd(
            &format!("{facts}ACK [4@0] {{{gate}}} you don't have permission for \"{gate}\"\n"),
            &format!("ACK [4@0] {{{verb}}} you don't have permission for \"{verb}\"\n"),
        );
    }
}

#[test]
fn real_playlists_keep_their_names() {
    let mut talk = Talk::with_mpd_0_23();
    talk.library.set_stored_playlists(StoredPlaylists::Named(HashSet::from([b"YT: Mix".as_slice().into()])));
    talk.client("load \"YT: Mix\"\n", "load \"YT: Mix\"\n").mpd("OK\n", "OK\n");
    talk.client("load \"YT: Mix (2)\"\n", "load \"http://r/playlist/PLmix.pls\"\n").mpd("OK\n", "OK\n");
}
