//! One row of a playlist, as a song.
//!
//! A row is a title, some columns beside it, and hidden data. What stands in which column has
//! changed often and depends on the playlist, so a text is known by where its link leads and by
//! its form rather than by its place; place is what is left for rows without links (the user's
//! own uploads).

use std::sync::Arc;
use std::time::Duration;

use super::lean::Json;
use super::text::{self, LeadsTo, Run};
use super::{Row, picture};
use crate::library::{Entry, Track, VideoId};

/// Reads one item of a shelf.
pub(super) fn read(item: &Json<'_>) -> Row {
    let row = item.at("musicResponsiveListItemRenderer");
    if !row.is_object() {
        return if item.get("messageRenderer").is_some() { Row::Furniture } else { Row::Bad };
    }
    if row.at("musicItemRendererDisplayPolicy").as_str().is_some_and(|policy| policy.ends_with("GREY_OUT")) {
        return Row::Unavailable;
    }
    let columns = columns(row, "flexColumns", "musicResponsiveListItemFlexColumnRenderer");
    let Some(id) = video_id(row, &columns) else {
        return without_video(row, &columns);
    };
    let Some(title) = title(&columns) else { return Row::Bad };
    if is_placeholder(&title) {
        return Row::Unavailable;
    }
    let fixed = self::columns(row, "fixedColumns", "musicResponsiveListItemFixedColumnRenderer");
    let beside = beside_title(&columns);
    let (artists, album) = credits(&beside, kind(row));
    let track = Track {
        id,
        title,
        artists,
        album,
        duration: duration(&fixed)
            .or_else(|| beside.iter().find_map(|group| duration(std::slice::from_ref(&group.runs)))),
        thumbnail: picture::of_row(row.at("thumbnail")),
    };
    let set_video_id = row.at("playlistItemData").at("playlistSetVideoId").as_str();
    let set_video_id = set_video_id.and_then(text::line);
    Row::Song(Entry { track: Arc::new(track), set_video_id })
}

/// Whether this title is what YouTube puts in the place of a video's that is gone. A song may well
/// be called so without the brackets.
pub(super) fn is_placeholder(title: &str) -> bool {
    matches!(title, "[Private video]" | "[Deleted video]" | "[Unavailable video]" | "[Unavailable]")
}

type Column<'a> = Vec<Run<'a>>;

fn columns<'a>(row: &Json<'a>, place: &str, kind: &str) -> Vec<Column<'a>> {
    let columns = row.at(place).as_array().unwrap_or_default();
    columns.iter().map(|column| text::runs(column.at(kind).at("text"))).collect()
}

fn video_id(row: &Json<'_>, columns: &[Column<'_>]) -> Option<VideoId> {
    let linked = columns.iter().flatten().filter_map(|run| match run.leads_to {
        LeadsTo::Video(id) => Some(id),
        _ => None,
    });
    let own = [
        row.at("playlistItemData").at("videoId"),
        row.at("navigationEndpoint").at("watchEndpoint").at("videoId"),
    ];
    own.into_iter().filter_map(Json::as_str).chain(linked).find_map(|id| id.parse().ok())
}

/// A row that names no video: a song that is gone, or a button such as "Shuffle all".
fn without_video(row: &Json<'_>, columns: &[Column<'_>]) -> Row {
    // What has a place in the playlist was a song once. Words tell too, if they are English.
    let has_place = row.at("playlistItemData").at("playlistSetVideoId").is_string();
    const GONE: [&str; 6] = ["unavailable", "not available", "unplayable", "deleted", "private", "removed"];
    let says_gone = |run: &Run<'_>| GONE.iter().any(|word| run.text.to_lowercase().contains(word));
    if has_place && !columns.is_empty() || columns.iter().flatten().any(says_gone) {
        Row::Unavailable
    } else if row.at("navigationEndpoint").at("watchPlaylistEndpoint").is_object() {
        Row::Furniture
    } else {
        Row::Bad
    }
}

