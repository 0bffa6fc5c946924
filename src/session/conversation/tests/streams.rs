//! Framing, command lists, rights, and peers that misbehave.

use proptest::prelude::*;

use super::*;

#[test]
fn what_is_not_ours_passes() {
    for line in [
        "ping\n",
        "foobar \"x\n",
        "PING\n",
        "\n",
        "load real 1:2\n",
        "load 'YT: Mix'\n",
        "load \"YT: Mix\" 1 2 3\n",
        "listplaylist \"YT: Mix\" 0:1\n",
        "listplaylistinfo \"YT: Mix\" 0:1 x\n",
        "playlistlength \"YT: Mix\"\n",
        "playlistadd \"YT: Mix\"\n",
        "rename real other\n",
        "save real\n",
        "albumart real.ogg 0\n",
        "readpicture http://elsewhere/x.ogg 0\n",
        "lsinfo folder\n",
        "rm \"yt: mix\"\n",
        "play\n",
        "play -1\n",
        "play \"1 \"\n",
        "seek 0 x\n",
        "seek 0 inf\n",
        "seek 0 -1\n",
        "seekid 1 1.2.3\n",
        "status x\n",
        "command_list_end\n",
    ] {
        Talk::with_mpd_0_23().client(line, line).mpd("a: b\nOK\n", "a: b\nOK\n");
    }
}

#[test]
fn an_answer_is_owed_until_its_end() {
    let list = "command_list_ok_begin\nping\nstats\ncommand_list_end\n";
    for (line, parts) in [
        ("find title x\n", &["file: a\n", "Title: x\nTime: 1\n", "OK\n"][..]),
        ("nonsense\n", &["ACK [5@0] {} unknown command \"nonsense\"\n"]),
        (list, &["list_OK\n", "uptime: 1\n", "list_OK\n", "OK\n"]),
    ] {
        let mut talk = Talk::with_mpd_0_23();
        assert!(!talk.conversation.is_owed(), "nothing was asked");
        talk.client(line, line);
        for part in parts {
            assert!(talk.conversation.is_owed(), "{line:?}, before {part:?}");
            talk.from_mpd.extend_from_slice(part.as_bytes());
            talk.pump();
        }
        assert!(!talk.conversation.is_owed(), "{line:?} is answered");
    }
    let mut talk = Talk::with_mpd_0_23();
    talk.client("idle\n", "idle\n");
    assert!(!talk.conversation.is_owed(), "news comes when there is some");
}

#[test]
fn lists_are_one_list_and_their_indexes_right() {
    let list = "command_list_begin\nclear\nlistplaylistinfo \"YT: Mix\"\nload \"YT: Mix\"\nplay 0\ncommand_list_end\n";
    let sent = "command_list_ok_begin\nclear\ntagtypes\nchannels\nload \"http://r/playlist/PLmix.pls\"\nplay 0\ncommand_list_end\n";
    let facts = ALL_TAGS.replace("OK\n", "list_OK\n");
    let done = format!("list_OK\n{facts}list_OK\nlist_OK\nlist_OK\nOK\n");
    Talk::with_mpd_0_23().client(list, sent).mpd(&done, &format!("{SONGS}OK\n"));
    Talk::with_mpd_0_23()
        .client(&list.replace("list_begin", "list_ok_begin"), sent)
        .mpd(&done, &format!("list_OK\n{SONGS}list_OK\nlist_OK\nlist_OK\nOK\n"));
    // The fourth command is the client's third, from 0.
    let failed = format!("list_OK\n{facts}list_OK\nlist_OK\nACK [2@4] {{play}} Bad song index\n");
    Talk::with_mpd_0_23()
        .client(&format!("{list}ping\n"), &format!("{sent}ping\n"))
        .mpd(&failed, &format!("{SONGS}ACK [2@3] {{play}} Bad song index\n"))
        .mpd("OK\n", "OK\n");
    let refused = "command_list_ok_begin\nping\nrm \"YT: Mix\"\nping\ncommand_list_end\n";
    Talk::with_mpd_0_23().client(refused, &refused.replace("YT: Mix", "")).mpd(
        "list_OK\nACK [2@1] {rm} Bad playlist name\n",
        "list_OK\nACK [4@1] {rm} \"YT: Mix\" is a YouTube playlist and read-only here\n",
    );
    Talk::with_mpd_0_23()
        .client("command_list_begin\ncommand_list_end\n", "command_list_ok_begin\ncommand_list_end\n")
        .mpd("OK\n", "OK\n");
}

