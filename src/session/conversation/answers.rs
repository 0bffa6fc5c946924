//! From MPD to the client.

use super::{
    Broken, Conversation, Ending, Expected, Idle, MOST_HELD, PORTION, Reading, ReadingList, Reply, Style,
    View,
};
use crate::proto::{Ack, AckCode, Payload, Piece, Subscription, Version, lines, merge_changed, pair};
use crate::session::answer::{self, Answer, TagMask, Writing};
use crate::session::overlay::Songs;
use crate::session::rights::is_for_local_clients;
use crate::session::route::{Fact, Treatment};
use crate::session::status;

/// MPD leaves this out of `commands` when it has no `playlist_directory` (`AllCommands.cxx`); with
/// us there is one all the same.
const LISTPLAYLISTS: &[u8] = b"command: listplaylists\n";

/// What stands before it, for clients that have the permission.
const LISTPLAYLISTINFO: &[u8] = b"command: listplaylistinfo\n";

/// Why MPD does not load a playlist of ours: its own words are `No such playlist`, of one that was
/// just listed. A detour that loads is to one of ours as well.
const NOT_READ: &[u8] = b"MPD cannot read this playlist from ytmpd; `ytmpctl doctor` says what to do";

impl Conversation {
    /// Takes what MPD sent, as far as it is complete and MPD is to be heard. Returns how many
    /// bytes were taken; the caller comes again with the rest.
    ///
    /// `room` is how much the caller could buffer in all: a line of that length passes in parts.
    ///
    /// # Errors
    /// When this is not MPD.
    pub(in crate::session) fn mpd_bytes(
        &mut self,
        input: &[u8],
        room: usize,
        view: &View<'_>,
    ) -> Result<usize, Broken> {
        let mut taken = if self.is_greeted() { 0 } else { self.greeting(input)? };
        while self.is_greeted() && self.hears_mpd() {
            let rest = input.get(taken..).unwrap_or_default();
            self.enter_list();
            let next = match self.splitter.next(rest, self.payload()) {
                None if rest.len() >= room => self.splitter.next_of_long_line(rest),
                next => next,
            };
            let Some((piece, length)) = next else { break };
            taken += length;
            self.piece(&piece, view)?;
        }
        Ok(taken)
    }

    /// Writes on at an answer of ours.
    pub(in crate::session) fn write_on(&mut self, view: &View<'_>) {
        if let Some((writing, ending)) = &mut self.writing
            && writing.write(view.snapshot, view.base_url, PORTION, &mut self.to_client)
        {
            let ending = *ending;
            self.writing = None;
            self.end(ending);
        }
    }

    fn greeting(&mut self, input: &[u8]) -> Result<usize, Broken> {
        /// MPD's are 16 bytes.
        const LONGEST_GREETING: usize = 256;
        let Some(line_break) = memchr::memchr(b'\n', input) else {
            return if input.len() > LONGEST_GREETING { Err(Broken::Greeting) } else { Ok(0) };
        };
        let line = input.get(..=line_break).unwrap_or_default();
        self.version = Some(Version::in_greeting(line).ok_or(Broken::Greeting)?);
        self.to_client.extend_from_slice(line);
        Ok(line.len())
    }

    fn piece(&mut self, piece: &Piece<'_>, view: &View<'_>) -> Result<(), Broken> {
        match piece {
            Piece::Body(body) => self.body(body, view),
            Piece::Ok => self.ok(view),
            Piece::ListOk => self.list_ok(view),
            Piece::Ack(line) => self.ack(line, view),
        }
    }

    /// Only pictures have payload. A file's comment may look as if it announced one
    /// (`readcomments`).
    fn payload(&self) -> Payload {
        match self.expected.front() {
            Some(Expected::Single(Reply::Picture) | Expected::Item(Reply::Picture)) => Payload::Possible,
            _ => Payload::Never,
        }
    }

    /// The next answer may be a list's first.
    fn enter_list(&mut self) {
        if let Some(Expected::ListBegin(style)) = self.expected.front()
            && !self.is_withheld()
        {
            self.reading_list = Some(ReadingList { style: *style, ours: 0 });
            self.expected.pop_front();
        }
    }

