//! What is in memory, and for how long.

use super::super::demand::{AHEAD, CHUNK, HEAD};
use super::super::fetch::Fetcher;
use super::super::song::Song;
use super::fake::content;
use super::*;
use crate::library::{Portion, Readiness};
use crate::resolver::FaultKind;

const MIB: u64 = 1024 * 1024;

#[tokio::test]
async fn an_outage_shorter_than_what_was_read_ahead_is_not_heard() {
    let total = 30 * MIB;
    let rig = Rig::with_pace(PATIENT, total, &[]).await;
    let mut response = rig.song(&[]).await;
    fetched_ahead(&rig).await;
    assert!(rig.health("upstream_bytes").await < total);
    *rig.fake.outage.lock().unwrap() = Some(Mishap::Status(500));
    let mut body = Vec::new();
    while u64::try_from(body.len()).unwrap() < 14 * MIB {
        body.extend(response.chunk().await.unwrap().unwrap());
    }
    *rig.fake.outage.lock().unwrap() = None;
    while let Some(frame) = response.chunk().await.unwrap() {
        body.extend(frame);
    }
    assert!(body == content(0..total, total));
}

/// Each is a run of `yt-dlp`, and the music does not stop yet.
#[tokio::test]
async fn new_urls_are_not_asked_for_while_there_is_music() {
    let total = 30 * MIB;
    let rig = Rig::with_pace(PATIENT, total, &[]).await;
    let mut response = rig.song(&[]).await;
    fetched_ahead(&rig).await;
    *rig.fake.outage.lock().unwrap() = Some(Mishap::Expire);
    let mut body = Vec::new();
    // The sockets between us hold many times as much, which counts as read.
    while u64::try_from(body.len()).unwrap() < MIB {
        body.extend(response.chunk().await.unwrap().unwrap());
    }
    until(async || rig.health("dead_urls").await == 2).await;
    // Far longer than the usual delay.
    tokio::time::sleep(4 * PATIENT.longest_delay).await;
    assert_eq!(rig.health("dead_urls").await, 2);
    *rig.fake.outage.lock().unwrap() = None;
    // Who reads all that is there is not kept waiting.
    while let Some(frame) = response.chunk().await.unwrap() {
        body.extend(frame);
    }
    assert!(body == content(0..total, total));
}

/// Unread by the client, a song is fetched as far ahead as allowed, and no further.
async fn fetched_ahead(rig: &Rig) {
    let fetched = async || rig.health("upstream_bytes").await;
    until(async || {
        let before = fetched().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        before == fetched().await && before > AHEAD - CHUNK
    })
    .await;
}

#[tokio::test]
async fn a_place_is_got_ready_before_what_is_read_ahead() {
    let total = 30 * MIB;
    let rig = Rig::with_pace(PATIENT, total, &[]).await;
    let cue = rig.relay.cue();
    let song: VideoId = video(&song_id(1));
    let at = |seconds| Portion { at: Duration::from_secs(seconds), of: Duration::from_secs(60) };
    // Nobody reads it: its head and the place are all that is fetched.
    assert_eq!(cue.cue(song, at(50)).await, Readiness::Ready);
    assert_eq!(rig.health("upstream_bytes").await, HEAD + CHUNK);
    for (seconds, is_ready) in [(0, true), (50, true), (30, false), (60, false)] {
        assert_eq!(cue.is_ready(song, at(seconds)), is_ready, "{seconds}");
    }
    // Somebody reads it, and the media server stalls for a while.
    let mut response = rig.request(&format!("/{song}/audio"), &[]).await;
    until(async || rig.health("upstream_bytes").await > 4 * MIB).await;
    *rig.fake.outage.lock().unwrap() = Some(Mishap::Silence);
    assert!(timeout(Duration::from_millis(100), cue.cue(song, at(59))).await.is_err());
    *rig.fake.outage.lock().unwrap() = None;
    assert_eq!(cue.cue(song, at(59)).await, Readiness::Ready);
    assert!(response.chunk().await.unwrap().is_some());
}

/// Nor is a song kept in memory for it.
#[tokio::test]
async fn a_place_that_nobody_reads_is_not_tried_for_ever() {
    let pace = Pace { linger: Duration::from_millis(300), ..PATIENT };
    let rig = Rig::with_pace(pace, 30 * MIB, &[]).await;
    let cue = rig.relay.cue();
    let song: VideoId = video(&song_id(1));
    let at = |seconds| Portion { at: Duration::from_secs(seconds), of: Duration::from_secs(60) };
    assert_eq!(cue.cue(song, Portion::START).await, Readiness::Ready);
    *rig.fake.outage.lock().unwrap() = Some(Mishap::Status(500));
    let told = timeout(Duration::from_secs(10), cue.cue(song, at(50))).await;
    assert_eq!(told.expect("an answer"), Readiness::NotNow);
    until(async || rig.health("songs_in_memory").await == 0).await;
}

