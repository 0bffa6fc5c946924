//! An MPD that is away, refuses us, or has no room.

use std::fs;

use super::*;
use crate::support::client::Client;

#[test]
fn mpd_may_come_late_and_go() {
    let Some(mut mpd) = TestMpd::start("") else { return };
    mpd.stop();
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2)]);
    mpd.restart();
    wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2))]);
    mpd.stop();
    running.sync(&[("PLb", "B", 2)]);
    fs::write(mpd.playlists().join("mine.m3u"), "").unwrap();
    mpd.restart();
    wait_for(&mpd.playlists(), &[("YT: B", songs("PLb", 2)), ("mine", String::new())]);
    // It cleans up later.
    mpd.stop();
    running.reconfigure(|config| config.sync.materialise = Materialise::Off);
    sleep(Duration::from_millis(300));
    mpd.restart();
    wait_for(&mpd.playlists(), &[("mine", String::new())]);
    assert_eq!(*running.problems.borrow(), [""; 0]);
}

#[test]
fn what_a_killed_writer_left_is_tidied_up() {
    let Some(mpd) = TestMpd::start("") else { return };
    mpd.talk(&format!("playlistadd \"{}\" {BASE}/aaaaaaaaaaa/audio", ytmpd::library::UNFINISHED));
    // Claimed, and written as it was on YouTube then; or not.
    let folder = TempDir::new().unwrap();
    let claimed = r#"{"mpd":{"YT: A":{"id":"PLa"},"YT: B":{"id":"PLb"},"YT: C":{"id":"PLc"}}}"#;
    fs::write(folder.path().join("materialised.json"), claimed).unwrap();
    for name in ["YT: A", "YT: C"] {
        fs::write(mpd.playlists().join(format!("{name}.m3u")), songs("PLa", 1)).unwrap();
    }
    let running = Running::start_in(Arc::new(folder), &mpd, Materialise::Mpd, "");
    running.sync(&[("PLa", "A", 2), ("PLb", "B", 2)]);
    wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2)), ("YT: B", songs("PLb", 2))]);
}

#[test]
fn what_went_while_mpd_was_down_goes_after_a_restart() {
    let Some(mut mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2)]);
    wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2))]);
    mpd.stop();
    running.sync(&[]);
    let folder = running.stop();
    mpd.restart();
    let running = Running::start_in(folder, &mpd, Materialise::Mpd, "");
    running.wait_for_users(&[]);
    assert_eq!(lists(&mpd.playlists()).len(), 1, "nobody has said yet that it has gone");
    // Which changes nothing that clients see.
    running.sync(&[]);
    wait_for(&mpd.playlists(), &[]);
}

#[test]
fn a_library_that_was_lost_costs_mpd_nothing() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2), ("PLb", "B", 2), ("PLe", "E", 1), ("PLz", "Z", 2)]);
    let (a, b, e) = (songs("PLa", 2), songs("PLb", 2), songs("PLe", 1));
    let z = |count| ("YT: Z", songs("PLz", count));
    wait_for(&mpd.playlists(), &[("YT: A", a.clone()), ("YT: B", b.clone()), ("YT: E", e.clone()), z(2)]);
    let folder = running.stop();
    mpd.talk("playlistadd \"YT: E\" http://radio.example/");
    let e = e + "http://radio.example/\n";
    let running = Running::start_in(folder, &mpd, Materialise::Mpd, "");
    // One after the other is listed, and the account may not be.
    running.list(&[("PLz", "Z", 3)]);
    wait_for(&mpd.playlists(), &[("YT: A", a), ("YT: B", b.clone()), ("YT: E", e.clone()), z(3)]);
    // What left the library in this life goes, and comes again.
    running.list(&[("PLy", "Y", 1)]);
    let gone = || (!lists(&mpd.playlists()).contains_key("YT: Z")).then_some(());
    eventually("what was there goes", gone);
    running.list(&[("PLz", "Z", 4)]);
    // All that is known by now of one is that it is there.
    running.library.lock().unwrap().set_unlisted(["PLb".parse().unwrap()].into());
    wait_for(&mpd.playlists(), &[("YT: B", b), ("YT: E (edited)", e.clone()), z(4)]);
    running.sync(&[("PLz", "Z", 4)]);
    wait_for(&mpd.playlists(), &[("YT: E (edited)", e), z(4)]);
    assert_eq!(*running.problems.borrow(), [""; 0]);
}

#[test]
fn without_room_for_what_is_ours_only_new_playlists_wait() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2), ("PLb", "B", 2)]);
    let b = || ("YT: B", songs("PLb", 2));
    wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2)), b()]);
    sleep(QUIET);
    // No file can be put there.
    let file = running.folder.path().join("materialised.json");
    fs::remove_file(&file).unwrap();
    fs::create_dir_all(file.join("x")).unwrap();
    for count in 3..6 {
        running.sync(&[("PLa", "A", count), ("PLb", "B", 2), ("PLc", "C", 2)]);
        wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", count)), b()]);
    }
    running.wait_for_problem(&["materialised.json", "no new playlist is written"]);
    running.sync(&[("PLb", "B", 2), ("PLc", "C", 2)]);
    wait_for(&mpd.playlists(), &[b()]);
    // What takes the name meanwhile is the user's.
    mpd.talk(&format!("playlistadd \"YT: C\" {MINE}"));
    let mine = || ("YT: C", MINE.to_owned());
    running.wait_for_users(&["YT: C"]);
    fs::remove_dir_all(&file).unwrap();
    running.reconfigure(|_| {});
    wait_for(&mpd.playlists(), &[b(), mine(), ("YT: C (2)", songs("PLc", 2))]);
    running.wait_until_well();
}

