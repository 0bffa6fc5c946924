//! The account: who signs, what YouTube makes of it, and what is listed in spite of that.

mod library;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::response::{IntoResponse, Response};
use tempfile::TempDir;

use super::*;
use crate::youtube::error::BrowseError;

const SIGNED_IN: (&str, &str) = ("logged_in", "1");
const STRANGER: (&str, &str) = ("logged_in", "0");

/// A request: its browse id or token, and what it was signed with.
#[derive(Debug, Clone)]
struct Request {
    what: String,
    cookie: Option<String>,
    authorization: Option<String>,
    account: Option<String>,
}

impl Request {
    fn is_signed(&self) -> bool {
        self.cookie.is_some() && self.authorization.is_some()
    }
}

type Requests = Arc<Mutex<Vec<Request>>>;

/// An InnerTube that answers as `answer` says.
async fn serve(answer: impl Fn(&Request) -> Response + Clone + Send + Sync + 'static) -> (String, Requests) {
    let requests = Requests::default();
    let seen = Arc::clone(&requests);
    let handler = async move |headers: HeaderMap, body: Bytes| {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let request = Request {
            what: body["continuation"].as_str().or(body["browseId"].as_str()).unwrap_or_default().to_owned(),
            cookie: text("cookie"),
            authorization: text("authorization"),
            account: text("x-goog-authuser"),
        };
        seen.lock().unwrap().push(request.clone());
        answer(&request)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(handler)).await });
    (base, requests)
}

/// A page that says whom YouTube saw.
fn said(seen: (&str, &str), content: &Value) -> Response {
    let mut page = content.clone();
    page["responseContext"] = json!({"serviceTrackingParams": [{"params": [{"key": seen.0, "value": seen.1}], "service": "GFEEDBACK"}]});
    page.to_string().into_response()
}

fn status(status: u16) -> Response {
    StatusCode::from_u16(status).unwrap().into_response()
}

fn redirect(to: &str) -> Response {
    (StatusCode::FOUND, [("location", to.to_owned())], "").into_response()
}

fn songs(count: usize) -> Value {
    json!({"contents": {"musicPlaylistShelfRenderer": {"contents": (1..=count).map(row).collect::<Vec<_>>()}}})
}

fn grid(ids: &[&str]) -> Value {
    let tile = |id: &&str| json!({"musicTwoRowItemRenderer": {"navigationEndpoint": {"browseEndpoint": {"browseId": format!("VL{id}")}}}});
    json!({"contents": {"gridRenderer": {"items": ids.iter().map(tile).collect::<Vec<_>>()}}})
}

/// An export and what is kept of it.
struct Account {
    folder: TempDir,
    cookies: Cookies,
}

impl Account {
    fn new() -> Self {
        Self::with(&["SAPISID", "__Secure-1PAPISID", "__Secure-3PAPISID", "LOGIN_INFO"])
    }

    fn with(names: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let export = folder.path().join("cookies.txt");
        let line = |name: &&str| format!(".youtube.com\tTRUE\t/\tTRUE\t0\t{name}\t{name}-secret\n");
        fs::write(&export, names.iter().map(line).collect::<String>()).unwrap();
        let cookies = Cookies::new(Some(&export), folder.path().join("kept"));
        Self { folder, cookies }
    }

    fn kept(&self) -> PathBuf {
        self.folder.path().join("kept")
    }

    fn catalogue(&self, base: &str) -> Catalogue {
        signed_in(base, &["false"], self.cookies.clone())
    }
}

#[tokio::test]
async fn a_request_is_signed_as_a_browser_does() -> Result<(), Error> {
    let (base, requests) = serve(|_| said(SIGNED_IN, &grid(&["PLa"]))).await;
    for (cookies, signatures) in [
        (
            &["SAPISID", "__Secure-1PAPISID", "__Secure-3PAPISID", "LOGIN_INFO"][..],
            &["SAPISIDHASH", "SAPISID1PHASH", "SAPISID3PHASH"][..],
        ),
        (&["__Secure-3PAPISID", "LOGIN_INFO"], &["SAPISIDHASH", "SAPISID3PHASH"]),
        (&["SAPISID", "LOGIN_INFO"], &["SAPISIDHASH"]),
    ] {
        let account = Account::with(cookies);
        let innertube = InnerTube::new(&base, account.cookies.clone(), 3).in_a_hurry();
        let catalogue = Catalogue { innertube, ..account.catalogue(&base) };
        assert_eq!(catalogue.library().await?.playlists, [id("PLa")]);
        assert_eq!(catalogue.sign_in(), Some(Standing::Taken));
        let request = requests.lock().unwrap().pop().ok_or("a request")?;
        let cookie: Vec<String> = cookies.iter().map(|name| format!("{name}={name}-secret")).collect();
        assert_eq!(request.cookie, Some(cookie.join("; ")));
        assert_eq!(request.account.as_deref(), Some("3"));
        let authorization = request.authorization.ok_or("a signature")?;
        let words: Vec<&str> = authorization.split(' ').step_by(2).collect();
        assert_eq!(words, signatures);
        assert!(!authorization.contains("secret"));
    }
    catalogue(&base, &["false"]).playlist(&id("PLa")).await.expect_err("a grid is no playlist");
    let anonymous = requests.lock().unwrap().pop().ok_or("a request")?;
    assert!(!anonymous.is_signed() && anonymous.account.is_none());
    Ok(())
}