#[tokio::test]
async fn what_mpd_keeps_is_known() {
    let total = 3 * MIB;
    let rig = Rig::with_pace(PATIENT, total, &[]).await;
    let (cue, song) = (rig.relay.cue(), song_id(1));
    let from = |seconds| Portion { at: Duration::from_secs(seconds), of: Duration::from_secs(60) };
    let kept = || [1, 30, 59].map(|seconds| cue.is_with_mpd(video(&song), from(seconds)));
    let path = format!("/{song}/audio");
    for (agent, range, keeps) in [
        (OLD_MPD, "bytes=0-", [false; 3]),
        ("curl/7.88.1", "bytes=0-", [false; 3]),
        (NEW_MPD, "bytes=1000000-", [false; 3]),
        (NEW_MPD, "bytes=0-1999999", [true, true, false]),
        (NEW_MPD, "bytes=0-", [true; 3]),
        (NEW_MPD, "bytes=1000000-", [true; 3]),
        (OLD_MPD, "bytes=0-", [false; 3]),
    ] {
        let request = [("user-agent", agent), ("range", range)];
        rig.request(&path, &request).await.bytes().await.unwrap();
        assert_eq!(kept(), keeps, "{agent}, {range}");
    }
}

#[tokio::test]
async fn a_seek_is_answered_from_memory_or_jumps() {
    let total = 12 * MIB;
    let rig = Rig::with_pace(PATIENT, total, &[]).await;
    // Nothing but what the seek needs is read before it.
    let far = 10 * MIB;
    let body = rig.song(&[("range", &format!("bytes={far}-"))]).await.bytes().await.unwrap();
    assert!(body == content(far..total, total));
    assert!(rig.health("upstream_bytes").await <= HEAD + 2 * MIB);
    let reads = rig.fake.read_count();
    for range in ["bytes=0-1000", "bytes=11000000-", "bytes=-5"] {
        rig.song(&[("range", range)]).await.bytes().await.unwrap();
    }
    assert_eq!(rig.fake.read_count(), reads, "all of it was in memory");
}

#[tokio::test]
async fn what_is_kept_ready_is_of_a_file_that_can_be_read() {
    let rig = Rig::new(MIB, &[]).await;
    *rig.fake.expires.lock().unwrap() = std::time::SystemTime::now() + Duration::from_millis(400);
    rig.relay.cue().keep_ready(vec![video(VIDEO)]);
    until(async || rig.relay.cue().is_ready(video(VIDEO), Portion::START)).await;
    *rig.fake.expires.lock().unwrap() += Duration::from_secs(3600);
    until(async || rig.fake.read_count() == 2).await;
    until(async || rig.relay.cue().is_ready(video(VIDEO), Portion::START)).await;
}

#[tokio::test]
async fn a_song_whose_task_breaks_off_ends() {
    let rig = Rig::new(MIB, &[Mishap::Silence]).await;
    let deck = Arc::clone(&rig.relay.site.deck);
    let song = Arc::new(Song::new(video(VIDEO)));
    let reader = song.open().unwrap();
    let task = tokio::spawn(Fetcher::new(Arc::clone(&song), deck).run());
    until(async || rig.fake.read_count() == 1).await;
    task.abort();
    let end = timeout(Duration::from_secs(5), reader.version()).await.expect("an end");
    assert!(end.is_err() && song.open().is_none());
}

#[tokio::test]
async fn a_seek_does_not_wait_for_a_read_that_hangs_elsewhere() {
    for hangs in [Mishap::Stall(10), Mishap::Silence] {
        let total = 12 * MIB;
        let pace = Pace { stall: Duration::from_secs(60), ..PACE };
        let rig = Rig::with_pace(pace, total, &[Mishap::None, Mishap::None, hangs]).await;
        let _old = rig.song(&[]).await;
        until(async || rig.fake.read_count() == 3).await;
        let seek = rig.song(&[("range", "bytes=9000000-")]);
        let body = timeout(Duration::from_secs(5), seek).await.expect("a seek").bytes().await.unwrap();
        assert!(body == content(9_000_000..total, total), "{hangs:?}");
    }
}

#[tokio::test]
async fn memory_is_bounded_and_what_nobody_reads_goes_first() {
    let total = 15 * MIB;
    let rig = Rig::with_pace(PATIENT, total, &[]).await;
    for number in 0..6 {
        let path = format!("/{}/audio", song_id(number));
        assert!(rig.request(&path, &[]).await.bytes().await.unwrap() == content(0..total, total));
        assert!(rig.health("bytes_in_memory").await <= 64 * MIB);
    }
    assert!(rig.health("bytes_in_memory").await > 40 * MIB);
    // The newest is still there, the oldest is not.
    let reads = rig.fake.read_count();
    rig.request(&format!("/{}/audio", song_id(5)), &[("range", "bytes=5-9")]).await.bytes().await.unwrap();
    assert_eq!(rig.fake.read_count(), reads);
    rig.request(&format!("/{}/audio", song_id(0)), &[("range", "bytes=5-9")]).await.bytes().await.unwrap();
    assert!(rig.fake.read_count() > reads);
}

