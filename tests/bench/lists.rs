//! Long lists, and what ytmpd adds to them.

use std::path::Path;
use std::time::Duration;

use crate::library::{ORDINARY, m3u, song_id};
use crate::load::{Connection, compare};
use crate::programs::{Daemon, Mpd, Setup, haproxy, wait_for_answer};
use crate::report::{Row, Target};

/// The playlist of 5,000 songs.
const PLAYLIST: &str = "PLmany";

const SETUP: Setup<'_> =
    Setup { mpd: 0, playlists: &[(PLAYLIST, ORDINARY)], youtube: None, ytdlp: None, more: "" };

/// A password that MPD refuses: the daemon's own connection then tags no songs.
const NO_TAGS: &str = "mpd.password = \"refused\"";

/// `playlistinfo` of songs that are none of ours.
pub(crate) fn ordinary(folder: &Path, print: &mut dyn FnMut(Row)) -> anyhow::Result<()> {
    let mpd = Mpd::start(folder)?;
    let daemon = Daemon::start(folder, "ytmpd", &Setup { mpd: mpd.port, ..SETUP })?;
    let (haproxy_port, _haproxy) = haproxy(folder, mpd.port)?;
    let (mut ours, mut peer) = (Connection::open(daemon.port)?, Connection::open(haproxy_port)?);
    peer.ask("add \"\"")?;
    let medians = compare(100, || times(&mut ours, "playlistinfo"), || times(&mut peer, "playlistinfo"))?;
    anyhow::ensure!(ours.answer() == peer.answer(), "the answers differ");
    print(Row::millis("playlistinfo, 5,000 ordinary songs; HAProxy", medians, Target::Ratio(1.05)));
    // What fills no packet of loopback's is where MPD waits to be told that its first part has arrived.
    let mut direct = Connection::open(mpd.port)?;
    let part = "playlistinfo 0:100";
    let medians = compare(60, || times(&mut ours, part), || times(&mut direct, part))?;
    print(Row::millis("playlistinfo, 100 ordinary songs; MPD", medians, Target::Ratio(1.0)));
    Ok(())
}

/// `playlistinfo` of songs that are all ours: as MPD knows them when they were added by address,
/// and as it knows them once they were loaded and tagged.
pub(crate) fn overlay(folder: &Path, print: &mut dyn FnMut(Row)) -> anyhow::Result<()> {
    let mpd = Mpd::start(folder)?;
    let (haproxy_port, _haproxy) = haproxy(folder, mpd.port)?;
    let mut passing = Connection::open(haproxy_port)?;
    // What a proxy costs that adds nothing.
    let mut through_haproxy = |direct: &mut Connection| -> anyhow::Result<Row> {
        let medians = compare(100, || times(&mut passing, "playlistinfo"), || times(direct, "playlistinfo"))?;
        Ok(Row::millis("  HAProxy in place of ytmpd; MPD", medians, Target::None))
    };
    let fresh = Daemon::start(folder, "fresh", &Setup { mpd: mpd.port, more: NO_TAGS, ..SETUP })?;
    let mut direct = Connection::open(mpd.port)?;
    direct.ask(&list((0..ORDINARY).map(|at| format!("add {}", fresh.song(&song_id(PLAYLIST, at))))))?;
    let mut ours = Connection::open(fresh.port)?;
    let medians = compare(100, || times(&mut ours, "playlistinfo"), || times(&mut direct, "playlistinfo"))?;
    anyhow::ensure!(count(&ours, b"\nAlbum: ") == ORDINARY && count(&direct, b"\nAlbum: ") == 0, "not fresh");
    print(Row::millis("playlistinfo, 5,000 YouTube songs, added; MPD", medians, Target::Ratio(1.3)));
    print(through_haproxy(&mut direct)?);

    direct.ask("clear")?;
    let tagging = Daemon::start(folder, "tagging", &Setup { mpd: mpd.port, ..SETUP })?;
    let mut ours = Connection::open(tagging.port)?;
    ours.ask(&format!("load \"YT: {PLAYLIST}\""))?;
    wait_for_tags(&mut direct)?;
    let medians = compare(100, || times(&mut ours, "playlistinfo"), || times(&mut direct, "playlistinfo"))?;
    print(Row::millis("playlistinfo, 5,000 YouTube songs, tagged; MPD", medians, Target::Ratio(1.3)));
    print(through_haproxy(&mut direct)?);
    Ok(())
}

