//! InnerTube as music.youtube.com has it: `POST /youtubei/v1/browse` for playlists and for the
//! account's library.
//!
//! Who asks is for [`super::account`] to say. A library and private playlists are for the account's
//! owner.

use std::future;
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::post;
use bytes::Bytes;
use http_body_util::channel::Channel;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::account::{Refusal, Visitor};
use super::catalogue::{Access, Continuation, LIKED, Playlist};
use super::json::set;
use super::knobs::MusicFault;
use super::music_rows::{Rows, SUGGESTIONS, grid_continuation, grid_page, page, row, suggestions, tile};
use super::world::{Shared, World};

/// Rows of a playlist's page.
const PAGE: usize = 100;

/// The account's library, as a browse id.
const LIBRARY: &str = "FEmusic_liked_playlists";

/// Playlists on a page of the library.
const TILES: usize = 25;

pub fn router(world: Shared) -> Router {
    Router::new().route("/youtubei/v1/browse", post(browse)).with_state(world)
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
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let request = Request { visitor: Visitor::Anonymous, query_token: query.continuation, body };
    let rule = world.lock().music_rule(request.about());
    sleep(Duration::from_millis(rule.latency_ms)).await;
    let visitor = match rule.fault {
        Some(MusicFault::SignedOut) if headers.contains_key(header::COOKIE) => Visitor::Stranger,
        Some(MusicFault::SignedOut) => Visitor::Anonymous,
        _ => world.lock().account.visitor(&headers),
    };
    let mut response = answer(&world, Request { visitor, ..request }, rule.fault).await;
    if response.status().is_success() {
        for cookie in world.lock().account.set_cookies(visitor) {
            response.headers_mut().extend(cookie.parse().map(|cookie| (header::SET_COOKIE, cookie)));
        }
    }
    response
}

async fn answer(world: &Shared, request: Request, fault: Option<MusicFault>) -> Response {
    let refusal = {
        let mut world = world.lock();
        world.counters.music_signed += u64::from(request.visitor == Visitor::SignedIn);
        world.counters.music_refused += u64::from(request.visitor == Visitor::Stranger);
        world.account.refusal
    };
    match fault {
        None | Some(MusicFault::SignedOut) => match (request.visitor, refusal) {
            (Visitor::Stranger, Refusal::Status(status)) => failure(status, None),
            _ => request.answer(&world.lock(), None),
        },
        Some(MusicFault::RepeatContinuation) => {
            let again = request.token().map(str::to_owned);
            request.answer(&world.lock(), again)
        }
        Some(MusicFault::Endless) => {
            let world = world.lock();
            let next = request.after(&world);
            request.answer(&world, next)
        }
        Some(MusicFault::SignInPage) => Html(SIGN_IN_PAGE).into_response(),
        Some(MusicFault::SignInRedirect) => Redirect::to(SIGN_IN).into_response(),
        Some(MusicFault::Status { status, retry_after }) => failure(status, retry_after),
        Some(MusicFault::Html) => Html("<!DOCTYPE html><title>Before you continue</title>").into_response(),
        Some(MusicFault::OtherShape) => answer_json(&json!({"contents": {"novelRenderer": {"rows": 7}}})),
        Some(MusicFault::Stall) => future::pending().await,
        Some(MusicFault::Hangup) => hangup(),
    }
}

/// Where YouTube sends people to sign in.
const SIGN_IN: &str =
    "https://accounts.google.com/ServiceLogin?service=youtube&continue=https%3A%2F%2Fmusic.youtube.com%2F";

/// What they find there.
const SIGN_IN_PAGE: &str = "<!doctype html><html><head><title>Sign in - Google Accounts</title>\
    <base href=\"https://accounts.google.com/v3/signin/\"></head><body>Sign in to continue</body></html>";

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

    /// Which playlist is asked for, or `FEmusic_liked_playlists`.
    fn about(&self) -> &str {
        let named = self.body.get("browseId").and_then(Value::as_str).unwrap_or_default();
        match self.token() {
            Some(token) if token.starts_with("tiles:") => LIBRARY,
            Some(token) => {
                token.strip_prefix("fake:").and_then(|token| token.rsplit_once(':')).map_or("", |(id, _)| id)
            }
            None => named.strip_prefix("VL").unwrap_or(named),
        }
    }

    /// The token of the next page of a playlist that leads round in a circle: never the same.
    fn after(&self, world: &World) -> Option<String> {
        let rows = world.catalogue.playlist(self.about())?.rows.len();
        let from = self.token().and_then(first_row).unwrap_or(0) + PAGE;
        let from = if from < rows { from } else { 0 };
        Some(format!("fake:{}:{from}#{}", self.about(), world.counters.music))
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
        if id == LIBRARY {
            let (tiles, continuations) = tiles_from(world, 0, self.visitor);
            return answer_json(&signed(grid_page(tiles, continuations, world.language), self.visitor));
        }
        let Some(playlist) = id.strip_prefix("VL").and_then(|id| visible(world, id, self.visitor)) else {
            return failure(404, None);
        };
        let rows = rows_from(playlist, 0, &world.media_url, repeat);
        answer_json(&signed(page(playlist, &rows, world.language), self.visitor))
    }
}

fn visible<'a>(world: &'a World, id: &str, visitor: Visitor) -> Option<&'a Playlist> {
    // Whoever has an account has liked songs, if only none.
    static NO_LIKES: LazyLock<Playlist> = LazyLock::new(|| Playlist::new(LIKED, "Liked Music", vec![]));
    if id == LIKED && visitor == Visitor::SignedIn {
        return Some(world.catalogue.playlist(id).unwrap_or(&NO_LIKES));
    }
    let playlist = world.catalogue.playlist(id)?;
    (playlist.access == Access::Public || visitor == Visitor::SignedIn).then_some(playlist)
}

/// A continuation's page, in the form of its playlist.
fn continued(world: &World, token: &str, visitor: Visitor, repeat: Option<String>) -> Option<Response> {
    if token == SUGGESTIONS {
        return Some(answer_json(&suggestions(&world.media_url, world.language)));
    }
    if let Some(from) = token.strip_prefix("tiles:") {
        let (tiles, continuations) = tiles_from(world, from.parse().ok()?, visitor);
        return Some(answer_json(&signed(grid_continuation(tiles, continuations), visitor)));
    }
    let (id, _) = token.strip_prefix("fake:")?.rsplit_once(':')?;
    let playlist = visible(world, id, visitor)?;
    let rows = rows_from(playlist, first_row(token)?, &world.media_url, repeat);
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

/// The row that a playlist's continuation begins with: `fake:ID:ROW`, and anything after a `#`.
fn first_row(token: &str) -> Option<usize> {
    let (_, from) = token.rsplit_once(':')?;
    from.split('#').next()?.parse().ok()
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
    let playlists = if visitor == Visitor::SignedIn { world.library() } else { vec![] };
    let shown = playlists.iter().skip(from).take(TILES);
    let tiles = shown.map(|playlist| tile(playlist, &world.media_url, world.language)).collect();
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
