//! What sessions and the player may ask of whoever can get a song ready to start.

use std::pin::Pin;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::VideoId;

/// Gets songs ready ahead of their turn, as a DJ cues a record.
///
/// MPD stands still for every client while it opens a song whose body is slow to start, so
/// nobody should send it there before the song is ready. The relay implements this; sessions and
/// the player hold it as `Arc<dyn Cue>`, so that none of them imports the other.
pub trait Cue: Send + Sync {
    /// Whether MPD could play this song from there, and be answered from memory.
    fn is_ready(&self, video: VideoId, from: Portion) -> bool;

    /// Whether MPD has read what it needs to play this song from there. It keeps that while it
    /// decodes the song, which it does to some seconds before the end.
    fn is_with_mpd(&self, video: VideoId, from: Portion) -> bool;

    /// Gets the song ready, ahead of everything that nobody waits for. Ends when it is, or when
    /// it is known that it cannot be; may take as long as YouTube takes.
    ///
    /// # Cancel safety
    /// Dropping the future stops the waiting, not the work.
    fn cue(&self, video: VideoId, from: Portion) -> Pin<Box<dyn Future<Output = Readiness> + Send>>;

    /// MPD plays this song from now on, after another one or a pause: if its audio is held up, that
    /// is heard from now on.
    fn plays(&self, video: VideoId);

    /// The songs that are most likely next, most likely first: they are made and kept ready in
    /// the background. Replaces what was said before.
    fn keep_ready(&self, videos: Vec<VideoId>);
}

/// From where a song is to be played: after `at` of the `of` that it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// No longer than `of`.
    pub at: Duration,
    /// Zero if nobody knows.
    pub of: Duration,
}

impl Portion {
    /// From the beginning.
    pub const START: Self = Self { at: Duration::ZERO, of: Duration::ZERO };
}

/// What came of getting a song ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// Its body starts at once.
    Ready,
    /// It cannot be had for now.
    NotNow,
    /// It cannot be had: YouTube's reason.
    Never(String),
}

/// The relay is about to give up on a song that it has held MPD's request for: MPD is to be
/// stopped first, so that it neither runs through its queue nor, with `consume`, empties it.
#[derive(Debug)]
pub struct Halt {
    /// The song that MPD waits for.
    pub video: VideoId,
    /// Why it cannot be had, for the user and the log.
    pub reason: String,
    /// When the relay gave up. One that has waited for long may be about a song that the user has
    /// started again meanwhile.
    pub since: Instant,
    /// Answered, or dropped, when MPD was told. MPD may be standing still for this very song, so
    /// the relay does not wait for long.
    pub done: oneshot::Sender<Halted>,
}

/// What came of a [`Halt`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halted {
    /// MPD does not play the song, or does not any more: the request may fail.
    Stopped,
    /// It is not the song's turn yet: it comes next, or MPD is paused on it. A request that failed
    /// now would not be made again, and the song would be skipped: it is to be held on.
    Later,
    /// MPD plays the song, and is so far into it: it has music in hand yet, which it would lose.
    Heard(Duration),
}
