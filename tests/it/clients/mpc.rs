//! `mpc`: all of its commands that have to do with playlists, the queue and playing.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use super::{FOCUS_LIST, NAMES_LIST, NAMES_TITLES, Place};
use crate::fake_youtube::catalogue::ALBUM;
use crate::support::{PATIENCE, eventually, programs};

/// Shows all that there is to show about a song.
const ALL: &str = "%artist% - %title% - %album% (%time%)[ %name%]";

/// The three songs of [`FOCUS_LIST`] in mpc's own format.
const SONGS: &str = "Artist 1 - focus song 1\nArtist 2 - focus song 2\nArtist 3 - focus song 3\n";

const READ_ONLY: &str = "MPD error: \"YT: Focus\" is a YouTube playlist and read-only here\n";

fn run(program: &Path, place: &Place, arguments: &[&str]) -> String {
    let output = Command::new(program).args(["-q", "-h", &place.socket()]).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert_eq!(output.status.success(), !text.contains("MPD error"), "mpc {arguments:?}: {text}");
    text
}

/// Runs each with `-q`, and compares all that it prints. `%SONG%` is the URI of the first song.
fn check(place: &Place, table: &[(&[&str], &str)]) {
    let Some(program) = programs::find("mpc") else { return };
    check_with(&program, place, table);
}

fn check_with(program: &Path, place: &Place, table: &[(&[&str], &str)]) {
    for (arguments, expected) in table {
        let insert = |text: &str| text.replace("%SONG%", &place.song(1));
        let arguments: Vec<String> = arguments.iter().map(|argument| insert(argument)).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        assert_eq!(run(program, place, &arguments), insert(expected), "mpc {arguments:?}");
    }
}

#[test]
fn lists_and_shows() {
    let Some(place) = Place::start() else { return };
    let names = NAMES_TITLES.map(|title| format!("Simon & Garfunkel - {title}\n")).concat();
    let lists = "mine\nYT: Focus\nYT: Quotes \"and\" slash∕es 🎸\n";
    let all = "Artist 1 - focus song 1 - Album 1 (0:30)\nArtist 2 - focus song 2 - Album 2 (0:30)\n\
               Artist 3 - focus song 3 - Album 0 (0:30)\n";
    check(
        &place,
        &[
            (&["lsplaylists"], lists),
            (&["ls"], &format!("local\n{lists}")),
            (&["ls", ""], &format!("local\n{lists}")),
            (&["ls", "/"], &format!("local\n{lists}")),
            (&["loadtab", "YT: F"], "YT: Focus\n"),
            (&["lstab", "lo"], "local\n"),
            (&["tab", "lo"], "local/\n"),
            (&["playlist", FOCUS_LIST], SONGS),
            (&["-f", ALL, "playlist", FOCUS_LIST], all),
            (
                &["-f", "%file%", "playlist", FOCUS_LIST],
                &(1..=3).map(|n| place.song(n) + "\n").collect::<String>(),
            ),
            (&["playlist", NAMES_LIST], &names),
            (&["playlist", "mine"], "local/tone.webm\n"),
            (&["playlist", "nope"], "MPD error: No such playlist\n"),
            (&["playlist", "YT: Focus "], "MPD error: No such playlist\n"),
            // The database is MPD's own.
            (&["listall"], "local/tone.webm\n"),
            (&["search", "title", "focus"], ""),
            (&["find", "title", "focus song 1"], ""),
            (&["find", "filename", "local/tone.webm"], "local/tone.webm\n"),
            (&["list", "title"], "\n"),
            (&["outputs"], "Output 1 (null) is enabled\n"),
            (&["channels"], ""),
        ],
    );
}

