//! The daemon's remote control: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use ytmpd::ctl::{Arguments, Exit, main as run};

fn main() -> ExitCode {
    let exit = match Arguments::try_parse() {
        Ok(arguments) => run(arguments),
        Err(help_or_error) => {
            // A closed terminal takes no help text.
            let _ = help_or_error.print();
            if help_or_error.use_stderr() { Exit::Usage } else { Exit::Done }
        }
    };
    ExitCode::from(exit as u8)
}
