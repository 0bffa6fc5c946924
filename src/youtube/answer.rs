//! An answer of InnerTube's, as far as HTTP tells: a body, or why there is none.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Limited};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER, SET_COOKIE};
use reqwest::{Response, StatusCode, Url};

use super::error::{BrowseError, Unreachable, Unusable};
use super::innertube::Failure;
use super::page::is_web_page;
use super::sign::is_sign_in_page;

/// The largest answer that is read, in bytes. Pages of 100 rows have 3 MB at most.
pub(super) const LARGEST_ANSWER: usize = 32 << 20;

/// Why a request that was answered has brought nothing.
pub(super) enum Refusal {
    /// The page on which people sign in, or a redirect to it.
    SignIn,
    /// A status that is neither success nor "later".
    Status(u16),
    Other(Failure),
}

impl Refusal {
    /// What it means if it is not for the cookies.
    pub(super) fn of_anybody(self) -> Failure {
        match self {
            Self::SignIn => Failure::Final(Unusable::WebPage.into()),
            Self::Status(status) => Failure::Final(Unusable::Status(status).into()),
            Self::Other(failure) => failure,
        }
    }

    /// "Later": as `status` says, or as good as says.
    fn busy(response: &Response, status: StatusCode) -> Self {
        let retry_after = retry_after(response.headers(), Timestamp::now());
        Self::Other(Failure::Passing(Unreachable::Busy { status: status.as_u16(), retry_after }))
    }
}

/// The body of a good answer.
pub(super) async fn answer(response: Response) -> Result<Bytes, Refusal> {
    let status = response.status();
    match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(Refusal::busy(&response, status)),
        _ if status.is_server_error() => Err(Refusal::busy(&response, status)),
        StatusCode::NOT_FOUND => Err(Refusal::Other(Failure::Final(missing(&body(response).await?)))),
        _ if status.is_success() => {
            let body = body(response).await?;
            if is_sign_in_page(&body) { Err(Refusal::SignIn) } else { Ok(body) }
        }
        _ if status.is_redirection() => Err(led_to(&response)),
        _ => Err(Refusal::Status(status.as_u16())),
    }
}

/// What a redirect means, by where it leads.
fn led_to(response: &Response) -> Refusal {
    let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
    let to = Url::parse(to).ok();
    match to.as_ref().and_then(|to| Some((to.host_str()?, to.path()))) {
        Some(("accounts.google.com", _)) => Refusal::SignIn,
        // Google's captcha, for those who ask too much.
        Some((_, path)) if path.starts_with("/sorry/") => {
            Refusal::busy(response, StatusCode::TOO_MANY_REQUESTS)
        }
        _ => Refusal::Status(response.status().as_u16()),
    }
}

pub(super) fn set_cookies(headers: &HeaderMap) -> Vec<String> {
    headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect()
}

/// The whole body, if it is not too large. What gzip makes of it counts.
async fn body(response: Response) -> Result<Bytes, Refusal> {
    let body = Limited::new(reqwest::Body::from(response), LARGEST_ANSWER).collect().await;
    // What came in one piece is not copied.
    body.map(Collected::to_bytes).map_err(|error| match error.downcast::<reqwest::Error>() {
        Ok(error) => Refusal::Other((*error).into()),
        Err(_) => Refusal::Other(Failure::Final(Unusable::TooLarge(LARGEST_ANSWER).into())),
    })
}

/// What a 404 means: InnerTube says that the playlist is not there; a web page says that InnerTube
/// itself is not.
fn missing(body: &[u8]) -> BrowseError {
    if is_web_page(body) { Unusable::Status(404).into() } else { BrowseError::Missing }
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
    fn a_redirect_means_what_it_leads_to() -> Result<(), axum::http::Error> {
        for (to, means) in [
            ("https://accounts.google.com/ServiceLogin?x=y", "sign in"),
            ("https://www.google.com/sorry/index?continue=https://music.youtube.com/", "HTTP 429"),
            ("https://consent.youtube.com/m?x=y", "HTTP 302"),
            ("/sorry/", "HTTP 302"),
            ("", "HTTP 302"),
        ] {
            let response = axum::http::Response::builder().status(302).header(LOCATION, to).body("")?;
            let found = match led_to(&response.into()) {
                Refusal::SignIn => "sign in".to_owned(),
                Refusal::Status(status) => format!("HTTP {status}"),
                Refusal::Other(Failure::Passing(Unreachable::Busy { status, .. })) => {
                    format!("HTTP {status}")
                }
                Refusal::Other(_) => "something else".to_owned(),
            };
            assert_eq!(found, means, "{to}");
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
