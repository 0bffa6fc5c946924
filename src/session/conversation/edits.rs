//! What the lines of a command list do before a jump in it: where that leads to cannot be asked in
//! the middle of a list, which MPD runs all at once.

use crate::library::{Link, Snapshot, VideoId};
use crate::proto::Request;
use crate::session::route::{Named, named};

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
    /// With one more command, and the request that it is if that matters to us.
    pub(super) fn then(self, verb: &[u8], request: Option<&Request<'_>>, snapshot: &Snapshot) -> Self {
        match verb {
            b"clear" => Self { queue: Queue::Others, player: Player::Stopped, ..self },
            b"stop" => Self { player: Player::Stopped, ..self },
            b"play" | b"playid" | b"seek" | b"seekid" => Self { player: Player::Jumped, ..self },
            b"add" | b"addid" | b"load" => Self { queue: self.queue.with(&added(request, snapshot)), ..self },
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

fn added(request: Option<&Request<'_>>, snapshot: &Snapshot) -> Added {
    let Some(request) = request else { return Added::Others };
    let is_all = request.args.len() == 1;
    match named(request.arg(0), snapshot) {
        Named::Song(track) if is_all => Added::Last(track.id),
        Named::Linked(Link::Video(video)) if is_all => Added::Last(video),
        Named::Song(_) | Named::Linked(_) | Named::List(_) | Named::RelayList => Added::Ours,
        Named::Nothing => Added::Others,
    }
}
