//! What a listener gets while YouTube fails.

use super::Mishap::{
    Cut, Drip, Expire, Fewer, None as Well, Replaced, Silence, Slow, Stall, Status, Unranged,
};
use super::fake::content;
use super::*;
use crate::library::Portion;
use crate::resolver::FaultKind;

const TOTAL: u64 = 2_300_001;

/// Whatever happens on the way, within what is waited out, every byte arrives, once and in place.
#[tokio::test]
async fn passing_failures_are_not_heard() {
    let scripts: [&[Mishap]; 17] = [
        &[Expire],
        &[Well, Expire],
        &[Well, Well, Status(410), Status(404)],
        &[Status(403), Status(403), Well],
        &[Well, Expire, Well, Expire, Well, Expire],
        &[Cut(0)],
        &[Cut(1000), Cut(1), Cut(70_000), Cut(0)],
        &[Well, Cut(400_000), Expire],
        &[Fewer(1)],
        &[Well, Fewer(100_000), Fewer(5), Cut(5)],
        &[Stall(0)],
        &[Well, Stall(300_000), Stall(10)],
        &[Silence],
        &[Drip, Well, Drip],
        &[Status(500), Status(503), Status(429), Status(502)],
        &[Well, Status(500), Expire, Cut(10), Status(429), Stall(3), Fewer(7)],
        &[Unranged, Well, Unranged],
    ];
    let ranges = [("", 0..TOTAL), ("bytes=0-", 0..TOTAL), ("bytes=1234567-", 1_234_567..TOTAL)];
    let runs = scripts.into_iter().flat_map(|script| {
        ranges.clone().map(|(header, range)| async move {
            let rig = Rig::with_pace(PATIENT, TOTAL, script).await;
            let response = rig.song(&[("range", header)]).await;
            let body = response.bytes().await;
            assert!(body.is_ok_and(|body| body == content(range, TOTAL)), "{script:?} {header}");
            assert_eq!(rig.fake.violations.load(std::sync::atomic::Ordering::SeqCst), 0, "{script:?}");
        })
    });
    futures_util::future::join_all(runs).await;
}

/// As a server that is down or overloaded, or one of another network's.
#[tokio::test]
async fn a_url_that_brings_nothing_is_given_up_for_another() {
    let runs = [Status(503), Status(429), Cut(0), Cut(100), Stall(100), Drip, Silence].map(async |mishap| {
        let rig = Rig::with_pace(PATIENT, TOTAL, &[]).await;
        *rig.fake.bad_urls.lock().unwrap() = Some((1, mishap));
        let body = timeout(Duration::from_secs(15), async { rig.song(&[]).await.bytes().await.unwrap() });
        assert!(body.await.is_ok_and(|body| body == content(0..TOTAL, TOTAL)), "{mishap:?}");
        assert_eq!(rig.fake.extracted.lock().unwrap().len(), 2, "{mishap:?}");
        let from_start = rig.fake.reads.lock().unwrap().iter().filter(|read| read.start < 1000).count();
        assert_eq!(from_start, 3, "{mishap:?}: once may be chance");
    });
    futures_util::future::join_all(runs).await;
}

/// As without a network, when neither can be asked.
#[tokio::test]
async fn a_url_for_which_there_is_no_other_is_read_on() {
    let rig = Rig::with_pace(PATIENT, TOTAL, &[]).await;
    rig.relay.cue().keep_ready(vec![video(VIDEO)]);
    until(async || rig.relay.cue().is_ready(video(VIDEO), Portion::START)).await;
    rig.fake.mishaps.lock().unwrap().extend([Status(503), Status(503)]);
    rig.fake.faults.lock().unwrap().push_back(FaultKind::Passing);
    assert!(rig.song(&[]).await.bytes().await.unwrap() == content(0..TOTAL, TOTAL));
    assert_eq!(rig.fake.extracted.lock().unwrap().len(), 2, "the second found none");
}

/// Nor is the URL given to whoever asks next.
#[tokio::test]
async fn what_could_not_be_got_ready_is_tried_at_another_url() {
    let runs = [Status(503), Drip].map(async |mishap| {
        let rig = Rig::new(TOTAL, &[]).await;
        *rig.fake.bad_urls.lock().unwrap() = Some((2, mishap));
        let likely = [0, 1, 2].map(|number| video(&song_id(number)));
        rig.relay.cue().keep_ready(likely.to_vec());
        for song in likely {
            until(async || rig.relay.cue().is_ready(song, Portion::START)).await;
        }
    });
    futures_util::future::join_all(runs).await;
}

