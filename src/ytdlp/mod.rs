//! Runs `yt-dlp`, the external program that keeps up with YouTube, as a child process.
//!
//! Only running it is here; what its output means is for [`crate::resolver`] and
//! [`crate::youtube`].

use std::time::Duration;

use crate::config;

/// How to run it.
#[derive(Debug, Clone)]
pub struct YtDlp {
    /// Program and leading arguments.
    command: Vec<String>,
    /// The user's arguments.
    args: Vec<String>,
    timeout: Duration,
}

/// What it said.
#[derive(Debug)]
pub struct Output {
    /// Whether it exited with 0.
    pub success: bool,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error, for people.
    pub stderr: String,
}

/// It could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The program is not there, or is no program.
    #[error("cannot run `{0}`")]
    Spawn(String, #[source] std::io::Error),
    /// It was ended at its deadline.
    #[error("`{0}` did not finish within {1:?}")]
    TimedOut(String, Duration),
    /// It wrote more than anything sensible.
    #[error("`{0}` wrote more than {1} bytes")]
    TooMuch(String, usize),
}

impl YtDlp {
    /// As the configuration says.
    pub fn new(config: &config::Resolver) -> Self {
        Self { command: config.command.clone(), args: config.args.clone(), timeout: config.timeout }
    }

    /// Runs it with the user's arguments and `more`, to its end or its deadline.
    ///
    /// # Cancel safety
    /// Dropping the future ends the child and its whole process group.
    pub async fn run(&self, more: &[&str]) -> Result<Output, RunError> {
        let _ = more;
        todo!("resolver helper")
    }
}
