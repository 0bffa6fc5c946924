//! The media server's rules.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};

use super::{Outcome, client, client_at};
use crate::fake_youtube::{FakeYouTube, Knob, MediaRule, Says};

/// The 8 MiB song of the default catalogue.
const LARGE: &str = "long_000002";
const MIB: usize = 1 << 20;

async fn start() -> Result<(FakeYouTube, String), Box<dyn std::error::Error>> {
    let fake = FakeYouTube::start().await?;
    let url = fake.media_url_of(LARGE).ok_or("a default song")?;
    Ok((fake, url))
}

async fn status(url: &str, range: &str) -> reqwest::Result<u16> {
    Ok(client().get(url).header("Range", range).send().await?.status().as_u16())
}

#[tokio::test]
async fn only_bounded_ranges_up_to_1_mib_are_served() -> Outcome {
    let (fake, url) = start().await?;
    let other_song = url.replace(LARGE, "focus000001");
    let longer_life = url.replace("expire=1", "expire=2");
    let unsigned = url.split("&sig=").next().unwrap_or_default();
    for (method, url, range, expected) in [
        (Method::GET, &*url, Some("bytes=0-1048575"), 206),
        (Method::GET, &url, Some("bytes=7340032-8388607"), 206),
        (Method::GET, &url, Some("bytes=8388600-9437175"), 206),
        (Method::GET, &url, Some("bytes=8388608-8388609"), 416),
        (Method::GET, &url, None, 403),
        (Method::GET, &url, Some("bytes=0-"), 403),
        (Method::GET, &url, Some("bytes=-500"), 403),
        (Method::GET, &url, Some("bytes=0-1048576"), 403),
        (Method::GET, &url, Some("bytes=9-8"), 403),
        (Method::GET, &url, Some("bytes=0-1,4-5"), 403),
        (Method::HEAD, &url, Some("bytes=0-1"), 403),
        (Method::POST, &url, Some("bytes=0-1"), 403),
        (Method::GET, &other_song, Some("bytes=0-1"), 403),
        (Method::GET, &longer_life, Some("bytes=0-1"), 403),
        (Method::GET, unsigned, Some("bytes=0-1"), 403),
    ] {
        let mut request = client().request(method.clone(), url);
        if let Some(range) = range {
            request = request.header("Range", range);
        }
        assert_eq!(request.send().await?.status(), expected, "{method} {range:?}");
    }
    let counters = fake.counters();
    assert_eq!((counters.media, counters.media_refused), (15, 12));
    assert_eq!(fake.media_log()[1].range.as_deref(), Some("bytes=7340032-8388607"));
    Ok(())
}

#[tokio::test]
async fn a_url_is_for_one_address() -> Outcome {
    let (_fake, url) = start().await?;
    for (from, expected) in [([127, 0, 0, 1], 206), ([127, 0, 0, 2], 403)] {
        let answer = client_at(from.into()).get(&url).header("Range", "bytes=0-1").send().await?;
        assert_eq!(answer.status(), expected, "{from:?}");
    }
    Ok(())
}

#[tokio::test]
async fn ranges_are_the_files_own_bytes() -> Outcome {
    let (fake, url) = start().await?;
    let mut file = Vec::new();
    for first in (0..8 * MIB).step_by(MIB) {
        let range = format!("bytes={first}-{}", first + MIB - 1);
        let answer = client().get(&url).header("Range", range).send().await?;
        assert_eq!(answer.headers()["content-range"], format!("bytes {first}-{}/8388608", first + MIB - 1));
        assert_eq!(answer.headers()["content-type"], "audio/webm");
        file.extend_from_slice(&answer.bytes().await?);
    }
    assert_eq!(file.len(), 8 * MIB);
    assert!(file.starts_with(b"\x1a\x45\xdf\xa3"), "EBML");
    assert_eq!(fake.counters().media_bytes, 8 << 20);
    Ok(())
}

#[tokio::test]
async fn urls_die() -> Outcome {
    let (fake, url) = start().await?;
    assert_eq!(status(&url, "bytes=0-1").await?, 206);
    fake.turn(Knob::ExpireUrls);
    assert_eq!(status(&url, "bytes=0-1").await?, 403, "told to");

    let fresh = fake.media_url_of(LARGE).ok_or("known")?;
    assert_eq!(status(&fresh, "bytes=0-1").await?, 206, "those given out since live");

    fake.turn(Knob::UrlLife { seconds: 0 });
    let short = fake.media_url_of(LARGE).ok_or("known")?;
    assert_eq!(status(&short, "bytes=0-1").await?, 403, "past its `expire`");

    fake.turn(Knob::UrlLife { seconds: 100 });
    fake.turn(Knob::Video { id: LARGE.to_owned(), says: Says::PreRoll(50) });
    let early = fake.media_url_of(LARGE).ok_or("known")?;
    assert_eq!(status(&early, "bytes=0-1").await?, 403, "the advertisement still runs");
    Ok(())
}

