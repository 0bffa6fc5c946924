//! A terminal program, as its user sees it: in tmux.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::{programs, within_patience};

/// A program in a tmux of its own, with a home of its own. It ends with this value.
pub(crate) struct Screen {
    folder: TempDir,
}

impl Screen {
    /// Runs `program` with `arguments` on a screen of 100 by 30. `None` where it or tmux is missing.
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Option<Self> {
        let program = programs::find(program)?;
        Self::start_program(&program, arguments)
    }

    /// As [`Self::start`], on a screen of so many columns and lines.
    pub(crate) fn start_sized(program: &str, arguments: &[&str], size: (u16, u16)) -> Option<Self> {
        Self::start_on(&programs::find(program)?, arguments, size)
    }

    /// As [`Self::start`], of a program that is there.
    pub(crate) fn start_program(program: &Path, arguments: &[&str]) -> Option<Self> {
        Self::start_on(program, arguments, (100, 30))
    }

    fn start_on(program: &Path, arguments: &[&str], (columns, lines): (u16, u16)) -> Option<Self> {
        programs::find("tmux")?;
        let screen = Self { folder: TempDir::new().unwrap() };
        let command = std::iter::once(program.to_str().unwrap()).chain(arguments.iter().copied());
        let (columns, lines) = (columns.to_string(), lines.to_string());
        let mut start = vec!["-f", "/dev/null", "new-session", "-d", "-x", &columns, "-y", &lines];
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
        let found = within_patience(|| {
            let text = self.text();
            texts.iter().all(|wanted| text.contains(wanted)).then_some(text)
        });
        found.unwrap_or_else(|| panic!("{texts:?} is not on the screen:\n{}", self.text()))
    }

    /// What is on the screen, with the escape sequences of its colours.
    pub(crate) fn colours(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p", "-e"]).stdout).into_owned()
    }

    /// What it shows now.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"]).stdout).into_owned()
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let socket = self.folder.path().join("tmux");
        let mut tmux = Command::new("tmux");
        tmux.arg("-S").arg(socket).args(arguments).env("LC_ALL", "C.UTF-8").env("HOME", self.folder.path());
        // The user's own configuration would be found by them.
        for variable in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "MPD_HOST", "MPD_PORT"] {
            tmux.env_remove(variable);
        }
        tmux.output().unwrap()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
