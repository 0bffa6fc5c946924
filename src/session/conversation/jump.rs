//! `next`, `play 5` and the like, onto a song that may not be ready.
//!
//! While MPD opens a song it stands still for every client, so a jump onto a song of ours waits
//! until the relay can answer from memory. MPD itself is asked which song it would be: it knows
//! the partition, the order and the permissions. If the song takes too long, MPD stops and starts
//! at it: from `stop`, MPD opens songs without standing still.

use super::{Conversation, Expected, Reply, View};
use crate::library::{Readiness, VideoId, uri};
use crate::proto::{lines, pair};
use crate::session::route::{Completion, Jump};

/// A client's line that is held back.
#[derive(Debug)]
pub(super) struct Jumping {
    target: Jump,
    verb: Box<[u8]>,
    line: Box<[u8]>,
    /// The current song's id, if it leaves the queue when MPD moves on.
    consumed: Option<u64>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// MPD was asked for its `status`.
    Status,
    /// MPD was asked for the song.
    Song,
    /// The relay is getting this song ready; MPD knows it by this id.
    Waiting(VideoId, u64),
}

/// What `status` says that matters here.
#[derive(Debug, Default)]
struct Status {
    stopped: bool,
    song: Option<usize>,
    song_id: Option<u64>,
    next_id: Option<usize>,
    random: bool,
    consume: bool,
}

impl Jumping {
    pub(super) fn new(target: Jump, verb: &[u8], line: &[u8]) -> Self {
        Self { target, verb: verb.into(), line: line.into(), consumed: None, stage: Stage::Status }
    }

    pub(super) fn waits_for(&self) -> Option<VideoId> {
        match self.stage {
            Stage::Waiting(video, _) => Some(video),
            Stage::Status | Stage::Song => None,
        }
    }

    /// The command that tells the song, once `status` is known; `None` if nothing has to wait.
    fn song_command(&self, status: &Status) -> Option<String> {
        if status.stopped {
            return None;
        }
        match self.target {
            Jump::Next => status.next_id.map(|id| format!("playlistid {id}\n")),
            // In random order only MPD knows where it came from.
            Jump::Previous if status.random => None,
            Jump::Previous => Some(format!("playlistinfo {}\n", status.song?.checked_sub(1)?)),
            Jump::Position(at) => Some(format!("playlistinfo {at}\n")),
            Jump::Id(id) => Some(format!("playlistid {id}\n")),
        }
    }
}

impl Status {
    fn parse(body: &[u8]) -> Self {
        let mut status = Self::default();
        for (name, value) in lines(body).filter_map(pair) {
            match name {
                b"state" => status.stopped = value == b"stop",
                b"song" => status.song = number(value),
                b"songid" => status.song_id = number(value),
                b"nextsongid" => status.next_id = number(value),
                b"random" => status.random = value == b"1",
                b"consume" => status.consume = value != b"0",
                _ => {}
            }
        }
        status
    }
}

impl Conversation {
    /// Holds the line back, and asks MPD what it would do.
    pub(super) fn ask_for_jump(&mut self, jumping: Jumping) {
        self.jumping = Some(jumping);
        self.forward(b"status\n", Reply::Jump);
    }

    /// MPD has told what the jump needs to know next.
    pub(super) fn jump_answer(&mut self, body: &[u8], view: &View<'_>) {
        let Some(mut jumping) = self.jumping.take() else { return };
        match jumping.stage {
            Stage::Status => {
                let status = Status::parse(body);
                let Some(command) = jumping.song_command(&status) else {
                    return self.let_go(&jumping);
                };
                let moves_on = jumping.target == Jump::Next && status.consume;
                jumping.consumed = status.song_id.filter(|_| moves_on);
                jumping.stage = Stage::Song;
                self.jumping = Some(jumping);
                self.forward(command.as_bytes(), Reply::Jump);
            }
            Stage::Song => match song(body)
                .filter(|(video, _)| view.snapshot.track(*video).is_some() && !view.cue.is_ready(*video))
            {
                Some((video, id)) => {
                    jumping.stage = Stage::Waiting(video, id);
                    self.jumping = Some(jumping);
                }
                None => self.let_go(&jumping),
            },
            Stage::Waiting(..) => self.jumping = Some(jumping),
        }
    }

    /// MPD refused to tell: it will refuse the jump as well, in the right words.
    pub(super) fn jump_refused(&mut self) {
        if let Some(jumping) = self.jumping.take() {
            self.let_go(&jumping);
        }
    }

    /// The wait for the song is over.
    pub(in crate::session) fn jump(&mut self, readiness: &Readiness) {
        let Some(jumping) = self.jumping.take() else { return };
        match (jumping.stage, readiness) {
            // A song that cannot be had fails at once: MPD says so, and goes on to the next.
            (Stage::Waiting(..), Readiness::Ready | Readiness::Never(_)) => self.let_go(&jumping),
            (Stage::Waiting(_, id), Readiness::NotNow) => self.detour(&jumping, id),
            _ => self.jumping = Some(jumping),
        }
    }

    fn let_go(&mut self, jumping: &Jumping) {
        self.forward(&jumping.line, Reply::Complete(Completion::Reason));
    }

    /// `stop` and `playid` in one list, so that nobody sees MPD stopped in between.
    fn detour(&mut self, jumping: &Jumping, id: u64) {
        let consumed = jumping.consumed.map(|id| format!("deleteid {id}\n")).unwrap_or_default();
        let list = format!("command_list_begin\nstop\nplayid {id}\n{consumed}command_list_end\n");
        self.to_mpd.extend_from_slice(list.as_bytes());
        self.expected.push_back(Expected::Single(Reply::Detour(jumping.verb.clone())));
    }
}

/// The video and the id of the first song of ours in an answer.
fn song(body: &[u8]) -> Option<(VideoId, u64)> {
    let value = |wanted: &[u8]| lines(body).filter_map(pair).find(|(name, _)| *name == wanted);
    Some((uri::video_in(value(b"file")?.1)?, number(value(b"Id")?.1)?))
}

fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
