//! Arguments, the configuration and the addresses: exit codes, and one line that says what is wrong.

use std::net::TcpListener;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{fs, io};

use tempfile::TempDir;

use crate::support::PATIENCE;
use crate::support::daemon::free_port;
use crate::support::programs::find;
use crate::support::world::World;

/// Runs a `ytmpd` that is expected to end by itself.
fn run(arguments: &[&str]) -> Output {
    let folder = TempDir::new().unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_ytmpd"))
        .args(arguments)
        .env("HOME", folder.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("YTMPD_CONFIG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while process.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            process.kill().unwrap();
        }
        sleep(Duration::from_millis(5));
    }
    process.wait_with_output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn configuration(folder: &Path, toml: &str) -> String {
    let file = folder.join("config.toml");
    fs::write(&file, toml).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_wrong_configuration_is_78_and_says_where() {
    let folder = TempDir::new().unwrap();
    for (toml, place, words) in [
        ("[proxy]\nlisen = \"x\"\n", ":2:1: proxy.lisen: ", "unknown key `lisen`"),
        ("\n[relay]\nhold_seconds = -1\n", ":3:16: relay.hold_seconds: ", "out of bounds"),
        ("[mpd]\naddress = \"nowhere\"\n", ":2:11: mpd.address: ", "`nowhere` is no address"),
        ("[sync]\nauto = \"maybe\"\n", ":2:8: sync.auto: ", "true or false is expected"),
        ("[sync]\ninterval_minutes = 0.5\n", ":2:20: sync.interval_minutes: ", "a whole number is expected"),
        (
            "[resolver]\ncommand = \"yt-dlp\"\n",
            ":2:11: resolver.command: ",
            "a list of texts in quotes is expected",
        ),
        ("[sync]\nmaterialise = \"file\"\n", ":2:15: sync.materialise: ", "unknown value `file`"),
        ("[proxy\n", ":1:7: ", ""),
        ("\u{0}", ":1:2: ", "key with no value"),
    ] {
        let file = configuration(folder.path(), toml);
        for more in [&["--config", &file][..], &["--config", &file, "--check-config"]] {
            let output = run(more);
            let told = stderr(&output);
            assert_eq!(output.status.code(), Some(78), "{toml}: {told}");
            assert!(told.starts_with(&format!("ytmpd: {file}{place}")) && told.contains(words), "{told}");
            assert_eq!(told.lines().count(), 1, "{told}");
            assert!(output.stdout.is_empty());
        }
    }
    let missing = folder.path().join("missing.toml");
    let output = run(&["--config", missing.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(78));
    assert!(stderr(&output).contains("missing.toml: No such file"), "{}", stderr(&output));
}

#[test]
fn check_config_prints_what_counts_without_secrets() {
    let folder = TempDir::new().unwrap();
    let file = configuration(folder.path(), "mpd.password = \"hush-hush\"\nproxy.max_clients = 7\n");
    let output = run(&["--config", &file, "--check-config"]);
    let printed = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(printed.contains("max_clients = 7\n") && printed.contains("hold_seconds = 60\n"), "{printed}");
    assert!(!printed.contains("hush-hush"), "{printed}");
    // What it prints is a configuration.
    let again = configuration(folder.path(), &printed);
    assert_eq!(String::from_utf8(run(&["--config", &again, "--check-config"]).stdout).unwrap(), printed);
}

#[test]
fn who_reads_no_further_is_no_failure() {
    let (reader, closed) = io::pipe().unwrap();
    drop(reader);
    let mut ytmpd = Command::new(env!("CARGO_BIN_EXE_ytmpd"));
    let output = ytmpd.args(["--check-config", "--demo"]).stdout(closed).output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
}

#[test]
fn surroundings_that_are_no_folders_are_ignored() {
    for (home, arguments, code, words) in [
        ("/h", &["--check-config"][..], 0, "directory = \"/h/.config/ytmpd\""),
        ("h", &["--check-config"], 78, "state.directory: is needed where there is no home folder"),
        ("h", &["--check-config", "--demo"], 0, "[proxy]"),
    ] {
        let mut ytmpd = Command::new(env!("CARGO_BIN_EXE_ytmpd"));
        let ytmpd = ytmpd.args(arguments).env_clear().env("HOME", home).env("XDG_RUNTIME_DIR", "relative");
        let output = ytmpd.output().unwrap();
        let told = stderr(&output) + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{home} {arguments:?}: {told}");
        assert!(told.contains(words) && !told.contains("relative"), "{home} {arguments:?}: {told}");
    }
}

#[test]
fn arguments() {
    for (arguments, code, words) in [
        (&["--nonsense"][..], 64, "--nonsense"),
        (&["stray"], 64, "stray"),
        (&["--config"], 64, "--config"),
        (&["--log", "a=b=c"], 64, "a=b=c"),
        (&["--log", "warning", "--check-config"], 64, "`warning` is no log filter"),
        (&["--log", ""], 64, "`` is no log filter: one such as `info`"),
        (&["--help"], 0, "--check-config"),
        (&["--version"], 0, env!("CARGO_PKG_VERSION")),
    ] {
        let output = run(arguments);
        let told = stderr(&output) + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
}

#[test]
fn an_address_that_is_taken_is_69_and_named() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap();
    let socket = folder.path().join("socket");
    let _listens = UnixListener::bind(&socket).unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "precious").unwrap();
    let free = free_port();
    for (proxy, relay, words) in [
        (taken.to_string(), format!("127.0.0.1:{free}"), "set `proxy.listen`"),
        ("@ytmpd-test-unused".to_owned(), taken.to_string(), "set `relay.listen`"),
        (socket.to_str().unwrap().to_owned(), format!("127.0.0.1:{free}"), "set `proxy.listen`"),
        (file.to_str().unwrap().to_owned(), format!("127.0.0.1:{free}"), "set `proxy.listen`"),
        ("/no/such/folder/socket".to_owned(), format!("127.0.0.1:{free}"), "set `proxy.listen`"),
    ] {
        let toml = format!("proxy.listen = {proxy:?}\nrelay.listen = {relay:?}\nlog.filter = \"error\"\n");
        let configuration = configuration(folder.path(), &toml);
        let output = run(&["--config", &configuration]);
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(69), "{toml}{told}");
        assert!(told.starts_with("ytmpd: cannot listen on `") && told.contains(words), "{told}");
        let taken = proxy != "/no/such/folder/socket";
        assert_eq!(told.contains("is another ytmpd running?"), taken, "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    assert!(UnixStream::connect(&socket).is_ok(), "the other's socket is still there");
}

#[test]
fn a_demo_says_what_helps_who_has_configured_nothing() {
    if find("mpd").is_none() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap();
    let free = free_port();
    for (proxy, relay, key) in [
        (format!("127.0.0.1:{free}"), taken.to_string(), "relay.listen"),
        (taken.to_string(), format!("127.0.0.1:{free}"), "proxy.listen"),
    ] {
        let toml = format!("proxy.listen = {proxy:?}\nrelay.listen = {relay:?}\n");
        let demo = run(&["--demo", "--config", &configuration(folder.path(), &toml)]);
        let told = stderr(&demo);
        let stop = format!(
            "ytmpd: cannot listen on `{taken}`; stop the ytmpd that runs (`systemctl --user stop 'ytmpd*'`), "
        );
        let name = format!("or name a file with --config that sets `{key}`: ");
        assert!(demo.status.code() == Some(69) && told.contains(&(stop + &name)), "{told}");
    }
}

#[test]
fn a_stale_socket_is_replaced_and_a_live_one_is_not_stolen() {
    let Some(mut world) = World::start(&[], &[]) else { return };
    // Nobody removes the socket of a killed process.
    world.daemon.kill();
    assert!(fs::metadata(world.daemon.socket()).unwrap().file_type().is_socket());
    world.daemon.spawn();
    assert_eq!(world.client().ask("ping"), "OK\n");

    let folder = TempDir::new().unwrap();
    let second = format!(
        "proxy.listen = {:?}\nrelay.listen = \"127.0.0.1:{}\"\nlog.filter = \"error\"\n",
        world.daemon.socket(),
        free_port()
    );
    let output = run(&["--config", &configuration(folder.path(), &second)]);
    assert_eq!(output.status.code(), Some(69), "{}", stderr(&output));
    assert_eq!(world.client().ask("ping"), "OK\n");

    // Elsewhere, but with the same library.
    let third = format!(
        "proxy.listen = {:?}\nrelay.listen = \"127.0.0.1:{}\"\nstate.directory = {:?}\n",
        folder.path().join("proxy"),
        free_port(),
        world.daemon.folder()
    );
    let output = run(&["--config", &configuration(folder.path(), &third)]);
    assert_eq!(output.status.code(), Some(69), "{}", stderr(&output));
    let holder = format!("another ytmpd (process {}) uses", world.daemon.pid());
    assert!(stderr(&output).contains(&holder), "{}", stderr(&output));
}
