//! What becomes of a child that hangs, dies or talks too much, with shell scripts in its place.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

/// Long enough for a shell on a loaded machine.
const AMPLE: Duration = Duration::from_secs(20);
/// For what is to run into its deadline, after the shell has written its pids.
const SHORT: Duration = Duration::from_secs(1);
/// A grandchild in the same group that holds the pipes open; both pids go to the file `$PIDS`.
const FAMILY: &str = "sleep 60 & echo $$ $! > \"$PIDS.new\"; mv \"$PIDS.new\" \"$PIDS\";";

fn script(text: &str, timeout: Duration) -> YtDlp {
    let command = ["sh", "-c", text, "yt-dlp"].map(str::to_owned).to_vec();
    let args = vec!["--user".to_owned()];
    YtDlp { command, args, timeout, guard: None, cookies: None }
}

fn family(then: &str, pids: &Path, timeout: Duration) -> YtDlp {
    script(&format!("PIDS={}; {FAMILY} {then}", pids.display()), timeout)
}

#[tokio::test]
async fn what_it_writes_is_given_back() {
    for (text, success, stdout, stderr) in [
        ("echo \"$@\"", true, "-J --user -- URL\n", ""),
        ("echo null; echo ERROR: no >&2; exit 1", false, "null\n", "ERROR: no\n"),
        ("echo '{rubbish'; printf 'Traceback\\377' >&2; exit 1", false, "{rubbish\n", "Traceback\u{fffd}"),
        ("kill -9 $$", false, "", ""),
        ("cat", true, "", ""),
    ] {
        let output = script(text, AMPLE).run(&["-J", "--", "URL"]).await.unwrap();
        assert_eq!(output.success, success, "{text}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), stdout, "{text}");
        assert_eq!(output.stderr, stderr, "{text}");
    }
}

#[tokio::test]
async fn a_program_with_a_folder_finds_what_stands_beside_it() {
    let path = std::env::var("PATH").unwrap();
    for (program, expected) in [("sh", path.clone()), ("/bin/sh", format!("{path}:/bin"))] {
        let mut ytdlp = script("echo \"$PATH\"", AMPLE);
        ytdlp.command[0] = program.to_owned();
        let output = ytdlp.run(&[]).await.unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), expected, "{program}");
    }
}

#[tokio::test]
async fn each_run_has_cookies_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("cookies.txt");
    let lines =
        ["SAPISID", "LOGIN_INFO"].map(|name| format!(".youtube.com\tTRUE\t/\tTRUE\t0\t{name}\tsecret\n"));
    fs::write(&export, lines.concat()).unwrap();
    let cookies = Cookies::new(Some(&export), folder.path().join("kept"));
    // Its arguments, the file that it is given, and then it writes that file anew.
    let text = "echo \"$*\"; while [ \"$1\" ] && [ \"$1\" != --cookies ]; do shift; done; \
                stat -c %a \"$2\"; cat \"$2\"; echo rewritten > \"$2\"; echo ERROR >&2; exit 1";
    let mut paths = vec![];
    for _ in 0..2 {
        let output =
            script(text, AMPLE).with_cookies(cookies.clone()).run(&["-J", "--", "URL"]).await.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let (arguments, rest) = said.split_once('\n').unwrap();
        let path = arguments.strip_prefix("-J --cookies ").unwrap().strip_suffix(" --user -- URL").unwrap();
        assert!(!Path::new(path).exists(), "{path} is left behind");
        let file = format!("600\n# Netscape HTTP Cookie File\n{}", lines.concat());
        assert_eq!(rest, file);
        paths.push(path.to_owned());
    }
    assert_ne!(paths[0], paths[1]);
    assert_eq!(fs::read_to_string(&export).unwrap(), lines.concat());

    let none = Cookies::new(None, folder.path().join("kept"));
    let missing = Cookies::new(Some(&folder.path().join("no")), folder.path().join("kept"));
    for (cookies, args) in [
        (none, "--user"),
        (missing, "--user"),
        (cookies.clone(), "--cookies=mine"),
        (cookies, "--cookies-from-browser"),
    ] {
        let ytdlp = YtDlp { args: vec![args.to_owned()], ..script("echo \"$*\"", AMPLE) };
        let output = ytdlp.with_cookies(cookies).run(&["-J"]).await.unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("-J {args}\n"));
    }
}

