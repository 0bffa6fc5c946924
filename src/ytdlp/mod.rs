//! Runs `yt-dlp`, the external program that keeps up with YouTube, as a child that never outlives
//! us.
//!
//! Running it is here, and what it complains about; what its output means is for
//! [`crate::resolver`] and [`crate::youtube`]. The child leads a process group of its own, since it may start a JavaScript
//! runtime; that whole group ends with the run, at the deadline, when the run is dropped, and,
//! through the [`guard()`], when this process dies without a chance to clean up.

mod complaint;
mod fault;
mod group;
mod guard;
mod scratch;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

pub use fault::{Fault, FaultKind};
pub use guard::guard;
pub use scratch::sweep;

use crate::config;
use crate::cookies::{CookieFile, Cookies};
use group::{Broken, Group};

/// How to run it.
#[derive(Clone)]
pub struct YtDlp {
    /// Program and leading arguments.
    command: Vec<String>,
    /// The user's arguments.
    args: Vec<String>,
    timeout: Duration,
    /// The program that calls [`guard()`], if there is one.
    guard: Option<PathBuf>,
    /// Each run gets a copy of them.
    cookies: Option<Cookies>,
}

/// What it said.
pub struct Output {
    /// Whether it exited with 0.
    pub success: bool,
    /// Its standard output, at most 32 MiB.
    pub stdout: Vec<u8>,
    /// Its standard error, for people: the last 64 KiB.
    pub stderr: String,
}

/// It could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The program is not there, or is no program, or its pipes failed.
    #[error("cannot run `{0}`")]
    Spawn(String, #[source] io::Error),
    /// It was ended at its deadline.
    #[error("`{0}` did not finish within {1:?}")]
    TimedOut(String, Duration),
    /// It wrote more than anything sensible.
    #[error("`{0}` wrote more than {1} bytes")]
    TooMuch(String, usize),
    /// It was started in the background, or by something that does not wait for it.
    #[error("`{0}` has ended without an answer, and something that it started keeps its output open")]
    LeftOpen(String),
}

impl YtDlp {
    /// As the configuration says, without a guard.
    pub fn new(config: &config::Resolver) -> Self {
        Self {
            command: config.command.clone(),
            args: config.args.clone(),
            timeout: config.timeout,
            guard: None,
            cookies: None,
        }
    }

    /// Runs it under `guard`, a program that calls [`guard()`] first thing in its `main`.
    ///
    /// For the daemon this is `/proc/self/exe` where there is one: unlike
    /// [`std::env::current_exe`] it still names this program after an upgrade has replaced the
    /// file.
    #[must_use]
    pub fn guarded_by(self, guard: PathBuf) -> Self {
        Self { guard: Some(guard), ..self }
    }

    /// The same, signed in with `cookies`: each run gets a copy of its own, since `yt-dlp` writes
    /// its file anew when it ends. Not where the user's own arguments name cookies.
    #[must_use]
    pub fn with_cookies(self, cookies: Cookies) -> Self {
        Self { cookies: Some(cookies), ..self }
    }

    /// The same with another deadline than the configuration's, which is for a song.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Has it write what it knows of `url` as JSON, once and without patience: whoever wants that
    /// asks again, and knows when.
    ///
    /// # Cancel safety
    /// As [`YtDlp::run`]'s.
    pub async fn dump(&self, options: &[&str], url: &str) -> Result<Output, RunError> {
        // No `--no-warnings`: a dead network and a rate limit differ in the warnings only.
        let common = ["--ignore-config", "--no-progress", "--no-update", "-J"];
        let impatient = ["--socket-timeout", "10", "--extractor-retries", "1"];
        self.run(&[&common, options, &impatient, &["--", url]].concat()).await
    }

    /// Runs it with `more` and the user's arguments, to its end or its deadline.
    ///
    /// The user's arguments stand after the options of `more`, so that they win, and before its
    /// `--`. The environment is passed on; `more` holds `--ignore-config` unless the user's
    /// own `yt-dlp` configuration is wanted.
    ///
    /// # Cancel safety
    /// Dropping the future ends the child and its whole process group.
    pub async fn run(&self, more: &[&str]) -> Result<Output, RunError> {
        // Outlives the group, which reads and writes it.
        let copy = self.copy_of_cookies().await;
        let mut group = Group::spawn(self.guard.as_deref(), &self.argv(more, copy.as_ref()))
            .map_err(|error| RunError::Spawn(self.started(), error))?;
        let finished = tokio::time::timeout(self.timeout, group.finish()).await;
        group.end().await;
        match finished {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(Broken::Io(error))) => Err(RunError::Spawn(self.program(), error)),
            Ok(Err(Broken::TooMuch(limit))) => Err(RunError::TooMuch(self.program(), limit)),
            Ok(Err(Broken::LeftOpen)) => Err(RunError::LeftOpen(self.program())),
            Err(_) => Err(RunError::TimedOut(self.program(), self.timeout)),
        }
    }

    async fn copy_of_cookies(&self) -> Option<CookieFile> {
        let names_cookies = |arg: &String| arg.starts_with("--cookies");
        let own = self.command.iter().chain(&self.args).any(names_cookies);
        self.cookies.as_ref().filter(|_| !own)?.copy().await
    }

    fn argv<'a>(&'a self, more: &'a [&str], cookies: Option<&'a CookieFile>) -> Vec<&'a str> {
        let operands = more.iter().position(|arg| *arg == "--").unwrap_or(more.len());
        let (options, operands) = more.split_at(operands);
        let (command, args) = (self.command.iter(), self.args.iter());
        let argv = command.map(String::as_str).chain(options.iter().copied());
        let cookies = cookies.and_then(|copy| copy.path().to_str()).map(|path| ["--cookies", path]);
        let argv = argv.chain(cookies.into_iter().flatten());
        argv.chain(args.map(String::as_str)).chain(operands.iter().copied()).collect()
    }

    fn program(&self) -> String {
        self.command.first().cloned().unwrap_or_default()
    }

    /// What the operating system is asked to start.
    fn started(&self) -> String {
        self.guard.as_ref().map_or_else(|| self.program(), |guard| guard.display().to_string())
    }
}

impl Output {
    /// Why a run that failed did, by what it wrote to its standard error.
    pub fn fault(&self) -> Fault {
        complaint::fault(&self.stderr)
    }
}

// The arguments may hold a password or a proxy's.
impl fmt::Debug for YtDlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("YtDlp").field("program", &self.program()).finish_non_exhaustive()
    }
}

// What it writes holds stream URLs.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("success", &self.success)
            .field("stdout_bytes", &self.stdout.len())
            .field("stderr_bytes", &self.stderr.len())
            .finish()
    }
}

#[cfg(test)]
mod tests;
