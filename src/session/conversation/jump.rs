//! `next`, `play 5` and the like, onto a song that may not be ready.
//!
//! While MPD opens a song it stands still for every client, so a jump onto a song of ours waits
//! until the relay can answer from memory. MPD itself is asked which song it would be: it knows
//! the partition, the order and the permissions, and nothing is got ready for who may not jump. If
//! the song takes too long, MPD stops and starts at it: from `stop`, MPD opens songs without
//! standing still. A seek within the song that plays makes it stand still as well, while that opens
//! or where it leads to is not there yet; it is refused then.
//!
//! A list is withheld from MPD anyway: it waits as well, for a jump in it of which is known where
//! it leads to.

mod status;

use std::time::Duration;

use self::status::{song, status};
use super::edits::{Edits, Player, Queue};
use super::{Conversation, Ending, Held, Patience, Reply, Style, View, Wait};
use crate::library::{Portion, Readiness, VideoId};
use crate::proto::{Ack, AckCode, Consume, Playback, Status};
use crate::session::answer::Answer;
use crate::session::route::{Gate, Jump, To, Treatment};

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
    before: Box<Status>,
    /// What stands before it in its list.
    edits: Edits,
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
    /// The relay is getting this song ready; MPD will have it there.
    Waiting(VideoId, Portion, Place),
    /// The wait is over. MPD was asked for its `status` and the song once more.
    Again(Place, Readiness),
}

/// A song of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Id(u64),
    /// The client's list is about to put it there.
    Position(usize),
}

/// What leads to the song.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lead {
    /// Nothing: there is none, or none that has to be waited for.
    None,
    /// This question to MPD.
    Question(String),
    /// The list adds it at this position; which one it is may be known.
    Added(usize, Option<VideoId>),
}

/// Whether the song is in the queue once the wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    There,
    Gone,
}

/// What is left to do then. MPD alone would have jumped at once: what other clients did meanwhile
/// comes behind the jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    On,
    /// From where MPD is now.
    Anew,
    /// Nothing: they have taken it back.
    Over,
}

impl Jumping {
    pub(super) fn waits_for(&self) -> Option<Wait> {
        match self.stage {
            Stage::Waiting(video, from, _) => Some(Wait::Song(video, from, self.patience)),
            Stage::Status | Stage::Song | Stage::Again(..) => None,
        }
    }

    /// Whether it is known where this leads to, behind `edits` in a list.
    fn is_led(&self) -> bool {
        let Edits { queue, player, has_set } = self.edits;
        let is_same = queue == Queue::Same && player == Player::Same;
        let is_absolute = matches!(self.target, Jump::Position(_) | Jump::Id(_));
        let depends_on_options = self.is_step() || self.is_seek();
        player != Player::Stopped
            && queue != Queue::Others
            && (is_same || is_absolute)
            && !(has_set && depends_on_options)
    }

    fn lead(&self, status: &Status) -> Lead {
        if status.playback == Playback::Stopped && self.edits.player != Player::Jumped {
            return Lead::None;
        }
        let question = match (&self.target, self.edits.queue) {
            (Jump::Next, _) => status.next_id.map(|id| format!("playlistid {id}\n")),
            // In random order only MPD knows where it came from.
            (Jump::Previous, _) if status.random => None,
            (Jump::Previous, _) => {
                let before_first = if status.repeat { status.length } else { 0 };
                let at = status.song.and_then(|at| at.checked_sub(1).or(before_first.checked_sub(1)));
                at.map(|at| format!("playlistinfo {at}\n"))
            }
            (Jump::Position(at), Queue::Ours) => return Lead::Added(*at, None),
            (Jump::Position(at), Queue::Appended(first)) if *at >= status.length => {
                return Lead::Added(*at, (*at == status.length).then_some(first));
            }
            (Jump::Position(at), _) => Some(format!("playlistinfo {at}\n")),
            (Jump::Id(id), _) => Some(format!("playlistid {id}\n")),
            (Jump::Current, _) => status.song_id.map(|id| format!("playlistid {id}\n")),
        };
        question.map_or(Lead::None, Lead::Question)
    }

    /// A seek within the current song does not open it anew.
    fn within(&self, status: &Status) -> Option<Within> {
        let is_current = self.is_seek()
            && self.edits == Edits::default()
            && match self.target {
                Jump::Position(at) => status.song == Some(at),
                Jump::Id(id) => status.song_id == u64::try_from(id).ok(),
                Jump::Current => true,
                Jump::Next | Jump::Previous => false,
            };
        is_current.then_some(if status.begun { Within::Playing } else { Within::Opening })
    }

