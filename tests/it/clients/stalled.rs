//! Nothing waits for YouTube: it has stopped answering, and only who wants to hear a song that is
//! not there notices.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use crate::fake_youtube::catalogue::{LONG, Playlist, Song};
use crate::fake_youtube::{Audio, Catalogue, Format, Knob, MediaRule, MusicFault, MusicRule, Says};
use crate::support::client::Client;
use crate::support::mpd::TestMpd;
use crate::support::screen::Screen;
use crate::support::world::{MUSIC, World};
use crate::support::{eventually, programs};

/// How many playlists there are, besides that of the song that plays.
const PLAYLISTS: usize = 50;

/// Longer than this no ping takes. It is milliseconds; a song that is not ready is waited for
/// twice as long by who goes to it, and without end by an MPD that was not spared it.
const FELT: Duration = Duration::from_secs(1);

/// So long that no test sees its end.
const NEVER: u64 = 600_000;

/// What MPD asks the relay, on its way there.
struct Recorder {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    listener: TcpListener,
}

impl Recorder {
    fn bind() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Self { port: listener.local_addr().unwrap().port(), asked: Arc::default(), listener }
    }

    /// Passes everything on from now on.
    fn start(&self, relay: SocketAddr) {
        let (listener, asked) = (self.listener.try_clone().unwrap(), Arc::clone(&self.asked));
        thread::spawn(move || {
            for mpd in listener.incoming().map_while(Result::ok) {
                let asked = Arc::clone(&asked);
                thread::spawn(move || pass_on(&mpd, relay, &asked));
            }
        });
    }

    /// The paths that were asked for since the last time.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn pass_on(mpd: &TcpStream, relay: SocketAddr, asked: &Mutex<Vec<String>>) -> Option<()> {
    let mut relay = TcpStream::connect(relay).ok()?;
    let (mut answers, mut to_mpd) = (relay.try_clone().ok()?, mpd.try_clone().ok()?);
    thread::spawn(move || {
        let _ = io::copy(&mut answers, &mut to_mpd);
        let _ = to_mpd.shutdown(Shutdown::Write);
    });
    // No request has a body, so that all lines are heads'.
    let mut reader = BufReader::new(mpd);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|length| length > 0) {
        if let Some(request) = line.strip_suffix(" HTTP/1.1\r\n") {
            let path = request.split_once(' ').map_or(request, |(_, path)| path);
            asked.lock().unwrap().push(path.to_owned());
        }
        relay.write_all(line.as_bytes()).ok()?;
        line.clear();
    }
    relay.shutdown(Shutdown::Write).ok()
}

/// A client that does nothing but `ping`.
struct Pinger {
    over: Arc<AtomicBool>,
    worst: Arc<Mutex<Duration>>,
    thread: Option<JoinHandle<()>>,
}

impl Pinger {
    fn start(mut client: Client) -> Self {
        let (over, worst) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::default()));
        let (ends, slowest) = (Arc::clone(&over), Arc::clone(&worst));
        let thread = thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                let asked = Instant::now();
                assert_eq!(client.ask("ping"), "OK\n");
                let took = asked.elapsed();
                let mut worst = slowest.lock().unwrap();
                *worst = took.max(*worst);
                drop(worst);
                sleep(Duration::from_millis(1));
            }
        });
        Self { over, worst, thread: Some(thread) }
    }

    /// Tells the worst ping since the last time, once there is one.
    #[track_caller]
    fn check(&self, what: &str) {
        let worst = eventually("a ping is answered", || {
            let worst = std::mem::take(&mut *self.worst.lock().unwrap());
            (!worst.is_zero()).then_some(worst)
        });
        eprintln!("worst ping beside {what}: {worst:?}");
        assert!(worst < FELT, "beside {what}, a ping took {worst:?}");
    }
}

impl Drop for Pinger {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || thread::panicking(), "the second connection was not answered");
    }
}

