//! The real programs that tests run.

use std::env;
use std::path::PathBuf;

/// Where `program` is: `$YTMPD_YTDLP` for `yt-dlp`, else on `PATH`. `None`, and a line that says
/// so, where it is missing: the test has nothing to test then. Under `YTMPD_TESTS_REQUIRE_ALL`, as
/// `tests/run.sh` sets it, that is a failure.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let named = env::var_os("YTMPD_YTDLP").map(PathBuf::from).filter(|_| program == "yt-dlp");
    let path = env::var_os("PATH").unwrap_or_default();
    let found = named.or_else(|| {
        env::split_paths(&path).map(|folder| folder.join(program)).find(|program| program.is_file())
    });
    if found.is_none() {
        assert!(env::var_os("YTMPD_TESTS_REQUIRE_ALL").is_none(), "there is no {program} on PATH");
        eprintln!("skipped: there is no {program} on PATH");
    }
    found
}
