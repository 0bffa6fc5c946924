//! What a page says of the playlist itself, above its rows or beside them.

use super::lean::Json;
use super::page::find;
use super::{row, text};

/// The playlist's title: its header's, in whatever place and form the header is, else what the
/// page says to search engines.
pub(super) fn title(page: &Json<'_>) -> Option<Box<str>> {
    let described = page.at("microformat").at("microformatDataRenderer").at("title");
    name(page).or_else(|| text::whole(described))
}

/// What its header calls it.
pub(super) fn name(page: &Json<'_>) -> Option<Box<str>> {
    let titles = headers(page).map(|header| header.at("title"));
    // As www.youtube.com has it.
    let model = find(page, "pageHeaderViewModel").map(|header| header.at("title").at("dynamicTextViewModel"));
    let page_title = find(page, "pageHeaderRenderer").map(|header| header.at("pageTitle"));
    let places = titles.chain(model.map(|text| text.at("text"))).chain(page_title);
    places.filter_map(text::whole).next()
}

/// Whose album it is.
pub(super) fn artists(page: &Json<'_>) -> Box<[Box<str>]> {
    let lines = headers(page).map(|header| row::names(&text::runs(header.at("straplineTextOne"))));
    lines.into_iter().find(|names| !names.is_empty()).unwrap_or_default()
}

/// How many songs its header tells of. Some of them may be hidden, and the number may be of
/// yesterday. `None` also where it is told in another language than the one that we ask for.
pub(super) fn songs(page: &Json<'_>) -> Option<usize> {
    let lines = headers(page).flat_map(|header| [header.at("secondSubtitle"), header.at("subtitle")]);
    lines.filter_map(text::whole).find_map(|line| line.split('•').find_map(count))
}

/// `1,063 tracks` as a number; `None` for views, hours and years.
fn count(fact: &str) -> Option<usize> {
    let (number, unit) = fact.trim().rsplit_once(char::is_whitespace)?;
    let units = ["track", "tracks", "song", "songs", "video", "videos"];
    if !units.iter().any(|known| unit.eq_ignore_ascii_case(known)) {
        return None;
    }
    let digits: String = number.chars().filter(|c| *c != ',').collect();
    digits.parse().ok()
}

/// Headers of the kinds that YouTube Music has.
fn headers<'a>(page: &Json<'a>) -> impl Iterator<Item = &'a Json<'a>> {
    const KINDS: [&str; 5] = [
        "musicResponsiveHeaderRenderer",
        "musicDetailHeaderRenderer",
        "musicPlaylistEditHeaderRenderer",
        "musicVisualHeaderRenderer",
        "musicHeaderRenderer",
    ];
    KINDS.iter().filter_map(|kind| find(page, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_songs_are_counted() {
        for (fact, songs) in [
            ("100 tracks", Some(100)),
            (" 1 song ", Some(1)),
            ("1,063 Songs", Some(1063)),
            ("20\u{a0}videos", Some(20)),
            ("0 songs", Some(0)),
            ("36M views", None),
            ("4 hours, 53 minutes", None),
            ("5+ hours", None),
            ("2024", None),
            ("tracks", None),
            ("Songs for 100 tracks", None),
            ("1.2K songs", None),
            ("100 titres", None),
            ("99999999999999999999 songs", None),
        ] {
            assert_eq!(count(fact), songs, "{fact}");
        }
    }
}