#[tokio::test]
async fn a_slow_line_is_no_failure() {
    let total = 200_000;
    let pace = Pace { stall: Duration::from_millis(800), ..PATIENT };
    let rig = Rig::with_pace(pace, total, &[Slow(8_000, 50)]).await;
    assert!(rig.song(&[]).await.bytes().await.unwrap() == content(0..total, total));
    assert_eq!(rig.fake.read_count(), 1);
}

#[tokio::test]
async fn a_resolver_that_fails_for_a_while_is_waited_for() {
    // It remembers a passing fault for three seconds.
    let rig = Rig::with_pace(PATIENT, TOTAL, &[]).await;
    let passing = [FaultKind::Passing, FaultKind::BackOff(Duration::from_millis(20))];
    rig.fake.faults.lock().unwrap().extend(passing);
    assert!(rig.song(&[]).await.bytes().await.unwrap() == content(0..TOTAL, TOTAL));
}

#[tokio::test]
async fn a_clock_that_is_wrong_costs_no_new_urls() {
    let rig = Rig::with_pace(PATIENT, TOTAL, &[]).await;
    *rig.fake.expires.lock().unwrap() = std::time::SystemTime::UNIX_EPOCH;
    assert!(rig.song(&[]).await.bytes().await.unwrap() == content(0..TOTAL, TOTAL));
    assert_eq!(rig.health("resolves").await, 1);
}

