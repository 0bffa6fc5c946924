//! Conversations as scripts: what one side says, what the other side then hears.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::library::{Entry, Library, Playlist, Readiness, StoredPlaylists, Track};

const READY: &str = "ready000001";
const SLOW: &str = "slow0000001";

/// A conversation over a library of `YT: Mix` (two songs) and `YT: Empty`.
struct Talk {
    conversation: Conversation,
    library: Library,
    unavailable: Unavailable,
    /// What arrived and was not taken.
    from_client: Vec<u8>,
    from_mpd: Vec<u8>,
}

struct OneReady;

impl Cue for OneReady {
    fn is_ready(&self, video: VideoId) -> bool {
        video.as_str() == READY
    }

    fn cue(&self, _: VideoId) -> Pin<Box<dyn Future<Output = Readiness> + Send>> {
        Box::pin(std::future::pending())
    }

    fn keep_ready(&self, _: Vec<VideoId>) {}
}

fn track(id: &str, title: &str, artists: &[&str], album: Option<&str>, seconds: Option<u64>) -> Entry {
    let track = Track {
        id: id.parse().unwrap(),
        title: title.into(),
        artists: artists.iter().map(|&artist| artist.into()).collect(),
        album: album.map(Into::into),
        duration: seconds.map(Duration::from_secs),
        thumbnail: None,
    };
    Entry { track: Arc::new(track), set_video_id: None }
}

fn playlist(id: &str, title: &str, entries: Vec<Entry>) -> Playlist {
    let updated = Timestamp::from_second(1_700_000_000).unwrap();
    Playlist { id: id.parse().unwrap(), title: title.into(), entries, updated }
}

fn mix() -> Playlist {
    let first = track(READY, "One", &["A", "B"], Some("Album"), Some(213));
    playlist("PLmix", "Mix", vec![first, track(SLOW, "Two", &[], None, None)])
}

impl Talk {
    fn silent(greeting: &str) -> Self {
        let mut library = Library::new("YT: ", vec![], vec![]);
        library.replace(vec![mix(), playlist("PLempty", "Empty", vec![])]);
        let conversation = Conversation::new(&library.snapshot());
        let unavailable = Unavailable::default();
        let mut talk = Self { conversation, library, unavailable, from_client: vec![], from_mpd: vec![] };
        talk.mpd(greeting, greeting);
        talk
    }

    fn with_mpd_0_23() -> Self {
        Self::silent("OK MPD 0.23.5\n")
    }

    fn with_mpd_0_24() -> Self {
        Self::silent("OK MPD 0.24.0\n")
    }

    /// Lets everything that has arrived go as far as it goes.
    fn pump(&mut self) {
        let snapshot = self.library.snapshot();
        let view = View {
            snapshot: &snapshot,
            base_url: "http://r",
            unavailable: &self.unavailable,
            cue: &OneReady,
        };
        loop {
            self.conversation.write_on(&view);
            let taken = self.conversation.client_bytes(&self.from_client, &view);
            self.from_client.drain(..taken);
            let answered = self.conversation.mpd_bytes(&self.from_mpd, 64 * 1024, &view).unwrap();
            self.from_mpd.drain(..answered);
            if taken + answered == 0 {
                break;
            }
        }
    }

    /// The client says this; MPD then hears that.
    fn client(&mut self, says: &str, hears: &str) -> &mut Self {
        self.from_client.extend_from_slice(says.as_bytes());
        self.pump();
        assert_eq!(self.take_to_mpd(), hears, "after the client said {says:?}");
        self
    }

    /// MPD says this; the client then hears that.
    fn mpd(&mut self, says: &str, hears: &str) -> &mut Self {
        self.from_mpd.extend_from_slice(says.as_bytes());
        self.pump();
        assert_eq!(self.take_to_client(), hears, "after MPD said {says:?}");
        self
    }

    fn take_to_mpd(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.conversation.to_mpd)).unwrap()
    }

    fn take_to_client(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.conversation.to_client)).unwrap()
    }

    /// The library gets another playlist; MPD then hears this.
    fn library_changes(&mut self, hears: &str) -> &mut Self {
        self.library.replace(vec![mix()]);
        self.conversation.library_changed(&self.library.snapshot());
        assert_eq!(self.take_to_mpd(), hears, "after the library changed");
        self
    }
}

