//! Reading from YouTube's media servers, one bounded range at a time.
//!
//! No retries here: an answer is sorted by what it means, [`super::fetch`] decides.

use std::ops::Range;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_RANGE, HOST, HeaderMap, HeaderName, HeaderValue, RANGE};

use super::clients::Clients;
use crate::resolver::Stream;

/// An answered range, whose body is yet to be read.
#[derive(Debug)]
pub(super) struct Part {
    /// How long the whole file is.
    pub(super) total: u64,
    /// What is left of the range.
    rest: Range<u64>,
    response: reqwest::Response,
}

/// Why there is nothing (more) of a range.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// The URL is of no use any more: expired, for another address, or never good.
    #[error("the media server refused the stream's URL with {0}")]
    Dead(StatusCode),
    /// It may work soon.
    #[error("the media server answered {0}")]
    Busy(StatusCode),
    /// What it sent is no part of a file.
    #[error("the media server did not answer with the range that was asked for")]
    NoRange,
    /// A header that the stream is to be asked with is none, or the proxy of `resolver.args`.
    #[error("the stream's URL or headers, or the proxy of `resolver.args`, are not valid")]
    BadRequest,
    /// The connection failed. The URL is left out: it is secret.
    #[error("the media server cannot be read")]
    Broken(#[source] reqwest::Error),
    /// The body ended before the range did.
    #[error("the media server's answer was cut short")]
    Short,
}

/// Asks for `range` of `stream`.
pub(super) async fn read(clients: &Clients, stream: &Stream, range: &Range<u64>) -> Result<Part, ReadError> {
    let mut headers = headers(&stream.headers)?;
    let asked = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
    headers.insert(RANGE, HeaderValue::try_from(asked).map_err(|_| ReadError::BadRequest)?);
    let response = clients.get(&stream.way, stream.url.reveal(), headers).await?;
    match response.status() {
        StatusCode::PARTIAL_CONTENT => {}
        // A client error is about this URL; time does not heal it.
        status if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
            return Err(ReadError::Dead(status));
        }
        status if status.is_success() => return Err(ReadError::NoRange),
        status => return Err(ReadError::Busy(status)),
    }
    let (first, last, total) = content_range(response.headers()).ok_or(ReadError::NoRange)?;
    if first != range.start || last < first || last >= total {
        return Err(ReadError::NoRange);
    }
    Ok(Part { total, rest: first..range.end.min(last + 1), response })
}

impl Part {
    /// What is left to read.
    pub(super) fn rest(&self) -> Range<u64> {
        self.rest.clone()
    }

    /// The next frame and where it belongs; none at the end of the range.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Result<Option<(u64, Bytes)>, ReadError> {
        let left = usize::try_from(self.rest.end - self.rest.start).unwrap_or(usize::MAX);
        let Some(mut frame) = self.response.chunk().await? else {
            return if left == 0 { Ok(None) } else { Err(ReadError::Short) };
        };
        // More than it announced is none of ours.
        frame.truncate(left);
        let at = self.rest.start;
        self.rest.start += u64::try_from(frame.len()).unwrap_or(u64::MAX);
        Ok(Some((at, frame)))
    }
}

impl From<reqwest::Error> for ReadError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_builder() { Self::BadRequest } else { Self::Broken(error.without_url()) }
    }
}

/// The stream's own headers, without those that are the connection's or ours to say.
fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, ReadError> {
    pairs
        .iter()
        .map(|(name, value)| Ok((HeaderName::try_from(name)?, HeaderValue::try_from(value)?)))
        .filter(|pair| !matches!(pair, Ok((name, _)) if *name == HOST || name.as_str() == "accept-encoding"))
        .collect::<Result<_, axum::http::Error>>()
        .map_err(|_| ReadError::BadRequest)
}

/// `bytes 0-9/100` as (0, 9, 100). A total that is not told is none: we must know it.
fn content_range(headers: &HeaderMap) -> Option<(u64, u64, u64)> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, last.trim().parse().ok()?, total.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges() {
        for (text, parsed) in [
            ("bytes 0-9/100", Some((0, 9, 100))),
            ("bytes 5-5/6", Some((5, 5, 6))),
            ("bytes */100", None),
            ("bytes 0-9/*", None),
            ("items 0-9/100", None),
            ("bytes 0-99999999999999999999/1", None),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_RANGE, HeaderValue::from_static(text))]);
            assert_eq!(content_range(&headers), parsed, "{text}");
        }
    }

    #[test]
    fn the_streams_headers_are_sent_but_not_those_of_the_connection() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let sent = headers(&[pair("User-Agent", "x"), pair("Accept-Encoding", "gzip"), pair("Host", "y")]);
        assert_eq!(
            sent.unwrap(),
            HeaderMap::from_iter([(reqwest::header::USER_AGENT, "x".parse().unwrap())])
        );
        assert!(headers(&[pair("bad name", "x")]).is_err());
        assert!(headers(&[pair("X", "two\r\nlines")]).is_err());
    }
}
