//! The whole daemon: what its clients see, and what a kill leaves behind.

use std::collections::HashSet;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use super::*;
use crate::fake_youtube::{Catalogue, Knob};
use crate::support::client::Client;
use crate::support::daemon::Daemon;
use crate::support::world::{MUSIC, World};

const THROUGH_MPD: (&str, &str) = ("sync", "materialise = \"mpd\"");

fn numbered(id: &str, title: &str, key: &str, count: usize) -> Knob {
    let (id, title, key) = (id.to_owned(), title.to_owned(), key.to_owned());
    Knob::NumberedPlaylist { id, title, key, count }
}

fn names(client: &mut Client, command: &str) -> Vec<String> {
    let listed = client.ask(command);
    let mut names: Vec<String> =
        listed.lines().filter_map(|line| line.strip_prefix("playlist: ")).map(str::to_owned).collect();
    names.sort();
    names
}

fn resync(daemon: &Daemon) {
    let pid = Pid::from_raw(i32::try_from(daemon.pid()).unwrap()).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
}

fn world(knobs: Vec<Knob>, ids: &[&str]) -> Option<World> {
    let mpd = TestMpd::start(MUSIC)?;
    let world = World::start_with(mpd, Catalogue::empty(), ids, &[THROUGH_MPD])?;
    knobs.into_iter().for_each(|knob| world.youtube.turn(knob));
    resync(&world.daemon);
    Some(world)
}

#[test]
fn each_playlist_shows_once() {
    let knobs = vec![numbered("PLone", "One", "one", 3), numbered("PLtwo", "Two", "two", 2)];
    let Some(mut world) = world(knobs, &["PLone", "PLtwo"]) else { return };
    let mut client = world.client();
    let both = ["YT: One", "YT: Two"];
    eventually("both are in MPD", || (lists(&world.mpd.playlists()).len() == 2).then_some(()));
    for command in ["listplaylists", "lsinfo", "lsinfo \"/\""] {
        assert_eq!(names(&mut client, command), both, "{command}");
    }
    // The proxy's has titles, MPD's has addresses, and both are the same songs.
    assert!(client.ask("listplaylistinfo \"YT: One\"").contains("Title: one song 1\n"));
    let uris = client.ask("listplaylist \"YT: One\"");
    assert_eq!(world.mpd.talk("listplaylist \"YT: One\""), uris);
    for line in ["rm \"YT: One\"", "rename \"YT: One\" x", "playlistclear \"YT: One\""] {
        assert!(client.ask(line).starts_with("ACK [4@0]"), "{line}");
    }
    assert_eq!(client.ask("save \"YT: One\""), "ACK [56@0] {save} Playlist already exists\n");

    // From the first moment on, as nobody has looked at MPD yet.
    world.daemon.kill();
    world.daemon.spawn();
    let mut client = world.client();
    assert_eq!(names(&mut client, "listplaylists"), both);

    // Another title: at no moment are there two, or a half.
    let mut idler = world.client();
    idler.send("idle stored_playlist");
    world.youtube.turn(numbered("PLone", "Uno", "one", 4));
    resync(&world.daemon);
    eventually("it has its new name", || {
        let names = names(&mut client, "listplaylists");
        assert_eq!(names.len(), 2, "{names:?}");
        let written = lists(&world.mpd.playlists());
        (names == ["YT: Two", "YT: Uno"] && written.contains_key("YT: Uno")).then_some(())
    });
    let deadline = Instant::now() + QUIET;
    let mut told = 0;
    while Instant::now() < deadline {
        sleep(Duration::from_millis(200));
        told += usize::from(idler.ask("noidle").contains("changed"));
        idler.send("idle stored_playlist");
    }
    assert!((1..=2).contains(&told), "idle clients hear of it {told} times");
    assert_eq!(lists(&world.mpd.playlists()).len(), 2);
}

#[test]
fn a_kill_at_any_moment_leaves_nothing_behind() {
    let ids = ["PLone", "PLtwo", "PLbig"];
    let knobs = |round: usize| {
        vec![
            numbered("PLone", &format!("One {round}"), "one", 3 + round),
            numbered("PLtwo", "Two", "two", 2 + round),
            numbered("PLbig", "Big", "big", 300 + round),
        ]
    };
    let Some(mut world) = world(knobs(0), &ids) else { return };
    let mine = world.mpd.playlists().join("mine.m3u");
    fs::write(&mine, "song.flac\n").unwrap();
    for round in 1..=12 {
        knobs(round).into_iter().for_each(|knob| world.youtube.turn(knob));
        sleep(Duration::from_millis(u64::try_from(round).unwrap() * 97 % 450));
        world.daemon.kill();
        world.daemon.spawn();
        let names: HashSet<String> = lists(&world.mpd.playlists()).into_keys().collect();
        assert!(!names.iter().any(|name| name.contains("(2)") || name.contains("edited")), "{names:?}");
    }
    eventually("all is as it should be", || {
        let lists = lists(&world.mpd.playlists());
        let lines: Vec<(&str, usize)> =
            lists.iter().map(|(name, content)| (name.as_str(), content.lines().count())).collect();
        (lines == [("YT: Big", 312), ("YT: One 12", 15), ("YT: Two", 14), ("mine", 1)]).then_some(())
    });
    assert!(!world.daemon.log().contains("damaged"));
}
