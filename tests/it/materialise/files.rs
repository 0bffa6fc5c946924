//! Playlists as files in a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::SystemTime;

use super::*;

fn m3u(key: &str, count: usize) -> String {
    let song = |number| format!("#EXTINF:61,The Artist - {key} song {number}\n{}", song(key, number));
    format!("#EXTM3U\n{}", (0..count).map(song).collect::<String>())
}

#[test]
fn a_folder_follows_the_library_without_mpd() {
    let Some(mut mpd) = TestMpd::start("") else { return };
    mpd.stop();
    let home = TempDir::new().unwrap();
    let folder = home.path().join("new/lists");
    let running = Running::start_as(&mpd, Materialise::Files(folder.clone()), "");
    running.sync(&[("PLa", "A/B", 2), ("PLb", "B", 1)]);
    eventually("the folder is made", || folder.exists().then_some(()));
    let a = ("YT: A\u{2215}B", m3u("PLa", 2));
    wait_for(&folder, &[a.clone(), ("YT: B", m3u("PLb", 1))]);
    let mode = fs::metadata(folder.join("YT: B.m3u")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    running.sync(&[("PLa", "A/B", 2), ("PLb", "Bee", 2)]);
    wait_for(&folder, &[a.clone(), ("YT: Bee", m3u("PLb", 2))]);
    // By hand, and what the user has in the folder.
    fs::write(folder.join("YT: Bee.m3u"), "song.flac\n").unwrap();
    fs::write(folder.join("YT: C.m3u"), "mine.flac\n").unwrap();
    fs::write(folder.join("YT: D.m3u"), "http://h/proxy/aaaaaaaaaaa\n").unwrap();
    running.sync(&[("PLb", "Bee", 2), ("PLc", "C", 1), ("PLd", "D", 1)]);
    wait_for(
        &folder,
        &[
            ("YT: Bee", m3u("PLb", 2)),
            ("YT: Bee (edited)", "song.flac\n".to_owned()),
            ("YT: C", "mine.flac\n".to_owned()),
            ("YT: C (2)", m3u("PLc", 1)),
            ("YT: D", m3u("PLd", 1)),
        ],
    );
    // Nothing is written twice.
    let written = || fs::metadata(folder.join("YT: D.m3u")).unwrap().modified().unwrap();
    let before = written();
    running.reconfigure(|_| {});
    running.sync(&[("PLd", "D", 1)]);
    eventually("the others are gone", || (lists(&folder).len() == 3).then_some(()));
    assert_eq!(written(), before);
    // Another folder.
    let other = home.path().join("other");
    running.reconfigure(|config| config.sync.materialise = Materialise::Files(other.clone()));
    eventually("the folder is made", || other.exists().then_some(()));
    wait_for(&other, &[("YT: D", m3u("PLd", 1))]);
    eventually("the old one is left", || (lists(&folder).len() == 2).then_some(()));
    assert_eq!(*running.problems.borrow(), [""; 0]);
}

#[test]
fn what_a_killed_writer_left_in_the_folder_goes() {
    let Some(mpd) = TestMpd::start("") else { return };
    let home = TempDir::new().unwrap();
    let hour = Duration::from_secs(3601);
    for (name, age) in [(".ytmpd-old", hour), (".ytmpd-new", Duration::ZERO), (".other", hour)] {
        let file = fs::File::create(home.path().join(name)).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }
    let running = Running::start_as(&mpd, Materialise::Files(home.path().to_owned()), "");
    running.sync(&[("PLa", "A", 2)]);
    wait_for(home.path(), &[("YT: A", m3u("PLa", 2))]);
    let left = [".ytmpd-old", ".ytmpd-new", ".other"].map(|name| home.path().join(name).exists());
    assert_eq!(left, [false, true, true]);
}

#[test]
fn the_list_in_mpd_goes_when_its_folder_is_another() {
    let Some(mut mpd) = TestMpd::start("") else { return };
    let home = TempDir::new().unwrap();
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2)]);
    for _ in 0..2 {
        wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2))]);
        let files = Materialise::Files(home.path().to_owned());
        running.reconfigure(|config| config.sync.materialise = files);
        wait_for(home.path(), &[("YT: A", m3u("PLa", 2))]);
        wait_for(&mpd.playlists(), &[]);
        running.reconfigure(|config| config.sync.materialise = Materialise::Mpd);
        wait_for(home.path(), &[]);
    }
    // And when MPD was away meanwhile.
    wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2))]);
    sleep(QUIET);
    mpd.stop();
    let files = Materialise::Files(home.path().to_owned());
    running.reconfigure(|config| config.sync.materialise = files);
    wait_for(home.path(), &[("YT: A", m3u("PLa", 2))]);
    mpd.restart();
    wait_for(&mpd.playlists(), &[]);
    sleep(QUIET);
    wait_for(home.path(), &[("YT: A", m3u("PLa", 2))]);
    assert_eq!(*running.stored.borrow(), StoredPlaylists::Named([].into()));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let Some(mpd) = TestMpd::start("") else { return };
    let home = TempDir::new().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let running = Running::start_as(&mpd, Materialise::Files(file.join("lists")), "");
    running.sync(&[("PLa", "A", 2), ("PLb", "B", 2)]);
    running.wait_for_problem(&["`sync.playlist_directory`", file.to_str().unwrap()]);
    fs::remove_file(&file).unwrap();
    running.sync(&[("PLa", "A", 2)]);
    running.wait_until_well();
    wait_for(&file.join("lists"), &[("YT: A", m3u("PLa", 2))]);
}

