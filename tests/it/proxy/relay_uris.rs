//! Commands about a relay URI, and requests to the relay itself.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::fake_youtube::Knob;
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::PATIENCE;
use crate::support::world::World;

/// MPD would stand still while it fetches.
#[test]
fn nothing_that_asks_about_a_song_makes_mpd_fetch_it() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    // No picture is there before the end of this test: `covers` is about those that are.
    world.youtube.turn(Knob::Covers { latency_ms: 60_000 });
    let mut client = world.daemon.client_with_playlists(1);
    // A former base URL, where nobody answers and everybody is counted.
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let folder = format!("http://{}/focus000001", trap.local_addr().unwrap());
    let song = format!("{folder}/audio");
    for (command, answer) in [
        (format!("readpicture {song} 0"), "OK\n"),
        (format!("albumart {song} 0"), "ACK [50@0] {albumart} No file exists\n"),
        (format!("albumart {folder} 0"), "ACK [50@0] {albumart} No file exists\n"),
        (format!("albumart {folder}/ 0"), "ACK [50@0] {albumart} No file exists\n"),
        (format!("albumart {song} x"), "ACK [2@0] {albumart} Integer expected: x\n"),
        (format!("readcomments {song}"), "Title: focus song 1\nArtist: Artist 1\nAlbum: Album 1\nOK\n"),
        (format!("readcomments {song}#here"), "Title: focus song 1\nArtist: Artist 1\nAlbum: Album 1\nOK\n"),
        (format!("listfiles {song}"), "ACK [50@0] {listfiles} No such directory\n"),
        (format!("getfingerprint {song}"), "ACK [50@0] {getfingerprint} No such song\n"),
        (format!("load {song}"), "ACK [50@0] {load} No such playlist\n"),
        (format!("load {song} 0:1 0"), "ACK [50@0] {load} No such playlist\n"),
        (format!("listplaylist {song}"), "ACK [50@0] {listplaylist} No such playlist\n"),
        (format!("listplaylistinfo {song}"), "ACK [50@0] {listplaylistinfo} No such playlist\n"),
    ] {
        let asked = Instant::now();
        assert_eq!(client.ask(&command), answer, "{command}");
        assert!(asked.elapsed() < Duration::from_secs(1), "{command} took {:?}", asked.elapsed());
    }
    let info = client.ask(&format!("lsinfo {song}"));
    assert!(info.contains("Title: focus song 1\n") && info.ends_with("duration: 30.000\nOK\n"), "{info}");
    let fetched = trap.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(fetched, Err(ErrorKind::WouldBlock), "MPD fetched it");
    let health = get(world.daemon.relay(), "GET /health HTTP/1.1");
    assert!(health.contains("\"audio_requests\":0"), "{health}");
}

#[test]
fn the_relay_serves_its_routes_and_nothing_else() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    world.daemon.client_with_playlists(1);
    let long = "x".repeat(5000);
    let found = [
        "GET /health HTTP/1.1".to_owned(),
        "HEAD /focus000001/audio HTTP/1.1".to_owned(),
        format!("GET /playlist/{FOCUS}.pls HTTP/1.1"),
    ];
    for request in &found {
        let answer = get(world.daemon.relay(), request);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{request}: {answer}");
    }
    let refused = [
        "GET / HTTP/1.1".to_owned(),
        "GET /../../etc/passwd HTTP/1.1".to_owned(),
        "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1".to_owned(),
        "GET //etc/passwd HTTP/1.1".to_owned(),
        "GET /playlist/../../etc/passwd HTTP/1.1".to_owned(),
        "GET /playlist/..%2f..%2fetc%2fpasswd HTTP/1.1".to_owned(),
        "GET /playlist/%2e%2e%2flibrary.json HTTP/1.1".to_owned(),
        "GET /playlist/library.json HTTP/1.1".to_owned(),
        "GET /playlist/PLunknown.pls HTTP/1.1".to_owned(),
        format!("GET /playlist/{FOCUS} HTTP/1.1"),
        format!("GET /playlist/{FOCUS}.pls?x=1 HTTP/1.1"),
        format!("GET /playlist/{FOCUS}.pls/x HTTP/1.1"),
        format!("POST /playlist/{FOCUS}.pls HTTP/1.1"),
        "GET /unknown0001/audio HTTP/1.1".to_owned(),
        "GET /focus000001/ HTTP/1.1".to_owned(),
        "GET /focus000001/audio/ HTTP/1.1".to_owned(),
        "GET /focus000001/audio?x=1 HTTP/1.1".to_owned(),
        "GET /focus000001%00/audio HTTP/1.1".to_owned(),
        "GET /focus00000/audio HTTP/1.1".to_owned(),
        "GET /focus000001/cover.png HTTP/1.1".to_owned(),
        "GET /focus000001/../focus000001/audio HTTP/1.1".to_owned(),
        format!("GET /{long}/audio HTTP/1.1"),
        "POST /focus000001/audio HTTP/1.1".to_owned(),
        "DELETE /health HTTP/1.1".to_owned(),
        "OPTIONS * HTTP/1.1".to_owned(),
        "CONNECT example.com:443 HTTP/1.1".to_owned(),
        "GET http://example.com/ HTTP/1.1".to_owned(),
        "rubbish".to_owned(),
        "GET /health HTTP/9.9".to_owned(),
        format!("GET /health HTTP/1.1\r\nX-Long: {}", "x".repeat(1 << 20)),
    ];
    for request in &refused {
        let answer = get(world.daemon.relay(), request);
        let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
        let short: String = request.chars().take(60).collect();
        assert!(matches!(status.as_str(), "400" | "404" | "405" | "414" | "431"), "{short}: {answer:?}");
        assert!(!answer.contains("root:"), "{short}: {answer}");
    }
    // None of them had anything looked up.
    assert_eq!(world.youtube.counters().covers, 0);
    let health = get(world.daemon.relay(), "GET /health HTTP/1.1");
    assert!(health.contains("\"audio_requests\":1,"), "{health}");
}

/// Sends one request as it is, and reads all that comes.
fn get(relay: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(relay).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // The relay may refuse before all of it is sent.
    let _ = stream.write_all(format!("{request}\r\nHost: relay\r\nConnection: close\r\n\r\n").as_bytes());
    let mut answer = Vec::new();
    // A refusal may be followed by a reset.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
