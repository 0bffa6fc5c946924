//! A terminal program, as its user sees it: in tmux.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::{eventually, programs};

/// A program in a tmux of its own. It ends with this value.
pub(crate) struct Screen {
    folder: TempDir,
}

impl Screen {
    /// Runs `program` with `arguments` on a screen of 100 by 30. `None` where it or tmux is missing.
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Option<Self> {
        programs::find("tmux")?;
        let program = programs::find(program)?;
        let screen = Self { folder: TempDir::new().unwrap() };
        let command = std::iter::once(program.to_str().unwrap()).chain(arguments.iter().copied());
        let mut start = vec!["-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30"];
        start.extend(command);
        let started = screen.tmux(&start);
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        Some(screen)
    }

    /// A folder for the program's own files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Presses keys, by tmux's names.
    pub(crate) fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Waits until all of `texts` are on the screen, and returns it.
    #[track_caller]
    pub(crate) fn shows(&self, texts: &[&str]) -> String {
        let mut last = String::new();
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually(&format!("{texts:?} on the screen"), || {
                last = self.text();
                texts.iter().all(|text| last.contains(text)).then(|| last.clone())
            })
        }));
        found.unwrap_or_else(|_| panic!("{texts:?} is not on the screen:\n{last}"))
    }

    /// What is on the screen, with the escape sequences of its colours.
    pub(crate) fn colours(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p", "-e"]).stdout).into_owned()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"]).stdout).into_owned()
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let socket = self.folder.path().join("tmux");
        Command::new("tmux").arg("-S").arg(socket).args(arguments).env("LC_ALL", "C.UTF-8").output().unwrap()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