#[test]
fn the_lists_in_mpd_stay_while_the_folder_cannot_be_written() {
    let Some(mpd) = TestMpd::start("") else { return };
    let home = TempDir::new().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let running = Running::start(&mpd);
    running.sync(&[("PLa", "A", 2)]);
    wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2))]);
    let files = Materialise::Files(file.join("lists"));
    running.reconfigure(|config| config.sync.materialise = files);
    running.wait_for_problem(&["`sync.playlist_directory`", file.to_str().unwrap()]);
    sleep(QUIET);
    wait_for(&mpd.playlists(), &[("YT: A", songs("PLa", 2))]);
    fs::remove_file(&file).unwrap();
    running.reconfigure(|_| {});
    running.wait_until_well();
    wait_for(&file.join("lists"), &[("YT: A", m3u("PLa", 2))]);
    wait_for(&mpd.playlists(), &[]);
}

#[test]
fn mpd_plays_the_files_of_its_own_folder() {
    let Some(mpd) = TestMpd::start("") else { return };
    let folder = mpd.playlists();
    let running = Running::start_as(&mpd, Materialise::Files(folder.clone()), "");
    running.sync(&[("PLa", "A", 2)]);
    wait_for(&folder, &[("YT: A", m3u("PLa", 2))]);
    let listed = mpd.talk("listplaylist \"YT: A\"");
    assert_eq!(listed.matches("/audio\n").count(), 2, "{listed}");
    assert_eq!(mpd.talk("load \"YT: A\""), "OK\n");
    assert!(mpd.talk("status").contains("playlistlength: 2\n"));
    let quiet = || {
        sleep(QUIET);
        let snapshot = running.library.lock().unwrap().snapshot();
        assert_eq!(&*snapshot.virtuals()[0].name, "YT: A");
        assert_eq!(*running.stored.borrow(), StoredPlaylists::Named([].into()));
        assert_eq!(*running.problems.borrow(), [""; 0]);
    };
    quiet();
    // The same folder in other ways, at rest and in haste.
    for wait in [true, false] {
        let rest = || {
            if wait {
                quiet();
            }
        };
        running.reconfigure(|config| config.sync.materialise = Materialise::Mpd);
        wait_for(&folder, &[("YT: A", songs("PLa", 2))]);
        rest();
        let files = Materialise::Files(folder.clone());
        running.reconfigure(|config| config.sync.materialise = files);
        wait_for(&folder, &[("YT: A", m3u("PLa", 2))]);
        rest();
    }
    quiet();
    wait_for(&folder, &[("YT: A", m3u("PLa", 2))]);
    running.reconfigure(|config| config.sync.materialise = Materialise::Off);
    wait_for(&folder, &[]);
}
