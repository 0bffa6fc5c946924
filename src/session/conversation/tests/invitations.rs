//! Songs and playlists that clients name by their addresses at YouTube.

use super::*;
use crate::library::Refused;
use crate::session::route::Guest;

const NEW: &str = "neverseen01";
const PERMITTED: &str = "ACK [2@0] {rangeid} Integer expected: x\n";
const FORBIDDEN: &str = "ACK [4@0] {rangeid} you don't have permission for \"rangeid\"\n";

impl Talk {
    /// What is waited for is let in.
    fn let_in(&mut self, guest: &str) -> &mut Self {
        let waits = self.conversation.waits_for();
        let named = match &waits {
            Some(Wait::Guest(Guest::Video(video))) => video.to_string(),
            Some(Wait::Guest(Guest::Playlist(id))) => id.to_string(),
            other => panic!("waits for {other:?}"),
        };
        assert_eq!(named, guest);
        self.conversation.waited(Waited::Guest(Ok(())));
        self
    }
}

#[test]
fn a_song_is_let_in_before_mpd_hears_of_it() {
    for (line, gate, sent) in [
        ("add https://youtu.be/neverseen01?si=x\n", "rangeid x x\n", "add \"http://r/neverseen01/audio\"\n"),
        (
            "add \"https://www.youtube.com/watch?v=neverseen01&list=PLx\" +0\n",
            "rangeid x x\n",
            "add \"http://r/neverseen01/audio\" \"+0\"\n",
        ),
        (
            "addid https://youtube.com/shorts/neverseen01 3\n",
            "rangeid x x\n",
            "addid \"http://r/neverseen01/audio\" \"3\"\n",
        ),
        (
            "playlistadd \"my \\\"own\\\"\" https://youtu.be/neverseen01 1\n",
            "rm \"\"\n",
            "playlistadd \"my \\\"own\\\"\" \"http://r/neverseen01/audio\" \"1\"\n",
        ),
    ] {
        let mut talk = Talk::with_mpd_0_23();
        talk.client(line, gate).client("ping\n", "");
        assert_eq!(talk.conversation.waits_for(), None, "MPD is asked first");
        let (_, rest) = gate.split_once(' ').unwrap();
        let verb = gate.trim_end_matches(rest).trim();
        talk.mpd(&format!("ACK [2@0] {{{verb}}} no\n"), "").let_in(NEW);
        talk.client("", &format!("{sent}ping\n")).mpd("Id: 7\nOK\nOK\n", "Id: 7\nOK\nOK\n");
        assert!(talk.conversation.is_settled());
    }
}

#[test]
fn a_song_that_is_known_goes_at_once() {
    for (line, sent) in [
        ("add https://youtu.be/slow0000001\n", "add \"http://r/slow0000001/audio\"\n"),
        ("addid https://youtu.be/slow0000001 0\n", "addid \"http://r/slow0000001/audio\" \"0\"\n"),
        (
            "load https://youtube.com/playlist?list=PLmix 1:2 0\n",
            "load \"http://r/playlist/PLmix.pls\" \"1:2\" \"0\"\n",
        ),
    ] {
        Talk::with_mpd_0_23().client(line, sent).mpd("OK\n", "OK\n");
    }
}

#[test]
fn a_playlist_is_fetched_and_loaded() {
    for (line, sent) in [
        ("load https://youtube.com/playlist?list=PLother\n", "load \"http://r/playlist/PLother.pls\"\n"),
        (
            "load https://music.youtube.com/browse/VLPLother 1:3 +1\n",
            "load \"http://r/playlist/PLother.pls\" \"1:3\" \"+1\"\n",
        ),
        ("add https://youtube.com/playlist?list=PLother\n", "load \"http://r/playlist/PLother.pls\"\n"),
        (
            "add https://youtube.com/playlist?list=PLother 5\n",
            "load \"http://r/playlist/PLother.pls\" \"0:\" \"5\"\n",
        ),
    ] {
        let verb = line.split(' ').next().unwrap();
        let mut talk = Talk::with_mpd_0_23();
        talk.client(line, "rangeid x x\n").mpd(PERMITTED, "").let_in("PLother");
        // Whatever it is called at MPD, it is the client's command that failed.
        talk.client("", sent)
            .mpd("ACK [2@0] {load} Bad song index\n", &format!("ACK [2@0] {{{verb}}} Bad song index\n"));
    }
}

