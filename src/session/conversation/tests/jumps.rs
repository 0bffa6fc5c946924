//! `next`, `play 5` and the like, onto songs that may not be ready.

use super::*;

fn jumping(line: &str) -> Talk {
    let mut talk = Talk::with_mpd_0_23();
    talk.client(line, ASKS_FOR_JUMP);
    talk
}

/// To a song of the id 8.
const DETOUR: &str = "command_list_ok_begin\nplaylistid 8\nstop\nplayid 8\ncommand_list_end\n";
const PLAY: &str = "playid 8\n";
const SEEK: &str = "seekid 8 30.000\n";

#[test]
fn a_jump_waits_for_its_song() {
    let playing = "state: play\nsong: 0\nsongid: 7\nnextsong: 1\nnextsongid: 8\nconsume: 0\n";
    let slow = "file: http://r/slow0000001/audio\nPos: 1\nId: 8\nOK\n";
    let ready = "file: http://r/ready000001/audio\nPos: 1\nId: 8\nOK\n";
    for (line, asks, goes) in [
        ("next\n", "playlistid 8\n", "next\n"),
        // Meanwhile it may have been moved.
        ("play 1\n", "playlistinfo 1\n", "playid 8\n"),
        ("play \"+1\"\n", "playlistinfo 1\n", "playid 8\n"),
        ("playid 8\n", "playlistid 8\n", "playid 8\n"),
        ("seek 1 30\n", "playlistinfo 1\n", "seekid 8 30.000\n"),
        ("seekid 8 30\n", "playlistid 8\n", "seekid 8 30\n"),
    ] {
        // Nothing to wait for: it goes.
        for (status, song) in
            [("state: stop\n", None), (playing, Some("file: a.ogg\nId: 8\nOK\n")), (playing, Some(ready))]
        {
            let mut talk = jumping(line);
            let Some(song) = song else {
                talk.status(status);
                assert_eq!(talk.take_to_mpd(), line);
                talk.mpd("OK\n", "OK\n");
                continue;
            };
            talk.status(status);
            assert_eq!(talk.take_to_mpd(), asks);
            talk.mpd(song, "");
            assert_eq!(talk.take_to_mpd(), line);
            talk.mpd("OK\n", "OK\n");
        }
        // It becomes ready in time, or it never will be.
        for readiness in [Readiness::Ready, Readiness::Never("gone".into())] {
            let mut talk = jumping(line);
            talk.status(playing);
            assert_eq!(talk.take_to_mpd(), asks);
            talk.mpd(slow, "").client("ping\n", "");
            assert_eq!(
                talk.conversation.waits_for(),
                Some(Wait::Song(SLOW.parse().unwrap(), Portion::START, Patience::Whole))
            );
            talk.waited(&readiness, playing);
            talk.client("", &format!("{goes}ping\n")).mpd("OK\nOK\n", "OK\nOK\n");
        }
        // It does not.
        let mut talk = jumping(line);
        talk.status(playing);
        assert_eq!(talk.take_to_mpd(), asks);
        talk.mpd(slow, "").waited(&Readiness::NotNow, playing);
        let detour = &if line.starts_with("seek") { DETOUR.replace(PLAY, SEEK) } else { DETOUR.to_owned() };
        talk.client("", detour);
        let verb = line.split([' ', '\n']).next().unwrap();
        talk.mpd("ACK [50@0] {playlistid} No such song\n", &format!("ACK [50@0] {{{verb}}} No such song\n"));
        // Nor may the client hear of a `stop` that it never sent.
        let mut talk = jumping(line);
        talk.status(playing);
        assert_eq!(talk.take_to_mpd(), asks);
        talk.mpd(slow, "").waited(&Readiness::NotNow, playing);
        talk.client("", detour);
        talk.mpd(
            "file: http://r/slow0000001/audio\nId: 8\nlist_OK\nACK [4@1] {stop} you don't have permission for \"stop\"\n",
            &format!("ACK [4@0] {{{verb}}} you don't have permission for \"{verb}\"\n"),
        );
    }
}