#[tokio::test]
async fn a_dropped_run_leaves_no_cookies() {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("cookies.txt");
    let lines =
        ["SAPISID", "LOGIN_INFO"].map(|name| format!(".youtube.com\tTRUE\t/\tTRUE\t0\t{name}\tsecret\n"));
    fs::write(&export, lines.concat()).unwrap();
    let state = folder.path().join("state");
    fs::create_dir(&state).unwrap();
    let copies = || fs::read_dir(&state).unwrap().count();
    let pids = folder.path().join("pids");
    let ytdlp = family("wait", &pids, AMPLE).with_cookies(Cookies::new(Some(&export), state.join("kept")));
    tokio::select! {
        _ = ytdlp.run(&[]) => panic!("it waits"),
        left = async { read_pids(&pids).await; copies() } => assert_eq!(left, 1),
    }
    assert_eq!(copies(), 0);
    all_gone(&pids).await;
}

/// As the single-file builds of `yt-dlp` do, which unpack themselves.
const UNPACKS: &str = "mkdir \"$TMPDIR/_MEI1\"; echo python > \"$TMPDIR/_MEI1/python\"; echo \"$TMPDIR\";";

#[tokio::test]
async fn nothing_that_it_unpacks_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let mut folders = vec![];
    for (n, guard) in [None, Some(guard_program(dir.path()))].into_iter().enumerate() {
        let told = dir.path().join(format!("told{n}"));
        let tell = format!("exec > '{0}.new'; {UNPACKS} mv '{0}.new' '{0}';", told.display());
        for (then, timeout) in [("exit 0", AMPLE), ("kill -9 $$", AMPLE), ("sleep 60", SHORT)] {
            let ytdlp = YtDlp { guard: guard.clone(), ..script(&format!("{tell} {then}"), timeout) };
            assert_eq!(ytdlp.run(&[]).await.is_ok(), timeout == AMPLE, "{then}");
            let folder = fs::read_to_string(&told).unwrap();
            assert!(!Path::new(folder.trim_end()).exists(), "{then}");
            folders.push(folder);
            fs::remove_file(&told).unwrap();
        }
        let ytdlp = YtDlp { guard, ..script(&format!("{tell} sleep 60"), AMPLE) };
        tokio::select! {
            _ = ytdlp.run(&[]) => panic!("it sleeps"),
            folder = until(|| fs::read_to_string(&told).ok()) => folders.push(folder),
        }
    }
    for folder in &folders {
        let folder = Path::new(folder.trim_end());
        assert_eq!(folder.parent(), Some(&*std::env::temp_dir()));
        until(|| (!folder.exists()).then_some(())).await;
    }
    folders.sort();
    folders.dedup();
    assert_eq!(folders.len(), 8, "each has its own");
}

#[tokio::test]
async fn it_is_bounded() {
    let endless = script("exec cat /dev/zero", AMPLE);
    assert!(matches!(endless.run(&[]).await, Err(RunError::TooMuch(_, _))));

    let output = script("yes warning | head -c 1000000 >&2; echo last >&2", AMPLE).run(&[]).await.unwrap();
    assert_eq!(output.stderr.len(), 64 * 1024);
    assert!(output.stderr.ends_with("last\n"));
}