    /// Part of the answer to whatever is expected first.
    fn body(&mut self, body: &[u8], view: &View<'_>) -> Result<(), Broken> {
        let reply = match self.expected.front() {
            None => return Err(Broken::Unasked),
            Some(Expected::Single(reply) | Expected::Item(reply)) => reply,
            Some(Expected::Items(_) | Expected::ListEnd | Expected::ListBegin(_)) => &Reply::Pass,
        };
        let Reading { songs, status, held, hidden } = &mut self.reading;
        match reply {
            Reply::Pass
            | Reply::Picture
            | Reply::Detour(_)
            | Reply::Treat(
                Treatment::Reason | Treatment::Loading | Treatment::BinaryLimit(_) | Treatment::ClearError,
            ) => {
                self.to_client.extend_from_slice(body);
            }
            Reply::Treat(Treatment::WithoutLocal) => {
                for line in lines(body).filter(|line| !is_for_local_clients(line)) {
                    self.to_client.extend_from_slice(line);
                }
            }
            Reply::Gate(..) | Reply::Step(_) | Reply::Permission => {}
            Reply::Idle(_) | Reply::Fact(_) | Reply::Jump => {
                held.extend_from_slice(body);
                if held.len() > MOST_HELD {
                    return Err(Broken::Endless);
                }
            }
            Reply::Treat(Treatment::Songs) => {
                let songs = songs.get_or_insert_with(|| Songs::new(self.facts.mask));
                songs.body(body, view.snapshot, &mut self.to_client);
            }
            Reply::Treat(Treatment::Status) => {
                status.body(body, view.snapshot, view.unavailable, &mut self.to_client);
            }
            Reply::Treat(Treatment::Playlists | Treatment::RootPlaylists) => {
                for line in lines(body) {
                    let name = pair(line).filter(|(key, _)| *key == b"playlist").map(|(_, name)| name);
                    *hidden = match name {
                        // What is also real in MPD is listed by us, with the others of its kind.
                        Some(name) => view.snapshot.hides(name) || view.snapshot.named(name).is_some(),
                        None => *hidden && line.starts_with(b"Last-Modified: "),
                    };
                    if !*hidden {
                        self.to_client.extend_from_slice(line);
                    }
                }
            }
            Reply::Treat(Treatment::Commands) => {
                for line in lines(body) {
                    self.to_client.extend_from_slice(line);
                    if line == LISTPLAYLISTINFO {
                        self.to_client.extend_from_slice(LISTPLAYLISTS);
                    }
                }
            }
        }
        Ok(())
    }

    /// The answer to a command is complete, or the one to a list.
    fn ok(&mut self, view: &View<'_>) -> Result<(), Broken> {
        if self.reading_list.take().is_some() {
            // `idle` within a list ends it before its time (MPD up to 0.23.16).
            self.skip_to_list_end();
            self.reading = Reading::default();
            self.end(Ending::Ok);
            return Ok(());
        }
        match self.expected.pop_front() {
            Some(Expected::Single(reply)) => self.succeeded(reply, Ending::Ok, view),
            _ => return Err(Broken::Unasked),
        }
        Ok(())
    }

    /// The answer to a command of a list is complete.
    fn list_ok(&mut self, view: &View<'_>) -> Result<(), Broken> {
        let Some(list) = &mut self.reading_list else { return Err(Broken::Unasked) };
        let ending = match list.style {
            Style::Plain => Ending::None,
            Style::WithListOk => Ending::ListOk,
        };
        let reply = match self.expected.front_mut() {
            Some(Expected::Items(count)) if *count > 1 => {
                *count -= 1;
                Reply::Pass
            }
            Some(Expected::Items(_)) => {
                self.expected.pop_front();
                Reply::Pass
            }
            Some(Expected::Item(_)) => match self.expected.pop_front() {
                Some(Expected::Item(reply)) => reply,
                _ => return Err(Broken::Unasked),
            },
            _ => return Err(Broken::Unasked),
        };
        // The client knows nothing of what we asked ourselves.
        if matches!(reply, Reply::Fact(_) | Reply::Step(_)) {
            list.ours += 1;
        }
        self.succeeded(reply, ending, view);
        Ok(())
    }

    /// A command failed, and with it the rest of its list.
    fn ack(&mut self, line: &[u8], view: &View<'_>) -> Result<(), Broken> {
        let list = self.reading_list.take();
        let reply = match self.expected.pop_front() {
            Some(Expected::Single(reply) | Expected::Item(reply)) => reply,
            Some(Expected::Items(_)) => Reply::Pass,
            Some(Expected::ListBegin(_) | Expected::ListEnd) | None => return Err(Broken::Unasked),
        };
        let ours = list.map(|list| list.ours);
        if ours.is_some() {
            self.skip_to_list_end();
        }
        match (Ack::parse(line), reply) {
            (Some(ack), reply) => self.failed(reply, ack, ours, view),
            (None, Reply::Pass | Reply::Picture) => {
                self.to_client.extend_from_slice(line);
                self.to_client.push(b'\n');
            }
            (None, _) => return Err(Broken::Ack),
        }
        Ok(())
    }

    fn skip_to_list_end(&mut self) {
        while let Some(expected) = self.expected.pop_front() {
            if matches!(expected, Expected::ListEnd) {
                break;
            }
        }
    }

