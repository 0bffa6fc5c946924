//! The task that fetches one song: resolves it, reads it range by range, and sits out what fails.
//!
//! One per song in memory, started by [`super::deck`]; it lives as long as the song does.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use super::deck::Deck;
use super::demand::Want;
use super::media::{self, Blame, ReadError};
use super::song::{End, Song, Step, Use, Version};
use super::trouble::{Cause, Heard, Next, Trouble};
use crate::library::{Halt, Halted, Portion};
use crate::reason::on_one_line;
use crate::resolver::{Fault, FaultKind, Stream, Urgency};

/// A stream that is not to be read yet is waited for, but a clock that is wrong must not stop the
/// music: the media server has the last word.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Between two looks at the wall's clock, in which a URL's expiry is: it alone goes on while the
/// machine sleeps.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Fetches one song.
pub(super) struct Fetcher {
    /// Shared with its readers.
    song: Arc<Song>,
    deck: Arc<Deck>,
    stream: Option<Current>,
    trouble: Trouble,
}

/// The stream that is read.
struct Current {
    stream: Arc<Stream>,
    /// When its URL dies; none if it seemed dead when it was found. Then a clock is wrong, and
    /// the media server has the last word.
    expires: Option<SystemTime>,
    /// It brings nothing, and is read on only if no other is found.
    is_doubtful: bool,
}