#[tokio::test]
async fn what_is_gone_is_skipped_at_once() {
    for kind in [FaultKind::Gone, FaultKind::SignIn] {
        let mut rig = Rig::new(TOTAL, &[]).await;
        rig.fake.faults.lock().unwrap().push_back(kind);
        assert_eq!(rig.song(&[]).await.status(), 404);
        assert_eq!(rig.unavailable.reason(video(VIDEO)).as_deref(), Some("as told"));
        assert!(rig.halts.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_song_that_plays_has_no_reason_not_to() {
    let rig = Rig::new(TOTAL, &[]).await;
    rig.unavailable.insert(video(VIDEO), "as told");
    assert_eq!(rig.song(&[]).await.status(), 200);
    assert_eq!(rig.unavailable.reason(video(VIDEO)), None);
}

#[tokio::test]
async fn mpd_is_stopped_before_a_request_fails() {
    let outages = [
        (Outage::Media(Status(500)), "YouTube's media server answered 500 Internal Server Error"),
        (Outage::Media(Cut(0)), "YouTube's media server broke off"),
        (Outage::Media(Silence), "YouTube's media server does not answer"),
        (Outage::Media(Expire), "YouTube's media server refused the stream's URL with 403 Forbidden"),
        (Outage::Resolver(FaultKind::Passing), "as told"),
        (
            Outage::Resolver(FaultKind::BackOff(Duration::from_secs(3600))),
            "as told; YouTube is asked again in 60 min",
        ),
    ];
    let runs = outages.map(async |(outage, reason)| {
        let mut rig = Rig::new(TOTAL, &[]).await;
        match outage {
            Outage::Media(mishap) => *rig.fake.outage.lock().unwrap() = Some(mishap),
            Outage::Resolver(kind) => rig.fake.faults.lock().unwrap().extend([kind; 1000]),
        }
        let song = rig.client.get(format!("{}/{VIDEO}/audio", rig.base)).send();
        let mut song = std::pin::pin!(song);
        let halt = tokio::select! {
            halt = rig.halts.recv() => halt.unwrap(),
            _ = &mut song => panic!("failed before MPD was stopped: {outage:?}"),
        };
        assert_eq!(halt.video, video(VIDEO));
        assert_eq!(halt.reason, reason);
        halt.done.send(Halted::Stopped).unwrap();
        assert_eq!(song.await.unwrap().status(), 503, "{outage:?}");
        let why = rig.unavailable.reason(video(VIDEO));
        assert_eq!(why.as_deref(), Some(&*halt.reason), "{outage:?}");
    });
    futures_util::future::join_all(runs).await;
}

/// Nor is it asked again and again meanwhile, at this URL or at others.
#[tokio::test]
async fn a_server_that_sends_next_to_nothing_is_given_up() {
    for mishap in [Cut(100), Fewer(100), Drip] {
        let mut rig = Rig::new(TOTAL, &[]).await;
        *rig.fake.outage.lock().unwrap() = Some(mishap);
        let path = format!("{}/{VIDEO}/audio", rig.base);
        let body = async { rig.client.get(path).send().await?.bytes().await };
        let mut body = std::pin::pin!(body);
        let halt = tokio::select! {
            halt = timeout(Duration::from_secs(10), rig.halts.recv()) => halt.expect("an end").unwrap(),
            _ = &mut body => panic!("it ended before MPD was stopped: {mishap:?}"),
        };
        halt.done.send(Halted::Stopped).unwrap();
        assert!(body.await.map_or(0, |body| body.len()) < 100_000, "{mishap:?}");
        assert!(rig.fake.read_count() < 50, "{} reads: {mishap:?}", rig.fake.read_count());
        assert!(rig.fake.extracted.lock().unwrap().len() <= 2, "{mishap:?}");
    }
}

#[derive(Debug, Clone, Copy)]
enum Outage {
    Media(Mishap),
    Resolver(FaultKind),
}

/// MPD opens the next song while one plays, and does not ask again for what failed then.
#[tokio::test]
async fn a_song_whose_turn_has_not_come_is_held_on() {
    for kind in [FaultKind::Passing, FaultKind::BackOff(Duration::from_millis(900))] {
        let mut rig = Rig::new(TOTAL, &[]).await;
        rig.fake.faults.lock().unwrap().push_back(kind);
        let song = rig.client.get(format!("{}/{VIDEO}/audio", rig.base)).send();
        let mut song = std::pin::pin!(song);
        let mut later = 0;
        let response = loop {
            tokio::select! {
                halt = rig.halts.recv() => halt.unwrap().done.send(Halted::Later).unwrap(),
                response = &mut song => break response.unwrap(),
            }
            later += 1;
        };
        assert!(later > 1, "{kind:?}");
        assert!(response.bytes().await.unwrap() == content(0..TOTAL, TOTAL), "{kind:?}");
    }
}

/// What MPD has in hand it would lose, however long ago it was given that.
#[tokio::test]
async fn a_song_that_is_heard_is_tried_again_before_that_ends() {
    let hour = Duration::from_secs(3600);
    let pace = Pace { hold: Duration::ZERO, later: Duration::from_millis(20), latest: hour, ..PACE };
    let mut rig = Rig::with_pace(pace, TOTAL, &[]).await;
    let path = format!("{}/{VIDEO}/audio", rig.base);
    let body = async { rig.client.get(path).send().await.unwrap().bytes().await.unwrap() };
    let mut body = std::pin::pin!(body);
    *rig.fake.outage.lock().unwrap() = Some(Status(500));
    for _ in 0..20 {
        let halt = tokio::select! {
            halt = rig.halts.recv() => halt.unwrap(),
            _ = &mut body => panic!("it has ended"),
        };
        halt.done.send(Halted::Heard(Duration::from_secs(1))).unwrap();
    }
    *rig.fake.outage.lock().unwrap() = None;
    assert!(timeout(Duration::from_secs(10), body).await.expect("the rest") == content(0..TOTAL, TOTAL));
}

/// MPD may be paused for days: what it waits for is tried ever more rarely, until it plays on.
#[tokio::test]
async fn what_is_held_on_is_tried_again_when_mpd_plays_it() {
    let hour = Duration::from_secs(3600);
    let pace = Pace { hold: Duration::ZERO, later: hour, latest: hour, ..PACE };
    let mut rig = Rig::with_pace(pace, TOTAL, &[]).await;
    *rig.fake.outage.lock().unwrap() = Some(Status(500));
    let song = rig.client.get(format!("{}/{VIDEO}/audio", rig.base)).send();
    let mut song = std::pin::pin!(song);
    let halt = tokio::select! {
        halt = rig.halts.recv() => halt.unwrap(),
        _ = &mut song => panic!("failed before MPD was stopped"),
    };
    halt.done.send(Halted::Later).unwrap();
    until(async || rig.unavailable.reason(video(VIDEO)).is_some()).await;
    let tried = rig.fake.read_count();
    *rig.fake.outage.lock().unwrap() = None;
    // Far longer than the usual delay.
    assert!(timeout(4 * PACE.longest_delay, &mut song).await.is_err());
    assert_eq!(rig.fake.read_count(), tried);
    rig.relay.cue().plays(video(VIDEO));
    let response = timeout(Duration::from_secs(10), song).await.expect("an answer").unwrap();
    assert!(response.bytes().await.unwrap() == content(0..TOTAL, TOTAL));
    assert_eq!(rig.unavailable.reason(video(VIDEO)), None);
}

/// A stuck MPD cannot be stopped: the request fails all the same.
#[tokio::test]
async fn a_halt_that_nobody_answers_is_not_waited_for() {
    let rig = Rig::new(TOTAL, &[]).await;
    *rig.fake.outage.lock().unwrap() = Some(Status(500));
    assert_eq!(timeout(Duration::from_secs(5), rig.song(&[])).await.unwrap().status(), 503);
}

/// An MPD that would hang on a short body under a length gets its end; others get a broken
/// connection, and nobody gets a byte that is not the song's.
#[tokio::test]
async fn a_song_that_dies_in_the_middle_ends() {
    for (agent, ends_well) in [(OLD_MPD, true), ("Music Player Daemon 0.24.1", false)] {
        let rig = Rig::new(TOTAL, &[Well]).await;
        let mut response = rig.song(&[("user-agent", agent)]).await;
        *rig.fake.outage.lock().unwrap() = Some(Status(500));
        let mut body = Vec::new();
        let end = loop {
            match response.chunk().await {
                Ok(Some(frame)) => body.extend(frame),
                end => break end,
            }
        };
        assert_eq!(end.is_ok(), ends_well, "{agent}");
        assert!(!body.is_empty() && u64::try_from(body.len()).unwrap() < TOTAL);
        assert!(body == content(0..u64::try_from(body.len()).unwrap(), TOTAL));
        // The relay itself is as well as before.
        *rig.fake.outage.lock().unwrap() = None;
        assert!(rig.song(&[]).await.bytes().await.unwrap() == content(0..TOTAL, TOTAL));
    }
}

/// MPD takes more than it plays: what it has in hand is waited for beyond the usual.
#[tokio::test]
async fn a_song_is_not_given_up_while_it_plays() {
    let pace = Pace { hold: Duration::ZERO, ..PACE };
    let mut rig = Rig::with_pace(pace, TOTAL, &[Well, Well]).await;
    let path = format!("/{}/audio", song_id(0));
    let response = rig.request(&path, &[]).await;
    *rig.fake.outage.lock().unwrap() = Some(Status(500));
    tokio::time::sleep(Duration::from_millis(300)).await;
    *rig.fake.outage.lock().unwrap() = None;
    assert!(response.bytes().await.unwrap() == content(0..TOTAL, TOTAL));
    assert!(rig.halts.try_recv().is_err());
}

/// A cut takes with it what MPD has not played yet.
#[tokio::test]
async fn a_body_is_not_cut_while_there_is_music() {
    let rig = Rig::with_pace(PATIENT, TOTAL, &[Well, Well, Replaced]).await;
    let mut response = rig.request(&format!("/{}/audio", song_id(0)), &[]).await;
    let mut body = Vec::new();
    let read = async {
        loop {
            body.extend(response.chunk().await.unwrap().unwrap());
        }
    };
    let _: Result<(), _> = timeout(Duration::from_secs(1), read).await;
    assert!(!body.is_empty());
    assert!(rig.fake.read_count() >= 4, "it is known that there is another file");
}

#[tokio::test]
async fn another_file_ends_the_body_and_is_what_the_next_request_gets() {
    let rig = Rig::new(TOTAL, &[Well, Replaced]).await;
    let body = rig.song(&[("user-agent", OLD_MPD)]).await.bytes().await.unwrap();
    let read = u64::try_from(body.len()).unwrap();
    assert!(0 < read && read < TOTAL);
    assert!(body == content(0..read, TOTAL));
    // A seek in what was begun is not answered from another file.
    let seek = async || rig.song(&[("range", "bytes=1000-")]).await.status();
    assert_eq!(seek().await, 416);
    assert!(rig.song(&[]).await.bytes().await.unwrap() == content(0..TOTAL + 1, TOTAL + 1));
    assert_eq!(seek().await, 206);
}
