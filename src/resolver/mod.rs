//! A video id to a stream that can be read now.
//!
//! One extraction is in flight for a video, at most `workers` at once, and a stream is kept until
//! shortly before its URL expires. Faults are remembered too, from seconds to an hour (`memory`).
//! While YouTube wants a pause, nothing is run: what is not known by then is answered with that
//! fault.
//!
//! [`crate::relay`] asks when MPD opens a song and ahead of its turn, [`describe`] for the titles of
//! what clients have named by its address. Reading the stream is the relay's.

mod describe;
mod desk;
mod doubt;
mod extract;
mod info;
mod memory;
mod way;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use describe::describe;
pub use extract::YtDlpExtract;
pub use way::Way;

use crate::config::Secret;
use crate::library::VideoId;
pub use crate::ytdlp::{Fault, FaultKind};
use desk::{Desk, Request};

/// Where a song's audio can be read, for now.
#[derive(Clone, PartialEq)]
pub struct Stream {
    /// The URL; it holds the user's address, so no log shows it.
    pub url: Secret,
    /// The headers that it must be asked with, such as `User-Agent`.
    pub headers: Vec<(String, String)>,
    /// `audio/webm`, `audio/mp4` and the like.
    pub mime: String,
    /// YouTube's name of the format (`itag`).
    pub format: String,
    /// When the URL dies.
    pub expires: SystemTime,
    /// Before this moment the URL may answer 403.
    pub available_at: Option<SystemTime>,
    /// From where it is to be read.
    pub way: Way,
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

/// Requests on their way to the resolver's task, which takes them at once.
const INBOX: usize = 64;

/// A handle to the resolver; cheap to clone.
#[derive(Clone)]
pub struct Resolver {
    requests: mpsc::Sender<Request>,
}

impl Resolver {
    /// A resolver that runs at most `workers` extractions at once on the current runtime, in a task
    /// of `tasks`, until its last handle is dropped or `stop`: when that task has ended, every
    /// extraction has been told to end as well.
    pub fn start(
        extract: Arc<dyn Extract>,
        workers: usize,
        stop: CancellationToken,
        tasks: &TaskTracker,
    ) -> Self {
        let (requests, inbox) = mpsc::channel(INBOX);
        tasks.spawn(Desk::new(inbox, extract, workers).run(stop));
        Self { requests }
    }

    /// The video's stream, from the cache if one is there that lives long enough.
    ///
    /// # Cancel safety
    /// Dropping the future stops the waiting. An extraction goes on for others and the cache; one
    /// that has not begun is dropped with the last who waits for it.
    pub async fn resolve(&self, video: VideoId, urgency: Urgency) -> Result<Arc<Stream>, Fault> {
        let (reply, answer) = oneshot::channel();
        // Where this fails, `reply` is dropped and the answer does not come either.
        let _ = self.requests.send(Request::Resolve { video, urgency, reply }).await;
        answer.await.unwrap_or_else(|_| {
            Err(Fault { kind: FaultKind::Passing, reason: "ytmpd is stopping".to_owned() })
        })
    }

    /// `stream` was found dead: it is not given out again.
    ///
    /// # Cancel safety
    /// Dropping the future may leave it in memory.
    pub async fn forget(&self, video: VideoId, stream: &Arc<Stream>) {
        let request = Request::Forget { video, stream: Arc::clone(stream) };
        // An error says that the resolver has ended.
        let _ = self.requests.send(request).await;
    }

    /// From now on, songs are found by `extract`, `workers` at once. What is under way goes on as
    /// it began; faults that may have been the setup's are forgotten.
    pub async fn reconfigure(&self, extract: Arc<dyn Extract>, workers: usize) {
        // An error says that the resolver has ended.
        let _ = self.requests.send(Request::Reconfigure { extract, workers }).await;
    }
}

// A header may hold a cookie.
impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("format", &self.format)
            .field("mime", &self.mime)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
