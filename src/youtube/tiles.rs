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
    /// The kinds of those that were not understood: each may be a playlist.
    pub(super) unknown: Vec<String>,
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
    let mut leading = 0;
    for grid in grids {
        let items = ["items", "contents", "continuationItems"].into_iter().map(|kind| grid.at(kind));
        for (nth, item) in items.filter_map(Json::as_array).flatten().enumerate() {
            let Some(more) = page::further_rows(item) else {
                match tile(item) {
                    Tile::Playlist(id) => {
                        leading += 1;
                        tiles.titles.extend(title(item).map(|title| (id.clone(), title)));
                        tiles.playlists.push(id);
                    }
                    Tile::Other => leading += 1,
                    Tile::Furniture => {}
                    // "New playlist" comes first, and may do what it does in another way one day.
                    Tile::Unknown if nth == 0 => {}
                    Tile::Unknown => tiles.unknown.push(kind(item)),
                }
                continue;
            };
            let token = page::token(more).ok_or(Unusable::Continuation)?;
            tiles.next = Some(Continuation::Body(token));
        }
        tiles.next = tiles.next.or(page::continuation_beside(grid)?);
    }
    // If none leads anywhere, it is the tiles that changed: the library is not empty.
    if leading == 0 && !tiles.unknown.is_empty() {
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

/// One tile, read.
enum Tile {
    Playlist(PlaylistId),
    /// It leads to something else.
    Other,
    /// It leads nowhere, and is not meant to: "New playlist", or a message.
    Furniture,
    /// Not understood.
    Unknown,
}

fn tile(item: &Json<'_>) -> Tile {
    if item.get("messageRenderer").is_some() {
        return Tile::Furniture;
    }
    let Some(tile) = page::children(item).next() else { return Tile::Unknown };
    for endpoint in endpoints(tile) {
        if endpoint.at("createPlaylistEndpoint").is_object() {
            return Tile::Furniture;
        }
        if let Some(page) = endpoint.at("browseEndpoint").at("browseId").as_str() {
            return page.strip_prefix("VL").map_or(Tile::Other, playlist);
        }
        if let Some(id) = endpoint.at("watchPlaylistEndpoint").at("playlistId").as_str() {
            return playlist(id);
        }
    }
    match tile.at("contentId").as_str() {
        Some(id) if tile.at("contentType").as_str() == Some("LOCKUP_CONTENT_TYPE_PLAYLIST") => playlist(id),
        _ => Tile::Unknown,
    }
}

/// What a click on a tile does, in all places where it may stand.
fn endpoints<'a>(tile: &Json<'a>) -> [&'a Json<'a>; 5] {
    let column = first_of(tile.at("flexColumns")).at("musicResponsiveListItemFlexColumnRenderer");
    // Models have come in the place of renderers elsewhere.
    let model = tile.at("rendererContext").at("commandContext");
    [
        tile.at("navigationEndpoint"),
        first_of(tile.at("title").at("runs")).at("navigationEndpoint"),
        first_of(column.at("text").at("runs")).at("navigationEndpoint"),
        tile.at("onTap").at("innertubeCommand"),
        model.at("onTap").at("innertubeCommand"),
    ]
}

fn first_of<'a>(array: &Json<'a>) -> &'a Json<'a> {
    array.as_array().and_then(<[_]>::first).unwrap_or(&Json::Null)
}

/// The playlist of this id, if it is one of songs.
fn playlist(id: &str) -> Tile {
    match id.parse() {
        Ok(id) if !PODCASTS.contains(&PlaylistId::as_str(&id)) => Tile::Playlist(id),
        _ => Tile::Other,
    }
}

/// What a tile calls the page that it leads to.
fn title(item: &Json<'_>) -> Option<Box<str>> {
    let tile = page::children(item).next()?;
    let model = tile.at("metadata").at("lockupMetadataViewModel").at("title");
    [tile.at("title"), model].into_iter().find_map(text::whole)
}

