//! One client's conversation with MPD, as a state machine without I/O.
//!
//! Bytes from the client go in at [`Conversation::client_bytes`], bytes from MPD at
//! [`Conversation::mpd_bytes`]; what is to be sent comes out at the two outboxes. A queue of what
//! was sent tells which answer belongs to which request, so that pipelining works and a local
//! answer waits its turn.
//!
//! A command list always goes to MPD as `command_list_ok_begin`: only so can its answers be told
//! apart. A client that did not ask for `list_OK` does not get to see it.

mod answers;
mod edits;
mod invite;
mod jump;
mod picture;
mod requests;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use super::answer::{Answer, TagMask, Writing};
use super::overlay::Songs;
use super::rights::Rights;
use super::route::{Fact, Gate, Guest, Treatment, Wanted};
use super::status::StatusAnswer;
use crate::library::{Cue, Picture, Pictures, Portion, Readiness, Refused, Snapshot, Unavailable, VideoId};
use crate::proto::{Splitter, Subscription, Version};
use edits::Edits;
use invite::Inviting;
use jump::Jumping;

/// The conversation. Its session's task is the only one that holds it.
pub(super) struct Conversation {
    /// What is to be sent to the client.
    pub(super) to_client: Vec<u8>,
    /// What is to be sent to MPD.
    pub(super) to_mpd: Vec<u8>,
    /// MPD's, from its greeting on.
    version: Option<Version>,
    /// The client's.
    rights: Rights,
    splitter: Splitter,
    /// What was sent to MPD and not answered yet, in order.
    expected: VecDeque<Expected>,
    /// The client is in the middle of sending a command list.
    sending_list: Option<SendingList>,
    /// MPD is in the middle of answering one.
    reading_list: Option<ReadingList>,
    /// What MPD said about this connection.
    facts: Facts,
    /// The state of the answer that is being read.
    reading: Reading,
    /// An answer of ours that is being written; until it is done, nothing is read from MPD.
    writing: Option<(Writing, Ending)>,
    /// The client's line that waits; until it is gone, nothing is read from the client.
    held: Option<Held>,
    /// Each answer that holds a picture holds one of these.
    pictures: Arc<()>,
    /// The revision of the library that the client knows of.
    seen: u64,
}

/// What everyone shares, at the moment of a call.
pub(super) struct View<'a> {
    pub(super) snapshot: &'a Arc<Snapshot>,
    pub(super) base_url: &'a str,
    pub(super) unavailable: &'a Unavailable,
    pub(super) cue: &'a dyn Cue,
    pub(super) pictures: &'a dyn Pictures,
}

/// What a client's line waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wait {
    /// This song is being got ready.
    Song(VideoId, Portion, Patience),
    /// This song's picture is being read.
    Picture(VideoId),
    /// This is being let in.
    Guest(Guest),
}

/// What came of a wait.
#[derive(Debug)]
pub(super) enum Waited {
    Song(Readiness),
    Picture(Option<Picture>),
    Guest(Result<(), Refused>),
}

/// How long a line waits for a song.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    Whole,
    /// What it has left: it has waited for another song before.
    Left,
}

/// A line of the client's that is held back.
#[derive(Debug)]
enum Held {
    /// It jumps onto a song: that, or what MPD says of it, is waited for.
    Jump(Jumping),
    /// It asks for a picture that is on disk.
    Picture(Wanted),
    /// It names what is not known yet.
    Guest(Inviting),
}

/// Something that MPD owes.
#[derive(Debug)]
enum Expected {
    /// The answer to one command outside of lists.
    Single(Reply),
    /// From here on, the answers to a list's commands.
    ListBegin(Style),
    /// The answers to so many commands of a list that pass as they come.
    Items(u32),
    /// The answer to a command of a list.
    Item(Reply),
    /// The end of the list's answers.
    ListEnd,
}

impl Expected {
    /// Whether it comes when there is something to tell.
    fn is_news(&self) -> bool {
        matches!(self, Self::Single(Reply::Idle(_)))
    }
}

