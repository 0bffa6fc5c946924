//! What is written to MPD, and how often.

use std::collections::HashSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::time::SystemTime;

use ytmpd::library::UNFINISHED;

use super::*;
use crate::support::client::Client;

#[test]
fn mpd_follows_the_library() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd);
    let folder = mpd.playlists();
    running.sync(&[("PLa", "A", 3), ("PLb", "B", 2), ("PLe", "Empty", 0)]);
    let (a, b, empty) = (songs("PLa", 3), songs("PLb", 2), String::new());
    wait_for(&folder, &[("YT: A", a.clone()), ("YT: B", b.clone()), ("YT: Empty", empty.clone())]);
    // One grows, one is renamed, one is new, one is emptied.
    running.sync(&[("PLa", "A", 5), ("PLb", "Bee", 2), ("PLe", "Empty", 1), ("PLn", "New", 1)]);
    let (grown, new, filled) = (songs("PLa", 5), songs("PLn", 1), songs("PLe", 1));
    wait_for(&folder, &[("YT: A", grown), ("YT: Bee", b), ("YT: Empty", filled), ("YT: New", new)]);
    // They swap their titles; the rest goes.
    running.sync(&[("PLa", "Bee", 3), ("PLb", "A", 2)]);
    wait_for(&folder, &[("YT: A", songs("PLb", 2)), ("YT: Bee", a)]);
    // Another order, and a song that is there twice.
    let mut reordered = playlist("PLb", "A", 2);
    reordered.entries.reverse();
    reordered.entries.push(reordered.entries[0].clone());
    running.library.lock().unwrap().replace(vec![reordered]);
    wait_for(&folder, &[("YT: A", song("PLb", 1) + &song("PLb", 0) + &song("PLb", 1))]);
    // Another prefix.
    running.library.lock().unwrap().set_prefix("♪ ");
    let three = song("PLb", 1) + &song("PLb", 0) + &song("PLb", 1);
    wait_for(&folder, &[("♪ A", three.clone())]);
    // Another address of the relay's.
    let base = "http://127.0.0.1:2";
    running.reconfigure(|config| base.clone_into(&mut config.relay.base_url));
    wait_for(&folder, &[("♪ A", three.replace(BASE, base))]);
    running.library.lock().unwrap().replace::<Playlist>(vec![]);
    wait_for(&folder, &[]);
    assert_eq!(*running.problems.borrow(), [""; 0]);
}

#[test]
fn any_title_can_be_written() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd);
    let long = "x".repeat(300);
    let titles =
        ["Don't \"quote\" \\me\\", "AC/DC", "🎸 音楽", "Twice", "Twice", &long, &long, "..", "#x", ""];
    let ids: Vec<String> = (0..titles.len()).map(|number| format!("PL{number}")).collect();
    let playlists: Vec<_> = ids.iter().zip(titles).map(|(id, title)| (id.as_str(), title, 2)).collect();
    running.sync(&playlists);
    let snapshot = running.library.lock().unwrap().snapshot();
    let virtuals = snapshot.virtuals().iter();
    let expected: Vec<(&str, String)> =
        virtuals.map(|one| (&*one.name, songs(one.playlist.id.as_str(), 2))).collect();
    assert!(expected.iter().any(|(name, _)| name.len() == 251 && name.ends_with(" (2)")));
    wait_for(&mpd.playlists(), &expected);
    assert_eq!(*running.problems.borrow(), [""; 0]);
}

#[test]
fn a_playlist_over_1_mib_is_never_seen_half() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd);
    running.sync(&[("PLbig", "Big", 1)]);
    wait_for(&mpd.playlists(), &[("YT: Big", songs("PLbig", 1))]);
    let mut client = Client::connect(&mpd.socket());
    let mut seen = HashSet::new();
    running.sync(&[("PLbig", "Big", 15_000), ("PLs", "Small", 1)]);
    eventually("it is written", || {
        let listed = client.ask("listplaylists");
        seen.extend(listed.lines().filter_map(|line| line.strip_prefix("playlist: ")).map(str::to_owned));
        let count = client.ask("listplaylist \"YT: Big\"").matches("file: ").count();
        assert!([1, 15_000].contains(&count), "{count} songs");
        (count == 15_000 && listed.contains("YT: Small\n")).then_some(())
    });
    let expected = [("YT: Big", songs("PLbig", 15_000)), ("YT: Small", songs("PLs", 1))];
    wait_for(&mpd.playlists(), &expected);
    seen.remove(UNFINISHED);
    assert_eq!(seen, ["YT: Big", "YT: Small"].map(str::to_owned).into());
    sleep(QUIET);
    wait_for(&mpd.playlists(), &expected);
    assert_eq!(*running.problems.borrow(), [""; 0]);
}

