//! What the lines of a command list do before a jump in it: where that leads to cannot be asked in
//! the middle of a list, which MPD runs all at once.

use crate::library::{Link, Snapshot, VideoId, link, uri};
use crate::proto::{Request, verb};

/// What a list has done so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edits {
    pub(super) queue: Queue,
    pub(super) player: Player,
    /// It has set an option, or paused: where a step leads to, and what a seek leaves, is another
    /// matter then.
    pub(super) has_set: bool,
}

/// What it has done to the queue.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Queue {
    #[default]
    Same,
    /// It has put songs of ours at the end, this one first.
    Appended(VideoId),
    /// It has added songs of ours; which song is where is not known.
    Ours,
    /// It has changed it, with nothing of ours.
    Others,
}

/// What it has done to the player.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Player {
    #[default]
    Same,
    /// It has stopped it: MPD opens any song then without standing still.
    Stopped,
    /// It has jumped: which song is current is not known.
    Jumped,
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
        match verb(content) {
            b"clear" => Self { queue: Queue::Others, player: Player::Stopped, ..self },
            b"stop" => Self { player: Player::Stopped, ..self },
            b"play" | b"playid" | b"seek" | b"seekid" => Self { player: Player::Jumped, ..self },
            b"add" | b"addid" | b"load" => Self { queue: self.queue.with(&added(content, snapshot)), ..self },
            // `next` may consume a song, and another partition has another queue and player.
            b"delete" | b"deleteid" | b"findadd" | b"move" | b"moveid" | b"next" | b"previous"
            | b"searchadd" | b"shuffle" | b"swap" | b"swapid" => {
                Self { queue: self.queue.with(&Added::Others), ..self }
            }
            b"partition" => Self { queue: Queue::Others, player: Player::Same, ..self },
            b"consume" | b"pause" | b"prio" | b"prioid" | b"random" | b"repeat" | b"single" => {
                Self { has_set: true, ..self }
            }
            _ => self,
        }
    }
}

impl Queue {
    fn with(self, added: &Added) -> Self {
        match (self, added) {
            (Self::Same, Added::Last(video)) => Self::Appended(*video),
            (Self::Appended(_), Added::Last(_)) => self,
            (_, Added::Last(_) | Added::Ours) | (Self::Appended(_) | Self::Ours, Added::Others) => Self::Ours,
            (Self::Same | Self::Others, Added::Others) => Self::Others,
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