/// An answer in the place of this page.
type Refusal = fn(&Value) -> Response;

/// The ways in which YouTube does not take the cookies, as answers to signed requests for this
/// page.
fn refusals() -> Vec<(&'static str, Refusal)> {
    vec![
        ("YouTube no longer knows who we are", |page| said(STRANGER, page)),
        ("YouTube answers HTTP 401", |_| status(401)),
        ("YouTube answers HTTP 403", |_| status(403)),
        ("YouTube wants a new sign-in", |_| redirect("https://accounts.google.com/ServiceLogin?x=y")),
        ("YouTube wants a new sign-in", |_| {
            "<!doctype html><base href=\"https://accounts.google.com/\">".into_response()
        }),
    ]
}

#[tokio::test]
async fn a_sign_in_that_is_not_taken_empties_nothing() -> Result<(), Error> {
    for (reason, refusal) in refusals() {
        let (base, _) = serve(move |request| match request.what.as_str() {
            "FEmusic_liked_playlists" => refusal(&grid(&[])),
            "VLPLpublic" if request.is_signed() => refusal(&songs(3)),
            "VLPLpublic" => said(STRANGER, &songs(3)),
            "VLLM" | "VLLL" | "VLWL" if request.is_signed() => refusal(&songs(0)),
            "VLLM" | "VLLL" | "VLWL" => said(STRANGER, &songs(0)),
            _ if request.is_signed() => {
                let answer = refusal(&json!({}));
                if answer.status().is_success() { status(404) } else { answer }
            }
            _ => status(404),
        })
        .await;
        let account = Account::new();
        let signed_out = |error: &ListError| matches!(error, ListError::SignedOut(why) if why == reason);
        for order in [["PLpublic", "LM", "PLprivate", "WL"], ["LL", "PLprivate", "PLpublic", "LM"]] {
            let catalogue = account.catalogue(&base);
            for name in order {
                let listed = catalogue.playlist(&id(name)).await;
                match &listed {
                    Ok(listing) => assert_eq!((name, listing.entries.len()), ("PLpublic", 3)),
                    Err(error) => assert!(signed_out(error) && name != "PLpublic", "{name}: {error}"),
                }
            }
            let library = catalogue.library().await.expect_err("an empty library");
            assert!(signed_out(&library) && !library.is_passing(), "{library}");
            assert_eq!(catalogue.sign_in(), Some(Standing::Refused(reason.to_owned())));
        }
        let third = InnerTube::new(&base, account.cookies.clone(), 3).in_a_hurry();
        let Err(BrowseError::SignedOut(why)) = browse::library(&third).await else { panic!("{reason}") };
        assert_eq!(why, format!("{reason}, or `youtube.account = 3` is wrong"));
    }
    Ok(())
}

#[tokio::test]
async fn a_sign_in_is_taken_again_also_where_only_public_playlists_are_listed() -> Result<(), Error> {
    let refuses = Arc::new(AtomicBool::new(true));
    let now = Arc::clone(&refuses);
    let (base, _) = serve(move |request| match (request.is_signed(), now.load(Ordering::Relaxed)) {
        (true, true) => status(401),
        (true, false) => said(SIGNED_IN, &songs(2)),
        (false, _) => said(STRANGER, &songs(2)),
    })
    .await;
    let account = Account::new();
    let catalogue = account.catalogue(&base);
    catalogue.playlist(&id("PLpublic")).await?;
    assert!(matches!(catalogue.sign_in(), Some(Standing::Refused(_))));
    refuses.store(false, Ordering::Relaxed);
    catalogue.playlist(&id("PLpublic")).await?;
    assert_eq!(catalogue.sign_in(), Some(Standing::Taken));
    Ok(())
}