#[tokio::test]
async fn a_missing_program_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    for guard in [None, Some(guard_program(dir.path()))] {
        for (program, kind) in
            [("/no/such/yt-dlp", io::ErrorKind::NotFound), ("/", io::ErrorKind::PermissionDenied)]
        {
            let ytdlp =
                YtDlp { command: vec![program.to_owned()], guard: guard.clone(), ..script("", AMPLE) };
            let Err(RunError::Spawn(named, error)) = ytdlp.run(&[]).await else {
                // The test harness around the guard writes to stdout only, so this does hold.
                panic!("{program} ran");
            };
            assert_eq!((named.as_str(), error.kind()), (program, kind));
        }
    }
}

#[tokio::test]
async fn its_deadline_ends_the_whole_group() {
    let dir = tempfile::tempdir().unwrap();
    let guards = [None, Some(guard_program(dir.path()))];
    for (n, guard) in guards.into_iter().enumerate() {
        let pids = dir.path().join(n.to_string());
        let began = Instant::now();
        let ytdlp = YtDlp { guard, ..family("trap '' TERM INT HUP; wait; wait", &pids, SHORT) };
        assert!(matches!(ytdlp.run(&[]).await, Err(RunError::TimedOut(_, SHORT))));
        assert!(began.elapsed() < SHORT + AMPLE);
        all_gone(&pids).await;
    }
}

#[tokio::test]
async fn what_it_leaves_behind_ends_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let pids = dir.path().join("pids");
    let output = family("echo done", &pids, AMPLE).run(&[]).await.unwrap();
    assert_eq!(output.stdout, b"done\n");
    all_gone(&pids).await;
}

/// A daemon that leaves the group, say one that makes PO tokens, is none of ours to end, but has the
/// child's pipes.
#[tokio::test]
async fn a_daemon_that_it_leaves_behind_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    for (n, then, answer) in [
        (0, "echo '{}'", Some((true, "{}\n", ""))),
        (1, "echo ERROR: no >&2; exit 1", Some((false, "", "ERROR: no\n"))),
        (2, "printf '{'", None),
    ] {
        let pid = dir.path().join(n.to_string());
        let path = pid.display();
        // It lives until its file is gone.
        let daemon =
            format!("echo $$ > {path}.new; mv {path}.new {path}; while [ -e {path} ]; do sleep 0.1; done");
        let text = format!("setsid sh -c '{daemon}' & while ! [ -e {path} ]; do sleep 0.01; done; {then}");
        let ran = script(&text, AMPLE).run(&[]).await;
        let daemon = read_pids(&pid).await;
        assert!(daemon.iter().all(|pid| lives(*pid)), "{then}");
        fs::remove_file(&pid).unwrap();
        until(|| (!daemon.iter().any(|pid| lives(*pid))).then_some(())).await;
        match (answer, ran) {
            (Some((success, stdout, stderr)), Ok(output)) => {
                assert_eq!((output.success, output.stderr.as_str()), (success, stderr));
                assert_eq!(String::from_utf8(output.stdout).unwrap(), stdout);
            }
            (None, Err(RunError::LeftOpen(_))) => {}
            (_, ran) => panic!("{then}: {ran:?}"),
        }
    }
}

#[tokio::test]
async fn dropping_the_run_ends_the_whole_group() {
    let dir = tempfile::tempdir().unwrap();
    let pids = dir.path().join("pids");
    let ytdlp = family("wait", &pids, AMPLE);
    tokio::select! {
        _ = ytdlp.run(&[]) => panic!("it waits"),
        _ = read_pids(&pids) => {}
    }
    all_gone(&pids).await;
}

#[tokio::test]
async fn a_guarded_run_is_as_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let ytdlp = script("echo \"$@\"; echo ERROR >&2; exit 3", AMPLE).guarded_by(guard_program(dir.path()));
    let output = ytdlp.run(&["-J", "--", "a b"]).await.unwrap();
    // The test harness, which plays the guard, begins with lines of its own.
    assert!(output.stdout.ends_with(b"\n-J --user -- a b\n"));
    assert_eq!((output.success, output.stderr.as_str()), (false, "ERROR\n"));
}

