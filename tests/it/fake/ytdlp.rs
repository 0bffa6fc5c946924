//! The real `yt-dlp` takes the fake for YouTube: it resolves, lists and fails as it would there.
//!
//! Its JavaScript runtime, if any, is looked for beside it.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tokio::process::Command;
use tokio::task::JoinSet;

use super::Outcome;
use crate::fake_youtube::catalogue::{EMPTY, LARGE, NAMES, PRIVATE, QUIRKS};
use crate::fake_youtube::{FakeYouTube, Knob, Says};
use crate::support::programs;

/// ytmpd's default `resolver.format`.
const FORMAT: &str = "bestaudio[acodec=opus][protocol~='^https?$'][format_id!*=drc]/bestaudio[protocol~='^https?$'][format_id!*=drc]/18";

/// This many at once: each is a Python of 50 MB that keeps a core busy for half a second.
const AT_ONCE: usize = 3;

async fn run(program: &Path, proxy: &str, arguments: &[&str]) -> std::io::Result<Output> {
    let beside = program.parent().unwrap_or(Path::new(""));
    let mut path = OsString::from(beside);
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    Command::new(program)
        .env("PATH", path)
        .args(["--ignore-config", "--no-cache-dir", "--no-progress", "--extractor-retries", "1", "-J"])
        .args(["--proxy", proxy, "--no-check-certificates"])
        .args(arguments)
        .kill_on_drop(true)
        .output()
        .await
}

async fn resolve(program: &Path, proxy: &str, id: &str, more: &[&str]) -> std::io::Result<Output> {
    let url = format!("https://music.youtube.com/watch?v={id}");
    let arguments = [&["--no-playlist", "-f", FORMAT], more, &["--", &url]].concat();
    run(program, proxy, &arguments).await
}

#[tokio::test]
async fn it_resolves() -> Outcome {
    let Some(program) = programs::find("yt-dlp") else { return Ok(()) };
    let fake = FakeYouTube::start().await?;
    let fast =
        ["--extractor-args", "youtube:player_client=visionos;player_skip=webpage,configs,js,initial_data"];
    // Watch pages and player calls: without a JavaScript runtime yt-dlp asks fewer clients by itself.
    let mut asked = Vec::new();
    for more in [&[][..], &fast] {
        let output = resolve(&program, &fake.proxy_url, "focus000001", more).await?;
        let song: Value = serde_json::from_slice(&output.stdout)?;
        for (key, expected) in [
            ("format_id", "251"),
            ("ext", "webm"),
            ("acodec", "opus"),
            ("protocol", "http"),
            ("title", "focus song 1"),
            ("artist", "Artist 1"),
            ("album", "Album 1"),
        ] {
            assert_eq!(song[key], expected, "{key} {}", String::from_utf8_lossy(&output.stderr));
        }
        let url = song["url"].as_str().unwrap_or_default();
        assert!(url.starts_with(&fake.media_url), "{url}");
        let audio = super::client().get(url).header("Range", "bytes=0-1048575").send().await?;
        assert_eq!(Some(audio.bytes().await?.len() as u64), song["filesize"].as_u64());
        let offered: Vec<&str> = song["formats"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["format_id"].as_str())
            .collect();
        assert!(offered.contains(&"140") && offered.contains(&"251-drc"), "{offered:?}");
        let counters = fake.counters();
        asked.push((counters.watch, counters.player));
    }
    assert!(asked[0].0 == 1 && asked[0].1 >= 1, "{asked:?}");
    assert_eq!(asked[1], (1, asked[0].1 + 1), "the second way is one request");
    Ok(())
}

