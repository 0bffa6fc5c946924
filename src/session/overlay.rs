//! Completes MPD's answers about songs on their way to the client.
//!
//! A song whose `file:` is a relay URI gets the tags and the duration that MPD does not know yet;
//! every other byte passes as it came.

use std::sync::Arc;

use super::answer::{self, TagMask};
use crate::library::{Snapshot, Track, Unavailable, uri};
use crate::proto::{lines, pair};

/// Completes the songs of one answer, which may come in any number of pieces.
#[derive(Debug)]
pub(super) struct Songs {
    mask: TagMask,
    /// The song of ours that is being read.
    open: Option<Open>,
}

/// A song of ours, as far as it has been read.
#[derive(Debug)]
struct Open {
    track: Arc<Track>,
    /// Its lines, but for those that we replace.
    block: Vec<u8>,
    /// Where in `block` the first line stands that comes behind the tags.
    behind_tags: Option<usize>,
    has: Has,
}

/// What MPD says itself.
#[derive(Debug, Default)]
struct Has {
    title: bool,
    artist: bool,
    album: bool,
    duration: bool,
}

impl Songs {
    /// For a client with this mask.
    pub(super) fn new(mask: TagMask) -> Self {
        Self { mask, open: None }
    }

    /// Passes complete lines on, songs of ours completed.
    pub(super) fn body(&mut self, body: &[u8], snapshot: &Snapshot, out: &mut Vec<u8>) {
        // Lines that belong to no song of ours leave in one piece.
        let mut untouched = 0;
        let mut at = 0;
        for line in lines(body) {
            let start = at;
            at += line.len();
            if !begins_block(line) {
                if let Some(open) = &mut self.open {
                    open.line(line, self.mask);
                    untouched = at;
                }
                continue;
            }
            self.close(out);
            let Some(track) = track(line, snapshot) else { continue };
            out.extend_from_slice(body.get(untouched..start).unwrap_or_default());
            untouched = at;
            self.open = Some(Open::new(track, line));
        }
        out.extend_from_slice(body.get(untouched..).unwrap_or_default());
    }

    /// The answer, or the song, is over.
    pub(super) fn close(&mut self, out: &mut Vec<u8>) {
        if let Some(open) = self.open.take() {
            open.write(self.mask, out);
        }
    }
}

impl Open {
    fn new(track: Arc<Track>, file: &[u8]) -> Self {
        Self { track, block: file.to_vec(), behind_tags: None, has: Has::default() }
    }

    fn line(&mut self, line: &[u8], mask: TagMask) {
        match pair(line).map(|(name, _)| name) {
            Some(b"Title") => self.has.title = true,
            Some(b"Artist") => self.has.artist = true,
            Some(b"Album") => self.has.album = true,
            Some(b"Time" | b"duration") => {
                self.has.duration = true;
                self.behind_tags.get_or_insert(self.block.len());
            }
            Some(b"Pos" | b"Id" | b"Prio") => {
                self.behind_tags.get_or_insert(self.block.len());
            }
            // Clients show it instead of the title, or beside it.
            Some(b"Name") if mask.title => return,
            _ => {}
        }
        self.block.extend_from_slice(line);
    }

    fn write(&self, mask: TagMask, out: &mut Vec<u8>) {
        let (tags, rest) = self.block.split_at(self.behind_tags.unwrap_or(self.block.len()));
        out.extend_from_slice(tags);
        if mask.title && !self.has.title {
            answer::line(b"Title", self.track.title.as_bytes(), out);
        }
        if mask.artist && !self.has.artist {
            answer::artists(&self.track, out);
        }
        if mask.album && !self.has.album {
            answer::album(&self.track, out);
        }
        if let Some(duration) = self.track.duration.filter(|_| !self.has.duration) {
            answer::time(duration, out);
        }
        out.extend_from_slice(rest);
    }
}

/// Completes one `status`, with the names and reasons that the user knows.
#[derive(Debug, Default)]
pub(super) struct Status {
    stopped: bool,
    has_error: bool,
}

impl Status {
    /// Passes complete lines on.
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
                Some((b"state", state)) => {
                    self.stopped = state == b"stop";
                    out.extend_from_slice(line);
                }
                _ => out.extend_from_slice(line),
            }
        }
    }

    /// The answer is over. MPD knows no reason for a stop of ours.
    pub(super) fn close(&self, snapshot: &Snapshot, unavailable: &Unavailable, out: &mut Vec<u8>) {
        if !self.stopped || self.has_error {
            return;
        }
        if let Some((video, reason)) = unavailable.stopped_for()
            && let Some(track) = snapshot.track(video)
        {
            answer::line(b"error", &cannot_be_played(track, &reason), out);
        }
    }
}

/// An error text, or YouTube's reason if it is about a song of ours.
pub(super) fn with_reason(text: &[u8], snapshot: &Snapshot, unavailable: &Unavailable) -> Vec<u8> {
    let reason = || {
        let track = text
            .split(|&byte| matches!(byte, b' ' | b';' | b'"'))
            .find_map(|word| snapshot.track(uri::video_in(word)?))?;
        let reason = unavailable.reason(track.id)?;
        Some(cannot_be_played(track, &reason))
    };
    reason().unwrap_or_else(|| text.to_vec())
}

fn cannot_be_played(track: &Track, reason: &str) -> Vec<u8> {
    format!("\"{}\" cannot be played: {reason}", track.title).into_bytes()
}

/// A new song, folder or playlist begins.
fn begins_block(line: &[u8]) -> bool {
    line.starts_with(b"file: ") || line.starts_with(b"directory: ") || line.starts_with(b"playlist: ")
}

fn track(line: &[u8], snapshot: &Snapshot) -> Option<Arc<Track>> {
    let (_, file) = pair(line).filter(|(name, _)| *name == b"file")?;
    snapshot.track(uri::video_in(file)?).cloned()
}
