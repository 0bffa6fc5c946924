//! Audio as googlevideo serves it since August 2026: only bounded ranges of at most 1 MiB.
//!
//! Whoever asks without `Range`, with `bytes=a-`, for more, by `HEAD`, after the URL's `expire`,
//! from another address than its `ip` or with a URL that was tampered with gets 403. Unhindered bodies are slices of the file in
//! memory that hyper writes as they are.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use serde::Deserialize;
use tokio::time::{Instant, sleep, sleep_until};

use super::audio::{COVER, Format};
use super::clock::unix_now;
use super::knobs::MediaRule;
use super::world::{MediaRequest, Shared, StreamParameters, World};

/// The longest range that is served.
pub const LONGEST_RANGE: u64 = 1 << 20;

/// How many pieces of a slowed body may wait for the socket.
const PIECES_AHEAD: usize = 1;

/// hyper has long written by then what it has taken, unless the peer does not read.
const FLUSHED: Duration = Duration::from_millis(20);

/// A slowed body comes in this many pieces a second.
const PIECES_PER_SECOND: u64 = 20;

pub fn router(world: Shared) -> Router {
    Router::new()
        .route("/videoplayback", any(videoplayback))
        .route("/vi/{id}/{picture}", any(cover))
        .with_state(world)
}

pub async fn cover(State(world): State<Shared>) -> Response {
    let latency = world.lock().cover();
    sleep(Duration::from_millis(latency)).await;
    ([(header::CONTENT_TYPE, "image/jpeg")], COVER).into_response()
}

/// The parts of a URL that count here.
#[derive(Deserialize)]
struct Asked {
    ip: IpAddr,
    id: String,
    itag: String,
    expire: u64,
    lmt: u32,
    nbf: u64,
    sig: String,
}

async fn videoplayback(
    State(world): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    asked: Result<Query<Asked>, QueryRejection>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let range =
        headers.get(header::RANGE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let (rule, answer) = {
        let mut world = world.lock();
        let id = asked.as_ref().map(|asked| asked.id.clone()).unwrap_or_default();
        let rule = world.media_rule(&id);
        let answer = match rule.status.and_then(|status| StatusCode::from_u16(status).ok()) {
            Some(status) => Err(status),
            None => slice(&mut world, peer, asked.ok().as_deref(), &method, range.as_deref()),
        };
        let status = answer.as_ref().map_or_else(|status| *status, |_| StatusCode::PARTIAL_CONTENT);
        world.log_media(MediaRequest { id, range, status: status.as_u16() });
        (rule, answer)
    };
    sleep(Duration::from_millis(rule.latency_ms)).await;
    match answer {
        Ok(slice) => slice.into_response(&world, &rule),
        Err(status) => status.into_response(),
    }
}

/// The bytes that one request gets.
struct Slice {
    format: Format,
    first: u64,
    total: u64,
    bytes: Bytes,
}

/// googlevideo's rules, in the order in which they matter to the tests.
fn slice(
    world: &mut World,
    peer: SocketAddr,
    asked: Option<&Asked>,
    method: &Method,
    range: Option<&str>,
) -> Result<Slice, StatusCode> {
    let asked = asked.ok_or(StatusCode::FORBIDDEN)?;
    let parameters = StreamParameters {
        id: &asked.id,
        itag: &asked.itag,
        encoding: asked.lmt,
        expire: asked.expire,
        not_before: asked.nbf,
    };
    let signed = format!("{:016x}", world.signature(&parameters)) == asked.sig;
    let alive = (asked.nbf..asked.expire).contains(&unix_now());
    let (first, last) = range.and_then(bounded_range).ok_or(StatusCode::FORBIDDEN)?;
    let allowed = last - first < LONGEST_RANGE;
    if *method != Method::GET || asked.ip != peer.ip() || !signed || !alive || !allowed {
        return Err(StatusCode::FORBIDDEN);
    }
    let format = Format::of_itag(&asked.itag).ok_or(StatusCode::FORBIDDEN)?;
    let file = world.file(&asked.id, format, asked.lmt).ok_or(StatusCode::NOT_FOUND)?;
    let total = file.len() as u64;
    if first >= total {
        return Err(StatusCode::RANGE_NOT_SATISFIABLE);
    }
    let end = (last + 1).min(total);
    let (from, to) = (usize::try_from(first), usize::try_from(end));
    let (Ok(from), Ok(to)) = (from, to) else { return Err(StatusCode::RANGE_NOT_SATISFIABLE) };
    Ok(Slice { format, first, total, bytes: file.slice(from..to) })
}

/// First and last of `bytes=a-b`; nothing else counts as a range here.
fn bounded_range(range: &str) -> Option<(u64, u64)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last))
}

impl Slice {
    fn into_response(self, world: &Shared, rule: &MediaRule) -> Response {
        let length = self.bytes.len();
        let last = self.first + length as u64 - 1;
        let headers = [
            (header::CONTENT_TYPE, self.format.mime().to_owned()),
            (header::CONTENT_LENGTH, length.to_string()),
            (header::CONTENT_RANGE, format!("bytes {}-{last}/{}", self.first, self.total)),
            (header::ACCEPT_RANGES, "bytes".to_owned()),
        ];
        (StatusCode::PARTIAL_CONTENT, headers, body(world, self.bytes, rule)).into_response()
    }
}

fn body(world: &Shared, bytes: Bytes, rule: &MediaRule) -> Body {
    if rule.bytes_per_second.is_none() && rule.stall_after.is_none() && rule.cut_after.is_none() {
        world.lock().counters.media_bytes += bytes.len() as u64;
        return Body::from(bytes);
    }
    let (sender, body) = Channel::<Bytes>::new(PIECES_AHEAD);
    tokio::spawn(hindered(world.clone(), sender, bytes, rule.clone()));
    Body::new(body)
}

/// Sends `bytes` as slowly, and as far, as the rule says. Ends early when the peer hangs up.
async fn hindered(world: Shared, mut sender: Sender<Bytes>, mut bytes: Bytes, rule: MediaRule) {
    // Letting go of the sender before `Content-Length` is reached makes hyper close the
    // connection: that is the cut.
    let end = [rule.stall_after, rule.cut_after].into_iter().flatten().min();
    bytes.truncate(end.unwrap_or(usize::MAX));
    let piece = match rule.bytes_per_second {
        Some(rate) => usize::try_from(rate / PIECES_PER_SECOND).unwrap_or(usize::MAX).max(1),
        None => usize::MAX,
    };
    let mut due = Instant::now();
    while !bytes.is_empty() {
        let piece = bytes.split_to(piece.min(bytes.len()));
        let length = piece.len() as u64;
        if let Some(rate) = rule.bytes_per_second {
            due += Duration::from_secs_f64(length as f64 / rate.max(1) as f64);
            sleep_until(due).await;
        }
        if sender.send_data(piece).await.is_err() {
            return;
        }
        world.lock().counters.media_bytes += length;
    }
    if rule.stall_after.is_some_and(|stall| Some(stall) == end) {
        // hyper polls the body until the peer hangs up, and drops it then; this task must end
        // with it, and sending is what tells.
        while sender.send_data(Bytes::new()).await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    } else if rule.cut_after.is_some() {
        // hyper forgets what it has not written yet when a body ends too early. It takes the empty
        // piece after the last one, and then writes.
        drop(sender.send_data(Bytes::new()).await);
        sleep(FLUSHED).await;
    }
}
