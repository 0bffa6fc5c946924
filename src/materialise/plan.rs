//! Whose a playlist is, and what is to be done about it: decisions, without I/O.
//!
//! The same for MPD and for a folder of files. Only what we wrote is ever changed or removed, and
//! nothing that a user put into it is lost.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::content::{Content, Digest, Makers};
use crate::library::{Playlist, PlaylistId, set_aside_name};

/// The playlists that are there: their names as bytes, and what changes when they change.
pub(super) type Found = BTreeMap<Box<[u8]>, Stamp>;

/// When a playlist was last changed, as MPD or the file system says.
pub(super) type Stamp = Box<str>;

/// What was read of some of them.
pub(super) type Readings = HashMap<Box<str>, Content>;

/// The playlists that are to be there, by name.
pub(super) type Wants = BTreeMap<Box<str>, Wanted>;

/// A playlist that is to be there.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) playlist: Arc<Playlist>,
    /// As the place is to hold it.
    pub(super) content: Content,
}

/// A name that is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    /// The playlist that it was claimed for.
    pub(super) id: PlaylistId,
    /// What is known to be there under that name.
    pub(super) holds: Holds,
    /// The songs' addresses that may be there by our hand: those that we wrote, and those that we
    /// are about to. Empty as long as that is not known.
    pub(super) wrote: Vec<Digest>,
}

/// What is known of the content of a playlist of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holds {
    /// Nothing: it was claimed, and maybe written.
    Unknown,
    /// We wrote this a moment ago. Somebody may have changed it since without another stamp: MPD
    /// tells whole seconds.
    Written(Digest),
    /// As long as the stamp is this.
    Seen(Digest, Stamp),
}

/// All that a decision needs to know of one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation<'a> {
    pub(super) found: &'a Found,
    pub(super) claims: &'a BTreeMap<Box<str>, Claim>,
    pub(super) wanted: &'a Wants,
    /// Names that are ours in another place, which may be the same one by another way.
    pub(super) ours_elsewhere: &'a HashSet<Box<str>>,
    /// Names that nobody has asked for yet, and that would be ours if somebody did.
    pub(super) claimable: &'a HashSet<Box<str>>,
}

/// What is to be done about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// It is ours, and as it should be.
    Keep,
    /// Ours is written.
    Write(Before),
    /// Ours is removed.
    Remove,
    /// It was ours, and is the user's now, under this name.
    SetAside(Box<str>),
    /// It was ours, and is gone.
    Forget,
}

/// What a written playlist takes the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Before {
    /// There is none.
    Nothing,
    /// One of ours.
    Ours,
    /// One of ours that the user has edited, and that gets this name first.
    Edited(Box<str>),
}

/// What is to be done, by name.
pub(super) type Plan = BTreeMap<Box<str>, Act>;

