//! Completes MPD's answers about songs on their way to the client.
//!
//! A song whose `file:` is a relay URI gets the tags and the duration that MPD does not know yet;
//! every other byte passes as it came.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::answer::{self, TagMask};
use crate::library::{Snapshot, VideoId, uri};
use crate::proto::lines;

/// Where a song that may be ours begins. Everything before it leaves in one piece, unread.
static NEXT_SONG: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\nfile: http"));

/// Completes the songs of one answer, which may come in any number of pieces.
///
/// What is missing goes where MPD has it (`SongPrint.cxx`, `queue/Print.cxx`): `file`, tags, times,
/// then the place in the queue. So nothing needs to be held back.
#[derive(Debug)]
pub(super) struct Songs {
    mask: TagMask,
    /// The song of ours whose tags are being read.
    open: Option<Open>,
}

/// A song of the relay's, as far as it has been read.
#[derive(Debug)]
struct Open {
    video: VideoId,
    /// The tags that the client wants to see and MPD has not said so far.
    lacks: TagMask,
    /// MPD has said the duration.
    is_timed: bool,
}

impl Songs {
    /// For a client with this mask.
    pub(super) fn new(mask: TagMask) -> Self {
        Self { mask, open: None }
    }

    /// Passes complete lines on, songs of ours completed.
    pub(super) fn body(&mut self, body: &[u8], snapshot: &Snapshot, out: &mut Vec<u8>) {
        // What is before `passed` is in `out`, what is before `at` has been looked at.
        let (mut passed, mut at) = (0, 0);
        loop {
            let Some(open) = &mut self.open else {
                let Some(start) = next_song(body, at) else { break };
                let line = lines(body.get(start..).unwrap_or_default()).next().unwrap_or_default();
                at = start + line.len();
                self.open = video(line).map(|video| Open { video, lacks: self.mask, is_timed: false });
                continue;
            };
            let Some(line) = lines(body.get(at..).unwrap_or_default()).next() else { break };
            match open.line(line) {
                Place::Tags => {}
                // Clients show it instead of the title, or beside it.
                Place::Name if self.mask.title && snapshot.track(open.video).is_some() => {
                    out.extend_from_slice(body.get(passed..at).unwrap_or_default());
                    passed = at + line.len();
                }
                Place::Name => {}
                Place::Behind => {
                    out.extend_from_slice(body.get(passed..at).unwrap_or_default());
                    passed = at;
                    self.close(snapshot, out);
                    // The line may begin the next song.
                    continue;
                }
            }
            at += line.len();
        }
        out.extend_from_slice(body.get(passed..).unwrap_or_default());
    }

    /// The tags are over: of the song, or of the whole answer.
    pub(super) fn close(&mut self, snapshot: &Snapshot, out: &mut Vec<u8>) {
        if let Some(open) = self.open.take() {
            open.complete(snapshot, out);
        }
    }
}

/// Where a line of a song stands.
enum Place {
    /// It is a tag, or comes before the tags.
    Tags,
    /// It is the tag that is not to be seen where there is a title.
    Name,
    /// It comes behind the tags.
    Behind,
}

impl Open {
    fn line(&mut self, line: &[u8]) -> Place {
        let begins = |name: &[u8]| line.starts_with(name);
        // Nearly every line is told by its first byte.
        match line.first() {
            Some(b'T') if begins(b"Title: ") => self.lacks.title = false,
            Some(b'A') if begins(b"Artist: ") => self.lacks.artist = false,
            Some(b'A') if begins(b"Album: ") => self.lacks.album = false,
            Some(b'N') if begins(b"Name: ") => return Place::Name,
            Some(b'T' | b'd') if begins(b"Time: ") || begins(b"duration: ") => {
                self.is_timed = true;
                return Place::Behind;
            }
            Some(b'P') if begins(b"Pos: ") || begins(b"Prio: ") => return Place::Behind,
            Some(b'I') if begins(b"Id: ") => return Place::Behind,
            Some(b'f' | b'd' | b'p') if begins_block(line) => return Place::Behind,
            _ => {}
        }
        Place::Tags
    }

    fn complete(&self, snapshot: &Snapshot, out: &mut Vec<u8>) {
        if self.lacks == TagMask::NONE && self.is_timed {
            return;
        }
        let Some(track) = snapshot.track(self.video) else { return };
        let duration = track.duration.filter(|_| !self.is_timed);
        answer::tags_and_time(track, self.lacks, duration, out);
    }
}

/// A new song, folder or playlist begins.
fn begins_block(line: &[u8]) -> bool {
    line.starts_with(b"file: ") || line.starts_with(b"directory: ") || line.starts_with(b"playlist: ")
}

/// Where the next song with an address begins, from the line at `from` on.
fn next_song(body: &[u8], from: usize) -> Option<usize> {
    match from.checked_sub(1) {
        None if body.starts_with(b"file: http") => Some(0),
        // The line break before it counts.
        before => {
            let before = before.unwrap_or(0);
            Some(before + NEXT_SONG.find(body.get(before..)?)? + 1)
        }
    }
}

fn video(line: &[u8]) -> Option<VideoId> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    uri::video_in(line.strip_prefix(b"file: ")?)
}
