//! What others do to playlists: the user by hand, the Python daemon before us.

use std::fs;

use super::*;

#[test]
fn a_users_playlist_stays_his() {
    let Some(mpd) = TestMpd::start("") else { return };
    let mine = "song.flac\n".to_owned();
    fs::write(mpd.playlists().join("YT: A.m3u"), &mine).unwrap();
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2)]);
    wait_for(&mpd.playlists(), &[("YT: A", mine.clone()), ("YT: A (2)", songs("PLa", 2))]);
    // The virtual one keeps its name when the other goes.
    mpd.talk("rm \"YT: A\"");
    sleep(QUIET);
    wait_for(&mpd.playlists(), &[("YT: A (2)", songs("PLa", 2))]);
    running.sync(&[]);
    wait_for(&mpd.playlists(), &[]);
}

#[test]
fn what_a_user_keeps_of_a_playlist_that_has_gone_shows() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2)]);
    wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2))]);
    mpd.talk("load \"YT: A\"");
    running.sync(&[]);
    wait_for(&mpd.playlists(), &[]);
    let snapshot = || running.library.lock().unwrap().snapshot();
    let before = snapshot().revision();
    assert!(snapshot().hides(b"YT: A"), "it may be on its way out");
    assert_eq!(mpd.talk("save \"YT: A\""), "OK\n");
    eventually("it shows", || (!snapshot().hides(b"YT: A")).then_some(()));
    assert!(snapshot().revision() > before, "clients hear of it");
    running.sync(&[("PLb", "B", 1)]);
    wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2)), ("YT: B", songs("PLb", 1))]);
    running.wait_for_users(&["YT: A"]);
}

#[test]
fn what_is_deleted_or_emptied_by_hand_is_written_again() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2)]);
    for edit in ["rm", "playlistclear", "rm"] {
        wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2))]);
        sleep(QUIET);
        assert_eq!(mpd.talk(&format!("{edit} \"YT: A\"")), "OK\n");
    }
    wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2))]);
    // Its songs are still known under the name that the user gave it.
    mpd.talk("rename \"YT: A\" Other");
    wait_for(&mpd.playlists(), &[("Other", songs("PLa", 2)), ("YT: A", songs("PLa", 2))]);
    running.sync(&[]);
    wait_for(&mpd.playlists(), &[("Other", songs("PLa", 2))]);
}

#[test]
fn what_a_user_puts_into_ours_is_not_lost() {
    const STREAM: &str = "http://radio.example/stream";
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2)]);
    let (ours, edited) = (songs("PLa", 2), format!("{}{STREAM}\n", songs("PLa", 2)));
    wait_for(&mpd.playlists(), &[("YT: A", ours.clone())]);
    // In the same second as it was written, and later.
    mpd.talk(&format!("playlistadd \"YT: A\" {STREAM}"));
    let first = ("YT: A (edited)", edited.clone());
    wait_for(&mpd.playlists(), &[("YT: A", ours.clone()), first.clone()]);
    sleep(QUIET);
    mpd.talk(&format!("playlistadd \"YT: A\" {STREAM}"));
    let second = ("YT: A (edited) (2)", edited.clone());
    wait_for(&mpd.playlists(), &[("YT: A", ours), first.clone(), second.clone()]);
    // Together with a change on YouTube.
    mpd.freeze();
    running.sync(&[("PLa", "A", 3)]);
    let file = mpd.playlists().join("YT: A.m3u");
    fs::write(&file, "song.flac\n").unwrap();
    mpd.thaw();
    let third = ("YT: A (edited) (3)", "song.flac\n".to_owned());
    let ours = ("YT: A", songs("PLa", 3));
    wait_for(&mpd.playlists(), &[ours, first.clone(), second.clone(), third.clone()]);
    // And when it goes.
    let folder = running.stop();
    fs::write(&file, "other.flac\n").unwrap();
    let running = Running::start_in(folder, &mpd, Materialise::Mpd, "");
    running.sync(&[("PLb", "B", 1)]);
    let fourth = ("YT: A (edited) (4)", "other.flac\n".to_owned());
    wait_for(&mpd.playlists(), &[first, second, third, fourth, ("YT: B", songs("PLb", 1))]);
}

