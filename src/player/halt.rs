//! Stopping MPD before the relay gives up on a song, or ends.
//!
//! It has a connection of its own for each time, since the other work may be waiting for MPD for
//! long, and MPD may be standing still for this very song.

use std::time::Duration;

use mpd_client::protocol::response::Frame;
use tokio::time::{sleep, timeout};

use crate::config::Secret;
use crate::library::{Halted, VideoId, uri};
use crate::mpd::{Connection, Error, command};
use crate::net::Upstream;
use crate::proto::{Playback, Status};

/// How long MPD may take. When it stands still for this very song, it goes on as soon as the
/// relay gives up, which does not wait for us for long.
const PATIENCE: Duration = Duration::from_secs(10);

/// In this time the music that MPD plays gets on, by about as much. What the relay feeds to one that
/// waits, now and then, is a tenth of it.
const MOMENT: Duration = Duration::from_millis(400);

/// Stops every partition that waits for `video`, and has `note` remember that; says so if one has
/// music of it in hand, or is yet to play it.
///
/// # Errors
/// When MPD cannot be told. It is then most likely not playing either.
pub(super) async fn halt(
    upstream: &Upstream,
    password: &Secret,
    video: VideoId,
    note: impl Fn(&str),
) -> Result<Halted, Error> {
    timeout(PATIENCE, async {
        let mut halted = Halted::Stopped;
        let mut mpd = Connection::open(upstream, password, PATIENCE).await?;
        for partition in mpd.partitions().await? {
            match turn(&mut mpd, &partition, video).await? {
                Turn::Waiting => {
                    // Whoever hears of the stop asks at once what it was for.
                    note(&partition);
                    stop(&mut mpd, &partition).await?;
                    // Meanwhile it has been seen playing, perhaps.
                    note(&partition);
                }
                Turn::Playing(elapsed) => halted = Halted::Heard(elapsed),
                Turn::Yet if matches!(halted, Halted::Heard(_)) => {}
                Turn::Yet => halted = Halted::Later,
                Turn::Never => {}
            }
        }
        Ok(halted)
    })
    .await
    .unwrap_or(Err(Error::Silent(PATIENCE)))
}

/// Stops every partition that plays one of the relay's songs.
///
/// # Errors
/// When MPD cannot be told.
pub(super) async fn halt_all(upstream: &Upstream, password: &Secret) -> Result<(), Error> {
    let mut mpd = Connection::open(upstream, password, PATIENCE).await?;
    for partition in mpd.partitions().await? {
        if let Some((status, Some(_))) = current(&mut mpd, &partition).await?
            && status.playback == Playback::Playing
        {
            stop(&mut mpd, &partition).await?;
        }
    }
    Ok(())
}

/// When a song's turn is.
enum Turn {
    /// It plays, and nothing is heard.
    Waiting,
    /// It is heard, and so far.
    Playing(Duration),
    /// It is next, and MPD opens it some 20 s (from 0.24 on: 40 s) ahead; or it is paused.
    Yet,
    Never,
}

async fn turn(mpd: &mut Connection, partition: &str, video: VideoId) -> Result<Turn, Error> {
    let plays = |now: &Option<(Status, Option<VideoId>)>| {
        now.as_ref()
            .filter(|now| now.0.playback == Playback::Playing && now.1 == Some(video))
            .map(|now| now.0.elapsed)
    };
    let mut now = current(mpd, partition).await?;
    if let Some(before) = plays(&now) {
        // How much it has in hand only MPD knows, which does not tell.
        sleep(MOMENT).await;
        now = current(mpd, partition).await?;
        match plays(&now) {
            Some(elapsed) if elapsed.abs_diff(before) < MOMENT / 2 => return Ok(Turn::Waiting),
            Some(elapsed) => return Ok(Turn::Playing(elapsed)),
            None => {}
        }
    }
    let Some((status, current)) = now else { return Ok(Turn::Never) };
    let next = match (status.playback, current == Some(video), status.next_song) {
        (Playback::Paused, true, _) => return Ok(Turn::Yet),
        (Playback::Playing | Playback::Paused, false, Some(next)) => next,
        _ => return Ok(Turn::Never),
    };
    let asked = vec![command("playlistinfo", &[&next.to_string()])];
    let answer = mpd.ask_in(partition, asked).await?;
    let next = answer.as_ref().and_then(|answer| answer.frames.first()).and_then(video_of);
    Ok(if next == Some(video) { Turn::Yet } else { Turn::Never })
}

/// What a partition does, and its current song if that is one of the relay's.
async fn current(mpd: &mut Connection, partition: &str) -> Result<Option<(Status, Option<VideoId>)>, Error> {
    let asked = vec![command("status", &[]), command("currentsong", &[])];
    let answer = mpd.ask_in(partition, asked).await?;
    Ok(match answer.as_ref().map(|answer| &*answer.frames) {
        Some([status, song]) => Some((Status::from(status), video_of(song))),
        _ => None,
    })
}

/// The video, if a song is one of the relay's.
fn video_of(song: &Frame) -> Option<VideoId> {
    song.find("file").and_then(|file| uri::video_in(file.as_bytes()))
}

async fn stop(mpd: &mut Connection, partition: &str) -> Result<(), Error> {
    let answer = mpd.ask_in(partition, vec![command("stop", &[])]).await?;
    match answer.and_then(|answer| answer.ack) {
        Some(ack) => Err(Error::Refused { command: "stop", message: ack.message }),
        None => Ok(()),
    }
}
