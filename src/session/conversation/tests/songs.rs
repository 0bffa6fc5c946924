//! What concerns songs, in the queue and elsewhere.

use super::*;

#[test]
fn songs_are_completed() {
    let listing = "file: a.ogg\nTitle: T\nPos: 0\nId: 1\nfile: http://r/ready000001/audio\nTitle: Theirs\n\
        Name: N\nTime: 200\nduration: 200.000\nPos: 1\nId: 2\nfile: http://old:9/ready000001/audio#x\nName: N\nPos: 2\nId: 3\n\
        file: http://r/unknown0001/audio\nName: N\nPos: 3\nId: 4\nOK\n";
    let shown = "file: a.ogg\nTitle: T\nPos: 0\nId: 1\nfile: http://r/ready000001/audio\nTitle: Theirs\nArtist: A\n\
        Artist: B\nAlbum: Album\nTime: 200\nduration: 200.000\nPos: 1\nId: 2\nfile: http://old:9/ready000001/audio#x\nTitle: One\nArtist: A\n\
        Artist: B\nAlbum: Album\nTime: 213\nduration: 213.000\nPos: 2\nId: 3\nfile: http://r/unknown0001/audio\nName: N\nPos: 3\nId: 4\nOK\n";
    for line in
        ["playlistinfo\n", "plchanges 0\n", "playlistid\n", "playlistfind a b\n", "listplaylistinfo real\n"]
    {
        Talk::with_mpd_0_23()
            .client(line, &format!("tagtypes\n{line}"))
            .mpd(&format!("{ALL_TAGS}{listing}"), shown);
    }
    // A list of bare URIs.
    Talk::with_mpd_0_23().client("listplaylistinfo real\n", "tagtypes\nlistplaylistinfo real\n").mpd(
        &format!("{ALL_TAGS}file: http://r/slow0000001/audio\nfile: b.ogg\nOK\n"),
        "file: http://r/slow0000001/audio\nTitle: Two\nfile: b.ogg\nOK\n",
    );
}

#[test]
fn status_says_what_the_user_knows() {
    let mut talk = Talk::with_mpd_0_23();
    talk.unavailable.insert(SLOW.parse().unwrap(), "This video is private");
    talk.client("status\n", "status\n").mpd(
        "state: stop\nlastloadedplaylist: http://r/playlist/PLmix.pls\n\
         error: Failed to decode http://r/slow0000001/audio; CURL failed: 404\nOK\n",
        "state: stop\nlastloadedplaylist: YT: Mix\nerror: \"Two\" cannot be played: This video is private\nOK\n",
    );
    let other = "error: Failed to decode http://elsewhere/x; CURL failed\nlastloadedplaylist: real\nOK\n";
    talk.client("status\n", "status\n").mpd(other, other);
}

#[test]
fn a_song_of_ours_is_never_fetched_by_mpd() {
    Talk::with_mpd_0_23()
        .client("readcomments http://r/ready000001/audio\n", "channels\n")
        .mpd("OK\n", "Title: One\nArtist: A\nArtist: B\nAlbum: Album\nOK\n");
    // MPD would read its beginning to see whether it is a playlist.
    for (verb, rest, gate) in [
        ("load", "", "rangeid x x\n"),
        ("load", " 0:1 0", "rangeid x x\n"),
        ("listplaylist", "", "playlistid x\n"),
        ("listplaylistinfo", "", "playlistid x\n"),
        ("playlistlength", "", "playlistid x\n"),
        ("searchplaylist", " any x", "playlistid x\n"),
    ] {
        let line = |id| format!("{verb} http://r/{id}/audio{rest}\n");
        Talk::with_mpd_0_24()
            .client(&line(READY), gate)
            .mpd("ACK [2@0] {x} y\n", &format!("ACK [50@0] {{{verb}}} No such playlist\n"));
        let mut talk = Talk::with_mpd_0_24();
        talk.from_client = line("nobodys0001").into_bytes();
        talk.pump();
        assert!(talk.take_to_mpd().ends_with(&line("nobodys0001")), "{verb}");
    }
}

#[test]
fn status_says_why_we_stopped_mpd() {
    let mut talk = Talk::with_mpd_0_23();
    let stopped = "partition: default\nstate: stop\nOK\n";
    talk.unavailable.insert(SLOW.parse().unwrap(), "no network");
    talk.client("status\n", "status\n").mpd(stopped, stopped);
    talk.unavailable.stopped("default", SLOW.parse().unwrap(), "no network");
    let said = "partition: default\nstate: stop\nerror: \"Two\" cannot be played: no network\nOK\n";
    talk.client("status\n", "status\n").mpd("partition: de", "").mpd("fault\nstate: stop\nOK\n", said);
    for other in [
        "partition: default\nstate: play\nOK\n",
        "partition: default\nstate: stop\nerror: its own\nOK\n",
        "partition: kitchen\nstate: stop\nOK\n",
    ] {
        talk.client("status\n", "status\n").mpd(other, other);
    }
    let list = "command_list_ok_begin\nstatus\nping\ncommand_list_end\n";
    talk.client(list, list).mpd(
        "partition: default\nstate: stop\nlist_OK\nlist_OK\nOK\n",
        &said.replace("OK\n", "list_OK\nlist_OK\nOK\n"),
    );
    talk.unavailable.plays("kitchen");
    talk.client("status\n", "status\n").mpd(stopped, said);
    talk.unavailable.plays("default");
    talk.client("status\n", "status\n").mpd(stopped, stopped);
}

#[test]
fn what_mpd_was_stopped_for_can_be_cleared() {
    let stopped = "partition: default\nstate: stop\nOK\n";
    let said = "partition: default\nstate: stop\nerror: \"Two\" cannot be played: no network\nOK\n";
    let refused = "ACK [4@0] {clearerror} you don't have permission for \"clearerror\"\n";
    let listed = "command_list_ok_begin\nclearerror\ndelete 9\ncommand_list_end\n";
    for (line, answer, heard, then) in [
        ("clearerror\n", "OK\n", "OK\n", stopped),
        ("clearerror\n", refused, refused, said),
        (
            listed,
            "list_OK\nACK [2@1] {delete} Bad song index\n",
            "list_OK\nACK [2@1] {delete} Bad song index\n",
            stopped,
        ),
        (&*listed.replace("_ok_", "_"), "list_OK\nlist_OK\nOK\n", "OK\n", stopped),
    ] {
        let mut talk = Talk::with_mpd_0_23();
        talk.unavailable.stopped("default", SLOW.parse().unwrap(), "no network");
        talk.client(line, &line.replace("list_begin", "list_ok_begin")).mpd(answer, heard);
        talk.client("status\n", "status\n").mpd(stopped, then);
    }
}
