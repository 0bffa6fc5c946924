//! Scripts that have the same transcript through ytmpd as with MPD itself, byte for byte, up to
//! the moment when the connection is closed.

use std::thread::sleep;
use std::time::Duration;

use ytmpd::config::Address;

use super::album::{self, PICTURE};
use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::{FOCUS, NAMES};
use crate::support::daemon::free_port;
use crate::support::mpd::TestMpd;
use crate::support::wire::Wire;
use crate::support::world::{MUSIC, World};

/// One thing that a client does.
#[derive(Debug, Clone)]
enum Step {
    Send(Vec<u8>),
    /// Waits for so many lines.
    Lines(usize),
    /// Another client does this, straight at MPD.
    Meanwhile(&'static str),
    HalfClose,
}

use Step::{HalfClose, Lines, Meanwhile, Send};

impl Step {
    fn readable(&self) -> String {
        match self {
            Send(bytes) => format!("Send \"{}\"", bytes.escape_ascii()),
            other => format!("{other:?}"),
        }
    }
}

fn send(bytes: impl AsRef<[u8]>) -> Step {
    Send(bytes.as_ref().to_vec())
}

/// What a client gets to see.
fn transcript(address: &Address, mpd: &TestMpd, steps: &[Step]) -> String {
    let mut wire = Wire::connect(address).unwrap();
    let mut seen = wire.line();
    for step in steps {
        match step {
            Send(bytes) => wire.send(bytes),
            Lines(count) => (0..*count).for_each(|_| seen.extend(wire.line())),
            Meanwhile(lines) => drop(mpd.talk(lines)),
            HalfClose => wire.half_close(),
        }
    }
    seen.extend(wire.rest());
    seen.escape_ascii().to_string()
}

/// Lines that are wrong, or look so, one at a time and within lists.
fn lines() -> Vec<Vec<u8>> {
    let lines: &[&[u8]] = &[
        b"",
        b" ",
        b" ping",
        b"PING",
        b"\"ping\"",
        b"\0ping",
        b"GET / HTTP/1.1\r",
        b"1",
        b"\xff\xfe",
        b"ping\0 foo",
        b"ping\x0b\0\x01",
        b"ping\r",
        b"ping \t ",
        b"pi-ng",
        b"foo\xff",
        b"foobar",
        b"foobar \"x",
        b"password fo\"o",
        b"password 'foo'",
        b"password fo'o",
        b"password \"foo",
        b"password \"a\\",
        b"password \"foo\"bar",
        b"password \"\\\"\\\\\\n\" \"\"",
        b"password \x7f\xff\"",
        b"password\tx",
        b"password\x01x",
        b"ping x",
        b"add",
        b"add a b c",
        b"noidle x",
        b"noidle\0x",
        b"noidle ",
        b"idle\0x",
        b"close x",
        b"close\r",
        b"command_list_begin x",
        b"command_list_end",
        b"command_list_end\0x",
        b"listplaylistinfo",
        b"listplaylistinfo nope",
        b"listplaylistinfo nope x y z",
        b"load nope x",
        b"load nope 0: 99",
        b"load \"nope",
        b"rename a a",
        b"rename a",
        b"rm \"a/b\"",
        b"save \"\"",
        b"playlistlength x",
        b"searchplaylist x y z",
        b"protocol",
        b"tagtypes foo",
        b"tagtypes",
        b"binarylimit 63",
        b"binarylimit 64",
        b"playlistid 99999",
        b"playlistinfo 5:2",
        b"seekid 99999 1",
        b"play 99999",
        b"play x",
        b"albumart nope 0",
        b"albumart nope x",
        b"readpicture nothing://x 0",
        b"readcomments nope",
        b"getfingerprint nope",
        b"urlhandlers",
        b"outputs",
        b"status",
        b"commands",
        b"notcommands",
        b"listmounts",
        b"lsinfo nope",
        b"lsinfo album",
        b"lsinfo a b",
        b"config",
        b"plchanges 0",
        b"currentsong",
        b"find \"(base 'album')\"",
        b"list title",
        b"subscribe ytmpd-test",
        b"channels",
        b"partition nope",
        b"idle nonsense",
        b"idle player nonsense",
    ];
    lines.iter().map(|line| line.to_vec()).collect()
}

/// Every script that names nothing of YouTube's.
fn scripts() -> Vec<Vec<Step>> {
    let mut scripts = Vec::new();
    for line in lines() {
        let joined = |parts: &[&[u8]]| parts.concat();
        scripts.push(vec![send(joined(&[&line, b"\n"]))]);
        scripts.push(vec![send(joined(&[b"ping\n", &line, b"\nping\n"]))]);
        // What follows an `idle` is seen or lost, as MPD has time: `idling` has those in lists.
        let idles = line.starts_with(b"idle") && !line.ends_with(b"nonsense");
        for begin in [&b"command_list_begin\n"[..], b"command_list_ok_begin\n"].iter().filter(|_| !idles) {
            let list = joined(&[begin, b"ping\n", &line, b"\nping\ncommand_list_end\n"]);
            scripts.push(vec![send(&list)]);
            // MPD drops a client that hangs up while something runs for it in the background.
            if !line.starts_with(b"getfingerprint") {
                scripts.push(vec![send(list), send("ping\n"), HalfClose]);
            }
        }
    }
    scripts.extend(limits());
    scripts.extend(lists());
    scripts.extend(idling());
    scripts.extend(pictures());
    scripts
}

fn limits() -> Vec<Vec<Step>> {
    let padded = |length: usize| format!("ping{}", " ".repeat(length - 4));
    let long = |length: usize| format!("password {}", "x".repeat(length - 9));
    let mut scripts = vec![
        vec![send("ping\n".repeat(5000))],
        vec![send("ping\n".repeat(5000)), send("foobar\n"), HalfClose],
        vec![send(format!("command_list_begin\n{}command_list_end\n", "ping\n".repeat(5000)))],
        vec![send(format!("command_list_ok_begin\n{}command_list_end\n", "ping\n".repeat(5000)))],
        vec![send("tagtypes\nstatus\nlistplaylistinfo x\n".repeat(500))],
        vec![send("ping\nping"), HalfClose],
        vec![send("ping\nclose\nping\n")],
        vec![send("close\n")],
        vec![HalfClose],
        vec![send("p"), HalfClose],
        vec![send("command_list_begin\nping\n"), HalfClose],
        vec![send("idle\n"), HalfClose],
    ];
    // The longest line that MPD takes is 8191 bytes and a line break.
    for length in [8190, 8191, 8192, 8193, 20_000] {
        scripts.push(vec![send(padded(length) + "\n")]);
        scripts.push(vec![send(long(length) + "\n")]);
        scripts.push(vec![send(long(length))]);
        scripts.push(vec![send(format!("command_list_begin\nping\n{}\ncommand_list_end\n", long(length)))]);
    }
    // Larger than `max_command_list_size`.
    scripts.push(vec![send(format!("command_list_begin\n{}", (long(4096) + "\n").repeat(600)))]);
    scripts
}

fn lists() -> Vec<Vec<Step>> {
    let inside = [
        "",
        "ping\n",
        "status\nfoobar\nping\n",
        "currentsong\nplaylistinfo\nlistplaylistinfo nope\nstatus\n",
        "tagtypes clear\nplaylistinfo\ntagtypes all\nplaylistinfo\ntagtypes\n",
        "command_list_begin\nping\n",
        "command_list_ok_begin\nping\n",
        "ping\ncommand_list_begin\nping\ncommand_list_end\n",
        "ping\nclose\nping\n",
        "ping\nnoidle\nping\n",
        "ping\nidle nonsense\nping\n",
        "password x\nping\n",
        "next\nprevious\nplay 5\nping\n",
        "lsinfo album\nlsinfo nope\n",
    ];
    let mut scripts = Vec::new();
    for commands in inside {
        for begin in ["command_list_begin\n", "command_list_ok_begin\n"] {
            let list = format!("{begin}{commands}command_list_end\n");
            scripts.push(vec![send(&list)]);
            scripts.push(vec![send(format!("{list}noidle\nping\n"))]);
            scripts.push(vec![send(format!("ping\n{list}{list}status\n"))]);
            scripts.push(vec![send(list), HalfClose]);
        }
    }
    scripts.push(vec![send("command_list_begin\ncommand_list_end\ncommand_list_end\nping\n")]);
    scripts
}

fn idling() -> Vec<Vec<Step>> {
    let toggle = "repeat 1\nrepeat 0";
    vec![
        vec![send("idle\nnoidle\nping\n")],
        vec![send("noidle\nnoidle\nping\nnoidle\n")],
        vec![send("idle\nping\n")],
        vec![send("idle\nidle\n")],
        vec![send("idle\nclose\n")],
        vec![send("idle\nnoidle foo\n")],
        vec![send("idle\ncommand_list_begin\n")],
        vec![send("idle PLAYER \"mixer\" player\nnoidle\n")],
        vec![send("repeat 1\nrepeat 0\n"), Lines(2), send("idle\n"), Lines(2), send("ping\n")],
        vec![
            send("repeat 1\nrepeat 0\n"),
            Lines(2),
            send("idle mixer\nnoidle\n"),
            Lines(1),
            send("idle options\nnoidle\n"),
        ],
        vec![
            send("command_list_ok_begin\nping\nidle\nping\ncommand_list_end\n"),
            Lines(1),
            send("noidle\nping\n"),
        ],
        vec![
            send("command_list_begin\nping\nidle options\nping\ncommand_list_end\n"),
            Meanwhile(toggle),
            Lines(2),
            send("ping\n"),
        ],
        vec![send("command_list_ok_begin\nping\nidle\ncommand_list_end\n"), Lines(1), send("ping\n")],
        vec![send("idle options\n"), Meanwhile(toggle), Lines(2), send("ping\n")],
        vec![send("idle options\n"), Meanwhile(toggle), Lines(2), send("noidle\nnoidle\nping\n")],
        vec![send("idle stored_playlist\n"), Meanwhile("save zz\nrm zz"), Lines(2), send("ping\n")],
        vec![send("ping\n"), Lines(1), Meanwhile(toggle), send("idle mixer\nnoidle\nidle\nnoidle\n")],
        vec![send("idle\nnoidle\n".repeat(200))],
        vec![
            send("subscribe news\n"),
            Lines(1),
            send("idle message\n"),
            Meanwhile("sendmessage news \"OK\""),
            Lines(2),
            send("readmessages\n"),
        ],
        vec![send("subscribe news\n"), Lines(1), Meanwhile("sendmessage news x"), send("readmessages\n")],
    ]
}

fn pictures() -> Vec<Vec<Step>> {
    let mut scripts = Vec::new();
    for limit in [64, 65, 8192, 100_000, 8_400_896, 8_400_897] {
        for offset in [0, 1, 60, 120, PICTURE.len(), PICTURE.len() + 1] {
            let ask = format!(
                "binarylimit {limit}\nalbumart album/song.flac {offset}\nreadpicture album/song.flac {offset}\nping\n"
            );
            scripts.push(vec![send(&ask)]);
            scripts.push(vec![send(format!("command_list_ok_begin\n{ask}command_list_end\n"))]);
            scripts.push(vec![send(format!("command_list_begin\n{ask}command_list_end\nping\n"))]);
        }
    }
    scripts
}

/// Plays all scripts to MPD and to ytmpd.
fn compare_all(world: &World) {
    album::add(world);
    let (direct, through) = (Address::Unix(world.mpd.socket()), Address::Unix(world.daemon.socket()));
    let different: Vec<String> = scripts()
        .iter()
        .filter_map(|steps| {
            // MPD closes without what it has not written yet when it sees a client's end: what a
            // client gets then is a matter of microseconds. A difference is one that stays.
            let play = |address| shortened(transcript(address, &world.mpd, steps));
            let tries: Vec<_> = (0..3)
                .map(|_| (play(&direct), play(&through)))
                .take_while(|(mpd, ytmpd)| mpd != ytmpd)
                .collect();
            let [_, _, (mpd, ytmpd)] = &tries[..] else { return None };
            let script = || steps.iter().map(Step::readable).collect::<Vec<_>>().join(", ");
            Some(format!("{}\n   MPD: {mpd}\n ytmpd: {ytmpd}\n", shortened(script())))
        })
        .collect();
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

fn shortened(text: String) -> String {
    if text.len() < 2000 { text } else { format!("{}...{}", &text[..500], &text[text.len() - 500..]) }
}

#[test]
fn without_virtual_playlists_every_byte_is_mpds() {
    let Some(world) = World::start(&[], &[]) else { return };
    compare_all(&world);
}

#[test]
fn with_virtual_playlists_everything_else_is_mpds() {
    let Some(world) = World::start(&[FOCUS, NAMES], &[]) else { return };
    world.daemon.client_with_playlists(2);
    compare_all(&world);
}

#[test]
fn where_the_input_is_cut_does_not_matter() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    world.daemon.client_with_playlists(1);
    album::add(&world);
    let script = "ping\nlistplaylistinfo \"YT: Focus\"\ncommand_list_ok_begin\nlistplaylists\nbinarylimit 64\n\
                  albumart album/song.flac 0\ncommand_list_end\nidle\nnoidle\nfoobar \"\\\"\"\nstatus\n";
    let address = Address::Unix(world.daemon.socket());
    let whole = transcript(&address, &world.mpd, &[send(script)]);
    let bytes = script.as_bytes();
    let single: Vec<Step> = bytes.iter().map(|byte| send([*byte])).collect();
    assert_eq!(transcript(&address, &world.mpd, &single), whole);
    for cut in 1..bytes.len() {
        let (first, rest) = bytes.split_at(cut);
        let mut wire = Wire::connect(&address).unwrap();
        let mut seen = wire.line();
        wire.send(first);
        // Long enough, nearly always, to be read on its own; what is seen is right either way.
        sleep(Duration::from_millis(1));
        wire.send(rest);
        seen.extend(wire.rest());
        assert_eq!(seen.escape_ascii().to_string(), whole, "cut at {cut}");
    }
}

#[test]
fn every_kind_of_socket_on_both_sides() {
    let port = free_port();
    let own = free_port();
    let name = format!("ytmpd-test-{}-{port}", std::process::id());
    let binds =
        format!("{MUSIC}\nport \"{port}\"\nbind_to_address \"127.0.0.1\"\nbind_to_address \"@{name}-mpd\"\n");
    let Some(mpd) = TestMpd::start(&binds) else { return };
    let upstreams = [
        Address::Unix(mpd.socket()),
        Address::Tcp("127.0.0.1".to_owned(), port),
        Address::Abstract(format!("{name}-mpd")),
    ];
    let Some(mut world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &[]) else { return };
    for upstream in &upstreams {
        let proxy = world.daemon.folder().join("proxy");
        let listen = [
            Address::Unix(proxy.clone()),
            Address::Tcp("127.0.0.1".to_owned(), own),
            Address::Abstract(name.clone()),
        ];
        let texts: Vec<String> = listen.iter().map(ToString::to_string).collect();
        let upstream_text = [upstream.to_string()];
        world.daemon.reconfigure(&[
            ("proxy", &format!("listen = {texts:?}")),
            ("mpd", &format!("address = {upstream_text:?}")),
        ]);
        world.daemon.client_with_playlists(1);
        for address in &listen {
            for script in
                ["ping\nlsinfo nope\nfoobar\n", "command_list_ok_begin\nstatus\nnext\ncommand_list_end\n"]
            {
                let steps = [send(script)];
                let [direct, through] =
                    [upstream, address].map(|address| transcript(address, &world.mpd, &steps));
                assert_eq!(through, direct, "{address} to {upstream}");
            }
            let listed = transcript(address, &world.mpd, &[send("listplaylistinfo \"YT: Focus\"\n")]);
            assert!(listed.contains("focus song 3"), "{address} to {upstream}: {listed}");
        }
    }
}

#[test]
fn each_client_reaches_mpd_the_way_it_came() {
    let port = free_port();
    let own = free_port();
    let Some(mpd) = TestMpd::start(&format!("{MUSIC}\nport \"{port}\"\nbind_to_address \"127.0.0.1\""))
    else {
        return;
    };
    let (socket, tcp) = (mpd.socket(), Address::Tcp("127.0.0.1".to_owned(), port));
    let addresses = [socket.to_str().unwrap().to_owned(), tcp.to_string()];
    let listen = format!("listen = [\"127.0.0.1:{own}\", \"%PROXY%\"]");
    let more = [("mpd", format!("address = {addresses:?}")), ("proxy", listen)];
    let more: Vec<(&str, &str)> = more.iter().map(|(section, line)| (*section, line.as_str())).collect();
    let Some(world) = World::start_with(mpd, Catalogue::default(), &[], &more) else { return };
    let local = (Address::Unix(world.mpd.socket()), Address::Unix(world.daemon.socket()));
    let remote = (tcp, Address::Tcp("127.0.0.1".to_owned(), own));
    // Only local clients may ask for these.
    let steps = [send("config\nurlhandlers\nlistmounts\nadd /etc/passwd\nlsinfo file:///etc\n")];
    let of = |address| transcript(address, &world.mpd, &steps);
    assert_eq!(of(&local.1), of(&local.0));
    assert_eq!(of(&remote.1), of(&remote.0));
    assert_ne!(of(&local.0), of(&remote.0), "the test sees no difference");
}
