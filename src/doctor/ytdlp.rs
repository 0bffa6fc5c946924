//! `yt-dlp`, and the JavaScript runtime that it needs for YouTube.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rustix::fs::{Access, access};
use tokio::join;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{Check, DAY};
use crate::config;
use crate::reason::on_one_line;
use crate::words::count;
use crate::ytdlp::{Output, RunError, YtDlp};

/// Python's start takes seconds on a small machine whose disk is cold.
const PATIENCE: Duration = Duration::from_secs(10);

/// The version that ytmpd was tried with: YouTube has changed since older ones.
const TRIED: &str = "2026.10.26";

/// YouTube changes so often that an older one is likely to fail, in days.
const OLD: i64 = 60;

/// How one is updated that did not come as a Python package.
const UPDATE_PROGRAM: &str = "update it: `yt-dlp -U`, or as it was installed";

/// What yt-dlp takes to run YouTube's scripts (`yt_dlp/utils/_jsruntime.py`), and how it is told.
const RUNTIMES: &str = "install Deno 2.3 or newer; or Node 22 or newer, with \
                        `resolver.args = [\"--js-runtimes\", \"node\"]`";

/// What there is.
pub(super) struct Found {
    /// What it says of itself.
    said: Result<Output, RunError>,
    pip: Pip,
}

/// How the packages of its environment are updated.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pip {
    /// With the `pip` of the virtual environment that it is in, as a user who may write there.
    Own(String),
    /// Who has installed it knows. A system's `pip` may well refuse (PEP 668).
    Somewhere,
}

/// Has it say what it is. It writes that before it finds that there is nothing to do.
pub(super) async fn look(config: &config::Resolver) -> Found {
    let ytdlp = YtDlp::new(config).with_timeout(PATIENCE);
    let program = config.command.first().cloned().unwrap_or_default();
    let paths = env::var_os("PATH").unwrap_or_default();
    let pip = timeout(PATIENCE, spawn_blocking(move || Pip::of(&program, &paths)));
    let (said, pip) = join!(ytdlp.run(&["--ignore-config", "--verbose"]), pip);
    Found { said, pip: pip.ok().and_then(Result::ok).unwrap_or(Pip::Somewhere) }
}

pub(super) fn judge(Found { said, pip }: &Found, config: &config::Resolver, now: Timestamp) -> [Check; 2] {
    const NAME: &str = "yt-dlp";
    const RUNTIME: &str = "JavaScript";
    let program = config.command.first().map_or(NAME, String::as_str);
    match said {
        Err(error) => [judge_failed_run(NAME, program, error), unknown(RUNTIME, "yt-dlp does not run")],
        Ok(Output { stderr, .. }) => {
            let remote =
                config.args.iter().chain(&config.command).any(|arg| arg.starts_with("--remote-components"));
            let scripts = if remote { Scripts::Fetched } else { Scripts::Installed };
            let runtime = match version(stderr) {
                Some(_) => judge_runtime(RUNTIME, stderr, scripts, pip),
                None => unknown(RUNTIME, "this is not yt-dlp"),
            };
            [judge_version(NAME, program, stderr, pip, now), runtime]
        }
    }
}

impl Pip {
    /// Beside `program`, or where that is a link to.
    fn of(program: &str, paths: &OsStr) -> Self {
        let found = match program {
            named if named.contains('/') => Some(PathBuf::from(named)),
            bare => env::split_paths(paths).map(|folder| folder.join(bare)).find(|file| file.is_file()),
        };
        let real = found.as_deref().and_then(|file| file.canonicalize().ok());
        let folders = [found.as_deref(), real.as_deref()].into_iter().flatten().filter_map(Path::parent);
        let is_environment = |folder: &&Path| {
            folder.join("pip").is_file() && folder.parent().is_some_and(|it| it.join("pyvenv.cfg").is_file())
        };
        let Some(folder) = folders.into_iter().find(is_environment) else { return Self::Somewhere };
        let sudo = if access(folder, Access::WRITE_OK).is_ok() { "" } else { "sudo " };
        Self::Own(format!("{sudo}{}", folder.join("pip").display()))
    }

