//! Songs' thumbnails, as clients ask for them, beside pictures of MPD's own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ytmpd::config::Address;

use crate::fake_youtube::catalogue::FOCUS;
use crate::fake_youtube::{Catalogue, Knob};
use crate::support::client::Client;
use crate::support::mpd::TestMpd;
use crate::support::wire::Wire;
use crate::support::world::{MUSIC, World};
use crate::support::{PATIENCE, eventually, programs};

/// Every thumbnail of the fake's.
const COVER: &[u8] = include_bytes!("../data/cover.jpg");

const SONG: &str = "focus000001";

/// No thumbnail comes within a test.
const NEVER: Knob = Knob::Covers { latency_ms: 600_000 };

/// A world whose library is there.
fn world(more: &[(&str, &str)]) -> Option<(World, Client)> {
    let world = World::start(&[FOCUS], more)?;
    let client = world.daemon.client_with_playlists(1);
    Some((world, client))
}

/// A connection to ytmpd for bytes.
fn wire(world: &World) -> Wire {
    connect(&world.daemon.socket())
}

fn connect(socket: &Path) -> Wire {
    let mut wire = Wire::connect(&Address::Unix(socket.to_owned())).unwrap();
    assert!(wire.line().starts_with(b"OK MPD "));
    wire
}

fn ask(wire: &mut Wire, lines: &str) -> Vec<u8> {
    wire.send(format!("{lines}\n").as_bytes());
    wire.rest()
}

/// Asks until the thumbnail is there.
fn wait_for_cover(world: &World) {
    let mut wire = wire(world);
    let line = format!("albumart {} 0", world.daemon.song(SONG));
    eventually("the thumbnail is there", || ask(&mut wire, &line).starts_with(b"size: ").then_some(()));
}

/// As libmpdclient does: chunk after chunk until there are as many bytes as it was told.
fn whole(wire: &mut Wire, verb: &str, uri: &str) -> Vec<u8> {
    let mut picture = Vec::new();
    loop {
        let answer = ask(wire, &format!("{verb} \"{uri}\" \"{}\"", picture.len()));
        let mut rest = &answer[..];
        let (mut size, mut length) = (0, None);
        while length.is_none() {
            let end = rest.iter().position(|&byte| byte == b'\n').expect("a line");
            let (name, value) = std::str::from_utf8(&rest[..end]).unwrap().split_once(": ").unwrap();
            match name {
                "size" => size = value.parse().unwrap(),
                "type" => assert_eq!((verb, value), ("readpicture", "image/jpeg")),
                "binary" => length = Some(value.parse::<usize>().unwrap()),
                _ => panic!("{name}: {value}"),
            }
            rest = &rest[end + 1..];
        }
        let (chunk, end) = rest.split_at(length.unwrap());
        assert_eq!(end, b"\nOK\n<open>");
        picture.extend_from_slice(chunk);
        if picture.len() >= size {
            return picture;
        }
    }
}

#[test]
fn the_second_ask_has_it_whole_in_chunks_of_any_size() {
    let Some((world, mut client)) = world(&[]) else { return };
    let song = world.daemon.song(SONG);
    let folder = song.trim_end_matches("audio");
    assert_eq!(client.ask(&format!("readpicture {song} 0")), "OK\n");
    wait_for_cover(&world);
    let former = song.replace("127.0.0.1", "192.0.2.1");
    for limit in [None, Some(64), Some(8192), Some(262_144)] {
        let mut wire = wire(&world);
        if let Some(limit) = limit {
            assert_eq!(ask(&mut wire, &format!("binarylimit {limit}")), b"OK\n<open>");
        }
        // The first as Cantata asks.
        for (verb, uri) in [
            ("albumart", folder),
            ("albumart", folder.trim_end_matches('/')),
            ("albumart", &song),
            ("readpicture", &song),
            ("readpicture", &former),
            ("readpicture", &format!("{song}#here")),
        ] {
            assert!(whole(&mut wire, verb, uri) == COVER, "{verb} {uri} {limit:?}");
        }
    }
    assert_eq!(world.youtube.counters().covers, 1);
}

