//! What MPD and a folder have in common: playlists that are read and changed by name.

use std::sync::Arc;

use super::plan::{Act, Readings, Stamp};
use crate::library::Playlist;

/// Somewhere that playlists are written to.
pub(super) trait Place {
    /// Why it cannot be used at all.
    type Error;

    /// The content of these; one that has gone, or cannot be read, is left out.
    async fn read(&mut self, names: Vec<Box<str>>) -> Result<Readings, Self::Error>;

    /// Finds out whether anything can be changed at all, where that is not a question of each
    /// change.
    ///
    /// # Errors
    /// When nothing can be.
    async fn may_change(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Does the jobs, in order. One that fails holds up no other.
    async fn carry_out(&mut self, jobs: Vec<Job>) -> Result<Vec<Outcome>, Self::Error>;
}

/// A change to one playlist.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) name: Box<str>,
    /// `Write`, `Remove` or `SetAside`: the others are no work.
    pub(super) act: Act,
    /// What is written.
    pub(super) playlist: Option<Arc<Playlist>>,
}

/// What became of a job.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) name: Box<str>,
    /// The stamp of what was written, where it tells every change; or why it failed, for people.
    pub(super) result: Result<Option<Stamp>, String>,
}
