//! The library at one moment, as everyone reads it. [`super::Library`] makes these.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::known::Known;
use super::names::UNFINISHED;
use super::{Playlist, PlaylistId, Track, VideoId};

/// A YouTube playlist under the name that MPD's clients see.
#[derive(Debug, Clone)]
pub struct VirtualPlaylist {
    /// What `listplaylists` shows; unique.
    pub name: Box<str>,
    /// What it holds.
    pub playlist: Arc<Playlist>,
}

/// All that is known, at one moment. Immutable, shared by everyone.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub(super) revision: u64,
    pub(super) edition: u64,
    pub(super) virtuals: Vec<VirtualPlaylist>,
    pub(super) by_name: HashMap<Box<str>, usize>,
    pub(super) by_id: HashMap<PlaylistId, usize>,
    pub(super) known: Known,
    pub(super) guests: Arc<[Arc<Playlist>]>,
    pub(super) stored_playlists_disabled: bool,
    /// Names that virtual playlists had.
    pub(super) former: Arc<HashSet<Box<str>>>,
    pub(super) unlisted: Option<Arc<HashSet<PlaylistId>>>,
    pub(super) unsettled: HashSet<PlaylistId>,
}

impl Snapshot {
    /// Grows whenever clients can see a difference: the virtual playlists' names or contents, or a
    /// playlist of the user's that was hidden.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Grows whenever something changes that [`save`](super::save) writes.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// Whether anything is known of which playlists there are, be it that there are none. Before
    /// that they are on YouTube only, and maybe where they were written to.
    pub fn is_listed(&self) -> bool {
        self.unlisted.is_some() || !self.virtuals.is_empty() || !self.former.is_empty()
    }

    /// The playlists that there are beside the virtual ones, which could not be listed yet; `None`
    /// while that may be any.
    pub fn unlisted(&self) -> Option<&HashSet<PlaylistId>> {
        self.unlisted.as_deref()
    }

    /// The virtual playlists, in the order in which they are listed.
    pub fn virtuals(&self) -> &[VirtualPlaylist] {
        &self.virtuals
    }

    /// Whether the name of this one stays, whatever else is listed.
    pub(super) fn is_settled(&self, id: &PlaylistId) -> bool {
        !self.unsettled.contains(id)
    }

    /// The virtual playlist of exactly this name.
    pub fn named(&self, name: &[u8]) -> Option<&VirtualPlaylist> {
        let name = std::str::from_utf8(name).ok()?;
        self.by_name.get(name).and_then(|&at| self.virtuals.get(at))
    }

    /// The playlist with YouTube's id.
    pub fn playlist(&self, id: &PlaylistId) -> Option<&VirtualPlaylist> {
        self.by_id.get(id).and_then(|&at| self.virtuals.get(at))
    }

    /// The playlist with YouTube's id, among the virtual ones and those that were fetched since a
    /// client named them: whatever the relay serves.
    pub fn loadable(&self, id: &PlaylistId) -> Option<&Arc<Playlist>> {
        let own = self.playlist(id).map(|one| &one.playlist);
        own.or_else(|| self.guests.iter().find(|guest| guest.id == *id))
    }

    /// Songs of which nothing is known yet but their ids; the newest last.
    pub fn placeholders(&self) -> &[VideoId] {
        self.known.placeholders()
    }

    /// A song that has ever been seen, in a playlist of today or not.
    pub fn track(&self, id: VideoId) -> Option<&Arc<Track>> {
        self.known.tracks().get(&id)
    }

    /// How many songs are known.
    pub fn known_tracks(&self) -> usize {
        self.known.tracks().len()
    }

    /// All songs that are known, in no order.
    pub fn tracks(&self) -> impl Iterator<Item = &Arc<Track>> {
        self.known.tracks().values()
    }

    /// Whether a stored playlist of MPD's is one that we write and that nobody is to see: not
    /// complete yet, or on its way out under the name that its playlist had.
    pub fn hides(&self, name: &[u8]) -> bool {
        let Ok(name) = std::str::from_utf8(name) else { return false };
        name == UNFINISHED || (self.former.contains(name) && !self.by_name.contains_key(name))
    }

    /// Whether MPD has no stored playlists of its own.
    pub fn stored_playlists_disabled(&self) -> bool {
        self.stored_playlists_disabled
    }
}
