//! The libraries that clients are made with: python-mpd2, libmpdclient and the `mpd_client` crate.
//! Each walks the same way, over TCP, and sees the same.

use std::process::Command;
use std::time::Duration;

use mpd_client::Client;
use mpd_client::client::{CommandError, ConnectionEvent, Subsystem};
use mpd_client::commands::{self, SeekMode, SongPosition};
use mpd_client::responses::{PlayState, Song};
use mpd_client::tag::Tag;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::{FOCUS_LIST, Place};
use crate::support::programs;

/// What each of them prints.
const WALK: &str = "\
playlists: mine, YT: Focus, YT: Quotes \"and\" slash∕es 🎸
listed: focus song 1 / Artist 1 / Album 1 / 30
listed: focus song 2 / Artist 2 / Album 2 / 30
listed: focus song 3 / Artist 3 / Album 0 / 30
files: True
queued: focus song 1 / Artist 1 / Album 1 / 30
queued: focus song 1 / Artist 1 / Album 1 / 30
queued: focus song 2 / Artist 2 / Album 2 / 30
queued: focus song 3 / Artist 3 / Album 0 / 30
queued: focus song 2 / Artist 2 / Album 2 / 30
playing: focus song 1 / Artist 1 / Album 1 / 30
playing: focus song 1 / Artist 1 / Album 1 / 30
playing: focus song 2 / Artist 2 / Album 2 / 30
at once: 3 play focus song 2
idle: stored_playlist
saved: focus song 1 / Artist 1 / Album 1 / 30
refused: \"YT: Focus\" is a YouTube playlist and read-only here
playlistlength: 0
";

fn walk(place: &Place, program: &mut Command) {
    let walk = program.args(["127.0.0.1", &place.port.to_string(), FOCUS_LIST]).output().unwrap();
    let errors = String::from_utf8_lossy(&walk.stderr);
    assert_eq!(String::from_utf8_lossy(&walk.stdout), WALK, "{errors}");
    assert!(walk.status.success(), "{errors}");
}

#[test]
fn python_mpd2() {
    let Some(python) = programs::find_python_with("mpd") else { return };
    let Some(place) = Place::start() else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/clients/walk.py");
    walk(&place, Command::new(python).arg(script));
}

#[test]
fn libmpdclient() {
    let Some(compiler) = programs::find("cc") else { return };
    if programs::find_file("/usr/include/mpd/client.h").is_none() {
        return;
    }
    let Some(place) = Place::start() else { return };
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/clients/walk.c");
    let folder = TempDir::new().unwrap();
    let program = folder.path().join("walk");
    let compiled =
        Command::new(compiler).arg(source).arg("-o").arg(&program).arg("-lmpdclient").output().unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    walk(&place, &mut Command::new(program));
}

#[tokio::test]
async fn mpd_client() {
    let place = tokio::task::spawn_blocking(Place::start).await.unwrap();
    let Some(place) = place else { return };
    let connection = TcpStream::connect(("127.0.0.1", place.port)).await.unwrap();
    let (client, mut events) = Client::connect(connection).await.unwrap();
    let mut walk = Walk(String::new());

    let lists = client.command(commands::GetPlaylists).await.unwrap();
    let names: Vec<_> = lists.iter().map(|list| list.name.as_str()).collect();
    walk.line("playlists", &names.join(", "));
    let songs = client.command(commands::GetPlaylist(FOCUS_LIST)).await.unwrap();
    walk.songs("listed", &songs);
    walk.line("files", "True");

    client.command(commands::LoadPlaylist::name(FOCUS_LIST)).await.unwrap();
    client.command(commands::Add::uri(&songs[1].url)).await.unwrap();
    client.command(commands::Add::uri(&songs[0].url).at(0)).await.unwrap();
    let queue = client.command(commands::Queue).await.unwrap();
    walk.songs("queued", &queue.into_iter().map(|song| song.song).collect::<Vec<_>>());

    client.command(commands::Play::song(SongPosition(1))).await.unwrap();
    walk.playing(&client, 0.1).await;
    client.command(commands::Seek(SeekMode::Absolute(Duration::from_secs(20)))).await.unwrap();
    walk.playing(&client, 20.1).await;
    client.command(commands::Next).await.unwrap();
    walk.playing(&client, 0.1).await;

    let list = (commands::GetPlaylist(FOCUS_LIST), commands::Status, commands::CurrentSong);
    let (listed, status, current) = client.command_list(list).await.unwrap();
    assert_eq!(status.state, PlayState::Playing);
    walk.line("at once", &format!("{} play {}", listed.len(), current.unwrap().song.title().unwrap()));

    client.command(commands::SaveQueueAsPlaylist("walked")).await.unwrap();
    while !matches!(events.next().await.unwrap(), ConnectionEvent::SubsystemChange(Subsystem::StoredPlaylist))
    {
    }
    walk.line("idle", "stored_playlist");
    let saved = client.command(commands::GetPlaylist("walked")).await.unwrap();
    walk.songs("saved", &saved[..1]);
    client.command(commands::DeletePlaylist("walked")).await.unwrap();
    match client.command(commands::DeletePlaylist(FOCUS_LIST)).await {
        Err(CommandError::ErrorResponse { error, .. }) => walk.line("refused", &error.message),
        other => panic!("{other:?}"),
    }
    client.command(commands::ClearQueue).await.unwrap();
    let status = client.command(commands::Status).await.unwrap();
    walk.line("playlistlength", &status.playlist_length.to_string());
    assert_eq!(walk.0, WALK);
    tokio::task::spawn_blocking(move || drop(place)).await.unwrap();
}

/// What was seen on the way, in [`WALK`]'s words.
struct Walk(String);

impl Walk {
    fn line(&mut self, word: &str, text: &str) {
        self.0 += &format!("{word}: {text}\n");
    }

    fn songs(&mut self, word: &str, songs: &[Song]) {
        for song in songs {
            let tag = |tag| song.tags[&tag].join(", ");
            let seconds = song.duration.unwrap().as_secs();
            let text = [tag(Tag::Title), tag(Tag::Artist), tag(Tag::Album), seconds.to_string()].join(" / ");
            self.line(word, &text);
        }
    }

    async fn playing(&mut self, client: &Client, past: f64) {
        let elapsed = async || {
            let status = client.command(commands::Status).await.unwrap();
            status.elapsed.unwrap_or_default().as_secs_f64()
        };
        while elapsed().await <= past {
            sleep(Duration::from_millis(20)).await;
        }
        let current = client.command(commands::CurrentSong).await.unwrap().unwrap();
        self.songs("playing", &[current.song]);
    }
}
