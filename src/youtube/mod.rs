//! The catalogue: what YouTube's playlists hold.
//!
//! The first source is InnerTube, the API behind YouTube Music's own pages: it names artists and
//! albums. Its answers have no documentation and change without notice, so they are read with
//! tolerance (`page`, `row`); an answer that cannot be read at all sends us to the second
//! source, `yt-dlp --flat-playlist` (`flat`), which others keep up with YouTube.
//!
//! With the account's cookies, requests are signed (`sign`), and the account's library can be
//! listed (`tiles`). All go through one gate that keeps us gentle.
//!
//! Nothing is kept here between two listings: [`crate::sync`] calls this and owns the library.

mod answer;
mod browse;
mod error;
mod flat;
mod gate;
mod header;
mod innertube;
mod lean;
mod page;
mod picture;
mod row;
mod sign;
mod text;
mod tiles;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tracing::{info, warn};

use crate::config;
use crate::cookies::Cookies;
use crate::library::{Entry, Playlist, PlaylistId, Track, VideoId};
use crate::ytdlp::{Fault, FaultKind, YtDlp};

pub use crate::cookies::Standing;
pub use error::{FlatError, ListError, SIGNED_OUT, Unreachable, Unusable};

use innertube::InnerTube;

/// The most rows of one playlist. YouTube's own playlists end at 5000.
const MOST_ROWS: usize = 20_000;

/// The account's library, as a browse id: there is one for whoever is signed in.
const LIBRARY: &str = "FEmusic_liked_playlists";

/// Liked Music's id, for whoever is signed in.
pub const LIKED_MUSIC: &str = "LM";

/// Its title, whatever it is called in the account's language.
const LIKED_SONGS: &str = "Liked Songs";

/// What an album's title begins with at www.youtube.com.
const ALBUM: &str = "Album - ";

/// The most listings by `yt-dlp` at once: each is a process of 50 MB with requests that the gate
/// does not see.
const MOST_FLAT: usize = 1;

/// The most rows of a mix: those never end.
const MOST_MIX_ROWS: usize = 300;

/// Lists playlists. Cheap to clone: clones share the connections, and how gently we ask. Make one
/// for a configuration and keep it.
#[derive(Clone)]
pub struct Catalogue {
    innertube: InnerTube,
    ytdlp: YtDlp,
    /// Places for runs of `ytdlp`.
    flat: Arc<Semaphore>,
}

/// The account's library, as YouTube answered it.
#[derive(Debug, Default, PartialEq)]
pub struct Account {
    /// Its playlists, its own and saved ones, in YouTube's order and each once.
    pub playlists: Vec<PlaylistId>,
    /// Their titles, as far as the library tells them.
    pub titles: HashMap<PlaylistId, Box<str>>,
    /// Whether these are all.
    pub extent: Extent,
}

/// How much of it was listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Extent {
    /// All.
    #[default]
    Whole,
    /// There is more, and YouTube showed nothing of it. That may be all, and has been an error.
    Cut,
    /// It is clearly less than the playlist's header counts, which is so many.
    Short(usize),
}

impl Extent {
    /// Of so many rows up to the end of a playlist whose header counts so many, if it does. That is
    /// inexact: some songs are hidden, and others are counted later.
    pub fn counted(rows: usize, told: Option<usize>) -> Self {
        match told {
            Some(told) if rows < told / 5 * 4 && rows + 5 <= told => Self::Short(told),
            _ => Self::Whole,
        }
    }
}

/// A playlist as YouTube answered it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// Which.
    pub id: PlaylistId,
    /// Its title, if YouTube told it with the songs so that we understand it.
    pub title: Option<Box<str>>,
    /// Its songs, in order.
    pub entries: Vec<Entry>,
    /// The moment of listing, to the second.
    pub updated: Timestamp,
    /// Whether these are all of its songs.
    pub extent: Extent,
    /// Rows left out since YouTube Music greys them out: deleted, private, not in this country.
    pub unavailable: usize,
    /// Rows that could not be understood.
    pub skipped: usize,
}

impl Listing {
    /// The playlist, called `name`.
    pub fn into_playlist(self, name: Box<str>) -> Playlist {
        let Self { id, entries, updated, .. } = self;
        Playlist { id, title: name, entries, updated }
    }
}

impl Catalogue {
    /// How many requests are under way at once at most: to list more playlists at the same time
    /// gains nothing.
    pub const IN_FLIGHT: usize = gate::IN_FLIGHT;

