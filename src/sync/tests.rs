//! Rounds, and what the library makes of them.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout};

use super::*;
use crate::config;
use crate::cookies::Cookies;
use crate::library::{Entry, Track};
use crate::ytdlp::YtDlp;

type Error = Box<dyn std::error::Error>;

const INTERVAL: Duration = Duration::from_secs(1800);

fn config(directory: &Path, playlists: &[&str]) -> Config {
    Config {
        proxy: config::Proxy {
            listen: vec![],
            zeroconf: false,
            zeroconf_name: String::new(),
            max_clients: 1,
        },
        mpd: config::Mpd { addresses: vec![], password: config::Secret::new(String::new()) },
        relay: config::Relay { listen: String::new(), base_url: String::new(), hold: Duration::ZERO },
        youtube: config::YouTube {
            playlists: playlists.iter().map(|text| id(text)).collect(),
            cookies: None,
            library: false,
            liked: false,
            account: 0,
            prefix: "YT: ".to_owned(),
            music_url: String::new(),
        },
        resolver: config::Resolver {
            command: vec!["false".to_owned()],
            args: vec![],
            format: String::new(),
            workers: 1,
            timeout: Duration::from_secs(10),
            prefetch: 0,
        },
        sync: config::Sync { auto: true, interval: INTERVAL, materialise: config::Materialise::Off },
        state_directory: directory.to_owned(),
        control_socket: directory.join("socket"),
        log_filter: String::new(),
    }
}

fn catalogue(config: &Config) -> Catalogue {
    Catalogue::new(&config.youtube, Cookies::default(), YtDlp::new(&config.resolver))
}

fn id(text: &str) -> PlaylistId {
    text.parse().expect("an id")
}

fn playlist(name: &str, songs: &[&str]) -> Playlist {
    let entries = songs.iter().map(|&title| {
        let id = format!("{title:_<11}").parse().expect("an id");
        let track = Track {
            id,
            title: title.into(),
            artists: [].into(),
            album: None,
            duration: None,
            thumbnail: None,
        };
        Entry { track: Arc::new(track), set_video_id: None }
    });
    let updated = "2026-11-22T12:00:00Z".parse().expect("a time");
    Playlist { id: id(name), title: name.into(), entries: entries.collect(), updated }
}

/// What clients would see: names and songs.
fn shown(snapshot: &Snapshot) -> String {
    let lists = snapshot.virtuals().iter().map(|one| {
        let songs: Vec<&str> = one.playlist.entries.iter().map(|entry| &*entry.track.title).collect();
        format!("{}={}", one.name, songs.join("+"))
    });
    lists.collect::<Vec<_>>().join(" ")
}

/// A sync of `config`, and what holds the other ends of its channels.
fn sync(
    config: Config,
    source: Source,
) -> (Sync, watch::Sender<Arc<Config>>, watch::Sender<StoredPlaylists>) {
    let (config, following) = watch::channel(Arc::new(config));
    let (stored, following_stored) = watch::channel(StoredPlaylists::Unknown);
    (Sync::new(following, following_stored, source), config, stored)
}

#[tokio::test]
async fn new_playlists_show_at_once_and_the_others_at_the_end() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let (mut sync, _config, _stored) = sync(config(folder.path(), &[]), Source::Fixed(vec![]));
    let wanted = |names: &[&str]| Event::Started(names.iter().map(|name| id(name)).collect());
    for (event, expected) in [
        (wanted(&["PLb", "PLa"]), ""),
        (Event::Listed(playlist("PLa", &["one"])), "YT: PLa=one"),
        (Event::Listed(playlist("PLb", &["two"])), "YT: PLb=two YT: PLa=one"),
        (Event::Finished, "YT: PLb=two YT: PLa=one"),
        (wanted(&["PLb", "PLa"]), "YT: PLb=two YT: PLa=one"),
        (Event::Listed(playlist("PLa", &["one", "three"])), "YT: PLb=two YT: PLa=one"),
        (Event::Finished, "YT: PLb=two YT: PLa=one+three"),
        (wanted(&["PLc", "PLa"]), "YT: PLb=two YT: PLa=one+three"),
        (Event::Finished, "YT: PLa=one+three"),
    ] {
        let label = format!("{event:?}");
        sync.take(event).await;
        assert_eq!(shown(&sync.library.snapshot()), expected, "{label}");
    }
    let (again, ..) = self::sync(config(folder.path(), &[]), Source::Fixed(vec![]));
    let snapshot = again.subscribe().borrow().clone();
    assert_eq!(shown(&snapshot), "YT: PLa=one+three", "as saved");
    assert_eq!(snapshot.known_tracks(), 3, "what was seen once stays known");
    Ok(())
}

