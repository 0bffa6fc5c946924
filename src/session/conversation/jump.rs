//! `next`, `play 5` and the like, onto a song that may not be ready.
//!
//! While MPD opens a song it stands still for every client, so a jump onto a song of ours waits
//! until the relay can answer from memory. MPD itself is asked which song it would be: it knows
//! the partition, the order and the permissions, and nothing is got ready for who may not jump. If
//! the song takes too long, MPD stops and starts at it: from `stop`, MPD opens songs without
//! standing still. A seek within the song that plays makes it stand still as well, while that opens
//! or where it leads to is not there yet; it is refused then.

use std::time::Duration;

use super::{Conversation, Reply, View, Wait};
use crate::library::{Portion, Readiness, VideoId, uri};
use crate::proto::{AckCode, lines, pair, seconds};
use crate::session::answer::Answer;
use crate::session::route::{Completion, Gate, Jump, To};

/// MPD decodes some 20 s ahead of what it plays (from 0.24 on: 40 s). Once it has come to the end of
/// a song it has nothing of it any more, and opens it anew to seek in it.
const DECODED_AHEAD: Duration = Duration::from_secs(45);

/// A client's line that is held back.
#[derive(Debug)]
pub(super) struct Jumping {
    target: Jump,
    to: To,
    verb: Box<[u8]>,
    line: Box<[u8]>,
    /// The song that was current when MPD was asked.
    from: Option<u64>,
    /// Whether that one leaves the queue when MPD moves on.
    consumes: bool,
    /// If it is that one which is to be sought in.
    within: Option<Within>,
    /// Whether MPD may be decoding that one no more.
    is_ending: bool,
    /// `to`, from the song's beginning.
    at: Duration,
    stage: Stage,
}

/// How far MPD is with the current song.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Opening,
    Playing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    /// MPD was asked for its `status`.
    Status,
    /// MPD was asked for the song.
    Song,
    /// The relay is getting this song ready; MPD knows it by this id.
    Waiting(VideoId, Portion, u64),
    /// The wait is over. MPD was asked for its `status` once more: other clients may have moved on.
    Again(u64, Readiness),
}

/// What `status` says that matters here.
#[derive(Debug, Default)]
struct Status {
    stopped: bool,
    /// The current song has begun: until then MPD tells no format.
    begun: bool,
    elapsed: Duration,
    duration: Duration,
    song: Option<usize>,
    song_id: Option<u64>,
    next_id: Option<usize>,
    length: usize,
    random: bool,
    repeat: bool,
    consume: bool,
}

impl Jumping {
    pub(super) fn new(target: Jump, to: To, verb: &[u8], line: &[u8]) -> Self {
        Self {
            target,
            to,
            verb: verb.into(),
            line: line.into(),
            from: None,
            consumes: false,
            within: None,
            is_ending: false,
            at: Duration::ZERO,
            stage: Stage::Status,
        }
    }

    pub(super) fn waits_for(&self) -> Option<Wait> {
        match self.stage {
            Stage::Waiting(video, from, _) => Some(Wait::Song(video, from)),
            Stage::Status | Stage::Song | Stage::Again(..) => None,
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
            Jump::Previous => {
                let before_first = if status.repeat { status.length } else { 0 };
                let at = status.song?.checked_sub(1).or(before_first.checked_sub(1))?;
                Some(format!("playlistinfo {at}\n"))
            }
            Jump::Position(at) => Some(format!("playlistinfo {at}\n")),
            Jump::Id(id) => Some(format!("playlistid {id}\n")),
            Jump::Current => status.song_id.map(|id| format!("playlistid {id}\n")),
        }
    }

    /// A seek within the current song does not open it anew.
    fn within(&self, status: &Status) -> Option<Within> {
        let is_current = self.verb.starts_with(b"seek")
            && match self.target {
                Jump::Position(at) => status.song == Some(at),
                Jump::Id(id) => status.song_id == u64::try_from(id).ok(),
                Jump::Current => true,
                Jump::Next | Jump::Previous => false,
            };
        is_current.then_some(if status.begun { Within::Playing } else { Within::Opening })
    }

    /// The wait for this song, if it has to be waited for.
    fn wait(&self, video: VideoId, id: u64, view: &View<'_>) -> Option<Stage> {
        let duration = view.snapshot.track(video)?.duration;
        let from = duration.map_or(Portion::START, |of| Portion { at: self.at.min(of), of });
        let is_decoded_from = self.within == Some(Within::Playing) && !self.is_ending;
        let is_with_mpd = || is_decoded_from && view.cue.is_with_mpd(video, from);
        let goes = view.cue.is_ready(video, from) || is_with_mpd();
        (!goes).then_some(Stage::Waiting(video, from, id))
    }

    /// Whether what is to be done depends on the current song.
    fn is_relative(&self) -> bool {
        self.within.is_some() || matches!(self.target, Jump::Next | Jump::Previous)
    }
}

