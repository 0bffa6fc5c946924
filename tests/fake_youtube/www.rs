//! www.youtube.com, as far as `yt-dlp` asks it: watch and playlist pages, `/youtubei/v1/*`, the
//! player's JavaScript (never run: no URL here needs it) and thumbnails. music.youtube.com
//! behind the same proxy is [`super::music`].

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::account::Visitor;
use super::catalogue::Song;
use super::knobs::Says;
use super::media::cover;
use super::music::{self, BrowseQuery, answer_json, failure};
use super::player::player_response;
use super::tab;
use super::world::{Shared, World};

pub fn router(world: Shared) -> Router {
    Router::new()
        .route("/watch", get(watch))
        .route("/playlist", get(playlist))
        .route("/youtubei/v1/player", post(player))
        .route("/youtubei/v1/next", post(next))
        .route("/youtubei/v1/browse", post(browse))
        .route("/s/player/{*file}", get(player_script))
        .route("/vi/{id}/{picture}", get(cover))
        // Where yt-dlp looks for a client's configuration when the watch page failed.
        .route("/", get(async |world, headers: HeaderMap| bare("WEB", &world, &headers)))
        .route(
            "/embed/{id}",
            get(async |world, headers: HeaderMap| bare("WEB_EMBEDDED_PLAYER", &world, &headers)),
        )
        .with_state(world)
}

/// The configuration of YouTube's own client for this kind of page.
fn ytcfg(client: &str, visitor: Visitor) -> Value {
    json!({
        "INNERTUBE_CONTEXT": {"client": {
            "clientName": client,
            "clientVersion": "2.20261026.00.00",
            "hl": "en",
            "gl": "US",
            "visitorData": "CgtGYWtlVmlzaXRvcg%3D%3D",
        }},
        "INNERTUBE_CONTEXT_CLIENT_NAME": 1,
        "INNERTUBE_CLIENT_VERSION": "2.20261026.00.00",
        "VISITOR_DATA": "CgtGYWtlVmlzaXRvcg%3D%3D",
        "PLAYER_JS_URL": "/s/player/fa0e0000/player_ias.vflset/en_US/base.js",
        "STS": 20_700,
        "DATASYNC_ID": "fake||",
        "LOGGED_IN": visitor == Visitor::SignedIn,
    })
}

async fn player_script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript")], "var fake={signatureTimestamp:20700};").into_response()
}

/// A page for `client` without anything in it.
fn bare(client: &str, State(world): &State<Shared>, headers: &HeaderMap) -> Html<String> {
    Html(page(client, visitor(&mut world.lock(), headers), &[]))
}

/// Whose cookies these are.
fn visitor(world: &mut World, headers: &HeaderMap) -> Visitor {
    let visitor = world.account.visitor_by_cookies(headers);
    world.counters.www_signed += u64::from(visitor == Visitor::SignedIn);
    visitor
}

/// A page for `client` with these variables in its scripts.
fn page(client: &str, visitor: Visitor, variables: &[(&str, &Value)]) -> String {
    let mut html = format!(
        "<!DOCTYPE html><html><head><script>ytcfg.set({});</script></head><body>",
        script(&ytcfg(client, visitor))
    );
    for (name, value) in variables {
        html += &format!("<script>var {name} = {};</script>", script(value));
    }
    html + "</body></html>"
}

/// JSON that no HTML parser takes for the end of its script.
fn script(value: &Value) -> String {
    value.to_string().replace("</", "<\\/")
}

#[derive(Deserialize)]
struct Watch {
    v: String,
}

async fn watch(
    State(world): State<Shared>,
    Query(Watch { v: id }): Query<Watch>,
    headers: HeaderMap,
) -> Response {
    world.lock().counters.watch += 1;
    if let Some(failed) = obstacle(&world, &id).await {
        return failed;
    }
    let mut world = world.lock();
    let visitor = visitor(&mut world, &headers);
    let player = player_response(&mut world, &id, "WEB");
    Html(page(
        "WEB",
        visitor,
        &[("ytInitialPlayerResponse", &player), ("ytInitialData", &watch_next(&world, &id))],
    ))
    .into_response()
}

async fn player(State(world): State<Shared>, body: Bytes) -> Response {
    world.lock().counters.player += 1;
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(id) = request.get("videoId").and_then(Value::as_str) else { return failure(400, None) };
    if let Some(failed) = obstacle(&world, id).await {
        return failed;
    }
    let client = request.pointer("/context/client/clientName").and_then(Value::as_str).unwrap_or_default();
    answer_json(&player_response(&mut world.lock(), id, client))
}

/// What comes before any answer about a video: a delay, or an HTTP error instead.
async fn obstacle(world: &Shared, id: &str) -> Option<Response> {
    let says = world.lock().says(id);
    match says {
        Says::Status(status) => Some(failure(status, None)),
        Says::Slow(milliseconds) => {
            sleep(Duration::from_millis(milliseconds)).await;
            None
        }
        _ => None,
    }
}

async fn next(State(world): State<Shared>, body: Bytes) -> Response {
    let mut world = world.lock();
    world.counters.next += 1;
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let id = request.get("videoId").and_then(Value::as_str).unwrap_or_default();
    answer_json(&watch_next(&world, id))
}

/// What surrounds the player: of interest is only whose channel it is.
fn watch_next(world: &World, id: &str) -> Value {
    let channel = world.catalogue.song(id).map(Song::channel);
    json!({"contents": {"twoColumnWatchNextResults": {"results": {"results": {"contents": [
        {"videoSecondaryInfoRenderer": {"owner": {"videoOwnerRenderer": {"title": {"runs": [{"text": channel}]}}}}},
    ]}}}}})
}

#[derive(Deserialize)]
struct PlaylistQuery {
    list: String,
}

async fn playlist(
    State(world): State<Shared>,
    Query(query): Query<PlaylistQuery>,
    headers: HeaderMap,
) -> Response {
    let mut world = world.lock();
    world.counters.tab += 1;
    let visitor = visitor(&mut world, &headers);
    let list = tab::first_page(&world, &query.list, visitor);
    Html(page("WEB", visitor, &[("ytInitialData", &list)])).into_response()
}

async fn browse(
    state: State<Shared>,
    query: Query<BrowseQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let host = headers.get(header::HOST).map_or(&b""[..], |host| host.as_bytes());
    if host.starts_with(b"music.") {
        return music::browse(state, query, headers, body).await;
    }
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut world = state.0.lock();
    world.counters.tab += 1;
    let visitor = visitor(&mut world, &headers);
    let text = |key| request.get(key).and_then(Value::as_str);
    let page = match (text("continuation"), text("browseId").and_then(|id| id.strip_prefix("VL"))) {
        (Some(token), _) => tab::next_page(&world, token),
        (None, Some(id)) => Some(tab::first_page(&world, id, visitor)),
        (None, None) => None,
    };
    page.map_or_else(|| StatusCode::BAD_REQUEST.into_response(), |page| answer_json(&page))
}
