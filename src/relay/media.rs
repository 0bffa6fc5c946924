//! Reading from YouTube's media servers, one bounded range at a time.
//!
//! No retries here: an answer is sorted by what it means, [`super::fetch`] decides.

use std::error::Error;
use std::io;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_RANGE, HOST, HeaderMap, HeaderName, HeaderValue, RANGE, RETRY_AFTER};
use tokio::time::{Instant, timeout_at};

use super::clients::Clients;
use crate::resolver::Stream;

/// What brings less than this has failed: within the time of a stall (10 s), and from one failure
/// to the next. That is 3 KB/s, of which no audio plays (the least of YouTube's takes 6) and no
/// poor line is so slow, while a server that is out of order may well drip.
pub(super) const LEAST_PROGRESS: u64 = 32 * 1024;

/// An answered range, whose body is yet to be read.
#[derive(Debug)]
pub(super) struct Part {
    /// How long the whole file is.
    pub(super) total: u64,
    /// What is left of the range.
    rest: Range<u64>,
    response: reqwest::Response,
    stall: Duration,
    /// What there is of the next [`LEAST_PROGRESS`], and by when all of it is to be.
    progress: u64,
    due: Instant,
}

/// Why there is nothing (more) of a range, in words for the user. The libraries' errors, which are
/// for the log, have no URL: it is secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// The URL is of no use any more: expired, for another address, or never good.
    #[error("YouTube's media server refused the stream's URL with {0}")]
    Dead(StatusCode),
    /// It may work soon; not before this time has passed, if it says so.
    #[error("YouTube's media server answered {0}")]
    Busy(StatusCode, Option<Duration>),
    /// What it sent is no part of a file.
    #[error("YouTube's media server did not answer with the range that was asked for")]
    NoRange,
    /// A header that the stream is to be asked with is none, or the proxy of `resolver.args`.
    #[error("the stream's URL or headers, or the proxy of `resolver.args`, are not valid")]
    BadRequest,
    /// There is no connection to it.
    #[error("YouTube's media server cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// It says nothing.
    #[error("YouTube's media server does not answer")]
    Silent(#[source] reqwest::Error),
    /// Less than [`LEAST_PROGRESS`] has come for too long.
    #[error("YouTube's media server has all but stopped sending")]
    Stalled,
    /// The connection failed.
    #[error("YouTube's media server broke off")]
    BrokeOff(#[source] reqwest::Error),
    /// The body ended before the range did.
    #[error("YouTube's media server ended its answer too early")]
    Short,
}

/// Whose fault it is, so far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// The URL is of no use to anybody.
    Url,
    /// Another URL, which may be of another server, may do better.
    Server,
    /// Either the server or the network.
    Either,
    /// No server would do better: there is no network, or one that lets nobody out.
    Network,
}

/// Asks for `range` of `stream`. The answer has to begin within `stall`, and may not stand still
/// for as long.
pub(super) async fn read(
    clients: &Clients,
    stream: &Stream,
    range: &Range<u64>,
    stall: Duration,
) -> Result<Part, ReadError> {
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
        status => return Err(ReadError::Busy(status, retry_after(response.headers()))),
    }
    let (first, last, total) = content_range(response.headers()).ok_or(ReadError::NoRange)?;
    if first != range.start || last < first || last >= total {
        return Err(ReadError::NoRange);
    }
    // Where it sends less than was asked for, that is too short as well.
    let rest = first..range.end.min(total);
    Ok(Part { total, rest, response, stall, progress: 0, due: Instant::now() + stall })
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
        let chunk = timeout_at(self.due, self.response.chunk()).await.map_err(|_| ReadError::Stalled)??;
        let Some(mut frame) = chunk else {
            return if left == 0 { Ok(None) } else { Err(ReadError::Short) };
        };
        // More than it announced is none of ours.
        frame.truncate(left);
        let at = self.rest.start;
        let length = u64::try_from(frame.len()).unwrap_or(u64::MAX);
        self.rest.start += length;
        self.progress += length;
        if self.progress >= LEAST_PROGRESS {
            (self.progress, self.due) = (0, Instant::now() + self.stall);
        }
        Ok(Some((at, frame)))
    }
}

impl ReadError {
    pub(super) fn blame(&self) -> Blame {
        match self {
            Self::Dead(_) | Self::NoRange | Self::BadRequest => Blame::Url,
            Self::Unreachable(error) if error.is_timeout() => Blame::Either,
            Self::Unreachable(error) if !was_refused(error) => Blame::Network,
            _ => Blame::Server,
        }
    }
}

/// Whether somebody was there who did not want the connection.
fn was_refused(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source())
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| {
            matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset)
        })
}

impl From<reqwest::Error> for ReadError {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        match () {
            () if error.is_builder() => Self::BadRequest,
            () if error.is_connect() => Self::Unreachable(error),
            () if error.is_timeout() => Self::Silent(error),
            () => Self::BrokeOff(error),
        }
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

/// In whole seconds; media servers send no dates.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u32 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.into()))
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