#[test]
fn fills_and_orders_the_queue() {
    let Some(place) = Place::start() else { return };
    let address = &format!("https://music.youtube.com/playlist?list={ALBUM}&si=x");
    let album = (1..=3).map(|n| format!("Artist {n} - album song {n}\n")).collect::<String>();
    check(
        &place,
        &[
            (&["load", FOCUS_LIST], "loading: YT: Focus\n"),
            (&["playlist"], SONGS),
            (
                &["-f", "%position% %title% %time%[ %name%]", "playlist"],
                "1 focus song 1 0:30\n2 focus song 2 0:30\n3 focus song 3 0:30\n",
            ),
            (&["shuffle"], ""),
            (&["clear"], ""),
            (&["load", FOCUS_LIST], "loading: YT: Focus\n"),
            (&["del", "2-3"], ""),
            (&["playlist"], "Artist 1 - focus song 1\n"),
            (&["add", "local"], ""),
            (&["playlist"], "Artist 1 - focus song 1\nlocal/tone.webm\n"),
            (&["clear"], ""),
            (&["load", FOCUS_LIST], "loading: YT: Focus\n"),
            (&["del", "2"], ""),
            (&["move", "1", "2"], ""),
            (&["playlist"], "Artist 3 - focus song 3\nArtist 1 - focus song 1\n"),
            (&["add", "%SONG%", "local/tone.webm"], ""),
            (&["insert", "%SONG%"], ""),
            (
                &["playlist"],
                "Artist 1 - focus song 1\nArtist 3 - focus song 3\nArtist 1 - focus song 1\nArtist 1 - focus song 1\nlocal/tone.webm\n",
            ),
            (&["clear"], ""),
            (
                &["load", FOCUS_LIST, "mine", NAMES_LIST],
                "loading: YT: Focus\nloading: mine\nloading: YT: Quotes \"and\" slash∕es 🎸\n",
            ),
            (
                &["-f", "%title%|%file%", "playlist"],
                &format!(
                    "focus song 1\nfocus song 2\nfocus song 3\nlocal/tone.webm\n{}\n",
                    NAMES_TITLES.join("\n")
                ),
            ),
            (&["clear"], ""),
            (&["-r", "1:2", "load", FOCUS_LIST], "loading: YT: Focus\n"),
            (&["playlist"], "Artist 2 - focus song 2\n"),
            (&["load", "nope"], "loading: nope\nMPD error: No such playlist\n"),
            (
                &["load", FOCUS_LIST, "nope"],
                "loading: YT: Focus\nloading: nope\nMPD error: No such playlist\n",
            ),
            (&["clear"], ""),
            (&["load", FOCUS_LIST], "loading: YT: Focus\n"),
            (&["prio", "5", "2"], ""),
            (&["-f", "%prio% %title%", "playlist"], "0 focus song 1\n5 focus song 2\n0 focus song 3\n"),
            (&["shuffle"], ""),
            (&["save", "kept"], ""),
            (&["loadtab", "kept"], "kept\n"),
            (&["rm", "kept"], ""),
            (&["clear"], ""),
            (&["findadd", "filename", "local/tone.webm"], ""),
            (&["searchadd", "filename", "TONE"], ""),
            (&["searchadd", "title", "focus"], ""),
            (&["playlist"], "local/tone.webm\nlocal/tone.webm\n"),
            (&["clear"], ""),
            (&["load", address], &format!("loading: {address}\n")),
            (&["add", address], ""),
            (&["playlist"], &album.repeat(2)),
            (&["rm", FOCUS_LIST], READ_ONLY),
            (&["save", FOCUS_LIST], "MPD error: Playlist already exists\n"),
        ],
    );
    let Some(mpc) = programs::find("mpc") else { return };
    // One line for each on its standard input.
    run(&mpc, &place, &["clear"]);
    let mut add = Command::new(&mpc);
    let mut add = add.args(["-h", &place.socket(), "add"]).stdin(Stdio::piped()).spawn().unwrap();
    let songs: String = (1..=3).map(|number| place.song(number) + "\n").collect();
    std::io::Write::write_all(&mut add.stdin.take().unwrap(), songs.as_bytes()).unwrap();
    assert!(add.wait().unwrap().success());
    assert_eq!(run(&mpc, &place, &["playlist"]), SONGS);
    // A saved queue keeps its titles.
    assert_eq!(run(&mpc, &place, &["save", "kept"]), "");
    assert_eq!(run(&mpc, &place, &["playlist", "kept"]), SONGS);
}

