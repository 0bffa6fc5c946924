//! Requests to InnerTube, the API behind YouTube Music's pages.
//!
//! Knows how to ask, how often and for how long; what an answer means is for [`super::page`].

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::time::sleep;
use tracing::debug;
use url::form_urlencoded::byte_serialize;

use super::error::{BrowseError, Unreachable, Unusable};
use super::page::Continuation;

/// The largest answer that is read, in bytes. Pages of 100 rows have 3 MB at most.
pub(super) const LARGEST_ANSWER: usize = 32 << 20;

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long one request may take, to the last byte of its answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How often a request is tried again when it fails in passing.
const RETRIES: usize = 4;

/// The longest pause before a retry. Who asks for more is not tried again: the next sync comes
/// anyway.
const LONGEST_RETRY_PAUSE: Duration = Duration::from_secs(60);

/// Who asks, whatever host we ask: a signed request's signature holds it too.
const ORIGIN: &str = "https://music.youtube.com";

/// YouTube sends those that are no browser to another page.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A connection to InnerTube. Cheap to clone: clones share the connections.
#[derive(Clone)]
pub(super) struct InnerTube {
    /// Without a trailing slash.
    base: String,
    /// Made by the first request: it reads the system's certificates, which may be missing, and
    /// plain configuration should not fail for that.
    client: Arc<OnceCell<Client>>,
    pace: Pace,
}

/// What to ask for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Browse<'a> {
    /// A page by its browse id, such as `VLPL...`.
    Page(&'a str),
    /// What follows on the page with that id.
    More(&'a str, &'a Continuation),
}

/// How gently we ask.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Between two pages.
    pub(super) between_pages: Duration,
    /// Before the first retry; doubles with each.
    pub(super) first_retry: Duration,
}

impl Pace {
    /// YouTube publishes no limit; this is what a quick reader would ask for.
    const GENTLE: Self =
        Self { between_pages: Duration::from_millis(250), first_retry: Duration::from_millis(500) };
}

/// Why one try failed.
enum Failure {
    /// Another try may help.
    Passing(Unreachable),
    Final(BrowseError),
}

impl InnerTube {
    /// InnerTube at `base`, such as `https://music.youtube.com`.
    pub(super) fn new(base: &str) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { base, client: Arc::default(), pace: Pace::GENTLE }
    }

    /// The same, at another pace.
    #[cfg(test)]
    pub(super) fn at_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Waits as long as is polite before another page.
    pub(super) async fn pause(&self) {
        sleep(self.pace.between_pages).await;
    }

    /// Asks until there is an answer or no hope: its body, which is for [`super::page`] to judge.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request.
    pub(super) async fn ask(&self, browse: Browse<'_>) -> Result<Vec<u8>, BrowseError> {
        let mut pauses = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.pace.first_retry)
            .with_max_delay(LONGEST_RETRY_PAUSE)
            .with_max_times(RETRIES)
            .build();
        loop {
            let why = match self.try_once(browse).await {
                Ok(body) => return Ok(body),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(why)) => why,
            };
            let asked_for = match why {
                Unreachable::Busy { retry_after, .. } => retry_after.unwrap_or_default(),
                Unreachable::Request(_) => Duration::ZERO,
            };
            let pause = pauses.next().map(|pause| pause.max(asked_for));
            let Some(pause) = pause.filter(|pause| *pause <= LONGEST_RETRY_PAUSE) else {
                return Err(BrowseError::Unreachable(why));
            };
            debug!(%why, ?pause, "InnerTube did not answer; trying again");
            sleep(pause).await;
        }
    }

    async fn try_once(&self, browse: Browse<'_>) -> Result<Vec<u8>, Failure> {
        let response = self.request(browse).await?.send().await?;
        let status = response.status();
        match status {
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(Failure::busy(&response)),
            _ if status.is_server_error() => Err(Failure::busy(&response)),
            StatusCode::NOT_FOUND => Err(Failure::Final(missing(&body(response).await?))),
            _ if status.is_success() => body(response).await,
            _ => Err(Failure::Final(Unusable::Status(status.as_u16()).into())),
        }
    }

    /// The request, with all its headers. What signs requests belongs here, and only here.
    async fn request(&self, browse: Browse<'_>) -> Result<RequestBuilder, Failure> {
        let unusable = |error| Failure::Final(Unusable::Request(error).into());
        let client = self.client.get_or_try_init(async || client()).await.map_err(unusable)?;
        let mut url = format!("{}/youtubei/v1/browse?alt=json&prettyPrint=false", self.base);
        if let Browse::More(_, Continuation::Query(token)) = browse {
            let token: String = byte_serialize(token.as_bytes()).collect();
            let _ = write!(url, "&ctoken={token}&continuation={token}");
        }
        let body = request_body(browse, Timestamp::now());
        Ok(client.post(url).header("Origin", ORIGIN).header("X-Origin", ORIGIN).json(&body))
    }
}