    /// The longest that YouTube is left alone because it asks for it.
    pub const LONGEST_REST: Duration = gate::LONGEST_REST;

    /// As the configuration says; `ytdlp` is the second source. Touches no network.
    pub fn new(config: &config::YouTube, cookies: Cookies, ytdlp: YtDlp) -> Self {
        let innertube = InnerTube::new(&config.music_url, cookies, config.account);
        Self { innertube, ytdlp, flat: Arc::new(Semaphore::new(MOST_FLAT)) }
    }

    /// Whether YouTube takes the account's cookies, as far as is known; `None` where there are
    /// none.
    pub fn sign_in(&self) -> Option<Standing> {
        self.innertube.standing()
    }

    /// Lists the account's library. Nothing without cookies.
    ///
    /// # Errors
    /// As [`Catalogue::playlist`]'s, and [`ListError::SignedOut`]: an empty library is what YouTube
    /// says to be one while it knows us.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request that it waits for.
    pub async fn library(&self) -> Result<Account, ListError> {
        if self.sign_in().is_none() {
            return Ok(Account::default());
        }
        // There is no second source for it.
        let not_understood = |unusable| ListError::NotUnderstood(unusable, FlatError::Library);
        let listed = browse::library(&self.innertube).await;
        listed.map_err(|error| error.unusable().map_or_else(|error| error, not_understood))
    }

    /// Lists one playlist, all its pages, one request after the other: as the account's owner if
    /// there are cookies that YouTube takes. What everybody may see is listed in any case.
    ///
    /// # Errors
    /// A playlist is listed as a whole or not at all: a page that is missing fails it, except
    /// where YouTube says that there is more, and shows nothing of it: [`Listing::extent`] tells. One
    /// that is not to be seen fails with [`ListError::SignedOut`] if there are cookies and they are not
    /// taken: with better ones it may be there.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request, or the `yt-dlp`, that it waits for.
    pub async fn playlist(&self, id: &PlaylistId) -> Result<Listing, ListError> {
        let listed = match browse::playlist(&self.innertube, id).await {
            Err(error) => {
                let unusable = error.unusable()?;
                info!(playlist = %id, %unusable, "InnerTube's answer is of no use; asking yt-dlp");
                self.list_flat(id, unusable).await?
            }
            Ok(listed) if listed.rows.greyed > listed.rows.entries.len() => {
                self.look_behind_grey(id, listed).await
            }
            Ok(listed) => listed,
        };
        if listed.rows.skipped > 0 {
            warn!(playlist = %id, rows = listed.rows.skipped, "some rows were not understood and are left out");
        }
        Ok(listed.into_listing(id))
    }

    /// YouTube Music greys out most of it, though these are videos that there are. The second source
    /// tells of what YouTube itself plays; whatever becomes of that, there is InnerTube's answer.
    async fn look_behind_grey(&self, id: &PlaylistId, mut listed: Listed) -> Listed {
        let (greyed, songs) = (listed.rows.greyed, listed.rows.entries.len());
        match self.run_flat(id).await {
            Ok(flat) if flat.rows.entries.len() > songs => {
                info!(playlist = %id, greyed, songs, of_ytdlp = flat.rows.entries.len(), "YouTube Music greys out most of it; it is as yt-dlp lists it");
                listed.into_flat(flat)
            }
            Ok(_) => listed,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                info!(playlist = %id, greyed, songs, error, "YouTube Music greys out most of it, and yt-dlp does not tell more");
                // The last time, yt-dlp may have told of all of them.
                listed.extent = Extent::Cut;
                listed
            }
        }
    }

    /// What the second source tells of it, when there is a place for a run.
    async fn run_flat(&self, id: &PlaylistId) -> Result<Listed, FlatError> {
        // It fails when the semaphore is closed, which nobody does.
        let _place = self.flat.acquire().await.ok();
        flat::list(&self.ytdlp, id).await
    }

    /// From the second source, as InnerTube's answer is `unusable`.
    async fn list_flat(&self, id: &PlaylistId, unusable: Unusable) -> Result<Listed, ListError> {
        let flat = match self.run_flat(id).await {
            Ok(listed) => return Ok(listed),
            Err(flat) => flat,
        };
        Err(match flat.met() {
            Some(Fault { kind: FaultKind::BackOff(pause), reason }) => {
                self.innertube.rest(pause, &reason);
                ListError::Unreachable(Unreachable::LeftAlone { why: reason, retry_after: pause })
            }
            Some(Fault { kind: FaultKind::Passing, reason }) => {
                ListError::Unreachable(Unreachable::YtDlp(reason))
            }
            Some(Fault { reason, .. }) => match self.sign_in() {
                // It was asked as anybody.
                Some(Standing::Refused(why)) => ListError::SignedOut(why),
                // InnerTube did not refuse it to the account's owner, as whom yt-dlp may not be taken.
                Some(Standing::Taken) if !matches!(unusable, Unusable::Status(_)) => {
                    ListError::NotUnderstood(unusable, flat)
                }
                _ => ListError::Refused(reason.trim_start_matches("YouTube said: ").to_owned()),
            },
            None => ListError::NotUnderstood(unusable, flat),
        })
    }
}

