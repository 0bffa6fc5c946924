//! A request for a song, from its headers to the end of its body.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, IF_RANGE, RANGE, USER_AGENT,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, Stream, TryStreamExt};
use http_range_header::{RangeInvalid, RangeUnsatisfiableError, parse_range_header};

use super::agent::{self, Framing};
use super::deck::Deck;
use super::song::{End, Reader, Version};
use crate::library::VideoId;

/// A song that left memory, or became another file, between two steps of one request is opened
/// again; more often than this is no coincidence.
const MOST_OPENS: u32 = 3;

/// The body broke off: the connection is closed, so that nobody takes it for complete.
#[derive(Debug, thiserror::Error)]
#[error("the song cannot be read on")]
struct Cut;

/// Answers a request for `video`, once its first bytes are there.
pub(super) async fn answer(
    deck: &Arc<Deck>,
    video: VideoId,
    method: &Method,
    request: &HeaderMap,
) -> Response {
    deck.counters.requests.add(1);
    let mut opens = 1;
    loop {
        match open(deck, video, method, request).await {
            Err(End::Unwanted | End::NotNow | End::Changed) if opens < MOST_OPENS => opens += 1,
            Err(End::Gone(reason)) => return (StatusCode::NOT_FOUND, reason).into_response(),
            Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Ok(response) => return response,
        }
    }
}

async fn open(
    deck: &Arc<Deck>,
    video: VideoId,
    method: &Method,
    request: &HeaderMap,
) -> Result<Response, End> {
    let reader = deck.open(video);
    let version = reader.version().await?;
    let total = version.total;
    let not_there = || {
        let told = [(CONTENT_RANGE, format!("bytes */{total}"))];
        Ok((StatusCode::RANGE_NOT_SATISFIABLE, told).into_response())
    };
    let (status, range) = match Asked::of(method, request, total) {
        Asked::Whole => (StatusCode::OK, 0..total),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Nothing => return not_there(),
    };
    if !deck.files.continues(video, range.start, &version) {
        return not_there();
    }
    let agent = request.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let framing = Framing::of(agent);
    let headers = headers(&version, &range, status, framing);
    // What MPD seeks is told apart from what it reads on by where it begins.
    let kept = range.start == 0 && agent::keeps_all(agent, total);
    reader.seek(range).await?;
    let body = body(reader, framing);
    if kept {
        let deck = Arc::clone(deck);
        return Ok((status, headers, noting(body, move |end| deck.files.keeps(video, end))).into_response());
    }
    Ok((status, headers, Body::from_stream(body)).into_response())
}

/// What the `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(Range<u64>),
    /// Nothing that exists.
    Nothing,
}

impl Asked {
    /// As RFC 9110, section 14 has it.
    fn of(method: &Method, request: &HeaderMap, total: u64) -> Self {
        // Ranges are for GET, and nobody has a validator of ours for `If-Range`.
        let header = request.get(RANGE).and_then(|range| range.to_str().ok());
        let Some(header) = header.filter(|_| method == Method::GET && !request.contains_key(IF_RANGE)) else {
            return Self::Whole;
        };
        match parse_range_header(header).and_then(|parsed| parsed.validate(total)).as_deref() {
            Ok([range]) => Self::Part(*range.start()..range.end() + 1),
            // Several at once may be answered by the whole, as is a unit that we do not know.
            Ok(_)
            | Err(
                RangeUnsatisfiableError::Rejected(_)
                | RangeUnsatisfiableError::Invalid(RangeInvalid::DoesNotStartWithToken),
            ) => Self::Whole,
            Err(_) => Self::Nothing,
        }
    }
}

fn headers(version: &Version, range: &Range<u64>, status: StatusCode, framing: Framing) -> HeaderMap {
    let mime = HeaderValue::try_from(&version.mime);
    let mut headers = HeaderMap::from_iter([
        (CONTENT_TYPE, mime.unwrap_or(HeaderValue::from_static("application/octet-stream"))),
        // MPD seeks only where this stands.
        (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]);
    if framing == Framing::Sized {
        headers.insert(CONTENT_LENGTH, (range.end - range.start).into());
    }
    if status == StatusCode::PARTIAL_CONTENT {
        let part = format!("bytes {}-{}/{}", range.start, range.end - 1, version.total);
        // Digits are valid in any header.
        headers.extend(HeaderValue::try_from(part).map(|part| (CONTENT_RANGE, part)));
    }
    headers
}

/// What the reader reads, as it comes.
fn body(reader: Reader, framing: Framing) -> impl Stream<Item = Result<Bytes, Cut>> {
    stream::unfold(Some(reader), move |reader| async move {
        let reader = reader?;
        match reader.next().await {
            Ok(None) => None,
            Ok(Some(frame)) => Some((Ok(frame), Some(reader))),
            Err(_) if framing == Framing::Chunked => None,
            Err(_) => Some((Err(Cut), None)),
        }
    })
}

/// A body, of which `note` hears how much has been given.
fn noting(
    body: impl Stream<Item = Result<Bytes, Cut>> + Send + 'static,
    note: impl Fn(u64) + Send + 'static,
) -> Body {
    let mut given = 0;
    Body::from_stream(body.inspect_ok(move |frame| {
        given += u64::try_from(frame.len()).unwrap_or(u64::MAX);
        note(given);
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_understood() {
        for (header, asked) in [
            ("bytes=0-", Asked::Part(0..100)),
            ("bytes=5-", Asked::Part(5..100)),
            ("bytes=5-9", Asked::Part(5..10)),
            ("bytes=5-500", Asked::Part(5..100)),
            ("bytes=-10", Asked::Part(90..100)),
            ("bytes=99-", Asked::Part(99..100)),
            ("bytes=-100", Asked::Part(0..100)),
            ("bytes=-500", Asked::Part(0..100)),
            ("Bytes=5-9", Asked::Part(5..10)),
            ("bytes=5-9,100-", Asked::Part(5..10)),
            ("bytes=100-", Asked::Nothing),
            ("bytes=100-,200-", Asked::Nothing),
            ("bytes=-0", Asked::Nothing),
            ("bytes=9-5", Asked::Nothing),
            ("bytes=x", Asked::Nothing),
            ("bytes=0-1,5-6", Asked::Whole),
            ("bytes=0-4,2-8", Asked::Whole),
            ("bytes=0-4,1-5,2-8", Asked::Whole),
            ("items=0-1", Asked::Whole),
        ] {
            let mut request = HeaderMap::from_iter([(RANGE, HeaderValue::from_static(header))]);
            assert_eq!(Asked::of(&Method::GET, &request, 100), asked, "{header}");
            assert_eq!(Asked::of(&Method::HEAD, &request, 100), Asked::Whole, "{header}");
            request.insert(IF_RANGE, HeaderValue::from_static("\"x\""));
            assert_eq!(Asked::of(&Method::GET, &request, 100), Asked::Whole, "{header}");
        }
        assert_eq!(Asked::of(&Method::GET, &HeaderMap::new(), 100), Asked::Whole);
    }
}
