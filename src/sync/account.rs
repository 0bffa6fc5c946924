//! The account's playlists, as far as what its library says of them is believed.

use std::collections::HashMap;
use std::path::PathBuf;

use tokio::time::Instant;
use tracing::warn;

use super::doubt::UNTIL_BELIEVED;
use crate::config;
use crate::library::PlaylistId;
use crate::youtube::{Extent, LIKED_MUSIC};

/// So many playlists are seldom removed from an account between two syncs. Fewer that are missing
/// are believed to be gone at once.
const MANY: usize = 3;

/// The account's playlists.
#[derive(Debug)]
pub(super) struct Holdings {
    /// As its library was last listed, with those that it lacks and that stay.
    playlists: Vec<PlaylistId>,
    /// Whose they are.
    owner: Owner,
    /// Those of them that the library lacks and that are doubted to be gone, and since when.
    missed: HashMap<PlaylistId, Instant>,
    /// Whether the disk told of any playlist.
    had_library: bool,
    /// When the library was first listed as a whole, with nothing to be doubted.
    whole_since: Option<Instant>,
    is_known: bool,
}

/// An account: the cookies' file, and which of its accounts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Owner(Option<PathBuf>, u32);

impl Owner {
    pub(super) fn of(config: &config::YouTube) -> Self {
        Self(config.cookies.clone(), config.account)
    }
}

impl Holdings {
    /// As the disk has them, if it `had_library` at all: without one, nothing can be missed.
    pub(super) fn restored(playlists: Vec<PlaylistId>, owner: Owner, had_library: bool) -> Self {
        let (missed, whole_since, is_known) = (HashMap::new(), None, false);
        Self { playlists, owner, missed, had_library, whole_since, is_known }
    }

    /// In the order of the account's library.
    pub(super) fn playlists(&self) -> &[PlaylistId] {
        &self.playlists
    }

    /// Only these are wanted.
    pub(super) fn retain(&mut self, wanted: impl Fn(&PlaylistId) -> bool) {
        self.playlists.retain(wanted);
    }

    /// Liked Music is one of them, whether the library shows it or not.
    pub(super) fn include_liked(&mut self) {
        if !self.playlists.iter().any(is_liked) {
            // YouTube shows it first.
            self.playlists.splice(0..0, LIKED_MUSIC.parse());
        }
    }

    /// Whether these are all that there are. It is not believed at once when nothing is on disk that
    /// would be missed: what MPD has is then all that tells of the others.
    pub(super) fn is_known(&self) -> bool {
        self.is_known
    }

    /// The library is not asked for: there are no others.
    pub(super) fn none_wanted(&mut self) {
        self.is_known = true;
    }

    /// The library of `owner` is this now. Of one that is cut, nothing is missed: it may be for days
    /// that YouTube shows no more than the first page. The `named` ones stay in any case.
    pub(super) fn follow(
        &mut self,
        owner: Owner,
        listed: Vec<PlaylistId>,
        extent: Extent,
        named: &[PlaylistId],
    ) {
        let before = std::mem::replace(&mut self.playlists, listed);
        if owner == self.owner {
            let is_missing =
                |id: &&PlaylistId| !self.playlists.contains(id) && !named.contains(id) && !is_liked(id);
            let missing = before.iter().filter(is_missing).cloned().collect();
            let stay = self.spare(missing, extent);
            self.keep(before, &stay);
        } else {
            (self.owner, self.missed) = (owner, HashMap::new());
        }
        if extent == Extent::Whole && self.missed.is_empty() {
            let since = self.whole_since.get_or_insert_with(Instant::now);
            self.is_known |= self.had_library || since.elapsed() >= UNTIL_BELIEVED;
        }
    }

    /// Those that stay although the library lacks them: where [`MANY`] are `missing`, as of one that
    /// comes empty or without its further pages, only what has been missing for long is gone.
    fn spare(&mut self, mut missing: Vec<PlaylistId>, extent: Extent) -> Vec<PlaylistId> {
        self.missed.retain(|id, _| missing.contains(id));
        if extent == Extent::Cut {
            return missing;
        }
        if missing.len() < MANY {
            missing.clear();
        }
        let now = Instant::now();
        missing.retain(|id| self.missed.entry(id.clone()).or_insert(now).elapsed() < UNTIL_BELIEVED);
        self.missed.retain(|id, _| missing.contains(id));
        if !missing.is_empty() {
            let playlists = missing.len();
            warn!(
                playlists,
                "YouTube shows many of the account's playlists no more; they go with a sync that does not find them either, 10 minutes from now or later"
            );
        }
        missing
    }

    /// These stay where they were `before`, and so does Liked Music.
    fn keep(&mut self, before: Vec<PlaylistId>, stay: &[PlaylistId]) {
        let mut at = 0;
        for id in before {
            match self.playlists.iter().position(|listed| *listed == id) {
                Some(place) => at = place + 1,
                None if stay.contains(&id) || is_liked(&id) => {
                    self.playlists.insert(at, id);
                    at += 1;
                }
                None => {}
            }
        }
    }

    /// YouTube has no such playlist. Whether that settles a doubt: the library lacks it as well, so
    /// it is gone.
    pub(super) fn forget_missed(&mut self, id: &PlaylistId) -> bool {
        let is_gone = self.missed.remove(id).is_some();
        self.playlists.retain(|held| !(is_gone && held == id));
        is_gone
    }
}

fn is_liked(id: &PlaylistId) -> bool {
    id.as_str() == LIKED_MUSIC
}