#[test]
fn plays_seeks_and_sets_options() {
    let Some(place) = Place::start() else { return };
    let Some(mpc) = programs::find("mpc") else { return };
    let run = |arguments: &[&str]| run(&mpc, &place, arguments);
    run(&["load", FOCUS_LIST]);
    for (arguments, title, seconds) in [
        (&["play"][..], "focus song 1", 0.1),
        (&["next"], "focus song 2", 0.1),
        (&["seek", "50%"], "focus song 2", 15.0),
        (&["seek", "+5"], "focus song 2", 20.0),
        (&["seek", "0:10"], "focus song 2", 10.0),
        (&["seekthrough", "+12"], "focus song 2", 22.0),
        (&["prev"], "focus song 1", 0.1),
        (&["seek", "12"], "focus song 1", 12.0),
        (&["cdprev"], "focus song 1", 0.1),
        (&["play", "3"], "focus song 3", 0.1),
        (&["searchplay", "focus song 2"], "focus song 2", 0.1),
        (&["stop"], "", 0.0),
        (&["play", "1"], "focus song 1", 0.1),
        (&["pause"], "", 0.0),
        (&["toggle"], "focus song 1", 0.1),
        (&["pause-if-playing"], "", 0.0),
        (&["play"], "focus song 1", 0.1),
    ] {
        run(arguments);
        if !title.is_empty() {
            place.plays(title, seconds);
        }
        let status = Command::new(&mpc).args(["-h", &place.socket()]).output().unwrap();
        let status = String::from_utf8_lossy(&status.stdout).into_owned();
        assert!(status.contains(title), "mpc {arguments:?}: {status}");
        if !title.is_empty() {
            assert!(status.contains("[playing]") && status.contains("/0:30 ("), "{arguments:?}: {status}");
        }
    }
    check(
        &place,
        &[
            (&["current"], "Artist 1 - focus song 1\n"),
            (&["-f", ALL, "current"], "Artist 1 - focus song 1 - Album 1 (0:30)\n"),
            (&["queued"], "Artist 2 - focus song 2\n"),
            (&["del", "0"], ""),
            (&["current"], "Artist 2 - focus song 2\n"),
            (&["crop"], ""),
            (&["playlist"], "Artist 2 - focus song 2\n"),
            (&["repeat", "on"], ""),
            (&["random", "on"], ""),
            (&["single", "once"], ""),
            (&["consume", "on"], ""),
            (&["crossfade", "2"], ""),
            (&["replaygain", "track"], ""),
        ],
    );
    let status = place.client().ask("status");
    for line in ["repeat: 1\n", "random: 1\n", "single: oneshot\n", "consume: 1\n", "xfade: 2\n"] {
        assert!(status.contains(line), "{status}");
    }
}

/// What a running mpc prints, line by line.
struct Idling {
    process: Child,
    lines: mpsc::Receiver<String>,
}

impl Idling {
    fn start(program: &Path, place: &Place, arguments: &[&str]) -> Self {
        let mut mpc = Command::new(program);
        let mut process =
            mpc.args(["-h", &place.socket()]).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { process, lines }
    }

    fn next(&self) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap()
    }
}

impl Drop for Idling {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn idles() {
    let Some(place) = Place::start() else { return };
    let Some(mpc) = programs::find("mpc") else { return };
    let all = Idling::start(&mpc, &place, &["idleloop"]);
    let lists = Idling::start(&mpc, &place, &["idleloop", "stored_playlist"]);
    let mut once = Idling::start(&mpc, &place, &["idle", "playlist"]);
    // What happens before they idle is not heard: it is made to happen until it is.
    eventually("the queue's change is heard", || {
        run(&mpc, &place, &["load", FOCUS_LIST]);
        once.process.try_wait().unwrap()
    });
    assert_eq!(once.next(), "playlist");
    assert_eq!(all.next(), "playlist");
    place.another_playlist();
    assert_eq!(lists.next(), "stored_playlist");
    eventually("the other one hears of it as well", || (all.next() == "stored_playlist").then_some(()));
    assert!(run(&mpc, &place, &["lsplaylists"]).contains("YT: New\n"));
    run(&mpc, &place, &["play"]);
    eventually("playing is heard", || (all.next() == "player").then_some(()));
}

/// From 0.35 on it can change stored playlists.
#[test]
fn of_debian_13_is_refused_what_would_change_a_virtual_playlist() {
    let Some(mpc) = programs::find_extra("mpc-0.35") else { return };
    let Some(place) = Place::start() else { return };
    check_with(
        &mpc,
        &place,
        &[
            (&["addplaylist", FOCUS_LIST, "local/tone.webm"], READ_ONLY),
            (&["delplaylist", FOCUS_LIST, "1"], READ_ONLY),
            (&["moveplaylist", FOCUS_LIST, "1", "2"], READ_ONLY),
            (&["renplaylist", FOCUS_LIST, "other"], READ_ONLY),
            (&["clearplaylist", FOCUS_LIST], READ_ONLY),
            (&["rm", FOCUS_LIST], READ_ONLY),
            (&["playlist", FOCUS_LIST], SONGS),
            // One of MPD's own takes songs of ours, and they keep their titles there.
            (&["addplaylist", "mine", "%SONG%"], ""),
            (&["playlist", "mine"], "local/tone.webm\nArtist 1 - focus song 1\n"),
            (&["moveplaylist", "mine", "1", "2"], ""),
            (&["delplaylist", "mine", "2"], ""),
            (&["renplaylist", "mine", FOCUS_LIST], "MPD error: Playlist exists already\n"),
            (&["renplaylist", "mine", "other"], ""),
            (&["playlist", "other"], "Artist 1 - focus song 1\n"),
            (&["clearplaylist", "other"], ""),
            (&["lsplaylists"], "other\nYT: Focus\nYT: Quotes \"and\" slash∕es 🎸\n"),
        ],
    );
}