#[test]
fn a_detour_consumes_as_next_would() {
    for (consume, steps) in [("0", ""), ("1", "deleteid 7\n"), ("oneshot", "deleteid 7\nconsume 0\n")] {
        let mut talk = jumping("next\n");
        let playing = format!("state: play\nsongid: 7\nnextsongid: 8\nconsume: {consume}\n");
        talk.status(&playing).take_to_mpd();
        talk.mpd("file: http://r/slow0000001/audio\nId: 8\nOK\n", "").waited(&Readiness::NotNow, &playing);
        talk.client("", &DETOUR.replace(PLAY, &format!("{PLAY}{steps}")));
        let succeeded = "list_OK\n".repeat(3 + steps.lines().count());
        talk.mpd(&format!("file: x\n{succeeded}OK\n"), "OK\n");
        assert!(talk.conversation.is_settled());
    }
}

#[test]
fn a_detour_leaves_paused_what_a_seek_would() {
    let paused = "state: pause\nsong: 0\nsongid: 7\n";
    for (line, go) in [("seek 1 30\n", "seekid 8 30.000\npause 1\n"), ("play 1\n", PLAY)] {
        let mut talk = jumping(line);
        talk.status(paused).take_to_mpd();
        talk.mpd("file: http://r/slow0000001/audio\nId: 8\nOK\n", "").waited(&Readiness::NotNow, paused);
        talk.client("", &DETOUR.replace(PLAY, go));
    }
}

#[test]
fn two_clients_that_jump_on_jump_twice() {
    let mut talk = jumping("next\n");
    talk.status("state: play\nsongid: 7\nnextsongid: 8\n");
    assert_eq!(talk.take_to_mpd(), "playlistid 8\n");
    talk.mpd("file: http://r/slow0000001/audio\nId: 8\nOK\n", "");
    // Meanwhile another client was faster.
    talk.waited(&Readiness::NotNow, "state: play\nsongid: 8\nnextsongid: 9\n");
    assert_eq!(talk.take_to_mpd(), "playlistid 9\n");
    talk.mpd("file: http://r/slow0000001/audio\nId: 9\nOK\n", "");
    // It has waited long enough for the other song.
    let left = Wait::Song(SLOW.parse().unwrap(), Portion::START, Patience::Left);
    assert_eq!(talk.conversation.waits_for(), Some(left));
    talk.waited(&Readiness::NotNow, "state: play\nsongid: 9\nnextsongid: 10\n");
    assert_eq!(talk.take_to_mpd(), "playlistid 10\n");
    talk.mpd("file: a.ogg\nId: 10\nOK\n", "");
    assert_eq!(talk.take_to_mpd(), "next\n");
}

