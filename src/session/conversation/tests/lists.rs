//! Jumps within command lists.

use super::*;

const PLAYING: &str = "playlistlength: 2\nstate: play\nsong: 0\nsongid: 7\nnextsongid: 8\n";
const SONG: &str = "file: http://r/slow0000001/audio\nPos: 1\nId: 8\n";
const DETOUR: &str = "playlistid 8\nstop\nplayid 8\n";

fn list(lines: &str) -> String {
    format!("command_list_ok_begin\n{lines}command_list_end\n")
}

/// A client sends a list of these, and MPD is asked first.
fn asking(lines: &str) -> Talk {
    let mut talk = Talk::with_mpd_0_23();
    talk.client(&list(lines), ASKS_FOR_JUMP);
    talk
}

fn is_waiting(talk: &Talk) -> bool {
    talk.conversation.waits_for() == Some(Wait::Song(SLOW.parse().unwrap(), Portion::START, Patience::Whole))
}

#[test]
fn a_list_waits_for_the_song_that_it_jumps_to() {
    for (line, asks, goes, detour) in [
        ("play 1\n", "playlistinfo 1\n", "playid 8\n", DETOUR),
        ("playid 8\n", "playlistid 8\n", "playid 8\n", DETOUR),
        ("seek 1 30\n", "playlistinfo 1\n", "seekid 8 30.000\n", "playlistid 8\nstop\nseekid 8 30.000\n"),
        ("next\n", "playlistid 8\n", "next\n", DETOUR),
    ] {
        for (readiness, sent) in [(Readiness::Ready, goes), (Readiness::NotNow, detour)] {
            let mut talk = asking(&format!("ping\n{line}ping\n"));
            talk.status(PLAYING).client("ping\n", asks).mpd(&format!("{SONG}OK\n"), "");
            assert!(is_waiting(&talk), "{line:?}");
            talk.asks_again(&readiness).mpd(&format!("{PLAYING}{SONG}OK\n"), "");
            talk.client("", &format!("{}ping\n", list(&format!("ping\n{sent}ping\n"))));
            let inner = sent.lines().map(|line| {
                if line.starts_with("playlist") { format!("{SONG}list_OK\n") } else { "list_OK\n".to_owned() }
            });
            let answer = format!("list_OK\n{}list_OK\nOK\nOK\n", inner.collect::<String>());
            talk.mpd(&answer, "list_OK\nlist_OK\nlist_OK\nOK\nOK\n");
            assert!(talk.conversation.is_settled());
        }
    }
}

#[test]
fn so_does_one_that_adds_the_song_before() {
    let add = "addid http://r/slow0000001/audio\n";
    let link = "addid https://youtu.be/slow0000001\n";
    let sent = "addid \"http://r/slow0000001/audio\"\n";
    for (lines, added) in [(add, add), (link, sent), (&*add.repeat(2), &*add.repeat(2))] {
        for (readiness, way) in
            [(Readiness::Ready, "play 2\n"), (Readiness::NotNow, "playlistinfo 3\nstop\nplay 2\n")]
        {
            let mut talk = asking(&format!("{lines}play 2\n"));
            talk.status(PLAYING);
            assert!(is_waiting(&talk), "{lines:?}");
            talk.conversation.waited(Waited::Song(readiness));
            assert_eq!(talk.take_to_mpd(), "command_list_begin\nstatus\ncommand_list_end\n");
            talk.status(PLAYING).client("", &list(&format!("{added}{way}")));
            // Of what fails, the client hears where in its own list that stands.
            let before = "list_OK\n".repeat(added.lines().count());
            let at = added.lines().count();
            talk.mpd(
                &format!("{before}ACK [2@{at}] {{playlistinfo}} Bad song index\n"),
                &if way == "play 2\n" {
                    format!("{before}ACK [2@{at}] {{playlistinfo}} Bad song index\n")
                } else {
                    format!("{before}ACK [2@{at}] {{play}} Bad song index\n")
                },
            );
        }
    }
    // A song that was there before is asked for.
    asking(&format!("{add}play 1\n")).status(PLAYING).client("", "playlistinfo 1\n");
    asking(&format!("{add}playid 8\n")).status(PLAYING).client("", "playlistid 8\n");
}

