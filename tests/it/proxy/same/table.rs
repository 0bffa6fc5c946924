//! Every command of MPD's, with good arguments and with bad ones of every kind.
//!
//! Some lines are left out that MPD itself does not answer twice alike: what depends on chance
//! (`shuffle` of several songs, `random` while it plays), and `getfingerprint` of a file that is
//! there: to one in ten of those 0.23.12 never answers. And what
//! makes MPD crash: in 0.24.4, `sticker delete` of all stickers where there are none.

use memchr::memmem;

use super::script::Script;

/// A command, and arguments that it takes. Each argument is replaced in turn by each of [`KINDS`].
/// `%0` to `%3`: see [`super::twins::Twin::with_ids`].
#[rustfmt::skip]
const VARIED: &[(&str, &[&str])] = &[
    ("add", &["one.flac", "\"album\" 0", "one.flac +0"]),
    ("addid", &["one.flac", "one.flac 0", "one.flac +0"]),
    ("addtagid", &["%0 title x", "%3 artist \"a b\""]),
    ("albumart", &["album/song.flac 0", "\"a b/x\" 0"]),
    ("binarylimit", &["64", "8192"]),
    ("channels", &[""]),
    ("clear", &[""]),
    ("clearerror", &[""]),
    ("cleartagid", &["%0", "%3 artist"]),
    ("commands", &[""]),
    ("config", &[""]),
    ("consume", &["0", "oneshot"]),
    ("count", &["album First", "\"(artist == 'A')\"", "artist A group album"]),
    ("crossfade", &["0"]),
    ("currentsong", &[""]),
    ("decoders", &[""]),
    ("delete", &["0", "1:"]),
    ("deleteid", &["%1"]),
    ("disableoutput", &["0"]),
    ("enableoutput", &["0"]),
    ("find", &["album First", "\"((artist == 'A') AND (!(title == 'One')))\" sort title window 0:1"]),
    ("findadd", &["album First", "\"(base 'album')\" position 0"]),
    ("getvol", &[""]),
    ("list", &["title", "album artist A", "title group album"]),
    ("listall", &["", "album"]),
    ("listallinfo", &["", "album"]),
    ("listfiles", &["", "album"]),
    ("listmounts", &[""]),
    ("listneighbors", &[""]),
    ("listpartitions", &[""]),
    ("listplaylist", &["real", "real 0:1"]),
    ("listplaylistinfo", &["real", "real 0:1"]),
    ("listplaylists", &[""]),
    ("load", &["real", "real 0:1", "real 0: 0", "list.m3u"]),
    ("lsinfo", &["", "album"]),
    ("mixrampdb", &["0"]),
    ("mixrampdelay", &["nan"]),
    ("move", &["0 1", "0:2 1"]),
    ("moveid", &["%0 1", "%0 +0"]),
    ("moveoutput", &["second"]),
    ("notcommands", &[""]),
    ("outputs", &[""]),
    ("outputset", &["0 name value"]),
    ("password", &["secret"]),
    ("ping", &[""]),
    ("playlist", &[""]),
    ("playlistadd", &["real one.flac", "new one.flac", "real one.flac 0"]),
    ("playlistclear", &["real"]),
    ("playlistdelete", &["real 0", "real 0:1"]),
    ("playlistfind", &["title One", "\"(artist == 'A')\" window 0:1"]),
    ("playlistid", &["", "%1"]),
    ("playlistinfo", &["", "1", "1:"]),
    ("playlistlength", &["real"]),
    ("playlistmove", &["real 0 1"]),
    ("playlistsearch", &["any o"]),
    ("plchanges", &["0", "0 1:2"]),
    ("plchangesposid", &["0", "0 1:2"]),
    ("prio", &["5 0:1", "5 0 1 2"]),
    ("prioid", &["5 %0"]),
    ("protocol", &["", "enable hide_playlists_in_root", "available"]),
    ("random", &["0"]),
    ("rangeid", &["%0 1:2", "%0 :"]),
    ("readcomments", &["one.flac", "album/song.flac"]),
    ("readmessages", &[""]),
    ("readpicture", &["album/song.flac 0", "one.flac 0"]),
    ("rename", &["real other", "real real"]),
    ("repeat", &["0"]),
    ("replay_gain_mode", &["track"]),
    ("replay_gain_status", &[""]),
    ("rm", &["real"]),
    ("save", &["new", "real append"]),
    ("search", &["any o", "\"(title contains 'o')\" window 0:1"]),
    ("searchadd", &["any o"]),
    ("searchaddpl", &["real any o"]),
    ("searchcount", &["any o"]),
    ("searchplaylist", &["real \"(title == 'One')\" 0:1"]),
    ("sendmessage", &["news text"]),
    ("setvol", &["50"]),
    ("single", &["0", "oneshot"]),
    ("stats", &[""]),
    ("status", &[""]),
    ("sticker", &["get song one.flac s", "list song one.flac", "find song \"\" s = v"]),
    ("stickernames", &[""]),
    ("stickernamestypes", &["", "song"]),
    ("stickertypes", &[""]),
    ("stringnormalization", &["", "all"]),
    ("subscribe", &["news"]),
    ("swap", &["0 1"]),
    ("swapid", &["%0 %1"]),
    ("tagtypes", &["", "clear", "enable title", "disable artist album", "all", "available"]),
    ("toggleoutput", &["0"]),
    ("unmount", &["m"]),
    ("unsubscribe", &["news"]),
    ("urlhandlers", &[""]),
    ("volume", &["1", "-1"]),
    // The player's: each starts the songs anew.
    ("next", &[""]),
    ("pause", &["", "1"]),
    ("play", &["", "1"]),
    ("playid", &["", "%1"]),
    ("previous", &[""]),
    ("seek", &["1 10"]),
    ("seekcur", &["10", "+1"]),
    ("seekid", &["%1 10"]),
    ("stop", &[""]),
];