#[tokio::test]
async fn the_file_is_written_only_for_a_change() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let list = playlist("PLa", &["one"]);
    let round = || [Event::Started(vec![id("PLa")]), Event::Listed(list.clone()), Event::Finished];
    let (mut sync, _config, _stored) = sync(config(folder.path(), &[]), Source::Fixed(vec![]));
    for event in round() {
        sync.take(event).await;
    }
    let file = folder.path().join(LIBRARY_FILE);
    std::fs::remove_file(&file)?;
    for event in round() {
        sync.take(event).await;
    }
    assert!(!file.exists(), "nothing changed");
    Ok(())
}

#[tokio::test]
async fn a_restart_changes_nothing_that_clients_see() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    // The same video, described in two ways.
    let mut lists = [playlist("PLa", &["one"]), playlist("PLb", &["one"])];
    let entry = &mut lists[0].entries[0];
    entry.track = Arc::new(Track { album: Some("an album".into()), ..(*entry.track).clone() });
    let mut revisions = vec![];
    for _start in 0..2 {
        let (mut sync, _config, _stored) = sync(config(folder.path(), &[]), Source::Fixed(vec![]));
        revisions.push(sync.library.snapshot().revision());
        sync.take(Event::Started(vec![id("PLa"), id("PLb")])).await;
        for list in lists.clone() {
            sync.take(Event::Listed(list)).await;
        }
        sync.take(Event::Finished).await;
        revisions.push(sync.library.snapshot().revision());
    }
    assert_eq!(revisions[2], revisions[3], "after a restart, the round brings nothing new");
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_kept() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join(LIBRARY_FILE);
    std::fs::write(&file, "{\"tracks\":[")?;
    let (damaged, ..) = sync(config(folder.path(), &[]), Source::Fixed(vec![]));
    assert_eq!(shown(&damaged.library.snapshot()), "");
    assert!(damaged.file.is_some() && folder.path().join("library.json.broken").exists());

    let folder = tempfile::tempdir()?;
    let file = folder.path().join(LIBRARY_FILE);
    std::fs::write(&file, "{")?;
    std::fs::create_dir(folder.path().join("library.json.broken"))?;
    let (stuck, ..) = sync(config(folder.path(), &[]), Source::Fixed(vec![]));
    assert!(stuck.file.is_none() && file.exists(), "it could not be moved aside");

    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join(LIBRARY_FILE))?;
    let (unreadable, ..) = sync(config(folder.path(), &[]), Source::Fixed(vec![]));
    assert!(unreadable.file.is_none(), "what we could not read we must not replace");
    Ok(())
}

#[tokio::test]
async fn it_follows_mpds_names_and_stops_at_once() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let lists = vec![playlist("PLa", &["one"])];
    let (sync, _config, stored) = sync(config(folder.path(), &[]), Source::Fixed(lists));
    let mut library = sync.subscribe();
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(sync.run(shutdown.clone()));
    library.wait_for(|snapshot| shown(snapshot) == "YT: PLa=one").await?;
    stored.send(StoredPlaylists::Named([b"YT: PLa".as_slice().into()].into()))?;
    library.wait_for(|snapshot| shown(snapshot) == "YT: PLa (2)=one").await?;
    shutdown.cancel();
    timeout(Duration::from_secs(5), task).await??;
    Ok(())
}

