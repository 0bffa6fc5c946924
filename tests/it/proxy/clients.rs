//! Many clients, clients that do not read, and clients that may not.

use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ytmpd::config::Address;

use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::{FOCUS, LARGE};
use crate::support::client::Client;
use crate::support::daemon::free_port;
use crate::support::eventually;
use crate::support::mpd::TestMpd;
use crate::support::wire::Wire;
use crate::support::world::{MUSIC, World};

/// MPD's backlog is 5. A connect that finds it full waits for a second, or fails on a Unix socket.
#[test]
fn sixty_clients_at_once_are_greeted_without_a_wait() {
    const CLIENTS: usize = 60;
    let port = free_port();
    let conf = format!("{MUSIC}\nport \"{port}\"\nbind_to_address \"127.0.0.1\"");
    let Some(mpd) = TestMpd::start(&conf) else { return };
    let tcp = format!("address = \"127.0.0.1:{port}\"");
    let Some(mut world) = World::start_with(mpd, Catalogue::default(), &[], &[("mpd", &tcp)]) else { return };
    for more in [&[("mpd", tcp.as_str())][..], &[]] {
        world.daemon.reconfigure(more);
        let address = Arc::new(Address::Unix(world.daemon.socket()));
        // The machine may be busy for a second; it is not at each try.
        eventually("all are greeted in time", || {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    let address = Arc::clone(&address);
                    thread::spawn(move || {
                        let started = Instant::now();
                        let mut wire = Wire::connect(&address).unwrap();
                        assert!(wire.line().starts_with(b"OK MPD "), "not greeted");
                        (started.elapsed(), wire)
                    })
                })
                .collect();
            // All stay connected until all are greeted.
            let greeted: Vec<_> = clients.into_iter().map(|client| client.join().unwrap()).collect();
            greeted.iter().all(|(took, _)| *took < Duration::from_millis(900)).then_some(())
        });
    }
}

#[test]
fn a_client_that_does_not_read_costs_the_others_nothing() {
    /// In KiB.
    const MOST_GROWTH: u64 = 20 * 1024;
    let Some(world) = World::start(&[LARGE], &[]) else { return };
    world.daemon.client_with_playlists(1);
    let lines: String =
        (0..10_000).map(|number| format!("http://127.0.0.1:1/somewhere/{number}\n")).collect();
    fs::write(world.mpd.playlists().join("big.m3u"), lines).unwrap();
    let mut other = world.client();
    other.ask("listplaylistinfo big");
    other.ask("listplaylistinfo \"YT: Everything\"");
    let before = resident(world.daemon.pid());

    let address = Address::Unix(world.daemon.socket());
    for command in ["listplaylistinfo \"YT: Everything\"\n", "listplaylistinfo big\n", "playlistinfo\n"] {
        let mut deaf = Wire::connect(&address).unwrap();
        deaf.flood(command.repeat(1000).as_bytes(), Duration::from_millis(500));
        assert_eq!(other.ask("ping"), "OK\n", "while {command:?} is not read");
        let now = resident(world.daemon.pid());
        assert!(now < before + MOST_GROWTH, "{command:?}: {before} KiB became {now} KiB");
    }
}

/// A process's memory, in KiB.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn who_may_not_read_learns_nothing() {
    let conf = format!("{MUSIC}\npassword \"secret@read,add,control,player\"\ndefault_permissions \"\"");
    let Some(mpd) = TestMpd::start(&conf) else { return };
    let password = [("mpd", "password = \"secret\"")];
    let Some(world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &password) else { return };
    let mut allowed = world.client();
    assert_eq!(allowed.ask("password secret"), "OK\n");
    eventually("the playlist is listed", || {
        allowed.ask("listplaylists").contains("playlist: YT: Focus\n").then_some(())
    });

    let song = world.daemon.song("focus000001");
    let folder = song.trim_end_matches("/audio");
    let list = "\"YT: Focus\"";
    let commands = [
        "listplaylists".to_owned(),
        "lsinfo".to_owned(),
        "lsinfo /".to_owned(),
        format!("listplaylist {list}"),
        format!("listplaylistinfo {list}"),
        format!("playlistlength {list}"),
        format!("searchplaylist {list} title x"),
        format!("load {list}"),
        format!("load {list} 0:1 0"),
        format!("playlistadd {list} {song}"),
        format!("playlistclear {list}"),
        format!("playlistdelete {list} 0"),
        format!("playlistmove {list} 0 1"),
        format!("searchaddpl {list} title x"),
        format!("rm {list}"),
        format!("rename {list} x"),
        format!("rename x {list}"),
        format!("save {list}"),
        format!("save {list} replace"),
        "playlistinfo".to_owned(),
        "playlistid".to_owned(),
        "currentsong".to_owned(),
        "plchanges 0".to_owned(),
        format!("playlistfind file {song}"),
        format!("playlistsearch file {song}"),
        "status".to_owned(),
        "play 0".to_owned(),
        "playid 1".to_owned(),
        "next".to_owned(),
        "previous".to_owned(),
        "seek 0 1".to_owned(),
        "seekid 1 1".to_owned(),
        "seekcur 1".to_owned(),
        format!("add {song}"),
        format!("addid {song}"),
        format!("albumart {song} 0"),
        format!("albumart {folder} 0"),
        format!("albumart {song} x"),
        format!("readpicture {song} 0"),
        format!("readcomments {song}"),
        format!("lsinfo {song}"),
        format!("listfiles {song}"),
        format!("getfingerprint {song}"),
        "idle stored_playlist".to_owned(),
        "commands".to_owned(),
        "notcommands".to_owned(),
    ];
    let mut stranger = world.client();
    let mut direct = Client::connect(&world.mpd.socket());
    for command in &commands {
        for (before, after) in [
            ("", ""),
            ("command_list_begin\nping\n", "\nping\ncommand_list_end"),
            ("command_list_ok_begin\nping\nping\n", "\ncommand_list_end"),
        ] {
            let lines = format!("{before}{command}{after}");
            assert_eq!(stranger.ask(&lines), direct.ask(&lines), "{lines}");
        }
    }
    assert_eq!(stranger.ask("password wrong"), direct.ask("password wrong"));

    assert_eq!(stranger.ask("password secret"), "OK\n");
    assert!(stranger.ask(&format!("listplaylistinfo {list}")).contains("Title: focus song 2\n"));
    assert_eq!(stranger.ask(&format!("load {list}")), "OK\n");
    let refused = "ACK [4@0] {rm} \"YT: Focus\" is a YouTube playlist and read-only here\n";
    assert_eq!(stranger.ask(&format!("rm {list}")), refused);
}
