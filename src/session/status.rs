//! Completes MPD's answers to `status`, and its errors, with what the user knows.

use super::answer;
use crate::library::{Snapshot, Unavailable, uri};
use crate::proto::{lines, pair};

/// Completes one answer to `status`.
#[derive(Debug, Default)]
pub(super) struct Status {
    partition: Option<Box<str>>,
    stopped: bool,
    has_error: bool,
}

impl Status {
    /// Passes complete lines on, with the names and the reasons that the user knows.
    pub(super) fn body(
        &mut self,
        body: &[u8],
        snapshot: &Snapshot,
        unavailable: &Unavailable,
        out: &mut Vec<u8>,
    ) {
        for line in lines(body) {
            match pair(line) {
                Some((name @ b"error", text)) => {
                    self.has_error = true;
                    answer::line(name, &with_reason(text, snapshot, unavailable), out);
                }
                Some((name @ b"lastloadedplaylist", loaded)) => {
                    let list = uri::playlist_in(loaded).and_then(|id| snapshot.playlist(&id));
                    answer::line(name, list.map_or(loaded, |list| list.name.as_bytes()), out);
                }
                Some((b"partition", name)) => {
                    self.partition = str::from_utf8(name).ok().map(Box::from);
                    out.extend_from_slice(line);
                }
                found => {
                    self.stopped |= found == Some((b"state", b"stop"));
                    out.extend_from_slice(line);
                }
            }
        }
    }

    /// The answer is over. An MPD that was stopped for a song does not know why.
    pub(super) fn close(&self, snapshot: &Snapshot, unavailable: &Unavailable, out: &mut Vec<u8>) {
        if !self.stopped || self.has_error {
            return;
        }
        let partition = self.partition.as_deref().unwrap_or_default();
        if let Some(why) = unavailable.stop_of(partition, snapshot) {
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
