//! A very small MPD, to compare with: one that has the virtual playlists itself, or one that
//! stands behind a conversation which adds them.
//!
//! It frames lines, command lists and `idle` as 0.23.12 and 0.24 do, checks in MPD's order, and
//! keeps a queue, stored playlists and a tag mask. What it does not know is an unknown command.

mod commands;
mod queue;
mod stored;

use std::collections::BTreeSet;

use self::commands::Failure;
use super::world::World;
use crate::library::{Snapshot, Track, VideoId};
use crate::proto::{Request, Version, line_content, verb};
use crate::session::answer::TagMask;

/// MPD's input buffer (`BufferedSocket.hxx`).
const LONGEST_LINE: usize = 8192;

/// What it knows of YouTube.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// All that the library does, as if the virtual playlists were its own.
    Native,
    /// Nothing but what it is told.
    Plain,
}

/// What a client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum May {
    Nothing,
    Read,
    Control,
}

/// One connection to a small MPD of its own.
pub(super) struct Mpd<'a> {
    kind: Kind,
    version: Version,
    snapshot: &'a Snapshot,
    input: Vec<u8>,
    /// All lines that it took, as they came.
    pub(super) heard: Vec<u8>,
    /// All that it said and nobody took.
    pub(super) output: Vec<u8>,
    /// It has hung up.
    pub(super) closed: bool,
    list: Option<List>,
    /// What an idling client waits for.
    idling: Option<Changes>,
    /// What has changed and was not told.
    changed: Changes,
    may: May,
    mask: TagMask,
    hides_playlists: bool,
    binary_limit: usize,
    stored: BTreeSet<Vec<u8>>,
    queue: Vec<Song>,
    next_id: usize,
    current: Option<usize>,
    playing: bool,
    consume: bool,
    loaded: Vec<u8>,
}

/// Which of [`SUBSYSTEMS`].
type Changes = [bool; SUBSYSTEMS.len()];

/// Some of MPD's, in its order.
pub(super) const SUBSYSTEMS: [&str; 3] = ["stored_playlist", "player", "mixer"];

struct List {
    tells_apart: bool,
    lines: Vec<Vec<u8>>,
}

/// A song of the queue.
struct Song {
    id: usize,
    uri: Vec<u8>,
    /// It came from a `.pls`, which gives titles and durations.
    from_pls: bool,
}

/// What comes behind a command.
enum Then {
    /// The next.
    On,
    /// Nothing for now: the client idles, for these.
    Idle(Changes),
    /// Nothing: it failed.
    Failed,
    /// Nothing, ever.
    Close,
}

/// The greeting of this version.
pub(super) fn greeting(version: &str) -> String {
    format!("OK MPD {version}\n")
}

impl<'a> Mpd<'a> {
    /// `guarded`: it wants a password first.
    pub(super) fn new(kind: Kind, version: &str, guarded: bool, world: &'a World) -> Self {
        let greeting = greeting(version);
        Self {
            kind,
            version: Version::in_greeting(greeting.as_bytes()).expect("a greeting"),
            snapshot: &world.snapshot,
            input: Vec::new(),
            heard: Vec::new(),
            output: greeting.into_bytes(),
            closed: false,
            list: None,
            idling: None,
            changed: Changes::default(),
            may: if guarded { May::Nothing } else { May::Control },
            mask: TagMask::ALL,
            hides_playlists: false,
            binary_limit: 8192,
            stored: BTreeSet::from([b"real".to_vec()]),
            queue: Vec::new(),
            next_id: 1,
            current: None,
            playing: false,
            consume: false,
            loaded: Vec::new(),
        }
    }

    /// The client idles.
    pub(super) fn idles(&self) -> bool {
        self.idling.is_some()
    }

    /// The subsystem of this number changes.
    #[cfg(test)]
    pub(super) fn changes(&mut self, subsystem: usize) {
        self.changed[subsystem] = true;
        self.tell_changes();
    }

    /// Answers an `idle` that waits for what has changed. As MPD from 0.24 on, and as we for
    /// stored playlists, it keeps what the client did not ask for.
    fn tell_changes(&mut self) {
        let Some(awaited) = self.idling else { return };
        let mut told = false;
        for ((name, changed), awaited) in SUBSYSTEMS.iter().zip(&mut self.changed).zip(awaited) {
            if *changed && awaited {
                (*changed, told) = (false, true);
                self.output.extend_from_slice(format!("changed: {name}\n").as_bytes());
            }
        }
        if told {
            self.idling = None;
            self.output.extend_from_slice(b"OK\n");
        }
    }