    fn install(&self, packages: &str) -> String {
        match self {
            Self::Own(pip) => format!("`{pip} install -U {packages}`"),
            Self::Somewhere => format!("`pip install -U {packages}` where yt-dlp is installed"),
        }
    }
}

fn unknown(name: &'static str, why: &str) -> Check {
    Check::warning(name, format!("not known: {why}"), "see yt-dlp")
}

fn judge_failed_run(name: &'static str, program: &str, error: &RunError) -> Check {
    let found = on_one_line(error);
    let look = format!("look what it does: `{program} --verbose`; is `resolver.command` right?");
    match error {
        RunError::Spawn(..) => {
            Check::failure(name, found, "install yt-dlp, or set `resolver.command` to where it is")
        }
        // The machine may be busy.
        RunError::TimedOut(..) => Check::warning(name, found, look),
        RunError::TooMuch(..) | RunError::LeftOpen(_) => Check::failure(name, found, look),
    }
}

/// How yt-dlp comes by the scripts that it has the runtime run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scripts {
    /// As the package yt-dlp-ejs.
    Installed,
    /// The user has it fetch them.
    Fetched,
}

fn judge_version(name: &'static str, program: &str, said: &str, pip: &Pip, now: Timestamp) -> Check {
    let Some(version) = version(said) else {
        let found = format!("`{program}` does not say its version; is it yt-dlp?");
        return Check::failure(name, found, "set `resolver.command` to yt-dlp");
    };
    let Some(date) = date(version) else {
        return Check::warning(
            name,
            format!("{version}: how old that is, it does not say"),
            update(said, pip),
        );
    };
    let age = now.to_zoned(TimeZone::UTC).date().duration_since(date).as_secs() / DAY;
    let found = format!("{version}, {}", days_old(age));
    if age > OLD {
        return Check::warning(name, format!("{found}: YouTube changes more often"), update(said, pip));
    }
    if self::date(TRIED).is_some_and(|tried| date < tried) {
        return Check::warning(
            name,
            format!("{found}: older than {TRIED}, which is known to work"),
            update(said, pip),
        );
    }
    Check::ok(name, found)
}

fn judge_runtime(name: &'static str, said: &str, scripts: Scripts, pip: &Pip) -> Check {
    let Some(runtimes) = value(said, "JS runtimes: ") else {
        return Check::warning(name, "this yt-dlp knows of no runtime yet", update(said, pip));
    };
    let usable = |runtime: &&str| !runtime.ends_with(')') && !["none", ""].contains(runtime);
    let found: Vec<&str> = runtimes.split(", ").filter(usable).collect();
    let libraries = value(said, "Optional libraries: ").unwrap_or_default();
    let ejs = libraries.split(", ").find(|library| library.starts_with("yt_dlp_ejs-"));
    if found.is_empty() {
        // Such as `node-20.20.2 (unsupported)`, or `none`.
        let found = format!("yt-dlp finds no runtime that it takes ({runtimes}): songs may be missing");
        return Check::warning(name, found, RUNTIMES);
    }
    let found = found.join(", ");
    match (ejs, scripts) {
        (Some(ejs), _) => Check::ok(name, format!("{found}, {ejs}")),
        (None, Scripts::Fetched) => Check::ok(name, format!("{found}, with scripts that yt-dlp fetches")),
        (None, Scripts::Installed) => {
            let found = format!("{found}, but yt-dlp-ejs is missing: songs may be missing");
            Check::warning(name, found, pip.install("yt-dlp yt-dlp-ejs"))
        }
    }
}

