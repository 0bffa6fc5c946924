//! What a client hears, and when: on a clock of the test's.

use std::time::Duration;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::control::conversation::Conversation;
use crate::control::request::LONGEST;

/// What the system holds for a socket.
const BUFFER: usize = 200_000;

/// A client in a conversation.
struct Client {
    stream: DuplexStream,
    conversation: JoinHandle<std::io::Result<()>>,
    shutdown: CancellationToken,
}

impl Client {
    fn of(daemon: &Arc<Fake>) -> Self {
        Self::with_buffer(daemon, BUFFER)
    }

    fn with_buffer(daemon: &Arc<Fake>, buffer: usize) -> Self {
        let (stream, its) = duplex(buffer);
        let shutdown = CancellationToken::new();
        let conversation = Conversation::new(its, Arc::clone(daemon) as Arc<dyn Daemon>);
        let conversation = tokio::spawn(conversation.run(shutdown.clone()));
        Self { stream, conversation, shutdown }
    }

    /// What there is to read after so long.
    async fn after(&mut self, time: Duration) -> String {
        let mut heard = vec![];
        // The end of the time is no end of what was said.
        let _ = timeout(time, self.stream.read_to_end(&mut heard)).await;
        String::from_utf8(heard).unwrap()
    }

    /// All there is to read until the end, and how long that took.
    async fn rest(&mut self) -> (String, Duration) {
        let start = Instant::now();
        (self.after(Duration::from_secs(60)).await, start.elapsed())
    }
}