/// Fifty playlists that are all alike, and one with a long song.
fn world(mpd: TestMpd, recorder: &Recorder) -> Option<World> {
    let mut catalogue = Catalogue::default();
    let ids: Vec<String> = (1..=PLAYLISTS).map(|number| format!("PLmany{number:04}")).collect();
    for (number, id) in (1..).zip(&ids) {
        catalogue.add(Playlist::numbered(id, &format!("Many {number:02}"), &format!("{number:05}"), 4));
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).chain([LONG]).collect();
    let advertise = format!("advertise = \"http://127.0.0.1:{}\"", recorder.port);
    // Nothing is prepared ahead, and nothing is given up.
    let more = [
        ("relay", advertise.as_str()),
        ("relay", "hold_seconds = 600"),
        ("resolver", "prefetch = 0"),
        ("resolver", "timeout_seconds = 600"),
    ];
    let world = World::start_with(mpd, catalogue, &ids, &more)?;
    recorder.start(world.daemon.relay());
    Some(world)
}

/// Nothing of YouTube's answers any more.
fn stall(world: &World) {
    let rule = MusicRule { fault: Some(MusicFault::Stall), ..MusicRule::default() };
    world.youtube.turn(Knob::Music { rule });
    world.youtube.turn(Knob::AllVideos { says: Says::Slow(NEVER) });
    let rule = MediaRule { latency_ms: NEVER, ..MediaRule::default() };
    world.youtube.turn(Knob::Media { id: None, rule });
    world.youtube.turn(Knob::Covers { latency_ms: NEVER });
}

#[test]
fn fifty_playlists_are_browsed_and_songs_skipped_while_youtube_is_stalled() {
    nobody_waits(TestMpd::start(MUSIC));
}

#[test]
fn neither_does_mpd_0_24_wait() {
    nobody_waits(TestMpd::start_0_24(MUSIC));
}

fn nobody_waits(mpd: Option<TestMpd>) {
    if programs::find("ncmpcpp").is_none() {
        return;
    }
    let recorder = Recorder::bind();
    let Some(world) = mpd.and_then(|mpd| world(mpd, &recorder)) else { return };
    let mut client = world.daemon.client_with_playlists(PLAYLISTS + 1);
    assert_eq!(client.ask("load \"YT: Many 07\""), "OK\n");
    assert_eq!(client.ask("load \"YT: Long\""), "OK\n");
    // The only song that is ever there.
    assert_eq!(client.ask("play 4"), "OK\n");
    eventually("it is heard", || (client.elapsed() > 0.1).then_some(()));
    stall(&world);
    recorder.take();

    let pinger = Pinger::start(world.client());
    let Some(screen) = browse(&world) else { return };
    pinger.check("browsing");
    ask_about_songs(&world, &recorder, &mut client);
    pinger.check("all that asks about songs");
    let mut asked = recorder.take();
    // What is searched in, from MPD 0.24 on; it comes from memory.
    asked.retain(|path| !path.ends_with(".xspf"));
    assert_eq!(asked, Vec::<String>::new(), "nobody has loaded or played anything");

    let list = "command_list_begin\nplay 1\nseek 2 10\ncommand_list_end";
    for jump in ["next", "previous", "play 1", "seek 2 10", "playid 3", "seekid 4 5.5", list] {
        assert_eq!(client.ask("play 4"), "OK\n");
        eventually("the song that is there is heard", || {
            let at = client.value("status", "song");
            (at.as_deref() == Some("4") && client.elapsed() > 0.1).then_some(())
        });
        assert_eq!(client.ask(jump), "OK\n", "{jump}");
        pinger.check(jump);
        assert_eq!(client.value("status", "state").as_deref(), Some("play"), "{jump}");
    }
    // From songs that are not there to others, and within them.
    for jump in ["next", "next", "seekcur 5", "previous", "stop", "play 2", "next"] {
        client.ask(jump);
        pinger.check(jump);
    }
    // And by hand: the playlist under the cursor is loaded, and its first song played.
    screen.press(&["Enter"]);
    screen.shows(&["Playlist \"YT: Many 50\" loaded"]);
    screen.press(&["1"]);
    screen.shows(&["Playlist (10 items"]);
    // The key behind a seek ends it.
    screen.press(&[">", "<", "f", "Down", "2"]);
    screen.shows(&["Browse: /"]);
    pinger.check("ncmpcpp's load, play and seeks");

    let asked = recorder.take();
    let loads = asked.iter().filter(|path| path.ends_with(".pls")).count();
    assert_eq!(loads, 1, "{asked:?}");
    assert!(asked.iter().all(|path| path.ends_with(".pls") || path.ends_with("/audio")), "{asked:?}");
}

