//! What a package installs beside the program: completions and the manual.

use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::arguments::Arguments;
use super::look;
use crate::config;

/// The completion script of a shell.
pub(super) fn completions(shell: Shell) -> String {
    let mut script = vec![];
    clap_complete::generate(shell, &mut Arguments::command(), "ytmpctl", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Writes `ytmpctl.1`, a page for each subcommand, and `ytmpd.1`. What to say about it.
pub(super) fn manual(folder: &Path) -> io::Result<String> {
    std::fs::create_dir_all(folder)?;
    for program in [Arguments::command(), config::Arguments::command()] {
        clap_mangen::generate_to(program, folder)?;
    }
    Ok(look::line(&format!("The manual is in {}", folder.display())))
}
