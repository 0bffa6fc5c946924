//! What can be switched off in MPD: stored playlists, stickers, the database.

use std::fs;
use std::process::Command;

use super::plays_focus;
use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::client::Client;
use crate::support::mpd::{StartMpd, TestMpd};
use crate::support::programs;
use crate::support::screen::Screen;
use crate::support::world::{MUSIC, World};

fn start(mpd: Option<TestMpd>) -> Option<(World, Client)> {
    let world = World::start_with(mpd?, Catalogue::default(), &[FOCUS], &[])?;
    let client = world.daemon.client_with_playlists(1);
    Some((world, client))
}

#[test]
fn without_stored_playlists_ours_work() {
    ours_work(TestMpd::start_without_playlists(MUSIC));
}

#[test]
fn without_stored_playlists_ours_work_with_mpd_0_24() {
    ours_work(TestMpd::start_0_24_without_playlists(MUSIC));
}

fn ours_work(mpd: Option<TestMpd>) {
    let Some((world, mut client)) = start(mpd) else { return };
    plays_focus(&mut client);
    client.ask("stop");
    let disabled = |verb: &str| format!("ACK [52@0] {{{verb}}} Stored playlists are disabled\n");
    for (command, answer) in [
        ("save other", disabled("save")),
        ("listplaylist other", "ACK [50@0] {listplaylist} No such playlist\n".to_owned()),
        ("save \"YT: Focus\"", "ACK [56@0] {save} Playlist already exists\n".to_owned()),
    ] {
        let told = client.ask(command);
        let direct = world.mpd.talk(command);
        assert!(told == answer || told == direct, "{command}: {told}; MPD itself: {direct}");
    }
    let socket = world.daemon.socket();
    let socket = socket.to_str().unwrap();
    if let Some(mpc) = programs::find("mpc") {
        let listed = Command::new(mpc).args(["-h", socket, "lsplaylists"]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&listed.stdout), "YT: Focus\n");
    }
    let Some(screen) = Screen::start("ncmpcpp", &["-h", socket]) else { return };
    screen.shows(&["Volume"]);
    screen.press(&["5"]);
    screen.shows(&["YT: Focus", "focus song 3", "0:30"]);
}

#[test]
fn where_the_playlist_directory_is_missing_ours_work() {
    with_a_missing_directory(TestMpd::start);
}

#[test]
fn where_the_playlist_directory_is_missing_ours_work_with_mpd_0_24() {
    with_a_missing_directory(TestMpd::start_0_24);
}

fn with_a_missing_directory(start_mpd: StartMpd) {
    let Some(mpd) = start_mpd(MUSIC) else { return };
    fs::remove_dir(mpd.playlists()).unwrap();
    let Some((world, mut client)) = start(Some(mpd)) else { return };
    assert!(world.mpd.talk("listplaylists").starts_with("ACK [52@0] "), "MPD has none to list");
    plays_focus(&mut client);
}

#[test]
fn stickers_are_mpds_with_and_without_them() {
    stickers(TestMpd::start);
}

#[test]
fn stickers_are_mpds_with_and_without_them_with_mpd_0_24() {
    stickers(TestMpd::start_0_24);
}

fn stickers(start_mpd: StartMpd) {
    let with = format!("{MUSIC}\nsticker_file \"%DIR%/stickers\"");
    for conf in [with.as_str(), MUSIC, ""] {
        let Some((world, mut client)) = start(start_mpd(conf)) else { return };
        if !conf.is_empty() {
            world.add_music("tone.webm", include_bytes!("../../data/audio/tone_30s.webm"));
        }
        plays_focus(&mut client);
        let mut direct = Client::connect(&world.mpd.socket());
        let song = world.daemon.song("focus000001");
        for command in [
            "sticker set song tone.webm rating 5".to_owned(),
            "sticker get song tone.webm rating".to_owned(),
            "sticker list song tone.webm".to_owned(),
            "sticker find song \"\" rating".to_owned(),
            format!("sticker set song {song} rating 5"),
            format!("sticker get song {song} rating"),
            format!("sticker list song {song}"),
            "commands".to_owned(),
            "stats".to_owned(),
            "listallinfo".to_owned(),
            "search title focus".to_owned(),
            "count title focus".to_owned(),
            "list artist".to_owned(),
            "update".to_owned(),
        ] {
            let lines = |answer: String| {
                // Those of a number that counts on by itself.
                let differ = |line: &&str| {
                    ["uptime", "playtime", "updating_db"].iter().any(|key| line.starts_with(key))
                };
                answer.lines().filter(|line| !differ(line)).map(str::to_owned).collect::<Vec<_>>()
            };
            assert_eq!(lines(client.ask(&command)), lines(direct.ask(&command)), "{conf:?}: {command}");
        }
    }
}