#[test]
fn a_playlist_is_no_song() {
    for (line, gate) in [
        ("addid https://youtube.com/playlist?list=PLmix\n", "rangeid x x\n"),
        ("addid https://youtube.com/playlist?list=PLother 0\n", "rangeid x x\n"),
        ("playlistadd mine https://music.youtube.com/browse/VLPLother\n", "rm \"\"\n"),
    ] {
        let (verb, _) = line.split_once(' ').unwrap();
        let refused = "this is the address of a playlist: use \"load\" or \"add\"\n";
        Talk::with_mpd_0_23()
            .client(line, gate)
            .mpd("ACK [2@0] {x} no\n", &format!("ACK [2@0] {{{verb}}} {refused}"));
        Talk::with_mpd_0_23()
            .client(
                &format!("command_list_begin\nping\n{line}command_list_end\n"),
                &format!("command_list_ok_begin\nping\n{gate}command_list_end\n"),
            )
            .mpd("list_OK\nACK [2@1] {x} no\n", &format!("ACK [2@1] {{{verb}}} {refused}"));
    }
}

#[test]
fn who_may_not_lets_nobody_in() {
    for (line, gate) in [
        ("add https://youtu.be/neverseen01\n", "rangeid"),
        ("load https://youtube.com/playlist?list=PLother\n", "rangeid"),
        ("playlistadd mine https://youtu.be/neverseen01\n", "rm"),
    ] {
        let (verb, _) = line.split_once(' ').unwrap();
        let mut talk = Talk::with_mpd_0_23();
        let asked = if gate == "rm" { "rm \"\"\n" } else { "rangeid x x\n" };
        let forbidden = FORBIDDEN.replace("rangeid", gate);
        talk.client(line, asked).mpd(&forbidden, "");
        assert_eq!(talk.conversation.waits_for(), None);
        let refused = format!("ACK [4@0] {{{verb}}} you don't have permission for \"{verb}\"\n");
        talk.client("", asked).mpd(&forbidden, &refused);
        assert!(talk.conversation.is_settled());
    }
}

#[test]
fn what_cannot_be_let_in_is_refused_with_the_reason() {
    let mut talk = Talk::with_mpd_0_23();
    talk.client("add https://youtu.be/neverseen01\nping\n", "rangeid x x\n").mpd(PERMITTED, "");
    talk.conversation.waited(Waited::Guest(Err(Refused("the disk is full".to_owned()))));
    talk.client("", "rangeid x x\nping\n")
        .mpd(&format!("{PERMITTED}OK\n"), "ACK [52@0] {add} the disk is full\nOK\n");
}

#[test]
fn within_a_list_mpd_is_asked_in_front_of_it() {
    let list = "command_list_ok_begin\nclear\nadd https://youtu.be/neverseen01\nadd https://youtu.be/neverseen02\n\
        playlistadd x https://youtu.be/neverseen03\nplay\ncommand_list_end\nping\n";
    let mut talk = Talk::with_mpd_0_23();
    talk.client("status\n", "status\n").client(list, "rangeid x x\n");
    talk.mpd("OK\n", "OK\n").mpd(PERMITTED, "").let_in(NEW);
    // The same permission is not asked for twice.
    talk.client("", "").let_in("neverseen02").client("", "rm \"\"\n");
    talk.mpd("ACK [2@0] {rm} Bad playlist name\n", "").let_in("neverseen03");
    let sent = "command_list_ok_begin\nclear\nadd \"http://r/neverseen01/audio\"\n\
        add \"http://r/neverseen02/audio\"\nplaylistadd \"x\" \"http://r/neverseen03/audio\"\nplay\ncommand_list_end\nping\n";
    talk.client("", sent).mpd(
        "list_OK\nlist_OK\nlist_OK\nlist_OK\nACK [2@4] {play} Bad song index\nOK\n",
        "list_OK\nlist_OK\nlist_OK\nlist_OK\nACK [2@4] {play} Bad song index\nOK\n",
    );
    assert!(talk.conversation.is_settled());
}

