//! The routes, and what is none of them.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::check::Checks;
use super::cover::Covers;
use super::deck::Deck;
use super::{audio, pls, xspf};
use crate::library::{PlaylistId, VideoId};

/// What requests are answered from.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) deck: Arc<Deck>,
    pub(super) covers: Arc<Covers>,
    /// The base URL as MPD sees it.
    pub(super) base_url: Arc<str>,
    pub(super) checks: Arc<Checks>,
    pub(super) started: Instant,
}

/// All routes; anything else is 404.
pub(super) fn router(site: Site) -> Router {
    Router::new()
        .route("/{video}/audio", get(song))
        .route("/{video}/cover.jpg", get(cover))
        .route("/playlist/{file}", get(playlist))
        .route("/check/{file}", get(check))
        .route("/health", get(health))
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .with_state(site)
}

async fn song(State(site): State<Site>, Known(video): Known, method: Method, headers: HeaderMap) -> Response {
    audio::answer(&site.deck, video, &method, &headers).await
}

async fn cover(State(site): State<Site>, Known(video): Known) -> Response {
    site.covers.answer(video).await
}

/// MPD's main thread waits for this one: it waits for nothing.
async fn playlist(State(site): State<Site>, Exact(file): Exact) -> Response {
    let Some((key, format)) = file.rsplit_once('.') else { return not_found().await };
    let snapshot = site.deck.snapshot();
    let found = key.parse::<PlaylistId>().ok().and_then(|id| snapshot.loadable(&id));
    let (kind, body) = match (found, format) {
        (Some(found), "pls") => ("audio/x-scpls", pls::render(&site.base_url, found)),
        (Some(found), "xspf") => ("application/xspf+xml", xspf::render(&site.base_url, found)),
        _ => return not_found().await,
    };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], body).into_response()
}

/// MPD's main thread waits for this one too.
async fn check(State(site): State<Site>, Exact(file): Exact, headers: HeaderMap) -> Response {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let Some((kind, body)) = site.checks.read(&file, &site.base_url, agent) else {
        return not_found().await;
    };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], body).into_response()
}

async fn health(State(site): State<Site>) -> Response {
    let (songs, bytes) = site.deck.held();
    let counters = &site.deck.counters;
    let health = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": site.started.elapsed().as_secs(),
        "known_tracks": site.deck.snapshot().known_tracks(),
        "songs_in_memory": songs,
        "bytes_in_memory": bytes,
        "audio_requests": counters.requests.value(),
        "upstream_reads": counters.reads.value(),
        "upstream_bytes": counters.fetched.value(),
        "resolves": counters.resolves.value(),
        "dead_urls": counters.dead_urls.value(),
        "songs_given_up": counters.given_up.value(),
        "checks_read": site.checks.reads.value(),
        "checks_read_by": site.checks.last(),
    });
    ([(CONTENT_TYPE, "application/json")], health.to_string()).into_response()
}

async fn not_found() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

/// The one path parameter, of a request without a query: no route has one.
struct Exact(String);

/// A video that the library has seen: the relay is no open gateway to YouTube.
struct Known(VideoId);

impl<S: Send + Sync> FromRequestParts<S> for Exact {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        if parts.uri.query().is_some() {
            return Err(StatusCode::NOT_FOUND);
        }
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(text)| Self(text)).map_err(|_| StatusCode::NOT_FOUND)
    }
}

impl FromRequestParts<Site> for Known {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, StatusCode> {
        let Exact(text) = Exact::from_request_parts(parts, site).await?;
        let video = text.parse().map_err(|_| StatusCode::NOT_FOUND)?;
        let known = site.deck.snapshot().track(video).is_some();
        known.then_some(Self(video)).ok_or(StatusCode::NOT_FOUND)
    }
}
