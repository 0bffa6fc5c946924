//! `ytmpctl` as a user and a script run it: the real program, against a daemon of the tests' and
//! against the real one.

mod daemon;
mod fake;
mod screens;
mod scripts;
mod waiting;

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What was printed, and the exit code.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Ran {
    /// Of a run that went well.
    #[track_caller]
    pub(crate) fn text(self) -> String {
        assert_eq!((self.code, self.error.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// As [`Self::text`], as JSON.
    #[track_caller]
    pub(crate) fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.text()).unwrap()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let [out, error] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Self { code: output.status.code(), out, error }
    }
}

/// `ytmpctl` without anything of the user's.
pub(crate) fn ytmpctl() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ytmpctl"));
    command.env_clear().env("HOME", "/nonexistent").env("TZ", "TEST-2").stdin(Stdio::null());
    command
}

/// Runs it against the daemon at `socket`.
pub(crate) fn run(socket: &Path, arguments: &[&str]) -> Ran {
    ytmpctl().arg("--socket").arg(socket).args(arguments).output().unwrap().into()
}
