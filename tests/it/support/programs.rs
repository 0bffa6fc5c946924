//! The real programs that tests run.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// Where `program` is: `$YTMPD_YTDLP` for `yt-dlp`, else on `PATH`. `None`, and a line that says
/// so, where it is missing: the test has nothing to test then. Under `YTMPD_TESTS_REQUIRE_ALL`, as
/// `tests/run.sh` sets it, that is a failure.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let named = env::var_os("YTMPD_YTDLP").map(PathBuf::from).filter(|_| program == "yt-dlp");
    let found = named.or_else(|| on_path(program));
    required(found, &format!("{program} on PATH"))
}

/// As [`find`], for what takes minutes to build or to fetch: only `tests/run.sh --all` does, and
/// sets `YTMPD_TESTS_ALL`.
pub(crate) fn find_extra(program: &str) -> Option<PathBuf> {
    if env::var_os("YTMPD_TESTS_ALL").is_none() {
        eprintln!("skipped: {program} is for tests/run.sh --all");
        return None;
    }
    find(program)
}

/// A Python that has this module, as [`find`]. Debian's own comes first: it has Debian's modules.
pub(crate) fn find_python_with(module: &str) -> Option<PathBuf> {
    let has = |python: &PathBuf| {
        let imported = Command::new(python).args(["-c", &format!("import {module}")]).output();
        imported.is_ok_and(|output| output.status.success())
    };
    let found = [Some("/usr/bin/python3".into()), on_path("python3")].into_iter().flatten().find(has);
    required(found, &format!("Python with {module}"))
}

/// This file, as [`find`].
pub(crate) fn find_file(path: &str) -> Option<PathBuf> {
    required(Some(PathBuf::from(path)).filter(|path| path.is_file()), path)
}

/// `unshare`, which can make namespaces as `options` say, as [`find`]; `None` too where
/// `tests/run.sh` has found that the system lets nobody make any.
pub(crate) fn find_unshare(options: &[&str]) -> Option<PathBuf> {
    const IMPOSSIBLE: &str = "YTMPD_TESTS_NO_NAMESPACES";
    if env::var_os(IMPOSSIBLE).is_some() {
        eprintln!("skipped: {IMPOSSIBLE} is set");
        return None;
    }
    let unshare = find("unshare")?;
    let made = Command::new(&unshare).args(options).arg("true").status().is_ok_and(|status| status.success());
    required(
        made.then_some(unshare),
        "way to make namespaces; YTMPD_TESTS_NO_NAMESPACES=1 leaves out what needs them",
    )
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|folder| folder.join(program)).find(|program| program.is_file())
}

fn required(found: Option<PathBuf>, what: &str) -> Option<PathBuf> {
    if found.is_none() {
        assert!(env::var_os("YTMPD_TESTS_REQUIRE_ALL").is_none(), "there is no {what}");
        eprintln!("skipped: there is no {what}");
    }
    found
}
