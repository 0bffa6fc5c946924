//! All pages of a playlist, and of the account's library, from InnerTube.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use tracing::{debug, info, warn};

use super::error::{BrowseError, Unusable};
use super::innertube::{Browse, InnerTube, Whom};
use super::page::Continuation;
use super::sign::Seen;
use super::tiles::Tiles;
use super::{Account, Extent, LIBRARY, LIKED_MUSIC, Listed, Rows, most_rows, page, tiles};
use crate::cookies::Standing;
use crate::library::PlaylistId;

/// The most pages of one playlist: they hold 100 rows, 25 at the least.
const MOST_PAGES: usize = 1000;

/// So many pages without a row, one after the other, are the end whatever they lead to.
const MOST_EMPTY_PAGES: usize = 3;

/// The most playlists of a library.
const MOST_PLAYLISTS: usize = 5000;

/// What is said of a library that is empty, or is it?
const NOT_SAID: &str = "YouTube shows no playlists, and does not say whose";

/// Lists the playlist, page after page: as the account's owner, and what everybody may see as
/// anybody if the cookies are not taken. They are shown each time: they may be taken again, and
/// the user may have exported them anew.
///
/// # Errors
/// When any page cannot be had or read: half a playlist is worse than the whole one of before.
pub(super) async fn playlist(innertube: &InnerTube, id: &PlaylistId) -> Result<Listed, BrowseError> {
    let failed = match all_pages(innertube, id, Whom::Owner).await {
        Ok(listed) => return Ok(listed),
        // Is it not there for us, or are we not who we were?
        Err(failed) if is_refusal(&failed) => sign_in_lost(innertube).await.unwrap_or(failed),
        Err(failed) => failed,
    };
    match failed {
        BrowseError::SignedOut(why) if !is_accounts(id) => {
            match all_pages(innertube, id, Whom::Anybody).await {
                Err(BrowseError::Missing | BrowseError::Refused(_)) => Err(BrowseError::SignedOut(why)),
                listed => listed,
            }
        }
        failed => Err(failed),
    }
}

/// Whether it may be for want of a sign-in.
fn is_refusal(error: &BrowseError) -> bool {
    matches!(
        error,
        BrowseError::Missing | BrowseError::Refused(_) | BrowseError::Unusable(Unusable::Status(403))
    )
}

/// Why the account's cookies are of no use now, as far as can be told; `None` if they are taken,
/// or there are none.
async fn sign_in_lost(innertube: &InnerTube) -> Option<BrowseError> {
    if let Standing::Refused(why) = innertube.standing()? {
        return Some(BrowseError::SignedOut(why));
    }
    match innertube.ask(Browse::Page(LIBRARY), Whom::Owner).await {
        Ok(library) if library.seen == Seen::Stranger => Some(signed_out(innertube)),
        Err(error @ (BrowseError::SignedOut(_) | BrowseError::Unreachable(_))) => Some(error),
        Ok(_) | Err(_) => None,
    }
}

/// Whether everybody has one of this id, which nobody else can see: Liked Music, Liked videos and
/// Watch later. To a stranger they are empty.
fn is_accounts(id: &PlaylistId) -> bool {
    matches!(id.as_str(), LIKED_MUSIC | "LL" | "WL")
}

fn signed_out(innertube: &InnerTube) -> BrowseError {
    match innertube.standing() {
        Some(Standing::Refused(why)) => BrowseError::SignedOut(why),
        _ => BrowseError::SignedOut(NOT_SAID.to_owned()),
    }
}

async fn all_pages(innertube: &InnerTube, id: &PlaylistId, mut whom: Whom) -> Result<Listed, BrowseError> {
    let most = most_rows(id);
    let browse_id = format!("VL{id}");
    let answer = innertube.ask(Browse::Page(&browse_id), whom).await?;
    let page = page::first(&answer.body, Some(id));
    if answer.seen == Seen::Stranger {
        if is_accounts(id) || matches!(page, Err(BrowseError::Missing | BrowseError::Refused(_))) {
            return Err(signed_out(innertube));
        }
        whom = Whom::Anybody;
    }
    let page = page?;
    let mut circle = Circle::default();
    circle.closes_with(&page.rows);
    let mut listed = Listed { title: page.title, rows: page.rows, extent: Extent::Whole };
    let mut rest = Rest::new(innertube, &browse_id, whom, page.next);
    while listed.rows.entries.len() < most
        && let Some(page) = rest.ask(page::continued).await?
    {
        if circle.closes_with(&page.rows) {
            info!(playlist = %id, "YouTube leads round in a circle; that was the end");
            break;
        }
        listed.rows.append(page.rows);
        listed.rows.make_sense()?;
        rest.next = page.next;
    }
    if rest.next.is_some() || listed.rows.entries.len() > most {
        info!(playlist = %id, kept = most, "the playlist is longer than what is kept of it");
        listed.rows.entries.truncate(most);
    }
    listed.extent = match rest.extent {
        Extent::Whole if rest.next.is_none() => Extent::counted(listed.rows.len(), page.told),
        extent => extent,
    };
    debug!(playlist = %id, pages = rest.asked.len() + 1, rows = listed.rows.entries.len(), "listed");
    Ok(listed)
}

