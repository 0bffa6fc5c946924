//! What the player asks of MPD, and how much MPD says: counted on the way between them.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::task::JoinSet;

use super::*;

/// So many windows of `plchanges`, and a bit of another.
const SONGS: usize = 5 * 1024 + 1;

const IDLE: &str = r#"idle "partition" "playlist" "player" "options""#;

/// What was asked of MPD, without the frames of lists, and how many bytes it said.
#[derive(Default)]
struct Tally {
    lines: Vec<String>,
    bytes: usize,
}

/// A way to MPD that counts: each connection once it has ended, but for the one that idles.
struct Counted {
    tally: Arc<Mutex<Tally>>,
    task: JoinHandle<()>,
    folder: TempDir,
}

impl Counted {
    fn start(mpd: &TestMpd) -> Self {
        let (folder, listener) = listen();
        let tally = Arc::<Mutex<Tally>>::default();
        let (to, socket) = (tally.clone(), mpd.socket());
        let task = tokio::spawn(async move {
            // They end with it.
            let mut ways = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let mpd = UnixStream::connect(&socket).await.unwrap();
                ways.spawn(carry(client, mpd, to.clone()));
            }
        });
        Self { tally, task, folder }
    }

    /// What there is since the last time, once these are so many lines. Sorted, since there are
    /// several connections, and without queues' versions.
    async fn take(&self, lines: usize) -> Tally {
        let counted = || self.tally.lock().unwrap().lines.len();
        eventually(counted, |&counted| counted >= lines).await;
        let mut tally = std::mem::take(&mut *self.tally.lock().unwrap());
        for line in tally.lines.iter_mut().filter(|line| line.starts_with("plchanges")) {
            let words: Vec<&str> = line.split(' ').collect();
            *line = format!("{} V {}", words[0], words[2]);
        }
        tally.lines.sort();
        tally
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(client: UnixStream, mpd: UnixStream, tally: Arc<Mutex<Tally>>) {
    let (mut mpd_says, mut to_mpd) = mpd.into_split();
    let (client_says, mut to_client) = client.into_split();
    let mut here = Tally::default();
    let there = async {
        let mut client_says = BufReader::new(client_says).lines();
        while let Ok(Some(line)) = client_says.next_line().await {
            to_mpd.write_all(format!("{line}\n").as_bytes()).await.unwrap();
            if line.starts_with("idle") {
                tally.lock().unwrap().lines.push(line);
            } else if !line.starts_with("command_list") {
                here.lines.push(line);
            }
        }
    };
    let back = async {
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = mpd_says.read(&mut chunk).await {
            here.bytes += read;
            to_client.write_all(&chunk[..read]).await.unwrap();
        }
    };
    tokio::select! { () = there => {} () = back => {} }
    let mut tally = tally.lock().unwrap();
    tally.lines.append(&mut here.lines);
    tally.bytes += here.bytes;
}

#[tokio::test(flavor = "multi_thread")]
async fn mpd_is_asked_for_what_changed_only() {
    const PLACES: &str = r#"plchangesposid V "0:131072""#;
    const FIRST: &str = r#"plchanges V "0:1024""#;
    const LAST: &str = r#"plchanges V "5120:6144""#;
    let Some(mpd) = TestMpd::start("") else { return };
    let adds: String = (0..SONGS).map(addid).collect();
    mpd.talk(&format!("command_list_begin\n{adds}command_list_end"));
    let counted = Counted::start(&mpd);
    // The first one is known, and has no tags to be given.
    let running = Running::start_at(address(&counted.folder), vec![track(0, "", &[], None)], "");
    // It idles, and asks for all of the queue's windows.
    let whole = counted.take(2 + 6).await.bytes;
    let windows: Vec<String> =
        (0..6).map(|at| format!("plchanges V \"{}:{}\"", at * 1024, (at + 1) * 1024)).collect();
    let mut everything: Vec<&str> = windows.iter().map(String::as_str).collect();
    everything.extend([IDLE, PLACES, "status", "status"]);
    everything.sort_unstable();
    for (what, command, expected, most) in [
        ("an option", "repeat 1", &[IDLE, "status"][..], 1000),
        ("another client's channel, and an option", "subscribe it\nrepeat 0", &[IDLE, "status"], 1000),
        ("one goes from the front", "delete 0", &[IDLE, PLACES, "status", "status"], whole / 3),
        ("one comes", &addid(SONGS), &[IDLE, LAST, PLACES, "status", "status"], 1000),
        ("one is tagged", "addtagid 2 Title T", &[IDLE, FIRST, PLACES, "status", "status"], 1000),
        ("one comes to the front, in two edits", &format!("{} 0", addid(1).trim()), &everything, whole * 2),
        ("one moves", "move 0 9", &[IDLE, PLACES, "status", "status"], 1000),
    ] {
        mpd.talk(command);
        let Tally { lines, bytes } = counted.take(expected.len()).await;
        assert_eq!(lines, expected, "{what}");
        assert!(bytes < most, "{what}: {bytes} bytes of {whole}");
    }
    running.stop().await;
}

/// MPD knows `partition` from 0.22 on, and an older one refuses the whole `idle`.
#[tokio::test]
async fn an_old_mpd_is_not_asked_for_what_it_does_not_know() {
    for (greeting, asked) in [("OK MPD 0.21.11\n", "idle"), ("OK MPD 0.22.0\n", IDLE)] {
        let (folder, listener) = listen();
        let running = Running::start_at(address(&folder), Vec::new(), "");
        let (mut mpd, _) = listener.accept().await.unwrap();
        mpd.write_all(greeting.as_bytes()).await.unwrap();
        assert_eq!(BufReader::new(mpd).lines().next_line().await.unwrap().as_deref(), Some(asked));
        running.stop().await;
    }
}
