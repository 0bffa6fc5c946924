//! From the client to MPD.

use super::edits::Edits;
use super::{Asked, Conversation, Expected, Idle, Patience, Reply, SendingList, Style, View};
use crate::proto::{Request, Subscription, Version, line_content, verb};
use crate::session::answer::Answer;
use crate::session::route::{Context, Fact, Gate, Route, Treatment, concerns, route};

/// MPD refuses longer lines, line break included, by closing (`BufferedSocket.hxx`).
const LONGEST_LINE: usize = 8192;

impl Conversation {
    /// Takes what the client sent, as far as it is complete and the client is to be heard.
    /// Returns how many bytes were taken; the caller comes again with the rest.
    pub(in crate::session) fn client_bytes(&mut self, input: &[u8], view: &View<'_>) -> usize {
        let mut taken = 0;
        while self.hears_client() {
            let rest = input.get(taken..).unwrap_or_default();
            let Some(line_break) = memchr::memchr(b'\n', rest) else {
                if rest.len() >= LONGEST_LINE {
                    // MPD closes at this; nothing behind it is ever read.
                    self.release();
                    self.to_mpd.extend_from_slice(rest);
                    taken = input.len();
                }
                break;
            };
            let line = rest.get(..=line_break).unwrap_or_default();
            taken += line.len();
            self.line(line, view);
        }
        taken
    }

    fn line(&mut self, line: &[u8], view: &View<'_>) {
        let content = line_content(line);
        // MPD closes at once.
        if !content.first().is_some_and(u8::is_ascii_lowercase) {
            self.release();
        }
        match (content, &self.sending_list) {
            // It never has an answer of its own: it ends an `idle`, or nothing.
            (b"noidle", in_list) => {
                if in_list.is_none()
                    && let Some(Expected::Single(Reply::Idle(idle))) = self.expected.back_mut()
                {
                    idle.interrupted = true;
                }
                self.outbox().extend_from_slice(line);
            }
            (b"command_list_begin", None) => self.begin_list(Style::Plain),
            (b"command_list_ok_begin", None) => self.begin_list(Style::WithListOk),
            (b"command_list_end", Some(_)) => self.end_list(line),
            _ => self.command(line, content, view),
        }
    }

    pub(super) fn begin_list(&mut self, style: Style) {
        // In the middle of an `idle`, MPD closes at once.
        let idles = match self.expected.back() {
            Some(Expected::Single(Reply::Idle(idle))) => !idle.interrupted,
            _ => false,
        };
        let withheld = (!idles).then(Vec::new);
        self.sending_list = Some(SendingList {
            asked: Asked::default(),
            withheld,
            permitted: vec![],
            edits: Edits::default(),
            patience: Patience::Whole,
        });
        self.send(b"command_list_ok_begin\n", Expected::ListBegin(style));
    }

    pub(super) fn end_list(&mut self, line: &[u8]) {
        self.release();
        self.sending_list = None;
        self.send(line, Expected::ListEnd);
    }

    fn command(&mut self, line: &[u8], content: &[u8], view: &View<'_>) {
        let Some(version) = self.version else { return };
        let context = Context { version, snapshot: view.snapshot, base_url: view.base_url };
        let verb = verb(content);
        let is_concerned = concerns(verb, &context) || self.rights.concern(verb);
        let request = if is_concerned { Request::parse(content).ok() } else { None };
        let route = request.as_ref().map_or(Route::Forward, |request| {
            let refused = self.rights.route(request, version);
            refused.unwrap_or_else(|| route(request, &context))
        });
        self.follow(route, verb, line, view);
        // Once MPD has its beginning, no jump in it waits.
        if let Some(list) = self.sending_list.as_mut().filter(|list| list.withheld.is_some()) {
            list.edits = list.edits.then(verb, request.as_ref(), view.snapshot);
        }
    }

    /// Does what was decided of a line.
    fn follow(&mut self, route: Route, verb: &[u8], line: &[u8], view: &View<'_>) {
        match route {
            Route::Forward if matches!(verb, b"albumart" | b"readpicture") => {
                self.forward(line, Reply::Picture);
            }
            Route::Forward => self.forward(line, Reply::Pass),
            Route::Unlearn(fact) => {
                self.unlearn(fact);
                self.forward(line, Reply::Pass);
            }
            Route::Idle(subscription) => self.idle(line, subscription, view),
            Route::Treat(treatment) => self.treat(line, treatment),
            Route::Rewrite(other, None) => self.forward(&other, Reply::Pass),
            Route::Rewrite(other, Some(treatment)) => self.treat(&other, treatment),
            Route::Answer(gate, answer) => self.answer(verb, gate, answer),
            Route::Picture(wanted) => self.look(wanted, view),
            Route::Invite(invitation) => self.invite(verb, invitation),
            Route::Jump(target, to) => self.hold_jump(target, to, verb, line),
        }
    }

    fn treat(&mut self, line: &[u8], treatment: Treatment) {
        if let Some(fact) = treatment.needs() {
            self.ask(fact);
        }
        self.forward(line, Reply::Treat(treatment));
    }

    /// Sends a line whose answer is expected as `reply`.
    pub(super) fn forward(&mut self, line: &[u8], reply: Reply) {
        let expected = match (&self.sending_list, reply) {
            (None, reply) => Expected::Single(reply),
            (Some(_), Reply::Pass) => {
                self.outbox().extend_from_slice(line);
                return self.expect_item();
            }
            (Some(_), reply) => Expected::Item(reply),
        };
        self.send(line, expected);
    }

    fn send(&mut self, line: &[u8], expected: Expected) {
        self.outbox().extend_from_slice(line);
        self.expected.push_back(expected);
    }

    /// One more command of the list passes.
    fn expect_item(&mut self) {
        if let Some(Expected::Items(count)) = self.expected.back_mut() {
            *count = count.saturating_add(1);
        } else {
            self.expected.push_back(Expected::Items(1));
        }
    }

    pub(super) fn answer(&mut self, verb: &[u8], gate: Gate, answer: Answer) {
        if answer.shows_tags() {
            self.ask(Fact::TagMask);
        }
        self.forward(gate.line(), Reply::Gate(verb.into(), answer));
    }

    fn idle(&mut self, line: &[u8], subscription: Subscription, view: &View<'_>) {
        // In a list, `idle` is the list's last command, and what follows it is its end.
        if self.sending_list.is_some() {
            return self.forward(line, Reply::Pass);
        }
        self.forward(line, Reply::Idle(Idle { subscription, interrupted: false }));
        self.library_changed(view.snapshot);
    }

    /// Asks MPD for a fact about this connection, unless it has been asked since it last changed.
    fn ask(&mut self, fact: Fact) {
        let asked = match &mut self.sending_list {
            Some(list) => &mut list.asked,
            None => &mut self.facts.asked,
        };
        let (asked, line): (_, &[u8]) = match fact {
            Fact::TagMask => (&mut asked.mask, b"tagtypes\n"),
            // Older ones have no such features.
            Fact::Features if self.version < Some(Version::V0_24) => return,
            Fact::Features => (&mut asked.features, b"protocol\n"),
        };
        if !std::mem::replace(asked, true) {
            self.forward(line, Reply::Fact(fact));
        }
    }

    fn unlearn(&mut self, fact: Fact) {
        let in_list = self.sending_list.as_mut().map(|list| &mut list.asked);
        for asked in in_list.into_iter().chain([&mut self.facts.asked]) {
            match fact {
                Fact::TagMask => asked.mask = false,
                Fact::Features => asked.features = false,
            }
        }
    }
}