/// What happens to an answer.
#[derive(Debug)]
enum Reply {
    /// It passes.
    Pass,
    /// It passes, and may hold binary payload.
    Picture,
    /// It answers `idle`.
    Idle(Idle),
    /// It is ours, and tells us a fact.
    Fact(Fact),
    /// It passes, and this is done with it.
    Treat(Treatment),
    /// It is replaced by our answer to the client's command.
    Gate(Box<[u8]>, Answer),
    /// It tells us what a jump needs to know.
    Jump,
    /// It answers what we sent in place of the client's command.
    Detour(Box<[u8]>),
    /// It is ours, and one of several commands in place of the client's.
    Step(Box<[u8]>),
    /// It tells whether the client may do what it wants.
    Permission,
}

/// An `idle` that MPD has not answered.
#[derive(Debug, Clone, Copy)]
struct Idle {
    subscription: Subscription,
    /// A `noidle` was sent to have it answered: by the client, or by us.
    interrupted: bool,
}

/// How a client asked for its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `command_list_begin`
    Plain,
    /// `command_list_ok_begin`
    WithListOk,
}

#[derive(Debug)]
struct SendingList {
    /// The facts that this list asks for itself: what was asked before may not hold within it.
    asked: Asked,
    /// What MPD has not heard of it yet; `None` once it has heard the beginning.
    withheld: Option<Vec<u8>>,
    /// The permissions that MPD was asked about, and that the client has.
    permitted: Vec<Gate>,
    /// What it does to the queue.
    edits: Edits,
    /// For songs that it jumps to.
    patience: Patience,
}

#[derive(Debug)]
struct ReadingList {
    style: Style,
    /// How many of its commands, so far, are ours and not the client's.
    ours: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    mask: bool,
    features: bool,
}

#[derive(Debug)]
struct Facts {
    /// What was asked and is on its way, or known.
    asked: Asked,
    mask: TagMask,
    hides_playlists: bool,
    /// How many bytes of a picture come at once (`binarylimit`).
    binary_limit: u32,
}

/// A new connection's `binarylimit` (`client/Client.hxx`).
const BINARY_LIMIT: u32 = 8192;

/// What has been read of an answer and cannot be passed on yet.
#[derive(Debug, Default)]
struct Reading {
    songs: Option<Songs>,
    status: StatusAnswer,
    /// Lines that are held back: `idle`'s, facts, a jump's.
    held: Vec<u8>,
    /// Whether the lines belong to a playlist of MPD's that is not shown as such.
    hidden: bool,
}

/// The line behind a complete answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// `OK`
    Ok,
    /// `list_OK`
    ListOk,
    /// Nothing: the list's commands are not told apart.
    None,
}

/// MPD said what MPD does not say; the connection is of no more use.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum Broken {
    /// Its first line is no greeting.
    #[error("what answers at MPD's address is not MPD")]
    Greeting,
    /// An answer without a request.
    #[error("MPD answered what nobody asked")]
    Unasked,
    /// An error line that is none.
    #[error("MPD's error line makes no sense")]
    Ack,
    /// More held back than any answer of MPD's can be.
    #[error("MPD's answer has no end")]
    Endless,
}

/// What has to be held back until an answer is complete is a few lines: `idle` has 15 subsystems,
/// `tagtypes` some 40 tags, `status` 30 lines.
const MOST_HELD: usize = 64 * 1024;

impl Conversation {
    /// A client that has just connected; it knows the library as it is.
    pub(super) fn new(snapshot: &Snapshot, rights: Rights) -> Self {
        Self {
            to_client: Vec::new(),
            to_mpd: Vec::new(),
            version: None,
            rights,
            splitter: Splitter::default(),
            expected: VecDeque::new(),
            sending_list: None,
            reading_list: None,
            facts: Facts {
                asked: Asked::default(),
                mask: TagMask::ALL,
                hides_playlists: false,
                binary_limit: BINARY_LIMIT,
            },
            reading: Reading::default(),
            writing: None,
            held: None,
            pictures: Arc::new(()),
            seen: snapshot.revision(),
        }
    }

