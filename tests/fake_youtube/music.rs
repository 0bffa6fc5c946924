//! InnerTube as music.youtube.com has it: `POST /youtubei/v1/browse` for playlists and for the
//! account's library.
//!
//! Whoever sends `Authorization: SAPISIDHASH ...` and a `Cookie` is signed in; nothing of them
//! is checked, as the fake knows no secrets.

use std::future;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http_body_util::channel::Channel;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::catalogue::{Access, Continuation, Playlist};
use super::json::set;
use super::knobs::MusicFault;
use super::music_rows::{Rows, SUGGESTIONS, grid_continuation, grid_page, page, row, suggestions, tile};
use super::world::{Shared, World};

/// Rows of a playlist's page.
const PAGE: usize = 100;

/// Playlists on a page of the library.
const TILES: usize = 25;

pub fn router(world: Shared) -> Router {
    Router::new().route("/youtubei/v1/browse", post(browse)).with_state(world)
}

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visitor {
    Anonymous,
    SignedIn,
}

/// The query; everything else in it is ignored, as YouTube does.
#[derive(Deserialize)]
pub struct BrowseQuery {
    /// The OLD form's token. It comes as `ctoken` too.
    continuation: Option<String>,
}

/// Counts a request as under way until it is answered or given up.
struct UnderWay(Shared);

impl UnderWay {
    fn begin(world: &Shared) -> Self {
        let mut locked = world.lock();
        locked.counters.music += 1;
        locked.music_under_way += 1;
        locked.counters.music_at_once = locked.counters.music_at_once.max(locked.music_under_way);
        Self(world.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.lock().music_under_way -= 1;
    }
}

pub async fn browse(
    State(world): State<Shared>,
    Query(query): Query<BrowseQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let _under_way = UnderWay::begin(&world);
    let rule = world.lock().music_rule();
    sleep(Duration::from_millis(rule.latency_ms)).await;
    let request = Request {
        visitor: visitor(&headers),
        query_token: query.continuation,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    match rule.fault {
        None => request.answer(&world.lock(), None),
        Some(MusicFault::SignedOut) => {
            Request { visitor: Visitor::Anonymous, ..request }.answer(&world.lock(), None)
        }
        Some(MusicFault::RepeatContinuation) => {
            let again = request.token().map(str::to_owned);
            request.answer(&world.lock(), again)
        }
        Some(MusicFault::Status { status, retry_after }) => failure(status, retry_after),
        Some(MusicFault::Html) => Html("<!DOCTYPE html><title>Before you continue</title>").into_response(),
        Some(MusicFault::OtherShape) => answer_json(&json!({"contents": {"novelRenderer": {"rows": 7}}})),
        Some(MusicFault::Stall) => future::pending().await,
        Some(MusicFault::Hangup) => hangup(),
    }
}

fn visitor(headers: &HeaderMap) -> Visitor {
    let authorised =
        headers.get(header::AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"SAPISIDHASH "));
    if authorised && headers.contains_key(header::COOKIE) { Visitor::SignedIn } else { Visitor::Anonymous }
}

/// What is asked.
struct Request {
    visitor: Visitor,
    query_token: Option<String>,
    body: Value,
}

impl Request {
    /// The continuation that is asked for, in either form.
    fn token(&self) -> Option<&str> {
        let in_body = self.body.get("continuation").and_then(Value::as_str);
        in_body.or(self.query_token.as_deref())
    }

    /// The page that is asked for. `repeat` takes the place of its next page's token.
    fn answer(&self, world: &World, repeat: Option<String>) -> Response {
        if self.body.pointer("/context/client/clientName").and_then(Value::as_str).is_none() {
            return failure(400, None);
        }
        if let Some(token) = self.token() {
            let recorded = world.recorded(token).map(json_response);
            let page = recorded.or_else(|| continued(world, token, self.visitor, repeat));
            return page.unwrap_or_else(|| failure(400, None));
        }
        let Some(id) = self.body.get("browseId").and_then(Value::as_str) else { return failure(400, None) };
        if let Some(page) = world.recorded(id) {
            return json_response(page);
        }
        if id == "FEmusic_liked_playlists" {
            let (tiles, continuations) = tiles_from(world, 0, self.visitor);
            return answer_json(&signed(grid_page(tiles, continuations), self.visitor));
        }
        let Some(playlist) = id.strip_prefix("VL").and_then(|id| visible(world, id, self.visitor)) else {
            return failure(404, None);
        };
        let rows = rows_from(playlist, 0, &world.media_url, repeat);
        answer_json(&signed(page(playlist, &rows), self.visitor))
    }
}

fn visible<'a>(world: &'a World, id: &str, visitor: Visitor) -> Option<&'a Playlist> {
    let playlist = world.catalogue.playlist(id)?;
    (playlist.access == Access::Public || visitor == Visitor::SignedIn).then_some(playlist)
}