/// The same picture in the music folder, asked of MPD itself.
#[test]
fn every_answer_is_as_mpds_about_a_file() {
    let Some((world, mut client)) = world(&[]) else { return };
    world.add_music("album/cover.jpg", COVER);
    client.ask(&format!("albumart {} 0", world.daemon.song(SONG)));
    wait_for_cover(&world);
    let song = world.daemon.song(SONG);
    let (mut ours, mut direct) = (wire(&world), connect(&world.mpd.socket()));
    let mut same = |script: &str| {
        let expect = ask(&mut direct, &script.replace("%SONG%", "album/song.ogg"));
        let answer = ask(&mut ours, &script.replace("%SONG%", &song));
        assert_eq!(answer.escape_ascii().to_string(), expect.escape_ascii().to_string(), "{script}");
        // In the other's words.
        if script.contains("albumart") && !script.contains("list") {
            let answer = ask(&mut ours, &script.replace("albumart", "readpicture").replace("%SONG%", &song));
            let expect = expect.escape_ascii().to_string().replace("albumart", "readpicture");
            let expect = expect.replace("\\nbinary:", "\\ntype: image/jpeg\\nbinary:");
            let expect = expect.replace("Offset too large", "Bad file offset");
            assert_eq!(answer.escape_ascii().to_string(), expect, "{script}");
        }
    };
    let size = COVER.len();
    for limit in ["", "64", "63", "8192", "8400896", "8400897", "-1", "x", "\"\"", "64 1", "+100", " 7000 "] {
        same(&format!("binarylimit {limit}"));
        for offset in
            ["0", "1", "64", "5x", "-1", "", "\"\"", "0 0", "+5", "-0", "007", "4294967295", "4294967296"]
        {
            same(&format!("albumart %SONG% {offset}"));
        }
        for offset in [size - 1, size, size + 1, size + 100_000] {
            same(&format!("albumart %SONG% {offset}"));
        }
        for begin in ["command_list_begin", "command_list_ok_begin"] {
            same(&format!("{begin}\nping\nalbumart %SONG% 10\nping\ncommand_list_end"));
            same(&format!("{begin}\nping\nalbumart %SONG% 999999\nping\ncommand_list_end"));
            same(&format!(
                "{begin}\nbinarylimit 70\nalbumart %SONG% 0\nbinarylimit 80\nalbumart %SONG% 7\ncommand_list_end"
            ));
            same(&format!(
                "{begin}\nbinarylimit 90\nbinarylimit 6\nalbumart %SONG% 7\ncommand_list_end\nalbumart %SONG% 0"
            ));
        }
        same("albumart %SONG% 1\nalbumart %SONG% 2\nping\nalbumart %SONG% 3");
    }
}

#[test]
fn a_client_without_the_password_sees_nothing() {
    let conf = format!("{MUSIC}\npassword \"secret@read,add,control,player\"\ndefault_permissions \"\"");
    let Some(mpd) = TestMpd::start(&conf) else { return };
    let password = [("mpd", "password = \"secret\"")];
    let Some(world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &password) else { return };
    let mut allowed = wire(&world);
    assert_eq!(ask(&mut allowed, "password secret"), b"OK\n<open>");
    let line = format!("readpicture {} 0", world.daemon.song(SONG));
    eventually("the thumbnail is there", || ask(&mut allowed, &line).starts_with(b"size: ").then_some(()));
    let (mut stranger, mut direct) = (wire(&world), connect(&world.mpd.socket()));
    for line in [&line, &line.replace("readpicture", "albumart"), &line.replace(" 0", " 99999999")] {
        for script in [line.clone(), format!("command_list_ok_begin\nping\n{line}\ncommand_list_end")] {
            assert_eq!(ask(&mut stranger, &script), ask(&mut direct, &script), "{script}");
        }
    }
    // Nor does it have one fetched: what is asked for later would come later.
    for verb in ["albumart", "readpicture"] {
        let line = format!("{verb} {} 0", world.daemon.song("focus000002"));
        for script in [line.clone(), format!("command_list_begin\nping\n{line}\ncommand_list_end")] {
            assert_eq!(ask(&mut stranger, &script), ask(&mut direct, &script), "{script}");
        }
    }
    let line = format!("readpicture {} 0", world.daemon.song("focus000003"));
    eventually("the thumbnail is there", || ask(&mut allowed, &line).starts_with(b"size: ").then_some(()));
    assert_eq!(world.youtube.counters().covers, 2);
}

