//! What goes wrong at YouTube costs no more than it must, and `ytmpctl` says what to do.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::*;
use crate::fake_youtube::catalogue::Playlist;
use crate::fake_youtube::{MusicFault, MusicRule};

/// The library, at the fake.
const LIBRARY: &str = "FEmusic_liked_playlists";

fn two() -> Catalogue {
    let mut catalogue = Catalogue::empty();
    catalogue.add(Playlist::numbered("PLgood", "Good", "good", 3));
    catalogue.add(Playlist::numbered("PLbad", "Bad", "bad", 101));
    catalogue
}

fn goes_wrong(job: &Job, id: &str, fault: Option<MusicFault>, times: Option<u32>) {
    let rule = MusicRule { fault, times, ..MusicRule::default() };
    job.world.youtube.turn(Knob::MusicOf { id: id.to_owned(), rule });
}

fn status(status: u16, retry_after: Option<u64>) -> MusicFault {
    MusicFault::Status { status, retry_after }
}

#[test]
fn a_page_that_fails() {
    let Some(job) = Job::start(two(), &[]) else { return };
    assert_eq!(job.sync()["tracks_added"], 104);
    for (id, fault, times, words) in [
        ("PLbad", status(500, None), Some(1), None),
        ("PLbad", MusicFault::Hangup, Some(1), None),
        ("PLbad", status(404, None), None, Some(["\"Bad\" stays as it was: ", "check the id"])),
        ("PLbad", status(503, None), None, Some(["\"Bad\" stays as it was: ", "the next sync tries again"])),
        ("LM", MusicFault::SignInPage, None, Some(["sign-in has expired", "export `youtube.cookies` anew"])),
        (
            LIBRARY,
            MusicFault::OtherShape,
            None,
            Some(["library could not be listed", "update yt-dlp and ytmpd"]),
        ),
    ] {
        goes_wrong(&job, id, Some(fault.clone()), times);
        let result = job.sync();
        assert_eq!(result["success"], words.is_none(), "{fault:?}: {result}");
        let shown = job.ctl(&["status"]).text();
        for word in words.iter().flatten() {
            assert_eq!(shown.matches(word).count(), 1, "{fault:?}: {word:?} in\n{shown}");
        }
        job.is_everywhere();
        assert_eq!(job.status()["tracks"], 104, "{fault:?}");
        // What is over is not told any more.
        goes_wrong(&job, id, None, None);
        assert_eq!(job.sync()["success"], true, "{fault:?}");
        let shown = job.ctl(&["status"]).text();
        assert!(!shown.contains("problem") && shown.contains("signed in\n"), "{fault:?}:\n{shown}");
    }
}

#[test]
fn youtube_wants_to_be_left_alone() {
    let Some(job) = Job::start(two(), &[]) else { return };
    job.sync();
    let fault = Some(status(429, Some(3000)));
    job.world.youtube.turn(Knob::Music { rule: MusicRule { fault, ..MusicRule::default() } });
    let began = Instant::now();
    let result = job.sync();
    assert!(began.elapsed() < Duration::from_secs(10), "the round ends: {:?}", began.elapsed());
    assert_eq!(result["playlists_failed"], 3, "{result}");
    let status = job.status();
    let [last, next] =
        ["last_sync", "next_sync"].map(|key| status[key].as_str().unwrap().parse::<Timestamp>());
    let pause = next.unwrap().as_second() - last.unwrap().as_second();
    assert!((2990..=3000).contains(&pause), "{status}");
    let shown = job.ctl(&["status"]).text();
    for words in ["HTTP 429; the next timed sync waits", "3 playlists were not asked for"] {
        assert!(shown.contains(words), "{words:?} in\n{shown}");
    }
    let asked = job.world.youtube.counters().music;
    job.sync();
    assert_eq!(job.world.youtube.counters().music, asked, "it is left alone");
    job.is_everywhere();
}

#[test]
fn a_stall_does_not_keep_the_daemon() {
    let Some(mut job) = Job::start(two(), &[]) else { return };
    job.sync();
    goes_wrong(&job, "PLbad", Some(MusicFault::Stall), None);
    job.ctl(&["sync"]).text();
    eventually("it syncs", || (job.status()["sync_in_progress"] == true).then_some(()));
    assert_eq!(job.ctl(&["sync"]).text(), "Sync already in progress\n");
    let began = Instant::now();
    assert_eq!(job.world.daemon.stop(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(job.parsed("sync_state.json").unwrap()["last_sync_result"]["success"], true);
}