/// Lines whose arguments are better not varied: each of these is one script.
const FIXED: &[&str] = &[
    "clear\nshuffle\naddid one.flac\nshuffle\nshuffle 0:1\nshuffle 0:\nshuffle 0:9\nshuffle x\nshuffle 0:1 2\n",
    "ping\ngetfingerprint nope\nping\n",
    "getfingerprint\ngetfingerprint a b\ngetfingerprint nothing://x\n",
    "command_list_begin\nping\ngetfingerprint nope\nping\ncommand_list_end\nping\n",
    "command_list_ok_begin\nping\ngetfingerprint nope\nping\ncommand_list_end\nping\n",
    "mount\nmount x\nmount x y\nmount \"\" /tmp\nmount a/b /tmp\nmount x nothing://x\nmount x y z\n",
    "unmount \"\"\nunmount nope\nlistmounts\n",
    "newpartition pp\nlistpartitions\npartition pp\nstatus\nmoveoutput second\noutputs\npartition default\n\
     moveoutput second\ndelpartition pp\nlistpartitions\n",
    "newpartition\nnewpartition \"\"\nnewpartition a/b\nnewpartition default\nnewpartition \"a b\"\npartition nope\n\
     partition\ndelpartition default\ndelpartition nope\ndelpartition\n",
    "command_list_ok_begin\nnewpartition pp\npartition pp\nadd one.flac\nplaylistinfo\npartition default\n\
     delpartition pp\nplaylistinfo\ncommand_list_end\n",
    "update\nstatus\n",
    "update album\nupdate nope\nupdate /\nupdate album/song.flac\n",
    "rescan album\nstatus\n",
    "update a b\nrescan a b\nupdate ../x\nupdate \"a//b\"\n",
    "stop\nclear\nrandom 1\nstatus\nrandom 0\n",
    "subscribe news\nsendmessage news \"OK\"\nreadmessages\nreadmessages\nchannels\nunsubscribe news\nchannels\n",
    "addid http://127.0.0.1:9/x.ogg\naddtagid %3 title \"OK\"\naddtagid %3 artist ACK\nplaylistid %3\n\
     rangeid %3 1:2\nplaylistinfo\ncleartagid %3\nplaylistinfo\n",
    "sticker set song one.flac s v\nsticker get song one.flac s\nsticker list song one.flac\nsticker find song \"\" s\n\
     sticker set song one.flac \"\" v\nsticker set song nope s v\nsticker set x one.flac s v\nsticker set song one.flac\n\
     sticker delete song one.flac s\nsticker delete song one.flac s\n",
    "play 0\nconsume 1\nnext\nnext\nplaylistinfo\n",
    "play 2\nstatus\nnext\nstatus\nplay\nprevious\nstatus\nstop\nnext\nprevious\nstatus\n",
    "play 0\nrepeat 1\nprevious\ncurrentsong\nnext\ncurrentsong\n",
];

/// Arguments of every kind. The last ones are none.
const KINDS: &[&[u8]] = &[
    b"0",
    b"1",
    b"2",
    b"-1",
    b"-2",
    b"+1",
    b"007",
    b"2147483647",
    b"2147483648",
    b"4294967295",
    b"4294967296",
    b"18446744073709551616",
    b"1.5",
    b"-1.5",
    b"1e400",
    b"nan",
    b"0x10",
    b"1x",
    b"x",
    b"X",
    b"\"\"",
    b"\" \"",
    b"\" 1\"",
    b"\"1 \"",
    b"0:",
    b"0:1",
    b"1:0",
    b":1",
    b"1:x",
    b"x:1",
    b"0:1:2",
    b"-1:2",
    b"0:-1",
    b"0:4294967296",
    b"\"a b\"",
    b"\"q\\\"uo\\\\te\"",
    b"\"\\n\\0\"",
    b"a\\b",
    b"\"a\tb\x01c\"",
    b"\xff\xfe",
    b"\"\xc3(\"",
    b"\xc3\xbc",
    b"%",
    b"/",
    b"//",
    b"../x",
    b"a//b",
    b"album/",
    b"album/song.flac",
    b"nope",
    b"/etc/hostname",
    b"file:///etc/hostname",
    b"nothing://x",
    b"http://127.0.0.1:9/x",
    b"://",
    b"title",
    b"\"(artist == 'A')\"",
    b"\"(artist == \"",
    b"'x'",
    b"x\"y",
    b"\"x",
    b"\"x\"y",
    b"\"x\\",
];