#[test]
fn odd_lists_end_as_at_mpd() {
    // 0.23 drops a `noidle`, and ends the list at an `idle`.
    let list = "command_list_begin\nping\nnoidle\nidle\nping\ncommand_list_end\n";
    let mut talk = Talk::with_mpd_0_23();
    talk.client(list, &list.replace("list_begin", "list_ok_begin")).mpd("list_OK\n", "");
    talk.client("noidle\nping\n", "noidle\nping\n").mpd("OK\nOK\n", "OK\nOK\n");
    let nested = "command_list_begin\ncommand_list_begin\ncommand_list_end\n";
    Talk::with_mpd_0_23()
        .client(nested, "command_list_ok_begin\ncommand_list_begin\ncommand_list_end\n")
        .mpd(
            "ACK [5@0] {} unknown command \"command_list_begin\"\n",
            "ACK [5@0] {} unknown command \"command_list_begin\"\n",
        );
}

#[test]
fn binary_answers_pass() {
    let answer = "size: 9\nbinary: 9\nOK\nACK [9\nOK\n";
    Talk::with_mpd_0_23().client("albumart a/b.ogg 0\n", "albumart a/b.ogg 0\n").mpd(answer, answer);
    let list = "command_list_begin\nalbumart a/b.ogg 0\nping\ncommand_list_end\n";
    Talk::with_mpd_0_23()
        .client(list, &list.replace("list_begin", "list_ok_begin"))
        .mpd(
            &answer.replace("\nOK\n", "\nlist_OK\n").replace("binary: 9\nlist_OK", "binary: 9\nOK"),
            "size: 9\nbinary: 9\nOK\nACK [9\n",
        )
        .mpd("list_OK\nOK\n", "OK\n");
}

#[test]
fn what_is_read_by_lines_has_no_payload() {
    let answer = "state: play\nbinary: 9\nerror: x\nOK\n";
    Talk::with_mpd_0_23().client("status\n", "status\n").mpd(answer, answer).client("ping\n", "ping\n");
}

#[test]
fn a_comment_is_no_payload() {
    let answer = "title: x\nbinary: 100000\nOK\n";
    Talk::with_mpd_0_23().client("readcomments a.ogg\n", "readcomments a.ogg\n").mpd(answer, answer);
}

#[test]
fn what_is_not_mpd_ends_the_session() {
    let library = Library::new("", vec![], vec![]);
    let snapshot = library.snapshot();
    let unavailable = Unavailable::default();
    let view = View {
        snapshot: &snapshot,
        base_url: "",
        unavailable: &unavailable,
        cue: &CUE,
        pictures: &TwoPictures,
    };
    for (says, expect) in [
        ("HTTP/1.1 200 OK\n", Broken::Greeting),
        (&*"x".repeat(300), Broken::Greeting),
        ("OK MPD 0.23.5\nOK\n", Broken::Unasked),
        ("OK MPD 0.23.5\nhello\n", Broken::Unasked),
        ("OK MPD 0.23.5\nlist_OK\n", Broken::Unasked),
        ("OK MPD 0.23.5\nACK [5@0] {} x\n", Broken::Unasked),
    ] {
        let mut conversation = Conversation::new(&snapshot, Rights::Same);
        assert_eq!(conversation.mpd_bytes(says.as_bytes(), 1024, &view), Err(expect), "{says}");
        assert!(conversation.to_client.is_empty() || conversation.is_greeted());
    }
}

