//! With the real `ytmpd`, between a real MPD and a YouTube of the tests'.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::process::Command;

use super::run;
use crate::fake_youtube::catalogue::{FOCUS, NAMES};
use crate::support::daemon::free_port;
use crate::support::world::World;
use crate::support::{PATIENCE, eventually};

/// What a client of the Python daemon gets.
fn ask(world: &World, request: &[u8], half_close: Option<Shutdown>) -> serde_json::Value {
    let mut stream = UnixStream::connect(world.daemon.control()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request).unwrap();
    if let Some(half) = half_close {
        stream.shutdown(half).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(&answer).unwrap()
}

#[test]
fn it_is_asked_and_stopped() {
    let Some(mut world) = World::start(&[FOCUS, NAMES], &[]) else { return };
    let socket = world.daemon.control();
    let file = fs::symlink_metadata(&socket).unwrap();
    assert!(file.file_type().is_socket() && file.permissions().mode() & 0o777 == 0o600);
    let _client = world.daemon.client_with_playlists(2);

    let status = eventually("it sees MPD", || {
        let status = run(&socket, &["status", "--json"]).json();
        (status["mpd"] == "connected").then_some(status)
    });
    assert_eq!((&status["playlists"], &status["clients"]), (&2.into(), &1.into()), "{status}");
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    for (request, half_close) in
        [(&b"status"[..], None), (b"status", Some(Shutdown::Write)), (b"status\r\n", None)]
    {
        assert_eq!(ask(&world, request, half_close)["playlists"], 2);
    }
    let shown = run(&socket, &["status"]).text();
    assert!(
        shown.contains("Library    2 playlists, ") && shown.contains("MPD        connected\n"),
        "{shown}"
    );

    let listed = run(&socket, &["list", "--json"]).json();
    assert_eq!(listed["playlists"][0]["id"], FOCUS);
    let shown = run(&socket, &["list"]).text();
    assert!(shown.lines().count() == 3 && shown.contains(FOCUS), "{shown}");

    let says = run(&socket, &["sync"]).text();
    assert!(["Sync triggered\n", "Sync already in progress\n"].contains(&says.as_str()), "{says}");
    let says = run(&socket, &["reload"]).text();
    assert_eq!(says, "Configuration reloaded, syncing\nNothing has changed\n");

    assert_eq!(run(&socket, &["quit"]).text(), "Shutting down\n");
    eventually("the socket is gone", || (!socket.exists()).then_some(()));
    assert_eq!(run(&socket, &["status"]).code, Some(3));
    assert_eq!(world.daemon.stop(), Some(0));
}

#[test]
fn a_configuration_that_has_become_wrong() {
    let Some(world) = World::start(&[], &[]) else { return };
    let file = world.daemon.folder().join("config.toml");
    let config = file.to_str().unwrap();
    let told = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{told}sync.atuo = 1\n")).unwrap();
    let ran: super::Ran = super::ytmpctl().args(["--config", config, "reload"]).output().unwrap().into();
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    let says_once = ran.error.lines().count() == 1 && ran.error.contains("sync.atuo: unknown key");
    assert!(says_once, "{ran:?}");
    let ran: super::Ran = super::ytmpctl().args(["--config", config, "status"]).output().unwrap().into();
    let says_why = ran.error.contains("sync.atuo: unknown key") && ran.error.contains("all the same");
    assert!(ran.code == Some(0) && says_why, "{ran:?}");
    fs::write(&file, format!("{told}youtube.prefix = \"YouTube: \"\n")).unwrap();
    let ran: super::Ran = super::ytmpctl().args(["--config", config, "reload"]).output().unwrap().into();
    assert_eq!(ran.text(), "Configuration reloaded, syncing\nIn effect: youtube.prefix\n");
}

#[test]
fn a_daemon_whose_socket_has_moved_in_the_file_is_found_where_it_listens() {
    let Some(mut world) = World::start(&[], &[]) else { return };
    let file = world.daemon.folder().join("config.toml");
    let moved = world.daemon.folder().join("moved");
    let told = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{told}control.socket = {moved:?}\n")).unwrap();
    let ask = |command| -> super::Ran {
        super::ytmpctl().arg("--config").arg(&file).arg(command).output().unwrap().into()
    };
    let says = ask("reload").text();
    assert_eq!(says, "Configuration reloaded, syncing\nNeeds a restart: control.socket\n");
    let says = ask("doctor").out;
    assert!(says.contains(world.daemon.control().to_str().unwrap()), "{says}");

    // One that has its socket where the file says is meant before it.
    let other = super::fake::Fake::start(super::fake::well(), vec![]);
    fs::write(&file, format!("{told}control.socket = {:?}\n", other.socket())).unwrap();
    assert!(ask("status").text().contains("52 playlists"));
    drop(other);

    assert_eq!(ask("quit").text(), "Shutting down\n");
    assert_eq!(world.daemon.ended(), Some(0));
    let ran = ask("status");
    assert!(ran.code == Some(3) && ran.error.contains("no ytmpd answers at"), "{ran:?}");
}

#[test]
fn a_killed_daemons_socket_is_replaced_and_a_live_ones_is_not() {
    let Some(mut world) = World::start(&[], &[]) else { return };
    let socket = world.daemon.control();
    world.daemon.kill();
    assert_eq!(run(&socket, &["status"]).code, Some(3));
    world.daemon.spawn();
    run(&socket, &["status"]).text();

    let folder = tempfile::TempDir::new().unwrap();
    let config = folder.path().join("config.toml");
    let toml = format!(
        "proxy.listen = {:?}\nrelay.listen = \"127.0.0.1:{}\"\ncontrol.socket = {socket:?}\n",
        folder.path().join("proxy"),
        free_port()
    );
    fs::write(&config, toml).unwrap();
    let second = Command::new(env!("CARGO_BIN_EXE_ytmpd")).arg("--config").arg(&config).output().unwrap();
    assert_eq!(second.status.code(), Some(69));
    let says = String::from_utf8_lossy(&second.stderr).into_owned();
    let holder = format!("another ytmpd (process {}) holds {}", world.daemon.pid(), socket.display());
    assert!(says.contains(&holder), "{says}");
    run(&socket, &["status"]).text();
}
