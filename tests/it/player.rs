//! The player, against a real MPD.

mod cost;
mod halts;
mod strange;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use ytmpd::config::Address;
use ytmpd::library::{
    Cue, Entry, Halt, Halted, Library, Look, Picture, Pictures, Playlist, Portion, Readiness, Track,
    Unavailable, VideoId, uri,
};
use ytmpd::net::Upstream;
use ytmpd::player::{Contact, Player};

use super::support::config::config;
use super::support::mpd::TestMpd;

/// Nobody listens there: MPD fetches nothing for `addid`.
const BASE: &str = "http://127.0.0.1:1";

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A player that runs, and the other ends of its channels.
struct Running {
    library: Library,
    cue: Arc<Cued>,
    pictures: Arc<Followed>,
    unavailable: Unavailable,
    halts: mpsc::Sender<Halt>,
    contact: watch::Receiver<Contact>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

/// What the player last wanted ready, and what it said that MPD plays.
#[derive(Default)]
struct Cued(Mutex<Option<Vec<VideoId>>>, Mutex<Vec<VideoId>>);

impl Cue for Cued {
    fn is_ready(&self, _: VideoId, _: Portion) -> bool {
        false
    }

    fn is_with_mpd(&self, _: VideoId, _: Portion) -> bool {
        false
    }

    fn cue(&self, _: VideoId, _: Portion) -> Pin<Box<dyn Future<Output = Readiness> + Send>> {
        Box::pin(async { Readiness::NotNow })
    }

    fn plays(&self, video: VideoId) {
        self.1.lock().unwrap().push(video);
    }

    fn keep_ready(&self, videos: Vec<VideoId>) {
        *self.0.lock().unwrap() = Some(videos);
    }
}

/// Whose pictures it last wanted.
#[derive(Default)]
struct Followed(Mutex<Vec<VideoId>>);

impl Pictures for Followed {
    fn look(&self, _: VideoId) -> Look {
        Look::Absent
    }

    fn want(&self, _: VideoId) {}

    fn read(&self, _: VideoId) -> Pin<Box<dyn Future<Output = Option<Picture>> + Send>> {
        Box::pin(async { None })
    }

    fn follow(&self, videos: Vec<VideoId>) {
        *self.0.lock().unwrap() = videos;
    }
}

impl Running {
    fn start(mpd: &TestMpd, tracks: Vec<Track>) -> Self {
        Self::start_at(Address::Unix(mpd.socket()), tracks, "")
    }

    fn start_at(address: Address, tracks: Vec<Track>, password: &str) -> Self {
        let library = Library::new("YT: ", Vec::new(), tracks.into_iter().map(Arc::new).collect());
        let cue = Arc::new(Cued::default());
        let pictures = Arc::new(Followed::default());
        let unavailable = Unavailable::default();
        let (halts, halt) = mpsc::channel(4);
        let contact = watch::Sender::default();
        let contact_known = contact.subscribe();
        let player = Player {
            config: watch::channel(Arc::new(config(address.clone(), password))).1,
            upstream: Upstream::new(&[address]),
            library: library.subscribe(),
            cue: cue.clone(),
            pictures: pictures.clone(),
            unavailable: unavailable.clone(),
            halt,
            contact,
        };
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(player.run(shutdown.clone()));
        Self { library, cue, pictures, unavailable, halts, contact: contact_known, shutdown, task }
    }

    async fn halt(&self, video: VideoId) -> Halted {
        self.halt_since(tokio::time::Instant::now(), video).await.unwrap()
    }

    /// None if it is dropped.
    async fn halt_since(&self, since: tokio::time::Instant, video: VideoId) -> Option<Halted> {
        let (done, answered) = oneshot::channel();
        self.halts.send(Halt { video, reason: "no network".to_owned(), since, done }).await.unwrap();
        tokio::time::timeout(PATIENCE, answered).await.unwrap().ok()
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }

    /// Waits until the player has looked at MPD's queue as it is now.
    async fn wait_for_cue(&self, videos: &[VideoId]) {
        let cued = || self.cue.0.lock().unwrap().clone();
        eventually(cued, |cued| cued.as_deref() == Some(videos)).await;
    }