    /// The client is in the middle of a command list.
    pub(super) fn collects(&self) -> bool {
        self.list.is_some()
    }

    /// Takes what arrives, and answers.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        while let Some(line_break) = memchr::memchr(b'\n', &self.input)
            && !self.closed
        {
            let line: Vec<u8> = self.input.drain(..=line_break).collect();
            self.closed |= line.len() > LONGEST_LINE;
            if !self.closed {
                self.heard.extend_from_slice(&line);
                self.line(line_content(&line));
            }
        }
        self.closed |= self.input.len() >= LONGEST_LINE;
    }

    /// `Client::ProcessLine` (`client/Process.cxx`).
    fn line(&mut self, line: &[u8]) {
        let strict = self.version >= Version::V0_24 && self.list.is_some();
        match (line, &mut self.list) {
            ([b'a'..=b'z', ..], _) if !(strict && matches!(line, b"idle" | b"noidle")) => {}
            _ => return self.closed = true,
        }
        match (line, &mut self.list) {
            (b"noidle", _) => {
                if self.idling.take().is_some() {
                    self.output.extend_from_slice(b"OK\n");
                }
            }
            _ if self.idling.is_some() => self.closed = true,
            (b"command_list_end", Some(_)) => {
                if let Some(list) = self.list.take() {
                    self.run(&list);
                }
            }
            (_, Some(list)) => list.lines.push(line.to_vec()),
            (b"command_list_begin" | b"command_list_ok_begin", None) => {
                self.list = Some(List { tells_apart: line == b"command_list_ok_begin", lines: Vec::new() });
            }
            (_, None) => {
                let then = self.command(line, 0);
                self.finish(&then);
            }
        }
    }

    fn run(&mut self, list: &List) {
        for (index, line) in list.lines.iter().enumerate() {
            let then = self.command(line, index);
            if !matches!(then, Then::On) {
                return self.finish(&then);
            }
            if list.tells_apart {
                self.output.extend_from_slice(b"list_OK\n");
            }
        }
        self.finish(&Then::On);
    }

    fn finish(&mut self, then: &Then) {
        match then {
            Then::On => self.output.extend_from_slice(b"OK\n"),
            Then::Idle(awaited) => {
                self.idling = Some(*awaited);
                self.tell_changes();
            }
            Then::Failed => {}
            Then::Close => self.closed = true,
        }
    }

    /// The tokenizer, then the command (`AllCommands.cxx`).
    fn command(&mut self, line: &[u8], index: usize) -> Then {
        let Ok(request) = Request::parse(line) else {
            self.ack(5, index, b"", b"not a command line");
            return if verb(line).is_empty() { Then::Close } else { Then::Failed };
        };
        match (request.verb, self.execute(&request)) {
            (b"close", Ok(())) => Then::Close,
            (b"idle", Ok(())) => Then::Idle(awaited(&request)),
            (_, Ok(())) => Then::On,
            (_, Err(Failure::Unknown)) => {
                self.ack(5, index, b"", &[b"unknown command \"", request.verb, b"\""].concat());
                Then::Failed
            }
            (verb, Err(Failure::Forbidden)) => {
                let text = [b"you don't have permission for \"", verb, b"\""].concat();
                self.ack(4, index, verb, &text);
                Then::Failed
            }
            (verb, Err(Failure::Because(code, text))) => {
                self.ack(code, index, verb, &text);
                Then::Failed
            }
        }
    }

    fn ack(&mut self, code: u32, index: usize, verb: &[u8], text: &[u8]) {
        self.output.extend_from_slice(format!("ACK [{code}@{index}] {{").as_bytes());
        self.output.extend_from_slice(&[verb, b"} ", text, b"\n"].concat());
    }

    /// The song of ours that a URI names.
    fn track(&self, uri: &[u8]) -> Option<&'a Track> {
        let video: VideoId = crate::library::uri::video_in(uri)?;
        self.snapshot.track(video).map(|track| &**track)
    }
}

/// What an `idle` waits for.
fn awaited(idle: &Request<'_>) -> Changes {
    let named = |name: &str| idle.args.iter().any(|arg| arg.eq_ignore_ascii_case(name.as_bytes()));
    SUBSYSTEMS.map(|name| idle.args.is_empty() || named(name))
}
