//! A playlist's page, and the pages that continue it.
//!
//! The rows are found by searching the page for shelves, since what stands around them depends on
//! the kind of playlist and on the year. Of several shelves, it is the playlist's own that counts:
//! others hold YouTube's suggestions.

use std::sync::Arc;

use bumpalo::Bump;

use super::error::{BrowseError, Unusable};
use super::lean::{Json, Member};
use super::{Rows, header, is_album, lean, row, text};
use crate::library::PlaylistId;

/// By so many rows a page can be judged without those before it.
const ENOUGH_ROWS: usize = 10;

/// A page, read.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// As its header says; continuations have none.
    pub(super) title: Option<Box<str>>,
    /// How many songs the playlist has, as its header says; this page may have fewer.
    pub(super) told: Option<usize>,
    pub(super) rows: Rows,
    /// What to ask for next; `None` on the last page.
    pub(super) next: Option<Continuation>,
}

impl Page {
    /// What stands behind it on the same page. The first that leads on counts.
    fn append(&mut self, more: Self) {
        self.rows.append(more.rows);
        self.next = self.next.take().or(more.next);
    }
}

/// How the next page is asked for. YouTube uses both, depending on the playlist.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Continuation {
    /// Since 2025: in the request's body. It comes as the last row.
    Body(String),
    /// The former way: in the query. It comes beside the rows.
    Query(String),
}

/// Reads the answer to a playlist's browse id. `id` tells the playlist's own shelf from others.
pub(super) fn first(bytes: &[u8], id: Option<&PlaylistId>) -> Result<Page, BrowseError> {
    let arena = lean::arena(bytes);
    let answer = parse(bytes, &arena)?;
    let mut shelves = vec![];
    find_shelves(&answer, id, &mut shelves);
    let is_album = id.is_some_and(is_album);
    let is_of_discs = |rank| is_album && rank == Rank::WithRows;
    if id.is_some() && !is_album {
        // Only the discs of an album have titles: in a playlist it is YouTube's suggestions that do,
        // in the account's language.
        shelves.retain(|(rank, shelf)| *rank < Rank::WithRows || text::whole(shelf.at("title")).is_none());
    }
    // Stable: of equal ones, the first comes first. What may be suggestions comes last.
    let is_titled = |shelf| shelf_title(shelf).is_some();
    shelves.sort_by_key(|(rank, shelf)| (*rank, !is_of_discs(*rank) && is_titled(shelf)));
    let Some((rank, shelf)) = shelves.first().copied() else {
        return Err(refusal(&answer));
    };
    let (title, told) = (header::title(&answer), header::songs(&answer));
    let mut page = Page { title, told, ..shelf_content(shelf)? };
    // The discs of an album have a shelf each.
    let others = shelves.iter().skip(1).take_while(|(other, _)| is_of_discs(rank) && *other == rank);
    for (_, disc) in others.filter(|(_, other)| is_disc(other, shelf)) {
        let disc = shelf_content(disc)?;
        if disc.next.is_some() {
            return Err(Unusable::Continuation.into());
        }
        page.rows.append(disc.rows);
    }
    let is_bare = shelf.at("contents").as_array().is_none_or(<[_]>::is_empty);
    let collapsed = shelf.at("collapsedItemCount").as_u64().filter(|_| is_bare);
    let has_songs = collapsed.is_some_and(|songs| songs > 0) || told.is_some_and(|songs| songs > 0);
    if has_songs && page.rows.len() == 0 && page.next.is_none() {
        return Err(Unusable::Shape.into());
    }
    page.rows.make_sense()?;
    if is_album {
        credit(&mut page.rows, &answer);
    }
    Ok(page)
}

/// An album's page names it and its artists in its header, and not always in its rows.
fn credit(rows: &mut Rows, page: &Json<'_>) {
    let (album, artists) = (header::name(page), header::artists(page));
    for entry in &mut rows.entries {
        let track = Arc::make_mut(&mut entry.track);
        if track.album.is_none() {
            track.album.clone_from(&album);
        }
        if track.artists.is_empty() {
            track.artists.clone_from(&artists);
        }
    }
}

