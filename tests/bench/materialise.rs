//! Writing virtual playlists to MPD.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use ytmpd::config::{Config, Environment, load};
use ytmpd::library::{Entry, Library, Playlist, StoredPlaylists, Track, uri};
use ytmpd::materialise::Materialiser;
use ytmpd::net::Upstream;

use crate::library::song_id;
use crate::load::{Connection, compare};
use crate::programs::Mpd;
use crate::report::{Row, Target};

const PLAYLISTS: usize = 50;
const SONGS: usize = 200;
const ROUNDS: usize = 10;

/// What was written is looked at again after a second; syncs are further apart than that.
const BETWEEN: Duration = Duration::from_millis(1500);

/// How long a round may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// All playlists of a library replaced in MPD, and the same by the fewest commands over one
/// connection, sent without waiting for any answer.
pub(crate) fn written(folder: &Path, print: &mut dyn FnMut(Row)) -> anyhow::Result<()> {
    let mpd = Mpd::start(folder)?;
    let config = config(folder, mpd.port)?;
    let base = config.relay.base_url.clone();
    let mut library = Library::new("YT: ", vec![], vec![]);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let upstream = Upstream::new(&config.mpd.addresses);
    let materialiser = Materialiser {
        config: watch::channel(Arc::new(config)).1,
        upstream,
        library: library.subscribe(),
        stored: watch::Sender::new(StoredPlaylists::Unknown),
        problems: watch::Sender::default(),
        file: folder.join("materialised.json"),
    };
    let shutdown = CancellationToken::new();
    runtime.spawn(materialiser.run(shutdown.clone()));
    let (mut looking, mut raw) = (Connection::open(mpd.port)?, Connection::open(mpd.port)?);
    let (mut round, mut raw_round) = (0, 0);
    let medians = compare(
        ROUNDS,
        || {
            round += 1;
            sleep(BETWEEN);
            let (playlists, last) = playlists(round, &base)?;
            let start = Instant::now();
            library.replace(playlists);
            wait_for(&mut looking, &last)?;
            Ok(vec![start.elapsed()])
        },
        || {
            raw_round += 1;
            let lists = raw_lists(raw_round, &base)?;
            let start = Instant::now();
            raw.send(lists.trim_end())?;
            loop {
                raw.read_answer()?;
                if raw.answer().split(|&byte| byte == b'\n').filter(|line| line == b"OK").count() == PLAYLISTS
                {
                    return Ok(vec![start.elapsed()]);
                }
            }
        },
    )?;
    shutdown.cancel();
    print(Row::millis("50 playlists of 200 written to MPD; raw commands", medians, Target::Ratio(2.0)));
    Ok(())
}

fn config(folder: &Path, mpd: u16) -> anyhow::Result<Config> {
    let file = folder.join("config.toml");
    fs::write(&file, format!("mpd.address = \"127.0.0.1:{mpd}\"\nsync.materialise = \"mpd\"\n"))?;
    Ok(load(Some(&file), &Environment::of_process())?)
}

/// The song that is at a place, in a round.
fn song(round: usize, at: usize) -> String {
    song_id(&format!("r{round}"), at)
}

/// The library of a round, and the address of its last song.
fn playlists(round: usize, base: &str) -> anyhow::Result<(Vec<Playlist>, String)> {
    let mut last = String::new();
    let playlists = (0..PLAYLISTS).map(|list| {
        let entries = (0..SONGS).map(|at| {
            let id = song(round, list * SONGS + at).parse()?;
            last = uri::audio_uri(base, id);
            let track = Track {
                id,
                title: "T".into(),
                artists: [].into(),
                album: None,
                duration: None,
                thumbnail: None,
            };
            Ok(Entry { track: Arc::new(track), set_video_id: None })
        });
        let entries = entries.collect::<anyhow::Result<_>>()?;
        let id = format!("PL{list:02}").parse()?;
        let updated = "2026-01-02T03:04:05Z".parse()?;
        Ok(Playlist { id, title: format!("list {list:02}").into(), entries, updated })
    });
    let playlists = playlists.collect::<anyhow::Result<_>>()?;
    Ok((playlists, last))
}

/// Waits until the last playlist is as it should be: they are written in the order of their names.
fn wait_for(client: &mut Connection, last: &str) -> anyhow::Result<()> {
    let start = Instant::now();
    // It is not there at first.
    let name = format!("YT: list {}", PLAYLISTS - 1);
    while client.answer_to("listplaylists").map(|listed| !listed.contains(&name))?
        || !client.answer_to(&format!("listplaylist \"{name}\"")).context("listplaylist")?.contains(last)
    {
        if start.elapsed() > PATIENCE {
            bail!("the playlists are not written");
        }
        sleep(Duration::from_micros(200));
    }
    Ok(())
}

fn raw_lists(round: usize, base: &str) -> anyhow::Result<String> {
    let mut lists = String::new();
    for list in 0..PLAYLISTS {
        lists.push_str("command_list_begin\n");
        // There is nothing to clear the first time.
        if round > 1 {
            writeln!(lists, "playlistclear \"raw {list}\"")?;
        }
        for at in 0..SONGS {
            let uri = uri::audio_uri(base, song(round, list * SONGS + at).parse()?);
            writeln!(lists, "playlistadd \"raw {list}\" \"{uri}\"")?;
        }
        lists.push_str("command_list_end\n");
    }
    Ok(lists)
}