/// Which column holds the title: the one that links to the video, else the first.
fn title_column(columns: &[Column<'_>]) -> usize {
    let links = |column: &Column<'_>| column.iter().any(|run| matches!(run.leads_to, LeadsTo::Video(_)));
    columns.iter().position(links).unwrap_or(0)
}

fn title(columns: &[Column<'_>]) -> Option<Box<str>> {
    text::joined(columns.get(title_column(columns))?)
}

/// What kind of video a row is, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The user's own upload: neither artist nor album has a page to link to.
    Upload,
    /// A song or a video of YouTube's: albums have pages.
    YouTubes,
    /// It does not say.
    Unsaid,
}

fn kind(row: &Json<'_>) -> Kind {
    let columns = row.at("flexColumns").as_array().into_iter().flatten();
    let runs = columns.filter_map(|column| {
        column.at("musicResponsiveListItemFlexColumnRenderer").at("text").at("runs").as_array()
    });
    let mut kinds = runs.flatten().filter_map(|run| {
        let watch = run.at("navigationEndpoint").at("watchEndpoint").at("watchEndpointMusicSupportedConfigs");
        watch.at("watchEndpointMusicConfig").at("musicVideoType").as_str()
    });
    match kinds.next() {
        Some("MUSIC_VIDEO_TYPE_PRIVATELY_OWNED_TRACK") => Kind::Upload,
        Some(_) => Kind::YouTubes,
        None => Kind::Unsaid,
    }
}

/// Texts that belong together: a column, or what stands between two bullets of one.
struct Group<'a> {
    /// Which column.
    column: usize,
    runs: Column<'a>,
}

/// The texts beside the title.
fn beside_title<'a>(columns: &[Column<'a>]) -> Vec<Group<'a>> {
    let mut groups = vec![];
    for (at, column) in columns.iter().enumerate() {
        if at == title_column(columns) {
            continue;
        }
        let mut runs = vec![];
        for run in column {
            if run.leads_to != LeadsTo::Elsewhere {
                runs.push(*run);
                continue;
            }
            for (nth, text) in run.text.split('•').enumerate() {
                if nth > 0 {
                    groups.push(Group { column: at, runs: std::mem::take(&mut runs) });
                }
                runs.push(Run { text, ..*run });
            }
        }
        groups.push(Group { column: at, runs });
    }
    groups.iter_mut().for_each(|group| group.runs.retain(|run| !run.text.trim().is_empty()));
    groups.retain(|group| !group.runs.is_empty());
    groups
}

/// The artists and the album.
fn credits(beside: &[Group<'_>], kind: Kind) -> (Box<[Box<str>]>, Option<Box<str>>) {
    let linked = |to| beside.iter().find(|group| group.runs.iter().any(|run| run.leads_to == to));
    let mut runs = beside.iter().flat_map(|group| &group.runs);
    let album = runs.find(|run| run.leads_to == LeadsTo::Album).and_then(|run| text::line(run.text));
    if let Some(group) = linked(LeadsTo::Artist) {
        return (names(&group.runs), album);
    }
    // Without links, the place tells, as words are in the account's language: the artist stands
    // beside the title, the album beside the artist.
    let unlinked = |group: &&Group<'_>| {
        !is_fact(&group.runs) && group.runs.iter().all(|run| run.leads_to != LeadsTo::Album)
    };
    let by_column = |column: usize| {
        let groups = beside.iter().filter(move |group| group.column == column);
        // Of three between bullets, the first is the kind of thing that the row is.
        let timeless = groups.clone().filter(|group| duration(std::slice::from_ref(&group.runs)).is_none());
        let kind = usize::from(timeless.count() > 2);
        groups.skip(kind).filter(unlinked)
    };
    // The title may be any column, but is the first.
    let artists = by_column(1).chain(by_column(0)).next().map(|group| names(&group.runs)).unwrap_or_default();
    let second = by_column(2).next().filter(|_| kind != Kind::YouTubes);
    (artists, album.or_else(|| second.and_then(|group| names(&group.runs).first().cloned())))
}