/// Reads the answer to a continuation; `None` if there is nothing in it.
///
/// # Errors
/// As [`first`]'s. Whether its rows make sense is for who has those before as well, if they are
/// few: the last page may have no more than one.
pub(super) fn continued(bytes: &[u8]) -> Result<Option<Page>, BrowseError> {
    let arena = lean::arena(bytes);
    let page = parse(bytes, &arena)?;
    let actions = ["onResponseReceivedActions", "onResponseReceivedCommands", "onResponseReceivedEndpoints"];
    let actions = actions.iter().filter_map(|place| page.at(place).as_array()).flatten();
    let batches = actions.flat_map(children).filter(|action| !is_of_header(action));
    let mut batches = batches.map(|action| action.at("continuationItems")).filter(|items| items.is_array());
    if let Some(batch) = batches.next() {
        let mut page = further(rows_and_next(batch)?)?;
        for batch in batches {
            page.append(further(rows_and_next(batch)?)?);
        }
        return Ok(Some(page));
    }
    let shelves = ["musicPlaylistShelfContinuation", "musicShelfContinuation"];
    let shelf =
        shelves.iter().map(|kind| page.at("continuationContents").at(kind)).find(|shelf| shelf.is_object());
    if let Some(shelf) = shelf {
        return Ok(Some(further(shelf_content(shelf)?)?));
    }
    // If there is something, it is something that we do not understand.
    if says_nothing(&page) { Ok(None) } else { Err(refusal(&page)) }
}

/// What one action brings of a continuation's page; most have but one.
fn further(batch: Page) -> Result<Page, Unusable> {
    if batch.rows.len() >= ENOUGH_ROWS {
        batch.rows.make_sense()?;
    }
    Ok(batch)
}

/// Whether it replaces what stands above the rows.
fn is_of_header(action: &Json<'_>) -> bool {
    action.at("slot").as_str().is_some_and(|slot| slot.ends_with("_HEADER"))
}

/// Whether there is nothing in the answer to a continuation: neither content nor a complaint.
pub(super) fn says_nothing(answer: &Json<'_>) -> bool {
    let content = |(key, member): &Member<'_>| match member {
        Json::Array(actions) if key.starts_with("onResponse") => !actions.iter().all(appends_nothing),
        _ => key.starts_with("onResponse") || CONTENT.contains(key),
    };
    answer.as_object().is_some_and(|members| !members.iter().any(content))
}

/// Whether it is the action that appends rows, without any, or what has the pages of playlists that
/// several people write look for news.
fn appends_nothing(action: &Json<'_>) -> bool {
    let append = action.at("appendContinuationItemsAction");
    append.is_object() && append.get("continuationItems").is_none()
        || action.get("pollPlaylistCommand").is_some()
}

/// Where an answer has its content, `onResponse...` apart.
const CONTENT: [&str; 4] = ["alerts", "contents", "continuationContents", "error"];

/// Any answer, as JSON.
pub(super) fn parse<'a>(bytes: &'a [u8], arena: &'a Bump) -> Result<Json<'a>, Unusable> {
    lean::parse(bytes, arena)
        .map_err(|error| if is_web_page(bytes) { Unusable::WebPage } else { Unusable::Json(error) })
}

/// Whether it is HTML, as people see it, in the place of an answer.
pub(super) fn is_web_page(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"<")
}

/// The members of an object.
pub(super) fn children<'a>(value: &Json<'a>) -> impl Iterator<Item = &'a Json<'a>> {
    value.as_object().into_iter().flatten().map(|(_, member)| member)
}

/// How surely a shelf is the playlist's own, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// It names the playlist.
    Named,
    /// It is of the kind that playlists have.
    Playlist,
    /// It is of the kind that albums and libraries have, or of an unknown one, and has rows.
    WithRows,
    /// A shelf that is empty.
    Empty,
}

/// Collects the shelves under `value`, in document order within arrays.
fn find_shelves<'a>(value: &Json<'a>, id: Option<&PlaylistId>, found: &mut Vec<(Rank, &'a Json<'a>)>) {
    match value {
        Json::Array(items) => items.iter().for_each(|item| find_shelves(item, id, found)),
        Json::Object(members) => {
            for (kind, member) in *members {
                match rank(kind, member, id) {
                    Some(rank) => found.push((rank, member)),
                    None if is_foreign(kind, member) => {}
                    None => find_shelves(member, id, found),
                }
            }
        }
        _ => {}
    }
}

/// How surely `member` is the playlist's shelf; `None` if it is no shelf, or not the playlist's.
fn rank(kind: &str, member: &Json<'_>, id: Option<&PlaylistId>) -> Option<Rank> {
    let kinds = ["musicResponsiveListItemRenderer", "musicMultiRowListItemRenderer"];
    let is_row = |item: &Json<'_>| kinds.iter().any(|kind| item.at(kind).is_object());
    let has_rows = || member.at("contents").as_array().is_some_and(|items| items.iter().any(is_row));
    match kind {
        "musicPlaylistShelfRenderer" if member.is_object() => {
            let named = member.at("playlistId").as_str();
            let own = named.is_some() && named == id.map(PlaylistId::as_str);
            Some(if own { Rank::Named } else { Rank::Playlist })
        }
        _ if is_foreign(kind, member) => None,
        _ if has_rows() => Some(Rank::WithRows),
        "musicShelfRenderer" if member.is_object() => Some(Rank::Empty),
        _ => None,
    }
}