/// Whether it is an album's songs.
fn is_album(id: &PlaylistId) -> bool {
    id.as_str().starts_with("OLAK5uy_")
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
    extent: Extent,
}

/// What became of a playlist's rows.
#[derive(Debug, Default)]
struct Rows {
    entries: Vec<Entry>,
    unavailable: usize,
    /// How many of those are [`Row::Greyed`].
    greyed: usize,
    skipped: usize,
}

/// One row, read.
#[derive(Debug, PartialEq)]
enum Row {
    Song(Entry),
    /// A song that cannot be played: deleted, private, not in this country.
    Unavailable,
    /// The same as far as YouTube Music says; but the video is there, and YouTube may well play it.
    Greyed,
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
            Row::Greyed => {
                self.unavailable += 1;
                self.greyed += 1;
            }
            Row::Furniture => {}
            Row::Bad => self.skipped += 1,
        }
    }

    fn append(&mut self, mut more: Self) {
        self.entries.append(&mut more.entries);
        self.unavailable += more.unavailable;
        self.greyed += more.greyed;
        self.skipped += more.skipped;
    }

    fn len(&self) -> usize {
        self.entries.len() + self.unavailable + self.skipped
    }

    /// # Errors
    /// When more of them were not understood than were: then it is the page that changed, not the
    /// rows.
    fn make_sense(&self) -> Result<(), Unusable> {
        let (bad, all) = (self.skipped, self.len());
        if bad > all - bad { Err(Unusable::Rows { bad, all }) } else { Ok(()) }
    }
}

impl Listed {
    /// As `flat`, which knows more songs, and less of each.
    fn into_flat(self, flat: Self) -> Self {
        let known = self.rows.entries.into_iter().map(|entry| (entry.track.id, entry.track));
        let known: HashMap<VideoId, Arc<Track>> = known.collect();
        let mut rows = flat.rows;
        for Entry { track, .. } in &mut rows.entries {
            if let Some(known) = known.get(&track.id) {
                *track = Arc::clone(known);
            }
        }
        Self { title: self.title.or(flat.title), rows, extent: flat.extent }
    }

    fn into_listing(self, id: &PlaylistId) -> Listing {
        let Rows { entries, unavailable, skipped, .. } = self.rows;
        // An album's page has no header, but its songs name it.
        let album = || entries.first().filter(|_| is_album(id)).and_then(|entry| entry.track.album.clone());
        let own = (id.as_str() == LIKED_MUSIC).then(|| LIKED_SONGS.into());
        // As `yt-dlp` finds it at www.youtube.com.
        let plain = |title: Box<str>| match title.strip_prefix(ALBUM).filter(|_| is_album(id)) {
            Some(name) => name.into(),
            None => title,
        };
        let title = own.or(self.title.map(plain)).or_else(album);
        let now = Timestamp::now();
        let updated = Timestamp::from_second(now.as_second()).unwrap_or(now);
        Listing { id: id.clone(), title, entries, updated, extent: self.extent, unavailable, skipped }
    }
}

/// Reads arbitrary bytes as each kind of answer. The body of a fuzz target: must never panic, and
/// whatever comes out keeps [`crate::library::Track`]'s promises.
#[doc(hidden)]
pub fn fuzz_answers(bytes: &[u8]) {
    let _ = (tiles::first(bytes), tiles::continued(bytes), sign::seen(bytes));
    let pages = [page::first(bytes, None).map(Some), page::continued(bytes)];
    let rows = pages.into_iter().flatten().flatten().map(|page| page.rows);
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
    if !folder.is_dir() {
        eprintln!("skipped: no recorded pages here (set YTMPD_FIXTURES to their folder)");
        return None;
    }
    Some(std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}")))
}

#[cfg(test)]
mod tests;