/// The names in a group, without what separates them.
fn names(group: &[Run<'_>]) -> Box<[Box<str>]> {
    let named = group.iter().filter(|run| match run.leads_to {
        LeadsTo::Artist => true,
        LeadsTo::Elsewhere => {
            (group.len() == 1 || !is_separator(run.text)) && text::duration(run.text).is_none()
        }
        LeadsTo::Album | LeadsTo::Video(_) => false,
    });
    named.filter_map(|run| text::line(run.text)).collect()
}

/// `, `, ` & `, ` and `: without a link, and either without a letter or between spaces.
fn is_separator(text: &str) -> bool {
    let between_spaces = text.len() > 2 && text.starts_with(' ') && text.ends_with(' ');
    between_spaces || !text.chars().any(char::is_alphanumeric)
}

/// Whether an unlinked group is neither artist nor album: a duration, a count, or the kind of
/// thing that the row is.
fn is_fact(group: &[Run<'_>]) -> bool {
    let text: String = group.iter().map(|run| run.text).collect();
    let text = text.trim();
    let kind = matches!(text, "Song" | "Video" | "Episode" | "Podcast" | "E" | "Explicit");
    let count = [" views", " view", " plays", " play"].iter().any(|unit| text.ends_with(unit))
        && (text.starts_with(|c: char| c.is_ascii_digit()) || text.starts_with("No "));
    kind || count || text::duration(text).is_some()
}

fn duration(columns: &[Column<'_>]) -> Option<Duration> {
    let unlinked = columns.iter().flatten().filter(|run| run.leads_to == LeadsTo::Elsewhere);
    unlinked.filter_map(|run| text::duration(run.text)).next()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::youtube::lean::with;

    /// A column of runs: the text, and the page type that it links to, `watch`, or nothing.
    fn column(runs: &[(&str, &str)]) -> Value {
        let runs: Vec<Value> = runs
            .iter()
            .map(|(text, to)| match *to {
                "" => json!({"text": text}),
                "watch" => {
                    json!({"text": text, "navigationEndpoint": {"watchEndpoint": {"videoId": "dQw4w9WgXcQ"}}})
                }
                page => json!({"text": text, "navigationEndpoint": {"browseEndpoint": {
                    "browseEndpointContextSupportedConfigs": {"browseEndpointContextMusicConfig": {
                        "pageType": format!("MUSIC_PAGE_TYPE_{page}")}}}}}),
            })
            .collect();
        json!({"musicResponsiveListItemFlexColumnRenderer": {"text": {"runs": runs}}})
    }

    fn song(columns: &[&[(&str, &str)]]) -> Track {
        let columns: Vec<Value> = columns.iter().map(|runs| column(runs)).collect();
        let row = json!({"flexColumns": columns, "playlistItemData": {"videoId": "dQw4w9WgXcQ"}});
        match with(&json!({"musicResponsiveListItemRenderer": row}), read) {
            Row::Song(entry) => (*entry.track).clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn columns_of_many_layouts() {
        type Case<'a> = (&'a [&'a [(&'a str, &'a str)]], &'a [&'a str], Option<&'a str>, Option<u64>);
        let title = [("T", "watch")];
        let cases: &[Case<'_>] = &[
            (&[&title], &[], None, None),
            (&[&title, &[("A", "ARTIST")], &[("L", "ALBUM")]], &["A"], Some("L"), None),
            (&[&title, &[("A", "USER_CHANNEL")], &[]], &["A"], None, None),
            (&[&title, &[("A", "UNKNOWN")], &[("L", "ALBUM")]], &["A"], Some("L"), None),
            (
                &[&title, &[("A", "ARTIST"), (", ", ""), ("B", ""), (" & ", ""), ("C", "ARTIST")]],
                &["A", "B", "C"],
                None,
                None,
            ),
            (
                &[&title, &[("!!!", "ARTIST"), (" and ", ""), ("B & C", "ARTIST")]],
                &["!!!", "B & C"],
                None,
                None,
            ),
            // Collaborative: the duration is a column like the others.
            (&[&title, &[("A", "ARTIST")], &[("L", "ALBUM")], &[("3:33", "")]], &["A"], Some("L"), Some(213)),
            // One column, as in search results and single-column pages.
            (
                &[
                    &title,
                    &[
                        ("Song", ""),
                        (" • ", ""),
                        ("A", "ARTIST"),
                        (" & ", ""),
                        ("B", "ARTIST"),
                        (" • ", ""),
                        ("L", "ALBUM"),
                        (" • ", ""),
                        ("1:02:03", ""),
                    ],
                ],
                &["A", "B"],
                Some("L"),
                Some(3723),
            ),
            (&[&title, &[("Video • A • 36M views • 3:33", "")]], &["A"], None, Some(213)),
            // In French.
            (&[&title, &[("Vidéo • A • 36 M de vues • 3:33", "")]], &["A"], None, Some(213)),
            (
                &[&title, &[("Titre", ""), (" • ", ""), ("A", "ARTIST"), (" et ", ""), ("B", "ARTIST")]],
                &["A", "B"],
                None,
                None,
            ),
            (&[&title, &[("A • No views", "")]], &["A"], None, None),
            (&[&title, &[(" ?? ", "")]], &["??"], None, None),
            // An upload: no links at all.
            (&[&title, &[("A", "")], &[("L", "")]], &["A"], Some("L"), None),
            (&[&[("T", "")], &[("A", "")], &[]], &["A"], None, None),
            // A podcast: the date is no album.
            (
                &[
                    &[("T", "NON_MUSIC_AUDIO_TRACK_PAGE")],
                    &[("S", "PODCAST_SHOW_DETAIL_PAGE")],
                    &[("8 Aug 2024", "")],
                ],
                &["S"],
                None,
                None,
            ),
            // The title need not come first.
            (&[&[("A", "ARTIST")], &title], &["A"], None, None),
            // A title and an artist that look like durations.
            (&[&title, &[("10:15", "ARTIST")]], &["10:15"], None, None),
        ];
        for (columns, artists, album, seconds) in cases {
            let track = song(columns);
            let read: Vec<&str> = track.artists.iter().map(|artist| &**artist).collect();
            assert_eq!((read.as_slice(), track.album.as_deref()), (*artists, *album), "{columns:?}");
            assert_eq!(track.duration, seconds.map(Duration::from_secs), "{columns:?}");
            assert_eq!(&*track.title, "T", "{columns:?}");
        }
    }

    #[test]
    fn an_album_without_a_page_is_an_uploads() {
        for (kind, album) in [("PRIVATELY_OWNED_TRACK", Some("L")), ("ATV", None), ("OMV", None)] {
            let mut title = column(&[("T", "watch")]);
            title["musicResponsiveListItemFlexColumnRenderer"]["text"]["runs"][0]["navigationEndpoint"]["watchEndpoint"]
                ["watchEndpointMusicSupportedConfigs"] =
                json!({"watchEndpointMusicConfig": {"musicVideoType": format!("MUSIC_VIDEO_TYPE_{kind}")}});
            let columns = [title, column(&[("A", "")]), column(&[("L", "")])];
            let Row::Song(entry) =
                with(&json!({"musicResponsiveListItemRenderer": {"flexColumns": columns}}), read)
            else {
                panic!("a song");
            };
            assert_eq!((&*entry.track.artists[0], entry.track.album.as_deref()), ("A", album), "{kind}");
        }
    }

    #[test]
    fn rows_that_are_no_songs() {
        let title = |text: &str| json!([column(&[(text, "")])]);
        let video = json!({"videoId": "dQw4w9WgXcQ"});
        for (row, expected) in [
            (
                json!({"flexColumns": title("T"), "playlistItemData": video,
                "musicItemRendererDisplayPolicy": "MUSIC_ITEM_RENDERER_DISPLAY_POLICY_GREY_OUT"}),
                Row::Unavailable,
            ),
            (json!({"flexColumns": title("[Deleted video]"), "playlistItemData": video}), Row::Unavailable),
            (json!({"flexColumns": title("Song is unavailable")}), Row::Unavailable),
            (json!({"flexColumns": title("Private video")}), Row::Unavailable),
            (
                json!({"flexColumns": title("Vidéo privée"), "playlistItemData": {"playlistSetVideoId": "S"}}),
                Row::Unavailable,
            ),
            (
                json!({"flexColumns": title("Shuffle all"),
                "navigationEndpoint": {"watchPlaylistEndpoint": {}}}),
                Row::Furniture,
            ),
            (json!({"flexColumns": title("T")}), Row::Bad),
            (json!({"flexColumns": title(" \n "), "playlistItemData": video}), Row::Bad),
            (json!({"playlistItemData": video}), Row::Bad),
            (json!({"flexColumns": title("T"), "playlistItemData": {"videoId": "short"}}), Row::Bad),
        ] {
            assert_eq!(with(&json!({"musicResponsiveListItemRenderer": row}), read), expected, "{row}");
        }
        assert_eq!(with(&json!({"messageRenderer": {}}), read), Row::Furniture);
        assert_eq!(with(&json!({"musicTwoRowItemRenderer": {}}), read), Row::Bad);
        assert_eq!(read(&Json::Null), Row::Bad);
    }
}
