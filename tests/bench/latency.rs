//! How long clients wait.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::library::song_id;
use crate::load::{Connection, closed_loop, compare, median, readable};
use crate::media;
use crate::programs::{Daemon, Mpd, Setup, haproxy, wait_for_answer};
use crate::report::{Row, Target};

/// `ping` and `status` through ytmpd and through HAProxy, at the same MPD.
pub(crate) fn commands(folder: &Path, print: &mut dyn FnMut(Row)) -> anyhow::Result<()> {
    let mpd = Mpd::start(folder)?;
    let daemon = Daemon::start(folder, "ytmpd", &Setup { mpd: mpd.port, ..Setup::default() })?;
    let (haproxy_port, _haproxy) = haproxy(folder, mpd.port)?;
    Connection::open(mpd.port)?.ask("add \"\"")?;
    for (count, rounds, times) in [(1, 60, 300), (20, 60, 30)] {
        let open = |port| (0..count).map(|_| Connection::open(port)).collect::<anyhow::Result<Vec<_>>>();
        let (mut ours, mut peers) = (open(daemon.port)?, open(haproxy_port)?);
        for command in ["ping", "status"] {
            let medians = compare(
                rounds,
                || closed_loop(&mut ours, command, times),
                || closed_loop(&mut peers, command, times),
            )?;
            let what = format!("{command}, {count} clients; HAProxy");
            print(Row::micros(&what, medians, Target::Ratio(1.0)));
        }
    }
    Ok(())
}

/// How long a resolve takes that somebody waits for.
const RESOLVE: Duration = Duration::from_secs(2);

/// How many songs are gone to.
const ROUNDS: usize = 5;

const PLAYLIST: &str = "PLnext";

/// One client's `next` onto a song that is not resolved, and what another's `ping` feels of it.
pub(crate) fn next(folder: &Path, print: &mut dyn FnMut(Row)) -> anyhow::Result<()> {
    let mpd = Mpd::start(folder)?;
    let media = media::Server::start(folder)?;
    for at in 0..=ROUNDS {
        media.put(&song_id(PLAYLIST, at), include_bytes!("../data/audio/tone_600s.webm"))?;
    }
    let ytdlp = media.ytdlp(folder, RESOLVE)?;
    let daemon = Daemon::start(
        folder,
        "ytmpd",
        &Setup {
            mpd: mpd.port,
            playlists: &[(PLAYLIST, ROUNDS + 1)],
            ytdlp: Some(&ytdlp),
            more: "resolver.prefetch = 0",
            ..Setup::default()
        },
    )?;
    let (mut player, mut other) = (Connection::open(daemon.port)?, Connection::open(daemon.port)?);
    player.ask(&format!("load \"YT: {PLAYLIST}\""))?;
    player.ask("play 0")?;
    wait_for_answer(&mut player, "status", "state: play\n")?;
    let (mut with, mut without) = (vec![], vec![]);
    for round in 1..=ROUNDS {
        without.push(worst_ping(&mut other, RESOLVE * 2)?);
        player.send("next")?;
        with.push(worst_ping(&mut other, RESOLVE * 2)?);
        let id = song_id(PLAYLIST, round);
        wait_for_answer(&mut other, "currentsong", &daemon.song(&id))?;
        player.finish()?;
    }
    let medians = (median(&mut with), median(&mut without));
    print(Row::millis("worst ping beside a slow `next`; without", medians, Target::Most(20.0)));
    Ok(())
}

fn worst_ping(client: &mut Connection, time: Duration) -> anyhow::Result<Duration> {
    let (start, mut worst) = (Instant::now(), Duration::ZERO);
    while start.elapsed() < time {
        worst = worst.max(client.ask("ping")?);
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(worst)
}

/// How many clients come at once.
const CROWD: usize = 60;

/// Many clients at once through ytmpd, and as many one after the other at MPD itself.
pub(crate) fn crowd(folder: &Path, print: &mut dyn FnMut(Row)) -> anyhow::Result<()> {
    let mpd = Mpd::start(folder)?;
    let daemon = Daemon::start(folder, "ytmpd", &Setup { mpd: mpd.port, ..Setup::default() })?;
    let medians = compare(15, || Ok(vec![at_once(daemon.port)?]), || Ok(vec![in_turn(mpd.port)?]))?;
    print(Row::millis("60 clients at once, greeted; in turn at MPD", medians, Target::Most(30.0)));
    Ok(())
}

fn at_once(port: u16) -> anyhow::Result<Duration> {
    /// Greetings are short.
    const GREETING: usize = 256;
    let start = Instant::now();
    let connect = |_| Connection::connect(port, GREETING);
    let mut clients = (0..CROWD).map(connect).collect::<anyhow::Result<Vec<_>>>()?;
    let mut greeted = [false; CROWD];
    while greeted.iter().any(|greeted| !greeted) {
        for at in readable(&clients, |at| greeted.get(at).is_some_and(|greeted| !greeted))? {
            if let (Some(client), Some(greeted)) = (clients.get_mut(at), greeted.get_mut(at)) {
                *greeted = client.read_greeting()?;
            }
        }
    }
    Ok(start.elapsed())
}

fn in_turn(port: u16) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let _clients = (0..CROWD).map(|_| Connection::open(port)).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(start.elapsed())
}
