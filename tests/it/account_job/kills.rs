//! `kill -9` while it syncs and writes to MPD: every file is whole, and every playlist of MPD's.

use std::thread::sleep;
use std::time::Duration;

use super::*;
use crate::materialise::lists;

const ROUNDS: usize = 12;

#[test]
fn a_kill_at_any_moment_tears_nothing() {
    let Some(mut job) = Job::start(Catalogue::empty(), &[]) else { return };
    let playlists = [("PLone", "One", 3), ("PLtwo", "Two", 150), ("PLbig", "Big", 900)];
    let turn = |job: &Job, round: usize| {
        for (id, title, count) in playlists {
            job.world.youtube.turn(numbered(id, title, &title.to_lowercase(), count + round));
        }
    };
    turn(&job, 0);
    job.sync();
    job.is_everywhere();
    for round in 1..=ROUNDS {
        turn(&job, round);
        job.world.youtube.turn(Knob::RotateCookies);
        job.ctl(&["sync"]);
        // The moment itself is the case.
        sleep(Duration::from_millis(u64::try_from(round).unwrap() * 211 % 1300));
        job.world.daemon.kill();
        assert_eq!(job.parsed("library.json").unwrap()["playlists"].as_array().map(Vec::len), Some(4));
        assert_eq!(job.parsed("sync_state.json").unwrap()["last_sync_result"]["success"], true);
        job.parsed("materialised.json").unwrap();
        for (name, content) in lists(&job.world.mpd.playlists()) {
            let known = playlists.iter().find(|(_, title, _)| name == format!("YT: {title}"));
            let Some((_, title, least)) = known else {
                assert_eq!((name.as_str(), content.as_str()), ("YT: Liked Songs", ""));
                continue;
            };
            let count = content.lines().count();
            let whole = (1..=count).map(|number| {
                job.world.daemon.song(&format!("{:_<5.5}{number:06}", title.to_lowercase())) + "\n"
            });
            assert_eq!(content, whole.collect::<String>());
            assert!((*least..=least + round).contains(&count), "{name} has {count} songs");
        }
        job.world.daemon.spawn();
    }
    assert_eq!(job.sync()["success"], true);
    job.is_everywhere();
    assert_eq!(job.world.youtube.counters().music_refused, 0, "the cookies were kept");
    let log = job.world.daemon.log();
    assert!(!log.contains("damaged") && !log.contains("panicked"), "{log}");
}