impl Status {
    fn parse(body: &[u8]) -> Self {
        let mut status = Self::default();
        for (name, value) in lines(body).filter_map(pair) {
            match name {
                b"audio" => status.begun = true,
                b"state" => status.stopped = value == b"stop",
                b"elapsed" => status.elapsed = seconds(value).unwrap_or_default(),
                b"duration" => status.duration = seconds(value).unwrap_or_default(),
                b"song" => status.song = number(value),
                b"songid" => status.song_id = number(value),
                b"nextsongid" => status.next_id = number(value),
                b"playlistlength" => status.length = number(value).unwrap_or(0),
                b"repeat" => status.repeat = value == b"1",
                b"random" => status.random = value == b"1",
                b"consume" => status.consume = value != b"0",
                _ => {}
            }
        }
        status
    }
}

impl Conversation {
    /// Holds the line back, and asks MPD what it would do, and whether the client may.
    pub(super) fn ask_for_jump(&mut self, jumping: Jumping) {
        self.jumping = Some(jumping);
        self.forward_list(&[b"status\n", Gate::Player.line()], Reply::Jump);
    }

    /// One list, whose answer is one.
    fn forward_list(&mut self, commands: &[&[u8]], reply: Reply) {
        let list = [b"command_list_begin\n", &*commands.concat(), b"command_list_end\n"].concat();
        self.forward(&list, reply);
    }

    /// MPD has told what the jump needs to know next.
    pub(super) fn jump_answer(&mut self, body: &[u8], view: &View<'_>) {
        let Some(mut jumping) = self.jumping.take() else { return };
        match jumping.stage {
            Stage::Status => self.ask_for_song(jumping, &Status::parse(body)),
            Stage::Again(id, ref readiness) => {
                let status = Status::parse(body);
                if status.song_id == jumping.from && jumping.within(&status) == jumping.within {
                    let readiness = readiness.clone();
                    self.conclude(&jumping, id, &readiness);
                } else {
                    self.ask_for_song(jumping, &status);
                }
            }
            Stage::Song => match song(body).and_then(|(video, id)| jumping.wait(video, id, view)) {
                Some(waiting) => {
                    jumping.stage = waiting;
                    self.jumping = Some(jumping);
                }
                None => self.let_go(&jumping),
            },
            Stage::Waiting(..) => self.jumping = Some(jumping),
        }
    }

    fn ask_for_song(&mut self, mut jumping: Jumping, status: &Status) {
        let Some(command) = jumping.song_command(status) else {
            return self.let_go(&jumping);
        };
        jumping.from = status.song_id;
        jumping.within = jumping.within(status);
        jumping.is_ending = status.duration.saturating_sub(status.elapsed) < DECODED_AHEAD;
        jumping.at = jumping.to.after(status.elapsed);
        jumping.consumes = jumping.target == Jump::Next && status.consume;
        jumping.stage = Stage::Song;
        self.jumping = Some(jumping);
        self.forward(command.as_bytes(), Reply::Jump);
    }

    /// MPD refused to tell, or the client may not jump: MPD will refuse that in the right words.
    pub(super) fn jump_refused(&mut self) {
        if let Some(jumping) = self.jumping.take() {
            self.let_go(&jumping);
        }
    }

    /// The wait for the song is over.
    pub(in crate::session) fn jump(&mut self, readiness: &Readiness) {
        let Some(mut jumping) = self.jumping.take() else { return };
        match jumping.stage {
            Stage::Waiting(_, _, id) if jumping.is_relative() => {
                jumping.stage = Stage::Again(id, readiness.clone());
                self.ask_for_jump(jumping);
            }
            Stage::Waiting(_, _, id) => self.conclude(&jumping, id, readiness),
            _ => self.jumping = Some(jumping),
        }
    }

    /// A song that cannot be had fails at once: MPD says so, and goes on to the next.
    fn conclude(&mut self, jumping: &Jumping, id: u64, readiness: &Readiness) {
        match readiness {
            Readiness::Ready | Readiness::Never(_) => self.let_go(jumping),
            Readiness::NotNow => match jumping.within {
                Some(Within::Opening) => self.refuse_jump(jumping, "the song has not begun yet"),
                Some(Within::Playing) => self.refuse_jump(jumping, "that part of the song is not there yet"),
                None => self.detour(jumping, id),
            },
        }
    }

    fn refuse_jump(&mut self, jumping: &Jumping, why: &str) {
        let answer = Answer::refuse(AckCode::PlayerSync, format!("{why}; try again in a moment"));
        self.answer(&jumping.verb, Gate::RefusePlayer, answer);
    }

    fn let_go(&mut self, jumping: &Jumping) {
        self.forward(&jumping.line, Reply::Complete(Completion::Reason));
    }

    /// `stop` and `playid` in one list, so that nobody sees MPD stopped in between.
    fn detour(&mut self, jumping: &Jumping, id: u64) {
        let play = format!("playid {id}\n");
        let consumed = jumping.from.filter(|_| jumping.consumes);
        let consume = consumed.map(|id| format!("deleteid {id}\n")).unwrap_or_default();
        let commands = [b"stop\n", play.as_bytes(), consume.as_bytes()];
        self.forward_list(&commands, Reply::Detour(jumping.verb.clone()));
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
