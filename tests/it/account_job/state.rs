//! The state folder: one daemon's alone, and not to be relied on.

use std::collections::BTreeSet;
use std::process::Command;

use super::*;
use crate::fake_youtube::catalogue::{FOCUS, Playlist};
use crate::materialise::lists;
use crate::support::daemon::free_port;

#[test]
fn a_second_daemon_names_the_first_and_leaves_it_alone() {
    let Some(job) = Job::start(Catalogue::library(1, 2), &[]) else { return };
    job.sync();
    let other = tempfile::TempDir::new().unwrap();
    let [folder, control] = [job.world.daemon.folder().to_owned(), job.world.daemon.control()];
    let pid = job.world.daemon.pid().to_string();
    for (state, socket) in
        [(&folder, &other.path().join("control")), (&other.path().to_owned(), &control), (&folder, &control)]
    {
        let config = other.path().join("config.toml");
        let proxy = other.path().join("proxy");
        let toml = format!(
            "proxy.listen = [{proxy:?}]\nrelay.listen = \"127.0.0.1:{}\"\nstate.directory = {state:?}\ncontrol.socket = {socket:?}\n",
            free_port()
        );
        fs::write(&config, toml).unwrap();
        let second = Command::new(env!("CARGO_BIN_EXE_ytmpd")).arg("--config").arg(&config).output().unwrap();
        let says = String::from_utf8_lossy(&second.stderr).into_owned();
        assert_eq!(second.status.code(), Some(69), "{says}");
        assert!(says.contains(&pid) && says.contains("another ytmpd"), "{says}");
        assert!(!proxy.exists());
        // The first goes on, its sockets and its files too.
        assert_eq!(job.sync()["success"], true);
        job.is_everywhere();
    }
}

#[test]
fn a_state_folder_that_cannot_be_written_loses_nothing_and_is_told() {
    let mut catalogue = Catalogue::empty();
    catalogue.add(Playlist::numbered("PLone", "One", "one", 3));
    let home = tempfile::TempDir::new().unwrap();
    let state = home.path().join("state");
    let directory = format!("directory = {state:?}");
    let Some(mut job) = Job::start(catalogue, &[("state", &directory)]) else { return };
    job.sync();
    job.is_everywhere();
    // Nothing can be written, whoever the tests run as.
    let aside = home.path().join("aside");
    fs::rename(&state, &aside).unwrap();
    fs::write(&state, "no folder").unwrap();
    job.world.youtube.turn(numbered("PLone", "One", "one", 4));
    assert_eq!(job.sync()["playlists_synced"], 2);
    let shown = job.ctl(&["status"]).text();
    for words in ["the library is not saved: ", "make room, or make the folder writable"] {
        assert!(shown.contains(words), "{words:?} in\n{shown}");
    }
    assert_eq!(job.status()["tracks"], 4, "it is followed all the same");
    let mut client = job.world.client();
    assert_eq!(client.ask("listplaylist \"YT: One\"").matches("file: ").count(), 4);

    fs::remove_file(&state).unwrap();
    fs::rename(&aside, &state).unwrap();
    job.sync();
    eventually("all is well", || (!job.ctl(&["status"]).text().contains("problem")).then_some(()));
    job.is_everywhere();
    job.world.daemon.kill();
    let kept = fs::read_to_string(state.join("library.json")).unwrap();
    assert!(kept.contains("one__000004"), "{kept}");
}

#[test]
fn a_full_disk_loses_nothing_and_is_told() {
    let mut catalogue = Catalogue::empty();
    catalogue.add(Playlist::numbered("PLone", "One", "one", 3));
    let home = tempfile::TempDir::new().unwrap();
    let directory = format!("directory = {:?}", home.path());
    let Some(mut job) = Job::start(catalogue, &[("state", &directory)]) else { return };
    job.sync();
    job.world.daemon.kill();
    let Some(state) = job.world.daemon.spawn_with_small(home.path(), 1024) else { return };
    job.sync();
    job.is_everywhere();
    let before = fs::read_to_string(state.join("library.json")).unwrap();
    let files =
        || fs::read_dir(&state).unwrap().map(|file| file.unwrap().file_name()).collect::<BTreeSet<_>>();
    let names = files();
    // The next library fits in part.
    let filler = state.join("filler");
    fs::write(&filler, vec![0; 960 << 10]).unwrap();
    job.world.youtube.turn(numbered("PLone", "One", "one", 1000));
    assert_eq!(job.sync()["playlists_synced"], 2);
    let shown = job.ctl(&["status"]).text();
    for words in ["the library is not saved: ", "No space left on device", "make room"] {
        assert!(shown.contains(words), "{words:?} in\n{shown}");
    }
    assert_eq!(fs::read_to_string(state.join("library.json")).unwrap(), before);
    fs::remove_file(&filler).unwrap();
    assert_eq!(files(), names, "no part of it is left");
    // It is listed, played and written to MPD all the same.
    job.is_everywhere();

    job.world.youtube.turn(numbered("PLone", "One", "one", 100));
    job.sync();
    eventually("all is well", || (!job.ctl(&["status"]).text().contains("problem")).then_some(()));
    let after = fs::read_to_string(state.join("library.json")).unwrap();
    assert!(after.contains("one__000100"), "{after}");
}

/// Its playlists are in MPD, and it was forgotten that they are on YouTube.
#[test]
fn a_library_that_is_torn_costs_mpd_nothing() {
    let Some(mpd) = TestMpd::start(MUSIC) else { return };
    let Some(mut job) = Job::start_with(mpd, Catalogue::default(), &[FOCUS], &[]) else { return };
    job.sync();
    job.is_everywhere();
    let written = lists(&job.world.mpd.playlists());
    let all = written.len();
    assert!(all > 2, "{all} playlists");
    let library = job.world.daemon.folder().join("library.json");
    // While YouTube takes the cookies, and then does not; and what that leaves in the library.
    for (is_torn, auth, listed) in [(true, "valid", all), (true, "expired", 1), (false, "expired", 1)] {
        job.world.daemon.kill();
        if is_torn {
            fs::write(&library, "{\"version\":1,\"tracks\":[{\"id\"").unwrap();
        }
        if auth == "expired" {
            job.world.youtube.turn(Knob::SignInAnew);
        }
        job.world.daemon.spawn();
        eventually("it has synced", || {
            assert_eq!(lists(&job.world.mpd.playlists()), written, "while it syncs");
            let status = job.status();
            (status["sync_in_progress"] == false).then(|| assert_eq!(status["auth"], auth))
        });
        assert_eq!(job.list().len(), listed);
    }
    assert_eq!(job.world.client().ask("listplaylists").matches("playlist: ").count(), all);
    fs::write(job.world.mpd.music().join("cookies.txt"), job.world.youtube.cookies_txt()).unwrap();
    assert_eq!(job.sync()["success"], true);
    job.is_everywhere();
    assert_eq!(lists(&job.world.mpd.playlists()), written);
}
