//! What YouTube shows so much less of than before that it is believed only when it goes on.
//!
//! It has sent half of things in error, for one request or for a while. In memory only: after a
//! restart, it takes as long again.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::library::PlaylistId;
use crate::youtube::{Extent, Listing};

/// For so long it is to go on, however many syncs there are meanwhile.
pub(super) const UNTIL_BELIEVED: Duration = Duration::from_secs(600);

/// Playlists that are cut, and not as long as they were.
#[derive(Debug, Default)]
pub(super) struct Doubts(HashMap<PlaylistId, Doubt>);

#[derive(Debug)]
struct Doubt {
    since: Instant,
    /// How many songs there were.
    of: usize,
}

impl Doubts {
    /// Whether this is not to be believed of a playlist that had so many songs `before`: it is cut,
    /// and has fewer. How many less may differ from one time to the next. A header that counts far more
    /// than there were before is no reason for doubt.
    pub(super) fn concern(&mut self, listing: &Listing, before: usize) -> bool {
        let (id, shown) = (&listing.id, listing.entries.len());
        let is_cut = match listing.extent {
            Extent::Whole => false,
            Extent::Cut => true,
            Extent::Short(told) => Extent::counted(before, Some(told)) == Extent::Whole,
        };
        if !is_cut || self.0.get(id).is_some_and(|doubt| shown >= doubt.of) {
            self.0.remove(id);
        }
        if !is_cut || shown >= before {
            return false;
        }
        let new = || Doubt { since: Instant::now(), of: before };
        self.0.entry(id.clone()).or_insert_with(new).since.elapsed() < UNTIL_BELIEVED
    }
}