/// One that came as a Python package does not update itself.
fn update(said: &str, pip: &Pip) -> String {
    let is_package = value(said, "yt-dlp version ").is_some_and(|version| version.ends_with("(pip)"));
    let pipx = if *pip == Pip::Somewhere { ", or `pipx upgrade yt-dlp`" } else { "" };
    if is_package {
        format!("update it: {}{pipx}", pip.install("yt-dlp yt-dlp-ejs deno"))
    } else {
        UPDATE_PROGRAM.to_owned()
    }
}

/// Of the line `[debug] yt-dlp version stable@2026.10.26 from yt-dlp/yt-dlp [c91f8de0b] (pip)`, which
/// older ones write without the channel.
fn version(said: &str) -> Option<&str> {
    let version = value(said, "yt-dlp version ")?.split_whitespace().next()?;
    Some(version.rsplit('@').next().unwrap_or(version))
}

/// A version is the day when it was made; a nightly one's has the time behind it.
fn date(version: &str) -> Option<Date> {
    let mut numbers = version.split('.');
    let mut number = || numbers.next();
    let (year, month, day) = (number()?, number()?, number()?);
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// What stands behind `key` on its line.
fn value<'a>(said: &'a str, key: &str) -> Option<&'a str> {
    said.lines().find_map(|line| line.strip_prefix("[debug] ")?.strip_prefix(key)).map(str::trim)
}