#[test]
fn nothing_is_written_when_nothing_has_changed() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd);
    let playlists = [("PLa", "A", 3), ("PLb", "B", 2), ("PLe", "E", 0)];
    running.sync(&playlists);
    let expected = [("YT: A", songs("PLa", 3)), ("YT: B", songs("PLb", 2)), ("YT: E", String::new())];
    wait_for(&mpd.playlists(), &expected);
    sleep(QUIET);
    let state = running.folder.path().join("materialised.json");
    let written = || -> Vec<SystemTime> {
        let lists = ["A", "B", "E"].map(|name| mpd.playlists().join(format!("YT: {name}.m3u")));
        lists.iter().chain([&state]).map(|file| fs::metadata(file).unwrap().modified().unwrap()).collect()
    };
    let before = written();
    let mut idler = Client::connect(&mpd.socket());
    idler.send("idle");
    running.sync(&playlists);
    running.reconfigure(|_| {});
    sleep(QUIET);
    assert_eq!(written(), before);
    // Nor by the next daemon.
    let folder = running.stop();
    let running = Running::start_in(folder, &mpd, Materialise::Mpd, "");
    running.sync(&playlists);
    sleep(QUIET);
    assert_eq!(written(), before);
    assert_eq!(idler.ask("noidle"), "OK\n", "nobody hears of anything");
}

#[test]
fn idle_clients_hear_once_of_a_batch() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd);
    running.sync(&[("PLx", "X", 1)]);
    wait_for(&mpd.playlists(), &[("YT: X", songs("PLx", 1))]);
    sleep(QUIET);
    let mut idler = Client::connect(&mpd.socket());
    idler.send("idle stored_playlist");
    running.sync(&[("PLa", "A", 100), ("PLb", "B", 100), ("PLc", "C", 100)]);
    let expected = [("YT: A", songs("PLa", 100)), ("YT: B", songs("PLb", 100)), ("YT: C", songs("PLc", 100))];
    wait_for(&mpd.playlists(), &expected);
    assert_eq!(idler.answer(), "changed: stored_playlist\nOK\n");
    idler.send("idle stored_playlist");
    sleep(QUIET);
    assert_eq!(idler.ask("noidle"), "OK\n", "once");
}

#[test]
fn other_modes_clean_up() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd);
    mpd.talk("save mine");
    let (mine, a) = (("mine", String::new()), ("YT: A", songs("PLa", 2)));
    running.sync(&[("PLa", "A", 2)]);
    wait_for(&mpd.playlists(), &[mine.clone(), a.clone()]);
    running.reconfigure(|config| config.sync.materialise = Materialise::Off);
    wait_for(&mpd.playlists(), std::slice::from_ref(&mine));
    running.reconfigure(|config| config.sync.materialise = Materialise::Mpd);
    wait_for(&mpd.playlists(), &[mine.clone(), a]);
    // Also when it was switched off while nobody ran.
    let folder = running.stop();
    let _running = Running::start_in(folder, &mpd, Materialise::Off, "");
    wait_for(&mpd.playlists(), &[mine]);
}

#[test]
fn the_users_playlists_are_published() {
    let Some(mpd) = TestMpd::start("") else { return };
    let odd = std::ffi::OsStr::from_bytes(b"not \xff utf-8.m3u");
    fs::write(mpd.playlists().join(odd), "").unwrap();
    for mode in [Materialise::Off, Materialise::Mpd] {
        let running = Running::start_as(&mpd, mode, "");
        running.sync(&[("PLa", "A", 1)]);
        let named = |names: &[&[u8]]| {
            StoredPlaylists::Named(names.iter().map(|&name| name.into()).collect::<HashSet<Box<[u8]>>>())
        };
        let wait_for = |expected| {
            eventually("they are published", || (*running.stored.borrow() == expected).then_some(()));
        };
        wait_for(named(&[b"not \xff utf-8"]));
        mpd.talk("save \"Ein zweites: \u{fc}\"");
        wait_for(named(&[b"not \xff utf-8", "Ein zweites: \u{fc}".as_bytes()]));
        mpd.talk("rm \"Ein zweites: \u{fc}\"");
        wait_for(named(&[b"not \xff utf-8"]));
    }
}
