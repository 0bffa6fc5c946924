//! `albumart` and `readpicture` of songs of ours. MPD's side of the tables was asked of 0.23.12,
//! about a file of its own.

use super::*;
use crate::library::Picture;

const REFUSES: &str = "ACK [2@0] {playlistid} Integer expected: x\n";
const HEAD: &str = "http://r/ready000001";

/// A chunk of the one picture that there is.
fn chunk(verb: &str, offset: usize, limit: usize) -> Vec<u8> {
    let picture = TwoPictures::picture();
    let part = &picture.bytes[offset..picture.bytes.len().min(offset + limit)];
    let kind = if verb == "readpicture" { "type: image/jpeg\n" } else { "" };
    let head = format!("size: {}\n{kind}binary: {}\n", picture.bytes.len(), part.len());
    [head.as_bytes(), part, b"\n"].concat()
}

impl Talk {
    /// MPD says this; the client then hears these bytes.
    fn mpd_bytes(&mut self, says: &str, hears: &[u8]) -> &mut Self {
        self.from_mpd.extend_from_slice(says.as_bytes());
        self.pump();
        let heard = std::mem::take(&mut self.conversation.to_client);
        assert_eq!(heard.escape_ascii().to_string(), hears.escape_ascii().to_string(), "{says:?}");
        self
    }
}

#[test]
fn a_picture_comes_in_chunks() {
    let size = TwoPictures::picture().bytes.len();
    for (verb, uri) in [
        ("readpicture", "/audio"),
        ("readpicture", "/audio#title"),
        ("albumart", "/audio"),
        ("albumart", "/"),
        ("albumart", ""),
    ] {
        for offset in [0, 1, 10, size - 1, size] {
            let line = format!("{verb} {HEAD}{uri} {offset}\n");
            let expect = [&chunk(verb, offset, 8192)[..], b"OK\n"].concat();
            Talk::with_mpd_0_23().client(&line, "channels\n").mpd_bytes("channel: x\nOK\n", &expect);
        }
    }
    // However the client writes its number.
    for (offset, value) in [("+5", 5), ("007", 7), ("\" 5\"", 5), ("-0", 0)] {
        let expect = [&chunk("albumart", value, 8192)[..], b"OK\n"].concat();
        let line = format!("albumart http://old:9/ready000001/audio {offset}\n");
        Talk::with_mpd_0_23().client(&line, "channels\n").mpd_bytes("OK\n", &expect);
    }
}

#[test]
fn an_offset_that_is_none_is_refused() {
    let behind = TwoPictures::picture().bytes.len() + 1;
    for (offset, albumart, readpicture) in [
        (behind.to_string().as_str(), "Offset too large", "Bad file offset"),
        ("4294967295", "Offset too large", "Bad file offset"),
    ] {
        for (verb, text) in [("albumart", albumart), ("readpicture", readpicture)] {
            let line = format!("{verb} {HEAD}/audio {offset}\n");
            let expect = format!("ACK [2@0] {{{verb}}} {text}\n");
            Talk::with_mpd_0_23().client(&line, "playlistid x\n").mpd(REFUSES, &expect);
        }
    }
    // MPD's to refuse, which 0.24 does in other words; it is not to look for the song.
    for offset in ["4294967296", "-1", "x", "5x", ""] {
        for verb in ["albumart", "readpicture"] {
            let refusal = format!("ACK [2@0] {{{verb}}} Integer expected: {offset}\n");
            Talk::with_mpd_0_23()
                .client(
                    &format!("{verb} {HEAD}/audio \"{offset}\"\n"),
                    &format!("{verb} \"\" \"{offset}\"\n"),
                )
                .mpd(&refusal, &refusal);
        }
    }
    // MPD's to refuse.
    for line in [
        "albumart\n",
        "albumart http://r/ready000001/audio\n",
        "readpicture http://r/ready000001/audio 0 1\n",
    ] {
        Talk::with_mpd_0_23().client(line, line);
    }
}