/// What a client does.
enum Step {
    Send(&'static [u8]),
    Wait(u64),
    HalfClose,
}

use Step::{HalfClose, Send, Wait};

const SECOND: Duration = Duration::from_secs(1);
const AT_ONCE: Duration = Duration::ZERO;
/// After which a request without its line break is taken.
const PAUSED: Duration = Duration::from_millis(1100);

#[tokio::test(start_paused = true)]
async fn conversations() {
    let unknown = |word: &str| no(&format!("Unknown command: {word}"));
    for (steps, answers, closed_after) in [
        (&[Send(b"status\n")][..], STATUS.to_owned(), SECOND),
        (&[Send(b"status\r\n")], STATUS.to_owned(), SECOND),
        (&[Send(b"list\n")], LIST.to_owned(), SECOND),
        (&[Send(b"sync\nsync\n")], [SYNC, AGAIN].concat(), SECOND),
        (&[Send(b"quit\nstatus\n")], QUIT.to_owned(), AT_ONCE),
        // Split and pipelined.
        (&[Send(b"sta"), Send(b"tus\nli"), Send(b"st\nstatus\n")], [STATUS, LIST, STATUS].concat(), SECOND),
        (&[Send(b"sta"), Wait(500), Send(b"tus\n")], STATUS.to_owned(), SECOND),
        (&[Send(b"sta"), Wait(90), Send(b"tus"), Wait(90), Send(b"\n")], STATUS.to_owned(), SECOND),
        (&[Send(b"status\n"), Wait(900), Send(b"list\n")], [STATUS, LIST].concat(), SECOND),
        // As the Python daemon's clients do.
        (&[Send(b"status"), HalfClose], STATUS.to_owned(), AT_ONCE),
        (&[Send(b"status\nlist"), HalfClose], [STATUS, LIST].concat(), AT_ONCE),
        (&[Send(b"status\n"), HalfClose], STATUS.to_owned(), AT_ONCE),
        (&[Send(b"rubbish"), HalfClose], unknown("rubbish"), AT_ONCE),
        (&[Send(b"status")], STATUS.to_owned(), PAUSED),
        (&[Send(b"status"), Wait(101), Send(b"\n")], STATUS.to_owned(), SECOND),
        (&[Send(b"status"), Wait(99), Send(b"\n")], STATUS.to_owned(), SECOND),
        (&[Send(b"status"), Wait(200), Send(b"\r\nlist\n")], [STATUS, LIST].concat(), SECOND),
        (
            &[Send(b"status"), Wait(200), Send(b"list"), Wait(200), HalfClose],
            [STATUS, LIST].concat(),
            AT_ONCE,
        ),
        // Silence.
        (&[], String::new(), SECOND),
        (&[HalfClose], String::new(), AT_ONCE),
        (&[Send(b" \r"), HalfClose], String::new(), AT_ONCE),
        (&[Send(b" \r")], String::new(), SECOND),
        (&[Send(b"rubbish")], unknown("rubbish"), SECOND * 2),
        // What is no request.
        (&[Send(b"sing a song\nlist\n")], [&unknown("sing"), LIST].concat(), SECOND),
        (&[Send(b"status all\n")], no("`status` takes no argument: all"), SECOND),
        (
            &[Send(b"\x00\xff\x1b[0m\nlist\n")],
            [&unknown("\u{fffd}\u{fffd}\u{fffd}[0m"), LIST].concat(),
            SECOND,
        ),
    ] {
        let daemon = Fake::new();
        let mut client = Client::of(&daemon);
        for step in steps {
            match step {
                Send(bytes) => client.stream.write_all(bytes).await.unwrap(),
                Wait(millis) => sleep(Duration::from_millis(*millis)).await,
                HalfClose => client.stream.shutdown().await.unwrap(),
            }
        }
        let (heard, took) = client.rest().await;
        assert_eq!(heard, answers);
        assert_eq!(took.as_millis(), closed_after.as_millis(), "{heard}");
        client.conversation.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_over_long_line_is_read_to_its_end_but_not_for_ever() {
    let answer = no("Request too long: more than 4096 bytes without a line break");
    let mut client = Client::of(&Fake::new());
    client.stream.write_all(&vec![b'x'; LONGEST * 10]).await.unwrap();
    client.stream.write_all(b"\nstatus\n").await.unwrap();
    assert_eq!(client.after(Duration::from_millis(10)).await, answer);
    client.conversation.await.unwrap().unwrap();

    let client = Client::with_buffer(&Fake::new(), 100);
    let (mut reader, mut writer) = tokio::io::split(client.stream);
    let floods = tokio::spawn(async move {
        while writer.write_all(&[b'x'; 50]).await.is_ok() {
            sleep(Duration::from_millis(1)).await;
        }
    });
    let mut heard = String::new();
    reader.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, answer);
    client.conversation.await.unwrap().unwrap();
    drop(reader);
    floods.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_reload_is_waited_for_and_not_held_against_its_client() {
    let daemon = Fake::new();
    let mut client = Client::of(&daemon);
    client.stream.write_all(b"reload\nlist\n").await.unwrap();
    assert_eq!(client.after(SECOND * 5).await, "");
    let mut other = Client::of(&daemon);
    other.stream.write_all(b"status\nquit\n").await.unwrap();
    assert_eq!(other.rest().await, ([STATUS, QUIT].concat(), AT_ONCE));
    daemon.reloads.add_permits(1);
    assert_eq!(client.rest().await, ([&no("config.toml:1:1: nonsense"), LIST].concat(), SECOND));

    let daemon = Fake::new();
    daemon.reloads.add_permits(1);
    let mut client = Client::of(&daemon);
    client.stream.write_all(b"reload").await.unwrap();
    assert_eq!(client.rest().await.0, RELOAD);
}

#[tokio::test(start_paused = true)]
async fn a_follower_hears_of_each_sync_until_it_goes() {
    let daemon = Fake::new();
    let mut client = Client::of(&daemon);
    client.stream.write_all(b"follow\n").await.unwrap();
    assert_eq!(client.after(SECOND * 100).await, "");
    client.stream.write_all(b"sync\n").await.unwrap();
    // Its own sync begins after the answer.
    assert_eq!(client.after(SECOND).await, [SYNC, STARTED].concat());
    let done = Progress::Done { name: "a\u{1b}\"b".into(), done: 1, total: 1 };
    daemon.events.send(done).unwrap();
    daemon.events.send(finished()).unwrap();
    // What has happened comes before the answer to what is asked after it.
    client.stream.write_all(b"list\n").await.unwrap();
    let events = "{\"event\":\"playlist_done\",\"name\":\"a\\u001b\\\"b\",\"done\":1,\"total\":1}\n\
        {\"event\":\"sync_finished\",\"success\":true,\"playlists_synced\":1,\"playlists_failed\":0,\
        \"tracks_added\":0,\"tracks_failed\":0,\"duration_seconds\":0.0,\"errors\":[]}\n";
    assert_eq!(client.after(SECOND).await, [events, LIST].concat());
    // Half a connection is enough to follow.
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.after(SECOND * 100).await, "");
    daemon.events.send(Progress::Started { total: Some(1) }).unwrap();
    assert_eq!(client.after(SECOND).await, STARTED);
    drop(client.stream);
    timeout(SECOND * 2, client.conversation).await.unwrap().unwrap().unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_given_up() {
    let daemon = Fake::new();
    for request in ["status\n".repeat(10), "follow\nsync\nlist\n".to_owned()] {
        let mut client = Client::with_buffer(&daemon, 100);
        client.stream.write_all(request.as_bytes()).await.unwrap();
        let start = Instant::now();
        let gone = client.conversation.await.unwrap().unwrap_err();
        assert_eq!(gone.kind(), std::io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed().as_secs(), 3);
    }
    assert_eq!(daemon.syncs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_finishes_the_answer_under_way_and_no_other() {
    let daemon = Fake::new();
    let mut client = Client::of(&daemon);
    client.stream.write_all(b"reload\nlist\n").await.unwrap();
    assert_eq!(client.after(SECOND).await, "");
    client.shutdown.cancel();
    assert_eq!(client.after(SECOND).await, "");
    daemon.reloads.add_permits(1);
    assert_eq!(client.rest().await, (RELOAD.to_owned(), AT_ONCE));

    let mut follower = Client::of(&daemon);
    follower.stream.write_all(b"follow\n").await.unwrap();
    assert_eq!(follower.after(SECOND).await, "");
    follower.shutdown.cancel();
    assert_eq!(follower.rest().await, (String::new(), AT_ONCE));
}

#[tokio::test(start_paused = true)]
async fn who_asks_to_quit_and_goes_is_obeyed() {
    let daemon = Fake::new();
    let mut client = Client::of(&daemon);
    client.stream.write_all(b"quit").await.unwrap();
    drop(client.stream);
    client.conversation.await.unwrap().unwrap_err();
    assert_eq!(daemon.quits(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn garbage_gets_a_line_a_line(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 0..20), piece in 1..200usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (heard, breaks) = runtime.block_on(async {
            let mut client = Client::of(&Fake::new());
            let mut bytes = lines.join(&b'\n');
            bytes.push(b'\n');
            for piece in bytes.chunks(piece) {
                client.stream.write_all(piece).await.unwrap();
            }
            (client.rest().await.0, bytes.iter().filter(|byte| **byte == b'\n').count())
        });
        prop_assert_eq!(heard.lines().count(), breaks);
        for line in heard.lines() {
            let answer: serde_json::Value = serde_json::from_str(line).unwrap();
            prop_assert_eq!(&answer["success"], false);
            prop_assert!(!line.chars().any(char::is_control));
        }
    }
}