/// What a client that does not read can make us hold.
#[test]
fn few_bytes_of_mpds_do_not_become_many_of_ours() {
    let song = |lines| format!("file: http://r/ready000001/audio\n{}OK\n", "Comment: x\n".repeat(lines));
    for (asks, says) in [
        ("listplaylists\n", "OK\n".repeat(9000)),
        ("listplaylists\n", "playlist: real\n".repeat(9000)),
        ("playlistinfo\n", format!("OK\n{}", song(90_000))),
    ] {
        let mut talk = Talk::with_mpd_0_23();
        talk.from_client = asks.repeat(9000).into_bytes();
        talk.pump();
        let snapshot = talk.library.snapshot();
        let view = View {
            snapshot: &snapshot,
            base_url: "http://r",
            unavailable: &talk.unavailable,
            cue: &CUE,
            pictures: &TwoPictures,
        };
        let (mut heard, mut rest) = (0, says.as_bytes());
        while !rest.is_empty() {
            let piece = &rest[..rest.len().min(64 * 1024)];
            let taken = talk.conversation.mpd_bytes(piece, 64 * 1024, &view).unwrap();
            rest = &rest[taken..];
            let held = talk.conversation.to_client.len();
            assert!(held < 512 * 1024, "{asks:?}: {held} bytes wait");
            assert!(taken > 0 || held > 0, "{asks:?}: nothing moves");
            heard += held;
            talk.conversation.to_client.clear();
        }
        assert!(heard >= says.len(), "{asks:?}: {heard} bytes of {}", says.len());
    }
}

#[test]
fn a_line_that_mpd_would_not_take_goes_as_it_is() {
    let long = "x".repeat(9000);
    let mut talk = Talk::with_mpd_0_23();
    talk.client(&long, &long);
    let longest = format!("load \"{}\"\n", "y".repeat(8192 - 8));
    assert_eq!(longest.len(), 8192);
    Talk::with_mpd_0_23().client(&longest, &longest);
}

#[test]
fn a_client_over_tcp_gets_no_more_than_mpd_would_give_it() {
    let mut talk = Talk::with_mpd_0_23();
    talk.conversation.rights = Rights::Fewer;
    for (line, gate) in [
        ("config\n", "enableoutput x\n"),
        ("add /etc/passwd\n", "rangeid x x\n"),
        ("addid file:///etc/passwd 0\n", "rangeid x x\n"),
        ("load FILE:///x.m3u 5:1\n", "rangeid x x\n"),
        ("playlistadd a file:///x\n", "rm \"\"\n"),
        ("lsinfo //\n", "playlistid x\n"),
        ("listfiles /\n", "playlistid x\n"),
        ("albumart /x 0\n", "playlistid x\n"),
        ("albumart /x \"+0\"\n", "playlistid x\n"),
        ("readpicture /x \" 0\"\n", "playlistid x\n"),
        ("readpicture file:///x -0\n", "playlistid x\n"),
        ("readcomments \"/x\"\n", "playlistid x\n"),
    ] {
        let verb = line.split([' ', '\n']).next().unwrap();
        let text = if verb == "config" { "Command only permitted to local clients" } else { "Access denied" };
        talk.client(line, gate).mpd("ACK [2@0] {x} y\n", &format!("ACK [4@0] {{{verb}}} {text}\n"));
        let refusal = "ACK [4@0] {x} you don't have permission for \"x\"\n";
        talk.client(line, gate).mpd(refusal, &refusal.replace('x', verb));
    }
    talk.client("urlhandlers\n", "urlhandlers\n")
        .mpd("handler: file://\nhandler: http://\nOK\n", "handler: http://\nOK\n");
    talk.client("listmounts\n", "listmounts\n").mpd(
        "mount: \nstorage: /music\nmount: n\nstorage: nfs://n\nOK\n",
        "mount: \nmount: n\nstorage: nfs://n\nOK\n",
    );
    // MPD looks at the number first, and at how many arguments there are, which another version
    // may see otherwise.
    for (line, hears) in [
        ("albumart /x y\n", "albumart \"\" \"y\"\n"),
        ("readpicture file:///x -1\n", "readpicture \"\" \"-1\"\n"),
        ("albumart /x\n", "albumart \"\"\n"),
        ("readcomments /x 0\n", "readcomments \"\" \"0\"\n"),
        ("load FILE:///x 0 1 2\n", "load \"\" \"0\" \"1\" \"2\"\n"),
        ("playlistlength /x\n", "playlistlength \"\"\n"),
    ] {
        let refusal = "ACK [2@0] {x} wrong number of arguments for \"x\"\n";
        talk.client(line, hears).mpd(refusal, refusal);
    }
    for line in
        ["add /\n", "add folder\n", "albumart x y\n", "albumart x\n", "playlistadd a /x\n", "update /\n"]
    {
        talk.client(line, line).mpd("OK\n", "OK\n");
    }
    talk.conversation.rights = Rights::Same;
    talk.client("config\n", "config\n").mpd("OK\n", "OK\n");
}

