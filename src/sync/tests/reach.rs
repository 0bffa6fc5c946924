//! What a YouTube that cannot be reached costs, and a playlist that cannot be had.

use super::*;

/// Two at a time are asked for.
const PLAYLISTS: [&str; 9] = ["PL1", "PL2", "PL3", "PL4", "PL5", "PL6", "PL7", "PL8", "PL9"];

/// A script of all of them, which takes so long for each; `failing` have no answer.
fn script(failing: &[&str], seconds: u64) -> Arc<Script> {
    let script = Script::default();
    PLAYLISTS.iter().for_each(|name| script.has(playlist(name, &["one"])));
    failing.iter().for_each(|name| script.fails(name, || busy(503)));
    script.takes(Duration::from_secs(seconds));
    Arc::new(script)
}

#[tokio::test(start_paused = true)]
async fn a_youtube_that_never_answers_is_soon_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = script(&[], 1);
    let mut running = Running::start(config(folder.path(), &PLAYLISTS), &script);
    assert!(running.finished().await.success);
    let shown = running.shown();
    for failure in
        [|| busy(503), || busy(429), || ListError::Unreachable(Unreachable::YtDlp("slow".to_owned()))]
    {
        PLAYLISTS.iter().for_each(|name| script.fails(name, failure));
        script.asked();
        let began = Instant::now();
        let result = running.sync().await;
        assert_eq!(began.elapsed().as_secs(), 2, "three, two at a time");
        assert!(script.asked().len() <= 4);
        assert_eq!((result.success, result.playlists_synced, result.playlists_failed), (false, 0, 9));
        let last = result.errors.last().map(String::as_str);
        let unasked =
            "6 more playlists were not asked for, as YouTube is out of reach, and stay as they were";
        assert_eq!((result.errors.len(), last), (4, Some(unasked)), "{result:?}");
        assert_eq!(running.shown(), shown);
        let status = running.handle.status();
        let pause = status.next.zip(status.last).map(|(next, (at, _))| next.duration_since(at).as_secs());
        assert_eq!(pause, Some(120));
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_playlist_that_has_no_answer_stops_no_other() {
    for failure in [|| busy(503), || busy(429)] {
        let folder = tempfile::tempdir().expect("a folder");
        let script = script(&[], 0);
        ["PL1", "PL2", "PL5", "PL9"].iter().for_each(|name| script.fails(name, failure));
        let mut running = Running::start(config(folder.path(), &PLAYLISTS), &script);
        let result = running.finished().await;
        assert_eq!((result.playlists_synced, result.playlists_failed, result.errors.len()), (5, 4, 4));
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn those_without_an_answer_are_asked_for_last_the_next_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = script(&["PL1", "PL2", "PL3"], 0);
    let mut running = Running::start(config(folder.path(), &PLAYLISTS), &script);
    assert_eq!(running.finished().await.playlists_synced, 0);
    script.asked();
    let result = running.sync().await;
    assert_eq!((result.playlists_synced, result.playlists_failed, result.errors.len()), (6, 3, 3));
    assert_eq!(script.asked().last().map(String::as_str), Some("PL3"));
    assert!(running.shown().starts_with("YT: PL4=one"), "{}", running.shown());
    script.has(playlist("PL1", &["one"]));
    running.sync().await;
    assert!(running.shown().starts_with("YT: PL1=one YT: PL4=one"), "in order: {}", running.shown());
    running.stop().await;
}
