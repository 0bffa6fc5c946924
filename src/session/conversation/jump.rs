//! `next`, `play 5` and the like, onto a song that may not be ready.
//!
//! While MPD opens a song it stands still for every client, so a jump onto a song of ours waits
//! until the relay can answer from memory. MPD itself is asked which song it would be: it knows
//! the partition, the order and the permissions, and nothing is got ready for who may not jump. If
//! the song takes too long, MPD stops and starts at it: from `stop`, MPD opens songs without
//! standing still. A seek within the song that plays makes it stand still as well, while that opens
//! or where it leads to is not there yet; it is refused then.

use std::time::Duration;

use super::{Conversation, Ending, Patience, Reply, Style, View, Wait};
use crate::library::{Portion, Readiness, VideoId, uri};
use crate::proto::{Ack, AckCode, lines, pair, seconds};
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
    /// MPD's `status` when it was asked for the song.
    before: Status,
    patience: Patience,
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
    /// The wait is over. MPD was asked for its `status` and the song once more.
    Again(u64, Readiness),
}

/// Whether the song is in the queue once the wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    There,
    Gone,
}

/// What is left to do then. Without the wait, what other clients did meanwhile would have come
/// behind the jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    On,
    /// From where MPD is now.
    Anew,
    /// Nothing: they have taken it back.
    Over,
}

/// What MPD does, the quietest first.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    #[default]
    Stopped,
    Paused,
    Playing,
}

/// What `status` says that matters here.
#[derive(Debug, Default)]
struct Status {
    state: State,
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
    consume: Consume,
}

/// Whether a song leaves the queue when MPD moves on from it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Consume {
    #[default]
    Off,
    On,
    /// The current one alone (`consume oneshot`, from MPD 0.24 on).
    Once,
}

impl Jumping {
    pub(super) fn new(target: Jump, to: To, verb: &[u8], line: &[u8]) -> Self {
        Self {
            target,
            to,
            verb: verb.into(),
            line: line.into(),
            before: Status::default(),
            patience: Patience::Whole,
            stage: Stage::Status,
        }
    }

    pub(super) fn waits_for(&self) -> Option<Wait> {
        match self.stage {
            Stage::Waiting(video, from, _) => Some(Wait::Song(video, from, self.patience)),
            Stage::Status | Stage::Song | Stage::Again(..) => None,
        }
    }