/// What stands above a shelf's rows.
fn shelf_title(shelf: &Json<'_>) -> Option<Box<str>> {
    let in_header = children(shelf.at("header")).map(|header| header.at("title"));
    [shelf.at("title")].into_iter().chain(in_header).filter_map(text::whole).next()
}

/// Whether this shelf of an album's is a disc, as the `first` is. Where that has no title, one that
/// has may be of YouTube's suggestions; a disc's has a number in any language.
fn is_disc(shelf: &Json<'_>, first: &Json<'_>) -> bool {
    shelf_title(first).is_some() || shelf_title(shelf).is_none_or(|title| title.contains(char::is_numeric))
}

/// Whether it was YouTube that chose the songs under `member`: its kind says so, or its title, if
/// it is in the language that we chose (`hl`).
fn is_foreign(kind: &str, member: &Json<'_>) -> bool {
    let title = text::whole(member.at("title")).unwrap_or_default().to_lowercase();
    kind.starts_with("musicCarousel")
        || kind.starts_with("musicCard")
        || ["suggest", "recommend", "related", "you might"].iter().any(|word| title.contains(word))
}

/// # Errors
/// When there is more, and we cannot tell how to ask for it.
fn shelf_content(shelf: &Json<'_>) -> Result<Page, Unusable> {
    let page = rows_and_next(shelf.at("contents"))?;
    let next = match page.next {
        Some(next) => Some(next),
        None => continuation_beside(shelf)?,
    };
    Ok(Page { next, ..page })
}

/// What stands for further items beside a shelf's own, in the former way.
///
/// # Errors
/// When there is more, and we cannot tell how to ask for it.
pub(super) fn continuation_beside(shelf: &Json<'_>) -> Result<Option<Continuation>, Unusable> {
    let beside = shelf.at("continuations").as_array().unwrap_or_default();
    let token = beside.iter().find_map(|one| one.at("nextContinuationData").at("continuation").as_str());
    match token {
        Some(token) => Ok(Some(Continuation::Query(token.to_owned()))),
        None if beside.is_empty() => Ok(None),
        None => Err(Unusable::Continuation),
    }
}

/// # Errors
/// As [`shelf_content`]'s.
fn rows_and_next(items: &Json<'_>) -> Result<Page, Unusable> {
    let mut page = Page::default();
    for item in items.as_array().into_iter().flatten() {
        let Some(more) = further_rows(item) else {
            page.rows.push(row::read(item));
            continue;
        };
        let token = token(more).ok_or(Unusable::Continuation)?;
        page.next = page.next.or(Some(Continuation::Body(token)));
    }
    Ok(page)
}

/// What stands for all further rows, of whatever kind it is.
pub(super) fn further_rows<'a>(item: &Json<'a>) -> Option<&'a Json<'a>> {
    let mut members = item.as_object()?.iter();
    members.find(|(kind, _)| kind.starts_with("continuation")).map(|(_, member)| member)
}

/// The token in a row that stands for all further rows.
pub(super) fn token(item: &Json<'_>) -> Option<String> {
    let endpoint = item.at("continuationEndpoint");
    let commands = endpoint.at("commandExecutorCommand").at("commands").as_array().into_iter().flatten();
    let button = item.at("button").at("buttonRenderer").at("command");
    // As www.youtube.com has it since 2026.
    let model = item.at("continuationCommand").at("innertubeCommand");
    let mut places = [endpoint, button, model].into_iter().chain(commands);
    places.find_map(|command| command.at("continuationCommand").at("token").as_str()).map(str::to_owned)
}

/// The first object under `value` that is the member `kind` of another. Rows are not searched.
pub(super) fn find<'a>(value: &Json<'a>, kind: &str) -> Option<&'a Json<'a>> {
    match value {
        Json::Array(items) => items.iter().find_map(|item| find(item, kind)),
        Json::Object(members) => value.get(kind).filter(|found| found.is_object()).or_else(|| {
            let rows = |key: &str| key.ends_with("ShelfRenderer") || key.ends_with("ItemRenderer");
            members.iter().filter(|(key, _)| !rows(key)).find_map(|(_, member)| find(member, kind))
        }),
        _ => None,
    }
}

/// Why a page has no rows: what YouTube says to the user in their place, if anything.
fn refusal(page: &Json<'_>) -> BrowseError {
    let alerts = page.at("alerts").as_array().into_iter().flatten().flat_map(children);
    let said = alerts.filter_map(|alert| text::whole(alert.at("text"))).next();
    let message = || find(page, "messageRenderer").and_then(|message| text::whole(message.at("text")));
    match said.or_else(message) {
        Some(reason) => BrowseError::Refused(reason.into()),
        None => Unusable::Shape.into(),
    }
}

#[cfg(test)]
mod tests;