/// When rounds start, in seconds, of a sync that runs for two hours.
async fn starts(change: impl FnOnce(&mut Config), reload_at: Option<u64>) -> Vec<u64> {
    let mut config = config(Path::new("/nonexistent"), &[]);
    change(&mut config);
    let (sender, following) = watch::channel(Arc::new(config.clone()));
    let (events, mut received) = mpsc::channel(1);
    let began = Instant::now();
    let rounds = tokio::spawn(rounds::run(following, Source::Fixed(vec![]), events));
    let reload = tokio::spawn(async move {
        if let Some(at) = reload_at {
            tokio::time::sleep(Duration::from_secs(at)).await;
            sender.send_replace(Arc::new(config));
        }
        // Not dropped: there may be another configuration at any time.
        sender.closed().await;
    });
    let mut starts = vec![];
    while let Ok(Some(event)) = timeout(Duration::from_secs(7200) - began.elapsed(), received.recv()).await {
        if let Event::Started(_) = event {
            starts.push(began.elapsed().as_secs());
        }
    }
    rounds.abort();
    reload.abort();
    starts
}

#[tokio::test(start_paused = true)]
async fn rounds_start_at_once_on_time_and_on_reload() {
    assert_eq!(starts(|_| {}, None).await, [0, 1800, 3600, 5400]);
    assert_eq!(starts(|_| {}, Some(600)).await, [0, 600, 2400, 4200, 6000]);
    assert_eq!(starts(|config| config.sync.auto = false, Some(600)).await, [0, 600]);
}

/// An InnerTube that knows one playlist.
async fn innertube() -> Result<String, Error> {
    let answer = async |body: axum::body::Bytes| {
        if !String::from_utf8_lossy(&body).contains("VLPLgood") {
            return (axum::http::StatusCode::NOT_FOUND, String::new());
        }
        let title = json!({"musicResponsiveListItemFlexColumnRenderer": {"text": {"simpleText": "one"}}});
        let row = json!({"musicResponsiveListItemRenderer": {
            "playlistItemData": {"videoId": "one________"}, "flexColumns": [title]}});
        (axum::http::StatusCode::OK, json!({"musicPlaylistShelfRenderer": {"contents": [row]}}).to_string())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    Ok(base)
}

#[tokio::test]
async fn a_youtube_that_has_had_enough_is_not_asked_for_the_next_playlist() -> Result<(), Error> {
    let asked = Arc::<std::sync::atomic::AtomicUsize>::default();
    let counted = Arc::clone(&asked);
    let answer = async move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        (axum::http::StatusCode::TOO_MANY_REQUESTS, [("Retry-After", "3600")])
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let mut config = config(Path::new("/nonexistent"), &["PLa", "PLb"]);
    config.youtube.music_url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    let source = Source::YouTube(Arc::new(catalogue));
    let (_sender, following) = watch::channel(Arc::new(config));
    let (events, mut received) = mpsc::channel(EVENTS);
    let rounds = tokio::spawn(rounds::run(following, source, events));
    let wanted = vec![id("PLa"), id("PLb")];
    for expected in [Event::Started(wanted), Event::Finished] {
        assert_eq!(timeout(Duration::from_secs(10), received.recv()).await?, Some(expected));
    }
    rounds.abort();
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1);
    Ok(())
}

#[tokio::test]
async fn a_playlist_that_fails_stays_and_stops_no_other() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let lists = ["PLgone", "PLgood"];
    let mut config = config(folder.path(), &lists);
    config.youtube.music_url = innertube().await?;
    let (mut sync, _config, _stored) = sync(config, Source::YouTube(Arc::new(catalogue)));
    sync.take(Event::Started(vec![id("PLgone")])).await;
    sync.take(Event::Listed(playlist("PLgone", &["kept"]))).await;
    let mut library = sync.subscribe();
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(sync.run(shutdown.clone()));
    let expected = "YT: PLgone=kept YT: PLgood=one";
    timeout(Duration::from_secs(10), library.wait_for(|snapshot| shown(snapshot) == expected)).await??;
    shutdown.cancel();
    task.await?;
    Ok(())
}