#[test]
fn what_a_user_makes_of_our_songs_is_not_lost() {
    let Some(mpd) = TestMpd::start("") else { return };
    let mut running = Running::start(&mpd);
    let song = |key, number| song(key, number);
    let mine = song("PLb", 0) + &song("PLa", 1);
    let file = mpd.playlists().join("YT: A.m3u");
    let a = |count| ("YT: A", songs("PLa", count));
    let mut kept: Vec<(&str, String)> = vec![];
    let b = ("YT: B", songs("PLb", 2));
    running.sync(&[("PLa", "A", 3), ("PLb", "B", 2)]);
    wait_for(&mpd.playlists(), &[a(3), b.clone()]);
    // In the same second as it was written, and later.
    let added = song("PLb", 0);
    let added = added.trim_end();
    for (edit, name, edited) in [
        (format!("playlistadd \"YT: A\" {added}"), "YT: A (edited)", songs("PLa", 3) + &song("PLb", 0)),
        ("playlistmove \"YT: A\" 0 2".to_owned(), "YT: A (edited) (2)", {
            song("PLa", 1) + &song("PLa", 2) + &song("PLa", 0)
        }),
        ("playlistdelete \"YT: A\" 0".to_owned(), "YT: A (edited) (3)", { song("PLa", 1) + &song("PLa", 2) }),
    ] {
        assert_eq!(mpd.talk(&edit), "OK\n", "{edit}");
        kept.push((name, edited));
        wait_for(&mpd.playlists(), &[&kept[..], &[a(3), b.clone()]].concat());
        sleep(QUIET);
    }
    // While nobody runs, with a change on YouTube; and when it has gone there.
    for (name, playlists) in [
        ("YT: A (edited) (4)", &[("PLa", "A", 2), ("PLb", "B", 2)][..]),
        ("YT: A (edited) (5)", &[("PLb", "B", 2)]),
    ] {
        let folder = running.stop();
        fs::write(&file, &mine).unwrap();
        running = Running::start_in(folder, &mpd, Materialise::Mpd, "");
        running.sync(playlists);
        kept.push((name, mine.clone()));
        let left = if playlists.len() == 2 { vec![a(2), b.clone()] } else { vec![b.clone()] };
        wait_for(&mpd.playlists(), &[&kept[..], &left].concat());
        sleep(QUIET);
    }
    // They stay when a playlist on YouTube gets the name of one.
    running.sync(&[("PLc", "A (edited)", 1)]);
    let named = ("YT: A (edited) (6)", songs("PLc", 1));
    wait_for(&mpd.playlists(), &[&kept[..], std::slice::from_ref(&named)].concat());
    sleep(QUIET);
    wait_for(&mpd.playlists(), &[&kept[..], &[named]].concat());
    running.reconfigure(|config| config.sync.materialise = Materialise::Off);
    wait_for(&mpd.playlists(), &kept);
}

#[test]
fn what_the_python_daemon_left_is_taken_over() {
    let Some(mpd) = TestMpd::start("") else { return };
    let left = "http://localhost:8080/proxy/dQw4w9WgXcQ\nhttp://localhost:8080/proxy/dQw4w9WgXcX\n";
    for name in ["YT: A", "YT: Gone"] {
        fs::write(mpd.playlists().join(format!("{name}.m3u")), left).unwrap();
    }
    let mixed = format!("{left}song.flac\n");
    fs::write(mpd.playlists().join("YT: B.m3u"), &mixed).unwrap();
    let running = Running::start(&mpd);
    // It looks at MPD long before YouTube has been listed.
    running.wait_for_users(&["YT: B"]);
    running.sync(&[("PLa", "A", 2), ("PLb", "B", 1)]);
    wait_for(
        &mpd.playlists(),
        &[
            ("YT: A", songs("PLa", 2)),
            ("YT: B", mixed),
            ("YT: B (2)", songs("PLb", 1)),
            ("YT: Gone", left.to_owned()),
        ],
    );
}

#[test]
fn without_its_memory_it_knows_what_is_as_it_should_be() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd);
    let listed = [("PLa", "A", 2), ("PLb", "B", 0)];
    let written = [("YT: A", songs("PLa", 2)), ("YT: B", String::new())];
    running.sync(&listed);
    wait_for(&mpd.playlists(), &written);
    let folder = running.stop();
    fs::write(folder.path().join("materialised.json"), "{\"mpd\":{\"YT").unwrap();
    let running = Running::start_in(folder, &mpd, Materialise::Mpd, "");
    running.wait_for_users(&[]);
    running.sync(&listed);
    sleep(QUIET);
    wait_for(&mpd.playlists(), &written);
    assert!(running.folder.path().join("materialised.json.broken").exists());
    running.sync(&[("PLa", "A", 3), ("PLb", "B", 1)]);
    wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 3)), ("YT: B", songs("PLb", 1))]);
}
