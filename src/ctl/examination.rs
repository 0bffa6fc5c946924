//! `ytmpctl doctor`, as people and machines read it.

use std::path::PathBuf;
use std::time::Duration;

use indicatif::ProgressBar;

use super::arguments::Format;
use super::look::{self, Look, Tone, clean};
use super::{Exit, Failure, find, print};
use crate::doctor::{Check, Report, State, Surroundings, examine};
use crate::words::count;

/// The columns of how something is, and of its name.
const STATES: usize = 9;
const NAMES: usize = 15;

/// Examines, and prints what is found.
pub(super) fn run(socket: Option<PathBuf>, config: Option<PathBuf>, format: Format) -> Result<Exit, Failure> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let surroundings = Surroundings {
        environment: find::environment(config.as_deref()),
        config,
        socket,
        mpd_host: variable("MPD_HOST"),
        mpd_port: variable("MPD_PORT"),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let looking = looking(format);
    let report = runtime.block_on(examine(&surroundings));
    looking.finish_and_clear();
    // A disk that hangs keeps a thread of its own, for which nobody waits.
    runtime.shutdown_background();
    match format {
        Format::Text => print(&page(&report, &Look::of_stdout()))?,
        Format::Json => {
            let json = serde_json::to_string(&report).map_err(std::io::Error::from)?;
            print(&look::json_line(&json))?;
        }
    }
    Ok(if report.is_well() { Exit::Done } else { Exit::Refused })
}

/// Shows people at a terminal that something is under way; it is gone afterwards. On the standard
/// error, so that the report can go elsewhere meanwhile.
fn looking(format: Format) -> ProgressBar {
    const TICK: Duration = Duration::from_millis(100);
    if format == Format::Json {
        return ProgressBar::hidden();
    }
    let looking = ProgressBar::new_spinner().with_message("Looking; that takes some seconds");
    looking.enable_steady_tick(TICK);
    looking
}

/// A line for each check, one for what to do about it, and one for all.
fn page(report: &Report, look: &Look) -> String {
    let mut page: String = report.0.iter().map(|check| line(check, look)).collect();
    let count_of = |state, what| {
        Some(report.count(state)).filter(|number| *number > 0).map(|number| count(number, what))
    };
    let counts = [count_of(State::Failure, "failure"), count_of(State::Warning, "warning")];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    let (tone, summary) = match counts.as_slice() {
        [] => (Tone::Good, "All is well".to_owned()),
        counts if report.is_well() => (Tone::Doubtful, counts.join(", ")),
        counts => (Tone::Bad, counts.join(", ")),
    };
    page.push_str(&format!("\n{}\n", look.paint(tone, &summary)));
    page
}

fn line(check: &Check, look: &Look) -> String {
    const INDENT: usize = STATES + NAMES;
    let (tone, state) = match check.state {
        State::Ok => (Tone::Good, "ok"),
        State::Warning => (Tone::Doubtful, "warning"),
        State::Failure => (Tone::Bad, "failure"),
    };
    let state = look.paint(tone, &format!("{state:<STATES$}"));
    let name = look.paint(Tone::Quiet, &format!("{:<NAMES$}", check.name));
    let mut line = format!("{state}{name}{}\n", look.wrap(&clean(&check.found), INDENT));
    if let Some(todo) = &check.todo {
        let todo = look.wrap(&clean(todo), INDENT + 3);
        line.push_str(&format!("{:INDENT$}-> {}\n", "", look.paint(Tone::Heading, &todo)));
    }
    line
}