#[test]
fn what_others_do_meanwhile_comes_behind_the_jump() {
    const PLAYING: &str = "repeat: 1\nplaylistlength: 2\nstate: play\nsong: 0\nsongid: 7\nnextsongid: 8\n";
    const GONE: &str = "ACK [50@1] {playlistid} No such song\n";
    let there = "file: http://r/slow0000001/audio\nPos: 1\nId: 8\nduration: 9.0\nOK\n";
    let lines = ["next\n", "previous\n", "playid 8\n", "play 1\n", "seekid 8 30\n", "seek 1 30\n"];
    let (steps, absolute, seeks, others) = (&lines[..2], &lines[2..], &lines[4..], &lines[..4]);
    for readiness in [Readiness::Ready, Readiness::NotNow, Readiness::Never("gone".into())] {
        // A jump from song 7 to song 8.
        let after = |line: &str, before: &str, now: &str, hears: &str| {
            let mut talk = jumping(line);
            talk.status(before).take_to_mpd();
            talk.mpd("file: http://r/slow0000001/audio\nId: 8\nOK\n", "").client("ping\n", "");
            talk.asks_again(&readiness).mpd(now, hears);
            talk
        };
        let over = |lines: &[&str], before: &str, now: &str, song: &str| {
            for line in lines {
                let mut talk = after(line, before, &format!("{now}{song}"), "OK\n");
                talk.client("", "ping\n").mpd("OK\n", "OK\n");
                assert!(talk.conversation.is_settled(), "{line:?}, then {now:?}");
            }
        };
        let goes = |lines: &[&str], before: &str, now: &str| {
            for line in lines {
                let went = after(line, before, &format!("{now}{there}"), "").take_to_mpd();
                // The song, and not whatever is at its position by now.
                let by_id =
                    line.replace("play 1", "playid 8").replace("seek 1 30", "seekid 8 30.000") + "ping\n";
                let goes = match readiness {
                    Readiness::NotNow => went.starts_with("command_list_ok_begin\nplaylistid 8\nstop\n"),
                    Readiness::Ready | Readiness::Never(_) => went == by_id,
                };
                assert!(goes, "{line:?}, then {now:?}: {went:?}");
            }
        };
        let (paused, stopped) = (&*PLAYING.replace("play\n", "pause\n"), "state: stop\nsong: 0\nsongid: 7\n");
        over(&lines, PLAYING, stopped, there);
        over(&lines, paused, stopped, there);
        // Paused, where a seek leaves it as well.
        over(others, PLAYING, paused, there);
        goes(seeks, PLAYING, paused);
        // As it was before.
        goes(&lines, paused, paused);
        goes(&lines, paused, PLAYING);
        // The queue was emptied, and filled with something else.
        over(&lines, PLAYING, "state: stop\n", GONE);
        over(&lines, PLAYING, "state: play\nsong: 0\nsongid: 107\n", GONE);
        // The song that played has ended, maybe as the queue's last.
        goes(absolute, PLAYING, "state: play\nsong: 2\nsongid: 9\n");
        goes(absolute, PLAYING, "state: stop\n");
        // By itself: with an error, and with `single`.
        goes(absolute, PLAYING, &format!("{stopped}error: Failed to open ALSA device\n"));
        goes(absolute, PLAYING, "state: pause\nsong: 2\nsongid: 9\n");
        // The song was removed: behind it comes another.
        over(absolute, PLAYING, PLAYING, GONE);
        for (line, asks) in steps.iter().zip(["playlistid 9\n", "playlistinfo 1\n"]) {
            let now = PLAYING.replace("nextsongid: 8", "nextsongid: 9");
            let mut talk = after(line, PLAYING, &format!("{now}{GONE}"), "");
            assert_eq!(talk.take_to_mpd(), asks);
        }
        // Others have put another song behind the one that plays; or gone on, which consumes.
        let consuming = PLAYING.replace("length: 2", "length: 9") + "consume: 1\n";
        for (before, now, song) in [
            (PLAYING, PLAYING.replace("nextsongid: 8", "nextsongid: 9"), there),
            (&consuming, "playlistlength: 7\nstate: play\nsongid: 8\nnextsongid: 9\n".to_owned(), GONE),
        ] {
            let mut talk = after("next\n", before, &format!("{now}{song}"), "");
            assert_eq!(talk.take_to_mpd(), "playlistid 9\n", "{now:?}");
        }
    }
}

/// Whoever jumps on from a song that cannot be had is not to be left there.
#[test]
fn what_mpd_was_stopped_for_by_us_takes_nothing_back() {
    let mut talk = jumping("play 1\n");
    talk.status("state: play\nsong: 0\nsongid: 7\n").take_to_mpd();
    talk.mpd("file: http://r/slow0000001/audio\nId: 8\nOK\n", "");
    talk.unavailable.stopped("default", READY.parse().unwrap(), "gone");
    talk.waited(&Readiness::NotNow, "state: stop\nsong: 0\nsongid: 7\n");
    talk.client("", DETOUR);
}

const BEGUN: &str =
    "state: play\naudio: 48000:f:2\nelapsed: 100.000\nduration: 213.000\nsong: 3\nsongid: 7\n";

