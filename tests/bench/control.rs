//! How long `ytmpctl` waits.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::load::median;
use crate::programs::{Daemon, Mpd, Setup};
use crate::report::{Row, Target};

/// How often it is asked on one connection.
const TIMES: usize = 10_000;

/// How often it is asked on a connection of its own.
const CONNECTIONS: usize = 1_000;

/// `status` on the control socket of a daemon with a large library.
pub(crate) fn status(folder: &Path, print: &mut dyn FnMut(Row)) -> anyhow::Result<()> {
    let mpd = Mpd::start(folder)?;
    let playlists = [("PLone", 5000), ("PLtwo", 5000)];
    let setup = Setup { mpd: mpd.port, playlists: &playlists, ..Setup::default() };
    let _daemon = Daemon::start(folder, "ytmpd", &setup)?;
    let socket = folder.join("ytmpd/sync_socket");
    let connect = || UnixStream::connect(&socket).map(BufReader::new);
    let mut client = connect()?;
    let mut times = (0..TIMES).map(|_| ask(&mut client)).collect::<anyhow::Result<Vec<_>>>()?;
    print(row("control `status`, one connection", &mut times, Target::Most(100.0)));
    let fresh = |_| {
        let start = Instant::now();
        ask(&mut connect()?).map(|_| start.elapsed())
    };
    let mut times = (0..CONNECTIONS).map(fresh).collect::<anyhow::Result<Vec<_>>>()?;
    print(row("control `status`, a connection each", &mut times, Target::None));
    Ok(())
}

fn ask(client: &mut BufReader<UnixStream>) -> anyhow::Result<Duration> {
    let start = Instant::now();
    client.get_mut().write_all(b"status\n")?;
    let mut answer = String::new();
    client.read_line(&mut answer)?;
    let took = start.elapsed();
    ensure!(answer.starts_with("{\"success\":true,"), "refused: {answer}");
    Ok(took)
}

fn row(what: &str, times: &mut [Duration], target: Target) -> Row {
    Row { what: what.to_owned(), ours: median(times).as_secs_f64() * 1e6, peer: None, unit: "us", target }
}