/// In the playlist editor and in the browser, to the last playlist.
fn browse(world: &World) -> Option<Screen> {
    let screen = Screen::start("ncmpcpp", &["-h", world.daemon.socket().to_str().unwrap()])?;
    screen.shows(&["Playlist (6 items", "Volume"]);
    screen.press(&["5"]);
    screen.shows(&["YT: Long", "YT: Many 01", "Content (2 items)"]);
    // It asks for the songs of a list when the cursor rests on it.
    for list in (5..=PLAYLISTS).step_by(5) {
        screen.press(&["Down"; 5]);
        screen.shows(&[&format!("YT: Many {list:02}"), &format!("{list:05} song 4"), "0:30"]);
    }
    screen.press(&["2"]);
    screen.shows(&["Browse: /", "playlist YT: Many 01"]);
    screen.press(&["End", "Up"]);
    screen.shows(&["playlist YT: Many 50", "playlist YT: Long"]);
    Some(screen)
}

/// Whatever a client may ask about songs and playlists of ours, but for loading and playing.
fn ask_about_songs(world: &World, recorder: &Recorder, client: &mut Client) {
    let song = format!("http://127.0.0.1:{}/00009000002/audio", recorder.port);
    let list = "\"YT: Many 09\"";
    for command in [
        "listplaylists",
        "lsinfo",
        "playlistinfo",
        "playlistid 1",
        "playlistfind title \"00007 song 1\"",
        "playlistsearch title song",
        "plchanges 0",
        "plchangesposid 0",
        "currentsong",
        "stats",
        "search title song",
        "count title song",
        "listallinfo",
        &format!("listplaylist {list}"),
        &format!("listplaylistinfo {list}"),
        &format!("playlistlength {list}"),
        &format!("searchplaylist {list} title song"),
        &format!("rm {list}"),
        &format!("addid {song}"),
        &format!("add {song}"),
        "delete 6:",
        "save mine",
        &format!("playlistadd mine {song}"),
        "listplaylistinfo mine",
        "playlistmove mine 0 1",
        "playlistdelete mine 0",
        "rename mine yours",
        "rm yours",
        &format!("lsinfo {song}"),
        &format!("listfiles {song}"),
        &format!("listallinfo {song}"),
        &format!("find file {song}"),
        &format!("readcomments {song}"),
        &format!("getfingerprint {song}"),
        &format!("albumart {song} 0"),
        &format!("albumart {} 0", song.trim_end_matches("audio")),
        &format!("readpicture {song} 0"),
        &format!("sticker list song {song}"),
        &format!("update {song}"),
        "add https://youtu.be/00009000003",
        "add https://www.youtube.com/watch?v=unseen00001",
        "delete 6:",
    ] {
        let asked = Instant::now();
        let answer = client.ask(command);
        assert!(answer.ends_with("OK\n") || answer.starts_with("ACK "), "{command}: {answer}");
        assert!(asked.elapsed() < FELT, "{command} took {:?}", asked.elapsed());
    }
    let kept = || (world.mpd.talk("status").contains("playlistlength: 6\n")).then_some(());
    eventually("the queue is as before", kept);
}

#[test]
fn a_seek_to_where_nothing_is_yet_stops_nobody() {
    seek_far(TestMpd::start(MUSIC));
}