    /// The command that tells the song, once `status` is known; `None` if nothing has to wait.
    fn song_command(&self, status: &Status) -> Option<String> {
        if status.state == State::Stopped {
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
        let is_current = self.is_seek()
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
        let from = duration.map_or(Portion::START, |of| Portion { at: self.at().min(of), of });
        let is_ending = self.before.duration.saturating_sub(self.before.elapsed) < DECODED_AHEAD;
        let is_decoded_from = self.within(&self.before) == Some(Within::Playing) && !is_ending;
        let is_with_mpd = || is_decoded_from && view.cue.is_with_mpd(video, from);
        let goes = view.cue.is_ready(video, from) || is_with_mpd();
        (!goes).then_some(Stage::Waiting(video, from, id))
    }

    fn is_seek(&self) -> bool {
        self.verb.starts_with(b"seek")
    }

    fn is_step(&self) -> bool {
        matches!(self.target, Jump::Next | Jump::Previous)
    }

    /// To where, from the song's beginning.
    fn at(&self) -> Duration {
        self.to.after(self.before.elapsed)
    }

    /// To a song of this id.
    fn by_id(&self, id: u64) -> String {
        if self.is_seek() {
            format!("seekid {id} {:.3}\n", self.at().as_secs_f64())
        } else {
            format!("playid {id}\n")
        }
    }

    fn course(&self, now: &Status, song: Presence) -> Course {
        // A seek leaves MPD paused.
        let quieted = match now.state {
            State::Stopped => now.song_id.is_some(), // None: the queue came to its end by itself.
            State::Paused => self.before.state == State::Playing && !self.is_seek(),
            State::Playing => false,
        };
        let within = self.within(&self.before);
        let has_moved = now.song_id != self.before.song_id || self.within(now) != within;
        let is_relative = self.is_step() || within.is_some();
        match song {
            _ if quieted => Course::Over,
            Presence::There if has_moved && is_relative => Course::Anew,
            Presence::There => Course::On,
            // Of a song that is removed while it plays, MPD goes on to the following.
            Presence::Gone if self.is_step() && !has_moved => Course::Anew,
            Presence::Gone => Course::Over,
        }
    }
}

impl Status {
    fn parse(body: &[u8]) -> Self {
        let mut status = Self::default();
        for (name, value) in lines(body).filter_map(pair) {
            match name {
                b"audio" => status.begun = true,
                // A song follows.
                b"file" => break,
                b"state" => {
                    status.state = match value {
                        b"play" => State::Playing,
                        b"pause" => State::Paused,
                        _ => State::Stopped,
                    }
                }
                b"elapsed" => status.elapsed = seconds(value).unwrap_or_default(),
                b"duration" => status.duration = seconds(value).unwrap_or_default(),
                b"song" => status.song = number(value),
                b"songid" => status.song_id = number(value),
                b"nextsongid" => status.next_id = number(value),
                b"playlistlength" => status.length = number(value).unwrap_or(0),
                b"repeat" => status.repeat = value == b"1",
                b"random" => status.random = value == b"1",
                b"consume" => {
                    status.consume = match value {
                        b"0" => Consume::Off,
                        b"oneshot" => Consume::Once,
                        _ => Consume::On,
                    }
                }
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
            Stage::Status => self.ask_for_song(jumping, Status::parse(body)),
            Stage::Song => match song(body).and_then(|(video, id)| jumping.wait(video, id, view)) {
                Some(waiting) => {
                    jumping.stage = waiting;
                    self.jumping = Some(jumping);
                }
                None => self.let_go(&jumping),
            },
            Stage::Again(..) => self.go_on(jumping, body, Presence::There),
            Stage::Waiting(..) => self.jumping = Some(jumping),
        }
    }

    /// MPD refused to tell more than `body`, or the client may not jump: MPD will refuse that in
    /// the right words.
    pub(super) fn jump_refused(&mut self, ack: &Ack<'_>, body: &[u8]) {
        let Some(jumping) = self.jumping.take() else { return };
        match jumping.stage {
            Stage::Again(..) if ack.code == AckCode::NoExist.number() => {
                self.go_on(jumping, body, Presence::Gone);
            }
            _ => self.let_go(&jumping),
        }
    }

    fn ask_for_song(&mut self, mut jumping: Jumping, status: Status) {
        let Some(command) = jumping.song_command(&status) else {
            return self.let_go(&jumping);
        };
        jumping.before = status;
        jumping.stage = Stage::Song;
        self.jumping = Some(jumping);
        self.forward(command.as_bytes(), Reply::Jump);
    }

    /// The wait for the song is over.
    pub(in crate::session) fn jump(&mut self, readiness: &Readiness) {
        let Some(jumping) = &mut self.jumping else { return };
        if let Stage::Waiting(_, _, id) = jumping.stage {
            jumping.stage = Stage::Again(id, readiness.clone());
            let song = format!("playlistid {id}\n");
            self.forward_list(&[b"status\n", song.as_bytes()], Reply::Jump);
        }
    }

    /// MPD has told where it is now.
    fn go_on(&mut self, mut jumping: Jumping, status: &[u8], song: Presence) {
        let Stage::Again(id, ref readiness) = jumping.stage else { return };
        let now = Status::parse(status);
        match jumping.course(&now, song) {
            Course::On => {
                let readiness = readiness.clone();
                jumping.before.state = now.state;
                self.conclude(&jumping, id, &readiness);
            }
            Course::Anew => {
                jumping.patience = Patience::Left;
                self.ask_for_song(jumping, now);
            }
            Course::Over => self.end(Ending::Ok),
        }
    }

    /// A song that cannot be had fails at once: MPD says so, and goes on to the next.
    fn conclude(&mut self, jumping: &Jumping, id: u64, readiness: &Readiness) {
        match (readiness, jumping.within(&jumping.before)) {
            (Readiness::Ready | Readiness::Never(_), _) => match jumping.target {
                // Another song may be there by now.
                Jump::Position(_) => {
                    self.forward(jumping.by_id(id).as_bytes(), Reply::Detour(jumping.verb.clone()));
                }
                _ => self.let_go(jumping),
            },
            (Readiness::NotNow, Some(Within::Opening)) => {
                self.refuse_jump(jumping, "the song has not begun yet");
            }
            (Readiness::NotNow, Some(Within::Playing)) => {
                self.refuse_jump(jumping, "that part of the song is not there yet");
            }
            (Readiness::NotNow, None) => self.detour(jumping, id),
        }
    }

    fn refuse_jump(&mut self, jumping: &Jumping, why: &str) {
        let answer = Answer::refuse(AckCode::PlayerSync, format!("{why}; try again in a moment"));
        self.answer(&jumping.verb, Gate::RefusePlayer, answer);
    }

    fn let_go(&mut self, jumping: &Jumping) {
        self.forward(&jumping.line, Reply::Complete(Completion::Reason));
    }

    /// One list, so that nobody sees MPD stopped in between, nor for a song that is gone.
    fn detour(&mut self, jumping: &Jumping, id: u64) {
        let mut steps = vec![format!("playlistid {id}\n"), "stop\n".to_owned(), jumping.by_id(id)];
        if jumping.is_seek() && jumping.before.state == State::Paused {
            steps.push("pause 1\n".to_owned());
        }
        let consume = if jumping.target == Jump::Next { jumping.before.consume } else { Consume::Off };
        if let (Consume::On | Consume::Once, Some(consumed)) = (consume, jumping.before.song_id) {
            steps.push(format!("deleteid {consumed}\n"));
        }
        if consume == Consume::Once {
            steps.push("consume 0\n".to_owned());
        }
        self.begin_list(Style::Plain);
        for step in steps {
            self.forward(step.as_bytes(), Reply::Step(jumping.verb.clone()));
        }
        self.end_list(b"command_list_end\n");
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
