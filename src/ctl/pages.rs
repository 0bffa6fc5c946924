//! What a package installs beside the program: completions and the manual.

use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::arguments::{Arguments, Program};
use super::{format5, look};
use crate::config;

/// The completion script of a shell, for one of the two programs.
pub(super) fn completions(shell: Shell, program: Program) -> String {
    let mut script = vec![];
    let (mut command, name) = match program {
        Program::Ytmpctl => (Arguments::command(), "ytmpctl"),
        Program::Ytmpd => (config::Arguments::command(), "ytmpd"),
    };
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Writes `ytmpctl.1`, a page for each subcommand, `ytmpd.1` and `ytmpd.toml.5`. What to say about
/// it.
pub(super) fn manual(folder: &Path) -> io::Result<String> {
    std::fs::create_dir_all(folder)?;
    for program in [Arguments::command(), config::Arguments::command()] {
        clap_mangen::generate_to(program, folder)?;
    }
    std::fs::write(folder.join(format5::FILE), format5::page())?;
    Ok(look::line(&format!("The manual is in {}", folder.display())))
}
