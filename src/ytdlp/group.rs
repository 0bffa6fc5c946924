//! One run: the child, its process group and its pipes.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::time::sleep;
use tracing::warn;

use super::scratch::Scratch;
use super::{Output, guard};

/// A video takes well under 1 MiB, a flat playlist of 5000 entries about 3; more is rubbish.
const MOST_STDOUT: usize = 32 * 1024 * 1024;

/// Enough for every warning and a traceback. The end is kept: the error stands there.
const STDERR_TAIL: usize = 64 * 1024;

/// What a child has written is in its pipes when it ends, and read at once even by a busy machine.
/// For longer they stay open only if something that it started has left its group, as daemons do.
const READ_WITHIN: Duration = Duration::from_secs(1);

/// A killed process goes at once unless the kernel holds it, on a dead network disk for
/// instance; then tokio reaps it whenever that ends.
const REAP_WITHIN: Duration = Duration::from_secs(2);

/// A child and everything that it starts in its process group. Dropping it kills them all.
pub(super) struct Group {
    child: Child,
    /// The group's id, which is the child's pid, until the child is reaped.
    leader: Option<Pid>,
    /// Under a guard: our end of the pipe that tells it that we live.
    lifeline: Option<ChildStdin>,
    /// Its folder for temporary files, if one could be made.
    scratch: Option<Scratch>,
}

/// What stopped a run.
pub(super) enum Broken {
    /// Its pipes failed, or the guard could not start it.
    Io(io::Error),
    /// More than so many bytes on its standard output.
    TooMuch(usize),
    /// It ended well before all was written, and something else holds its pipes.
    LeftOpen,
}

/// What `PATH` a program with a folder gets: its own folder is the last of it, since what it needs
/// may stand beside it, as deno does in a Python environment with `yt-dlp`.
fn path_with_folder_of(program: &str) -> Option<OsString> {
    let folder = Path::new(program).parent().filter(|folder| !folder.as_os_str().is_empty())?;
    let path = env::var_os("PATH");
    let folders = path.iter().flat_map(env::split_paths).chain([folder.to_owned()]);
    env::join_paths(folders).ok()
}

impl Group {
    /// Starts `argv`, under a guard if one is named.
    pub(super) fn spawn(under: Option<&Path>, argv: &[&str]) -> io::Result<Self> {
        let mut command = match (under, argv) {
            (Some(program), _) => {
                let mut command = Command::new(program);
                command.arg(guard::NAME).args(argv).stdin(Stdio::piped());
                command
            }
            (None, [program, args @ ..]) => {
                let mut command = Command::new(program);
                command.args(args).stdin(Stdio::null());
                command
            }
            (None, []) => return Err(io::ErrorKind::InvalidInput.into()),
        };
        if let Some(path) = argv.first().and_then(|program| path_with_folder_of(program)) {
            command.env("PATH", path);
        }
        let scratch = Scratch::new();
        if let Some(scratch) = &scratch {
            command.env("TMPDIR", scratch.path());
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn()?;
        let leader = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        // Taken out, since `Child::wait` would close it and the guard would strike.
        let lifeline = child.stdin.take();
        Ok(Self { child, leader, lifeline, scratch })
    }

    /// What the child writes until it ends.
    pub(super) async fn finish(&mut self) -> Result<Output, Broken> {
        let (mut stdout, mut stderr) = (Vec::with_capacity(64 * 1024), Vec::with_capacity(4096));
        let out = read_all(self.child.stdout.take(), &mut stdout);
        let err = read_tail(self.child.stderr.take(), &mut stderr);
        let (ended, end) = oneshot::channel();
        let exit = async {
            let status = self.exit().await?;
            drop(ended);
            Ok(status)
        };
        let read = async {
            let late = async {
                let _: Result<(), _> = end.await;
                sleep(READ_WITHIN).await;
            };
            tokio::select! {
                biased;
                read = async { tokio::try_join!(out, err) } => read.map(|_| true),
                () = late => Ok(false),
            }
        };
        let (status, is_all) = tokio::try_join!(exit, read)?;
        // All that `yt-dlp` prints are lines.
        if !is_all && status.success() && !stdout.ends_with(b"\n") {
            return Err(Broken::LeftOpen);
        }
        stderr.drain(..stderr.len().saturating_sub(STDERR_TAIL));
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        if self.lifeline.is_some()
            && let Some(error) = guard::spawn_error(status, &stderr)
        {
            return Err(Broken::Io(error));
        }
        Ok(Output { success: status.success(), stdout, stderr })
    }

    /// Waits for the child, then ends what it left behind, which may hold its pipes open.
    async fn exit(&mut self) -> Result<ExitStatus, Broken> {
        let status = self.child.wait().await?;
        self.kill();
        // The child is reaped, so the number may become somebody else's from now on. Between the
        // two lines above it does not: the kernel goes through all other pids first.
        self.leader = None;
        Ok(status)
    }

    /// Ends the whole group, if it still runs, reaps the child, and removes its temporary files.
    pub(super) async fn end(mut self) {
        if self.leader.is_some() {
            self.kill();
            if tokio::time::timeout(REAP_WITHIN, self.exit()).await.is_err() {
                warn!(
                    "a killed yt-dlp does not end: the system holds it, on a disk or network mount that hangs"
                );
            }
        }
        if let Some(work) = self.scratch.take().and_then(Scratch::remove) {
            // An error says that the runtime ends, and then it is done all the same.
            let _ = work.await;
        }
    }

    /// No SIGTERM first: with `-J` it has nothing to put in order, since it replaces the files of
    /// its cache atomically, and its temporary files go with its folder. It does rewrite a
    /// `--cookies` file in place: give it a copy.
    fn kill(&self) {
        if let Some(leader) = self.leader {
            // An error says that nobody is left.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // tokio reaps a child that is dropped unreaped, at the next SIGCHLD.
        self.kill();
        // Goes on by itself.
        let _ = self.scratch.take().and_then(Scratch::remove);
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// # Cancel safety
/// What was read by then is in `all`.
async fn read_all(from: Option<impl AsyncRead + Unpin>, all: &mut Vec<u8>) -> Result<(), Broken> {
    let Some(mut from) = from else { return Ok(()) };
    while from.read_buf(all).await? > 0 {
        if all.len() > MOST_STDOUT {
            return Err(Broken::TooMuch(MOST_STDOUT));
        }
    }
    Ok(())
}

/// Reads all, and keeps [`STDERR_TAIL`] of it, or a little more.
///
/// # Cancel safety
/// What was read by then is in `tail`.
async fn read_tail(from: Option<impl AsyncRead + Unpin>, tail: &mut Vec<u8>) -> Result<(), Broken> {
    let Some(mut from) = from else { return Ok(()) };
    while from.read_buf(tail).await? > 0 {
        // Cut in large steps, so that each byte is moved once at most.
        if tail.len() >= 2 * STDERR_TAIL {
            tail.drain(..tail.len() - STDERR_TAIL);
        }
    }
    Ok(())
}