#[tokio::test]
async fn one_playlist_that_is_forbidden_signs_nobody_out() -> Result<(), Error> {
    let (base, requests) = serve(|request| match request.what.as_str() {
        "VLPLforbidden" => status(403),
        _ => said(SIGNED_IN, &grid(&["PLa"])),
    })
    .await;
    let account = Account::new();
    let catalogue = account.catalogue(&base);
    let error = catalogue.playlist(&id("PLforbidden")).await.expect_err("a 403");
    assert!(!matches!(error, ListError::SignedOut(_)), "{error}");
    assert_eq!(catalogue.sign_in(), Some(Standing::Taken));
    assert!(requests.lock().unwrap().iter().all(Request::is_signed));
    Ok(())
}

#[tokio::test]
async fn what_ytdlp_cannot_see_either_may_be_for_want_of_a_sign_in() -> Result<(), Error> {
    let private = "echo 'ERROR: [youtube:tab] PLx: YouTube said: This playlist is private.' >&2; exit 1";
    for (seen, expected) in [
        (STRANGER, "the account's sign-in has expired"),
        (
            SIGNED_IN,
            "YouTube Music's answer is of no use: no playlist in it: and yt-dlp says: YouTube said: This",
        ),
    ] {
        let (base, _) = serve(move |_| said(seen, &json!({"contents": {"novelRenderer": {}}}))).await;
        let account = Account::new();
        let catalogue = signed_in(&base, &["sh", "-c", private], account.cookies.clone());
        let error = catalogue.playlist(&id("PLx")).await.expect_err("private");
        let told = crate::reason::on_one_line(&error);
        assert!(told.starts_with(expected), "{told}");
    }
    Ok(())
}

#[tokio::test]
async fn a_sign_in_that_ends_between_two_pages_cuts_nothing_short() -> Result<(), Error> {
    let first = json!({"contents": {"musicPlaylistShelfRenderer": {"contents": [row(1), token("more")]}}});
    let rest = json!({"onResponseReceivedActions": [{"appendContinuationItemsAction": {"continuationItems": [row(2)]}}]});
    let (base, _) = serve(move |request| match (request.what.as_str(), request.is_signed()) {
        ("VLLM" | "VLPLpublic", true) => said(SIGNED_IN, &first),
        ("VLPLpublic", false) => said(STRANGER, &first),
        ("more", false) => said(STRANGER, &rest),
        // Nothing in it: to who is known, that would be the end.
        _ => said(STRANGER, &json!({})),
    })
    .await;
    let listing = Account::new().catalogue(&base).playlist(&id("PLpublic")).await?;
    assert_eq!(listing.entries.len(), 2);
    let error = Account::new().catalogue(&base).playlist(&id("LM")).await.expect_err("half of it");
    assert!(matches!(error, ListError::SignedOut(_)), "{error}");
    Ok(())
}

#[tokio::test]
async fn what_is_missing_while_we_are_known_is_missing() -> Result<(), Error> {
    let (base, requests) = serve(|request| match request.what.as_str() {
        "FEmusic_liked_playlists" => said(SIGNED_IN, &grid(&["PLa"])),
        _ => status(404),
    })
    .await;
    let error = Account::new().catalogue(&base).playlist(&id("PLgone")).await.expect_err("a 404");
    assert!(matches!(error, ListError::Missing), "{error}");
    assert_eq!(requests.lock().unwrap().len(), 2, "it is asked who we are");
    let error = catalogue(&base, &["false"]).playlist(&id("PLgone")).await.expect_err("a 404");
    assert!(matches!(error, ListError::Missing), "{error}");
    assert_eq!(requests.lock().unwrap().len(), 3, "nobody");
    Ok(())
}

#[tokio::test]
async fn liked_songs_are_called_so_in_every_language() -> Result<(), Error> {
    let (base, _) = serve(|_| {
        let mut page = songs(2);
        page["header"] = json!({"musicDetailHeaderRenderer": {"title": {"simpleText": "Titres likés"}}});
        said(SIGNED_IN, &page)
    })
    .await;
    let account = Account::new();
    for (name, title) in [("LM", "Liked Songs"), ("PLx", "Titres likés")] {
        let listing = account.catalogue(&base).playlist(&id(name)).await?;
        assert_eq!(listing.title.as_deref(), Some(title));
    }
    Ok(())
}

