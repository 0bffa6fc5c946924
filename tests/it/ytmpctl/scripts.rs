//! What scripts see: exit codes, JSON, and text without a terminal.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixListener;
use std::process::Stdio;

use tempfile::TempDir;
use ytmpd::control::Reloaded;

use super::fake::{Fake, playlist, well};
use super::{Ran, run, ytmpctl};

#[test]
fn text_for_people() {
    let reload = Ok(Reloaded {
        changed: vec!["youtube.prefix".to_owned(), "sync.auto".to_owned()],
        restart_needed: vec!["proxy.listen".to_owned()],
    });
    let fake = Fake::with_reload(well(), vec![playlist("Focus", 12), playlist("音楽 🎧", 5000)], reload);
    for (arguments, text) in [
        (&["status"][..], "\nLibrary    52 playlists, 10312 songs\nLast sync  12 minutes ago ("),
        (&["status"], "Next sync  in 18 minutes ("),
        (&["list"], "Name in MPD  Songs  Updated      Id\nYT: Focus       12  5 hours ago  PLfocus0"),
        (&["list-playlists"], "\nYT: 音楽 🎧   5000  5 hours ago  PLfocus0"),
        (&["sync"], "Sync triggered\n"),
        (&["sync"], "Sync already in progress\n"),
        (
            &["reload"],
            "Configuration reloaded, syncing\nIn effect: youtube.prefix, sync.auto\nNeeds a restart: proxy.listen\n",
        ),
        (&["quit"], "Shutting down\n"),
    ] {
        let shown = run(&fake.socket(), arguments).text();
        assert!(shown.contains(text), "{arguments:?}: {shown}");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
}

#[test]
fn json_for_machines() {
    let fake = Fake::start(well(), vec![playlist("a\u{1b}[2J\u{9b}b", 1)]);
    let status = run(&fake.socket(), &["status", "--json"]);
    assert_eq!(status.out.lines().count(), 1);
    let status = status.json();
    assert_eq!((&status["success"], &status["tracks"]), (&true.into(), &10_312.into()));
    let at = status["last_sync"].as_str().unwrap();
    assert!(at.len() == "2025-10-17T14:30:00Z".len() && at.ends_with('Z'), "{at}");
    let list = run(&fake.socket(), &["--json", "list"]);
    assert!(!list.out.trim_end().chars().any(char::is_control), "{list:?}");
    assert_eq!(list.json()["playlists"][0]["name"], "a\u{1b}[2J\u{9b}b");
    assert_eq!(
        run(&fake.socket(), &["--json", "sync"]).out,
        "{\"success\":true,\"message\":\"Sync triggered\"}\n"
    );
}

#[test]
fn the_daemon_says_no() {
    let wrong = "config.toml:2:3: sync.atuo: unknown key\u{1b}[2J".to_owned();
    let fake = Fake::with_reload(well(), vec![], Err(wrong));
    let ran = run(&fake.socket(), &["reload"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.out, "");
    assert_eq!(ran.error, "ytmpctl: config.toml:2:3: sync.atuo: unknown key\u{fffd}[2J\n");
    let ran = run(&fake.socket(), &["reload", "--json"]);
    assert_eq!((ran.code, ran.error.as_str()), (Some(1), ""));
    assert!(ran.out.starts_with("{\"success\":false,\"error\":\"config.toml:2:3"), "{}", ran.out);
}

#[test]
fn nobody_is_there() {
    let folder = TempDir::new().unwrap();
    let stale = folder.path().join("stale");
    drop(UnixListener::bind(&stale).unwrap());
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for socket in [&folder.path().join("nothing"), &stale, &file, &folder.path().join("x".repeat(200))] {
        for arguments in [&["status"][..], &["sync", "--wait"], &["list", "--json"]] {
            let ran = run(socket, arguments);
            assert_eq!((ran.code, ran.out.as_str()), (Some(3), ""));
            let says = format!("ytmpctl: no ytmpd answers at {}; start it with `ytmpd`", socket.display());
            assert!(ran.error.starts_with(&says), "{}", ran.error);
            assert_eq!(ran.error.lines().count(), 1);
        }
    }
}

#[test]
fn somebody_else_is_there() {
    let folder = TempDir::new().unwrap();
    for (number, (says, complaint)) in
        [("", "ytmpd has closed the connection"), ("OK MPD 0.23.5\n", "ytmpd's answer is not understood")]
            .into_iter()
            .enumerate()
    {
        let socket = folder.path().join(number.to_string());
        let listener = UnixListener::bind(&socket).unwrap();
        let answers = std::thread::spawn(move || {
            for _ in 0..2 {
                listener.accept().unwrap().0.write_all(says.as_bytes()).unwrap();
            }
        });
        for arguments in [&["status"][..], &["sync", "--wait"]] {
            let ran = run(&socket, arguments);
            assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
            assert!(ran.error.starts_with(&format!("ytmpctl: {complaint}")), "{}", ran.error);
        }
        answers.join().unwrap();
    }
}

#[test]
fn usage() {
    for (arguments, code, words) in [
        (&[][..], 2, "Usage: ytmpctl"),
        (&["sing"], 2, "sing"),
        (&["status", "now"], 2, "now"),
        (&["status", "--wait"], 2, "--wait"),
        (&["--socket"], 2, "--socket"),
        (&["completions", "tcl"], 2, "tcl"),
        (&["--version"], 0, env!("CARGO_PKG_VERSION")),
        (&["--help"], 0, "Exit codes: 0 done;"),
        (&["sync", "--help"], 0, "--wait"),
    ] {
        let ran = Ran::from(ytmpctl().args(arguments).output().unwrap());
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!((ran.out + &ran.error).contains(words), "{arguments:?}");
    }
}

#[test]
fn the_socket_is_found_as_ytmpd_finds_it() {
    let fake = Fake::start(well(), vec![]);
    let home = TempDir::new().unwrap();
    let folder = home.path().join(".config/ytmpd");
    fs::create_dir_all(&folder).unwrap();
    let socket = format!("control.socket = {:?}\n", fake.socket());
    let own = folder.join("config.toml");
    let other = home.path().join("other.toml");
    let ask = |named: &[&str], variable: &str| -> Ran {
        let mut command = ytmpctl();
        command.args(["status", "--json"]).args(named).env("HOME", home.path()).env("YTMPD_CONFIG", variable);
        command.output().unwrap().into()
    };
    let (other_path, usual) = (other.to_str().unwrap(), folder.join("sync_socket"));

    let absent = ask(&[], "");
    assert!(absent.code == Some(3) && absent.error.contains(usual.to_str().unwrap()), "{absent:?}");
    fs::write(&other, &socket).unwrap();
    ask(&["--config", other_path], "").json();
    ask(&[], other_path).json();
    fs::write(&own, &socket).unwrap();
    ask(&[], "").json();

    // A file that is wrong keeps nobody from asking.
    std::os::unix::fs::symlink(fake.socket(), &usual).unwrap();
    std::os::unix::fs::symlink(fake.socket(), home.path().join("sync_socket")).unwrap();
    for (file, named, variable) in
        [(&own, &[][..], ""), (&other, &["--config", other_path], ""), (&other, &[], other_path)]
    {
        fs::write(file, "sync.atuo = 1").unwrap();
        let ran = ask(named, variable);
        assert!(ran.code == Some(0) && ran.out.starts_with("{\"success\":true"), "{ran:?}");
        let says = format!("ytmpctl: {}:1:6: sync.atuo: unknown key", file.display());
        assert!(
            ran.error.starts_with(&says) && ran.error.contains("sync_socket all the same"),
            "{}",
            ran.error
        );
    }

    let homeless: Ran = ytmpctl().env_remove("HOME").env("HOME", "x").arg("status").output().unwrap().into();
    assert!(homeless.code == Some(2) && homeless.error.contains("name it with --socket"), "{homeless:?}");
}

#[test]
fn a_reader_may_have_enough() {
    let fake = Fake::start(well(), vec![playlist("Focus", 1); 20_000]);
    let mut process = ytmpctl();
    let process = process.arg("--socket").arg(fake.socket()).arg("list");
    let mut process = process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::with_capacity(100, process.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("Name in MPD"), "{first}");
    assert_eq!(process.wait().unwrap().code(), Some(0));
    let mut complaint = String::new();
    process.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!(complaint, "");
}

#[test]
fn completions_and_manual() {
    for (shell, words) in
        [("bash", "complete -F _ytmpctl"), ("zsh", "#compdef ytmpctl"), ("fish", "-c ytmpctl")]
    {
        let script = Ran::from(ytmpctl().args(["completions", shell]).output().unwrap()).text();
        assert!(script.contains(words) && script.contains("list-playlists"), "{script}");
    }
    let folder = TempDir::new().unwrap();
    let pages = folder.path().join("new/man1");
    Ran::from(ytmpctl().arg("man").arg(&pages).output().unwrap()).text();
    let page = fs::read_to_string(pages.join("ytmpctl.1")).unwrap();
    assert!(
        page.contains(".TH") && page.contains("Exit codes") && page.contains("ytmpctl\\-sync(1)"),
        "{page}"
    );
    assert!(fs::read_to_string(pages.join("ytmpctl-sync.1")).unwrap().contains("\\-\\-wait"));
    assert!(fs::read_to_string(pages.join("ytmpd.1")).unwrap().contains("\\-\\-check\\-config"));
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let ran = Ran::from(ytmpctl().arg("man").arg(&file).output().unwrap());
    assert!(ran.code == Some(1) && ran.error.starts_with("ytmpctl: cannot write the manual to "), "{ran:?}");
}