proptest! {
    /// However the two streams are cut, each side hears the same.
    #[test]
    fn cuts_change_nothing(
        script in prop::collection::vec(prop::sample::select(vec![
            ("ping\n", "OK\n"),
            ("listplaylists\n", "playlist: real\nOK\n"),
            ("listplaylist \"YT: Mix\"\n", "OK\n"),
            ("rm \"YT: Mix\"\n", "ACK [2@0] {rm} Bad playlist name\n"),
            ("load \"YT: Mix\"\n", "OK\n"),
            ("albumart a.ogg 0\n", "size: 3\nbinary: 3\nOK\n\nOK\n"),
            ("command_list_begin\nping\nlsinfo\ncommand_list_end\n", "list_OK\na: b\nlist_OK\nOK\n"),
            ("command_list_ok_begin\nsave \"YT: Mix\"\ncommand_list_end\n", "ACK [2@0] {rm} Bad playlist name\n"),
            ("status\n", "state: play\nerror: http://r/slow0000001/audio\nOK\n"),
            ("noidle\n", ""),
        ]), 1..12),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let client: String = script.iter().map(|(says, _)| *says).collect();
        let mpd: String = script.iter().map(|(_, says)| *says).collect();
        let mut whole = Talk::with_mpd_0_23();
        whole.from_client.extend_from_slice(client.as_bytes());
        whole.pump();
        whole.from_mpd.extend_from_slice(mpd.as_bytes());
        whole.pump();

        let mut cut = Talk::with_mpd_0_23();
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(client.len())).collect();
        ends.sort_unstable();
        let mut last = 0;
        for end in ends.into_iter().chain([client.len()]) {
            cut.from_client.extend_from_slice(&client.as_bytes()[last..end]);
            last = end;
            cut.pump();
        }
        for byte in mpd.bytes() {
            cut.from_mpd.push(byte);
            cut.pump();
        }
        prop_assert_eq!(whole.take_to_mpd(), cut.take_to_mpd());
        prop_assert_eq!(whole.take_to_client(), cut.take_to_client());
    }

    #[test]
    fn no_peer_panics_it(
        script in prop::collection::vec((any::<bool>(), prop::collection::vec(prop::sample::select(vec![
            "ping\n", "idle\n", "noidle\n", "OK\n", "list_OK\n", "ACK [5@0] {} x\n", "command_list_begin\n",
            "command_list_ok_begin\n", "command_list_end\n", "binary: 7\n", "file: http://r/slow0000001/audio\n",
            "listplaylistinfo \"YT: Mix\"\n", "next\n", "Id: 8\n", "state: play\nnextsongid: 3\n", "\"", "\0", "\u{ff}",
            "lsinfo\n", "tagtypes clear\n", "save \"YT: Mix\"\n", "x",
        ]), 1..6)), 1..12)
    ) {
        let mut talk = Talk::with_mpd_0_24();
        let snapshot = talk.library.snapshot();
        let view = View { snapshot: &snapshot, base_url: "http://r", unavailable: &talk.unavailable, cue: &CUE, pictures: &TwoPictures };
        for (from_client, bytes) in script {
            let bytes = bytes.concat();
            if from_client {
                talk.conversation.client_bytes(bytes.as_bytes(), &view);
            } else if talk.conversation.mpd_bytes(bytes.as_bytes(), 1024, &view).is_err() {
                break;
            }
            talk.conversation.write_on(&view);
            talk.conversation.library_changed(&snapshot);
        }
    }
}