fn client() -> Result<Client, reqwest::Error> {
    install_crypto();
    Client::builder().user_agent(USER_AGENT).connect_timeout(CONNECT_TIMEOUT).timeout(REQUEST_TIMEOUT).build()
}

/// reqwest is built without a crypto provider of its own and takes the process's.
fn install_crypto() {
    // An error means that there is one already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn request_body(browse: Browse<'_>, now: Timestamp) -> Value {
    let version = now.strftime("1.%Y%m%d.01.00").to_string();
    // `hl`: the parser knows YouTube's words in English.
    let client = json!({"clientName": "WEB_REMIX", "clientVersion": version, "hl": "en"});
    let context = json!({"client": client, "user": {}});
    match browse {
        Browse::More(_, Continuation::Body(token)) => json!({"context": context, "continuation": token}),
        Browse::Page(id) | Browse::More(id, Continuation::Query(_)) => {
            json!({"context": context, "browseId": id})
        }
    }
}

/// The whole body, if it is not too large. What gzip makes of it counts.
async fn body(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = vec![];
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Failure::Final(Unusable::TooLarge(LARGEST_ANSWER).into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What a 404 means: InnerTube says that the playlist is not there; a web page says that InnerTube
/// itself is not.
fn missing(body: &[u8]) -> BrowseError {
    let web_page = body.trim_ascii_start().starts_with(b"<");
    if web_page { Unusable::Status(404).into() } else { BrowseError::Missing }
}

impl Failure {
    fn busy(response: &Response) -> Self {
        let retry_after = retry_after(response.headers(), Timestamp::now());
        Self::Passing(Unreachable::Busy { status: response.status().as_u16(), retry_after })
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        // The URL may hold a token, and says nothing that the user does not know.
        let error = error.without_url();
        if error.is_builder() {
            return Self::Final(Unusable::Request(error).into());
        }
        Self::Passing(Unreachable::Request(error))
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_of_today() -> Result<(), jiff::Error> {
        let now: Timestamp = "2026-03-09T23:59:59Z".parse()?;
        let body = request_body(Browse::Page("VLPLx"), now);
        assert_eq!(body["context"]["client"]["clientVersion"], "1.20260309.01.00");
        assert_eq!(body["browseId"], "VLPLx");
        Ok(())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() -> Result<(), Box<dyn std::error::Error>> {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse()?;
        for (text, seconds) in [
            ("7", Some(7)),
            ("Sun, 22 Nov 2026 12:00:30 GMT", Some(30)),
            ("Sun, 22 Nov 2026 11:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse()?)]);
            assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs), "{text}");
        }
        Ok(())
    }

    #[test]
    fn a_404_is_the_playlists_or_innertubes() {
        let said = br#"{"error":{"code":404,"message":"Requested entity was not found."}}"#;
        assert!(matches!(missing(said), BrowseError::Missing));
        assert!(matches!(missing(b""), BrowseError::Missing));
        assert!(matches!(missing(b"\n<!doctype html>"), BrowseError::Unusable(Unusable::Status(404))));
    }
}