#[test]
fn a_list_of_who_may_not_fails_at_its_place() {
    let list = "command_list_begin\nping\nadd https://youtu.be/neverseen01\nping\ncommand_list_end\n";
    let mut talk = Talk::with_mpd_0_23();
    talk.client(list, "rangeid x x\n").mpd(FORBIDDEN, "");
    talk.client("", "command_list_ok_begin\nping\nrangeid x x\nping\ncommand_list_end\n").mpd(
        &format!("list_OK\n{}", FORBIDDEN.replace("@0", "@1")),
        "ACK [4@1] {add} you don't have permission for \"add\"\n",
    );
}

#[test]
fn a_list_of_before_is_answered_first() {
    let list = "command_list_begin\nping\ncommand_list_end\n";
    let mut talk = Talk::with_mpd_0_23();
    talk.client(list, &list.replace("begin", "ok_begin"));
    talk.client("command_list_begin\nadd https://youtu.be/neverseen01\n", "rangeid x x\n");
    talk.mpd(&format!("list_OK\nOK\n{PERMITTED}"), "OK\n").let_in(NEW);
    talk.client(
        "command_list_end\n",
        "command_list_ok_begin\nadd \"http://r/neverseen01/audio\"\ncommand_list_end\n",
    )
    .mpd("list_OK\nOK\n", "OK\n");
}

#[test]
fn a_list_right_behind_an_idle_is_a_list_like_any_other() {
    let list = "command_list_begin\nadd https://youtu.be/neverseen01\ncommand_list_end\n";
    let mut talk = Talk::with_mpd_0_23();
    talk.client("idle\n", "idle\n").client(&format!("noidle\n{list}"), "noidle\nrangeid x x\n");
    talk.mpd(&format!("OK\n{PERMITTED}"), "OK\n").let_in(NEW);
    let sent = "command_list_ok_begin\nadd \"http://r/neverseen01/audio\"\ncommand_list_end\n";
    talk.client("", sent).mpd("list_OK\nOK\n", "OK\n");
    // MPD closes at this.
    Talk::with_mpd_0_23().client("idle\ncommand_list_begin\n", "idle\ncommand_list_ok_begin\n");
}

#[test]
fn a_list_that_is_too_long_is_not_withheld() {
    let line = format!("add {}\n", "x".repeat(1000));
    let mut talk = Talk::with_mpd_0_23();
    talk.client("command_list_begin\n", "");
    let said = line.repeat(300);
    let heard = format!("command_list_ok_begin\n{said}");
    talk.client(&said, &heard);
    talk.client("add https://youtu.be/neverseen01\ncommand_list_end\n", "rangeid x x\ncommand_list_end\n");
}

#[test]
fn what_only_looks_alike_passes() {
    for line in [
        "add https://notyoutube.com/watch?v=neverseen01\n",
        "add \"https://youtu.be/\"\n",
        "add youtu.be/neverseen01\n",
        "add 'https://youtu.be/neverseen01'\n",
        "add https://youtu.be/neverseen01 1 2\n",
        "addid https://www.youtube.com/@somebody\n",
        "playlistadd https://youtu.be/neverseen01\n",
        "load https://youtu.be/neverseen01\n",
        "searchaddpl mine https://youtu.be/neverseen01\n",
        "addtagid 1 Title https://youtu.be/neverseen01\n",
    ] {
        Talk::with_mpd_0_23().client(line, line).mpd("OK\n", "OK\n");
        let list = format!("command_list_ok_begin\n{line}command_list_end\n");
        Talk::with_mpd_0_23().client(&list, &list);
    }
    // Also without anything of YouTube's in the library.
    let (mut talk, other) = (Talk::with_mpd_0_23(), Library::new("YT: ", vec![], vec![]));
    talk.library = other;
    talk.client("add https://youtu.be/neverseen01\n", "rangeid x x\n");
    Talk::with_mpd_0_23().client("playlistadd \"YT: Mix\" https://youtu.be/neverseen01\n", "rm \"\"\n").mpd(
        "ACK [2@0] {rm} Bad playlist name\n",
        "ACK [4@0] {playlistadd} \"YT: Mix\" is a YouTube playlist and read-only here\n",
    );
}