#[test]
fn mpd_is_stopped_for_what_may_be_a_song_of_ours() {
    let song = "http://r/slow0000001/audio";
    for lines in [
        "load \"http://r/playlist/PLmix.pls\"\n".to_owned(),
        format!("addid {song} 0\n"),
        format!("add {song}\nadd {song}\ndelete 0\n"),
        format!("add a.ogg\nadd {song}\n"),
        format!("stop\nadd {song}\nplay\n"),
        format!("clear\nadd a.ogg\nadd {song}\nplay 1\n"),
    ] {
        let mut talk = asking(&format!("{lines}play 3\n"));
        talk.status(PLAYING).client("", &list(&format!("{lines}playlistinfo 4\nstop\nplay 3\n")));
        let listed = "list_OK\n".repeat(lines.lines().count());
        talk.mpd(
            &format!("{listed}file: x\nlist_OK\nlist_OK\nlist_OK\nOK\n"),
            &format!("{listed}list_OK\nOK\n"),
        );
        // From stop, it opens any song; but behind a jump it is not stopped.
        let ours = if lines.contains("\nplay") { "playlistinfo 4\nstop\n" } else { "" };
        let sent = list(&format!("{lines}{ours}play 3\n"));
        asking(&format!("{lines}play 3\n")).status("state: stop\n").client("", &sent);
    }
    // More than one that the list adds.
    let lines = format!("add {song}\nplay 3\n");
    asking(&lines).status(PLAYING).client("", &list(&format!("add {song}\nplaylistinfo 4\nstop\nplay 3\n")));
}

#[test]
fn other_lists_pass_without_a_question() {
    for lines in [
        "clear\nadd http://r/slow0000001/audio\nplay 0\n",
        "clear\nload real\nseek 3 30\n",
        "stop\nplayid 8\n",
        "add a.ogg\nplay 2\n",
        "delete 0\nplay 1\n",
        "partition other\nplay 1\n",
        "add http://r/slow0000001/audio\nnext\n",
        "add http://r/slow0000001/audio\nplay\n",
        "add http://r/unknown0001/audio\nplay 2\n",
        "clear\nadd a.ogg\nplay 0\nseek 0 5\n",
        // What these lead to, and leave, the options before them decide.
        "random 1\nnext\n",
        "consume 1\nnext\n",
        "pause 1\nseek 2 5\n",
    ] {
        let lines = list(lines);
        Talk::with_mpd_0_23().client(&lines, &lines);
    }
}

#[test]
fn behind_a_jump_only_the_queue_is_known() {
    let mut talk = asking("play 1\nseek 1 0\nnext\n");
    talk.status(PLAYING).client("", "playlistinfo 1\n").mpd(&format!("{SONG}OK\n"), "");
    assert!(is_waiting(&talk));
    talk.asks_again(&Readiness::NotNow).mpd(&format!("{PLAYING}{SONG}OK\n"), "");
    talk.client("", ASKS_FOR_JUMP).status(PLAYING).client("", "playlistinfo 1\n");
    talk.mpd(&format!("{SONG}OK\n"), "");
    let left = Wait::Song(SLOW.parse().unwrap(), Portion::START, Patience::Left);
    assert_eq!(talk.conversation.waits_for(), Some(left), "a list waits once");
    talk.asks_again(&Readiness::NotNow).mpd(&format!("{PLAYING}{SONG}OK\n"), "");
    let seek = DETOUR.replace("playid 8", "seekid 8 0.000");
    talk.client("", &list(&format!("{DETOUR}{seek}next\n")));
    // MPD was stopped, and is not any more.
    let mut talk = asking("play 1\nseek 1 0\n");
    talk.status("state: stop\n").client("", ASKS_FOR_JUMP);
    talk.status("state: stop\n").client("", "playlistinfo 1\n").mpd(&format!("{SONG}OK\n"), "");
    assert!(is_waiting(&talk));
}

#[test]
fn a_list_goes_on_whatever_others_did_meanwhile() {
    for (now, end, way) in [
        ("state: stop\nsong: 0\nsongid: 7\n", "OK\n", DETOUR),
        ("state: pause\nsong: 0\nsongid: 7\n", "OK\n", DETOUR),
        // MPD will refuse it.
        (PLAYING, "ACK [50@1] {playlistid} No such song\n", "play 1\n"),
    ] {
        let mut talk = asking("play 1\nping\n");
        talk.status(PLAYING).client("", "playlistinfo 1\n").mpd(&format!("{SONG}OK\n"), "");
        talk.asks_again(&Readiness::NotNow).mpd(&format!("{now}{end}"), "");
        talk.client("", &list(&format!("{way}ping\n")));
    }
}

#[test]
fn who_may_not_jump_gets_nothing_ready() {
    let lines = "play 1\nping\n";
    asking(lines)
        .mpd(&format!("{PLAYING}ACK [4@1] {{shuffle}} you don't have permission for \"shuffle\"\n"), "")
        .client("", &list(lines))
        .mpd(
            "ACK [4@0] {play} you don't have permission for \"play\"\n",
            "ACK [4@0] {play} you don't have permission for \"play\"\n",
        );
}