/// A continuation's page, in the form of its playlist.
fn continued(world: &World, token: &str, visitor: Visitor, repeat: Option<String>) -> Option<Response> {
    if token == SUGGESTIONS {
        return Some(answer_json(&suggestions(&world.media_url)));
    }
    if let Some(from) = token.strip_prefix("tiles:") {
        let (tiles, continuations) = tiles_from(world, from.parse().ok()?, visitor);
        return Some(answer_json(&signed(grid_continuation(tiles, continuations), visitor)));
    }
    let (id, from) = token.strip_prefix("fake:")?.rsplit_once(':')?;
    let playlist = visible(world, id, visitor)?;
    let rows = rows_from(playlist, from.parse().ok()?, &world.media_url, repeat);
    let page = match playlist.continuation {
        Continuation::New | Continuation::Wrapped => {
            json!({"onResponseReceivedActions": [{"appendContinuationItemsAction": {"continuationItems": rows.rows}}]})
        }
        Continuation::Old => {
            json!({"continuationContents": {"musicPlaylistShelfContinuation": rows.shelf()}})
        }
    };
    Some(answer_json(&signed(page, visitor)))
}

/// A page's rows and what names the next page: the last row in the NEW form, something beside the
/// rows in the OLD one.
fn rows_from(playlist: &Playlist, from: usize, pictures: &str, repeat: Option<String>) -> Rows {
    let shown = playlist.rows.iter().enumerate().skip(from).take(PAGE);
    let mut rows: Vec<Value> =
        shown.map(|(number, shown)| row(&playlist.id, number, shown, pictures)).collect();
    let after = from + PAGE;
    let more = after < playlist.rows.len();
    let Some(token) = repeat.or_else(|| more.then(|| format!("fake:{}:{after}", playlist.id))) else {
        return Rows { rows, continuations: None };
    };
    let command =
        json!({"continuationCommand": {"token": token, "request": "CONTINUATION_REQUEST_TYPE_BROWSE"}});
    let endpoint = match playlist.continuation {
        Continuation::Old => {
            let continuations = json!([{"nextContinuationData": {"continuation": token}}]);
            return Rows { rows, continuations: Some(continuations) };
        }
        Continuation::New => command,
        Continuation::Wrapped => {
            json!({"commandExecutorCommand": {"commands": [{"playlistVotingRefreshPopupCommand": {}}, command]}})
        }
    };
    rows.push(json!({"continuationItemRenderer": {
        "trigger": "CONTINUATION_TRIGGER_ON_ITEM_SHOWN",
        "continuationEndpoint": endpoint,
    }}));
    Rows { rows, continuations: None }
}

/// A page of the library, and what leads to the next.
fn tiles_from(world: &World, from: usize, visitor: Visitor) -> (Vec<Value>, Option<Value>) {
    let playlists = match visitor {
        Visitor::SignedIn => world.catalogue.playlists(),
        Visitor::Anonymous => &[],
    };
    let shown = playlists.iter().skip(from).take(TILES);
    let tiles = shown.map(|playlist| tile(&playlist.id, &playlist.title, &world.media_url)).collect();
    let after = from + TILES;
    let next = (after < playlists.len())
        .then(|| json!([{"nextContinuationData": {"continuation": format!("tiles:{after}")}}]));
    (tiles, next)
}

/// Adds what tells a client whether its cookies were taken.
fn signed(mut page: Value, visitor: Visitor) -> Value {
    let logged_in = if visitor == Visitor::SignedIn { "1" } else { "0" };
    let params = json!([{"key": "logged_in", "value": logged_in}]);
    let tracking = json!({"serviceTrackingParams": [{"service": "GFEEDBACK", "params": params}]});
    set(&mut page, "responseContext", tracking);
    page
}

/// InnerTube's JSON error.
pub fn failure(status: u16, retry_after: Option<u64>) -> Response {
    let message = match status {
        400 => "Request contains an invalid argument.",
        401 => "Request had invalid authentication credentials.",
        403 => "The caller does not have permission",
        404 => "Requested entity was not found.",
        429 => "Resource has been exhausted (e.g. check quota).",
        _ => "Internal error encountered.",
    };
    let body = json!({"error": {"code": status, "message": message, "errors": [{"message": message}]}});
    let mut response = answer_json(&body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

pub fn answer_json(value: &Value) -> Response {
    json_response(value.to_string().into())
}

fn json_response(json: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json; charset=UTF-8")], json).into_response()
}

/// A response that promises a byte and ends: hyper closes the connection before it has written
/// anything.
fn hangup() -> Response {
    let (sender, body) = Channel::<Bytes>::new(1);
    drop(sender);
    ([(header::CONTENT_LENGTH, "1")], Body::new(body)).into_response()
}
