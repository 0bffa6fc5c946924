//! A playlist as www.youtube.com shows it, for `yt-dlp --flat-playlist`: the form of June 2026,
//! `lockupViewModel` rows and a `continuationItemViewModel`.

use serde_json::{Value, json};

use super::account::Visitor;
use super::catalogue::{Access, Playlist, Quirk, Row};
use super::music_rows::{clock_face, thumbnails};
use super::world::World;

/// Rows of a page.
const PAGE: usize = 100;

/// The page of the playlist, or YouTube's alert in its place.
pub fn first_page(world: &World, id: &str, visitor: Visitor) -> Value {
    let playlist = match world.catalogue.playlist(id) {
        Some(playlist) if playlist.access == Access::Public || visitor == Visitor::SignedIn => playlist,
        Some(_) => return alert("This playlist is private."),
        None => return alert("The playlist does not exist."),
    };
    json!({
        "metadata": {"playlistMetadataRenderer": {"title": playlist.title}},
        "microformat": {"microformatDataRenderer": {"noindex": false, "unlisted": false}},
        "contents": {"twoColumnBrowseResultsRenderer": {"tabs": [{"tabRenderer": {
            "selected": true,
            "content": {"sectionListRenderer": {"contents": [
                {"itemSectionRenderer": {"contents": rows(playlist, 0, &world.media_url)}},
            ]}},
        }}]}},
    })
}

/// The page that a continuation names.
pub fn next_page(world: &World, token: &str) -> Option<Value> {
    let (id, from) = token.strip_prefix("tab:")?.rsplit_once(':')?;
    let playlist = world.catalogue.playlist(id)?;
    let rows = rows(playlist, from.parse().ok()?, &world.media_url);
    Some(
        json!({"onResponseReceivedActions": [{"appendContinuationItemsAction": {"continuationItems": rows}}]}),
    )
}

fn rows(playlist: &Playlist, from: usize, pictures: &str) -> Vec<Value> {
    let shown = playlist.rows.iter().skip(from).take(PAGE);
    let mut rows: Vec<Value> = shown.map(|row| lockup(row, pictures)).collect();
    let after = from + PAGE;
    if after < playlist.rows.len() {
        rows.push(json!({"continuationItemViewModel": {"continuationCommand": {"innertubeCommand": {
            "continuationCommand": {"token": format!("tab:{}:{after}", playlist.id), "request": "CONTINUATION_REQUEST_TYPE_BROWSE"},
        }}}}));
    }
    rows
}

/// One row. A song that is gone looks as any other, but for its title.
fn lockup(row: &Row, pictures: &str) -> Value {
    let song = &row.song;
    let title = if row.quirk == Quirk::GreyedOut { "[Private video]" } else { &song.title };
    let duration = match row.quirk {
        Quirk::NoDuration | Quirk::GreyedOut => json!([]),
        _ => json!([{"thumbnailBottomOverlayViewModel": {"badges": [
            {"thumbnailBadgeViewModel": {"text": clock_face(song.audio.seconds())}},
        ]}}]),
    };
    json!({"lockupViewModel": {
        "contentId": song.id,
        "contentType": "LOCKUP_CONTENT_TYPE_VIDEO",
        "contentImage": {"thumbnailViewModel": {
            "image": {"sources": thumbnails(pictures, &song.id)},
            "overlays": duration,
        }},
        "metadata": {"lockupMetadataViewModel": {
            "title": {"content": title},
            "metadata": {"contentMetadataViewModel": {"metadataRows": [{"metadataParts": [{"text": {
                "content": song.channel(),
                "commandRuns": [{"onTap": {"innertubeCommand": {"browseEndpoint": {
                    "browseId": "UCfake000000000000000000",
                    "canonicalBaseUrl": "/@fake",
                }}}}],
            }}]}]}},
        }},
    }})
}

fn alert(text: &str) -> Value {
    json!({"alerts": [{"alertRenderer": {"type": "ERROR", "text": {"runs": [{"text": text}]}}}]})
}