/// So many lines share a connection.
const TOGETHER: usize = 48;

/// The whole table: each line by itself in a pipeline, and within lists of both styles.
pub(super) fn scripts() -> Vec<Script> {
    let mut scripts: Vec<Script> = FIXED.iter().map(|lines| Script::whole("fixed", lines)).collect();
    for (verb, lines) in table() {
        for lines in lines.chunks(TOGETHER) {
            scripts.push(Script::whole(format!("{verb} in a pipeline"), lines.concat()));
            for begin in ["command_list_begin", "command_list_ok_begin"] {
                let listed = |line: &Vec<u8>| {
                    [begin.as_bytes(), b"\nping\n", line, b"status\ncommand_list_end\n"].concat()
                };
                let lists: Vec<u8> = lines.iter().flat_map(listed).collect();
                scripts.push(Script::whole(format!("{verb} after {begin}"), lists));
            }
        }
    }
    scripts
}

/// Each line on a connection of its own, followed by what it has changed.
pub(super) fn single_lines() -> impl Iterator<Item = Script> {
    table().flat_map(|(verb, lines)| {
        lines.into_iter().map(move |line| {
            Script::whole(format!("{verb} alone"), [&line[..], b"status\ncurrentsong\n"].concat())
        })
    })
}

/// Pictures of files anywhere on the disk, which only local clients may have.
pub(super) fn local_pictures() -> Script {
    let mut lines = Vec::new();
    for verb in ["albumart", "readpicture"] {
        for file in ["/etc/hostname", "file:///etc/hostname"] {
            lines.extend(KINDS.iter().map(|offset| line(verb, &[file.as_bytes(), offset])));
            lines.extend([line(verb, &[file.as_bytes()]), line(verb, &[file.as_bytes(), b"0", b"0"])]);
        }
    }
    Script::whole("pictures of local files", lines.concat())
}

/// Lines that may come together in any order: without those that touch the network or the disk,
/// leave nothing to play on, play what is no music, or make a song so short that it ends.
pub(super) fn mixable_lines() -> Vec<Vec<u8>> {
    #[rustfmt::skip]
    const APART: [&str; 11] = [
        "config", "decoders", "disableoutput", "enableoutput", "random", "rangeid", "seek", "seekcur", "seekid",
        "sticker", "toggleoutput",
    ];
    const NEVER: [&[u8]; 2] = [b"http:", b"/etc"];
    let lines = table().filter(|(verb, _)| !APART.contains(verb)).flat_map(|(_, lines)| lines);
    let lines = lines.filter(|line| line.len() < 1000);
    lines.filter(|line| NEVER.iter().all(|part| memmem::find(line, part).is_none())).collect()
}

/// Each command with its lines.
fn table() -> impl Iterator<Item = (&'static str, Vec<Vec<u8>>)> {
    VARIED.iter().map(|(verb, good)| {
        let mut lines: Vec<Vec<u8>> = good.iter().flat_map(|args| variants(verb, args)).collect();
        let many: Vec<&[u8]> = vec![b"x"; 70];
        let (long, longer) = (vec![b'y'; 4000], vec![b'\xc3'; 300]);
        lines.extend([line(verb, &[]), line(verb, &many), line(verb, &[&long]), line(verb, &[&longer])]);
        (*verb, lines)
    })
}

/// The line itself, with an argument more and one less, and with each argument replaced.
fn variants(verb: &str, args: &str) -> Vec<Vec<u8>> {
    let args = split(args);
    let mut lines = vec![
        line(verb, &args),
        line(verb, &args.iter().copied().chain([&b"x"[..]]).collect::<Vec<_>>()),
        line(verb, &args[..args.len().saturating_sub(1)]),
    ];
    for at in 0..args.len() {
        for kind in KINDS {
            let mut args = args.clone();
            args[at] = kind;
            lines.push(line(verb, &args));
        }
    }
    lines
}

/// At the blanks outside of quotes.
fn split(args: &str) -> Vec<&[u8]> {
    let mut quoted = false;
    let parts = args.split(move |letter| {
        quoted ^= letter == '"';
        letter == ' ' && !quoted
    });
    parts.map(str::as_bytes).filter(|part| !part.is_empty()).collect()
}

fn line(verb: &str, args: &[&[u8]]) -> Vec<u8> {
    let words: Vec<&[u8]> = [verb.as_bytes()].into_iter().chain(args.iter().copied()).collect();
    [words.join(&b' '), b"\n".to_vec()].concat()
}
