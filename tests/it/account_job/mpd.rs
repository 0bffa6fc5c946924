//! MPD that comes and goes, and has a password.

use super::*;
use crate::fake_youtube::catalogue::Playlist;

fn one() -> Catalogue {
    let mut catalogue = Catalogue::empty();
    catalogue.add(Playlist::numbered("PLone", "One", "one", 3));
    catalogue
}

#[test]
fn a_sync_without_mpd_succeeds_and_mpd_catches_up() {
    let Some(mut job) = Job::start(one(), &[]) else { return };
    job.sync();
    job.is_everywhere();
    for count in [4, 5] {
        job.world.mpd.stop();
        eventually("it is seen", || {
            job.status()["mpd"].as_str().unwrap().starts_with("unreachable: ").then_some(())
        });
        job.world.youtube.turn(numbered("PLone", "One", "one", count));
        assert_eq!(job.sync()["success"], true);
        let status = job.status();
        assert_eq!(
            (&status["errors"], &status["tracks"]),
            (&Value::Array(vec![]), &count.into()),
            "{status}"
        );
        let shown = job.ctl(&["status"]).text();
        assert!(shown.contains("MPD        unreachable: ") && shown.contains("start it, or set"), "{shown}");
        job.world.mpd.restart();
        eventually("it is back", || (job.status()["mpd"] == "connected").then_some(()));
        job.is_everywhere();
    }
}

#[test]
fn a_password_is_asked_for_and_taken() {
    let protected =
        format!("{MUSIC}\npassword \"hush-hush@read,add,control,admin\"\ndefault_permissions \"\"");
    let Some(mpd) = TestMpd::start(&protected) else { return };
    let Some(job) = Job::start_with(mpd, one(), &[], &[]) else { return };
    assert_eq!(job.sync()["success"], true);
    eventually("the user hears of it", || {
        let shown = job.ctl(&["status"]).text();
        shown.contains("mpd.password").then_some(())
    });
    let toml = job.world.daemon.folder().join("config.toml");
    let before = fs::read_to_string(&toml).unwrap();
    fs::write(&toml, format!("{before}mpd.password = \"hush-hush\"\n")).unwrap();
    let said = job.ctl(&["reload"]).text();
    assert_eq!(said, "Configuration reloaded, syncing\nIn effect: mpd.password\n");
    let file = job.world.mpd.playlists().join("YT: One.m3u");
    eventually("it is written", || (fs::read_to_string(&file).ok()?.lines().count() == 3).then_some(()));
    eventually("all is well", || (!job.ctl(&["status"]).text().contains("mpd.password")).then_some(()));
    assert!(!job.world.daemon.log().contains("hush-hush"));
}

#[test]
fn who_idles_hears_of_changes_only() {
    let Some(job) = Job::start(one(), &[]) else { return };
    job.sync();
    job.is_everywhere();
    let [mut proxys, mut mpds] = [job.world.daemon.socket(), job.world.mpd.socket()]
        .map(|at| crate::support::client::Client::connect(&at));
    // The playlists that were just written are told of before anything else is.
    std::thread::sleep(crate::materialise::QUIET);
    for client in [&mut proxys, &mut mpds] {
        client.ask("idle stored_playlist\nnoidle");
        client.send("idle stored_playlist");
    }
    assert_eq!(job.sync()["success"], true);
    for client in [&mut proxys, &mut mpds] {
        assert_eq!(client.ask("noidle"), "OK\n", "nothing has changed");
        client.send("idle stored_playlist");
    }
    job.world.youtube.turn(numbered("PLone", "One", "one", 4));
    job.sync();
    for client in [&mut proxys, &mut mpds] {
        assert_eq!(client.answer(), "changed: stored_playlist\nOK\n");
    }
}
