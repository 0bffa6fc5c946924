//! What InnerTube's pages of YouTube Music look like: a playlist's page, its rows, the library's
//! tiles.
//!
//! The fields are those that a client may look at, in the nesting of pages recorded in 2024 and
//! 2025; what only draws the page is left out.

use serde_json::{Value, json};

use super::catalogue::{LIKED, Playlist, Quirk, Row, Song};
use super::json::set;
use super::knobs::Language;

/// What leads from a playlist's page to its suggestions, which are not rows of the playlist: a
/// trap that real pages hold too.
pub const SUGGESTIONS: &str = "suggestions";

/// Rows of a playlist, and what names the next ones beside them: only in the OLD form.
pub struct Rows {
    pub rows: Vec<Value>,
    pub continuations: Option<Value>,
}

impl Rows {
    /// As the first page and OLD continuations have them.
    pub fn shelf(&self) -> Value {
        let mut shelf = json!({"contents": self.rows, "contentsMultiSelectable": true});
        if let Some(continuations) = &self.continuations {
            set(&mut shelf, "continuations", continuations.clone());
        }
        shelf
    }
}

/// A playlist's first page.
pub fn page(playlist: &Playlist, rows: &Rows, language: Language) -> Value {
    let mut shelf = rows.shelf();
    set(&mut shelf, "playlistId", &*playlist.id);
    set(&mut shelf, "collapsedItemCount", playlist.rows.len());
    let header = if playlist.id.starts_with("OLAK5uy_") { None } else { Some(header(playlist, language)) };
    json!({"contents": {"twoColumnBrowseResultsRenderer": {
        "tabs": [{"tabRenderer": {"content": {"sectionListRenderer": {"contents": Vec::from_iter(header)}}}}],
        "secondaryContents": {"sectionListRenderer": {
            "contents": [{"musicPlaylistShelfRenderer": shelf}],
            "continuations": [{"nextContinuationData": {"continuation": SUGGESTIONS}}],
        }},
    }}})
}

/// What [`SUGGESTIONS`] leads to.
pub fn suggestions(pictures: &str, language: Language) -> Value {
    let title = language.pick("Suggestions", "Titres suggérés");
    let suggested = row("suggestions", 0, &Song::numbered("sugge", 1).into(), pictures);
    json!({"continuationContents": {"sectionListContinuation": {"contents": [
        {"musicShelfRenderer": {"title": {"runs": [{"text": title}]}, "contents": [suggested]}},
    ]}}})
}

fn header(playlist: &Playlist, language: Language) -> Value {
    let (tracks, count) = (language.pick("tracks", "titres"), playlist.rows.len());
    json!({"musicResponsiveHeaderRenderer": {
        "title": {"runs": [{"text": title(playlist, language)}]},
        "subtitle": {"runs": [{"text": "Playlist"}, {"text": " • "}, {"text": "2026"}]},
        "secondSubtitle": {"runs": [{"text": format!("{count} {tracks}")}]},
    }})
}

/// A playlist's title; YouTube's own words are in the account's language.
fn title(playlist: &Playlist, language: Language) -> &str {
    if playlist.id == LIKED { language.pick(&playlist.title, "Titres likés") } else { &playlist.title }
}

impl Language {
    fn pick<'a>(self, english: &'a str, french: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::French => french,
        }
    }
}

/// One row. `number` counts from 0 over the whole playlist; `pictures` is where thumbnails are.
pub fn row(playlist: &str, number: usize, row: &Row, pictures: &str) -> Value {
    if row.quirk == Quirk::Damaged {
        return json!({"musicResponsiveListItemRenderer": {"flexColumns": [{"musicResponsiveListItemFlexColumnRenderer": {}}]}});
    }
    let song = &row.song;
    let set_video_id = format!("{:016X}", 0x5E70_0000_0000_0000_u64 + number as u64);
    let duration = clock_face(song.audio.seconds());

    let mut columns = vec![
        title_column(playlist, song, row.quirk),
        artists_column(song, row.quirk),
        album_column(song, row.quirk),
    ];
    if row.quirk == Quirk::FlexDuration {
        columns.push(flex(json!({"runs": [{"text": duration}]})));
    }
    let mut item = json!({
        "thumbnail": {"musicThumbnailRenderer": {"thumbnail": {"thumbnails": thumbnails(pictures, &song.id)}}},
        "flexColumns": columns,
        "playlistItemData": {"playlistSetVideoId": set_video_id, "videoId": song.id},
    });
    if !matches!(row.quirk, Quirk::NoDuration | Quirk::FlexDuration) {
        let column = json!({"musicResponsiveListItemFixedColumnRenderer": {
            "text": {"runs": [{"text": duration}]},
            "size": "MUSIC_RESPONSIVE_LIST_ITEM_FIXED_COLUMN_SIZE_SMALL",
        }});
        set(&mut item, "fixedColumns", vec![column]);
    }
    match row.quirk {
        Quirk::GreyedOut => {
            let grey = "MUSIC_ITEM_RENDERER_DISPLAY_POLICY_GREY_OUT";
            set(&mut item, "musicItemRendererDisplayPolicy", grey);
        }
        Quirk::NoSetVideoId => set(&mut item, "playlistItemData", json!({"videoId": song.id})),
        _ => {}
    }
    json!({"musicResponsiveListItemRenderer": item})
}