/// The account's playlists, page after page, each once.
///
/// # Errors
/// `SignedOut`, rather than an empty library, unless YouTube says that it knows whose it is.
pub(super) async fn library(innertube: &InnerTube) -> Result<Account, BrowseError> {
    let answer = innertube.ask(Browse::Page(LIBRARY), Whom::Owner).await?;
    if answer.seen == Seen::Stranger {
        return Err(signed_out(innertube));
    }
    let Tiles { mut playlists, mut titles, mut unknown, next } = tiles::first(&answer.body)?;
    let mut empty = 0;
    let mut rest = Rest::new(innertube, LIBRARY, Whom::Owner, next);
    while playlists.len() < MOST_PLAYLISTS
        && empty <= MOST_EMPTY_PAGES
        && let Some(page) = rest.ask(tiles::continued).await?
    {
        empty = if page.playlists.is_empty() { empty + 1 } else { 0 };
        playlists.extend(page.playlists);
        titles.extend(page.titles);
        unknown.extend(page.unknown);
        rest.next = page.next;
    }
    let mut seen = HashSet::new();
    playlists.retain(|id| seen.insert(id.clone()));
    if playlists.is_empty() && answer.seen != Seen::Owner {
        return Err(BrowseError::SignedOut(NOT_SAID.to_owned()));
    }
    if rest.extent == Extent::Cut {
        let playlists = playlists.len();
        warn!(
            playlists,
            "YouTube has no answer for the rest of the account's library; there may be more playlists"
        );
    }
    if let Some(kind) = unknown.first() {
        let tiles = unknown.len();
        warn!(
            tiles,
            ?kind,
            "some of the account's library was not understood, so nothing of it is taken for gone; update ytmpd"
        );
        rest.extent = Extent::Cut;
    }
    debug!(playlists = playlists.len(), "the library is listed");
    Ok(Account { playlists, titles, extent: rest.extent })
}

/// What follows a first page, one page after the other.
struct Rest<'a> {
    innertube: &'a InnerTube,
    browse_id: &'a str,
    whom: Whom,
    /// What to ask for next, as the last page said.
    next: Option<Continuation>,
    asked: HashSet<Continuation>,
    /// Whether the end that was come to is one.
    extent: Extent,
}

impl<'a> Rest<'a> {
    fn new(innertube: &'a InnerTube, browse_id: &'a str, whom: Whom, next: Option<Continuation>) -> Self {
        Self { innertube, browse_id, whom, next, asked: HashSet::new(), extent: Extent::Whole }
    }

    /// The next page, as `read` reads it; `None` at the end, and where there would be more than
    /// [`MOST_PAGES`]. YouTube answers with nothing at the end of some playlists, and at times in
    /// error: so it is asked once more then.
    async fn ask<T>(
        &mut self,
        read: impl Fn(&[u8]) -> Result<Option<T>, BrowseError>,
    ) -> Result<Option<T>, BrowseError> {
        let Some(continuation) = self.next.take_if(|_| self.asked.len() < MOST_PAGES) else {
            return Ok(None);
        };
        if !self.asked.insert(continuation.clone()) {
            info!(page = self.browse_id, "YouTube repeats a continuation; that was the end");
            return Ok(None);
        }
        for _ in 0..2 {
            let answer = self.innertube.ask(Browse::More(self.browse_id, &continuation), self.whom).await?;
            if answer.seen == Seen::Stranger {
                // It knew us a page ago: what a stranger is shown here may be the end that it is not.
                return Err(signed_out(self.innertube));
            }
            if let Some(page) = read(&answer.body)? {
                return Ok(Some(page));
            }
        }
        self.extent = Extent::Cut;
        Ok(None)
    }
}

/// Notices when pages lead back to one of before, or to nothing: mixes may. Their tokens may be
/// new each time, so it is the rows that tell.
#[derive(Default)]
struct Circle {
    /// Each page's rows, hashed.
    pages: HashSet<u64>,
    /// Pages without a row, one after the other.
    empty: usize,
}

impl Circle {
    /// Whether this page shows that there is nothing new to come.
    fn closes_with(&mut self, rows: &Rows) -> bool {
        let Rows { entries, unavailable, skipped, .. } = rows;
        if entries.is_empty() {
            let is_empty = unavailable + skipped == 0;
            self.empty = if is_empty { self.empty + 1 } else { 0 };
            return self.empty > MOST_EMPTY_PAGES;
        }
        self.empty = 0;
        let mut hasher = DefaultHasher::new();
        for entry in entries {
            (entry.track.id, &entry.set_video_id).hash(&mut hasher);
        }
        !self.pages.insert(hasher.finish())
    }
}