#[tokio::test]
async fn a_rotated_cookie_is_sent_from_the_next_page_on() -> Result<(), Error> {
    let set = |response: Response| {
        let cookie = "LOGIN_INFO=rotated-secret; Domain=.youtube.com; Path=/; Secure; HttpOnly";
        ([("set-cookie", cookie)], response).into_response()
    };
    let (base, requests) = serve(move |request| {
        let page = json!({"contents": {"musicPlaylistShelfRenderer": {"contents": [row(1), token("more")]}}});
        match request.what.as_str() {
            "VLPLa" => set(said(SIGNED_IN, &page)),
            "VLPLstranger" => set(said(STRANGER, &songs(1))),
            _ => said(SIGNED_IN, &json!({"onResponseReceivedActions": [{"appendContinuationItemsAction": {"continuationItems": [row(2)]}}]})),
        }
    })
    .await;
    let account = Account::new();
    account.catalogue(&base).playlist(&id("PLstranger")).await?;
    assert!(!account.kept().exists(), "what a stranger is told changes nothing");
    let account = Account::new();
    account.catalogue(&base).playlist(&id("PLa")).await?;
    let cookies: Vec<_> =
        requests.lock().unwrap().iter().filter_map(|request| request.cookie.clone()).collect();
    assert!(cookies[1].contains("LOGIN_INFO=LOGIN_INFO-secret"), "{cookies:?}");
    assert!(cookies[2].contains("LOGIN_INFO=rotated-secret"), "{cookies:?}");
    assert!(fs::read_to_string(account.kept())?.contains("rotated-secret"));
    Ok(())
}

#[tokio::test]
async fn a_page_that_does_not_say_whose_it_is_may_rotate_cookies_too() -> Result<(), Error> {
    let page = || songs(1).to_string().into_response();
    type Case = (fn(Response) -> Response, bool);
    let cases: [Case; 4] = [
        (|page| page, true),
        (|_| "<!doctype html><title>Before you continue</title>".into_response(), false),
        (|_| (StatusCode::FORBIDDEN, "{}").into_response(), false),
        (|_| said(STRANGER, &songs(1)), false),
    ];
    for (answer, taken) in cases {
        let (base, _) = serve(move |_| {
            let mut response = answer(page());
            let set = [
                "TS=rotated; Domain=.youtube.com; Path=/",
                "LOGIN_INFO=; Domain=.youtube.com; Path=/; Max-Age=0",
            ];
            for cookie in set {
                response.headers_mut().append("set-cookie", cookie.parse().unwrap());
            }
            response
        })
        .await;
        let account = Account::new();
        let listed = account.catalogue(&base).playlist(&id("PLa")).await;
        let kept = fs::read_to_string(account.kept()).unwrap_or_default();
        assert_eq!(kept.contains("rotated"), taken, "{listed:?}");
        assert_eq!(kept.contains("LOGIN_INFO-secret"), taken, "the sign-in stays");
    }
    Ok(())
}

#[tokio::test]
async fn cookies_go_nowhere_else() -> Result<(), Error> {
    let (elsewhere, strangers) = serve(|_| said(SIGNED_IN, &songs(1))).await;
    for code in [StatusCode::FOUND, StatusCode::TEMPORARY_REDIRECT] {
        let to = format!("{elsewhere}/youtubei/v1/browse");
        let (base, _) = serve(move |_| (code, [("location", to.clone())], "").into_response()).await;
        Account::new().catalogue(&base).playlist(&id("PLa")).await.expect_err("a redirect");
    }
    assert!(strangers.lock().unwrap().is_empty());
    let error = Account::new().catalogue("http://192.0.2.1").library().await.expect_err("not YouTube's");
    assert!(error.to_string().contains("http://192.0.2.1 is not YouTube"), "{error}");
    Ok(())
}

/// What was logged, by everything in this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_secret_is_logged_at_any_level() -> Result<(), Error> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // With one subscriber alone, whether anybody listens at all is asked in whatever thread logs
    // first, which may be another test's.
    let _other = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);
    for (_, refusal) in refusals() {
        let (base, requests) = serve(move |request| match request.what.as_str() {
            "VLPLa" => {
                let cookie = [("set-cookie", "LOGIN_INFO=rotated-secret; Domain=.youtube.com; Path=/")];
                (cookie, said(SIGNED_IN, &songs(1))).into_response()
            }
            _ => refusal(&grid(&[])),
        })
        .await;
        let account = Account::new();
        let catalogue = account.catalogue(&base);
        catalogue.playlist(&id("PLa")).await?;
        let error = catalogue.library().await.expect_err("refused");
        let shown = format!("{error:?} {:?} {:?}", account.cookies, catalogue.sign_in());
        assert!(!shown.contains("secret"), "{shown}");
        let signature = requests.lock().unwrap()[0].authorization.clone().ok_or("signed")?;
        let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
        assert!(log.contains("listed"), "{log}");
        for word in signature.split(' ').skip(1).step_by(2).chain(["secret"]) {
            assert!(!log.contains(word), "{log}");
        }
    }
    Ok(())
}
