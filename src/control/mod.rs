//! The control socket: one request a line, one JSON object a line in answer.
//!
//! [`Server`] is the daemon's end, [`Client`] that of `ytmpctl`; `message` is what passes. Changes
//! nothing itself: [`crate::app`] implements [`Daemon`].

mod answer;
mod client;
mod conversation;
mod message;
mod peer;
mod request;
mod server;
#[cfg(test)]
mod tests;

use std::pin::Pin;

use futures_util::stream::BoxStream;

pub use client::{Client, ClientError, read, socket_of};
pub use message::{Auth, Listed, Listing, Message, ReloadDone, Reloaded, SYNC_TRIGGERED, Status};
pub use server::{BindError, Server};

use crate::sync::{Progress, Trigger};

/// What can be asked of the daemon. Nothing here waits for YouTube or for MPD, but for `reload`.
pub trait Daemon: Send + Sync + 'static {
    /// Has it sync, unless it does.
    fn sync(&self) -> Trigger;
    /// How it is.
    fn status(&self) -> Status;
    /// The playlists, in the order in which MPD's clients see them.
    fn list(&self) -> Vec<Listed>;
    /// Has it read its configuration again, and sync. The error is for people, on one line.
    fn reload(&self) -> Pin<Box<dyn Future<Output = Result<Reloaded, String>> + Send + '_>>;
    /// What happens from now on. A sync that is under way is told of first.
    fn follow(&self) -> BoxStream<'static, Progress>;
    /// Has it stop. Returns at once.
    fn quit(&self);
}