#[test]
fn the_limit_is_what_mpd_agreed_to() {
    let mut talk = Talk::with_mpd_0_23();
    let ask = format!("readpicture {HEAD}/audio 0\n");
    let mut expect = |limit: &str, says: &str, then: usize| {
        let line = format!("binarylimit {limit}\n");
        talk.client(&line, &line).mpd(says, says);
        let chunk = [&chunk("readpicture", 0, then)[..], b"OK\n"].concat();
        talk.client(&ask, "channels\n").mpd_bytes("OK\n", &chunk);
    };
    expect("64", "OK\n", 64);
    expect("63", "ACK [2@0] {binarylimit} Value too small\n", 64);
    expect("x", "ACK [2@0] {binarylimit} Integer expected: x\n", 64);
    expect("-1", "ACK [2@0] {binarylimit} Number too large: -1\n", 64);
    expect("+70", "OK\n", 70);
    expect("8400897", "ACK [2@0] {binarylimit} Number too large: 8400897\n", 70);
    expect("70 71", "ACK [2@0] {binarylimit} wrong number of arguments for \"binarylimit\"\n", 70);
    expect("262144", "OK\n", 262_144);
    expect("65", "ACK [5@0] {} unknown command \"binarylimit\"\n", 262_144);
}

#[test]
fn a_limit_holds_from_its_place_in_a_pipeline_on() {
    let ask = format!("albumart {HEAD}/audio 0\n");
    let mut talk = Talk::with_mpd_0_23();
    let script = format!("binarylimit 64\n{ask}binarylimit 65\n{ask}");
    talk.client(&script, "binarylimit 64\nchannels\nbinarylimit 65\nchannels\n");
    let first = [b"OK\n", &chunk("albumart", 0, 64)[..], b"OK\n"].concat();
    talk.mpd_bytes("OK\nOK\n", &first);
    let second = [b"OK\n", &chunk("albumart", 0, 65)[..], b"OK\n"].concat();
    talk.mpd_bytes("OK\nOK\n", &second);
    // Also without any song: the library may come later.
    let (mut talk, other) = (Talk::with_mpd_0_23(), Library::new("YT: ", vec![], vec![]));
    let library = std::mem::replace(&mut talk.library, other);
    talk.client("binarylimit 64\n", "binarylimit 64\n").mpd("OK\n", "OK\n");
    talk.library = library;
    talk.client(&ask, "channels\n").mpd_bytes("OK\n", &first[3..]);
}

#[test]
fn pictures_stand_in_lists() {
    let list = format!(
        "command_list_ok_begin\nbinarylimit 64\nalbumart {HEAD}/audio 0\nbinarylimit 9\nalbumart {HEAD}/audio 0\n\
         command_list_end\n"
    );
    let sent = "command_list_ok_begin\nbinarylimit 64\nchannels\nbinarylimit 9\nchannels\ncommand_list_end\n";
    let hears =
        [b"list_OK\n", &chunk("albumart", 0, 64)[..], b"list_OK\nACK [2@2] {binarylimit} Value too small\n"];
    Talk::with_mpd_0_23()
        .client(&list, sent)
        .mpd_bytes("list_OK\nlist_OK\nACK [2@2] {binarylimit} Value too small\n", &hears.concat());
    // What is refused ends the list at MPD, too.
    let list = format!("command_list_begin\nping\nreadpicture {HEAD}/audio 999\nping\ncommand_list_end\n");
    Talk::with_mpd_0_23()
        .client(&list, "command_list_ok_begin\nping\nplaylistid x\nping\ncommand_list_end\n")
        .mpd("list_OK\nACK [2@1] {playlistid} no\n", "ACK [2@1] {readpicture} Bad file offset\n");
}

#[test]
fn what_is_on_disk_is_waited_for() {
    let ask = "albumart http://r/slow0000001/audio 0\n";
    for (found, gate, says, hears) in [
        (
            Some(TwoPictures::picture()),
            "channels\n",
            "OK\n",
            [&chunk("albumart", 0, 8192)[..], b"OK\n"].concat(),
        ),
        (None, "playlistid x\n", REFUSES, b"ACK [50@0] {albumart} No file exists\n".to_vec()),
    ] {
        let mut talk = Talk::with_mpd_0_23();
        talk.client("ping\n", "ping\n").client(ask, "").client("ping\n", "");
        assert_eq!(talk.conversation.waits_for(), Some(Wait::Picture(SLOW.parse().unwrap())));
        // What was asked before is answered meanwhile.
        talk.mpd("OK\n", "OK\n");
        assert!(!talk.conversation.is_settled() && !talk.conversation.is_at_rest());
        talk.conversation.waited(Waited::Picture(found));
        talk.client("", &format!("{gate}ping\n")).mpd_bytes(says, &hears).mpd("OK\n", "OK\n");
        assert!(talk.conversation.is_settled());
    }
}