/// `listplaylistinfo` of a virtual playlist, and of a stored playlist of MPD's.
pub(crate) fn stored(folder: &Path, print: &mut dyn FnMut(Row)) -> anyhow::Result<()> {
    let mpd = Mpd::start(folder)?;
    let daemon = Daemon::start(folder, "ytmpd", &Setup { mpd: mpd.port, ..SETUP })?;
    mpd.store("own", &m3u((0..ORDINARY).map(|at| daemon.song(&song_id(PLAYLIST, at)))))?;
    let (mut ours, mut direct) = (Connection::open(daemon.port)?, Connection::open(mpd.port)?);
    let virtual_list = format!("listplaylistinfo \"YT: {PLAYLIST}\"");
    let medians =
        compare(60, || times(&mut ours, &virtual_list), || times(&mut direct, "listplaylistinfo own"))?;
    anyhow::ensure!(count(&ours, b"\nAlbum: ") == ORDINARY, "not all songs");
    print(Row::millis("listplaylistinfo, 5,000 virtual songs; MPD", medians, Target::Ratio(0.1)));
    Ok(())
}

/// `load` of a virtual playlist, and of the same from MPD's own file, until the answer.
pub(crate) fn load(folder: &Path, print: &mut dyn FnMut(Row)) -> anyhow::Result<()> {
    let mpd = Mpd::start(folder)?;
    for (name, more, target) in [("ytmpd", "", Target::Ratio(1.5)), ("untagged", NO_TAGS, Target::None)] {
        let daemon = Daemon::start(folder, name, &Setup { mpd: mpd.port, more, ..SETUP })?;
        mpd.store("own", &m3u((0..ORDINARY).map(|at| daemon.song(&song_id(PLAYLIST, at)))))?;
        let (mut ours, mut direct) = (Connection::open(daemon.port)?, Connection::open(mpd.port)?);
        let mut other = Connection::open(mpd.port)?;
        let mut load = |client: &mut Connection, command: &str| -> anyhow::Result<Vec<Duration>> {
            let time = client.ask(command)?;
            // What follows in the background is not to disturb the next measurement.
            if more.is_empty() {
                wait_for_tags(&mut other)?;
            }
            other.ask("clear")?;
            std::thread::sleep(Duration::from_millis(50));
            Ok(vec![time])
        };
        let virtual_list = format!("load \"YT: {PLAYLIST}\"");
        let (mut all_ours, mut all_peers) = (vec![], vec![]);
        for _ in 0..20 {
            all_ours.extend(load(&mut ours, &virtual_list)?);
            all_peers.extend(load(&mut direct, "load own")?);
        }
        let medians = (crate::load::median(&mut all_ours), crate::load::median(&mut all_peers));
        print(Row::millis(&format!("load, 5,000 virtual songs ({name}); MPD"), medians, target));
    }
    Ok(())
}

fn times(client: &mut Connection, command: &str) -> anyhow::Result<Vec<Duration>> {
    Ok(vec![client.ask(command)?])
}

/// Waits until MPD itself knows the last song's album.
fn wait_for_tags(direct: &mut Connection) -> anyhow::Result<()> {
    wait_for_answer(direct, &format!("playlistinfo {}", ORDINARY - 1), "\nAlbum: ")
}

fn list(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.collect();
    format!("command_list_begin\n{}\ncommand_list_end", lines.join("\n"))
}

fn count(client: &Connection, text: &[u8]) -> usize {
    client.answer().windows(text.len()).filter(|window| *window == text).count()
}