impl Situation<'_> {
    /// The playlists whose content decides.
    pub(super) fn doubtful(&self) -> Vec<Box<str>> {
        self.names().filter(|name| self.is_doubtful(name)).map(Into::into).collect()
    }

    /// What is to be done, now that the doubtful ones were read. Nothing is done about one that
    /// could not be: it has gone, and another look will tell.
    pub(super) fn plan(&self, read: &Readings) -> Plan {
        let mut plan = Plan::new();
        let mut set_aside = HashSet::new();
        for name in self.names() {
            if let Some(act) = self.act(name, read, &mut set_aside) {
                plan.insert(name.into(), act);
            }
        }
        plan
    }

    /// The user's: neither ours, nor about to be.
    pub(super) fn users(&self, plan: &Plan) -> HashSet<Box<[u8]>> {
        let is_ours = |name: &[u8]| {
            std::str::from_utf8(name).is_ok_and(|name| {
                let claimed = self.claims.contains_key(name);
                let claimable = self.claimable.contains(name) && !self.wanted.contains_key(name);
                claimed || claimable || matches!(plan.get(name), Some(Act::Keep | Act::Write(_)))
            })
        };
        self.found.keys().filter(|name| !is_ours(name)).cloned().collect()
    }

    fn act(&self, name: &str, read: &Readings, set_aside: &mut HashSet<String>) -> Option<Act> {
        let claim = self.claims.get(name);
        let wanted = self.wanted.get(name);
        if !self.found.contains_key(name.as_bytes()) {
            return Some(if wanted.is_some() { Act::Write(Before::Nothing) } else { Act::Forget });
        }
        let content = read.get(name);
        let digest = match (content, claim.map(|claim| &claim.holds)) {
            (Some(content), _) => content.digest,
            // What we wrote ourselves.
            (None, Some(Holds::Written(digest) | Holds::Seen(digest, _))) if !self.is_doubtful(name) => {
                *digest
            }
            (None, _) => return None,
        };
        let is_as_wanted = wanted.is_some_and(|wanted| wanted.content.digest == digest);
        let may_be_ours = |content| claim.is_some() || self.may_be_taken_over(name, content, is_as_wanted);
        if !content.is_none_or(may_be_ours) {
            return None;
        }
        if is_as_wanted {
            let in_doubt = !matches!(claim, Some(Claim { holds: Holds::Written(_), .. }))
                && (read.contains_key(name)
                    || claim.map(|claim| (&claim.id, claim.wrote.is_empty()))
                        != wanted.map(|wanted| (&wanted.playlist.id, false)));
            return in_doubt.then_some(Act::Keep);
        }
        let is_edited = content.is_some_and(|content| is_edited(claim, content));
        let users = is_edited.then(|| {
            let taken = |name: &str| {
                self.found.contains_key(name.as_bytes())
                    || self.claims.contains_key(name)
                    || self.wanted.contains_key(name)
            };
            let aside = set_aside_name(name, |name| !taken(name) && !set_aside.contains(name));
            set_aside.insert(aside.clone());
            aside.into_boxed_str()
        });
        Some(match (wanted, users) {
            (Some(_), None) => Act::Write(Before::Ours),
            (Some(_), Some(aside)) => Act::Write(Before::Edited(aside)),
            (None, None) => Act::Remove,
            (None, Some(aside)) => Act::SetAside(aside),
        })
    }

    /// Whether it takes a look to know what is there.
    fn is_doubtful(&self, name: &str) -> bool {
        let Some(stamp) = self.found.get(name.as_bytes()) else { return false };
        match self.claims.get(name).map(|claim| &claim.holds) {
            // Whose it is.
            None | Some(Holds::Unknown) => true,
            Some(Holds::Written(digest)) => {
                self.wanted.get(name).is_none_or(|wanted| wanted.content.digest != *digest)
            }
            Some(Holds::Seen(_, seen)) => seen != stamp,
        }
    }

    /// Whether a playlist under a name that we would give is ours, though nobody remembers it.
    fn may_be_taken_over(&self, name: &str, content: &Content, is_as_wanted: bool) -> bool {
        match content.makers {
            Makers::Python => true,
            Makers::Relay | Makers::Nobody => is_as_wanted || self.ours_elsewhere.contains(name),
            Makers::User => false,
        }
    }

    /// All names that something may have to be done about.
    fn names(&self) -> impl Iterator<Item = &str> {
        let unwanted = self.claims.keys().filter(|name| !self.wanted.contains_key(*name));
        self.wanted.keys().chain(unwanted).map(|name| &**name)
    }
}

/// Whether a user has changed one of ours, so that something would be lost with it. Songs of ours in
/// another order, or in another playlist, are as much the user's work as songs from elsewhere.
fn is_edited(claim: Option<&Claim>, content: &Content) -> bool {
    match content.makers {
        Makers::User => true,
        Makers::Relay => {
            claim.is_some_and(|Claim { wrote, .. }| !wrote.is_empty() && !wrote.contains(&content.songs))
        }
        // There is nothing to lose in an empty one, and nobody plays the Python daemon's any more.
        Makers::Nobody | Makers::Python => false,
    }
}

#[cfg(test)]
mod tests;
