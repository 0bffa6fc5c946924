//! Lines that are wrong or look so, command lists, and MPD's limits.

use super::script::{Script, Step, send};

/// Lines for MPD's reader and tokenizer to refuse, and some that only look like it.
const LINES: &[&[u8]] = &[
    b"",
    b" ",
    b"\t",
    b"\r",
    b" ping",
    b"PING",
    b"Ping",
    b"\"ping\"",
    b"\0ping",
    b"_ping",
    b"-",
    b"GET / HTTP/1.1\r",
    b"1",
    b"\xff\xfe",
    b"\xef\xbb\xbfping",
    b"ping\0 foo",
    b"ping\x0b\0\x01",
    b"ping\r",
    b"ping \t ",
    b"ping\\",
    b"pi-ng",
    b"ping;",
    b"foo\xff",
    b"foobar",
    b"foobar \"x",
    b"foobar x\"",
    b"p2_n",
    b"p\xc3\xbcng",
    b"password fo\"o",
    b"password 'foo'",
    b"password fo'o",
    b"password \"foo",
    b"password \"",
    b"password \"a\\",
    b"password \"a\\\"",
    b"password \"foo\"bar",
    b"password \"foo\"\"bar\"",
    b"password \"\\\"\\\\\\n\" \"\"",
    b"password \"a\tb\x01\x7f\"",
    b"password \"a\0b\"",
    b"password a\0b",
    b"password \x7f\xff\"",
    b"password\tx",
    b"password\x01x",
    b"password \xc2\xa0x",
    b"password a\\ b",
    b"ping x",
    b"add",
    b"add a b c",
    b"noidle",
    b"noidle x",
    b"noidle\0x",
    b"noidle \r",
    b" noidle",
    b"close",
    b"close x",
    b"close\r",
    b"close \"",
    b"command_list_begin x",
    b"command_list_begin\0x",
    b"command_list_begin \t",
    b"command_list_ok_begin \"",
    b"command_list_end x",
    b"command_list_end\0x",
    b"command_list_end",
    b"command_list",
    b"idle nonsense",
    b"idle player nonsense",
    b"idle \"",
];

/// Commands that end a list, each in its own way.
const FAILING: &[&str] = &[
    "foobar\n",
    "play 99999\n",
    "listplaylistinfo nope\n",
    "password \"x\n",
    "ping x\n",
    "pi-ng\n",
    "PING\n",
    "\n",
    "close\n",
    "command_list_begin\n",
    "command_list_ok_begin\n",
    "idle nonsense\n",
];

/// What may stand in a list.
const INSIDE: &[&str] = &[
    "",
    "ping\n",
    "status\nfoobar\nping\n",
    "currentsong\nplaylistinfo\nlistplaylistinfo nope\nstatus\n",
    "listplaylistinfo real\nplaylistinfo\nlistplaylist real\n",
    "tagtypes clear\nplaylistinfo\ntagtypes all\nplaylistinfo\ntagtypes\n",
    "command_list_begin\nping\n",
    "command_list_ok_begin\nping\n",
    "ping\ncommand_list_begin\nping\ncommand_list_end\n",
    "ping\nnoidle\nping\n",
    "noidle\n",
    "password x\nping\n",
    "next\nprevious\nplay 5\nping\n",
    "play 0\nstop\nnext\nstatus\n",
    "lsinfo album\nlsinfo nope\n",
    "binarylimit 64\nalbumart album/song.flac 0\nreadpicture album/song.flac 64\nalbumart nope 0\n",
    "subscribe x\nsendmessage x \"OK\"\nreadmessages\nunsubscribe x\n",
    "add one.flac\nstatus\nclear\nstatus\nadd nope\nping\n",
    "save new\nlistplaylists\nsave new\nrm new\n",
    "rm real\nlistplaylist real\nping\n",
    "idle\nping\n",
    "ping\nidle mixer\nping\nping\n",
];

