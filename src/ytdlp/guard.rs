//! The guard: a tiny process between us and `yt-dlp` that ends `yt-dlp` when we are gone.
//!
//! A daemon that is killed with SIGKILL cleans up nothing. So it runs `yt-dlp` through a second
//! copy of itself, which leads the process group and reads its standard input, a pipe that the
//! daemon holds and never writes to. When that pipe closes, however the daemon died, the guard
//! kills the whole group, itself included: `yt-dlp` and the JavaScript runtime that it may have
//! started.
//!
//! Why not `PR_SET_PDEATHSIG`: it is told to one process only. The runtime under `yt-dlp` would
//! live on, and so would the real `yt-dlp` of its single-file builds, which run it as a child of an
//! unpacker. It also strikes when the *thread* that spawned the child ends, and it is Linux's own.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::thread;

use rustix::process::{Signal, getpgrp, getpid, kill_current_process_group};

/// The first argument of a process that is to be the guard.
pub(super) const NAME: &str = "__guard";

/// How the guard exits when it cannot start the program, as shells do.
const CANNOT_RUN: u8 = 127;

/// Begins the line that tells the daemon why; a number of the system's follows.
const OS_ERROR: &str = "ytmpd __guard: os error ";

/// Does the guard's work if the arguments ask for it: `PROGRAM __guard YT-DLP [ARGUMENT...]`.
/// The result is the process's exit code.
///
/// `main` calls this with [`std::env::args_os`] before anything else: before it parses its
/// arguments, starts a runtime or opens a log.
pub fn guard(args: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut args = args.into_iter().skip(1);
    if args.next()? != NAME {
        return None;
    }
    Some(run(args).unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "{OS_ERROR}{}", error.raw_os_error().unwrap_or_default());
        ExitCode::from(CANNOT_RUN)
    }))
}

/// Why the guard could not start the program, read from how it ended.
pub(super) fn spawn_error(status: ExitStatus, stderr: &str) -> Option<io::Error> {
    if status.code() != Some(CANNOT_RUN.into()) {
        return None;
    }
    let number = stderr.strip_prefix(OS_ERROR)?.trim_end().parse().ok()?;
    Some(io::Error::from_raw_os_error(number))
}

fn run(mut command: impl Iterator<Item = OsString>) -> io::Result<ExitCode> {
    // Started by hand, in a script for instance, the group to kill would be somebody else's.
    if getpid() != getpgrp() {
        return Err(rustix::io::Errno::PERM.into());
    }
    let program = command.next().unwrap_or_default();
    let mut child = Command::new(program).args(command).stdin(Stdio::null()).spawn()?;
    // Our copies of its pipes do no harm: the daemon reads to the end of this process too.
    thread::Builder::new().spawn(end_with_parent).inspect_err(|_| {
        let _ = kill_current_process_group(Signal::KILL);
    })?;
    let status = child.wait()?;
    // As shells tell of a signal.
    let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

fn end_with_parent() {
    // Nothing is ever written: this ends with the daemon, or with this process.
    let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
    let _ = kill_current_process_group(Signal::KILL);
}
