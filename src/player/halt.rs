//! Stopping MPD before the relay gives up on a song.
//!
//! It has a connection of its own for each time, since the other work may be waiting for MPD for
//! long, and MPD may be standing still for this very song.

use std::time::Duration;

use mpd_client::protocol::response::Frame;
use tokio::time::timeout;

use super::connection::{Connection, Error, command};
use super::status::{Playback, Status};
use crate::config::Secret;
use crate::library::{VideoId, uri};
use crate::net::Upstream;

/// How long MPD may take. When it stands still for this very song, it goes on as soon as the
/// relay gives up, which does not wait for us for long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Stops every partition that plays `video`.
///
/// # Errors
/// When MPD cannot be told. It is then most likely not playing either.
pub(super) async fn halt(upstream: &Upstream, password: &Secret, video: VideoId) -> Result<(), Error> {
    timeout(PATIENCE, async {
        let mut mpd = Connection::open(upstream, password, PATIENCE).await?;
        for partition in mpd.partitions().await? {
            let asked = vec![command("status", &[]), command("currentsong", &[])];
            let plays =
                mpd.ask_in(&partition, asked).await?.is_some_and(|answer| plays(&answer.frames, video));
            if plays {
                stop(&mut mpd, &partition).await?;
            }
        }
        Ok(())
    })
    .await
    .unwrap_or(Err(Error::Silent(PATIENCE)))
}

/// Whether the answers to `status` and `currentsong` say that `video` plays.
fn plays(frames: &[Frame], video: VideoId) -> bool {
    let [status, song] = frames else {
        return false;
    };
    let current = song.find("file").and_then(|file| uri::video_in(file.as_bytes()));
    Status::from(status).playback == Playback::Playing && current == Some(video)
}

async fn stop(mpd: &mut Connection, partition: &str) -> Result<(), Error> {
    let answer = mpd.ask_in(partition, vec![command("stop", &[])]).await?;
    match answer.and_then(|answer| answer.ack) {
        Some(ack) => Err(Error::Refused { command: "stop", message: ack.message }),
        None => Ok(()),
    }
}