    fn succeeded(&mut self, reply: Reply, ending: Ending, view: &View<'_>) {
        let mut reading = std::mem::take(&mut self.reading);
        match reply {
            Reply::Pass
            | Reply::Picture
            | Reply::Detour(_)
            | Reply::Treat(
                Treatment::Commands | Treatment::Reason | Treatment::Loading | Treatment::WithoutLocal,
            ) => {}
            // MPD's own error is gone in silence, too.
            Reply::Treat(Treatment::ClearError) => view.unavailable.clear_stops(),
            Reply::Treat(Treatment::BinaryLimit(limit)) => self.facts.binary_limit = limit,
            Reply::Fact(fact) => return self.learn(fact, &reading.held),
            Reply::Step(_) => return,
            Reply::Jump => return self.jump_answer(&reading.held, view),
            Reply::Permission => return self.permission(true),
            Reply::Idle(idle) => self.changed(idle, &reading.held, view),
            Reply::Gate(_, answer) => {
                // Not before MPD has said yes.
                if let Answer::NoPicture(video) = answer {
                    view.pictures.want(video);
                }
                let limit = usize::try_from(self.facts.binary_limit).unwrap_or(usize::MAX);
                self.writing = Some((Writing::new(answer, self.facts.mask, limit), ending));
                return self.write_on(view);
            }
            Reply::Treat(Treatment::Songs) => {
                if let Some(songs) = &mut reading.songs {
                    songs.close(view.snapshot, &mut self.to_client);
                }
            }
            Reply::Treat(Treatment::Status) => {
                reading.status.close(view.snapshot, view.unavailable, &mut self.to_client);
            }
            Reply::Treat(Treatment::RootPlaylists) if self.facts.hides_playlists => {}
            Reply::Treat(Treatment::Playlists | Treatment::RootPlaylists) => {
                answer::playlists(view.snapshot, &mut self.to_client);
            }
        }
        self.end(ending);
    }

    /// In a list, `ours` of the commands before were not the client's.
    fn failed(&mut self, reply: Reply, mut ack: Ack<'_>, ours: Option<u32>, view: &View<'_>) {
        let reading = std::mem::take(&mut self.reading);
        let in_list = ours.is_some();
        if let Reply::Treat(Treatment::Loading) | Reply::Detour(_) = reply
            && ack.says_no_such_playlist()
        {
            (ack.code, ack.text) = (AckCode::System.number(), NOT_READ);
        }
        // What MPD does in the background (`getfingerprint`) fails with index 0, wherever it stood.
        ack.index = ours.map_or(0, |ours| ack.index.saturating_sub(ours));
        let index = ack.index;
        match reply {
            // The client did not ask; but a list has ended here.
            Reply::Fact(_) if !in_list => {}
            Reply::Jump => self.jump_refused(&ack, &reading.held, view),
            Reply::Permission => self.permission(!ack.is_permission_refusal()),
            Reply::Gate(verb, _) | Reply::Detour(verb) | Reply::Step(verb) if ack.is_permission_refusal() => {
                self.not_permitted(&verb, index);
            }
            Reply::Gate(verb, Answer::NoPicture(video)) => {
                view.pictures.want(video);
                let code = AckCode::NoExist.number();
                self.write_ack(&Ack { code, index, command: &verb, text: b"No file exists" });
            }
            Reply::Gate(verb, Answer::Refuse(code, text)) => {
                self.write_ack(&Ack { code: code.number(), index, command: &verb, text: &text });
            }
            Reply::Gate(verb, _) | Reply::Detour(verb) | Reply::Step(verb) => {
                let text = status::with_reason(ack.text, view.snapshot, view.unavailable);
                self.write_ack(&Ack { command: &verb, text: &text, ..ack });
            }
            // Ours are there all the same. In a list, MPD has stopped here.
            Reply::Treat(Treatment::Playlists) if ack.says_playlists_cannot_be_listed() && !in_list => {
                answer::playlists(view.snapshot, &mut self.to_client);
                self.end(Ending::Ok);
            }
            Reply::Treat(Treatment::Reason) => {
                let text = status::with_reason(ack.text, view.snapshot, view.unavailable);
                self.write_ack(&Ack { text: &text, ..ack });
            }
            Reply::Treat(_) => {
                if let Some(mut songs) = reading.songs {
                    songs.close(view.snapshot, &mut self.to_client);
                }
                self.write_ack(&ack);
            }
            Reply::Pass | Reply::Picture | Reply::Idle(_) | Reply::Fact(_) => self.write_ack(&ack),
        }
    }

    fn not_permitted(&mut self, verb: &[u8], index: u32) {
        let text = Ack::no_permission(verb);
        self.write_ack(&Ack { code: AckCode::Permission.number(), index, command: verb, text: &text });
    }

    fn write_ack(&mut self, ack: &Ack<'_>) {
        ack.write(&mut self.to_client);
    }

    pub(super) fn end(&mut self, ending: Ending) {
        let line: &[u8] = match ending {
            Ending::Ok => b"OK\n",
            Ending::ListOk => b"list_OK\n",
            Ending::None => b"",
        };
        self.to_client.extend_from_slice(line);
    }

    fn learn(&mut self, fact: Fact, body: &[u8]) {
        match fact {
            Fact::TagMask => self.facts.mask = TagMask::from_answer(body),
            Fact::Features => {
                self.facts.hides_playlists =
                    lines(body).any(|line| line == b"feature: hide_playlists_in_root\n");
            }
        }
    }

    /// `idle` is answered: with our event, if there is one that the client asked for.
    fn changed(&mut self, idle: Idle, changed: &[u8], view: &View<'_>) {
        let news = view.snapshot.revision() != self.seen;
        if news && idle.subscription == Subscription::StoredPlaylists {
            self.seen = view.snapshot.revision();
            merge_changed(changed, &mut self.to_client);
        } else {
            self.to_client.extend_from_slice(changed);
        }
    }
}
