//! InnerTube of YouTube Music: pages that lead to the next, odd rows, failures.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Outcome, client};
use crate::fake_youtube::catalogue::{
    Continuation, LARGE, LARGE_OLD, LIKED, NAMES, PRIVATE, Playlist, QUIRKS,
};
use crate::fake_youtube::{FakeYouTube, Knob, MusicFault, MusicRule};

const SHELF: &str = "/contents/twoColumnBrowseResultsRenderer/secondaryContents/sectionListRenderer/contents/0/musicPlaylistShelfRenderer";
const GRID: &str = "/contents/singleColumnBrowseResultsRenderer/tabs/0/tabRenderer/content/sectionListRenderer/contents/0/gridRenderer";
const HEADER: &str = "/contents/twoColumnBrowseResultsRenderer/tabs/0/tabRenderer/content/sectionListRenderer/contents/0/musicResponsiveHeaderRenderer/title/runs/0/text";
const NEW_ROWS: &str = "/onResponseReceivedActions/0/appendContinuationItemsAction/continuationItems";
const OLD_SHELF: &str = "/continuationContents/musicPlaylistShelfContinuation";
const OLD_TOKEN: &str = "/continuations/0/nextContinuationData/continuation";
const NEW_TOKEN: &str = "/continuationItemRenderer/continuationEndpoint/continuationCommand/token";
const WRAPPED_TOKEN: &str = "/continuationItemRenderer/continuationEndpoint/commandExecutorCommand/commands/1/continuationCommand/token";
const VIDEO_ID: &str = "/musicResponsiveListItemRenderer/playlistItemData/videoId";

/// A request with WEB_REMIX's context and `more`, and its answer.
async fn ask(fake: &FakeYouTube, query: &str, more: Value) -> reqwest::Result<reqwest::Response> {
    request(fake, query, more).send().await
}

fn request(fake: &FakeYouTube, query: &str, mut body: Value) -> reqwest::RequestBuilder {
    body["context"] =
        json!({"client": {"clientName": "WEB_REMIX", "clientVersion": "1.20261101.01.00", "hl": "en"}});
    client().post(format!("{}/youtubei/v1/browse?alt=json{query}", fake.music_url)).json(&body)
}

/// Asks for the page behind an OLD token.
fn request_continued(fake: &FakeYouTube, token: &str) -> reqwest::RequestBuilder {
    request(fake, &format!("&ctoken={token}&continuation={token}"), json!({}))
}