#[test]
fn what_is_in_memory_does_not_wait() {
    for (line, asks) in [
        ("seek 3 30\n", "playlistinfo 3\n"),
        ("seekid 7 30\n", "playlistid 7\n"),
        ("seekcur 30\n", "playlistid 7\n"),
        ("seek \" 3\" \" +3e1\"\n", "playlistinfo 3\n"),
        ("seekcur +1.5\n", "playlistid 7\n"),
        ("seekcur -1\n", "playlistid 7\n"),
        ("seekcur -200\n", "playlistid 7\n"),
        // MPD has it itself.
        ("seekcur 211\n", "playlistid 7\n"),
        // Behind the end, which is MPD's to refuse or to play.
        ("seekcur 99999999999999999999\n", "playlistid 7\n"),
    ] {
        let mut talk = jumping(line);
        talk.status("state: stop\n");
        assert_eq!(talk.take_to_mpd(), line);
        for file in ["http://r/ready000001/audio", "a.ogg"] {
            let mut talk = jumping(line);
            talk.status(BEGUN);
            assert_eq!(talk.take_to_mpd(), asks);
            talk.mpd(&format!("file: {file}\nPos: 3\nId: 7\nOK\n"), "");
            assert_eq!(talk.take_to_mpd(), line);
        }
    }
    for line in ["seekcur x\n", "seekcur\n", "seekcur 1 2\n"] {
        Talk::with_mpd_0_23().client(line, line);
    }
}

#[test]
fn a_seek_waits_for_what_it_leads_to() {
    let seconds = Duration::from_secs_f64;
    for (line, at) in [
        ("seek 3 121\n", 121.0),
        ("seekid 7 200.5\n", 200.5),
        ("seekcur 150\n", 150.0),
        ("seekcur +50\n", 150.0),
        ("seekcur +20.25\n", 120.25),
    ] {
        let ready = "file: http://r/ready000001/audio\nPos: 3\nId: 7\nOK\n";
        let far = || {
            let mut talk = jumping(line);
            talk.status(BEGUN);
            talk.take_to_mpd();
            talk.mpd(ready, "");
            let from = Portion { at: seconds(at), of: seconds(213.0) };
            assert_eq!(
                talk.conversation.waits_for(),
                Some(Wait::Song(READY.parse().unwrap(), from, Patience::Whole))
            );
            talk
        };
        for readiness in [Readiness::Ready, Readiness::Never("gone".into())] {
            let mut talk = far();
            talk.waited(&readiness, BEGUN);
            talk.client("", &line.replace("seek 3 121", "seekid 7 121.000"));
        }
        let mut talk = far();
        talk.waited(&Readiness::NotNow, BEGUN);
        let verb = line.split(' ').next().unwrap();
        talk.client("", "seekcur x\n").mpd(
            "ACK [2@0] {seekcur} Number expected: x\n",
            &format!("ACK [55@0] {{{verb}}} that part of the song is not there yet; try again in a moment\n"),
        );
    }
    // So does one into another song, whose beginning is there: what MPD had of it, it has no more.
    let mut talk = jumping("seek 1 211\n");
    talk.status(BEGUN);
    assert_eq!(talk.take_to_mpd(), "playlistinfo 1\n");
    talk.mpd("file: http://r/ready000001/audio\nPos: 1\nId: 9\nOK\n", "").waited(&Readiness::NotNow, BEGUN);
    talk.client("", &DETOUR.replace(PLAY, "seekid 8 211.000\n").replace(" 8", " 9"));
}

#[test]
fn mpd_has_nothing_of_a_song_that_ends_soon() {
    for (elapsed, goes) in [("167.000", true), ("169.000", false), ("212.500", false)] {
        let mut talk = jumping("seekcur 211\n");
        talk.status(&BEGUN.replace("100.000", elapsed));
        assert_eq!(talk.take_to_mpd(), "playlistid 7\n");
        talk.mpd("file: http://r/ready000001/audio\nPos: 3\nId: 7\nOK\n", "");
        assert_eq!(talk.take_to_mpd(), if goes { "seekcur 211\n" } else { "" }, "{elapsed}");
    }
}

