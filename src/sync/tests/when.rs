//! When rounds begin, and what `status` says of that. The clock is paused: time passes as soon as
//! nobody has anything to do.

use super::*;

const HOUR: u64 = 3600;

/// When syncs begin, in seconds, of a daemon that runs for two hours; each takes as long as
/// `script` says. `act` does something at a time.
async fn starts(
    change: impl FnOnce(&mut Config),
    script: Script,
    (at, act): (u64, impl FnOnce(&Running)),
) -> Vec<u64> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = config(folder.path(), &["PLa"]);
    change(&mut config);
    let began = Instant::now();
    let end = began + Duration::from_secs(2 * HOUR);
    let mut running = Running::start(config, &Arc::new(script));
    let mut acting = std::pin::pin!(tokio::time::sleep_until(began + Duration::from_secs(at)));
    let mut act = Some(act);
    let mut starts = vec![];
    loop {
        tokio::select! {
            progress = running.following.recv() => {
                if let Ok(Progress::Started { .. }) = progress {
                    starts.push(began.elapsed().as_secs());
                }
            }
            () = &mut acting, if act.is_some() => act.take().into_iter().for_each(|act| act(&running)),
            () = tokio::time::sleep_until(end) => break,
        }
    }
    running.stop().await;
    starts
}

fn slow(seconds: u64) -> Script {
    let script = Script::default();
    script.has(playlist("PLa", &["one"]));
    script.takes(Duration::from_secs(seconds));
    script
}

fn unreachable() -> Script {
    let script = Script::default();
    script.fails("PLa", || busy(429));
    script
}

fn nothing(_: &Running) {}

fn reload(running: &Running) {
    running.config.send_modify(|_| ());
}

fn wish(running: &Running) {
    running.handle.trigger();
}

#[tokio::test(start_paused = true)]
async fn syncs_begin_at_once_on_time_on_reload_and_when_asked() {
    let never = (0, nothing);
    assert_eq!(starts(|_| {}, slow(0), never).await, [0, 1800, 3600, 5400]);
    assert_eq!(starts(|_| {}, slow(10), never).await, [0, 1810, 3620, 5430]);
    for act in [reload, wish] {
        assert_eq!(starts(|_| {}, slow(0), (600, act)).await, [0, 600, 2400, 4200, 6000]);
        assert_eq!(starts(|config| config.sync.auto = false, slow(0), (600, act)).await, [0, 600]);
    }
    // During a sync: a configuration makes another follow, a wish does not.
    assert_eq!(starts(|config| config.sync.auto = false, slow(60), (30, reload)).await, [0, 60]);
    assert_eq!(starts(|config| config.sync.auto = false, slow(60), (30, wish)).await, [0]);
    let shorter = |running: &Running| running.change(|config| config.sync.interval *= 2);
    assert_eq!(starts(|_| {}, slow(0), (600, shorter)).await, [0, 600, 4200]);
    let short = |config: &mut Config| config.sync.interval = Duration::from_secs(HOUR / 2);
    assert_eq!(starts(short, unreachable(), never).await.get(..3), Some(&[0, 120, 240][..]));
}

#[tokio::test(start_paused = true)]
async fn what_is_new_shows_on_time_though_nothing_else_comes() {
    let mut slow: Listings = futures_util::stream::pending().boxed();
    let at = Instant::now() + Duration::from_secs(20);
    assert!(matches!(step(&mut slow, Some(at)).await, Step::Show));
    assert_eq!(Instant::now(), at);
    assert!(timeout(Duration::from_secs(HOUR), step(&mut slow, None)).await.is_err());
    assert!(matches!(step(&mut futures_util::stream::empty().boxed(), None).await, Step::End));
}