#[tokio::test]
async fn a_song_encoded_again_is_another_file_at_the_next_resolve() -> Outcome {
    let (fake, _) = start().await?;
    let song = "focus000001";
    let before = fake.media_url_of(song).ok_or("known")?;
    fake.turn(Knob::Reencode { id: song.to_owned() });
    let after = fake.media_url_of(song).ok_or("known")?;
    let mut lengths = Vec::new();
    for url in [&before, &after] {
        let answer = client().get(url).header("Range", "bytes=0-1048575").send().await?;
        lengths.push(answer.bytes().await?.len());
    }
    assert_ne!(lengths[0], lengths[1]);
    Ok(())
}

#[tokio::test]
async fn rules_hold_for_as_many_requests_as_they_say() -> Outcome {
    let (fake, url) = start().await?;
    let rule = MediaRule { status: Some(429), times: Some(2), ..MediaRule::default() };
    fake.turn(Knob::Media { id: None, rule });
    for expected in [429, 429, 206, 206] {
        assert_eq!(status(&url, "bytes=0-1").await?, expected);
    }
    let rule = MediaRule { status: Some(500), ..MediaRule::default() };
    fake.turn(Knob::Media { id: Some("focus000001".to_owned()), rule });
    assert_eq!(status(&url, "bytes=0-1").await?, 206, "another song's rule");
    let focus = fake.media_url_of("focus000001").ok_or("known")?;
    assert_eq!(status(&focus, "bytes=0-1").await?, 500);
    assert_eq!(status(&focus, "bytes=0-1").await?, 500, "for ever");
    Ok(())
}

#[tokio::test]
async fn bodies_can_be_cut_stalled_and_slowed() -> Outcome {
    let (fake, url) = start().await?;
    let rule = |rule: MediaRule| fake.turn(Knob::Media { id: None, rule });
    let ask = || client().get(&url).header("Range", "bytes=0-9999").send();

    rule(MediaRule { cut_after: Some(1000), ..MediaRule::default() });
    let mut cut = ask().await?;
    assert_eq!((cut.status(), cut.content_length()), (StatusCode::PARTIAL_CONTENT, Some(10_000)));
    assert_eq!(read_all(&mut cut).await, (1000, Ended::Early));

    rule(MediaRule { stall_after: Some(500), ..MediaRule::default() });
    let mut stalled = ask().await?;
    let waited = tokio::time::timeout(Duration::from_millis(300), read_all(&mut stalled)).await;
    assert!(waited.is_err(), "neither more nor an end");

    rule(MediaRule { bytes_per_second: Some(50_000), ..MediaRule::default() });
    let started = Instant::now();
    assert_eq!(read_all(&mut ask().await?).await, (10_000, Ended::Complete));
    assert!(started.elapsed() >= Duration::from_millis(190), "{:?}", started.elapsed());

    rule(MediaRule { latency_ms: 150, ..MediaRule::default() });
    let started = Instant::now();
    ask().await?;
    assert!(started.elapsed() >= Duration::from_millis(150), "{:?}", started.elapsed());
    Ok(())
}

#[derive(Debug, PartialEq)]
enum Ended {
    Complete,
    Early,
}

async fn read_all(answer: &mut reqwest::Response) -> (usize, Ended) {
    let mut length = 0;
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => length += chunk.len(),
            Ok(None) => return (length, Ended::Complete),
            Err(_) => return (length, Ended::Early),
        }
    }
}

#[tokio::test]
async fn covers_are_jpeg() -> Outcome {
    let (fake, _) = start().await?;
    let cover = client().get(format!("{}/vi/{LARGE}/hqdefault.jpg", fake.media_url)).send().await?;
    assert_eq!(cover.headers()["content-type"], "image/jpeg");
    assert!(cover.bytes().await?.starts_with(b"\xff\xd8\xff"));
    assert_eq!(fake.counters().covers, 1);
    Ok(())
}