fn signed_in(fake: &FakeYouTube, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    fake.signed_headers().into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

fn rows(page: &Value) -> Vec<Value> {
    [format!("{SHELF}/contents"), NEW_ROWS.to_owned(), format!("{OLD_SHELF}/contents")]
        .iter()
        .find_map(|path| page.pointer(path)?.as_array().cloned())
        .unwrap_or_default()
}

/// The videos of all pages of a playlist, and how many pages there were.
async fn walk(fake: &FakeYouTube, id: &str) -> Result<(Vec<String>, usize), Box<dyn std::error::Error>> {
    let (mut videos, mut pages) = (Vec::new(), 0);
    let mut answer = ask(fake, "", json!({"browseId": format!("VL{id}")})).await?;
    loop {
        let page: Value = answer.json().await?;
        pages += 1;
        let rows = rows(&page);
        let ids = rows.iter().filter_map(|row| row.pointer(VIDEO_ID)?.as_str().map(str::to_owned));
        videos.extend(ids);
        let last = rows.last();
        let new = last.and_then(|row| row.pointer(NEW_TOKEN).or_else(|| row.pointer(WRAPPED_TOKEN)));
        let old = [SHELF, OLD_SHELF].iter().find_map(|shelf| page.pointer(shelf)?.pointer(OLD_TOKEN));
        answer = match (new.and_then(Value::as_str), old.and_then(Value::as_str)) {
            (Some(token), _) => ask(fake, "", json!({"continuation": token})).await?,
            (None, Some(token)) => request_continued(fake, token).send().await?,
            (None, None) => return Ok((videos, pages)),
        };
    }
}

#[tokio::test]
async fn pages_lead_to_the_last_of_250_rows_in_every_form() -> Outcome {
    let fake = FakeYouTube::start().await?;
    let wrapped = Playlist::numbered("PLwrapped", "Wrapped", "wrapp", 250);
    fake.turn(Knob::Playlist(Playlist { continuation: Continuation::Wrapped, ..wrapped }));
    for (playlist, last) in [(LARGE, "large000250"), (LARGE_OLD, "older000250"), ("PLwrapped", "wrapp000250")]
    {
        let (videos, pages) = walk(&fake, playlist).await?;
        assert_eq!((videos.len(), pages), (250, 3), "{playlist}");
        assert_eq!(videos.last().map(String::as_str), Some(last));
    }
    assert_eq!(fake.counters().music, 9);
    assert_eq!(fake.counters().music_at_once, 1);
    Ok(())
}

#[tokio::test]
async fn playlists_change_while_it_runs() -> Outcome {
    let fake = FakeYouTube::start().await?;
    let knob = r#"{"knob":"numbered_playlist","id":"PLlater","title":"Later","key":"later","count":101}"#;
    fake.turn(serde_json::from_str(knob)?);
    assert_eq!(walk(&fake, "PLlater").await?.1, 2);
    fake.turn(Knob::RemovePlaylist { id: "PLlater".to_owned() });
    assert_eq!(ask(&fake, "", json!({"browseId": "VLPLlater"})).await?.status(), 404);
    Ok(())
}

#[tokio::test]
async fn titles_and_odd_rows_come_as_they_are() -> Outcome {
    let fake = FakeYouTube::start().await?;
    let page: Value = ask(&fake, "", json!({"browseId": format!("VL{NAMES}")})).await?.json().await?;
    assert_eq!(page.pointer(HEADER), Some(&json!(r#"Quotes "and" slash/es 🎸"#)));

    let page: Value = ask(&fake, "", json!({"browseId": format!("VL{QUIRKS}")})).await?.json().await?;
    let rows = rows(&page);
    let has = |row: usize, path: &str| {
        rows[row].pointer(&format!("/musicResponsiveListItemRenderer/{path}")).is_some()
    };
    let column = "musicResponsiveListItemFlexColumnRenderer/text/runs";
    for (row, path, expected) in [
        (0, "fixedColumns", true),
        (0, "playlistItemData/playlistSetVideoId", true),
        (0, "musicItemRendererDisplayPolicy", false),
        (1, "musicItemRendererDisplayPolicy", true),
        (2, "playlistItemData", false),
        (3, "fixedColumns", false),
        (4, "fixedColumns", false),
        (4, &format!("flexColumns/3/{column}"), true),
        (5, &format!("flexColumns/2/{column}"), false),
        (6, &format!("flexColumns/2/{column}"), false),
        (7, "playlistItemData/videoId", true),
        (7, "playlistItemData/playlistSetVideoId", false),
    ] {
        assert_eq!(has(row, path), expected, "{row} {path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_account_is_for_who_signs_in() -> Outcome {
    let fake = FakeYouTube::start().await?;
    for id in [PRIVATE, LIKED] {
        let body = json!({"browseId": format!("VL{id}")});
        assert_eq!(request(&fake, "", body.clone()).send().await?.status(), 404, "{id}");
        assert_eq!(signed_in(&fake, request(&fake, "", body)).send().await?.status(), 200, "{id}");
    }
    let library = json!({"browseId": "FEmusic_liked_playlists"});
    let anonymous: Value = request(&fake, "", library.clone()).send().await?.json().await?;
    let mine: Value = signed_in(&fake, request(&fake, "", library)).send().await?.json().await?;
    let logged_in = "/responseContext/serviceTrackingParams/0/params/0/value";
    let tiles =
        |page: &Value| page.pointer(GRID).and_then(|grid| grid["items"].as_array()).map_or(0, Vec::len);
    assert_eq!((anonymous.pointer(logged_in), tiles(&anonymous)), (Some(&json!("0")), 3));
    assert_eq!((mine.pointer(logged_in), tiles(&mine)), (Some(&json!("1")), 14));
    Ok(())
}

#[tokio::test]
async fn the_library_has_pages_too() -> Outcome {
    let fake = FakeYouTube::start().await?;
    for number in 0..30 {
        fake.turn(Knob::Playlist(Playlist::new(&format!("PLmine{number}"), "Mine", vec![])));
    }
    let (mut tiles, mut pages) = (0, 0);
    let mut next = Some(request(&fake, "", json!({"browseId": "FEmusic_liked_playlists"})));
    while let Some(request) = next {
        let page: Value = signed_in(&fake, request).send().await?.json().await?;
        let grid =
            [GRID, "/continuationContents/gridContinuation"].iter().find_map(|path| page.pointer(path));
        let grid = grid.ok_or("a grid")?;
        tiles += grid["items"].as_array().map_or(0, Vec::len);
        pages += 1;
        let token = grid.pointer(OLD_TOKEN).and_then(Value::as_str);
        next = token.map(|token| request_continued(&fake, token));
    }
    assert_eq!((tiles, pages), (11 + 30 + 3, 2));
    Ok(())
}

#[tokio::test]
async fn innertube_fails_when_told_to() -> Outcome {
    let fake = FakeYouTube::start().await?;
    let rule =
        |fault| fake.turn(Knob::Music { rule: MusicRule { fault: Some(fault), ..MusicRule::default() } });
    let page = || ask(&fake, "", json!({"browseId": format!("VL{LARGE}")}));

    rule(MusicFault::Status { status: 429, retry_after: Some(7) });
    let refused = page().await?;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"].to_str()?), (429, &"7"));
    rule(MusicFault::Status { status: 500, retry_after: None });
    assert_eq!(page().await?.status(), 500);
    rule(MusicFault::Html);
    assert!(page().await?.text().await?.starts_with("<!DOCTYPE html>"));
    rule(MusicFault::OtherShape);
    assert!(rows(&page().await?.json().await?).is_empty());
    rule(MusicFault::Hangup);
    assert!(page().await.is_err());
    rule(MusicFault::Stall);
    assert!(tokio::time::timeout(Duration::from_millis(200), page()).await.is_err());

    rule(MusicFault::SignedOut);
    let mine = request(&fake, "", json!({"browseId": format!("VL{LIKED}")}));
    assert_eq!(signed_in(&fake, mine).send().await?.status(), 404);

    rule(MusicFault::SignInPage);
    assert!(page().await?.text().await?.contains("accounts.google.com"));

    rule(MusicFault::Endless);
    let first: Value = page().await?.json().await?;
    let token = rows(&first)[100].pointer(NEW_TOKEN).and_then(Value::as_str).ok_or("a token")?.to_owned();
    let last = json!({"continuation": token.replace(":100#", ":200#")});
    let last: Value = ask(&fake, "", last).await?.json().await?;
    let token = rows(&last)[50].pointer(NEW_TOKEN).and_then(Value::as_str).ok_or("a token")?.to_owned();
    assert!(token.starts_with(&format!("fake:{LARGE}:0#")), "{token}");
    let again: Value = ask(&fake, "", json!({"continuation": token})).await?.json().await?;
    assert_eq!(rows(&again)[0].pointer(VIDEO_ID), rows(&first)[0].pointer(VIDEO_ID));

    rule(MusicFault::RepeatContinuation);
    let token = format!("fake:{LARGE}:100");
    let repeated: Value = ask(&fake, "", json!({"continuation": token})).await?.json().await?;
    assert_eq!(rows(&repeated)[100].pointer(NEW_TOKEN), Some(&json!(token)));

    let once = MusicFault::Status { status: 503, retry_after: None };
    let rule = MusicRule { fault: Some(once), times: Some(1), ..MusicRule::default() };
    fake.turn(Knob::Music { rule });
    assert_eq!([page().await?.status().as_u16(), page().await?.status().as_u16()], [503, 200]);
    Ok(())
}

#[tokio::test]
async fn recorded_pages_are_served_where_they_are() -> Outcome {
    let fake = FakeYouTube::start().await?;
    let pages = ["ytm_playlist_2025_first100.json", "ytm_playlist_2025_continuation.json"];
    if !fake.serve_recorded("PLrecorded", &pages) {
        eprintln!("skipped: no recorded pages here (set YTMPD_FIXTURES to their folder)");
        return Ok(());
    }
    let first: Value = ask(&fake, "", json!({"browseId": "VLPLrecorded"})).await?.json().await?;
    let rows_of_first = rows(&first);
    let token = rows_of_first.last().and_then(|row| row.pointer(NEW_TOKEN)).ok_or("a next page")?;
    let second: Value = ask(&fake, "", json!({"continuation": token})).await?.json().await?;
    assert!(rows_of_first.len() > 100 && rows(&second).len() >= 100);
    Ok(())
}
