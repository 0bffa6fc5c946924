//! What the lines of a command list do before a jump in it: where that leads to cannot be asked in
//! the middle of a list, which MPD runs all at once.

use crate::library::{Link, Snapshot, VideoId, link, uri};
use crate::proto::{Request, verb};

/// What a list has done so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edits {
    /// Nothing that matters.
    #[default]
    None,
    /// It has stopped MPD, which opens any song then without standing still.
    Stopped,
    /// It has jumped: which song is current is not known.
    Jumped,
    /// It has put songs of ours at the queue's end, this one first.
    Appended(VideoId),
    /// It has added songs of ours; which song is where is not known.
    Ours,
    /// It has changed the queue, with nothing of ours.
    Others,
}

/// What is added to the queue.
enum Added {
    /// At its end, this song of ours.
    Last(VideoId),
    /// Something else of ours.
    Ours,
    Others,
}

impl Edits {
    /// With one more command.
    pub(super) fn then(self, content: &[u8], snapshot: &Snapshot) -> Self {
        let changed = match self {
            Self::Appended(_) | Self::Ours => Self::Ours,
            _ => Self::Others,
        };
        match (self, verb(content)) {
            (_, b"clear" | b"stop") => Self::Stopped,
            (Self::Stopped, b"play" | b"playid" | b"seek" | b"seekid") => Self::Ours,
            (Self::Stopped, _) => Self::Stopped,
            (Self::None, b"play" | b"playid" | b"seek" | b"seekid") => Self::Jumped,
            (_, b"add" | b"addid" | b"load") => match (self, added(content, snapshot)) {
                (Self::None | Self::Jumped, Added::Last(video)) => Self::Appended(video),
                (Self::Appended(_), Added::Last(_)) => self,
                (_, Added::Last(_) | Added::Ours) => Self::Ours,
                (_, Added::Others) => changed,
            },
            // `next` may consume a song, and another partition has another queue.
            (
                _,
                b"delete" | b"deleteid" | b"findadd" | b"move" | b"moveid" | b"next" | b"partition"
                | b"previous" | b"searchadd" | b"shuffle" | b"swap" | b"swapid",
            ) => changed,
            _ => self,
        }
    }
}

fn added(content: &[u8], snapshot: &Snapshot) -> Added {
    let Ok(request) = Request::parse(content) else { return Added::Others };
    let Some(name) = request.arg(0) else { return Added::Others };
    let known = uri::video_in(name).filter(|video| snapshot.track(*video).is_some());
    let linked = || std::str::from_utf8(name).ok().and_then(link);
    match known.map(Link::Video).or_else(linked) {
        Some(Link::Video(video)) if request.args.len() == 1 => Added::Last(video),
        Some(_) => Added::Ours,
        None if snapshot.named(name).is_some() || uri::playlist_in(name).is_some() => Added::Ours,
        None => Added::Others,
    }
}