#[test]
fn a_password_opens_mpd() {
    let conf = "password \"secret@read,add,control,admin\"\npassword \"look@read\"\n\
                local_permissions \"\"\ndefault_permissions \"\"";
    let Some(mpd) = TestMpd::start(conf) else { return };
    for (password, words) in [
        ("", ["permission", "`mpd.password`"]),
        ("look", ["permission", "`mpd.password`"]),
        ("wrong", ["refuses", "`mpd.password`"]),
    ] {
        let running = Running::start_as(&mpd, Materialise::Mpd, password);
        running.sync(&[("PLa", "A", 2)]);
        running.wait_for_problem(&words);
        assert!(!running.problems.borrow()[0].contains("secret"));
        assert!(lists(&mpd.playlists()).is_empty());
        // Who may look knows the user's playlists all the same.
        let may_look = password == "look";
        let known = *running.stored.borrow() == StoredPlaylists::Named([].into());
        assert_eq!(known, may_look, "as {password:?}");
        running.reconfigure(|config| {
            config.mpd.password = ytmpd::config::Secret::new("secret".to_owned());
        });
        running.wait_until_well();
        wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2))]);
        running.reconfigure(|config| config.sync.materialise = Materialise::Off);
        wait_for(&mpd.playlists(), &[]);
    }
}

/// What a user puts where none of ours could be written.
const MINE: &str = "http://radio.example/stream\n";

#[test]
fn where_we_may_not_write_nothing_becomes_ours() {
    let conf = "password \"all@read,add,control,admin\"\npassword \"look@read\"\n\
                local_permissions \"\"\ndefault_permissions \"\"";
    let Some(mpd) = TestMpd::start(conf) else { return };
    let running = Running::start_as(&mpd, Materialise::Mpd, "look");
    running.sync(&[("PLa", "A", 2)]);
    running.wait_for_problem(&["permission"]);
    mpd.talk(&format!("password all\nplaylistadd \"YT: A\" {MINE}"));
    running.wait_for_users(&["YT: A"]);
    running.reconfigure(|config| config.mpd.password = ytmpd::config::Secret::new("all".to_owned()));
    wait_for(&mpd.playlists(), &[("YT: A", MINE.to_owned()), ("YT: A (2)", songs("PLa", 2))]);
}

#[test]
fn what_takes_the_place_of_a_failed_write_is_the_users() {
    let Some(mpd) = TestMpd::start("") else { return };
    let name = mpd.playlists().join("YT: A.m3u");
    fs::create_dir(&name).unwrap();
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2)]);
    running.wait_for_problem(&["`YT: A`", "not written to MPD", "writable for MPD's user"]);
    fs::remove_dir(&name).unwrap();
    fs::write(&name, MINE).unwrap();
    mpd.talk("save other");
    let expected = [("YT: A", MINE.to_owned()), ("YT: A (2)", songs("PLa", 2)), ("other", String::new())];
    wait_for(&mpd.playlists(), &expected);
}

#[test]
fn an_mpd_without_stored_playlists_says_so() {
    let Some(mpd) = TestMpd::start_without_playlists("") else { return };
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2)]);
    running.wait_for_problem(&["`playlist_directory`", "mpd.conf"]);
    assert_eq!(*running.stored.borrow(), StoredPlaylists::Disabled);
    running.reconfigure(|config| config.sync.materialise = Materialise::Off);
    running.wait_until_well();
}

#[test]
fn a_playlist_directory_that_is_missing_is_made() {
    let Some(mpd) = TestMpd::start("") else { return };
    fs::remove_dir(mpd.playlists()).unwrap();
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2)]);
    running.wait_for_problem(&["No such file", "`playlist_directory` is there"]);
    assert!(!running.problems.borrow()[0].contains("permission"));
    fs::create_dir(mpd.playlists()).unwrap();
    // It is seen without news of MPD's.
    wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2))]);
    running.wait_until_well();
}

#[test]
fn an_mpd_that_takes_only_short_lists_is_not_run_over() {
    let Some(mpd) = TestMpd::start("max_command_list_size \"4\"") else { return };
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 100)]);
    running.wait_for_problem(&["`max_command_list_size`", "mpd.conf"]);
    // What fits is written all the same.
    running.sync(&[("PLb", "B", 2)]);
    running.reconfigure(|_| {});
    running.wait_until_well();
    wait_for(&mpd.playlists(), &[("YT: B", songs("PLb", 2))]);
}

#[test]
fn what_mpd_refuses_holds_up_nothing_else() {
    let Some(mpd) = TestMpd::start("") else { return };
    // MPD lists no folder, and renames no file onto one.
    let in_the_way = mpd.playlists().join("YT: B.m3u");
    fs::create_dir_all(in_the_way.join("x")).unwrap();
    let mut idler = Client::connect(&mpd.socket());
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2), ("PLb", "B", 2), ("PLc", "C", 2)]);
    let others = [("YT: A", songs("PLa", 2)), ("YT: C", songs("PLc", 2))];
    wait_for(&mpd.playlists(), &others);
    running.wait_for_problem(&["`YT: B`", "not written to MPD"]);
    // It is tried again, but not all the time.
    let mut told = 0;
    let deadline = std::time::Instant::now() + Duration::from_secs(4);
    while std::time::Instant::now() < deadline {
        idler.send("idle stored_playlist");
        sleep(Duration::from_millis(100));
        told += usize::from(idler.ask("noidle").contains("changed"));
    }
    assert!(told < 10, "{told} times");
    fs::remove_dir_all(&in_the_way).unwrap();
    running.wait_until_well();
    let [a, c] = others;
    wait_for(&mpd.playlists(), &[a, ("YT: B", songs("PLb", 2)), c]);
}
