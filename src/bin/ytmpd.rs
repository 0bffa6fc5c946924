//! The daemon: arguments in, exit code out.

use std::error::Error;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use ytmpd::app;
use ytmpd::config::{self, Arguments, Environment};
use ytmpd::net::Inherited;
use ytmpd::reason::on_one_line;
use ytmpd::service::logging;

/// How the program ends; the numbers are those of sysexits.h.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Exit {
    /// Stopped on request.
    Stopped = 0,
    /// The command line makes no sense.
    Usage = 64,
    /// Something needed is not there: a port is taken, no MPD for the demo.
    Unavailable = 69,
    /// A bug in ytmpd.
    Bug = 70,
    /// The configuration is wrong.
    Config = 78,
}

/// What it counts as that it does not run, and why.
struct Failure(Exit, String);

fn main() -> ExitCode {
    if let Some(code) = ytmpd::ytdlp::guard(std::env::args_os()) {
        return code;
    }
    let exit = panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or(Exit::Bug);
    ExitCode::from(exit as u8)
}

fn run() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(help_or_error) => {
            // A closed terminal takes no help text.
            let _ = help_or_error.print();
            return if help_or_error.use_stderr() { Exit::Usage } else { Exit::Stopped };
        }
    };
    match start(arguments) {
        Ok(()) => Exit::Stopped,
        Err(Failure(exit, why)) => {
            let _ = writeln!(io::stderr(), "ytmpd: {why}");
            exit
        }
    }
}

fn start(arguments: Arguments) -> Result<(), Failure> {
    let inherited = Inherited::of_process().map_err(failed(Exit::Config))?;
    let mut environment = Environment { passed: inherited.sockets(), ..Environment::of_process() };
    if arguments.demo.is_some() {
        // Its folders are its own: it needs no home.
        environment.config_home.get_or_insert_with(std::env::temp_dir);
    }
    if let Some(filter) = &arguments.log {
        logging::check(filter).map_err(failed(Exit::Usage))?;
    }
    let (named, log, is_demo) = (arguments.config, arguments.log, arguments.demo.is_some());
    // A file that is gone when it is read again is an error: it had a reason to be there.
    let file = if is_demo { named } else { config::find(named.as_deref(), &environment) };
    let read = move || {
        let mut config = match &file {
            // Whoever tries it out may have a configuration that is not to be touched, or is broken.
            None if is_demo => config::defaults(&environment),
            file => config::load(file.as_deref(), &environment),
        }?;
        if let Some(filter) = &log {
            filter.clone_into(&mut config.log_filter);
        }
        Ok(config)
    };
    let config = read().map_err(failed(Exit::Config))?;
    if arguments.check_config {
        return match write!(io::stdout(), "{}", config.to_toml()) {
            // Who reads has enough of it: `ytmpd --check-config | head -1`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(failed(Exit::Unavailable)),
        };
    }
    let log = logging::start(&config.log_filter).map_err(failed(Exit::Usage))?;
    let ended = match arguments.demo {
        None => app::main(&config, inherited, Arc::new(read), log),
        Some(url) => app::demo(config, url, |demo| {
            // It runs all the same if nobody reads the invitation.
            let _ = io::stdout().write_all(demo.invitation().as_bytes());
        }),
    };
    ended.map_err(failed(Exit::Unavailable))
}

fn failed<E: Error>(exit: Exit) -> impl FnOnce(E) -> Failure {
    move |error| Failure(exit, on_one_line(&error))
}
