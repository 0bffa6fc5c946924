//! The fake's account: whom it takes for its owner, and what it shows to whom.

use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};

use super::{Outcome, client};
use crate::fake_youtube::catalogue::{ALBUM, FOCUS, LIKED};
use crate::fake_youtube::{FakeYouTube, Knob, Language, MusicFault, MusicRule, Refusal};

/// Asks for the library with these headers.
async fn library(fake: &FakeYouTube, headers: &[(&str, String)]) -> reqwest::Result<reqwest::Response> {
    browse(fake, "FEmusic_liked_playlists", headers).await
}

async fn browse(
    fake: &FakeYouTube,
    id: &str,
    headers: &[(&str, String)],
) -> reqwest::Result<reqwest::Response> {
    let body = json!({"context": {"client": {"clientName": "WEB_REMIX"}}, "browseId": id});
    let request = client().post(format!("{}/youtubei/v1/browse", fake.music_url)).json(&body);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, value)).send().await
}

fn is_signed_in(page: &Value) -> bool {
    page.pointer("/responseContext/serviceTrackingParams/0/params/0/value") == Some(&json!("1"))
}

#[tokio::test]
async fn only_the_owner_is_taken_for_the_owner() -> Outcome {
    let fake = FakeYouTube::start().await?;
    let good = fake.signed_headers();
    let changed = |header: &str, from: &str, to: &str| {
        let change = |(name, value): &(&'static str, String)| {
            (*name, if *name == header { value.replace(from, to) } else { value.clone() })
        };
        good.iter().map(change).collect::<Vec<_>>()
    };
    let without = |header: &str| good.iter().filter(|(name, _)| *name != header).cloned().collect::<Vec<_>>();
    for (what, headers, signed_in) in [
        ("as it should be", good.clone(), true),
        ("another signature", changed("Authorization", "_", "_0"), false),
        ("an old signature", changed("Authorization", "SAPISIDHASH 1", "SAPISIDHASH "), false),
        ("a session of before", changed("Cookie", "sidts-secret-0-0", "sidts-secret-0-9"), false),
        ("another account", changed("X-Goog-AuthUser", "0", "1"), false),
        ("another origin", changed("Origin", "music", "www"), false),
        ("no cookies", without("Cookie"), false),
        ("no signature", without("Authorization"), false),
        ("nothing", vec![], false),
    ] {
        let page: Value = library(&fake, &headers).await?.json().await?;
        assert_eq!(is_signed_in(&page), signed_in, "{what}");
    }
    fake.turn(Knob::Refuse { refusal: Refusal::Status(401) });
    assert_eq!(library(&fake, &without("Authorization")).await?.status(), 401);
    assert_eq!(library(&fake, &[]).await?.status(), 200, "who claims nothing is no stranger");
    fake.turn(Knob::AuthUser { number: 1 });
    assert_eq!(library(&fake, &good).await?.status(), 401);
    fake.turn(Knob::SignInAnew);
    assert_ne!(fake.signed_headers(), good);
    assert_eq!(library(&fake, &fake.signed_headers()).await?.status(), 200);
    let counters = fake.counters();
    assert_eq!((counters.music_signed, counters.music_refused), (2, 8));
    Ok(())
}

#[tokio::test]
async fn a_rotated_cookie_takes_the_place_of_the_old_one() -> Outcome {
    let fake = FakeYouTube::start().await?;
    let old = fake.signed_headers();
    fake.turn(Knob::RotateCookies);
    let answer = library(&fake, &old).await?;
    let set: Vec<_> =
        answer.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()).collect();
    assert!(set[0].starts_with("__Secure-3PSIDTS=sidts-secret-0-1; "), "{set:?}");
    assert!(fake.cookies_txt().contains("sidts-secret-0-1"));
    for (headers, signed_in) in [(&old, true), (&fake.signed_headers(), true), (&old, false)] {
        let answer = library(&fake, headers).await?;
        assert_eq!(answer.headers().contains_key(SET_COOKIE), !signed_in, "a stranger loses its cookie");
        assert_eq!(is_signed_in(&answer.json().await?), signed_in);
    }
    Ok(())
}

#[tokio::test]
async fn the_library_is_what_a_test_says_in_any_language() -> Outcome {
    let fake = FakeYouTube::start().await?;
    for (knob, ids) in [
        (r#"{"knob":"library","ids":[]}"#, vec!["RDPN", "SE"]),
        (
            r#"{"knob":"library","ids":["LM","PLnone","PLfocus000000000000000000000000000"]}"#,
            vec![LIKED, FOCUS, "RDPN", "SE"],
        ),
    ] {
        fake.turn(serde_json::from_str(knob)?);
        let page = library(&fake, &fake.signed_headers()).await?.text().await?;
        let mut places: Vec<_> = ["LM", FOCUS, "RDPN", "SE"]
            .iter()
            .filter_map(|id| Some((page.find(&format!("\"VL{id}\""))?, *id)))
            .collect();
        places.sort_unstable();
        assert_eq!(places.iter().map(|(_, id)| *id).collect::<Vec<_>>(), ids);
        assert!(page.contains("Liked Music") == page.contains("VLLM") && page.contains("New playlist"));
    }
    fake.turn(Knob::Language { language: Language::French });
    let page = library(&fake, &fake.signed_headers()).await?.text().await?;
    assert!(
        page.contains("Titres likés") && page.contains("Nouvelle playlist") && !page.contains("Liked Music")
    );
    let page = browse(&fake, &format!("VL{ALBUM}"), &[]).await?.text().await?;
    assert!(!page.contains("HeaderRenderer"), "an album has no header");
    Ok(())
}

#[tokio::test]
async fn one_playlist_may_fail_alone() -> Outcome {
    let fake = FakeYouTube::start().await?;
    let fault = Some(MusicFault::Status { status: 429, retry_after: Some(3) });
    let rule = MusicRule { fault, times: Some(1), ..MusicRule::default() };
    fake.turn(Knob::MusicOf { id: FOCUS.to_owned(), rule });
    assert_eq!(browse(&fake, &format!("VL{ALBUM}"), &[]).await?.status(), 200);
    for status in [429, 200] {
        assert_eq!(browse(&fake, &format!("VL{FOCUS}"), &[]).await?.status(), status);
    }
    let rule = MusicRule { fault: Some(MusicFault::OtherShape), ..MusicRule::default() };
    fake.turn(Knob::MusicOf { id: "FEmusic_liked_playlists".to_owned(), rule });
    assert!(library(&fake, &fake.signed_headers()).await?.text().await?.contains("novelRenderer"));
    Ok(())
}
