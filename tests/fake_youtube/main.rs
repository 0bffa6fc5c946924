//! `fake-youtube`: the fake for hand tests, scripts and benchmarks.
//!
//! Prints its URLs as one JSON line, then runs until its standard input ends, SIGINT or SIGTERM.
//! `POST {control_url}/control` takes a knob as JSON, `GET {control_url}/counters` tells what was
//! asked, and `GET {control_url}/cookies.txt` is the account's export.
#![allow(clippy::print_stdout, reason = "a program that scripts read")]

#[path = "mod.rs"]
mod fake_youtube;

use std::io::{Read, Write};
use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use clap::Parser;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use fake_youtube::catalogue::{Catalogue, Continuation, Playlist, Song};
use fake_youtube::{FakeYouTube, Knob, MediaRule, MusicRule, Remote};

/// A YouTube on loopback for ytmpd.
#[derive(Parser)]
#[command(name = "fake-youtube")]
struct Arguments {
    /// A playlist of COUNT songs of 30 s, beside the default catalogue; `:old` for continuations
    /// as they were before 2025.
    #[arg(long = "playlist", value_name = "ID:TITLE:COUNT[:old]", value_parser = playlist)]
    playlists: Vec<Playlist>,
    /// Waits this long before each answer of YouTube Music and of the media server.
    #[arg(long, value_name = "N", default_value_t = 0)]
    latency_ms: u64,
    /// Adds the song `bigsong0000`, of this size, in the playlist `PLbigsong`.
    #[arg(long, value_name = "MIB")]
    big_song: Option<usize>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let fake = FakeYouTube::start_with(arguments.catalogue()).await?;
    let latency_ms = arguments.latency_ms;
    fake.turn(Knob::Music { rule: MusicRule { latency_ms, ..MusicRule::default() } });
    fake.turn(Knob::Media { id: None, rule: MediaRule { latency_ms, ..MediaRule::default() } });

    let control = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!(
        "{}",
        json!({
            "music_url": fake.music_url,
            "proxy_url": fake.proxy_url,
            "media_url": fake.media_url,
            "control_url": format!("http://{}", control.local_addr()?),
            "big_song_url": arguments.big_song.and_then(|_| fake.media_url_of(BIG_SONG)),
        })
    );
    std::io::stdout().flush()?;

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = axum::serve(control, router(fake.remote())).into_future() => result?,
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result?,
        _ = stdin_ended() => {}
    }
    Ok(())
}

const BIG_SONG: &str = "bigsong0000";

impl Arguments {
    fn catalogue(&self) -> Catalogue {
        let mut catalogue = Catalogue::default();
        for playlist in &self.playlists {
            catalogue.add(playlist.clone());
        }
        if let Some(mebibytes) = self.big_song {
            let audio = fake_youtube::Audio::Padded { bytes: mebibytes << 20 };
            let song =
                Song { id: BIG_SONG.to_owned(), title: "Big".to_owned(), audio, ..Song::numbered("big", 0) };
            catalogue.add(Playlist::new("PLbigsong", "Big song", vec![song.into()]));
        }
        catalogue
    }
}

/// `ID:TITLE:COUNT[:old]`. The songs' ids begin with the last five characters of the playlist's.
fn playlist(text: &str) -> Result<Playlist, String> {
    let (text, continuation) = match text.strip_suffix(":old") {
        Some(text) => (text, Continuation::Old),
        None => (text, Continuation::New),
    };
    let parts = text.split_once(':').and_then(|(id, rest)| Some((id, rest.rsplit_once(':')?)));
    let (id, (title, count)) = parts.ok_or("not ID:TITLE:COUNT[:old]")?;
    let count = count.parse().map_err(|_| format!("not a number of songs: {count}"))?;
    let key = id.get(id.len().saturating_sub(5)..).unwrap_or(id);
    Ok(Playlist { continuation, ..Playlist::numbered(id, title, key, count) })
}

fn router(remote: Remote) -> Router {
    Router::new()
        .route("/control", post(control))
        .route("/counters", get(counters))
        .route("/cookies.txt", get(cookies))
        .with_state(remote)
}

async fn control(State(remote): State<Remote>, body: String) -> Result<&'static str, (StatusCode, String)> {
    let knob = serde_json::from_str(&body)
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("not a knob: {error}\n")))?;
    remote.turn(knob);
    Ok("ok\n")
}

async fn counters(State(remote): State<Remote>) -> String {
    json!(remote.counters()).to_string()
}

async fn cookies(State(remote): State<Remote>) -> String {
    remote.cookies_txt()
}

/// Standard input has come to its end. Reading it cannot be given up, so it has a thread of its
/// own, which ends with the program.
async fn stdin_ended() {
    let (ended, wait) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let mut buffer = [0; 256];
        while matches!(std::io::stdin().read(&mut buffer), Ok(1..)) {}
        drop(ended);
    });
    // It is dropped, never sent.
    drop(wait.await);
}
