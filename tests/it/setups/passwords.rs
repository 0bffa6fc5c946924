//! What a client may do with a virtual playlist is what it may do with one of MPD's own.

use std::fs;

use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::client::Client;
use crate::support::eventually;
use crate::support::mpd::{StartMpd, TestMpd};
use crate::support::world::{MUSIC, World};

/// On a stored playlist `%LIST%`, in an order in which each can succeed.
const COMMANDS: [&str; 20] = [
    "listplaylists",
    "listplaylist %LIST%",
    "listplaylistinfo %LIST%",
    "load %LIST%",
    "load %LIST% 0:1",
    "playlistinfo",
    "currentsong",
    "add %SONG%",
    "addid %SONG%",
    "play 0",
    "next",
    "seek 0 1",
    "seekcur 1",
    "stop",
    "save %LIST%",
    "playlistadd %LIST% %SONG%",
    "playlistdelete %LIST% 0",
    "playlistclear %LIST%",
    "rename %LIST% %LIST%",
    "rm %LIST%",
];

#[test]
fn each_permission_allows_what_it_allows_at_mpd() {
    each_permission(TestMpd::start);
}

#[test]
fn each_permission_allows_what_it_allows_at_mpd_0_24() {
    each_permission(TestMpd::start_0_24);
}

fn each_permission(start: StartMpd) {
    let every = "every@read,add,player,control,admin";
    for permissions in [
        "",
        "read",
        "read,add",
        "read,control",
        "read,player",
        "player",
        "add",
        "add,control",
        "read,add,control,player",
    ] {
        let conf = format!(
            "{MUSIC}\npassword \"{every}\"\npassword \"some@{}\"\ndefault_permissions \"{permissions}\"",
            if permissions.is_empty() { "read" } else { permissions }
        );
        let Some(mpd) = start(&conf) else { return };
        let ours = [("mpd", "password = \"every\"")];
        let Some(world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &ours) else { return };
        let mut all = world.client();
        all.ask("password every");
        eventually("it is listed", || all.ask("listplaylists").contains("YT: Focus").then_some(()));
        // As a stream of nobody's: MPD does not look for it before it plays.
        fs::write(world.mpd.playlists().join("mine.m3u"), "http://127.0.0.1:1/x\n").unwrap();

        let mut through = world.client();
        let mut direct = Client::connect(&world.mpd.socket());
        for round in ["by default", "with a wrong password", "with a password"] {
            match round {
                "with a wrong password" => {
                    let answers = [&mut through, &mut direct].map(|client| client.ask("password nope"));
                    assert_eq!(answers[0], answers[1]);
                }
                "with a password" => {
                    let answers = [&mut through, &mut direct].map(|client| client.ask("password some"));
                    assert_eq!(answers, ["OK\n", "OK\n"]);
                }
                _ => {}
            }
            for command in COMMANDS {
                let ours = command
                    .replace("%LIST%", "\"YT: Focus\"")
                    .replace("%SONG%", &world.daemon.song("focus000001"));
                let theirs = command.replace("%LIST%", "mine").replace("%SONG%", "http://127.0.0.1:1/x");
                let refusal =
                    |answer: &str| answer.contains("you don't have permission").then(|| answer.to_owned());
                let (told, expected) = (through.ask(&ours), direct.ask(&theirs));
                assert_eq!(refusal(&told), refusal(&expected), "{permissions:?}, {round}: {command}: {told}");
                if expected.contains("you don't have permission") {
                    assert!(!told.contains("focus"), "{told}");
                }
            }
            // What they did with one of MPD's own, where they may.
            fs::write(world.mpd.playlists().join("mine.m3u"), "http://127.0.0.1:1/x\n").unwrap();
            all.ask("clear");
        }
    }
}

/// Without a password of its own for an MPD that wants one, ytmpd says so, and its clients lose
/// nothing but what ytmpd itself does in MPD.
#[test]
fn a_daemon_without_the_password() {
    let conf =
        format!("{MUSIC}\npassword \"secret@read,add,control,player,admin\"\ndefault_permissions \"\"");
    let Some(mpd) = TestMpd::start(&conf) else { return };
    let Some(world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &[]) else { return };
    let mut client = world.client();
    assert_eq!(client.ask("password secret"), "OK\n");
    eventually("it is listed", || client.ask("listplaylists").contains("YT: Focus").then_some(()));
    super::plays_focus(&mut client);
    eventually("the log says what to do", || world.daemon.log().contains("mpd.password").then_some(()));
}

/// A password that is corrected while ytmpd runs: songs that are in the queue get their tags.
#[test]
fn a_password_that_comes_later() {
    let conf = format!("{MUSIC}\npassword \"secret@read,add,control,admin\"\ndefault_permissions \"read\"");
    let Some(mpd) = TestMpd::start(&conf) else { return };
    let Some(world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &[]) else { return };
    let mut client = world.client();
    eventually("it is listed", || client.ask("listplaylists").contains("YT: Focus").then_some(()));
    assert_eq!(client.ask("password secret"), "OK\n");
    assert_eq!(client.ask("load \"YT: Focus\""), "OK\n");
    eventually("the log says what to do", || world.daemon.log().contains("mpd.password").then_some(()));
    let mut direct = Client::connect(&world.mpd.socket());
    assert!(!direct.ask("playlistinfo").contains("Artist: "));
    world.daemon.reload(&[("mpd", "password = \"secret\"")]);
    eventually("MPD has the tags", || direct.ask("playlistinfo").contains("Artist: ").then_some(()));
}
