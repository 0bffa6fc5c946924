//! All pages of a playlist, from InnerTube.

use std::collections::HashSet;

use tracing::{debug, info};

use super::error::{BrowseError, Unusable};
use super::innertube::{Browse, InnerTube};
use super::{Listed, most_rows, page};
use crate::library::PlaylistId;

/// The most pages of one playlist: they hold 100 rows, 25 at the least.
const MOST_PAGES: usize = 1000;

/// Lists the playlist, page after page.
///
/// # Errors
/// When any page cannot be had or read: half a playlist is worse than the whole one of before.
pub(super) async fn playlist(innertube: &InnerTube, id: &PlaylistId) -> Result<Listed, BrowseError> {
    let most = most_rows(id);
    let browse_id = format!("VL{id}");
    let page = page::first(&innertube.ask(Browse::Page(&browse_id)).await?, Some(id))?;
    let mut listed = Listed { title: page.title, rows: page.rows };
    let mut next = page.next;
    let mut asked = HashSet::new();
    while let Some(continuation) =
        next.take_if(|_| listed.rows.entries.len() < most && asked.len() < MOST_PAGES)
    {
        // Mixes may lead round in a circle.
        if !asked.insert(continuation.clone()) {
            debug!(playlist = %id, "YouTube repeats a continuation; that was the end");
            break;
        }
        innertube.pause().await;
        let page = page::continued(&innertube.ask(Browse::More(&browse_id, &continuation)).await?)?;
        listed.rows.append(page.rows);
        next = page.next;
    }
    if next.is_some() || listed.rows.entries.len() > most {
        info!(playlist = %id, kept = most, "the playlist is longer than what is kept of it");
        listed.rows.entries.truncate(most);
    }
    if listed.rows.all_bad() {
        return Err(Unusable::Rows(listed.rows.skipped).into());
    }
    debug!(playlist = %id, pages = asked.len() + 1, rows = listed.rows.entries.len(), "listed");
    Ok(listed)
}
