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
    let episode = item.at("musicMultiRowListItemRenderer");
    if episode.is_object() {
        return read_episode(episode);
    }
    let row = item.at("musicResponsiveListItemRenderer");
    if !row.is_object() {
        return if item.get("messageRenderer").is_some() { Row::Furniture } else { Row::Bad };
    }
    let columns = columns(row, "flexColumns", "musicResponsiveListItemFlexColumnRenderer");
    let fixed = self::columns(row, "fixedColumns", "musicResponsiveListItemFixedColumnRenderer");
    if row.at("musicItemRendererDisplayPolicy").as_str().is_some_and(|policy| policy.ends_with("GREY_OUT")) {
        return if is_there(row, &columns, &fixed) { Row::Greyed } else { Row::Unavailable };
    }
    let Some(id) = video_id(row, &columns) else {
        return without_video(row, &columns);
    };
    let Some(title) = title(&columns) else { return Row::Bad };
    if is_placeholder(&title) {
        return Row::Unavailable;
    }
    let beside = beside_title(&columns);
    let (artists, album) = credits(&beside, columns.len(), kind(row));
    let track = Track {
        id,
        title,
        artists,
        album,
        duration: fixed_duration(&fixed)
            .or_else(|| beside.iter().find_map(|group| duration(std::slice::from_ref(&group.runs)))),
        thumbnail: picture::of_row(row.at("thumbnail")),
    };
    let set_video_id = row.at("playlistItemData").at("playlistSetVideoId").as_str();
    let set_video_id = set_video_id.and_then(text::line);
    Row::Song(Entry { track: Arc::new(track), set_video_id })
}

/// Reads a podcast's episode. It tells its length in words, which are left out, and not always the
/// show's name.
fn read_episode(row: &Json<'_>) -> Row {
    let id = row.at("onTap").at("watchEndpoint").at("videoId").as_str().and_then(|id| id.parse().ok());
    let (Some(id), Some(title)) = (id, text::whole(row.at("title"))) else { return Row::Bad };
    let artists = text::whole(row.at("secondTitle")).into_iter().collect();
    let thumbnail = picture::of_row(row.at("thumbnail"));
    let track = Track { artists, title, thumbnail, ..Track::placeholder(id) };
    Row::Song(Entry { track: Arc::new(track), set_video_id: None })
}

/// Whether a row that is greyed out is of a video that there is: it has a title, a length and,
/// somewhere, an id.
fn is_there(row: &Json<'_>, columns: &[Column<'_>], fixed: &[Column<'_>]) -> bool {
    title(columns).is_some_and(|title| !is_placeholder(&title))
        && (fixed_duration(fixed).is_some() || duration(columns).is_some())
        && (video_id(row, columns).is_some() || picture::video(row.at("thumbnail")).is_some())
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
    /// A song of an album's, as labels upload them.
    Song,
    /// A video of YouTube's: it has no album.
    Video,
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
        Some("MUSIC_VIDEO_TYPE_ATV") => Kind::Song,
        Some(_) => Kind::Video,
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

impl Group<'_> {
    fn leads(&self, to: LeadsTo<'_>) -> bool {
        self.runs.iter().any(|run| run.leads_to == to)
    }

    /// Whether it may be the name of something that has no page.
    fn is_bare_name(&self) -> bool {
        self.runs.iter().all(|run| run.leads_to == LeadsTo::Elsewhere) && !is_fact(&self.runs)
    }

    fn has_number(&self) -> bool {
        self.runs.iter().any(|run| run.text.contains(char::is_numeric))
    }
}

/// The artists and the album of a row with so many columns.
fn credits(beside: &[Group<'_>], columns: usize, kind: Kind) -> (Box<[Box<str>]>, Option<Box<str>>) {
    let linked = || beside.iter().find(|group| group.leads(LeadsTo::Artist));
    // Where several may add to a playlist, who added a video stands before who uploaded it.
    let uploader = || beside.iter().rfind(|group| group.leads(LeadsTo::Channel));
    let artist = linked().or_else(|| bare_artist(beside, columns)).or_else(uploader);
    let mut runs = beside.iter().flat_map(|group| &group.runs);
    let album = runs.find(|run| run.leads_to == LeadsTo::Album).and_then(|run| text::line(run.text));
    // An upload's album has no page. What stands in its place in other rows may be a date or a count.
    let may_be_bare = |group: &Group<'_>| match kind {
        Kind::Upload => true,
        Kind::Song => !group.has_number(),
        Kind::Video => false,
        Kind::Unsaid => artist.is_none_or(Group::is_bare_name),
    };
    let bare_album = || {
        let column = artist.map_or(2, |artist| 2.max(artist.column + 1));
        let album = beside.iter().find(|group| group.column >= column && group.is_bare_name())?;
        may_be_bare(album).then(|| names(&album.runs).first().cloned())?
    };
    let album = album.or_else(bare_album);
    (artist.map(|group| names(&group.runs)).unwrap_or_default(), album)
}

/// The artist of a row in which none has a page. Then the place tells, as words are in the account's
/// language: the artist stands beside the title, or beside who added the song to the playlist.
fn bare_artist<'a, 'b>(beside: &'a [Group<'b>], columns: usize) -> Option<&'a Group<'b>> {
    let in_column = |column: usize| {
        let groups = beside.iter().filter(move |group| group.column == column);
        // Of three between bullets, the first is the kind of thing that the row is.
        let timeless = groups.clone().filter(|group| duration(std::slice::from_ref(&group.runs)).is_none());
        let kind = usize::from(timeless.count() > 2);
        groups.skip(kind).filter(|group| group.is_bare_name())
    };
    let Some(adder) = beside.iter().find(|group| group.leads(LeadsTo::Channel)) else {
        // The title may be any column, but is the first.
        return in_column(1).chain(in_column(0)).next();
    };
    // Beside who uploaded a video, the last column may hold a date, or a count.
    let column = adder.column + 1;
    let is_date = |group: &Group<'_>| column + 1 == columns && group.has_number();
    in_column(column).find(|group| !is_date(group))
}

/// The names in a group, without what separates them.
pub(super) fn names(group: &[Run<'_>]) -> Box<[Box<str>]> {
    let named = group.iter().filter(|run| match run.leads_to {
        LeadsTo::Artist | LeadsTo::Channel => true,
        LeadsTo::Elsewhere => {
            (group.len() == 1 || !is_separator(run.text)) && text::duration(run.text).is_none()
        }
        LeadsTo::Album | LeadsTo::Video(_) => false,
    });
    named.filter_map(|run| text::line(run.text)).collect()
}

/// `, `, ` & `, ` and `: without a link, and either without a letter or between spaces. The Arabic
/// one is a space and a letter.
fn is_separator(text: &str) -> bool {
    let between_spaces = text.len() > 2 && text.starts_with(' ') && text.ends_with(' ');
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    between_spaces || letters == 0 || letters == 1 && text.starts_with(' ')
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

/// The duration among what stands at the end of a row. There, `3.33` is one: that is how Danish,
/// Finnish and Indonesian write it. Elsewhere it may be a name.
fn fixed_duration(columns: &[Column<'_>]) -> Option<Duration> {
    columns.iter().flatten().find_map(|run| text::duration(&run.text.replace('.', ":")))
}

fn duration(columns: &[Column<'_>]) -> Option<Duration> {
    let unlinked = columns.iter().flatten().filter(|run| run.leads_to == LeadsTo::Elsewhere);
    unlinked.filter_map(|run| text::duration(run.text)).next()
}

#[cfg(test)]
mod tests;
