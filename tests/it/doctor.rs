//! `ytmpctl doctor` with the real programs: what it says of setups that are right, and of those
//! that are wrong in one way.

mod machine;
mod mpd;
mod screens;
mod traces;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::support::daemon::Daemon;
use crate::support::eventually;
use crate::support::world::World;
use crate::ytmpctl::{Ran, run, ytmpctl};

/// What a report says of one thing.
#[derive(Debug, Clone, Deserialize)]
struct Check {
    name: String,
    state: String,
    found: String,
    todo: Option<String>,
}

/// What the test expects of one check: its name, how it is, and parts of what was found and of what
/// is to be done.
type Expected<'a> = (&'a str, &'a str, &'a str, &'a str);

/// A configuration beside the daemon's, so that what it says of folders and sockets is the same,
/// with other lines: `more` as for [`Daemon::start`].
fn variant(daemon: &Daemon, more: &[(&str, &str)]) -> PathBuf {
    let told = fs::read_to_string(daemon.folder().join("config.toml")).unwrap();
    let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
    let mut more: Vec<String> = more.iter().map(|(section, line)| format!("{section}.{line}")).collect();
    if !more.iter().any(|line| line.starts_with("resolver.")) {
        more.push(format!("resolver.{}", quick_ytdlp(daemon.folder())));
    }
    let kept = told.lines().filter(|line| !more.iter().any(|other| key(other) == key(line)));
    let lines: Vec<&str> = kept.chain(more.iter().map(String::as_str)).collect();
    let file = daemon.folder().join("variant.toml");
    fs::write(&file, lines.join("\n")).unwrap();
    file
}

/// What yt-dlp says of itself, without a Python and a Deno that have to start.
fn quick_ytdlp(folder: &Path) -> String {
    let says = "echo \"[debug] yt-dlp version stable@$(date -u +%Y.%m.%d) from yt-dlp/yt-dlp\"\n\
                echo '[debug] Optional libraries: yt_dlp_ejs-0.8.0'\n\
                echo '[debug] JS runtimes: deno-2.9.8'\n";
    script(folder, "quick-yt-dlp", &format!("exec >&2\n{says}exit 2"))
}

/// A `command` that is a shell script.
fn script(folder: &Path, name: &str, does: &str) -> String {
    let file = folder.join(name);
    fs::write(&file, format!("{does}\n")).unwrap();
    // Not run as a program of its own, which fails while any process has it open for writing.
    format!("command = [\"sh\", {file:?}]")
}

/// Waits until the daemon has synced so often, and nothing is under way.
fn synced(world: &World, times: usize) {
    eventually("it has synced", || {
        let rounds = world.daemon.log().matches("a round of listing is done").count();
        let status = run(&world.daemon.control(), &["status", "--json"]).json();
        (rounds >= times && status["sync_in_progress"] == false).then_some(())
    });
}

/// Examines with the daemon's own configuration, but for yt-dlp.
fn examine(world: &World) -> Vec<Check> {
    examine_with(&variant(&world.daemon, &[]), &world.daemon, &[])
}

/// Examines with this configuration and this environment.
fn examine_with(config: &Path, daemon: &Daemon, environment: &[(&str, &str)]) -> Vec<Check> {
    let mut command = ytmpctl();
    command.arg("--config").arg(config).args(["doctor", "--json"]);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // Whatever MPD of the machine's own there is, clients that are started here are told.
    command.env("MPD_HOST", daemon.socket()).envs(environment.iter().copied());
    let ran = Ran::from(command.output().unwrap());
    assert_eq!((ran.out.lines().count(), ran.error.as_str()), (1, ""), "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let checks: Vec<Check> = serde_json::from_value(report["checks"].clone()).unwrap();
    let failed = checks.iter().any(|check| check.state == "failure");
    assert_eq!((ran.code, report["success"].as_bool()), (Some(i32::from(failed)), Some(!failed)));
    for check in &checks {
        assert_eq!(
            check.todo.is_some(),
            check.state != "ok",
            "what to do is said when it is to be: {check:?}"
        );
    }
    let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, NAMES);
    checks
}

/// In the order in which they are printed.
const NAMES: [&str; 17] = [
    "configuration",
    "ytmpd",
    "MPD",
    "relay",
    "decoders",
    "plugins",
    "clients",
    "MPD_HOST",
    "yt-dlp",
    "JavaScript",
    "cookies",
    "account",
    "state",
    "library",
    "sync",
    "YouTube",
    "clock",
];

/// The report says this, and that all else is well.
#[track_caller]
fn says(checks: &[Check], expected: &[Expected<'_>]) {
    let expected: BTreeMap<&str, &Expected<'_>> = expected.iter().map(|one| (one.0, one)).collect();
    for check in checks {
        let Check { name, state, found, todo } = check;
        match expected.get(name.as_str()) {
            Some((_, how, what, cure)) => {
                let is_said = state == how && found.contains(what);
                let is_cured = todo.as_deref().unwrap_or_default().contains(cure);
                assert!(is_said && is_cured, "{how} {what:?} -> {cure:?}, but {check:?}");
            }
            // The tests' own grows old by itself.
            None if name == "yt-dlp" && found.contains("days old: YouTube changes more often") => {}
            None => assert_eq!(state, "ok", "{check:?}"),
        }
    }
}