#[tokio::test]
async fn a_song_that_nobody_wants_leaves_memory() {
    let pace = Pace { linger: Duration::from_millis(50), ..PACE };
    let rig = Rig::with_pace(pace, MIB, &[]).await;
    rig.song(&[]).await.bytes().await.unwrap();
    until(async || rig.health("songs_in_memory").await == 0).await;
    assert_eq!(rig.health("bytes_in_memory").await, 0);
}

#[tokio::test]
async fn a_cued_song_is_answered_from_memory() {
    let rig = Rig::new(5 * MIB, &[]).await;
    let cue = rig.relay.cue();
    assert!(!cue.is_ready(video(VIDEO), Portion::START));
    // Sessions live on another runtime.
    let elsewhere = Arc::clone(&cue);
    let readiness = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(elsewhere.cue(video(VIDEO), Portion::START))
    });
    assert_eq!(readiness.await.unwrap(), Readiness::Ready);
    assert!(cue.is_ready(video(VIDEO), Portion::START));
    assert_eq!(rig.fake.reads.lock().unwrap().as_slice(), std::slice::from_ref(&(0..HEAD)));
    *rig.fake.outage.lock().unwrap() = Some(Mishap::Silence);
    let head = rig.song(&[]).await.chunk().await.unwrap();
    assert!(head.is_some_and(|head| !head.is_empty()));
}

#[tokio::test]
async fn a_cue_says_what_came_of_it() {
    for (fault, readiness) in [
        (FaultKind::Gone, Readiness::Never("as told".to_owned())),
        (FaultKind::Passing, Readiness::NotNow),
        (FaultKind::BackOff(Duration::from_secs(60)), Readiness::NotNow),
    ] {
        let mut rig = Rig::new(MIB, &[]).await;
        rig.fake.faults.lock().unwrap().push_back(fault);
        assert_eq!(rig.relay.cue().cue(video(VIDEO), Portion::START).await, readiness);
        assert!(rig.halts.try_recv().is_err(), "nobody waits: MPD is not stopped");
    }
    let rig = Rig::new(MIB, &[]).await;
    assert!(matches!(rig.relay.cue().cue(video("unknown0000"), Portion::START).await, Readiness::Never(_)));
}

#[tokio::test]
async fn the_likely_songs_are_kept_ready() {
    let pace = Pace { linger: Duration::from_millis(50), ..PACE };
    let rig = Rig::with_pace(pace, MIB, &[]).await;
    rig.fake.faults.lock().unwrap().extend([FaultKind::Passing, FaultKind::Passing]);
    let cue = rig.relay.cue();
    let likely: Vec<_> = (0..4).map(|number| video(&song_id(number))).collect();
    let ready = async || likely.iter().filter(|video| cue.is_ready(**video, Portion::START)).count();
    cue.keep_ready(likely.clone());
    until(async || ready().await == 4).await;
    assert_eq!(rig.health("bytes_in_memory").await, 4 * HEAD);
    // They stay, though nobody reads, until they are likely no more.
    tokio::time::sleep(3 * pace.linger).await;
    assert_eq!(ready().await, 4);
    cue.keep_ready(vec![]);
    until(async || rig.health("songs_in_memory").await == 0).await;
}

/// Whoever skips through a queue opens each of its songs.
#[tokio::test]
async fn songs_that_were_skipped_are_not_looked_up() {
    let pace = Pace { linger: Duration::from_millis(20), ..PACE };
    let rig = Rig::with_pace(pace, MIB, &[]).await;
    let taken = rig.fake.extractions.available_permits();
    assert_eq!(rig.fake.extractions.forget_permits(taken), taken);
    let (cue, deck) = (rig.relay.cue(), &rig.relay.site.deck);
    for number in 0..9 {
        let song = video(&song_id(number));
        // As the session does before MPD opens it.
        assert!(timeout(Duration::ZERO, cue.cue(song, Portion::START)).await.is_err());
        drop(deck.open(song));
    }
    cue.keep_ready(vec![video(&song_id(9))]);
    cue.keep_ready(vec![video(VIDEO)]);
    until(async || rig.health("songs_in_memory").await == 1).await;
    rig.fake.extractions.add_permits(taken);
    until(async || cue.is_ready(video(VIDEO), Portion::START)).await;
    let extracted = rig.fake.extracted.lock().unwrap().clone();
    // Two were under way.
    assert!(extracted.len() <= 3 && extracted.last() == Some(&video(VIDEO)), "{extracted:?}");
}

#[tokio::test]
async fn a_song_that_is_gone_is_not_tried_again_and_again() {
    let rig = Rig::new(MIB, &[]).await;
    rig.fake.faults.lock().unwrap().extend([FaultKind::Gone; 1000]);
    rig.relay.cue().keep_ready(vec![video(VIDEO)]);
    until(async || rig.health("resolves").await > 0).await;
    tokio::time::sleep(5 * PACE.keep_retry).await;
    assert_eq!(rig.health("resolves").await, 1);
}