#[test]
fn a_list_waits_for_the_disk_before_mpd_begins_with_it() {
    let list = "command_list_begin\nping\nreadpicture http://r/slow0000001/audio 0\nping\ncommand_list_end\n";
    let mut talk = Talk::with_mpd_0_23();
    talk.client(list, "");
    talk.conversation.waited(Waited::Picture(None));
    talk.client("", "command_list_ok_begin\nping\nchannels\nping\ncommand_list_end\n")
        .mpd("list_OK\nlist_OK\nlist_OK\nOK\n", "OK\n");
}

#[test]
fn a_client_without_the_password_sees_no_picture() {
    for (verb, uri) in [("albumart", "ready000001"), ("readpicture", "ready000001/audio")] {
        let line = format!("{verb} http://r/{uri} 0\n");
        Talk::with_mpd_0_23().client(&line, "channels\n").mpd(
            "ACK [4@0] {channels} you don't have permission for \"channels\"\n",
            &format!("ACK [4@0] {{{verb}}} you don't have permission for \"{verb}\"\n"),
        );
    }
}

#[test]
fn a_long_picture_waits_for_the_client_to_read() {
    let picture = Picture { kind: "image/png".into(), bytes: vec![7; Picture::LONGEST].into() };
    let mut talk = Talk::with_mpd_0_23();
    talk.client("binarylimit 8400896\n", "binarylimit 8400896\n").mpd("OK\n", "OK\n");
    talk.client("readpicture http://r/slow0000001/audio 0\n", "");
    talk.conversation.waited(Waited::Picture(Some(picture.clone())));
    talk.client("", "channels\n");
    talk.from_mpd.extend_from_slice(b"OK\n");
    let mut heard = Vec::new();
    loop {
        talk.pump();
        assert!(talk.conversation.to_client.len() <= PORTION + 100);
        if talk.conversation.to_client.is_empty() {
            break;
        }
        heard.append(&mut talk.conversation.to_client);
    }
    let head = format!("size: {0}\ntype: image/png\nbinary: {0}\n", Picture::LONGEST);
    assert!(heard == [head.as_bytes(), &picture.bytes, b"\nOK\n"].concat());
}

#[test]
fn the_pictures_that_wait_for_mpd_are_bounded() {
    const MOST: usize = 32;
    let ask = format!("readpicture {HEAD}/audio 0\n");
    let answer = [&chunk("readpicture", 0, 8192)[..], b"OK\n"].concat();
    // A pipeline waits, and loses nothing.
    let mut talk = Talk::with_mpd_0_23();
    talk.client(&ask.repeat(MOST + 5), &"channels\n".repeat(MOST));
    for left in (0..MOST + 5).rev() {
        talk.mpd_bytes("OK\n", &answer).client("", if left < MOST { "" } else { "channels\n" });
    }
    // A list goes on, without further ones.
    let list = format!("command_list_begin\n{}albumart {HEAD} 0\ncommand_list_end\n", ask.repeat(MOST + 1));
    let sent =
        format!("command_list_ok_begin\n{}playlistid x\ncommand_list_end\n", "channels\n".repeat(MOST + 1));
    let refused = format!("ACK [50@{}] {{albumart}} No file exists\n", MOST + 1);
    let heard = [chunk("readpicture", 0, 8192).repeat(MOST), refused.into_bytes()].concat();
    let says = format!("{}ACK [2@{}] {{playlistid}} no\n", "list_OK\n".repeat(MOST + 1), MOST + 1);
    talk.client(&list, &sent).mpd_bytes(&says, &heard).client(&ask, "channels\n").mpd_bytes("OK\n", &answer);
}
