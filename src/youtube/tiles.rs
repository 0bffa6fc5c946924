//! A page of the account's library: its playlists as tiles.

use std::collections::HashMap;

use super::error::{BrowseError, Unusable};
use super::lean::{self, Json};
use super::page::{self, Continuation};
use super::text;
use crate::library::PlaylistId;

/// What stands among the playlists and is none of songs: episodes kept for later, and new ones.
const PODCASTS: [&str; 2] = ["SE", "RDPN"];

/// A page, read.
#[derive(Debug, Default)]
pub(super) struct Tiles {
    /// In YouTube's order.
    pub(super) playlists: Vec<PlaylistId>,
    /// Their titles, as far as the tiles tell them.
    pub(super) titles: HashMap<PlaylistId, Box<str>>,
    /// What to ask for next; `None` on the last page.
    pub(super) next: Option<Continuation>,
}

/// Reads the library's first page.
pub(super) fn first(bytes: &[u8]) -> Result<Tiles, BrowseError> {
    let arena = lean::arena(bytes);
    read(&page::parse(bytes, &arena)?)
}

/// Reads a page that continues it; `None` if there is nothing in the answer.
pub(super) fn continued(bytes: &[u8]) -> Result<Option<Tiles>, BrowseError> {
    let arena = lean::arena(bytes);
    let page = page::parse(bytes, &arena)?;
    match read(&page) {
        Err(BrowseError::Unusable(Unusable::Shape)) if page::says_nothing(&page) => Ok(None),
        tiles => tiles.map(Some),
    }
}

fn read(page: &Json<'_>) -> Result<Tiles, BrowseError> {
    let mut grids = vec![];
    find_grids(page, &mut grids);
    if grids.is_empty() {
        // A library without playlists may be a message in the place of the grid.
        let message = page::find(page.at("contents"), "messageRenderer").is_some();
        return if message { Ok(Tiles::default()) } else { Err(Unusable::Shape.into()) };
    }
    let mut tiles = Tiles::default();
    let (mut leading, mut blind) = (0_usize, 0_usize);
    for grid in grids {
        let items = ["items", "contents", "continuationItems"].into_iter().map(|kind| grid.at(kind));
        for item in items.filter_map(Json::as_array).flatten() {
            let Some(more) = page::further_rows(item) else {
                let Some(id) = browse_id(item) else {
                    blind += 1;
                    continue;
                };
                leading += 1;
                if let Some(id) = playlist(id) {
                    tiles.titles.extend(title(item).map(|title| (id.clone(), title)));
                    tiles.playlists.push(id);
                }
                continue;
            };
            let token = page::token(more).ok_or(Unusable::Continuation)?;
            tiles.next = Some(Continuation::Body(token));
        }
        tiles.next = tiles.next.or(page::continuation_beside(grid)?);
    }
    // "New playlist" leads nowhere. If no other does either, it is the tiles that changed: the
    // library is not empty.
    if leading == 0 && blind > 1 {
        return Err(Unusable::Shape.into());
    }
    Ok(tiles)
}

/// Collects what holds tiles, whether they are shown as a grid or as a list.
fn find_grids<'a>(value: &Json<'a>, found: &mut Vec<&'a Json<'a>>) {
    const KINDS: [&str; 5] = [
        "gridRenderer",
        "gridContinuation",
        "musicShelfRenderer",
        "musicShelfContinuation",
        "appendContinuationItemsAction",
    ];
    match value {
        Json::Array(items) => items.iter().for_each(|item| find_grids(item, found)),
        Json::Object(members) => {
            for (kind, member) in *members {
                if KINDS.contains(kind) && member.is_object() {
                    found.push(member);
                } else if !kind.starts_with("musicCarousel") {
                    find_grids(member, found);
                }
            }
        }
        _ => {}
    }
}

/// The page that a tile leads to, if it leads to one: "New playlist" does not.
fn browse_id<'a>(item: &Json<'a>) -> Option<&'a str> {
    let tile = page::children(item).next()?;
    let in_title = tile.at("title").at("runs").as_array().and_then(|runs| runs.first());
    let mut places = [Some(tile), in_title].into_iter().flatten();
    places.find_map(|place| place.at("navigationEndpoint").at("browseEndpoint").at("browseId").as_str())
}

/// What a tile calls the page that it leads to.
fn title(item: &Json<'_>) -> Option<Box<str>> {
    text::whole(page::children(item).next()?.at("title"))
}

