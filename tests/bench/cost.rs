//! What ytmpd costs: memory, and time to start.

use std::path::Path;
use std::time::Duration;

use crate::load::{Connection, median};
use crate::programs::{Daemon, Mpd, Setup, wait_for};
use crate::report::{Row, Target};

/// So many clients idle at once.
const IDLERS: usize = 500;

/// Resident memory: by the number of songs known, and by the client.
pub(crate) fn memory(folder: &Path, print: &mut dyn FnMut(Row)) -> anyhow::Result<()> {
    let mpd = Mpd::start(folder)?;
    for (songs, most) in [(1_000, 15.0), (100_000, 70.0)] {
        let playlists = playlists(songs);
        let setup = Setup { mpd: mpd.port, playlists: &named(&playlists), ..Setup::default() };
        let daemon = Daemon::start(folder, &format!("ytmpd-{songs}"), &setup)?;
        let mut client = Connection::open(daemon.port)?;
        client.ask("listplaylists")?;
        settle();
        let before = daemon.process.resident()?;
        let what = format!("resident memory, {songs} tracks");
        print(Row { what, ours: before / 1024.0, peer: None, unit: "MiB", target: Target::Most(most) });

        let mut idlers = Vec::new();
        for _ in 0..IDLERS {
            let mut idler = Connection::open(daemon.port)?;
            idler.ask("status")?;
            idler.send("idle")?;
            idlers.push(idler);
        }
        settle();
        let each = (daemon.process.resident()? - before) / IDLERS as f64;
        let what = format!("  each of {IDLERS} idle clients");
        print(Row { what, ours: each, peer: None, unit: "KiB", target: Target::Most(24.0) });
    }
    Ok(())
}

/// From the program's start to the end of the first client's `listplaylists`.
pub(crate) fn start(folder: &Path, print: &mut dyn FnMut(Row)) -> anyhow::Result<()> {
    let mpd = Mpd::start(folder)?;
    let playlists = playlists(10_000);
    let setup = Setup { mpd: mpd.port, playlists: &named(&playlists), ..Setup::default() };
    let (mut greeted, mut listed) = (vec![], vec![]);
    for round in 0..20 {
        let (start, daemon) = Daemon::spawn(folder, &format!("ytmpd-{round}"), &setup)?;
        wait_for(daemon.port)?;
        let mut client = Connection::open(daemon.port)?;
        greeted.push(start.elapsed());
        let answer = client.answer_to("listplaylists")?;
        listed.push(start.elapsed());
        anyhow::ensure!(answer.matches("playlist: ").count() == playlists.len(), "not all playlists");
    }
    let row = |what: &str, times: &mut [Duration], target| Row {
        what: what.to_owned(),
        ours: median(times).as_secs_f64() * 1e3,
        peer: None,
        unit: "ms",
        target,
    };
    print(row("start to `listplaylists`, 10,000 tracks", &mut listed, Target::Most(30.0)));
    print(row("  to the greeting alone", &mut greeted, Target::None));
    Ok(())
}

/// Playlists of at most 5,000, as YouTube's are.
fn playlists(songs: usize) -> Vec<(String, usize)> {
    const LONGEST: usize = 5_000;
    (0..songs.div_ceil(LONGEST)).map(|at| (format!("PL{at:03}"), songs.min(LONGEST))).collect()
}

fn named(playlists: &[(String, usize)]) -> Vec<(&str, usize)> {
    playlists.iter().map(|(id, count)| (id.as_str(), *count)).collect()
}

/// Lets what goes on in the background end.
fn settle() {
    std::thread::sleep(Duration::from_secs(2));
}
