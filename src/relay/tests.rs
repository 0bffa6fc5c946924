//! The relay between a media server that fails as told and a client that knows what it should get.

mod covers;
mod fake;
mod faults;
mod memory;
mod requests;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use self::fake::{Fake, FakeExtract, Mishap};
use super::*;
use crate::library::{Entry, Halted, Library, Playlist, Track, VideoId};

const VIDEO: &str = "dQw4w9WgXcQ";
const OLD_MPD: &str = "Music Player Daemon 0.23.12";
const NEW_MPD: &str = "Music Player Daemon 0.24.4";

/// Waits that are long enough for loopback, and short enough for tests.
const PACE: Pace = Pace {
    hold: Duration::from_millis(600),
    stall: Duration::from_millis(150),
    first_delay: Duration::from_millis(5),
    longest_delay: Duration::from_millis(50),
    linger: Duration::from_secs(60),
    halt: Duration::from_millis(100),
    later: Duration::from_millis(20),
    latest: Duration::from_millis(200),
    keep_retry: Duration::from_millis(30),
};

/// Waits that a busy machine does not exceed for want of a processor.
const PATIENT: Pace = Pace { hold: Duration::from_secs(20), stall: Duration::from_millis(700), ..PACE };

/// A served relay, its fake YouTube and a client.
struct Rig {
    fake: Arc<Fake>,
    relay: Relay,
    unavailable: Unavailable,
    halts: mpsc::Receiver<Halt>,
    base: String,
    client: reqwest::Client,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
    covers: tempfile::TempDir,
}

impl Rig {
    /// A rig whose songs all have `total` bytes.
    async fn new(total: u64, mishaps: &[Mishap]) -> Self {
        Self::with_pace(PACE, total, mishaps).await
    }

    async fn with_pace(pace: Pace, total: u64, mishaps: &[Mishap]) -> Self {
        let fake = Fake::start(total, mishaps).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let listen = Address::Tcp("relay".to_owned(), 80);
        let config = config::Relay { listen, base_url: "http://relay".to_owned(), hold: pace.hold };
        let covers = tempfile::tempdir().unwrap();
        let extract = Arc::new(FakeExtract(Arc::clone(&fake)));
        let (halt, halts) = mpsc::channel(1);
        let unavailable = Unavailable::default();
        let sources = Sources {
            library: library(&fake).subscribe(),
            resolver: Resolver::start(extract, 2, CancellationToken::new(), &TaskTracker::new()),
            unavailable: unavailable.clone(),
            halt,
        };
        let relay = Relay::with_pace(pace, &config, covers.path().to_owned(), sources);
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(relay.clone().serve(listener, vec![], shutdown.clone()));
        // The relay's own client comes with its first song.
        crate::tls::provide();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { fake, relay, unavailable, halts, base, client, shutdown, serving, covers }
    }

    async fn request(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let request = self.client.get(format!("{}{path}", self.base));
        headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value))
            .send()
            .await
            .unwrap()
    }

    async fn song(&self, headers: &[(&str, &str)]) -> reqwest::Response {
        self.request(&format!("/{VIDEO}/audio"), headers).await
    }

    async fn health(&self, key: &str) -> u64 {
        let text = self.request("/health", &[]).await.text().await.unwrap();
        let health: serde_json::Value = serde_json::from_str(&text).unwrap();
        health[key].as_u64().unwrap()
    }
}

/// The songs `VIDEO`, which plays for a moment, and `song0000000` to `song0000009`, which play for
/// a minute, all in the playlist `PLx`.
fn library(fake: &Fake) -> Library {
    let ids = std::iter::once(VIDEO.to_owned()).chain((0..10).map(song_id));
    let entries = ids.map(|id| Entry {
        track: Arc::new(Track {
            id: id.parse().unwrap(),
            title: "Tone".into(),
            artists: Box::default(),
            album: None,
            duration: Some(Duration::from_secs(if id == VIDEO { 0 } else { 60 })),
            thumbnail: Some(fake.url("picture").into()),
        }),
        set_video_id: None,
    });
    let playlist = Playlist {
        id: "PLx".parse().unwrap(),
        title: "Tones".into(),
        entries: entries.collect(),
        updated: Timestamp::UNIX_EPOCH,
    };
    let mut library = Library::new("YT: ", vec![], vec![]);
    library.replace(vec![playlist]);
    library
}

fn song_id(number: u32) -> String {
    format!("song{number:07}")
}

fn video(text: &str) -> VideoId {
    text.parse().unwrap()
}

/// Waits until `condition` holds, for what happens in the background.
async fn until<F: Future<Output = bool>>(mut condition: impl FnMut() -> F) {
    let wait = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), wait).await.expect("it should have happened by now");
}
