//! One of the files in which the sync keeps what it knows.

use std::error::Error;
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;
use tracing::warn;

use crate::reason::on_one_line;

/// A file, and how it stands.
#[derive(Debug)]
pub(super) struct Kept {
    /// What it holds, for people.
    what: &'static str,
    /// `None` if there is a file that we could not read, and so must not replace.
    path: Option<PathBuf>,
    /// What is wrong with it, for `status`. Warned about once.
    problem: Option<String>,
}

impl Kept {
    /// A file that may be replaced.
    pub(super) fn new(what: &'static str, path: PathBuf) -> Self {
        Self { what, path: Some(path), problem: None }
    }

    /// A file that must not be replaced.
    pub(super) fn unreadable(what: &'static str, why: &dyn Error) -> Self {
        let problem = format!(
            "{what} will not be saved: {}: make the file readable, or move it, and restart",
            on_one_line(why)
        );
        warn!("{problem}");
        Self { what, path: None, problem: Some(problem) }
    }

    /// Whether it may be replaced.
    #[cfg(test)]
    pub(super) fn is_replaced(&self) -> bool {
        self.path.is_some()
    }

    /// What is wrong with it, on one line, with what to do.
    pub(super) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Has `write` replace it, in a thread where that may block. Returns whether there is nothing left
    /// to do for it.
    ///
    /// # Cancel safety
    /// Dropping the future does not end the writing: it is not to be dropped.
    pub(super) async fn save<E: Error + Send + 'static>(
        &mut self,
        write: impl FnOnce(&Path) -> Result<(), E> + Send + 'static,
    ) -> bool {
        let Some(path) = self.path.clone() else { return true };
        let failed = match spawn_blocking(move || write(&path)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(on_one_line(&error)),
            Err(bug) => Some(bug.to_string()),
        };
        let problem = failed.map(|why| {
            format!(
                "{} is not saved: {why}: make room, or make the folder writable; the next sync tries again",
                self.what
            )
        });
        if let (None, Some(problem)) = (&self.problem, &problem) {
            warn!("{problem}");
        }
        self.problem = problem;
        self.problem.is_none()
    }
}