#[test]
fn a_seek_waits_for_its_song_to_begin() {
    let opening = "state: play\nsong: 3\nsongid: 7\n";
    for line in ["seek 3 30\n", "seekid 7 30\n", "seekcur 30\n"] {
        let slow = || {
            let mut talk = jumping(line);
            talk.status(opening);
            talk.take_to_mpd();
            talk.mpd("file: http://r/slow0000001/audio\nPos: 3\nId: 7\nOK\n", "");
            talk
        };
        let begun = "state: play\naudio: 48000:f:2\nsong: 3\nsongid: 7\n";
        let mut talk = slow();
        talk.waited(&Readiness::Ready, opening);
        talk.client("", &line.replace("seek 3 30", "seekid 7 30.000"));
        // It has begun meanwhile, and where it leads to may be there.
        let mut talk = slow();
        talk.waited(&Readiness::NotNow, begun);
        let asks = if line.starts_with("seek 3") { "playlistinfo 3\n" } else { "playlistid 7\n" };
        assert_eq!(talk.take_to_mpd(), asks, "{line}");
        talk.mpd("file: http://r/ready000001/audio\nPos: 3\nId: 7\nOK\n", "");
        assert_eq!(talk.take_to_mpd(), line);
        let mut talk = slow();
        talk.waited(&Readiness::NotNow, opening);
        let verb = line.split(' ').next().unwrap();
        talk.client("", "seekcur x\n").mpd(
            "ACK [2@0] {seekcur} Number expected: x\n",
            &format!("ACK [55@0] {{{verb}}} the song has not begun yet; try again in a moment\n"),
        );
    }
    // Another client has gone to the next song.
    let mut talk = jumping("seekcur 30\n");
    talk.status(opening);
    assert_eq!(talk.take_to_mpd(), "playlistid 7\n");
    talk.mpd("file: http://r/slow0000001/audio\nId: 7\nOK\n", "");
    let next = "state: play\naudio: 48000:f:2\nsong: 4\nsongid: 8\n";
    talk.asks_again(&Readiness::NotNow).mpd(&format!("{next}OK\n"), "OK\n");
}

#[test]
fn the_song_before_the_first_is_the_last_if_they_repeat() {
    for (repeat, asks) in [("1", "playlistinfo 4\n"), ("0", "previous\n")] {
        let mut talk = jumping("previous\n");
        talk.status(&format!("repeat: {repeat}\nplaylistlength: 5\nstate: play\nsong: 0\nsongid: 7\n"));
        assert_eq!(talk.take_to_mpd(), asks);
    }
}

#[test]
fn a_jump_that_mpd_refuses_is_refused_by_mpd() {
    let mut talk = jumping("play 1\n");
    talk.mpd("ACK [4@0] {status} you don't have permission for \"status\"\n", "");
    assert_eq!(talk.take_to_mpd(), "play 1\n");
    // Nor is anything got ready for who may not jump.
    for line in ["next\n", "play 1\n", "playid 8\n", "seek 3 30\n", "seekcur 30\n"] {
        let mut talk = jumping(line);
        talk.mpd("state: play\nsong: 3\nsongid: 7\nnextsongid: 8\n", "");
        talk.mpd("ACK [4@1] {shuffle} you don't have permission for \"shuffle\"\n", "");
        assert_eq!(talk.take_to_mpd(), line);
        let refusal = "ACK [4@0] {x} you don't have permission for \"x\"\n";
        talk.mpd(refusal, refusal);
    }
    let mut talk = jumping("previous\n");
    talk.status("state: play\nsong: 1\nsongid: 7\n");
    assert_eq!(talk.take_to_mpd(), "playlistinfo 0\n");
    talk.mpd("ACK [2@0] {playlistinfo} Bad song index\n", "");
    assert_eq!(talk.take_to_mpd(), "previous\n");
}
