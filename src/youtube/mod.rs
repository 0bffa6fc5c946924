//! The catalogue: what YouTube's playlists hold.
//!
//! The first source is InnerTube, the API behind YouTube Music's own pages: it names artists and
//! albums. Its answers have no documentation and change without notice, so they are read with
//! tolerance (`page`, `row`); an answer that cannot be read at all sends us to the second
//! source, `yt-dlp --flat-playlist` (`flat`), which others keep up with YouTube.
//!
//! Nothing is kept here between two listings: [`crate::sync`] calls this and owns the library.

mod browse;
mod error;
mod flat;
mod innertube;
mod lean;
mod page;
mod picture;
mod row;
mod text;

use jiff::Timestamp;
use tracing::{info, warn};

use crate::config;
use crate::cookies::Cookies;
use crate::library::{Entry, Playlist, PlaylistId};
use crate::ytdlp::YtDlp;

pub use error::{FlatError, ListError, Unreachable, Unusable};

use error::BrowseError;
use innertube::InnerTube;

/// The most rows of one playlist. YouTube's own playlists end at 5000.
const MOST_ROWS: usize = 20_000;

/// The most rows of a mix: those never end.
const MOST_MIX_ROWS: usize = 300;

/// Lists playlists. Cheap to clone: clones share the connections.
#[derive(Clone)]
pub struct Catalogue {
    innertube: InnerTube,
    ytdlp: YtDlp,
}

/// A playlist as YouTube answered it.
#[derive(Debug, PartialEq)]
pub struct Listing {
    /// The playlist; `updated` is the moment of listing, to the second.
    pub playlist: Playlist,
    /// Rows left out since YouTube greys them out: deleted, private, not in this country.
    pub unavailable: usize,
    /// Rows that could not be understood.
    pub skipped: usize,
}

impl Catalogue {
    /// As the configuration says; `ytdlp` is the second source. Touches no network.
    pub fn new(config: &config::YouTube, cookies: Cookies, ytdlp: YtDlp) -> Self {
        let _ = cookies;
        Self { innertube: InnerTube::new(&config.music_url), ytdlp }
    }

    /// The account's playlists, in YouTube's order: its own and saved ones if the configuration
    /// wants them, and Liked Music if it wants that. Nothing without cookies.
    ///
    /// # Errors
    /// As [`Catalogue::playlist`]'s, and [`ListError::SignedOut`].
    pub async fn library(&self) -> Result<Vec<PlaylistId>, ListError> {
        Ok(vec![])
    }

    /// Lists one playlist, all its pages, one request after the other.
    ///
    /// # Errors
    /// A playlist is listed as a whole or not at all: a page that is missing fails it.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request, or the `yt-dlp`, that it waits for.
    pub async fn playlist(&self, id: &PlaylistId) -> Result<Listing, ListError> {
        let listed = match browse::playlist(&self.innertube, id).await {
            Err(BrowseError::Unusable(unusable)) => {
                info!(playlist = %id, %unusable, "InnerTube's answer is of no use; asking yt-dlp");
                let flat = flat::list(&self.ytdlp, id).await;
                flat.map_err(|flat| ListError::NotUnderstood(unusable, flat))?
            }
            Err(BrowseError::Missing) => return Err(ListError::Missing),
            Err(BrowseError::Refused(reason)) => return Err(ListError::Refused(reason)),
            Err(BrowseError::Unreachable(why)) => return Err(ListError::Unreachable(why)),
            Ok(listed) => listed,
        };
        if listed.rows.skipped > 0 {
            warn!(playlist = %id, rows = listed.rows.skipped, "some rows were not understood and are left out");
        }
        Ok(listed.into_listing(id))
    }
}

/// The most rows that are taken of this playlist.
fn most_rows(id: &PlaylistId) -> usize {
    // RDCLAK5uy_ are the playlists that YouTube Music's editors make: they are no mixes and end.
    let endless = id.as_str().starts_with("RD") && !id.as_str().starts_with("RDCLAK5uy_");
    if endless { MOST_MIX_ROWS } else { MOST_ROWS }
}

/// A playlist on its way to a [`Listing`].
#[derive(Debug, Default)]
struct Listed {
    /// As the page's header says.
    title: Option<Box<str>>,
    rows: Rows,
}

/// What became of a playlist's rows.
#[derive(Debug, Default)]
struct Rows {
    entries: Vec<Entry>,
    unavailable: usize,
    skipped: usize,
}

/// One row, read.
#[derive(Debug, PartialEq)]
enum Row {
    Song(Entry),
    /// A song that cannot be played: deleted, private, not in this country.
    Unavailable,
    /// Not a song, and not meant to be one.
    Furniture,
    /// Not understood.
    Bad,
}

impl Rows {
    fn push(&mut self, row: Row) {
        match row {
            Row::Song(entry) => self.entries.push(entry),
            Row::Unavailable => self.unavailable += 1,
            Row::Furniture => {}
            Row::Bad => self.skipped += 1,
        }
    }

    fn append(&mut self, mut more: Self) {
        self.entries.append(&mut more.entries);
        self.unavailable += more.unavailable;
        self.skipped += more.skipped;
    }

    /// Whether there were rows, and none of them made sense: then it is the page that changed,
    /// not the rows.
    fn all_bad(&self) -> bool {
        self.skipped > 0 && self.entries.is_empty() && self.unavailable == 0
    }
}

impl Listed {
    fn into_listing(self, id: &PlaylistId) -> Listing {
        let Rows { entries, unavailable, skipped } = self.rows;
        // An album's page has no header, but its songs name it.
        let is_album = id.as_str().starts_with("OLAK5uy_");
        let album = || entries.first().filter(|_| is_album).and_then(|entry| entry.track.album.clone());
        let title = self.title.or_else(album).unwrap_or_else(|| id.as_str().into());
        let now = Timestamp::now();
        let updated = Timestamp::from_second(now.as_second()).unwrap_or(now);
        Listing { playlist: Playlist { id: id.clone(), title, entries, updated }, unavailable, skipped }
    }
}

/// Reads arbitrary bytes as each kind of answer. The body of a fuzz target: must never panic, and
/// whatever comes out keeps [`crate::library::Track`]'s promises.
#[doc(hidden)]
pub fn fuzz_answers(bytes: &[u8]) {
    let pages = [page::first(bytes, None), page::continued(bytes)];
    let rows = pages.into_iter().flatten().map(|page| page.rows);
    let flat = flat::read(bytes).into_iter().map(|listed| listed.rows);
    for entry in rows.chain(flat).flat_map(|rows| rows.entries) {
        let track = &entry.track;
        let texts = track.artists.iter().chain(&track.album).chain([&track.title]);
        for text in texts {
            assert!(!text.trim().is_empty() && !text.chars().any(char::is_control), "{text:?}");
        }
    }
}

/// A recorded answer, where the folder with them is: they are not ours to keep in the project.
#[cfg(test)]
fn recorded(name: &str) -> Option<Vec<u8>> {
    let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/youtube-fixtures");
    let folder = std::env::var_os("YTMPD_FIXTURES").map_or(beside, Into::into);
    std::fs::read(folder.join(name)).ok()
}

#[cfg(test)]
mod tests;
