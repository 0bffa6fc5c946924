//! What sessions and the player may ask of whoever keeps the songs' pictures.

use std::pin::Pin;

use bytes::Bytes;

use super::VideoId;

/// Keeps the songs' pictures. The relay implements this; sessions and the player hold it as
/// `Arc<dyn Pictures>`, so that none of them imports the other.
pub trait Pictures: Send + Sync {
    /// What is known of the song's picture at this moment. Waits for nothing, and fetches nothing.
    fn look(&self, video: VideoId) -> Look;

    /// Somebody who may have it has asked for the picture: if it is absent, it is fetched in the
    /// background, so that it is there when it is asked for again.
    fn want(&self, video: VideoId);

    /// The picture, read from disk where it is only there; `None` if it is absent after all.
    ///
    /// # Cancel safety
    /// What was read for a future that was dropped is read again for the next.
    fn read(&self, video: VideoId) -> Pin<Box<dyn Future<Output = Option<Picture>> + Send>>;

    /// The songs of the queue whose pictures are most likely asked for, most likely first. Those
    /// that YouTube has named a picture of are fetched in the background, one after the other.
    /// Replaces what was said before.
    fn follow(&self, videos: Vec<VideoId>);
}

/// What is known of a picture at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Here it is.
    There(Picture),
    /// It is on disk, or it is not known yet whether it is: [`Pictures::read`] tells.
    OnDisk,
    /// There is none.
    Absent,
}

/// A song's picture. Clones share the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its media type, such as `image/jpeg`; on one line.
    pub kind: Box<str>,
    /// The file; at most [`Picture::LONGEST`].
    pub bytes: Bytes,
}

impl Picture {
    /// No picture is longer, in bytes: thumbnails have at most a fifth of this.
    pub const LONGEST: usize = 1024 * 1024;
}