#[test]
fn neither_does_it_stop_mpd_0_24() {
    seek_far(TestMpd::start_0_24(MUSIC));
}

/// A song of 55 MiB, and nothing is given up.
fn far_world(mpd: TestMpd) -> Option<World> {
    let song = Song { audio: Audio::LargeTenMinutes, ..Song::numbered("large", 1) };
    let mut catalogue = Catalogue::default();
    catalogue.add(Playlist::new("PLfar", "Far", vec![song.into()]));
    World::start_with(mpd, catalogue, &["PLfar"], &[("relay", "hold_seconds = 600")])
}

fn seek_far(mpd: Option<TestMpd>) {
    let Some(world) = mpd.and_then(far_world) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    assert_eq!(client.ask("load \"YT: Far\""), "OK\n");
    assert_eq!(client.ask("play 0"), "OK\n");
    // It is read 16 MiB ahead, of 55: to the third minute.
    eventually("it is read ahead", || (world.youtube.counters().media > 30).then_some(()));
    stall(&world);

    let pinger = Pinger::start(world.client());
    for near in ["seekcur 30", "seek 0 60", "seekcur +5"] {
        assert_eq!(client.ask(near), "OK\n", "{near}");
        pinger.check(near);
    }
    for far in ["seekcur 500", "seek 0 400", "seekid 1 450.5", "seekcur +480"] {
        let verb = far.split(' ').next().unwrap();
        let refused =
            format!("ACK [55@0] {{{verb}}} that part of the song is not there yet; try again in a moment\n");
        assert_eq!(client.ask(far), refused, "{far}");
        pinger.check(far);
        assert!(client.elapsed() < 100.0, "it plays on, from where it was");
    }

    world.youtube.turn(Knob::Media { id: None, rule: MediaRule::default() });
    eventually("a second try finds it", || (client.ask("seekcur 500") == "OK\n").then_some(()));
    eventually("it is heard there", || (client.elapsed() > 500.1).then_some(()));
    pinger.check("a seek to what has come");
}

/// How many bytes the relay has read of YouTube's.
fn fetched(world: &World) -> usize {
    let mut relay = TcpStream::connect(world.daemon.relay()).unwrap();
    relay.write_all(b"GET /health HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n").unwrap();
    let answer = io::read_to_string(relay).unwrap();
    let (_, health) = answer.split_once("\r\n\r\n").unwrap();
    let health: serde_json::Value = serde_json::from_str(health).unwrap();
    usize::try_from(health["upstream_bytes"].as_u64().unwrap()).unwrap()
}

/// MPD 0.24 keeps all that it has read of a song until it has decoded it, which is some seconds
/// before its end. To seek back in it then is to open it again.
#[test]
fn a_seek_back_from_the_end_stops_nobody() {
    let Some(mpd) = TestMpd::start_0_24(MUSIC) else { return };
    let Some(world) = far_world(mpd) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    assert_eq!(client.ask("load \"YT: Far\""), "OK\n");
    assert_eq!(client.ask("play 0"), "OK\n");
    let whole = Audio::LargeTenMinutes.bytes(Format::WebmOpus, 0).unwrap().len();
    eventually("the relay has had all of it", || (fetched(&world) >= whole).then_some(()));
    eventually("it is heard", || (client.elapsed() > 0.1).then_some(()));
    stall(&world);
    let pinger = Pinger::start(world.client());
    for there in ["seekcur 300", "seekcur 590"] {
        assert_eq!(client.ask(there), "OK\n", "{there}");
        pinger.check(there);
    }
    eventually("the end is heard", || (client.elapsed() > 591.0).then_some(()));
    let refused = "ACK [55@0] {seekcur} that part of the song is not there yet; try again in a moment\n";
    assert_eq!(client.ask("seekcur 300"), refused);
    pinger.check("a seek back from the end");
    assert!(client.elapsed() > 591.0, "it plays on, from where it was");
}