#[test]
fn a_restart_finds_it_on_disk() {
    let Some((mut world, mut client)) = world(&[]) else { return };
    let line = format!("readpicture {} 0", world.daemon.song(SONG));
    assert_eq!(client.ask(&line), "OK\n");
    let folder = world.daemon.folder().join("covers");
    let files = || std::fs::read_dir(&folder).into_iter().flatten().flatten().count();
    eventually("it is on disk", || (files() == 1).then_some(()));
    assert_eq!(world.daemon.stop(), Some(0));
    world.youtube.turn(NEVER);
    world.daemon.spawn();
    world.daemon.client_with_playlists(1);
    assert!(ask(&mut wire(&world), &line).starts_with(b"size: "), "the first ask after the start");
    assert_eq!(world.youtube.counters().covers, 1);
}

/// Whoever queues songs finds their pictures, without asking twice.
#[test]
fn pictures_follow_the_queue() {
    let Some((world, mut client)) = world(&[]) else { return };
    assert_eq!(client.ask("load \"YT: Focus\""), "OK\n");
    eventually("all are fetched", || (world.youtube.counters().covers == 3).then_some(()));
    let files = || world.daemon.folder().join("covers").read_dir().unwrap().count();
    eventually("all are on disk", || (files() == 3).then_some(()));
    for song in ["focus000001", "focus000002", "focus000003"] {
        assert!(whole(&mut wire(&world), "readpicture", &world.daemon.song(song)) == COVER);
    }
    assert_eq!(world.youtube.counters().covers, 3);
}

#[test]
fn clients_of_mpd_itself_get_it_from_the_relay() {
    let Some((world, mut client)) = world(&[]) else { return };
    let song = world.daemon.song(SONG);
    client.ask(&format!("albumart {song} 0"));
    wait_for_cover(&world);
    let mut relay = TcpStream::connect(world.daemon.relay()).unwrap();
    relay.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!("GET /{SONG}/cover.jpg HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n");
    relay.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    relay.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(COVER));
    let head = String::from_utf8_lossy(&answer[..answer.len() - COVER.len()]).to_ascii_lowercase();
    assert!(head.contains("content-type: image/jpeg\r\n"), "{head}");
    let mut direct = connect(&world.mpd.socket());
    assert!(whole(&mut direct, "albumart", &song) == COVER);
}

#[test]
fn mpc_writes_the_thumbnail() {
    let Some(mpc) = programs::find("mpc") else { return };
    let Some((world, mut client)) = world(&[]) else { return };
    let song = world.daemon.song(SONG);
    client.ask(&format!("albumart {song} 0"));
    wait_for_cover(&world);
    for verb in ["albumart", "readpicture"] {
        let mpc =
            Command::new(&mpc).env("MPD_HOST", world.daemon.socket()).args([verb, &song]).output().unwrap();
        assert!(mpc.stdout == COVER, "{verb}: {}", String::from_utf8_lossy(&mpc.stderr));
    }
}

#[test]
fn a_thumbnail_that_stalls_keeps_nobody_waiting() {
    let Some((world, mut client)) = world(&[]) else { return };
    world.youtube.turn(NEVER);
    let mut other = world.client();
    let song = world.daemon.song(SONG);
    for _ in 0..20 {
        for (line, answer) in [
            (format!("readpicture {song} 0"), "OK\n"),
            (format!("albumart {song} 0"), "ACK [50@0] {albumart} No file exists\n"),
            (format!("albumart {song} 5"), "ACK [50@0] {albumart} No file exists\n"),
        ] {
            let asked = Instant::now();
            assert_eq!(client.ask(&line), answer, "{line}");
            assert_eq!(other.ask("ping"), "OK\n");
            assert!(asked.elapsed() < Duration::from_millis(500), "{line} took {:?}", asked.elapsed());
        }
    }
    eventually("it is asked for", || (world.youtube.counters().covers == 1).then_some(()));
    // MPD itself, which stands still while it asks the relay, is not kept waiting either.
    let asked = Instant::now();
    let direct = world.mpd.talk(&format!("albumart {song} 0"));
    assert!(direct.starts_with("ACK [50@0] {albumart}"), "{direct}");
    assert!(asked.elapsed() < Duration::from_secs(2), "took {:?}", asked.elapsed());
}