/// What YouTube calls this kind of tile.
fn kind(item: &Json<'_>) -> String {
    let kind = item.as_object().and_then(<[_]>::first);
    kind.map(|(kind, _)| (*kind).to_owned()).unwrap_or_default()
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

    fn tile_to(id: &str) -> Value {
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
            tile_to("VLLM"),
            titled,
            tile_to("VLSE"),
            tile_to("VLRDPN"),
            tile_to("MPSPPLpodcast"),
            tile_to("VL!"),
            {},
            3
        ]);
        let beside = json!([{"nextContinuationData": {"continuation": "T"}}]);
        let more = json!({"continuationItemRenderer": {"continuationEndpoint": {"continuationCommand": {"token": "T"}}}});
        let with_more = json!([tile_to("VLPLa"), more]);
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
                json!({"continuationContents": {"gridContinuation": {"items": [tile_to("VLPLa")], "continuations": beside}}}),
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
                json!({"contents": [{"musicCarouselShelfRenderer": {"contents": [tile_to("VLPLother")]}}, {"gridRenderer": {"items": []}}]}),
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
    fn a_playlist_in_tiles_of_many_kinds() -> Result<(), BrowseError> {
        let link = json!({"browseEndpoint": {"browseId": "VLPLa"}});
        let text = json!({"runs": [{"text": "T", "navigationEndpoint": link}]});
        let column = json!({"musicResponsiveListItemFlexColumnRenderer": {"text": text}});
        let metadata = json!({"lockupMetadataViewModel": {"title": {"content": "T"}}});
        let tap = json!({"onTap": {"innertubeCommand": link}});
        let content = "LOCKUP_CONTENT_TYPE_PLAYLIST";
        for (tile, title) in [
            (json!({"musicResponsiveListItemRenderer": {"flexColumns": [column]}}), None),
            (
                json!({"musicTwoRowItemRenderer": {"title": {"simpleText": "T"},
                "navigationEndpoint": {"watchPlaylistEndpoint": {"playlistId": "PLa"}}}}),
                Some("T"),
            ),
            (
                json!({"lockupViewModel": {"metadata": metadata, "contentId": "PLa", "contentType": content}}),
                Some("T"),
            ),
            (
                json!({"lockupViewModel": {"metadata": metadata, "rendererContext": {"commandContext": tap}}}),
                Some("T"),
            ),
            (json!({"lockupViewModel": tap}), None),
        ] {
            let tiles = with(&json!({"gridRenderer": {"items": [tile]}}), read)?;
            assert_eq!((ids(&tiles).as_slice(), tiles.unknown.len()), (&["PLa"][..], 0), "{tile}");
            assert_eq!(tiles.titles.get(&tiles.playlists[0]).map(|title| &**title), title, "{tile}");
        }
        let other =
            json!({"lockupViewModel": {"contentId": "PLa", "contentType": "LOCKUP_CONTENT_TYPE_PODCAST"}});
        let message = json!({"messageRenderer": {}});
        let tiles = with(&json!({"gridRenderer": {"items": [tile_to("VLPLa"), other, message]}}), read)?;
        assert_eq!(
            (ids(&tiles).as_slice(), tiles.unknown.clone()),
            (&["PLa"][..], vec!["lockupViewModel".to_owned()])
        );
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
    fn the_first_tile_may_be_a_button_of_a_new_kind() -> Result<(), BrowseError> {
        let button = json!({"musicTwoRowItemRenderer": {"onTap": {"novelCommand": {}}}});
        for (items, playlists, unknown) in [
            (json!([button]), &[][..], 0),
            (json!([button, tile_to("VLPLa")]), &["PLa"], 0),
            (json!([tile_to("VLPLa"), button]), &["PLa"], 1),
        ] {
            let tiles = with(&json!({"gridRenderer": {"items": items}}), read)?;
            assert_eq!((ids(&tiles).as_slice(), tiles.unknown.len()), (playlists, unknown), "{items}");
        }
        Ok(())
    }

    #[test]
    fn recorded_libraries() -> Result<(), BrowseError> {
        if let Some(bytes) = recorded("ytm_library_playlists.json") {
            let expected =
                ["LM", "PLCZQcydUIP07hMOwAXIag92l76d3z3Thv", "RDCLAK5uy_lRzD6ZcGWU_ef3r4y7ifNYLiGmCCX_jIk"];
            let tiles = first(&bytes)?;
            assert_eq!(ids(&tiles), expected);
            assert_eq!(tiles.titles[&tiles.playlists[0]].as_ref(), "Liked Music");
            assert!(tiles.unknown.is_empty(), "{:?}", tiles.unknown);
        }
        if let Some(bytes) = recorded("ytm_library_playlists_continuation_MOCK.json") {
            assert!(continued(&bytes)?.is_some_and(|tiles| tiles.next.is_none() && tiles.unknown.is_empty()));
        }
        Ok(())
    }
}
