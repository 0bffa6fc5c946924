//! The catalogue against a scripted InnerTube on a port of its own.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};

use super::*;

type Error = Box<dyn std::error::Error>;

/// One answer: status, `Retry-After`, body.
type Answer = (u16, Option<&'static str>, String);

/// What was asked: the query and the body.
type Asked = Vec<(String, Value)>;

/// Answers one request with each of `script`, then 500s.
async fn innertube(script: Vec<Answer>) -> Result<(String, Arc<Mutex<Asked>>), Error> {
    let asked = Arc::<Mutex<Asked>>::default();
    let script = Arc::new(Mutex::new(script.into_iter()));
    let seen = Arc::clone(&asked);
    let answer = async move |uri: Uri, headers: HeaderMap, body: Bytes| {
        assert_eq!((uri.path(), &headers["origin"]), ("/youtubei/v1/browse", &headers["x-origin"]));
        let body = serde_json::from_slice(&body).unwrap_or_default();
        seen.lock().unwrap().push((uri.query().unwrap_or_default().to_owned(), body));
        let (status, retry_after, body) = script.lock().unwrap().next().unwrap_or((500, None, String::new()));
        let headers: HeaderMap = retry_after
            .map(|text| (axum::http::header::RETRY_AFTER, text.parse().unwrap()))
            .into_iter()
            .collect();
        (StatusCode::from_u16(status).unwrap(), headers, body)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    Ok((base, asked))
}

/// A catalogue in a hurry, with `command` for yt-dlp.
fn catalogue(base: &str, command: &[&str]) -> Catalogue {
    signed_in(base, command, Cookies::default())
}

/// The same with an account.
fn signed_in(base: &str, command: &[&str], cookies: Cookies) -> Catalogue {
    let ytdlp = YtDlp::new(&config::Resolver {
        command: command.iter().map(|&word| word.to_owned()).collect(),
        args: vec![],
        format: String::new(),
        workers: 1,
        // For a song: a listing has a deadline of its own.
        timeout: Duration::ZERO,
        prefetch: 0,
    });
    let innertube = InnerTube::new(base, cookies, 0).in_a_hurry();
    Catalogue { innertube, ytdlp, flat: Arc::new(Semaphore::new(MOST_FLAT)) }
}

fn row(nth: usize) -> Value {
    json!({"musicResponsiveListItemRenderer": {
        "playlistItemData": {"videoId": format!("{nth:011}")},
        "flexColumns": [{"musicResponsiveListItemFlexColumnRenderer": {"text": {"simpleText": format!("Song {nth}")}}}],
    }})
}

fn token(token: &str) -> Value {
    json!({"continuationItemRenderer": {"continuationEndpoint": {"continuationCommand": {"token": token}}}})
}

fn ok(body: &Value) -> Answer {
    (200, None, body.to_string())
}

fn page(shelf: &Value) -> Answer {
    ok(&json!({"contents": {"musicPlaylistShelfRenderer": shelf}}))
}

fn appended(rows: &Value) -> Answer {
    ok(
        &json!({"onResponseReceivedActions": [{"appendContinuationItemsAction": {"continuationItems": rows}}]}),
    )
}

fn id(text: &str) -> PlaylistId {
    text.parse().expect("an id")
}

fn titles(listing: &Listing) -> String {
    let titles: Vec<&str> = listing.entries.iter().map(|entry| &*entry.track.title).collect();
    titles.join(", ")
}

#[tokio::test]
async fn all_pages_are_listed_whichever_way_they_continue() -> Result<(), Error> {
    let beside = json!([{"nextContinuationData": {"continuation": "old=&1"}}]);
    let (base, asked) = innertube(vec![
        page(&json!({"contents": [row(1)], "continuations": beside})),
        ok(&json!({"continuationContents": {"musicPlaylistShelfContinuation": {"contents": [row(2), token("new1")]}}})),
        appended(&json!([row(3), token("new2")])),
        appended(&json!([row(4), token("new1")])),
    ])
    .await?;
    let listing = catalogue(&base, &["false"]).playlist(&id("PLx")).await?;
    assert_eq!(titles(&listing), "Song 1, Song 2, Song 3, Song 4", "a repeated token ends it");
    assert_eq!(listing.title, None);
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked[0].1["browseId"], "VLPLx");
    assert_eq!(asked[0].1["context"]["client"]["clientName"], "WEB_REMIX");
    assert!(asked[1].0.ends_with("&ctoken=old%3D%261&continuation=old%3D%261"), "{}", asked[1].0);
    assert_eq!((&asked[2].1["continuation"], &asked[3].1["continuation"]), (&json!("new1"), &json!("new2")));
    Ok(())
}

#[tokio::test]
async fn a_continuation_without_an_answer_is_asked_for_once_more() -> Result<(), Error> {
    let first = || page(&json!({"contents": [row(1), token("a")]}));
    let nothing = || ok(&json!({"responseContext": {}}));
    for (rest, expected) in [
        (vec![nothing(), appended(&json!([row(2)]))], ("Song 1, Song 2", Extent::Whole, 3)),
        (vec![nothing(), nothing()], ("Song 1", Extent::Cut, 3)),
        (vec![appended(&json!([]))], ("Song 1", Extent::Whole, 2)),
    ] {
        let (base, asked) = innertube([vec![first()], rest].concat()).await?;
        let listing = catalogue(&base, &["false"]).playlist(&id("PLx")).await?;
        let asked = asked.lock().unwrap().clone();
        assert_eq!((titles(&listing).as_str(), listing.extent, asked.len()), expected);
        assert!(asked[1..].iter().all(|(_, body)| body["continuation"] == "a"), "{asked:?}");
    }
    Ok(())
}

#[tokio::test]
async fn fewer_songs_than_the_header_tells_of_are_not_the_whole() -> Result<(), Error> {
    let page = |text: &str, rows: usize| {
        let header = json!({"musicResponsiveHeaderRenderer": {
            "title": {"simpleText": "T"}, "secondSubtitle": {"simpleText": text}}});
        let rows: Vec<Value> = (0..rows).map(row).collect();
        ok(&json!({"contents": [header, {"musicPlaylistShelfRenderer": {"contents": rows}}]}))
    };
    for (text, rows, extent) in [
        ("250 songs • 17 hours", 100, Extent::Short(250)),
        ("1,063 tracks", 100, Extent::Short(1063)),
        ("36M views • 100 tracks • 4 hours, 53 minutes", 79, Extent::Short(100)),
        ("36M views • 100 tracks • 4 hours, 53 minutes", 80, Extent::Whole),
        ("100 tracks", 102, Extent::Whole),
        ("10 tracks", 5, Extent::Short(10)),
        ("10 tracks", 6, Extent::Whole),
        ("4 videos", 1, Extent::Whole),
        ("250 titres • 17 heures", 100, Extent::Whole),
        ("18446744073709551615 songs", 100, Extent::Short(usize::MAX)),
    ] {
        let (base, _) = innertube(vec![page(text, rows)]).await?;
        let listing = catalogue(&base, &["false"]).playlist(&id("PLx")).await?;
        assert_eq!((listing.entries.len(), listing.extent), (rows, extent), "{text}, {rows} rows");
    }
    // Not before the last page.
    let header = json!({"musicDetailHeaderRenderer": {"secondSubtitle": {"simpleText": "20 songs"}}});
    let first: Vec<Value> = (0..10).map(row).chain([token("a")]).collect();
    let first = json!({"header": header, "contents": {"musicPlaylistShelfRenderer": {"contents": first}}});
    let rest: Vec<Value> = (10..20).map(row).collect();
    let (base, _) = innertube(vec![ok(&first), appended(&json!(rest))]).await?;
    let listing = catalogue(&base, &["false"]).playlist(&id("PLx")).await?;
    assert_eq!((listing.entries.len(), listing.extent), (20, Extent::Whole));
    // None at all is another form of page.
    let (base, _) = innertube(vec![page("15 tracks", 0)]).await?;
    let listing = catalogue(&base, &["sh", "-c", YTDLP, "sh"]).playlist(&id("PLx")).await?;
    assert_eq!(titles(&listing), "One");
    let (base, _) = innertube(vec![page("0 tracks", 0)]).await?;
    assert_eq!(titles(&catalogue(&base, &["false"]).playlist(&id("PLx")).await?), "");
    Ok(())
}

#[tokio::test]
async fn an_album_without_a_header_has_its_songs_album_for_a_title() -> Result<(), Error> {
    let album = include_str!("../../tests/data/innertube/album.json");
    for (name, title) in [("OLAK5uy_x", Some("The Album")), ("PLx", None)] {
        let (base, _) = innertube(vec![(200, None, album.to_owned())]).await?;
        let listing = catalogue(&base, &["false"]).playlist(&id(name)).await?;
        assert_eq!(listing.title.as_deref(), title);
    }
    // And has it from the second source as well.
    let flat = "echo '{\"title\": \"Album - The Album\", \"entries\": []}'";
    for (name, title) in [("OLAK5uy_x", "The Album"), ("PLx", "Album - The Album")] {
        let (base, _) = innertube(vec![(403, None, String::new())]).await?;
        let listing = catalogue(&base, &["sh", "-c", flat]).playlist(&id(name)).await?;
        assert_eq!(listing.title.as_deref(), Some(title));
    }
    Ok(())
}

#[tokio::test]
async fn a_mix_is_cut() -> Result<(), Error> {
    let with = |rows: Vec<Value>, next: &str| [rows, vec![token(next)]].concat();
    let rows = |from: usize| (from..from + 200).map(row).collect::<Vec<_>>();
    let more = |from: usize, next: &str| appended(&json!(with(rows(from), next)));
    let script = || vec![page(&json!({"contents": with(rows(0), "a")})), more(200, "b"), more(400, "a")];
    let (base, asked) = innertube(script()).await?;
    let listing = catalogue(&base, &["false"]).playlist(&id("RDAMVMx")).await?;
    assert_eq!((listing.entries.len(), asked.lock().unwrap().len()), (300, 2));
    let (base, _) = innertube(script()).await?;
    let listing = catalogue(&base, &["false"]).playlist(&id("RDCLAK5uy_x")).await?;
    assert_eq!(listing.entries.len(), 600);
    Ok(())
}

#[tokio::test]
async fn what_passes_is_waited_out() -> Result<(), Error> {
    let (base, asked) = innertube(vec![
        (503, None, String::new()),
        (429, Some("0"), String::new()),
        (500, Some("Sun, 22 Nov 2015 12:00:30 GMT"), "<html>".to_owned()),
        page(&json!({"contents": [row(1), token("a")]})),
        (502, None, String::new()),
        appended(&json!([row(2)])),
    ])
    .await?;
    let listing = catalogue(&base, &["false"]).playlist(&id("PLx")).await?;
    assert_eq!((titles(&listing).as_str(), asked.lock().unwrap().len()), ("Song 1, Song 2", 6));
    Ok(())
}

#[tokio::test]
async fn what_does_not_pass_is_told() -> Result<(), Error> {
    let (base, asked) = innertube(vec![]).await?;
    let error = catalogue(&base, &["false"]).playlist(&id("PLx")).await.expect_err("only 500s");
    assert!(matches!(error, ListError::Unreachable(Unreachable::Busy { status: 500, .. })));
    assert!(error.is_passing() && !error.concerns_all());
    assert_eq!(asked.lock().unwrap().len(), 5, "one try and four more");

    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let error = catalogue(&format!("http://{nobody}"), &["false"]).playlist(&id("PLx")).await;
    assert!(matches!(error, Err(ListError::Unreachable(Unreachable::Request(_)))), "{error:?}");
    assert!(error.is_err_and(|error| error.concerns_all()));

    let (base, asked) = innertube(vec![(429, Some("3600"), String::new())]).await?;
    let error = catalogue(&base, &["false"]).playlist(&id("PLx")).await.expect_err("a 429");
    assert!(error.concerns_all() && error.retry_after() == Some(Duration::from_secs(3600)), "{error:?}");
    assert_eq!(asked.lock().unwrap().len(), 1, "an hour is not waited out");

    let (base, _) = innertube(vec![(429, Some("0"), String::new()); 5]).await?;
    let error = catalogue(&base, &["false"]).playlist(&id("PLx")).await.expect_err("only 429s");
    assert!(error.is_passing() && !error.concerns_all(), "it may be this playlist alone: {error:?}");

    let gone = json!({"error": {"code": 404, "message": "Requested entity was not found."}});
    let private =
        json!({"alerts": [{"alertRenderer": {"text": {"simpleText": "This playlist is private."}}}]});
    for (answer, reason) in [
        ((404, None, gone.to_string()), "there is no such playlist"),
        ((404, None, String::new()), "there is no such playlist"),
        (ok(&private), "YouTube says: This playlist is private."),
    ] {
        let (base, asked) = innertube(vec![answer]).await?;
        let error = catalogue(&base, &["false"]).playlist(&id("PLx")).await.expect_err(reason);
        assert!(error.to_string().starts_with(reason), "{error}");
        assert!(!error.is_passing() && asked.lock().unwrap().len() == 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_stall_is_waited_out_once_more_and_no_longer() -> Result<(), Error> {
    let asked = Arc::<Mutex<usize>>::default();
    let counted = Arc::clone(&asked);
    let never = async move || {
        *counted.lock().unwrap() += 1;
        std::future::pending::<StatusCode>().await
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let mut catalogue = catalogue(&format!("http://{}", listener.local_addr()?), &["false"]);
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(never)).await });
    catalogue.innertube = catalogue.innertube.with_timeout(Duration::from_millis(200));
    let error = catalogue.playlist(&id("PLx")).await.expect_err("no answer");
    assert!(error.is_passing() && !error.concerns_all(), "{error:?}");
    assert!(*asked.lock().unwrap() <= 2);
    Ok(())
}

/// A yt-dlp that knows one playlist, if it is asked as it should be.
const YTDLP: &str = r#"
[ "$*" = "--ignore-config --no-progress --no-update -J --flat-playlist -I :20000 --socket-timeout 10 --extractor-retries 1 -- https://www.youtube.com/playlist?list=PLx" ] || exit 2
echo '{"title": "Flat", "entries": [{"id": "dQw4w9WgXcQ", "title": "One", "channel": "A - Topic"}]}'
"#;

#[tokio::test]
async fn each_page_is_to_make_sense() -> Result<(), Error> {
    let bad = json!({"musicNewRowRenderer": {}});
    let bad_ones = vec![bad.clone(); 10];
    let first_long = page(&json!({"contents": (1..=20).map(row).chain([token("a")]).collect::<Vec<_>>()}));
    let (base, _) = innertube(vec![first_long, appended(&json!(bad_ones))]).await?;
    let listing = catalogue(&base, &["sh", "-c", YTDLP, "sh"]).playlist(&id("PLx")).await?;
    assert_eq!(titles(&listing), "One", "a page of ten is judged by itself");
    let first = || page(&json!({"contents": [row(1), row(2), row(3), token("a")]}));
    for (second, expected) in [
        (json!([row(4), bad]), ("Song 1, Song 2, Song 3, Song 4", 1)),
        (json!([bad]), ("Song 1, Song 2, Song 3", 1)),
        (json!([row(4), bad, bad, bad, bad]), ("Song 1, Song 2, Song 3, Song 4", 4)),
        (json!([bad, bad, bad, bad]), ("One", 0)),
    ] {
        let (base, _) = innertube(vec![first(), appended(&second)]).await?;
        let listing = catalogue(&base, &["sh", "-c", YTDLP, "sh"]).playlist(&id("PLx")).await?;
        assert_eq!((titles(&listing).as_str(), listing.skipped), expected);
    }
    Ok(())
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() -> Result<(), Error> {
    let (base, _) = innertube(vec![(200, None, " ".repeat(answer::LARGEST_ANSWER + 1))]).await?;
    let listing = catalogue(&base, &["sh", "-c", YTDLP, "sh"]).playlist(&id("PLx")).await?;
    assert_eq!(titles(&listing), "One");
    Ok(())
}

#[tokio::test]
async fn rows_that_come_again_are_the_end() -> Result<(), Error> {
    let page_of = |from: usize, next: &str| {
        let rows: Vec<Value> = (from..from + 30).map(row).chain([token(next)]).collect();
        json!(rows)
    };
    // Round in a circle, with a token that is new each time.
    let (base, asked) = innertube(vec![
        page(&json!({"contents": page_of(0, "a")})),
        appended(&page_of(30, "b")),
        appended(&page_of(0, "c")),
    ])
    .await?;
    let listing = catalogue(&base, &["false"]).playlist(&id("PLx")).await?;
    assert_eq!((listing.entries.len(), asked.lock().unwrap().len()), (60, 3));

    // On and on, without a row.
    let empty = |next: usize| appended(&json!([token(&next.to_string())]));
    let script = [vec![page(&json!({"contents": page_of(0, "a")}))], (0..100).map(empty).collect()].concat();
    let (base, asked) = innertube(script).await?;
    let listing = catalogue(&base, &["false"]).playlist(&id("RDx")).await?;
    assert_eq!((listing.entries.len(), asked.lock().unwrap().len()), (30, 5));
    Ok(())
}

#[tokio::test]
async fn a_429_holds_every_request() -> Result<(), Error> {
    let songs = page(&json!({"contents": [row(1)]}));
    let (base, asked) = innertube(vec![(429, Some("1"), String::new()), songs.clone(), songs]).await?;
    let catalogue = catalogue(&base, &["false"]);
    let began = std::time::Instant::now();
    let other = async {
        while asked.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        // The first has been refused, or is about to be.
        tokio::time::sleep(Duration::from_millis(100)).await;
        catalogue.playlist(&id("PLb")).await
    };
    let both = tokio::join!(async { catalogue.playlist(&id("PLa")).await }, other);
    assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
    assert!(began.elapsed() >= Duration::from_secs(1) && asked.lock().unwrap().len() == 3);
    Ok(())
}

mod account;
mod second_source;