#[tokio::test(start_paused = true)]
async fn a_sync_ends_with_the_newest_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::new(slow(60));
    ["PLb", "PLc"].iter().for_each(|name| script.has(playlist(name, &["two"])));
    let began = Instant::now();
    let mut running = Running::start(config(folder.path(), &["PLa"]), &script);
    // Each during a round, of which the library keeps what it has brought.
    for (at, names, before) in
        [(30, &["PLb"][..], ""), (70, &["PLb", "PLa"], "YT: PLa=one"), (75, &["PLb", "PLc"], "YT: PLa=one")]
    {
        tokio::time::sleep_until(began + Duration::from_secs(at)).await;
        assert_eq!(running.shown(), before);
        running.change(|config| config.youtube.playlists = names.iter().map(|name| id(name)).collect());
        assert_eq!(running.handle.trigger(), Trigger::AlreadyRunning);
    }
    assert_eq!(running.finished().await.playlists_synced, 2);
    assert_eq!((running.shown().as_str(), began.elapsed().as_secs()), ("YT: PLb=two YT: PLc=two", 180));
    assert!(!running.handle.status().running);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn status_says_when_the_next_one_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::new(slow(5));
    let mut running = Running::start(config(folder.path(), &["PLa"]), &script);
    let status = running.handle.status();
    assert_eq!((status.running, status.next, status.last), (true, None, None));
    assert_eq!(running.handle.trigger(), Trigger::AlreadyRunning);
    let result = running.finished().await;
    let status = running.handle.status();
    let (at, last) = status.last.expect("a sync");
    assert_eq!((status.running, &last), (false, &result));
    assert_eq!(status.next, at.checked_add(INTERVAL).ok(), "after the pause, to the second");

    script.fails("PLa", || busy(503));
    assert_eq!(running.handle.trigger(), Trigger::Started);
    assert_eq!(running.handle.trigger(), Trigger::AlreadyRunning, "no window between two");
    assert_eq!(running.handle.status().next, None);
    running.finished().await;
    let status = running.handle.status();
    let next = status.last.and_then(|(at, _)| at.checked_add(Duration::from_secs(120)).ok());
    assert_eq!(status.next, next, "sooner: nothing could be had");

    running.change(|config| config.sync.auto = false);
    running.finished().await;
    assert_eq!(running.handle.status().next, None, "no timer");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn followers_hear_each_step_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::new(Script::default());
    script.has(playlist("PLa", &["one"]));
    script.library(Ok(&["LM", "PLgone"]));
    script.has(playlist("LM", &["two", "three"]));
    let mut config = config(folder.path(), &["PLa"]);
    config.youtube.cookies = Some("cookies.txt".into());
    (config.youtube.library, config.youtube.liked) = (true, true);
    let mut running = Running::start(config, &script);
    let mut heard = vec![];
    loop {
        let progress = running.following.recv().await.expect("an event");
        heard.push(serde_json::to_value(&progress).expect("JSON"));
        if let Progress::Finished(_) = progress {
            break;
        }
    }
    let done = |name: &str, done: usize| serde_json::json!({"event": "playlist_done", "name": name, "done": done, "total": 3});
    assert_eq!(heard[0], serde_json::json!({"event": "sync_started", "total": null}));
    assert_eq!(heard[1..4], [done("PLa", 1), done("LM", 2), done("Tile PLgone", 3)]);
    let expected = serde_json::json!({"event": "sync_finished", "success": false, "playlists_synced": 2,
        "playlists_failed": 1, "tracks_added": 3, "tracks_failed": 4, "duration_seconds": 0.0,
        "errors": ["\"Tile PLgone\" stays as it was: there is no such playlist, or it is private: check the id, and who may see it"]});
    assert_eq!(heard[4], expected);
    assert_eq!(heard.len(), 5);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_a_sync_is_prompt_and_no_success() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::new(slow(5));
    let mut running = Running::start(config(folder.path(), &["PLa", "PLb", "PLc"]), &script);
    script.has(playlist("PLb", &["two"]));
    let first = running.finished().await;
    let (at, _) = running.handle.status().last.expect("a sync");
    script.has(playlist("PLc", &["three"]));
    script.takes(Duration::from_secs(HOUR));
    running.handle.trigger();
    sleep(Duration::from_secs(60)).await;
    let stopping = Instant::now();
    running.stop().await;
    assert!(stopping.elapsed() < Duration::from_secs(1));
    let file = folder.path().join(state::FILE);
    assert_eq!(state::load(&file).expect("a state"), Some((at, first)), "the last that came to its end");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_lists_as_soon_as_was_told() {
    let seconds = Duration::from_secs;
    for (asleep, rests) in [(0, 1800), (600, 1200), (100_000, 120)] {
        let began = Instant::now();
        let wall = || {
            let asleep = if began.elapsed() > seconds(90) { asleep } else { 0 };
            Timestamp::UNIX_EPOCH + began.elapsed() + seconds(asleep)
        };
        rest(seconds(1800), wall).await;
        assert_eq!(began.elapsed(), seconds(rests), "asleep for {asleep} s");
    }
}