/// All of them.
pub(super) fn scripts() -> Vec<Script> {
    let mut scripts = Vec::new();
    for line in LINES {
        let mut add = |parts: &[&[u8]]| scripts.push(Script::whole("a line", parts.concat()));
        // Some begin a list, in which what follows would wait for ever.
        add(&[line, b"\ncommand_list_end\n"]);
        add(&[line, b"\r\ncommand_list_end\n"]);
        add(&[b"status\n", line, b"\nping\ncommand_list_end\n"]);
        for begin in [&b"command_list_begin\n"[..], b"command_list_ok_begin\n"] {
            add(&[begin, b"ping\n", line, b"\nping\ncommand_list_end\n"]);
            add(&[begin, b"ping\n", line, b"\nping\ncommand_list_end\ncommand_list_end\nnoidle\nping\n"]);
        }
    }
    scripts.extend(lists());
    scripts.extend(half_closes());
    scripts.extend(limits());
    scripts
}

fn lists() -> Vec<Script> {
    let mut scripts = Vec::new();
    for begin in ["command_list_begin\n", "command_list_ok_begin\n"] {
        for failing in FAILING {
            for place in 0..4 {
                let inside = [&"ping\n".repeat(place), *failing, &"currentsong\n".repeat(3 - place)].concat();
                let list = format!("{begin}{inside}command_list_end\n");
                scripts.push(Script::whole("a list that fails", format!("{list}{list}status\n")));
            }
        }
        for inside in INSIDE {
            let list = format!("{begin}{inside}command_list_end\n");
            scripts.push(Script::whole("a list", &list));
            scripts.push(Script::whole("a list, and noidle", format!("{list}noidle\nping\n")));
            scripts.push(Script::whole("lists", format!("ping\n{list}{list}status\n")));
            scripts.push(Script::whole(
                "a list without its end",
                format!("{begin}{inside}command_list_end\ncommand_list_end\n"),
            ));
            scripts.push(Script::new("a list, half closed", [send(list), Step::HalfClose]));
            scripts.push(Script::new("half a list", [send(format!("{begin}{inside}")), Step::HalfClose]));
        }
    }
    scripts
}

/// The client says that no more will come: after whole lines, after none, and in the middle of one.
fn half_closes() -> Vec<Script> {
    let said = [
        "",
        "p",
        "ping",
        "ping\n",
        "ping\nping",
        "close",
        "close\n",
        "idle\n",
        "idle\nnoidle\n",
        "foobar",
        "foobar\n",
        "pi-ng\n",
        "PING\n",
        "play 0\n",
        "play 0\nstatus",
        "command_list_begin",
        "command_list_begin\n",
        "noidle\n",
        "status\nlistplaylistinfo real\nplaylistinfo\nlistplay",
        "albumart album/large.flac 0\n",
        "password \"x",
    ];
    said.map(|said| Script::new("half closed", [send(said), Step::HalfClose])).to_vec()
}

fn limits() -> Vec<Script> {
    let whole = |bytes: String| Script::whole("a limit", bytes);
    let padded = |length: usize| format!("ping{}", " ".repeat(length - 4));
    let long = |length: usize| format!("password {}", "x".repeat(length - 9));
    let list = |begin: &str, inside: String| format!("{begin}\n{inside}command_list_end\n");
    let mut scripts = vec![
        whole("ping\n".repeat(5000)),
        whole("ping\n".repeat(5000) + "foobar\n"),
        whole(list("command_list_begin", "ping\n".repeat(5000))),
        whole(list("command_list_ok_begin", "ping\n".repeat(5000))),
        whole("tagtypes\nstatus\nlistplaylistinfo x\n".repeat(500)),
        // More than MPD keeps for a client (`max_output_buffer_size`), in one go.
        whole(list("command_list_begin", "readpicture album/large.flac 0\n".repeat(1200))),
        whole(list(
            "command_list_ok_begin",
            "binarylimit 100000\n".to_owned() + &"readpicture album/large.flac 0\n".repeat(120),
        )),
    ];
    // The longest line that MPD takes is 8191 bytes and a line break.
    for length in [8190, 8191, 8192, 8193, 20_000] {
        scripts.push(whole(padded(length) + "\n"));
        scripts.push(whole(long(length) + "\n"));
        scripts.push(whole(format!("ping\n{}", long(length))));
        scripts.push(whole(list("command_list_begin", format!("ping\n{}\n", long(length)))));
    }
    // The largest list (`max_command_list_size`), with a byte more for each line, and one larger.
    let lines = (long(4095) + "\n").repeat(511);
    for last in [4094, 4095, 4096] {
        scripts.push(whole(list("command_list_begin", format!("{lines}{}\n", long(last)))));
    }
    scripts.push(whole(format!("command_list_begin\n{}", (long(4096) + "\n").repeat(600))));
    scripts
}