    /// The wait for this song, if it has to be waited for.
    fn wait(&self, video: VideoId, place: Place, view: &View<'_>) -> Option<Stage> {
        let duration = view.snapshot.track(video)?.duration;
        let from = duration.map_or(Portion::START, |of| Portion { at: self.at().min(of), of });
        let is_ending = self.before.duration.saturating_sub(self.before.elapsed) < DECODED_AHEAD;
        let is_decoded_from = self.within(&self.before) == Some(Within::Playing) && !is_ending;
        let is_with_mpd = || is_decoded_from && view.cue.is_with_mpd(video, from);
        let goes = view.cue.is_ready(video, from) || is_with_mpd();
        (!goes).then_some(Stage::Waiting(video, from, place))
    }

    fn is_seek(&self) -> bool {
        self.to != To::Start
    }

    fn is_step(&self) -> bool {
        matches!(self.target, Jump::Next | Jump::Previous)
    }

    /// To where, from the song's beginning.
    fn at(&self) -> Duration {
        self.to.after(self.before.elapsed)
    }

    /// What the client wants, of a song that MPD was asked for.
    fn by_id(&self, id: u64) -> String {
        if self.is_seek() {
            format!("seekid {id} {:.3}\n", self.at().as_secs_f64())
        } else {
            format!("playid {id}\n")
        }
    }

    /// Whether somebody has stopped or paused MPD since. It stops by itself at the queue's end,
    /// where no song is current, and for an error; `single` pauses it at the next song.
    fn is_undone(&self, now: &Status, view: &View<'_>) -> bool {
        match now.playback {
            Playback::Stopped => {
                let is_for_us = now.has_error || !view.unavailable.stops(view.snapshot).is_empty();
                now.song_id.is_some() && !is_for_us
            }
            // As a seek leaves it.
            Playback::Paused => {
                self.before.playback == Playback::Playing
                    && !self.is_seek()
                    && now.song_id == self.before.song_id
            }
            Playback::Playing => false,
        }
    }

    fn course(&self, now: &Status, place: Place, song: Presence) -> Course {
        let is_elsewhere = now.song_id != self.before.song_id;
        // Under `consume`, another client's `next` removes songs.
        let is_consumed = self.before.consume != Consume::Off && now.length < self.before.length;
        let leads_elsewhere = self.target == Jump::Next && now.next_id.map(Place::Id) != Some(place);
        match (self.within(&self.before), song) {
            (Some(_), _) if is_elsewhere => Course::Over,
            (within @ Some(_), Presence::There) if self.within(now) != within => Course::Anew,
            (None, Presence::There) if self.is_step() && (is_elsewhere || leads_elsewhere) => Course::Anew,
            (_, Presence::There) => Course::On,
            // Of a song that is removed while it plays, MPD goes on to the following.
            (_, Presence::Gone) if self.is_step() && (!is_elsewhere || is_consumed) => Course::Anew,
            (_, Presence::Gone) => Course::Over,
        }
    }
}

impl Conversation {
    /// Holds the line back, and asks MPD what it would do, and whether the client may.
    pub(super) fn hold_jump(&mut self, target: Jump, to: To, verb: &[u8], line: &[u8]) {
        let list = self.sending_list.as_ref();
        let jumping = Jumping {
            target,
            to,
            verb: verb.into(),
            line: line.into(),
            before: Box::default(),
            edits: list.map_or_else(Edits::default, |list| list.edits),
            patience: list.map_or(Patience::Whole, |list| list.patience),
            stage: Stage::Status,
        };
        let is_too_late = list.is_some_and(|list| list.withheld.is_none());
        if is_too_late || !jumping.is_led() {
            return self.let_go(&jumping);
        }
        self.held = Some(Held::Jump(jumping));
        self.ask_together(&[b"status\n", Gate::Player.line()]);
    }

    /// One list, whose answer is one.
    fn ask_together(&mut self, commands: &[&[u8]]) {
        let list = [b"command_list_begin\n", &*commands.concat(), b"command_list_end\n"].concat();
        self.ask_first(&list, Reply::Jump);
    }

    /// MPD has told what the jump needs to know next.
    pub(super) fn jump_answer(&mut self, body: &[u8], view: &View<'_>) {
        let Some(Held::Jump(jumping)) = self.held.take() else { return };
        match jumping.stage {
            Stage::Status => self.find_song(jumping, status(body), view),
            Stage::Song => match song(body) {
                Some((video, id)) => self.wait_for_song(jumping, video, Place::Id(id), view),
                None => self.let_go(&jumping),
            },
            Stage::Again(..) => self.go_on(jumping, body, Presence::There, view),
            Stage::Waiting(..) => self.held = Some(Held::Jump(jumping)),
        }
    }

    /// MPD refused to tell more than `body`, or the client may not jump: MPD will refuse that in
    /// the right words.
    pub(super) fn jump_refused(&mut self, ack: &Ack<'_>, body: &[u8], view: &View<'_>) {
        let Some(Held::Jump(jumping)) = self.held.take() else { return };
        match jumping.stage {
            Stage::Again(..) if ack.code == AckCode::NoExist.number() => {
                self.go_on(jumping, body, Presence::Gone, view);
            }
            _ => self.let_go(&jumping),
        }
    }