    /// A song becomes known.
    fn learn(&mut self, track: Track) {
        let entry = Entry { track: Arc::new(track), set_video_id: None };
        self.library.replace(vec![Playlist {
            id: "PLnew".parse().unwrap(),
            title: "New".into(),
            entries: vec![entry],
            updated: jiff::Timestamp::UNIX_EPOCH,
        }]);
    }
}

/// Where a test is MPD, or stands before it.
fn listen() -> (TempDir, UnixListener) {
    let folder = TempDir::new().unwrap();
    let listener = UnixListener::bind(folder.path().join("mpd")).unwrap();
    (folder, listener)
}

fn address(folder: &TempDir) -> Address {
    Address::Unix(folder.path().join("mpd"))
}

/// Asks until the answer is good.
async fn eventually<T: std::fmt::Debug>(ask: impl Fn() -> T, good: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = ask();
        if good(&answer) {
            return answer;
        }
        assert!(Instant::now() < deadline, "still {answer:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn video(number: usize) -> VideoId {
    format!("video-{number:05}").parse().unwrap()
}

fn track(number: usize, title: &str, artists: &[&str], album: Option<&str>) -> Track {
    Track {
        id: video(number),
        title: title.into(),
        artists: artists.iter().map(|&artist| artist.into()).collect(),
        album: album.map(Into::into),
        duration: None,
        thumbnail: None,
    }
}

fn addid(number: usize) -> String {
    format!("addid \"{}\"\n", uri::audio_uri(BASE, video(number)))
}

/// The queue's tags, as `Key: value` lines.
fn tags(mpd: &TestMpd, partition: &str) -> Vec<String> {
    let queue = mpd.talk(&format!("partition \"{partition}\"\nplaylistinfo"));
    let is_tag =
        |line: &&str| ["Title: ", "Artist: ", "Album: ", "Name: "].iter().any(|tag| line.starts_with(tag));
    queue.lines().filter(is_tag).map(str::to_owned).collect()
}

async fn wait_for_tags(mpd: &TestMpd, partition: &str, expected: &[&str]) {
    eventually(|| tags(mpd, partition), |tags| tags == expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn songs_get_the_tags_they_lack_and_never_twice() {
    let Some(mut mpd) = TestMpd::start("") else { return };
    let known = || {
        vec![
            track(1, "Don't \"quote\" \\ me", &["A", "B"], Some("L")),
            track(2, "two\nlines\tand\u{7} a bell", &["ü"], Some("")),
            track(3, "Title of ours", &["Artist of ours"], Some("Album of ours")),
        ]
    };
    let expected = [
        "Title: Don't \"quote\" \\ me",
        "Artist: A",
        "Artist: B",
        "Album: L",
        "Title: two lines and  a bell",
        "Artist: ü",
        "Title: Title of theirs",
        "Artist: Artist of ours",
        "Album: Album of ours",
    ];
    // One song is there before the player, the others come later, one with a tag of its own.
    mpd.talk(&addid(1));
    let running = Running::start(&mpd, known());
    wait_for_tags(&mpd, "default", &expected[..4]).await;
    mpd.talk(&(addid(2) + "addid http://127.0.0.1:1/elsewhere\n"));
    wait_for_tags(&mpd, "default", &expected[..6]).await;
    let list =
        format!("command_list_begin\n{}addtagid 4 title \"Title of theirs\"\ncommand_list_end", addid(3));
    mpd.talk(&list);
    wait_for_tags(&mpd, "default", &expected).await;
    running.stop().await;

    // Another player: nothing is left to do, and an added song shows when it is done with it.
    let running = Running::start(&mpd, known());
    mpd.talk(&addid(1));
    let again: Vec<&str> = expected.iter().chain(&expected[..4]).copied().collect();
    wait_for_tags(&mpd, "default", &again).await;

    // MPD keeps tags in its state file.
    mpd.restart();
    mpd.talk(&addid(2));
    let again: Vec<&str> = again.iter().chain(&expected[4..6]).copied().collect();
    wait_for_tags(&mpd, "default", &again).await;
    running.stop().await;
    assert_eq!(tags(&mpd, "default"), again);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_song_is_tagged_once_it_is_known() {
    let Some(mpd) = TestMpd::start("") else { return };
    mpd.talk(&(addid(1) + &addid(2)));
    let mut running = Running::start(&mpd, vec![track(1, "Known", &[], None)]);
    wait_for_tags(&mpd, "default", &["Title: Known"]).await;
    running.learn(track(2, "Fetched", &["A"], None));
    wait_for_tags(&mpd, "default", &["Title: Known", "Title: Fetched", "Artist: A"]).await;
    running.learn(track(1, "Known", &["Now"], Some("Too")));
    let expected = ["Title: Known", "Artist: Now", "Album: Too", "Title: Fetched", "Artist: A"];
    wait_for_tags(&mpd, "default", &expected).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_s_tags_are_seen_though_the_song_moved() {
    let Some(mpd) = TestMpd::start("") else { return };
    mpd.talk(&(addid(1) + &addid(2) + &addid(3)));
    let mut running = Running::start(&mpd, vec![track(3, "", &[], None)]);
    running.wait_for_cue(&[]).await;
    mpd.talk("command_list_begin\ndelete 0\naddtagid 3 Title Theirs\ncommand_list_end");
    running.wait_for_cue(&[video(3)]).await;
    running.learn(track(3, "Ours", &["A"], None));
    wait_for_tags(&mpd, "default", &["Title: Theirs", "Artist: A"]).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_no_title() {
    let Some(mpd) = TestMpd::start("") else { return };
    let uri = uri::audio_uri(BASE, video(1));
    std::fs::write(mpd.playlists().join("saved.m3u"), format!("#EXTM3U\n#EXTINF:60,A name\n{uri}\n"))
        .unwrap();
    mpd.talk("load saved");
    let running = Running::start(&mpd, vec![track(1, "Title", &[], None)]);
    eventually(|| tags(&mpd, "default"), |tags| tags.contains(&"Title: Title".to_owned())).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_that_mpd_does_not_keep_are_not_tried_for_ever() {
    let Some(mpd) = TestMpd::start("metadata_to_use \"artist,title\"") else { return };
    mpd.talk(&addid(1));
    let running = Running::start(&mpd, vec![track(1, "T", &["A"], Some("L"))]);
    wait_for_tags(&mpd, "default", &["Title: T", "Artist: A"]).await;
    // Another song shows that the first one is over; then the queue's version stands.
    mpd.talk(&addid(1));
    wait_for_tags(&mpd, "default", &["Title: T", "Artist: A", "Title: T", "Artist: A"]).await;
    let version =
        || mpd.talk("status").lines().find(|line| line.starts_with("playlist: ")).map(str::to_owned);
    let before = version();
    running.wait_for_cue(&[video(1)]).await;
    // Nothing tells that nothing happens; trying again would take a millisecond.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(version(), before);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn songs_that_vanish_meanwhile_cost_only_themselves() {
    const SONGS: usize = 4000;
    let Some(mpd) = TestMpd::start("") else { return };
    let tracks = (0..SONGS).map(|number| track(number, "T", &["A"], Some("L"))).collect();
    let running = Running::start(&mpd, tracks);
    running.wait_for_cue(&[]).await;
    let adds: String = (0..SONGS).map(addid).collect();
    mpd.talk(&format!("command_list_begin\n{adds}command_list_end"));
    // While these are tagged, every other one goes, from behind.
    for chunk in (0..SONGS / 2).rev().collect::<Vec<_>>().chunks(50) {
        let deletes: String = chunk.iter().map(|at| format!("delete {}\n", 2 * at)).collect();
        mpd.talk(&deletes);
    }
    let count = |tags: &Vec<String>| tags.iter().filter(|tag| *tag == "Album: L").count();
    let tags = eventually(|| tags(&mpd, "default"), |tags| count(tags) == SONGS / 2).await;
    assert_eq!(tags.len(), SONGS / 2 * 3);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_tagged_while_mpd_serves_others() {
    const SONGS: usize = 16_384;
    let Some(mpd) = TestMpd::start("") else { return };
    let tracks =
        (0..SONGS).map(|number| track(number, "A title of some length", &["An artist"], Some("An album")));
    let adds: String = (0..SONGS).map(addid).collect();
    mpd.talk(&format!("command_list_begin\n{adds}command_list_end"));
    let start = Instant::now();
    let running = Running::start(&mpd, tracks.collect());
    let mut slowest = Duration::ZERO;
    let last = format!("playlistinfo {}", SONGS - 1);
    while !mpd.talk(&last).contains("Album: ") {
        let asked = Instant::now();
        mpd.talk("ping");
        slowest = slowest.max(asked.elapsed());
        assert!(start.elapsed() < PATIENCE * 3);
    }
    eprintln!("{SONGS} songs tagged in {:?}, the slowest ping {slowest:?}", start.elapsed());
    assert_eq!(tags(&mpd, "default").len(), SONGS * 3);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_partitions_are_tagged_and_can_still_be_deleted() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd, vec![track(1, "T", &[], None), track(2, "U", &[], None)]);
    running.wait_for_cue(&[]).await;
    mpd.talk(&format!("newpartition kitchen\npartition kitchen\n{}", addid(1)));
    wait_for_tags(&mpd, "kitchen", &["Title: T"]).await;
    // Only the timer tells of this one.
    mpd.talk(&format!("partition kitchen\n{}", addid(2)));
    wait_for_tags(&mpd, "kitchen", &["Title: T", "Title: U"]).await;
    running.wait_for_cue(&[video(1), video(2)]).await;
    assert_eq!(mpd.talk("delpartition kitchen"), "OK\n");
    // Made again under the same name, its queue begins anew.
    mpd.talk(&format!("newpartition kitchen\npartition kitchen\n{}", addid(2)));
    wait_for_tags(&mpd, "kitchen", &["Title: U"]).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mpd_may_come_late_and_go() {
    let Some(mut mpd) = TestMpd::start("") else { return };
    mpd.stop();
    let running = Running::start(&mpd, vec![track(1, "T", &[], None), track(2, "U", &[], None)]);
    mpd.restart();
    mpd.talk(&addid(1));
    wait_for_tags(&mpd, "default", &["Title: T"]).await;
    mpd.restart();
    mpd.talk(&addid(2));
    wait_for_tags(&mpd, "default", &["Title: T", "Title: U"]).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_opens_mpd() {
    let conf = "password \"it's \\\\ \\\"secret\\\"@read,add,player,control\"\ndefault_permissions \"\"";
    let Some(mpd) = TestMpd::start(conf) else { return };
    let login = "password \"it's \\\\ \\\"secret\\\"\"\n";
    let running =
        Running::start_at(Address::Unix(mpd.socket()), vec![track(1, "T", &[], None)], "it's \\ \"secret\"");
    mpd.talk(&format!("{login}{}", addid(1)));
    eventually(|| mpd.talk(&format!("{login}playlistinfo")), |queue| queue.contains("Title: T")).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_songs_are_cued() {
    let Some(mpd) = TestMpd::start("") else { return };
    let tracks = (0..8).map(|number| track(number, "T", &[], None)).collect();
    let running = Running::start(&mpd, tracks);
    running.wait_for_cue(&[]).await;
    let all = |songs: &[usize]| songs.iter().map(|&song| addid(song)).collect::<String>();
    // A stopped MPD would start at the first one. An unknown video is nobody's song.
    mpd.talk(&format!("command_list_begin\n{}command_list_end", all(&[1, 99, 2, 3])));
    running.wait_for_cue(&[video(1)]).await;
    mpd.talk("deleteid 2");
    running.wait_for_cue(&[video(1), video(2)]).await;
    mpd.talk(&format!("command_list_begin\n{}command_list_end", all(&[4, 5])));
    running.wait_for_cue(&[video(1), video(2), video(4)]).await;
    // Pictures are wanted of all that follows.
    let wanted = || running.pictures.0.lock().unwrap().clone();
    eventually(wanted, |wanted| *wanted == [1, 2, 3, 4, 5].map(video)).await;
    mpd.talk("clear");
    running.wait_for_cue(&[]).await;
    eventually(wanted, Vec::is_empty).await;
    running.stop().await;
}