#[tokio::test]
async fn a_killed_daemon_leaves_nobody_behind() {
    let dir = tempfile::tempdir().unwrap();
    let temporary = dir.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let mut daemon = again("as_daemon");
    daemon.env("YTMPD_TEST_DAEMON", dir.path()).env("TMPDIR", &temporary);
    let mut daemon = daemon.spawn().unwrap();
    let pids = dir.path().join("pids");
    read_pids(&pids).await;
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    all_gone(&pids).await;
    let left = || fs::read_dir(&temporary).unwrap().count();
    assert_eq!(left(), 1);
    // As the next daemon does.
    scratch::sweep_in(&temporary);
    assert_eq!(left(), 0);
}

/// No test of its own: the process that the test above kills.
#[tokio::test]
async fn as_daemon() {
    let Some(dir) = std::env::var_os("YTMPD_TEST_DAEMON").map(PathBuf::from) else { return };
    let ytdlp = family("wait", &dir.join("pids"), AMPLE).guarded_by(guard_program(&dir));
    let _ = ytdlp.run(&[]).await;
}

/// No test of its own: the guard's process, see [`guard_program`].
#[test]
fn as_guard() {
    let Ok(args) = std::env::var("YTMPD_TEST_GUARD") else { return };
    let args = args.split_terminator('\u{1f}').map(OsString::from);
    let code = guard([OsString::new()].into_iter().chain(args)).expect("the guard's arguments");
    // As `main` would; `ExitCode` does not show its number.
    std::process::exit(if code == std::process::ExitCode::from(127) { 127 } else { 3 });
}

#[test]
fn only_its_own_name_makes_a_guard() {
    for args in [&["ytmpd"][..], &["ytmpd", "--version"], &["__guard"], &[]] {
        assert!(guard(args.iter().map(OsString::from)).is_none(), "{args:?}");
    }
}

#[tokio::test]
async fn the_real_one_runs() {
    let program = std::env::var("YTMPD_YTDLP").unwrap_or_else(|_| "yt-dlp".to_owned());
    let ytdlp = YtDlp {
        command: vec![program],
        args: Vec::new(),
        timeout: Duration::from_secs(60),
        guard: None,
        cookies: None,
    };
    match ytdlp.run(&["--ignore-config", "--version"]).await {
        Ok(output) => assert!(output.success && output.stdout.starts_with(b"20"), "{}", output.stderr),
        Err(RunError::Spawn(program, error)) => {
            writeln!(io::stderr(), "skipped: no {program} here: {error}; set YTMPD_YTDLP").unwrap();
        }
        Err(error) => panic!("{error}"),
    }
}

/// This test program, to run one of its tests as another process.
fn again(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("ytdlp::tests::{test}"), "--nocapture"]);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// A program that is the guard. A shell writes it: a file that this process has open for writing
/// cannot be run, nor while a child that another test forks still has it open.
fn guard_program(dir: &Path) -> PathBuf {
    let path = dir.join("guard");
    let text = format!(
        "#!/bin/sh\nexport YTMPD_TEST_GUARD=\"$(printf '%s\\037' \"$@\")\"\nexec '{}' --exact ytdlp::tests::as_guard --nocapture\n",
        std::env::current_exe().unwrap().display()
    );
    let write = Command::new("sh")
        .args(["-c", "printf %s \"$1\" > \"$2\" && chmod 700 \"$2\"", "sh", &text])
        .arg(&path)
        .status();
    assert!(write.unwrap().success());
    path
}

async fn read_pids(file: &Path) -> Vec<u32> {
    until(|| fs::read_to_string(file).ok()).await.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

async fn all_gone(file: &Path) {
    let pids = read_pids(file).await;
    assert_eq!(pids.len(), 2);
    until(|| (!pids.iter().any(|pid| lives(*pid))).then_some(())).await;
}

/// A process that nobody has reaped yet does not live.
fn lives(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

async fn until<T>(mut done: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + AMPLE;
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(Instant::now() < deadline, "still not");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
