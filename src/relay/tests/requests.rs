//! What requests are answered with when nothing fails.

use super::fake::content;
use super::*;

const TOTAL: u64 = 1_500_000;

#[tokio::test]
async fn only_the_routes_exist() {
    let rig = Rig::with_pace(PATIENT, TOTAL, &[]).await;
    for (path, status) in [
        ("/dQw4w9WgXcQ/audio", 200),
        ("/dQw4w9WgXcQ/audio#fragment", 200),
        ("/dQw4w9WgXcQ/audio?x=1", 404),
        ("/dQw4w9WgXcQ/audio/", 404),
        ("/dQw4w9WgXcQ", 404),
        ("/unknown0000/audio", 404),
        ("/notanid/audio", 404),
        ("/dQw4w9WgXcQ/cover.png", 404),
        ("/playlist/PLx.pls", 200),
        ("/playlist/PLx", 404),
        ("/playlist/PLy.pls", 404),
        ("/playlist/PLx.pls?x", 404),
        ("/check/list.pls", 200),
        ("/check/list.xspf", 200),
        ("/check/list.m3u", 404),
        ("/check/list.pls?x", 404),
        ("/health", 200),
        ("/", 404),
    ] {
        assert_eq!(rig.request(path, &[]).await.status(), status, "{path}");
    }
    let post = rig.client.post(format!("{}/{VIDEO}/audio", rig.base)).send().await.unwrap();
    assert_eq!(post.status(), 404);
    assert_eq!(rig.fake.violations.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn ranges_and_framing() {
    let rig = Rig::with_pace(PATIENT, TOTAL, &[]).await;
    for agent in [OLD_MPD, "Music Player Daemon 0.24.1"] {
        for (range, status, bytes) in [
            ("", 200, 0..TOTAL),
            ("bytes=0-", 206, 0..TOTAL),
            ("bytes=700000-", 206, 700_000..TOTAL),
            ("bytes=1499999-", 206, TOTAL - 1..TOTAL),
            ("bytes=100-199", 206, 100..200),
            ("bytes=-4", 206, TOTAL - 4..TOTAL),
            ("bytes=1500000-", 416, 0..0),
        ] {
            let response = rig.song(&[("user-agent", agent), ("range", range)]).await;
            let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(response.status(), status, "{range}");
            if status == 416 {
                assert_eq!(header("content-range"), Some(format!("bytes */{TOTAL}")));
                continue;
            }
            let sized = (agent != OLD_MPD).then(|| (bytes.end - bytes.start).to_string());
            assert_eq!(header("content-length"), sized, "{range}");
            assert_eq!(header("content-type").as_deref(), Some("audio/webm"));
            assert_eq!(header("accept-ranges").as_deref(), Some("bytes"));
            let part = (status == 206).then(|| format!("bytes {}-{}/{TOTAL}", bytes.start, bytes.end - 1));
            assert_eq!(header("content-range"), part);
            assert!(response.bytes().await.unwrap() == content(bytes, TOTAL), "{range}");
        }
    }
    // All of it was read once, in bounded ranges.
    assert_eq!(rig.health("upstream_bytes").await, TOTAL);
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let rig = Rig::with_pace(PATIENT, TOTAL, &[]).await;
    let response = rig.client.head(format!("{}/{VIDEO}/audio", rig.base)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-length"], TOTAL.to_string().as_str());
}

#[tokio::test]
async fn the_playlist_names_the_songs() {
    let rig = Rig::with_pace(PATIENT, TOTAL, &[]).await;
    let pls = rig.request("/playlist/PLx.pls", &[]).await.text().await.unwrap();
    assert!(pls.starts_with("[playlist]\nFile1=http://relay/dQw4w9WgXcQ/audio\nTitle1=Tone\nLength1=0\n"));
    assert!(pls.ends_with("NumberOfEntries=11\nVersion=2\n"));
}

#[tokio::test]
async fn a_cover_is_there_the_second_time() {
    let rig = Rig::with_pace(PATIENT, TOTAL, &[]).await;
    let path = format!("/{VIDEO}/cover.jpg");
    assert_eq!(rig.request(&path, &[]).await.status(), 404);
    until(async || rig.request(&path, &[]).await.status() == 200).await;
    let cover = rig.request(&path, &[]).await;
    assert_eq!(cover.headers()["content-type"], "image/jpeg");
    assert_eq!(cover.bytes().await.unwrap(), "picture");
}

#[tokio::test]
async fn a_stop_ends_bodies_and_everything_else() {
    let rig = Rig::with_pace(PATIENT, 40_000_000, &[]).await;
    let unread = rig.song(&[]).await;
    *rig.fake.outage.lock().unwrap() = Some(Mishap::Silence);
    let held = rig.request("/song0000001/audio", &[]);
    let heads = || rig.fake.reads.lock().unwrap().iter().filter(|range| range.start == 0).count();
    let stop = async {
        until(async || heads() == 2).await;
        rig.shutdown.cancel();
    };
    let (held, ()) = tokio::join!(held, stop);
    assert_eq!(held.status(), 503);
    assert!(unread.bytes().await.is_err());
    timeout(Duration::from_secs(5), rig.serving).await.unwrap().unwrap();
    assert!(rig.relay.site.deck.tasks.is_empty());
}