fn title_column(playlist: &str, song: &Song, quirk: Quirk) -> Value {
    // What cannot be played has a title without a link.
    if quirk == Quirk::GreyedOut {
        return flex(json!({"runs": [{"text": song.title}]}));
    }
    let kind = match quirk {
        Quirk::Video => "MUSIC_VIDEO_TYPE_OMV",
        Quirk::Upload => "MUSIC_VIDEO_TYPE_PRIVATELY_OWNED_TRACK",
        _ => "MUSIC_VIDEO_TYPE_ATV",
    };
    flex(json!({"runs": [{"text": song.title, "navigationEndpoint": {"watchEndpoint": {
        "videoId": song.id,
        "playlistId": playlist,
        "watchEndpointMusicSupportedConfigs": {"watchEndpointMusicConfig": {"musicVideoType": kind}},
    }}}]}))
}

fn artists_column(song: &Song, quirk: Quirk) -> Value {
    if quirk == Quirk::Upload {
        return flex(json!({"runs": [{"text": song.artists.join(", ")}]}));
    }
    let last = song.artists.len().saturating_sub(1);
    let mut runs = Vec::new();
    for (number, artist) in song.artists.iter().enumerate() {
        if number > 0 {
            runs.push(json!({"text": if number == last { " & " } else { ", " }}));
        }
        runs.push(link(artist, &format!("UCfake{number:018}"), "MUSIC_PAGE_TYPE_ARTIST"));
    }
    flex(json!({"runs": runs}))
}

fn album_column(song: &Song, quirk: Quirk) -> Value {
    match &song.album {
        Some(album) if quirk == Quirk::Upload => flex(json!({"runs": [{"text": album}]})),
        Some(album) if !matches!(quirk, Quirk::NoAlbum | Quirk::Video) => {
            flex(json!({"runs": [link(album, "MPREb_fake0000000", "MUSIC_PAGE_TYPE_ALBUM")]}))
        }
        _ => flex(json!({})),
    }
}

fn link(text: &str, browse_id: &str, page_type: &str) -> Value {
    json!({"text": text, "navigationEndpoint": {"browseEndpoint": {
        "browseId": browse_id,
        "browseEndpointContextSupportedConfigs": {"browseEndpointContextMusicConfig": {"pageType": page_type}},
    }}})
}

#[expect(clippy::needless_pass_by_value, reason = "reads better where json! makes the value")]
fn flex(text: Value) -> Value {
    json!({"musicResponsiveListItemFlexColumnRenderer": {
        "text": text,
        "displayPriority": "MUSIC_RESPONSIVE_LIST_ITEM_COLUMN_DISPLAY_PRIORITY_HIGH",
    }})
}

/// Two sizes of a song's picture.
pub fn thumbnails(pictures: &str, id: &str) -> Value {
    json!([
        {"url": format!("{pictures}/vi/{id}/default.jpg"), "width": 60, "height": 60},
        {"url": format!("{pictures}/vi/{id}/hqdefault.jpg"), "width": 320, "height": 320},
    ])
}

/// `3:07`, `1:02:03`.
pub fn clock_face(seconds: u32) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// The library's first page: the account's playlists between a tile that is no playlist and two
/// of podcast episodes.
pub fn grid_page(playlists: Vec<Value>, continuations: Option<Value>, language: Language) -> Value {
    let new_playlist = json!({"musicTwoRowItemRenderer": {
        "title": {"runs": [{"text": language.pick("New playlist", "Nouvelle playlist")}]},
        "navigationEndpoint": {"createPlaylistEndpoint": {}},
    }});
    let later = language.pick("Episodes for Later", "Épisodes à écouter plus tard");
    let episodes = tile_of("SE", later, "https://www.gstatic.com");
    let new_episodes =
        tile_of("RDPN", language.pick("New Episodes", "Nouveaux épisodes"), "https://www.gstatic.com");
    let items = [vec![new_playlist], playlists, vec![new_episodes, episodes]].concat();
    json!({"contents": {"singleColumnBrowseResultsRenderer": {"tabs": [{"tabRenderer": {"content": {
        "sectionListRenderer": {"contents": [{"gridRenderer": grid(items, continuations)}]},
    }}}]}}})
}

/// A further page of the library.
pub fn grid_continuation(playlists: Vec<Value>, continuations: Option<Value>) -> Value {
    json!({"continuationContents": {"gridContinuation": grid(playlists, continuations)}})
}

fn grid(items: Vec<Value>, continuations: Option<Value>) -> Value {
    let mut grid = json!({});
    set(&mut grid, "items", items);
    if let Some(continuations) = continuations {
        set(&mut grid, "continuations", continuations);
    }
    grid
}

/// A playlist in the library.
pub fn tile(playlist: &Playlist, pictures: &str, language: Language) -> Value {
    tile_of(&playlist.id, title(playlist, language), pictures)
}

fn tile_of(id: &str, title: &str, pictures: &str) -> Value {
    let browse = json!({"browseEndpoint": {
        "browseId": format!("VL{id}"),
        "browseEndpointContextSupportedConfigs": {"browseEndpointContextMusicConfig": {"pageType": "MUSIC_PAGE_TYPE_PLAYLIST"}},
    }});
    json!({"musicTwoRowItemRenderer": {
        "thumbnailRenderer": {"musicThumbnailRenderer": {"thumbnail": {"thumbnails": thumbnails(pictures, id)}}},
        "title": {"runs": [{"text": title, "navigationEndpoint": browse}]},
        "subtitle": {"runs": [{"text": "Playlist"}]},
        "navigationEndpoint": browse,
    }})
}