fn days_old(days: i64) -> String {
    match days {
        ..=0 => "of today".to_owned(),
        _ => format!("{} old", count(days, "day")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::super::State;
    use super::*;

    /// As 2026.10.26 writes it.
    const SAYS: &str = "\
[debug] Command-line config: ['--ignore-config', '--verbose']
[debug] yt-dlp version stable@2026.10.26 from yt-dlp/yt-dlp [c91f8de0b] (pip)
[debug] Python 3.11.7 (CPython x86_64 64bit)
[debug] Optional libraries: sqlite3-3.40.1, yt_dlp_ejs-0.8.0
[debug] JS runtimes: deno-2.9.8
[debug] Proxy map: {}

Usage: yt-dlp [OPTIONS] URL [URL...]

yt-dlp: error: You must provide at least one URL.
";

    #[test]
    fn how_old_it_is() {
        for (version, now, state, found) in [
            ("stable@2026.10.26 from", "2026-11-22T00:00:00Z", State::Ok, "2026.10.26, 27 days old"),
            ("stable@2026.10.26 from", "2026-12-25T00:00:00Z", State::Ok, "2026.10.26, 60 days old"),
            (
                "stable@2026.10.26 from",
                "2026-12-26T00:00:00Z",
                State::Warning,
                "61 days old: YouTube changes",
            ),
            ("stable@2026.10.22 from", "2026-11-22T00:00:00Z", State::Warning, "31 days old: older than"),
            (
                "nightly@2026.11.22.010203 from",
                "2026-11-22T09:00:00Z",
                State::Ok,
                "2026.11.22.010203, of today",
            ),
            ("2023.03.04 [392389b7d]", "2026-11-22T00:00:00Z", State::Warning, "2023.03.04, 1359 days old"),
            ("main", "2026-11-22T00:00:00Z", State::Warning, "main: how old"),
        ] {
            let said = SAYS.replace("stable@2026.10.26 from", version);
            let check = judge_version("yt-dlp", "yt-dlp", &said, &Pip::Somewhere, now.parse().unwrap());
            assert!(check.state == state && check.found.contains(found), "{version}: {check:?}");
        }
        let check =
            judge_version("yt-dlp", "cat", "cat: invalid option", &Pip::Somewhere, Timestamp::UNIX_EPOCH);
        assert!(check.state == State::Failure && check.found.contains("`cat` does not say"), "{check:?}");
    }

    #[test]
    fn it_is_updated_as_it_was_installed() {
        let own = Pip::Own("/v/bin/pip".to_owned());
        let package = "update it: `/v/bin/pip install -U yt-dlp yt-dlp-ejs deno`";
        assert_eq!(update(SAYS, &own), package);
        let somewhere = "update it: `pip install -U yt-dlp yt-dlp-ejs deno` where yt-dlp is installed, or `pipx upgrade yt-dlp`";
        assert_eq!(update(SAYS, &Pip::Somewhere), somewhere);
        assert_eq!(update(&SAYS.replace("(pip)", "(linux_exe)"), &own), UPDATE_PROGRAM);
        let without = SAYS.replace("yt_dlp_ejs-0.8.0", "x-1");
        let check = judge_runtime("JavaScript", &without, Scripts::Installed, &own);
        assert_eq!(check.todo.as_deref(), Some("`/v/bin/pip install -U yt-dlp yt-dlp-ejs`"));
    }

    #[test]
    fn the_pip_of_its_environment_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let [venv, bin, other] = ["venv/bin", "bin", "other"].map(|name| folder.join(name));
        for folder in [&venv, &bin, &other] {
            fs::create_dir_all(folder).unwrap();
        }
        let pip = |program: &Path| Pip::of(program.to_str().unwrap(), other.as_os_str());
        for file in [venv.join("yt-dlp"), venv.join("pip"), other.join("pip"), other.join("yt-dlp")] {
            fs::write(file, "").unwrap();
        }
        symlink(venv.join("yt-dlp"), bin.join("yt-dlp")).unwrap();
        assert_eq!(pip(&venv.join("yt-dlp")), Pip::Somewhere, "that is no virtual environment");
        fs::write(folder.join("venv/pyvenv.cfg"), "").unwrap();
        let own = Pip::Own(venv.join("pip").display().to_string());
        for program in [venv.join("yt-dlp"), bin.join("yt-dlp")] {
            assert_eq!(pip(&program), own);
        }
        // The one beside it is the system's.
        assert_eq!(pip(&other.join("yt-dlp")), Pip::Somewhere);
        let paths = env::join_paths([&folder, &bin, &other]).unwrap();
        assert_eq!(Pip::of("yt-dlp", &paths), own);
        assert_eq!(Pip::of("yt-dlp", OsStr::new("")), Pip::Somewhere);
    }

    #[test]
    fn which_runtime_it_takes() {
        let libraries = "sqlite3-3.40.1, yt_dlp_ejs-0.8.0";
        for (runtimes, libraries, state, found) in [
            ("deno-2.9.8", libraries, State::Ok, "deno-2.9.8, yt_dlp_ejs-0.8.0"),
            ("deno-2.9.8, node-20.20.2 (unsupported)", libraries, State::Ok, "deno-2.9.8, yt_dlp_ejs-0.8.0"),
            ("node-20.20.2 (unsupported)", libraries, State::Warning, "takes (node-20.20.2 (unsupported))"),
            ("none", libraries, State::Warning, "(none)"),
            ("none (disabled)", libraries, State::Warning, "(none (disabled))"),
            ("deno-2.9.8", "sqlite3-3.40.1", State::Warning, "yt-dlp-ejs is missing"),
        ] {
            let said = SAYS.replace("sqlite3-3.40.1, yt_dlp_ejs-0.8.0", libraries);
            let said = said.replace("JS runtimes: deno-2.9.8", &format!("JS runtimes: {runtimes}"));
            let check = judge_runtime("JavaScript", &said, Scripts::Installed, &Pip::Somewhere);
            assert!(check.state == state && check.found.contains(found), "{runtimes}: {check:?}");
        }
        let without = SAYS.replace("yt_dlp_ejs-0.8.0", "x-1");
        assert_eq!(judge_runtime("JavaScript", &without, Scripts::Fetched, &Pip::Somewhere).state, State::Ok);
        let old = SAYS.replace("JS runtimes", "x");
        assert!(
            judge_runtime("JavaScript", &old, Scripts::Installed, &Pip::Somewhere)
                .found
                .contains("knows of no runtime")
        );
    }
}
