//! Completes MPD's answers to `status`, and its errors, with what the user knows.

use super::answer;
use crate::library::{Snapshot, Unavailable, uri};
use crate::proto::{Playback, Status, lines, pair};

/// Completes one answer to `status`.
#[derive(Debug, Default)]
pub(super) struct StatusAnswer {
    /// What MPD has said so far.
    said: Status,
}

impl StatusAnswer {
    /// Passes complete lines on, with the names and the reasons that the user knows.
    pub(super) fn body(
        &mut self,
        body: &[u8],
        snapshot: &Snapshot,
        unavailable: &Unavailable,
        out: &mut Vec<u8>,
    ) {
        for line in lines(body) {
            let (name, value) = pair(line).unwrap_or_default();
            self.said.read(name, value);
            match name {
                b"error" => answer::line(name, &with_reason(value, snapshot, unavailable), out),
                b"lastloadedplaylist" => {
                    let list = uri::playlist_in(value).and_then(|id| snapshot.playlist(&id));
                    answer::line(name, list.map_or(value, |list| list.name.as_bytes()), out);
                }
                _ => out.extend_from_slice(line),
            }
        }
    }

    /// The answer is over. An MPD that was stopped for a song does not know why.
    pub(super) fn close(&self, snapshot: &Snapshot, unavailable: &Unavailable, out: &mut Vec<u8>) {
        let Status { playback, has_error, partition, .. } = &self.said;
        if *playback == Playback::Stopped
            && !has_error
            && let Some(why) = unavailable.stop_of(partition, snapshot)
        {
            answer::line(b"error", why.as_bytes(), out);
        }
    }
}

/// An error text, or YouTube's reason if it is about a song of ours.
pub(super) fn with_reason(text: &[u8], snapshot: &Snapshot, unavailable: &Unavailable) -> Vec<u8> {
    let mut words = text.split(|&byte| matches!(byte, b' ' | b';' | b'"'));
    let track = words.find_map(|word| snapshot.track(uri::video_in(word)?));
    let why = track.and_then(|track| unavailable.of(track));
    why.map_or_else(|| text.to_vec(), String::into_bytes)
}