#[tokio::test]
async fn it_fails_with_the_words_of_each_class() -> Outcome {
    let Some(program) = programs::find("yt-dlp") else { return Ok(()) };
    let fake = FakeYouTube::start().await?;
    const FAILED: &str = "ERROR: [youtube] ID: Failed to extract any player response";
    const NONE_FITS: &str = "ERROR: [youtube] ID: Requested format is not available";
    const ONLY_PICTURES: &str = "WARNING: Only images are available for download";
    let classes: [(Says, &'static [&'static str]); 20] = [
        (
            Says::Private,
            &["ERROR: [youtube] ID: This video is private. Sign in if you've been granted access"],
        ),
        (
            Says::Removed,
            &["ERROR: [youtube] ID: Video unavailable. This video has been removed by the uploader"],
        ),
        (
            Says::Terminated,
            &[
                "ERROR: [youtube] ID: Video unavailable.",
                "account associated with this video has been terminated",
            ],
        ),
        (Says::Unavailable, &["ERROR: [youtube] ID: Video unavailable\n"]),
        (
            Says::AgeGated,
            &["ERROR: [youtube] ID: Sign in to confirm your age. This video may be inappropriate"],
        ),
        (
            Says::GeoBlocked,
            &[
                "ERROR: [youtube] ID: The uploader has not made this video available in your country\n",
                "You might want to use a VPN",
            ],
        ),
        (Says::BotCheck, &["ERROR: [youtube] ID: Sign in to confirm you\u{2019}re not a bot. Use --cookies"]),
        (
            Says::RateLimited,
            &[
                "ERROR: [youtube] ID: This content isn't available, try again later. The current session has been rate-limited",
            ],
        ),
        (Says::PremiumOnly, &["ERROR: [youtube] ID: This video is only available to Music Premium members"]),
        (
            Says::MembersOnly,
            &["ERROR: [youtube] ID: Join this channel to get access to members-only content"],
        ),
        (Says::LiveOffline, &["ERROR: [youtube] ID: This live event will begin in 3 hours."]),
        (Says::NoAudio, &[NONE_FITS]),
        (Says::SabrOnly, &["SABR-only streaming experiment", ONLY_PICTURES, NONE_FITS]),
        (Says::Challenged, &["ID: n challenge solving failed", ONLY_PICTURES, NONE_FITS]),
        (Says::Ciphered, &["ID: Signature solving failed", ONLY_PICTURES, NONE_FITS]),
        (
            Says::Captcha,
            &[
                "ERROR: [youtube] ID: Video unavailable. YouTube is requiring a captcha challenge before playback\n",
            ],
        ),
        (Says::Status(429), &["ID: Unable to download API page: HTTP Error 429", FAILED]),
        (Says::Status(403), &["ID: Unable to download API page: HTTP Error 403", FAILED]),
        (Says::Status(500), &["ID: Unable to download API page: HTTP Error 500", FAILED]),
        (Says::Status(404), &["ID: Unable to download API page: HTTP Error 404", FAILED]),
    ];
    let mut running = JoinSet::new();
    for (number, (says, expected)) in classes.into_iter().enumerate() {
        let id = format!("class{number:06}");
        fake.turn(Knob::Video { id: id.clone(), says: says.clone() });
        while running.len() >= AT_ONCE {
            running.join_next().await.transpose()?;
        }
        let (program, proxy) = (program.clone(), fake.proxy_url.clone());
        running.spawn(async move {
            let output = resolve(&program, &proxy, &id, &[]).await.expect("it was found");
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{says:?} {stderr}");
            for part in expected {
                assert!(stderr.contains(&part.replace("ID", &id)), "{says:?}\n{part}\n{stderr}");
            }
        });
    }
    while let Some(done) = running.join_next().await {
        done?;
    }
    Ok(())
}

#[tokio::test]
async fn songs_with_conditions_resolve() -> Outcome {
    let Some(program) = programs::find("yt-dlp") else { return Ok(()) };
    let fake = FakeYouTube::start().await?;
    let id = "focus000002";
    for (says, format) in [(Says::M4aOnly, "140"), (Says::Slow(200), "251"), (Says::PreRoll(90), "251")] {
        fake.turn(Knob::Video { id: id.to_owned(), says: says.clone() });
        let output = resolve(&program, &fake.proxy_url, id, &[]).await?;
        let song: Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(song["format_id"], format, "{says:?}");
        let wait =
            song["available_at"].as_f64().unwrap_or_default() - song["epoch"].as_f64().unwrap_or_default();
        assert_eq!(wait > 60.0, says == Says::PreRoll(90), "{says:?}: {wait}");
    }
    Ok(())
}

#[tokio::test]
async fn it_lists_playlists_flat() -> Outcome {
    let Some(program) = programs::find("yt-dlp") else { return Ok(()) };
    let fake = FakeYouTube::start().await?;
    for (playlist, title, count) in [
        (LARGE, "Everything", 250),
        (NAMES, r#"Quotes "and" slash/es 🎸"#, 6),
        (QUIRKS, "Odd rows", 8),
        (EMPTY, "Empty", 0),
    ] {
        let url = format!("https://music.youtube.com/playlist?list={playlist}");
        let output = run(&program, &fake.proxy_url, &["--flat-playlist", "--", &url]).await?;
        let list: Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(list["title"], title);
        let entries = list["entries"].as_array().ok_or("entries")?;
        assert_eq!(entries.len(), count, "{playlist}");
        if playlist == LARGE {
            assert_eq!(entries[249]["id"], "large000250");
            assert_eq!(entries[249]["duration"], 30);
            assert_eq!(entries[249]["channel"], "Artist 5 - Topic");
        }
    }
    for (playlist, expected) in [
        (PRIVATE, "YouTube said: This playlist is private."),
        ("PLno", "YouTube said: The playlist does not exist."),
    ] {
        let url = format!("https://music.youtube.com/playlist?list={playlist}");
        let output = run(&program, &fake.proxy_url, &["--flat-playlist", "--", &url]).await?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && stderr.contains(expected), "{stderr}");
    }
    Ok(())
}
