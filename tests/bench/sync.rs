//! Syncs of a whole account against a YouTube that takes its time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, bail};
use ytmpd::youtube::Catalogue as Asked;

use crate::fake_youtube::catalogue::{Catalogue, Playlist};
use crate::fake_youtube::{FakeYouTube, Knob, MusicRule};
use crate::load::{Connection, median};
use crate::programs::{Daemon, Mpd, Setup, wait_for_answer};
use crate::report::{Row, Target};

const PLAYLISTS: usize = 50;
const SONGS: usize = 200;

/// How long the fake takes for each answer.
const LATENCY: Duration = Duration::from_millis(200);

/// How often the same is synced again.
const AGAIN: usize = 3;

/// Between two requests of a client that looks at a playlist all the time.
const LOOKS: Duration = Duration::from_millis(2);

/// A full sync, the same again, and what a client feels of one in which everything has changed.
pub(crate) fn sync(folder: &Path, print: &mut dyn FnMut(Row)) -> anyhow::Result<()> {
    let mpd = Mpd::start(folder)?;
    let youtube = youtube()?;
    let ids: Vec<String> = (0..PLAYLISTS).map(id).collect();
    let setup = Setup { mpd: mpd.port, youtube: Some((&youtube.music_url, &ids)), ..Setup::default() };
    let (start, daemon) = Daemon::spawn(folder, "ytmpd", &setup)?;
    let watched = Watched { log: folder.join("ytmpd/log"), daemon };
    watched.wait_for_sync(1)?;
    let taken = start.elapsed();
    let requests = youtube.counters().music;
    let ideal = LATENCY.mul_f64(requests as f64 / Asked::IN_FLIGHT as f64);
    let what = format!("full sync, {PLAYLISTS} lists of {SONGS}; bare requests");
    print(Row::millis(&what, (taken, ideal), Target::Ratio(1.3)));

    let (files, before) = (written(folder)?, watched.daemon.process.cpu()?);
    for again in 0..AGAIN {
        watched.sync(2 + again)?;
    }
    let cpu = (watched.daemon.process.cpu()? - before) / u32::try_from(AGAIN)?;
    let changed = written(folder)?.iter().filter(|(name, at)| files.get(*name) != Some(at)).count();
    let row = |what: &str, ours, unit, most| Row {
        what: what.to_owned(),
        ours,
        peer: None,
        unit,
        target: Target::Most(most),
    };
    print(row("the same again: files written", changed as f64, "", 0.0));
    print(row("  processor time", cpu.as_secs_f64() * 1e3, "ms", 50.0));

    let mut client = Connection::open(watched.daemon.port)?;
    let look = format!("listplaylistinfo \"YT: {}\"", id(0));
    wait_for_answer(&mut client, &look, "Time: 30")?;
    let mut without = looks(&mut client, &look, |count| Ok(count < 3000))?;
    for at in 0..PLAYLISTS {
        youtube.turn(Knob::NumberedPlaylist {
            id: id(at),
            title: id(at),
            key: format!("b{at:04}"),
            count: SONGS,
        });
    }
    watched.daemon.process.hang_up()?;
    let mut during = looks(&mut client, &look, |_| Ok(watched.syncs()? < 2 + AGAIN))?;
    let percentiles = (percentile_99(&mut during), percentile_99(&mut without));
    print(Row::micros("`listplaylistinfo` during a sync, 99%; without", percentiles, Target::Ratio(2.0)));
    print(Row::micros("  the medians", (median(&mut during), median(&mut without)), Target::None));
    Ok(())
}

fn id(at: usize) -> String {
    format!("PLsync{at:03}")
}

fn youtube() -> anyhow::Result<FakeYouTube> {
    let mut catalogue = Catalogue::empty();
    for at in 0..PLAYLISTS {
        catalogue.add(Playlist::numbered(&id(at), &id(at), &format!("a{at:04}"), SONGS));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let youtube = runtime.block_on(FakeYouTube::start_with(catalogue))?;
    let latency_ms = u64::try_from(LATENCY.as_millis())?;
    youtube.turn(Knob::Music { rule: MusicRule { latency_ms, ..MusicRule::default() } });
    Ok(youtube)
}

/// A daemon whose log tells of the ends of its syncs.
struct Watched {
    log: std::path::PathBuf,
    daemon: Daemon,
}

impl Watched {
    fn syncs(&self) -> anyhow::Result<usize> {
        Ok(fs::read_to_string(&self.log)?.matches("a round of listing is done").count())
    }

    fn sync(&self, count: usize) -> anyhow::Result<()> {
        self.daemon.process.hang_up()?;
        self.wait_for_sync(count)
    }

    /// Waits for the end of the sync of this number.
    fn wait_for_sync(&self, count: usize) -> anyhow::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.syncs().context("no log")? < count {
            if Instant::now() > deadline {
                bail!("a sync never ends");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

/// The files in the daemon's folder, and when each was written; the log is none of them.
fn written(folder: &Path) -> anyhow::Result<BTreeMap<std::ffi::OsString, SystemTime>> {
    let mut files = BTreeMap::new();
    for file in fs::read_dir(folder.join("ytmpd"))? {
        let file = file?;
        if file.file_name() != "log" {
            files.insert(file.file_name(), file.metadata()?.modified()?);
        }
    }
    Ok(files)
}

/// How long each look takes, for as long as `goes_on` says so of their number.
fn looks(
    client: &mut Connection,
    command: &str,
    goes_on: impl Fn(usize) -> anyhow::Result<bool>,
) -> anyhow::Result<Vec<Duration>> {
    let mut times = vec![];
    while goes_on(times.len())? {
        times.push(client.ask(command)?);
        std::thread::sleep(LOOKS);
    }
    Ok(times)
}

fn percentile_99(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() * 99 / 100).copied().unwrap_or_default()
}