/// The playlist whose page this is, if it is one of songs.
fn playlist(browse_id: &str) -> Option<PlaylistId> {
    let id = browse_id.strip_prefix("VL")?;
    id.parse().ok().filter(|id: &PlaylistId| !PODCASTS.contains(&id.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::youtube::lean::with;
    use crate::youtube::recorded;

    fn ids(tiles: &Tiles) -> Vec<&str> {
        tiles.playlists.iter().map(PlaylistId::as_str).collect()
    }

    fn tile(id: &str) -> Value {
        json!({"musicTwoRowItemRenderer": {"navigationEndpoint": {"browseEndpoint": {"browseId": id}}}})
    }

    #[test]
    fn tiles_in_every_form() -> Result<(), BrowseError> {
        let button = json!({"musicTwoRowItemRenderer": {"title": {"runs": [{"text": "Nouvelle playlist"}]},
            "navigationEndpoint": {"createPlaylistEndpoint": {}}}});
        let titled = json!({"musicResponsiveListItemRenderer": {"title": {"runs": [{"text": "T",
            "navigationEndpoint": {"browseEndpoint": {"browseId": "VLPLtitled"}}}]}}});
        let items = json!([
            button,
            tile("VLLM"),
            titled,
            tile("VLSE"),
            tile("VLRDPN"),
            tile("MPSPPLpodcast"),
            tile("VL!"),
            {},
            3
        ]);
        let beside = json!([{"nextContinuationData": {"continuation": "T"}}]);
        let more = json!({"continuationItemRenderer": {"continuationEndpoint": {"continuationCommand": {"token": "T"}}}});
        let with_more = json!([tile("VLPLa"), more]);
        let old = Some(Continuation::Query("T".to_owned()));
        let new = Some(Continuation::Body("T".to_owned()));
        let message = json!({"itemSectionRenderer": {"contents": [{"messageRenderer": {"text": {}}}]}});
        for (page, expected, next) in [
            (json!({"contents": [{"gridRenderer": {"items": items}}]}), &["LM", "PLtitled"][..], None),
            (
                json!({"contents": [{"musicShelfRenderer": {"contents": items, "continuations": beside}}]}),
                &["LM", "PLtitled"],
                old.clone(),
            ),
            (
                json!({"continuationContents": {"gridContinuation": {"items": [tile("VLPLa")], "continuations": beside}}}),
                &["PLa"],
                old,
            ),
            (json!({"contents": {"gridRenderer": {"items": with_more}}}), &["PLa"], new.clone()),
            (
                json!({"onResponseReceivedActions": [{"appendContinuationItemsAction": {"continuationItems": with_more}}]}),
                &["PLa"],
                new,
            ),
            (
                json!({"contents": [{"musicCarouselShelfRenderer": {"contents": [tile("VLPLother")]}}, {"gridRenderer": {"items": []}}]}),
                &[],
                None,
            ),
            (json!({"contents": [message]}), &[], None),
        ] {
            let tiles = with(&page, read)?;
            assert_eq!((ids(&tiles).as_slice(), &tiles.next), (expected, &next), "{page}");
            let titled = tiles.titles.iter().map(|(id, title)| (id.as_str(), &**title));
            let expected = expected.iter().filter(|id| **id == "PLtitled").map(|id| (*id, "T"));
            assert!(titled.eq(expected), "{page}");
        }
        Ok(())
    }

    #[test]
    fn what_is_no_library() {
        for page in ["<html>", "{", "[]", "{}", r#"{"contents":{"novelRenderer":{}}}"#] {
            assert!(first(page.as_bytes()).is_err(), "{page}");
        }
        let tiles = json!({"gridRenderer": {"items": [{"novelTile": {"to": "VLPLa"}}, {"novelTile": {}}]}});
        assert!(matches!(with(&tiles, read), Err(BrowseError::Unusable(Unusable::Shape))));
        let unknown = json!({"gridRenderer": {"items": [], "continuations": [{"newData": {}}]}});
        assert!(matches!(with(&unknown, read), Err(BrowseError::Unusable(Unusable::Continuation))));
    }

    #[test]
    fn recorded_libraries() -> Result<(), BrowseError> {
        if let Some(bytes) = recorded("ytm_library_playlists.json") {
            let expected =
                ["LM", "PLCZQcydUIP07hMOwAXIag92l76d3z3Thv", "RDCLAK5uy_lRzD6ZcGWU_ef3r4y7ifNYLiGmCCX_jIk"];
            let tiles = first(&bytes)?;
            assert_eq!(ids(&tiles), expected);
            assert_eq!(tiles.titles[&tiles.playlists[0]].as_ref(), "Liked Music");
        }
        if let Some(bytes) = recorded("ytm_library_playlists_continuation_MOCK.json") {
            assert!(continued(&bytes)?.is_some_and(|tiles| tiles.next.is_none()));
        }
        Ok(())
    }
}
