//! The catalogue: what YouTube's playlists hold.

use crate::config;
use crate::library::{Playlist, PlaylistId};
use crate::ytdlp::YtDlp;

/// Lists playlists. Cheap to clone.
#[derive(Clone)]
pub struct Catalogue {}

/// A playlist as YouTube answered it.
#[derive(Debug, PartialEq)]
pub struct Listing {
    /// The playlist; `updated` is the moment of listing.
    pub playlist: Playlist,
    /// Rows left out since YouTube greys them out: deleted, private, not in this country.
    pub unavailable: usize,
    /// Rows that could not be understood.
    pub skipped: usize,
}

/// Why a playlist could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {}

impl Catalogue {
    /// As the configuration says; `ytdlp` is the second source.
    pub fn new(config: &config::YouTube, ytdlp: YtDlp) -> Self {
        let _ = (config, ytdlp);
        Self {}
    }

    /// Lists one playlist.
    pub async fn playlist(&self, id: &PlaylistId) -> Result<Listing, ListError> {
        let _ = id;
        todo!("youtube helper")
    }
}

/// The playlist that the user means by an id or a URL.
pub fn playlist_id(text: &str) -> Result<PlaylistId, crate::library::InvalidId> {
    text.parse()
}
