//! What sessions may ask of whoever lets songs and playlists in that nobody has listed.

use std::pin::Pin;

use super::{PlaylistId, VideoId};

/// Lets in what a client names by its address at YouTube. The sync implements this; sessions hold
/// it as `Arc<dyn Guests>`, so that none of them imports the other.
pub trait Guests: Send + Sync {
    /// Makes the video known. When this succeeds, its id is on disk and in the library; title and
    /// the like follow in the background.
    ///
    /// # Cancel safety
    /// Dropping the future stops the waiting, not the work.
    fn admit(&self, video: VideoId) -> Pin<Box<dyn Future<Output = Result<(), Refused>> + Send>>;

    /// Makes the playlist one that can be loaded. When this succeeds, its songs are on disk and it
    /// is in the library. May take as long as YouTube takes.
    ///
    /// # Cancel safety
    /// As [`Guests::admit`].
    fn fetch(&self, playlist: PlaylistId) -> Pin<Box<dyn Future<Output = Result<(), Refused>> + Send>>;
}

/// Why something was not let in, on one line, for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);