    /// Whether MPD has greeted.
    pub(super) fn is_greeted(&self) -> bool {
        self.version.is_some()
    }

    /// Whether everything that was sent has been answered.
    pub(super) fn is_settled(&self) -> bool {
        self.expected.is_empty() && self.is_between_answers()
    }

    /// Whether the client waits for nothing but news: all that it has sent is answered, and the
    /// answers have left.
    pub(super) fn is_at_rest(&self) -> bool {
        self.expected.iter().all(Expected::is_news) && self.is_between_answers() && self.to_client.is_empty()
    }

    /// Whether MPD has something to say to the client without being asked for more.
    pub(super) fn is_owed(&self) -> bool {
        self.reading_list.is_some() || self.expected.front().is_some_and(|first| !first.is_news())
    }

    /// Whether no answer is half read or half written, and no line is held back.
    fn is_between_answers(&self) -> bool {
        self.reading_list.is_none() && self.writing.is_none() && self.held.is_none()
    }

    /// What the client's line waits for.
    pub(super) fn waits_for(&self) -> Option<Wait> {
        match self.held.as_ref()? {
            Held::Jump(jumping) => jumping.waits_for(),
            Held::Picture(wanted) => Some(Wait::Picture(wanted.video)),
            Held::Guest(inviting) => inviting.waits_for().map(Wait::Guest),
        }
    }

    /// The wait is over.
    pub(super) fn waited(&mut self, waited: Waited) {
        match (self.held.take(), waited) {
            (Some(Held::Jump(jumping)), Waited::Song(readiness)) => self.ask_again(jumping, readiness),
            (Some(Held::Picture(wanted)), Waited::Picture(picture)) => self.show(wanted, picture),
            (Some(Held::Guest(inviting)), Waited::Guest(outcome)) => self.invited(inviting, outcome),
            (held, _) => self.held = held,
        }
    }

    /// Whether the client is to be read from.
    pub(super) fn hears_client(&self) -> bool {
        // MPD answers a list only once all of it is there, so a list needs more room. One that
        // needs more still is left to MPD's `connection_timeout`.
        let most = if self.sending_list.is_some() { MOST_IN_LIST } else { MOST_EXPECTED };
        let waits = self.held.is_some() || (self.sending_list.is_none() && self.holds_many_pictures());
        self.is_greeted() && !waits && self.expected.len() < most
    }

    /// Whether MPD is to be read from: a few bytes of its answers can become a long one.
    pub(super) fn hears_mpd(&self) -> bool {
        self.writing.is_none() && self.to_client.len() < PORTION
    }

    /// The library has changed: a client that idles hears of it.
    pub(super) fn library_changed(&mut self, snapshot: &Snapshot) {
        if snapshot.revision() == self.seen {
            return;
        }
        let listens = |expected: &&Expected| matches!(expected, Expected::Single(Reply::Idle(idle)) if idle.subscription == Subscription::StoredPlaylists);
        // The answer to an earlier `idle`, if there is one, will tell.
        if self.expected.iter().filter(listens).count() == 1
            && let Some(Expected::Single(Reply::Idle(idle))) = self.expected.back_mut()
            && idle.subscription == Subscription::StoredPlaylists
            && !idle.interrupted
        {
            // MPD answers with what it has, or with OK; if its answer is on its way already, it
            // says nothing to a `noidle` outside of idle. One answer comes either way.
            idle.interrupted = true;
            self.to_mpd.extend_from_slice(b"noidle\n");
        }
    }
}

/// Our own answers are written in portions of about this size, and while so much waits for the
/// client nothing is added to it: one that does not read costs no more.
const PORTION: usize = 256 * 1024;

/// As [`MOST_EXPECTED`], in the middle of a list.
const MOST_IN_LIST: usize = 64 * 1024;

/// So many unanswered requests stop us reading more of them: enough for any pipeline, and a bound
/// on what a client that never reads can cost. Commands of one list that pass count as one.
const MOST_EXPECTED: usize = 16 * 1024;
