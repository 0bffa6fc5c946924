//! Rows in all the layouts that were seen.

use serde_json::{Value, json};

use super::*;
use crate::youtube::lean::with;

/// A column of runs: the text, and the page type that it links to, or `=` and the page's id, `watch`, or
/// nothing.
fn column(runs: &[(&str, &str)]) -> Value {
    let runs: Vec<Value> = runs
        .iter()
        .map(|(text, to)| match *to {
            "" => json!({"text": text}),
            "watch" => {
                json!({"text": text, "navigationEndpoint": {"watchEndpoint": {"videoId": "dQw4w9WgXcQ"}}})
            }
            id if id.starts_with('=') => {
                json!({"text": text, "navigationEndpoint": {"browseEndpoint": {"browseId": &id[1..]}}})
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
        (&[&title, &[("!!!", "ARTIST"), (" and ", ""), ("B & C", "ARTIST")]], &["!!!", "B & C"], None, None),
        // The page's id tells its kind where nothing else does.
        (
            &[&title, &[("A", "=UC_a"), (" & ", ""), ("B", "=UC_b")], &[("L", "=MPREb_l")]],
            &["A", "B"],
            Some("L"),
            None,
        ),
        (&[&title, &[("me", "=UC_me")], &[("A", "=UC_a")], &[("L", "=MPREb_l")]], &["A"], Some("L"), None),
        (
            &[&title, &[("A", "")], &[("L", "=FEmusic_library_privately_owned_release_detail_x")]],
            &["A"],
            Some("L"),
            None,
        ),
        // Collaborative: who added it goes before the artist.
        (
            &[&title, &[("me", "USER_CHANNEL")], &[("A", "ARTIST")], &[("L", "ALBUM")]],
            &["A"],
            Some("L"),
            None,
        ),
        (&[&title, &[("me", "USER_CHANNEL")], &[("A", "USER_CHANNEL")], &[]], &["A"], None, None),
        (
            &[&title, &[("me", "USER_CHANNEL")], &[("A", "UNKNOWN")], &[("L", "ALBUM")]],
            &["A"],
            Some("L"),
            None,
        ),
        (
            &[
                &[("T", "NON_MUSIC_AUDIO_TRACK_PAGE")],
                &[("me", "USER_CHANNEL")],
                &[("A", "ARTIST")],
                &[("Jun 5, 2022", "")],
            ],
            &["A"],
            None,
            None,
        ),
        // The artist has no page.
        (&[&title, &[("me", "USER_CHANNEL")], &[("A 1", "")], &[("L", "ALBUM")]], &["A 1"], Some("L"), None),
        (&[&title, &[("me", "USER_CHANNEL")], &[("A", "")]], &["A"], None, None),
        (
            &[&title, &[("me", "USER_CHANNEL")], &[("A", "USER_CHANNEL")], &[("5 juin 2022", "")]],
            &["A"],
            None,
            None,
        ),
        // Who uploaded a video is its artist, whatever stands beside.
        (&[&title, &[("A", "USER_CHANNEL")], &[("5 juin 2022", "")]], &["A"], None, None),
        (&[&title, &[("A", "USER_CHANNEL")], &[("3:33", "")], &[]], &["A"], None, Some(213)),
        (
            &[&title, &[("Vidéo", ""), (" • ", ""), ("A", "USER_CHANNEL"), (" • 36 M de vues", "")]],
            &["A"],
            None,
            None,
        ),
        // The duration is a column like the others.
        (&[&title, &[("A", "ARTIST")], &[("L", "ALBUM")], &[("3:33", "")]], &["A"], Some("L"), Some(213)),
        // As since 2025.
        (&[&title, &[("A", "ARTIST")], &[("3:34", "")], &[("L", "ALBUM")]], &["A"], Some("L"), Some(214)),
        (&[&title, &[("A", "")], &[("3:34", "")], &[("L", "")]], &["A"], Some("L"), Some(214)),
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
        // In Arabic.
        (&[&title, &[("A", "ARTIST"), (" و", ""), ("B", "ARTIST")]], &["A", "B"], None, None),
        (&[&title, &[("A", "")], &[("٣:٣٤", "")], &[("L", "")]], &["A"], Some("L"), Some(214)),
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
fn an_album_without_a_page() {
    for (kind, text, album) in [
        ("PRIVATELY_OWNED_TRACK", "L 1", Some("L 1")),
        ("ATV", "L", Some("L")),
        ("ATV", "155 M de lectures", None),
        ("OMV", "L", None),
    ] {
        let mut title = column(&[("T", "watch")]);
        title["musicResponsiveListItemFlexColumnRenderer"]["text"]["runs"][0]["navigationEndpoint"]["watchEndpoint"]
            ["watchEndpointMusicSupportedConfigs"] =
            json!({"watchEndpointMusicConfig": {"musicVideoType": format!("MUSIC_VIDEO_TYPE_{kind}")}});
        let columns = [title, column(&[("A", "")]), column(&[(text, "")])];
        let Row::Song(entry) =
            with(&json!({"musicResponsiveListItemRenderer": {"flexColumns": columns}}), read)
        else {
            panic!("a song");
        };
        assert_eq!((&*entry.track.artists[0], entry.track.album.as_deref()), ("A", album), "{kind}: {text}");
    }
}

#[test]
fn rows_that_are_no_songs() {
    let title = |text: &str| json!([column(&[(text, "")])]);
    let video = json!({"videoId": "dQw4w9WgXcQ"});
    let greyed = |text: &str, length: &str, more: Value| {
        let fixed = json!({"musicResponsiveListItemFixedColumnRenderer": {"text": {"simpleText": length}}});
        let mut row = json!({"flexColumns": title(text), "fixedColumns": [fixed],
            "musicItemRendererDisplayPolicy": "MUSIC_ITEM_RENDERER_DISPLAY_POLICY_GREY_OUT"});
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    let picture = |path: &str| {
        let pictures = json!([{"url": format!("https://i.ytimg.com/{path}"), "width": 400}]);
        json!({"musicThumbnailRenderer": {"thumbnail": {"thumbnails": pictures}}})
    };
    for (row, expected) in [
        (
            json!({"flexColumns": title("T"), "playlistItemData": video,
            "musicItemRendererDisplayPolicy": "MUSIC_ITEM_RENDERER_DISPLAY_POLICY_GREY_OUT"}),
            Row::Unavailable,
        ),
        (greyed("T", "3:33", json!({"playlistItemData": video})), Row::Greyed),
        (
            greyed("T", "3:33", json!({"thumbnail": picture("vi/dQw4w9WgXcQ/sddefault.jpg?sqp=x")})),
            Row::Greyed,
        ),
        (greyed("T", "3:33", json!({"thumbnail": picture("vi_webp/dQw4w9WgXcQ/hq720.webp")})), Row::Greyed),
        (greyed("T", "3:33", json!({"thumbnail": picture("img/no_thumbnail.jpg")})), Row::Unavailable),
        (greyed("T", "3:33", json!({})), Row::Unavailable),
        (greyed("T", "", json!({"playlistItemData": video})), Row::Unavailable),
        (greyed("[Private video]", "3:33", json!({"playlistItemData": video})), Row::Unavailable),
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

#[test]
fn a_podcasts_episode() {
    let episode = |change: fn(&mut Value)| {
        let mut row = json!({"title": {"runs": [{"text": "T"}]}, "subtitle": {"runs": [{"text": "5d ago"}]},
            "secondTitle": {"runs": [{"text": "S"}]}, "onTap": {"watchEndpoint": {"videoId": "dQw4w9WgXcQ"}}});
        change(&mut row);
        with(&json!({"musicMultiRowListItemRenderer": row}), read)
    };
    let artists = |row| match row {
        Row::Song(entry) => Some((entry.track.title.to_string(), entry.track.artists.to_vec())),
        _ => None,
    };
    assert_eq!(artists(episode(|_| ())), Some(("T".into(), vec!["S".into()])));
    assert_eq!(artists(episode(|row| row["secondTitle"] = json!(null))), Some(("T".into(), vec![])));
    assert_eq!(episode(|row| row["onTap"] = json!({"browseEndpoint": {}})), Row::Bad);
    assert_eq!(episode(|row| row["title"] = json!({})), Row::Bad);
}

#[test]
fn a_duration_at_the_end_of_a_row() {
    for (text, seconds) in [
        ("3:34", Some(214)),
        ("3.34", Some(214)),
        ("1.02.03", Some(3723)),
        ("\u{200f}٣:٣٤", Some(214)),
        ("3.345", None),
        ("12.5", None),
        ("", None),
    ] {
        let fixed = json!({"musicResponsiveListItemFixedColumnRenderer": {"text": {"simpleText": text}}});
        let row = json!({"flexColumns": [column(&[("T", "watch")]), column(&[("1.02", "")])], "fixedColumns": [fixed]});
        let Row::Song(entry) = with(&json!({"musicResponsiveListItemRenderer": row}), read) else {
            panic!("{text}")
        };
        let read = (entry.track.artists.len(), entry.track.duration.map(|duration| duration.as_secs()));
        assert_eq!(read, (1, seconds), "{text}: and a name that looks like one elsewhere");
    }
}