/// Why the next bytes did not come. None of its causes holds the stream's URL.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    /// There is nobody any more for whom a stream is to be found.
    #[error("nobody wants it")]
    Unwanted,
    #[error("no stream")]
    Resolve(#[source] Fault),
    #[error("no data")]
    Read(#[source] ReadError),
    #[error("YouTube has another file now")]
    Changed,
}

impl Fetcher {
    pub(super) fn new(song: Arc<Song>, deck: Arc<Deck>) -> Self {
        let trouble = Trouble::new(deck.pace);
        Self { song, deck, stream: None, trouble }
    }

    /// Runs until the song has ended.
    pub(super) async fn run(mut self) {
        let leaving = Leaving { song: Arc::clone(&self.song), deck: Arc::clone(&self.deck) };
        let stop = self.deck.stop.clone();
        let end = stop.run_until_cancelled(self.fetch()).await.unwrap_or(End::Stopped);
        tracing::debug!(video = %self.song.video, ?end, "song leaves memory");
        self.song.end(end);
        drop(leaving);
    }

    async fn fetch(&mut self) -> End {
        loop {
            let step = match self.song.next_step() {
                Step::Read(Want::Ahead(_)) if !self.deck.make_room(&self.song) => {
                    self.song.next_step_without_room()
                }
                step => step,
            };
            if matches!(step, Step::Rest(_)) {
                self.trouble.rest();
            }
            match step {
                Step::Ended => return End::Unwanted,
                Step::Rest(Use::Read) => self.song.wanted().await,
                Step::Rest(Use::Kept) => {
                    let woken = timeout(self.fresh_for().min(LOOK_AGAIN), self.song.wanted()).await;
                    let is_stale = woken.is_err() && self.fresh_for().is_zero();
                    if is_stale && self.song.end_unread(End::Unwanted) {
                        return End::Unwanted;
                    }
                }
                Step::Rest(Use::Unused) => {
                    if let Err(end) = self.linger().await {
                        return end;
                    }
                }
                Step::Read(Want::Now(range) | Want::Ahead(range)) => {
                    if let Err(error) = self.read(range).await
                        && let Err(end) = self.overcome(error).await
                    {
                        return end;
                    }
                }
            }
        }
    }

    /// Waits for somebody who wants the song; the song ends if nobody comes.
    async fn linger(&self) -> Result<(), End> {
        let woken = timeout(self.deck.pace.linger, self.song.wanted()).await;
        let has_ended = woken.is_err() && self.song.end_unread(End::Unwanted);
        if has_ended { Err(End::Unwanted) } else { Ok(()) }
    }

    /// How long the song may be kept for later: once its URL has died, the next may be of another
    /// file, and a beginning without the rest is of no use.
    fn fresh_for(&self) -> Duration {
        let expires = self.stream.as_ref().and_then(|current| current.expires);
        expires.map_or(Duration::MAX, |expires| expires.duration_since(SystemTime::now()).unwrap_or_default())
    }

    /// Reads a range, or what of it is still wanted.
    async fn read(&mut self, range: Range<u64>) -> Result<(), FetchError> {
        self.trouble.read();
        let stream = self.stream().await?;
        self.deck.counters.reads.add(1);
        self.song.note_read(&range);
        let mut part = tokio::select! {
            part = media::read(&self.deck.clients, &stream, &range, self.deck.pace.stall) => {
                part.map_err(FetchError::Read)?
            }
            () = self.wanted_elsewhere(range.clone()) => return Ok(()),
        };
        let (mime, format) = (stream.mime.clone(), stream.format.clone());
        if !self.song.adopt(Version { total: part.total, mime, format }) {
            return Err(FetchError::Changed);
        }
        self.deck.sources.unavailable.remove(self.song.video);
        while !part.rest().is_empty() {
            let rest = part.rest();
            tokio::select! {
                frame = part.next() => match frame.map_err(FetchError::Read)? {
                    Some((at, frame)) => self.take(at, frame),
                    None => break,
                },
                () = self.wanted_elsewhere(rest) => return Ok(()),
            }
        }
        self.trouble.progress();
        Ok(())
    }

    /// Waits for somebody who waits elsewhere than for `running`.
    ///
    /// # Cancel safety
    /// A wake-up that was no reason to end needs no second look.
    async fn wanted_elsewhere(&self, running: Range<u64>) {
        loop {
            self.song.wanted().await;
            if self.song.is_wanted_elsewhere(&running) {
                return;
            }
        }
    }

    fn take(&mut self, at: u64, frame: bytes::Bytes) {
        let length = u64::try_from(frame.len()).unwrap_or(u64::MAX);
        self.deck.counters.fetched.add(length);
        self.song.insert(at, frame);
        self.trouble.bytes(length);
    }

    /// A stream that can be read now.
    async fn stream(&mut self) -> Result<Arc<Stream>, FetchError> {
        let now = SystemTime::now();
        if self.stream.as_ref().and_then(|current| current.expires).is_some_and(|expires| expires <= now) {
            self.forget_stream().await;
        }
        if let Some(current) = self.stream.as_ref().filter(|current| !current.is_doubtful) {
            return Ok(Arc::clone(&current.stream));
        }
        let resolved = self.resolve().await;
        if let (Err(FetchError::Resolve(fault)), Some(current)) = (&resolved, &mut self.stream)
            && cause(fault.kind).is_some()
        {
            // What keeps the resolver from YouTube may be all that was wrong with this one.
            current.is_doubtful = false;
            return Ok(Arc::clone(&current.stream));
        }
        let stream = resolved?;
        let wait = stream.available_at.and_then(|at| at.duration_since(SystemTime::now()).ok());
        if let Some(wait) = wait {
            sleep(wait.min(LONGEST_WAIT)).await;
        }
        let expires = Some(stream.expires).filter(|expires| *expires > SystemTime::now());
        self.stream = Some(Current { stream: Arc::clone(&stream), expires, is_doubtful: false });
        Ok(stream)
    }

    /// Asks the resolver; anew, and more or less urgently, when somebody comes or goes.
    async fn resolve(&self) -> Result<Arc<Stream>, FetchError> {
        self.deck.counters.resolves.add(1);
        while let Some(urgency) = self.song.urgency() {
            tokio::select! {
                resolved = self.deck.sources.resolver.resolve(self.song.video, urgency) => {
                    return resolved.map_err(FetchError::Resolve);
                }
                () = self.is_no_more(urgency) => {}
            }
        }
        Err(FetchError::Unwanted)
    }

    async fn is_no_more(&self, urgency: Urgency) {
        while self.song.urgency() == Some(urgency) {
            self.song.wanted().await;
        }
    }

    /// Gets over an error, or says what end it is.
    async fn overcome(&mut self, error: FetchError) -> Result<(), End> {
        let video = self.song.video;
        tracing::debug!(%video, reason = on_one_line(&error), "fetching a song failed");
        match error {
            FetchError::Unwanted => {
                self.trouble.rest();
                self.linger().await
            }
            FetchError::Changed => {
                tracing::info!(%video, "the song ends early: YouTube has another file of it by now");
                self.outlast().await;
                Err(End::Changed)
            }
            FetchError::Resolve(fault) => match cause(fault.kind) {
                Some(cause) => self.wait(fault.reason, cause).await,
                None => {
                    tracing::info!(%video, reason = fault.reason, "song cannot be had; it is skipped");
                    self.deck.sources.unavailable.insert(video, &fault.reason);
                    self.outlast().await;
                    Err(End::Gone(fault.reason))
                }
            },
            FetchError::Read(error) => self.overcome_read(&error).await,
        }
    }

    async fn overcome_read(&mut self, error: &ReadError) -> Result<(), End> {
        let (blame, may_be_chance) = (error.blame(), !matches!(error, ReadError::Busy(..)));
        let mut cause = match error {
            _ if blame == Blame::Url => Cause::Dead,
            ReadError::Busy(_, pause) => Cause::Busy(pause.unwrap_or_default()),
            _ => Cause::Failure,
        };
        let is_first = self.trouble.failed(cause);
        if cause == Cause::Dead {
            self.forget_stream().await;
        }
        if is_first && may_be_chance {
            return Ok(());
        }
        if !is_first && matches!(blame, Blame::Server | Blame::Either) && self.trouble.renews() {
            self.doubt_stream().await;
            // What another URL leads to has not asked for a pause.
            cause = Cause::Failure;
        }
        let waited = self.wait(error.to_string(), cause).await;
        if waited.is_err() && blame == Blame::Server {
            // Whoever wants the song next is to get another.
            self.forget_stream().await;
        }
        waited
    }

    /// Waits before the next try; gives up when a request has waited for long enough.
    async fn wait(&mut self, reason: String, cause: Cause) -> Result<(), End> {
        if !self.song.is_ready(Portion::START) && self.song.end_unread(End::NotNow) {
            return Err(End::NotNow);
        }
        if self.song.end_unread_seek() {
            self.trouble.begin_anew();
            return Ok(());
        }
        if self.song.take_plays() {
            // What failed while nobody heard it may work by now.
            self.trouble.begin_anew();
        }
        let heard = self.heard();
        match self.trouble.next(cause, heard) {
            Next::TryIn(delay) if heard == Heard::NotYet => self.doze(delay).await,
            Next::TryIn(delay) => {
                if heard == Heard::In(Duration::ZERO) && self.trouble.is_news() {
                    let video = self.song.video;
                    tracing::info!(%video, reason, "MPD waits for this song; it is tried again and again");
                }
                self.pause(delay).await;
            }
            Next::GiveUp(delay) => return self.give_up(reason, delay).await,
        }
        Ok(())
    }

    /// Waits until MPD has played what it was given: a body that is cut takes with it what MPD has
    /// not played yet.
    async fn outlast(&self) {
        while self.song.is_read() {
            let heard = if self.song.is_starved() { self.heard() } else { Heard::NotYet };
            match heard {
                Heard::In(Duration::ZERO) => return,
                Heard::In(in_hand) => self.pause(in_hand).await,
                Heard::NotYet if self.song.doze() => {}
                // Readers that go wake us, too.
                Heard::NotYet => self.song.wanted().await,
            }
        }
    }

    /// MPD reads far ahead of what it plays: while it has music, nobody hears that it waits.
    fn heard(&self) -> Heard {
        if !self.song.runs_dry() {
            return Heard::NotYet;
        }
        Heard::In(self.duration().map_or(Duration::ZERO, |duration| self.song.in_hand(duration)))
    }

    fn duration(&self) -> Option<Duration> {
        self.deck.snapshot().track(self.song.video).and_then(|track| track.duration)
    }

    /// Waits, unless somebody comes: MPD may stand still for a seek.
    async fn pause(&self, delay: Duration) {
        let _ = timeout(delay, self.song.wanted()).await;
    }

    /// Waits, unless somebody comes to wait for what is not there.
    async fn doze(&self, delay: Duration) {
        let disturbed = async {
            while !self.song.doze() {
                self.song.wanted().await;
            }
        };
        let _ = timeout(delay, disturbed).await;
    }

    /// Has MPD stopped before its request fails, so that it does not run through its queue. While
    /// it is not the song's turn yet there is nothing to stop, and while MPD has music it goes on:
    /// `delay` is waited, unless the turn comes or the music ends before.
    async fn give_up(&self, reason: String, delay: Duration) -> Result<(), End> {
        let video = self.song.video;
        let halted = self.halt(reason.clone()).await;
        self.deck.sources.unavailable.insert(video, &reason);
        let delay = match halted {
            Halted::Stopped => {
                tracing::warn!(%video, reason, "song cannot be had for now; MPD was stopped before its request fails");
                self.deck.counters.given_up.add(1);
                return Err(End::GivenUp);
            }
            Halted::Later => delay,
            Halted::Heard(elapsed) => {
                let in_hand = self.duration().map(|duration| self.song.in_hand_at(duration, elapsed));
                delay.min(in_hand.unwrap_or_default().max(self.deck.pace.later))
            }
        };
        self.pause(delay).await;
        Ok(())
    }

    async fn halt(&self, reason: String) -> Halted {
        let (done, told) = oneshot::channel();
        let halt = Halt { video: self.song.video, reason, since: Instant::now(), done };
        let halted = async {
            self.deck.sources.halt.send(halt).await.ok()?;
            told.await.ok()
        };
        // MPD may stand still for this very song: then it cannot be told.
        timeout(self.deck.pace.halt, halted).await.ok().flatten().unwrap_or(Halted::Stopped)
    }

    /// The URL is of no use: nobody is to be given it again.
    async fn forget_stream(&mut self) {
        if let Some(current) = self.stream.take() {
            self.deck.sources.resolver.forget(self.song.video, &current.stream).await;
            self.deck.counters.dead_urls.add(1);
        }
    }

    /// Another URL is to be looked for.
    async fn doubt_stream(&mut self) {
        if let Some(current) = &mut self.stream {
            current.is_doubtful = true;
            self.deck.sources.resolver.forget(self.song.video, &current.stream).await;
        }
    }
}

/// Why no stream is found for now; none if it is the song that cannot be had. To skip one that needs
/// an account is better than to stop the music for it.
fn cause(fault: FaultKind) -> Option<Cause> {
    match fault {
        FaultKind::Gone | FaultKind::SignIn | FaultKind::Refused => None,
        FaultKind::BackOff(time) => Some(Cause::BackOff(time)),
        FaultKind::Setup => Some(Cause::Setup),
        FaultKind::Passing | FaultKind::Unclear => Some(Cause::NoUrl),
    }
}

/// Ends its song, whatever becomes of the task: nobody is to wait for a song that no one fetches.
struct Leaving {
    song: Arc<Song>,
    deck: Arc<Deck>,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        // Unless it has ended for a reason, a panic is under way.
        self.song.end(End::NotNow);
        self.deck.remove(&self.song);
    }
}
