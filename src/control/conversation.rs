//! One client of the control socket, from accept to close: which answer a request gets.

use std::future::pending;
use std::io;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::Daemon;
use super::answer;
use super::message::{Listing, Message, ReloadDone, SYNC_TRIGGERED};
use super::peer::{Heard, Peer};
use super::request::{Refusal, Request};
use crate::sync::{Progress, Trigger};

/// A client and what it has asked for.
pub(super) struct Conversation<S> {
    peer: Peer<S>,
    daemon: Arc<dyn Daemon>,
    events: Events,
}

/// What the client follows, if it does.
type Events = Option<BoxStream<'static, Progress>>;

/// What happens after something was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Listen,
    Close,
    /// The client is in the middle of a line that nobody will read.
    Dismiss,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    pub(super) fn new(stream: S, daemon: Arc<dyn Daemon>) -> Self {
        Self { peer: Peer::new(stream), daemon, events: None }
    }

    /// Talks until the client is done, or `shutdown`; an answer that is under way is finished.
    ///
    /// # Errors
    /// When the client goes, or takes no answer.
    pub(super) async fn run(mut self, shutdown: CancellationToken) -> io::Result<()> {
        while self.events.is_some() || !self.peer.has_asked_all() {
            // Each is cancel-safe. In this order a follower hears what has happened before it
            // hears the answer to its next request.
            let next = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                event = next_event(&mut self.events) => self.tell(event).await?,
                heard = self.peer.hear() => self.heed(heard?).await?,
            };
            match next {
                Next::Listen => {}
                Next::Close => return Ok(()),
                Next::Dismiss => return self.peer.dismiss().await,
            }
        }
        Ok(())
    }

    async fn heed(&mut self, heard: Heard) -> io::Result<Next> {
        match heard {
            Heard::Request(Ok(request)) => self.answer(request).await,
            Heard::Request(Err(refusal)) => {
                self.peer.say(&answer::failure(&refusal.to_string())).await?;
                Ok(if refusal == Refusal::TooLong { Next::Dismiss } else { Next::Listen })
            }
            Heard::Silence if self.events.is_none() => {
                if let Some(Err(refusal)) = self.peer.last_words() {
                    self.peer.say(&answer::failure(&refusal.to_string())).await?;
                }
                Ok(Next::Close)
            }
            // Who follows has nothing to say.
            Heard::Silence => self.peer.knock().await.map(|()| Next::Listen),
        }
    }

    async fn answer(&mut self, request: Request) -> io::Result<Next> {
        match request {
            Request::Sync => {
                let message = match self.daemon.sync() {
                    Trigger::Started => SYNC_TRIGGERED,
                    Trigger::AlreadyRunning => "Sync already in progress",
                };
                self.success(Message { message: message.into() }).await?;
            }
            Request::Status => self.success(self.daemon.status()).await?,
            Request::List => self.success(Listing { playlists: self.daemon.list() }).await?,
            Request::Reload => {
                let line = match self.daemon.reload().await {
                    Ok(reloaded) => answer::success(ReloadDone {
                        message: "Configuration reloaded, syncing".into(),
                        reloaded,
                    }),
                    Err(wrong) => answer::failure(&wrong),
                };
                self.peer.say(&line).await?;
            }
            Request::Follow => self.events = Some(self.daemon.follow()),
            Request::Quit => {
                let said = self.success(Message { message: "Shutting down".into() }).await;
                // Also if nobody waited for the answer.
                self.daemon.quit();
                return said.map(|()| Next::Close);
            }
        }
        Ok(Next::Listen)
    }

    async fn success(&mut self, keys: impl Serialize) -> io::Result<()> {
        self.peer.say(&answer::success(keys)).await
    }

    async fn tell(&mut self, event: Option<Progress>) -> io::Result<Next> {
        match event {
            Some(event) => self.peer.say(&answer::line(&event)).await?,
            None => self.events = None,
        }
        Ok(Next::Listen)
    }
}

/// The next event; never, for who does not follow.
///
/// # Cancel safety
/// The stream keeps what it has.
async fn next_event(events: &mut Events) -> Option<Progress> {
    match events {
        Some(events) => events.next().await,
        None => pending().await,
    }
}
