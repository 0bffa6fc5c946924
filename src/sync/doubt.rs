//! What YouTube shows so much less of than before that it is believed only when it says so twice.
//!
//! It has sent half of things in error, for one request or for a while. In memory only: after a
//! restart, it takes two rounds again.

use std::collections::{HashMap, HashSet};

use crate::library::PlaylistId;
use crate::youtube::{Extent, Listing};

/// So many playlists are seldom removed from an account between two syncs. Fewer that are missing
/// are believed to be gone at once.
const MANY: usize = 3;

/// What was not believed the last time that it was listed.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// Playlists that were cut, and how many songs came.
    cut: HashMap<PlaylistId, usize>,
    /// What the account's library lacked.
    missed: HashSet<PlaylistId>,
}

impl Doubts {
    /// Whether this is not to be believed of a playlist that had so many songs `before`: it is cut,
    /// and has fewer. If it says the same the next time, it is.
    pub(super) fn concern(&mut self, listing: &Listing, before: usize) -> bool {
        let (id, shown) = (&listing.playlist.id, listing.playlist.entries.len());
        let again = self.cut.remove(id) == Some(shown);
        if listing.extent == Extent::Whole || shown >= before || again {
            return false;
        }
        self.cut.insert(id.clone(), shown);
        true
    }

    /// Those of the account's playlists that stay although its library lacks them: where [`MANY`]
    /// are `missing`, as of a library that comes empty or without its further pages, only what was
    /// missing the last time too is gone.
    pub(super) fn spare(&mut self, mut missing: Vec<PlaylistId>) -> Vec<PlaylistId> {
        let missed = std::mem::take(&mut self.missed);
        if missing.len() < MANY {
            return vec![];
        }
        self.missed.extend(missing.iter().cloned());
        missing.retain(|id| !missed.contains(id));
        missing
    }
}