const SONGS: &str = "file: http://r/ready000001/audio\nTitle: One\nArtist: A\nArtist: B\nAlbum: Album\n\
    Time: 213\nduration: 213.000\nfile: http://r/slow0000001/audio\nTitle: Two\n";
const PLAYLISTS: &str = "playlist: YT: Mix\nLast-Modified: 2023-11-14T22:13:20Z\n\
    playlist: YT: Empty\nLast-Modified: 2023-11-14T22:13:20Z\n";
const ALL_TAGS: &str = "tagtype: Artist\ntagtype: Album\ntagtype: Title\nOK\n";

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
        "status x\n",
        "command_list_end\n",
    ] {
        Talk::with_mpd_0_23().client(line, line).mpd("a: b\nOK\n", "a: b\nOK\n");
    }
}

#[test]
fn virtual_playlists_are_listed() {
    let mut talk = Talk::with_mpd_0_23();
    for line in ["listplaylists\n", "lsinfo\n", "lsinfo \"\"\n", "lsinfo /\n"] {
        talk.client(line, line).mpd("playlist: real\nOK\n", &format!("playlist: real\n{PLAYLISTS}OK\n"));
    }
    // What MPD lists itself is not shown twice.
    talk.client("listplaylists\n", "listplaylists\n").mpd(
        "playlist: YT: Mix\nLast-Modified: x\nOK\n",
        "playlist: YT: Mix\nLast-Modified: x\nplaylist: YT: Empty\nLast-Modified: 2023-11-14T22:13:20Z\nOK\n",
    );
    talk.client("listplaylists\n", "listplaylists\n").mpd(
        "ACK [4@0] {listplaylists} you don't have permission for \"listplaylists\"\n",
        "ACK [4@0] {listplaylists} you don't have permission for \"listplaylists\"\n",
    );
    talk.client("listplaylists\n", "listplaylists\n")
        .mpd("ACK [5@0] {listplaylists} Stored playlists are disabled\n", &format!("{PLAYLISTS}OK\n"));
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
    Talk::with_mpd_0_23().client("rename real \"YT: Mix\"\n", "rename \"real\" \"real\"\n").mpd(
        "ACK [56@0] {rename} Playlist exists already\n",
        "ACK [56@0] {rename} Playlist exists already\n",
    );
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
fn a_song_of_ours_is_never_fetched_by_mpd() {
    for (line, gate, says, answer) in [
        ("readpicture http://r/ready000001/audio 0\n", "channels\n", "OK\n", "OK\n"),
        (
            "albumart http://r/ready000001/audio 0\n",
            "playlistid x\n",
            "ACK [2@0] {playlistid} Integer expected: x\n",
            "ACK [50@0] {albumart} No file exists\n",
        ),
        (
            "albumart http://r/ready000001 0\n",
            "playlistid x\n",
            "ACK [2@0] {playlistid} Integer expected: x\n",
            "ACK [50@0] {albumart} No file exists\n",
        ),
        (
            "readpicture http://old:1/ready000001/audio x\n",
            "playlistid x\n",
            "ACK [2@0] {playlistid} Integer expected: x\n",
            "ACK [2@0] {readpicture} Integer expected: x\n",
        ),
        (
            "readcomments http://r/ready000001/audio\n",
            "channels\n",
            "OK\n",
            "Title: One\nArtist: A\nArtist: B\nAlbum: Album\nOK\n",
        ),
    ] {
        Talk::with_mpd_0_23().client(line, gate).mpd(says, answer);
    }
}

#[test]
fn lists_are_one_list_and_their_indexes_right() {
    let list = "command_list_begin\nping\nlistplaylistinfo \"YT: Mix\"\nload \"YT: Mix\"\nplay 0\ncommand_list_end\n";
    let sent = "command_list_ok_begin\nping\ntagtypes\nchannels\nload \"http://r/playlist/PLmix.pls\"\nplay 0\ncommand_list_end\n";
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
fn who_idles_hears_of_changed_playlists() {
    let event = "changed: stored_playlist\nOK\n";
    // While idling: MPD's idle is ended, and one answer comes.
    let mut talk = Talk::with_mpd_0_23();
    talk.client("idle\n", "idle\n").library_changes("noidle\n").mpd("OK\n", event);
    talk.client("ping\n", "ping\n").mpd("OK\n", "OK\n");
    // MPD's answer crossed our `noidle`.
    let mut talk = Talk::with_mpd_0_23();
    talk.client("idle\n", "idle\n").library_changes("noidle\n");
    talk.mpd("changed: player\nOK\n", "changed: stored_playlist\nchanged: player\nOK\n");
    // The client's `noidle` crossed ours.
    let mut talk = Talk::with_mpd_0_23();
    talk.client("idle\n", "idle\n").library_changes("noidle\n");
    talk.client("noidle\nstatus\n", "noidle\nstatus\n").mpd("OK\na: b\nOK\n", &format!("{event}a: b\nOK\n"));
    // Between two idles: the next one is answered at once, and only one.
    let mut talk = Talk::with_mpd_0_23();
    talk.library_changes("").client("idle\n", "idle\nnoidle\n").mpd("OK\n", event);
    talk.client("idle\n", "idle\n").mpd("changed: mixer\nOK\n", "changed: mixer\nOK\n");
    // Who did not ask does not hear, until it asks.
    let mut talk = Talk::with_mpd_0_23();
    talk.client("idle player\n", "idle player\n").library_changes("").client("noidle\n", "noidle\n");
    talk.mpd("OK\n", "OK\n")
        .client("idle stored_playlist\n", "idle stored_playlist\nnoidle\n")
        .mpd("OK\n", event);
    // A `noidle` outside of idle has no answer.
    Talk::with_mpd_0_23().client("noidle\nping\n", "noidle\nping\n").mpd("OK\n", "OK\n");
    // Who may not idle hears nothing, and keeps it for later.
    let mut talk = Talk::with_mpd_0_23();
    talk.library_changes("").client("idle\n", "idle\nnoidle\n");
    let refusal = "ACK [4@0] {idle} you don't have permission for \"idle\"\n";
    talk.mpd(refusal, refusal).client("idle\n", "idle\nnoidle\n").mpd("OK\n", event);
}

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
fn status_says_why_we_stopped_mpd() {
    let mut talk = Talk::with_mpd_0_23();
    let stopped = "state: stop\nOK\n";
    talk.unavailable.insert(SLOW.parse().unwrap(), "no network");
    talk.client("status\n", "status\n").mpd(stopped, stopped);
    talk.unavailable.stopped(SLOW.parse().unwrap(), "no network");
    let said = "state: stop\nerror: \"Two\" cannot be played: no network\nOK\n";
    talk.client("status\n", "status\n").mpd("state: ", "").mpd("stop\nOK\n", said);
    for other in ["state: play\nOK\n", "state: stop\nerror: its own\nOK\n"] {
        talk.client("status\n", "status\n").mpd(other, other);
    }
    talk.client(
        "command_list_ok_begin\nstatus\nping\ncommand_list_end\n",
        "command_list_ok_begin\nstatus\nping\ncommand_list_end\n",
    )
    .mpd(
        "state: stop\nlist_OK\nlist_OK\nOK\n",
        "state: stop\nerror: \"Two\" cannot be played: no network\nlist_OK\nlist_OK\nOK\n",
    );
    talk.unavailable.plays();
    talk.client("status\n", "status\n").mpd(stopped, stopped);
}

fn jumping(line: &str) -> Talk {
    let mut talk = Talk::with_mpd_0_23();
    talk.client(line, "status\n");
    talk
}

#[test]
fn a_jump_waits_for_its_song() {
    let playing = "state: play\nsong: 0\nsongid: 7\nnextsong: 1\nnextsongid: 8\nconsume: 0\nOK\n";
    let slow = "file: http://r/slow0000001/audio\nPos: 1\nId: 8\nOK\n";
    let ready = "file: http://r/ready000001/audio\nPos: 1\nId: 8\nOK\n";
    for (line, asks) in [
        ("next\n", "playlistid 8\n"),
        ("play 1\n", "playlistinfo 1\n"),
        ("playid 8\n", "playlistid 8\n"),
        ("seek 1 30\n", "playlistinfo 1\n"),
        ("seekid 8 30\n", "playlistid 8\n"),
    ] {
        // Nothing to wait for: it goes.
        for (status, song) in
            [("state: stop\nOK\n", None), (playing, Some("file: a.ogg\nId: 8\nOK\n")), (playing, Some(ready))]
        {
            let mut talk = jumping(line);
            let Some(song) = song else {
                talk.mpd(status, "");
                assert_eq!(talk.take_to_mpd(), line);
                talk.mpd("OK\n", "OK\n");
                continue;
            };
            talk.mpd(status, "");
            assert_eq!(talk.take_to_mpd(), asks);
            talk.mpd(song, "");
            assert_eq!(talk.take_to_mpd(), line);
            talk.mpd("OK\n", "OK\n");
        }
        // It becomes ready in time, or it never will be.
        for readiness in [Readiness::Ready, Readiness::Never("gone".into())] {
            let mut talk = jumping(line);
            talk.mpd(playing, "");
            assert_eq!(talk.take_to_mpd(), asks);
            talk.mpd(slow, "").client("ping\n", "");
            assert_eq!(talk.conversation.waits_for(), Some(SLOW.parse().unwrap()));
            talk.conversation.jump(&readiness);
            talk.client("", &format!("{line}ping\n")).mpd("OK\nOK\n", "OK\nOK\n");
        }
        // It does not.
        let mut talk = jumping(line);
        talk.mpd(playing, "");
        assert_eq!(talk.take_to_mpd(), asks);
        talk.mpd(slow, "").conversation.jump(&Readiness::NotNow);
        talk.client("", "command_list_begin\nstop\nplayid 8\ncommand_list_end\n");
        let verb = line.split([' ', '\n']).next().unwrap();
        talk.mpd("ACK [50@1] {playid} No such song\n", &format!("ACK [50@0] {{{verb}}} No such song\n"));
    }
}

#[test]
fn a_detour_consumes_as_next_would() {
    let mut talk = jumping("next\n");
    talk.mpd("state: play\nsongid: 7\nnextsongid: 8\nconsume: 1\nOK\n", "");
    talk.take_to_mpd();
    talk.mpd("file: http://r/slow0000001/audio\nId: 8\nOK\n", "").conversation.jump(&Readiness::NotNow);
    talk.client("", "command_list_begin\nstop\nplayid 8\ndeleteid 7\ncommand_list_end\n").mpd("OK\n", "OK\n");
}

#[test]
fn a_jump_that_mpd_refuses_is_refused_by_mpd() {
    let mut talk = jumping("play 1\n");
    talk.mpd("ACK [4@0] {status} you don't have permission for \"status\"\n", "");
    assert_eq!(talk.take_to_mpd(), "play 1\n");
    let mut talk = jumping("previous\n");
    talk.mpd("state: play\nsong: 1\nsongid: 7\nOK\n", "");
    assert_eq!(talk.take_to_mpd(), "playlistinfo 0\n");
    talk.mpd("ACK [2@0] {playlistinfo} Bad song index\n", "");
    assert_eq!(talk.take_to_mpd(), "previous\n");
}

#[test]
fn what_is_not_mpd_ends_the_session() {
    let library = Library::new("", vec![], vec![]);
    let snapshot = library.snapshot();
    let unavailable = Unavailable::default();
    let view = View { snapshot: &snapshot, base_url: "", unavailable: &unavailable, cue: &OneReady };
    for (says, expect) in [
        ("HTTP/1.1 200 OK\n", Broken::Greeting),
        (&*"x".repeat(300), Broken::Greeting),
        ("OK MPD 0.23.5\nOK\n", Broken::Unasked),
        ("OK MPD 0.23.5\nhello\n", Broken::Unasked),
        ("OK MPD 0.23.5\nlist_OK\n", Broken::Unasked),
        ("OK MPD 0.23.5\nACK [5@0] {} x\n", Broken::Unasked),
    ] {
        let mut conversation = Conversation::new(&snapshot);
        assert_eq!(conversation.mpd_bytes(says.as_bytes(), 1024, &view), Err(expect), "{says}");
        assert!(conversation.to_client.is_empty() || conversation.is_greeted());
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
        let view = View { snapshot: &snapshot, base_url: "http://r", unavailable: &talk.unavailable, cue: &OneReady };
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

#[test]
fn real_playlists_keep_their_names() {
    let mut talk = Talk::with_mpd_0_23();
    talk.library.set_stored_playlists(StoredPlaylists::Named(HashSet::from([b"YT: Mix".as_slice().into()])));
    talk.client("load \"YT: Mix\"\n", "load \"YT: Mix\"\n").mpd("OK\n", "OK\n");
    talk.client("load \"YT: Mix (2)\"\n", "load \"http://r/playlist/PLmix.pls\"\n").mpd("OK\n", "OK\n");
}
