//! The main job: a real client plays a YouTube playlist through the proxy. Real `mpd`, `mpc`,
//! `ncmpcpp` and `yt-dlp`; only YouTube is a fake.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::fake_youtube::catalogue::{FOCUS, LARGE, NAMES};
use crate::fake_youtube::{Knob, MediaRule, Says};
use crate::support::client::Client;
use crate::support::screen::Screen;
use crate::support::world::World;
use crate::support::{eventually, programs};

fn mpc(world: &World, arguments: &[&str]) -> String {
    let output = Command::new("mpc").arg("-h").arg(world.daemon.socket()).args(arguments).output().unwrap();
    assert!(output.status.success(), "mpc {arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Waits until the current song has played for more than this.
fn wait_until_played(client: &mut Client, seconds: f64) {
    eventually("the song plays", || (client.elapsed() > seconds).then_some(()));
}

#[test]
fn mpc_lists_loads_plays_and_seeks() {
    let Some(world) = World::start(&[FOCUS, NAMES], &[]) else { return };
    if programs::find("mpc").is_none() {
        return;
    }
    let mut client = world.daemon.client_with_playlists(2);
    let listed = mpc(&world, &["lsplaylists"]);
    let focus = listed.lines().next().unwrap();
    assert!(focus.starts_with("YT: "), "{listed}");

    let songs = mpc(&world, &["-f", "%artist% - %title% - %album% (%time%)", "playlist", focus]);
    assert_eq!(songs.lines().next(), Some("Artist 1 - focus song 1 - Album 1 (0:30)"), "{songs}");

    mpc(&world, &["load", focus]);
    let queue = mpc(&world, &["-f", "%artist% - %title% - %album% (%time%)", "playlist"]);
    assert_eq!(queue, songs, "the queue shows before playing what the playlist shows");
    mpc(&world, &["play"]);
    wait_until_played(&mut client, 0.3);
    let status = mpc(&world, &["status"]);
    assert!(status.contains("Artist 1 - focus song 1") && status.contains("/0:30"), "{status}");

    mpc(&world, &["seek", "0:20"]);
    eventually("the seek lands", || (20.0..27.0).contains(&client.elapsed()).then_some(()));
    mpc(&world, &["seek", "0:05"]);
    eventually("the seek back lands", || (5.0..12.0).contains(&client.elapsed()).then_some(()));

    // A client that is connected straight to MPD sees as much.
    let direct = || world.mpd.talk("playlistinfo");
    let tagged = eventually("MPD itself has the tags", || {
        Some(direct()).filter(|all| all.matches("Album: ").count() == 3)
    });
    for line in ["Title: focus song 1", "Artist: Artist 1", "Time: 30"] {
        assert_eq!(
            tagged.matches(&format!("{line}\n")).count(),
            if line.starts_with("Time") { 3 } else { 1 },
            "{tagged}"
        );
    }
}

#[test]
fn ncmpcpp_lists_loads_and_plays() {
    let Some(world) = World::start(&[FOCUS, LARGE], &[]) else { return };
    world.daemon.client_with_playlists(2);
    let socket = world.daemon.socket();
    let Some(screen) = Screen::start("ncmpcpp", &["-h", socket.to_str().unwrap(), "-c", "/dev/null"]) else {
        return;
    };
    assert!(screen.folder().is_dir());
    screen.shows(&["Volume"]);
    screen.press(&["5"]);
    // The content of the one under the cursor.
    screen.shows(&["Playlists", "YT: Focus", "large song 1"]);
    screen.press(&["Down"]);
    screen.shows(&["focus song 1", "focus song 3"]);
    screen.press(&["Enter"]);
    screen.press(&["1"]);
    screen.shows(&["Artist 1", "focus song 2", "Album 1", "0:30"]);
    screen.shows(&["Playing", "focus song 1"]);
}

#[test]
fn another_client_is_not_frozen_by_a_jump_to_a_slow_song() {
    let Some(world) = World::start(&[LARGE], &[("resolver", "prefetch = 0")]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    let list = client.value("listplaylists", "playlist").unwrap();
    client.ask(&format!("load \"{list}\""));
    client.ask("play 0");
    wait_until_played(&mut client, 0.0);
    world.youtube.turn(Knob::Video { id: "large000100".into(), says: Says::Slow(3000) });

    let mut other = Client::connect(&world.daemon.socket());
    client.send("play 99");
    let mut worst = Duration::ZERO;
    let started = Instant::now();
    eventually("the slow song plays", || {
        let asked = Instant::now();
        let song = other.value("status", "song");
        worst = worst.max(asked.elapsed());
        (song.as_deref() == Some("99") && other.elapsed() > 0.0).then_some(())
    });
    assert_eq!(client.answer(), "OK\n");
    let waited = started.elapsed();
    assert!(waited > Duration::from_secs(3), "YouTube took its time: {waited:?}");
    // Three seconds of MPD standing still would show.
    assert!(worst < Duration::from_secs(1), "a status took {worst:?}");
}

#[test]
fn a_song_that_dies_in_the_middle_ends_and_the_next_one_plays() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    // Seven seconds of sound, and then nothing.
    let dying = "focus000001";
    let stalls = MediaRule { stall_after: Some(6000), ..MediaRule::default() };
    world.youtube.turn(Knob::Media { id: Some(dying.into()), rule: stalls });
    client.ask("load \"YT: Focus\"");
    client.ask("play 0");
    wait_until_played(&mut client, 0.5);
    // What comes next has another length: what was begun cannot be gone on with.
    world.youtube.turn(Knob::Reencode { id: dying.into() });
    world.youtube.turn(Knob::ExpireUrls);
    world.youtube.turn(Knob::Media { id: Some(dying.into()), rule: MediaRule::default() });

    // MPD plays what it has, then goes on, and answers all the while.
    let mut direct = Client::connect(&world.mpd.socket());
    eventually("the next song plays", || {
        assert_eq!(direct.ask("ping"), "OK\n");
        (direct.value("status", "song").as_deref() == Some("1")).then_some(())
    });
    wait_until_played(&mut direct, 0.3);
}

#[test]
fn it_survives_restarts_of_everything() {
    let Some(mut world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    let list = client.value("listplaylists", "playlist").unwrap();
    client.ask(&format!("load \"{list}\""));
    let queue = client.ask("playlistinfo");
    eventually("MPD has the tags", || {
        world.mpd.talk("playlistinfo").contains("Album: Album 1").then_some(())
    });

    world.mpd.restart();
    // YouTube does not list it any more, and cannot be reached.
    world.youtube.turn(Knob::AllVideos { says: Says::Status(500) });
    world.youtube.turn(Knob::RemovePlaylist { id: FOCUS.into() });
    world.daemon.kill();
    world.daemon.spawn();
    let mut client = world.daemon.client_with_playlists(1);
    assert_eq!(client.ask("playlistinfo"), queue, "after a restart of both");
    assert_eq!(world.daemon.stop(), Some(0));
    assert!(!world.daemon.socket().exists(), "the socket is removed");
    assert!(world.daemon.folder().join("library.json").exists());
}

#[test]
fn a_stop_leaves_the_queue_as_it_is() {
    let Some(mut world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    client.ask("load \"YT: Focus\"");
    client.ask("consume 1");
    client.ask("play 0");
    wait_until_played(&mut client, 0.3);
    assert_eq!(world.daemon.stop(), Some(0));
    let status = world.mpd.talk("status");
    for line in ["state: stop\n", "playlistlength: 3\n", "song: 0\n"] {
        assert!(status.contains(line), "{status}");
    }
}

#[test]
fn secrets_are_not_logged() {
    let Some(world) = World::start(&[FOCUS], &[("mpd", "password = \"hush-hush\"")]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    client.ask("password tell-nobody");
    client.ask(&format!("addid {}", world.daemon.song("focus000001")));
    client.ask("play 0");
    wait_until_played(&mut client, 0.0);
    let log = world.daemon.log();
    for secret in ["hush-hush", "tell-nobody", "videoplayback", "sig="] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}