    fn find_song(&mut self, mut jumping: Jumping, status: Status, view: &View<'_>) {
        let lead = jumping.lead(&status);
        jumping.before = Box::new(status);
        match lead {
            Lead::None => self.let_go(&jumping),
            Lead::Question(question) => {
                jumping.stage = Stage::Song;
                self.held = Some(Held::Jump(jumping));
                self.ask_first(question.as_bytes(), Reply::Jump);
            }
            Lead::Added(at, Some(video)) => self.wait_for_song(jumping, video, Place::Position(at), view),
            Lead::Added(at, None) => self.detour(&jumping, Place::Position(at)),
        }
    }

    fn wait_for_song(&mut self, mut jumping: Jumping, video: VideoId, place: Place, view: &View<'_>) {
        let Some(waiting) = jumping.wait(video, place, view) else {
            return self.let_go(&jumping);
        };
        jumping.stage = waiting;
        self.held = Some(Held::Jump(jumping));
        if let Some(list) = &mut self.sending_list {
            list.patience = Patience::Left;
        }
    }

    /// The wait for the song is over: MPD is asked where it is now.
    pub(super) fn ask_again(&mut self, mut jumping: Jumping, readiness: Readiness) {
        let Stage::Waiting(_, _, place) = jumping.stage else {
            self.held = Some(Held::Jump(jumping));
            return;
        };
        jumping.stage = Stage::Again(place, readiness);
        self.held = Some(Held::Jump(jumping));
        let song = match place {
            Place::Id(id) => format!("playlistid {id}\n"),
            Place::Position(_) => String::new(),
        };
        self.ask_together(&[b"status\n", song.as_bytes()]);
    }

    /// MPD has told where it is now.
    fn go_on(&mut self, mut jumping: Jumping, body: &[u8], song: Presence, view: &View<'_>) {
        let Stage::Again(place, ref readiness) = jumping.stage else { return };
        let now = status(body);
        // A list does now what else it says, and so this.
        let is_alone = self.sending_list.is_none();
        if is_alone && jumping.is_undone(&now, view) {
            return self.end(Ending::Ok);
        }
        match jumping.course(&now, place, song) {
            Course::On => {
                let readiness = readiness.clone();
                jumping.before.playback = now.playback;
                self.conclude(&jumping, place, &readiness);
            }
            Course::Anew => {
                jumping.patience = Patience::Left;
                self.find_song(jumping, now, view);
            }
            Course::Over if is_alone => self.end(Ending::Ok),
            Course::Over => self.let_go(&jumping),
        }
    }

    /// A song that cannot be had fails at once: MPD says so, and goes on to the next.
    fn conclude(&mut self, jumping: &Jumping, place: Place, readiness: &Readiness) {
        match (readiness, jumping.within(&jumping.before)) {
            (Readiness::Ready | Readiness::Never(_), _) => match (&jumping.target, place) {
                // Another song may be there by now.
                (Jump::Position(_), Place::Id(id)) => {
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
            (Readiness::NotNow, None) => self.detour(jumping, place),
        }
    }

    fn refuse_jump(&mut self, jumping: &Jumping, why: &str) {
        let answer = Answer::refuse(AckCode::PlayerSync, format!("{why}; try again in a moment"));
        self.answer(&jumping.verb, Gate::RefusePlayer, answer);
    }

    fn let_go(&mut self, jumping: &Jumping) {
        self.forward(&jumping.line, Reply::Treat(Treatment::Reason));
    }

    /// From `stop`. In one list, so that nobody sees MPD stopped in between, nor for a song that is
    /// not there.
    fn detour(&mut self, jumping: &Jumping, place: Place) {
        let (is_there, go) = match place {
            Place::Id(id) => (format!("playlistid {id}\n"), jumping.by_id(id).into_bytes()),
            // MPD refuses it from the second position behind the end on.
            Place::Position(at) => {
                (format!("playlistinfo {}\n", at.saturating_add(1)), jumping.line.to_vec())
            }
        };
        let mut steps = vec![is_there.into_bytes(), b"stop\n".to_vec(), go];
        if jumping.is_seek() && jumping.before.playback == Playback::Paused {
            steps.push(b"pause 1\n".to_vec());
        }
        let consume = if jumping.target == Jump::Next { jumping.before.consume } else { Consume::Off };
        if let (Consume::On | Consume::Once, Some(consumed)) = (consume, jumping.before.song_id) {
            steps.push(format!("deleteid {consumed}\n").into_bytes());
        }
        if consume == Consume::Once {
            steps.push(b"consume 0\n".to_vec());
        }
        let is_alone = self.sending_list.is_none();
        if is_alone {
            self.begin_list(Style::Plain);
        }
        let last = steps.pop().unwrap_or_default();
        for step in steps {
            self.forward(&step, Reply::Step(jumping.verb.clone()));
        }
        self.forward(&last, Reply::Detour(jumping.verb.clone()));
        if is_alone {
            self.end_list(b"command_list_end\n");
        }
    }
}
