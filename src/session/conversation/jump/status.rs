//! What MPD tells about itself and its queue, as far as a jump needs it.

use crate::library::{VideoId, uri};
use crate::proto::{Status, lines, pair};

/// What `status` says, in an answer that tells of a song behind it or not.
pub(super) fn status(body: &[u8]) -> Status {
    let mut status = Status::default();
    for (name, value) in lines(body).filter_map(pair).take_while(|(name, _)| *name != b"file") {
        status.read(name, value);
    }
    status
}

/// The video and the id of the first song of ours in an answer.
pub(super) fn song(body: &[u8]) -> Option<(VideoId, u64)> {
    let value = |wanted: &[u8]| lines(body).filter_map(pair).find(|(name, _)| *name == wanted);
    let id = str::from_utf8(value(b"Id")?.1).ok()?.parse().ok()?;
    Some((uri::video_in(value(b"file")?.1)?, id))
}
