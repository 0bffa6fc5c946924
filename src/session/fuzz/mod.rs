//! The bodies of the session's fuzz targets: one side is arbitrary bytes, the other plausible.
//!
//! They are no part of the product. `fuzz/` runs them on what libFuzzer makes up,
//! `tests/it/corpus.rs` on what is worth keeping of it. An input is what the fuzzed side says; behind the
//! first byte 0xFF, which no text has, come choices: how the bytes are cut, what MPD is like.
//! `world` is the library around the conversation, `mpd` the MPD to compare with.

mod mpd;
#[cfg(test)]
mod tests;
pub(in crate::session) mod world;

use self::mpd::{Kind, Mpd};
use self::world::{TwoPictures, World, ask_all};
use super::conversation::{Broken, Conversation, Wait, Waited};
use super::rights::Rights;
use crate::library::{Readiness, Refused};
use crate::proto::{Ack, line_content};

/// More of a stream is not looked at: it would only be slow.
const LONGEST: usize = 4096;

/// As the pump's: so much is read at once.
const ROOM: usize = 64 * 1024;

/// What a conversation may hold for one side: what the pump lets gather, one reading on top of
/// it, and one answer of a library as small as ours.
const MOST_BUFFERED: usize = 512 * 1024;

/// A client says `data`: it hears what it would hear of an MPD that has the virtual playlists
/// itself, however the bytes arrive; and without any, MPD hears what the client said.
#[doc(hidden)]
pub fn client_side(data: &[u8]) {
    let input = Input::of(data);
    // The small MPD knows nothing of addresses at YouTube.
    if memchr::memmem::find(input.stream, b"youtu").is_some() {
        return;
    }
    passes_untouched(&input);

    let world = World::with_playlists();
    let mut native = input.mpd(Kind::Native, &world);
    native.hear(input.stream);

    let whole = Talk::new(&input, &world).run(input.stream, Cuts::None);
    let cut = Talk::new(&input, &world).run(input.stream, input.cuts());
    assert_eq!(unasked(&whole.mpd), unasked(&cut.mpd), "cuts changed what MPD hears");
    assert_eq!(text(&whole.to_client), text(&cut.to_client), "cuts changed what the client hears");
    assert_eq!(text(&whole.to_client), text(&native.output), "not what MPD would answer");
}

/// MPD says `data` to a client that has asked for all sorts of things: however the bytes arrive,
/// the client hears the same; and answers that do not concern us reach it as they are.
#[doc(hidden)]
pub fn server_side(data: &[u8]) {
    let input = Input::of(data);
    let world = World::with_playlists();
    let script = ask_all(input.choices);
    let whole = listen(&input, &world, &script, Cuts::None);
    let cut = listen(&input, &world, &script, input.cuts());
    assert_eq!(whole, cut, "cuts changed something");

    let asked = script.len() % 8;
    // Of all answers that pass, those to this may be anything.
    let script = b"albumart a 0\n".repeat(asked);
    let (heard, _, broken) = listen(&input, &World::empty(), &script, input.cuts());
    let (said, fits) = complete_answers(input.stream, asked);
    let said = [mpd::greeting(input.version()).as_bytes(), &said].concat();
    assert_eq!(heard, text(&said), "not what MPD said");
    assert_eq!(broken.is_none(), fits, "{broken:?}");
}

/// What was fuzzed, taken apart.
struct Input<'a> {
    stream: &'a [u8],
    choices: &'a [u8],
}

impl<'a> Input<'a> {
    fn of(data: &'a [u8]) -> Self {
        let mut parts = data.splitn(2, |&byte| byte == 0xFF);
        let stream = parts.next().unwrap_or_default();
        let stream = stream.get(..LONGEST).unwrap_or(stream);
        Self { stream, choices: parts.next().unwrap_or_default() }
    }

    fn choice(&self, index: usize) -> u8 {
        self.choices.get(index).copied().unwrap_or(0)
    }

    fn version(&self) -> &'static str {
        if self.choice(0) & 1 == 0 { "0.23.5" } else { "0.24.0" }
    }

    fn mpd<'w>(&self, kind: Kind, world: &'w World) -> Mpd<'w> {
        let guarded = self.choice(0) & 2 != 0;
        Mpd::new(kind, self.version(), guarded, world)
    }

    /// What comes of the wait for a song.
    fn readiness(&self) -> Readiness {
        match self.choice(1) % 3 {
            0 => Readiness::NotNow,
            1 => Readiness::Ready,
            _ => Readiness::Never("gone".to_owned()),
        }
    }

    fn cuts(&self) -> Cuts<'a> {
        Cuts::At(self.choices.get(2..).unwrap_or_default(), 0)
    }
}

/// How a stream is cut.
enum Cuts<'a> {
    None,
    /// Pieces of so many bytes, over and over; of one byte, where there is no number.
    At(&'a [u8], usize),
}

impl Cuts<'_> {
    /// How many of `rest` bytes come next.
    fn next(&mut self, rest: usize) -> usize {
        match self {
            Self::None => rest,
            Self::At(sizes, at) => {
                let size = sizes.iter().cycle().nth(*at).map_or(1, |&size| usize::from(size).max(1));
                *at = (*at + 1).checked_rem(sizes.len()).unwrap_or(0);
                size.min(rest)
            }
        }
    }

    fn take(&mut self, from: &mut Vec<u8>, to: &mut Vec<u8>) {
        to.extend(from.drain(..self.next(from.len())));
    }
}

/// A client and a small MPD, with the conversation between them.
struct Talk<'a> {
    world: &'a World,
    conversation: Conversation,
    mpd: Mpd<'a>,
    readiness: Readiness,
    /// What arrived and was not taken.
    from_client: Vec<u8>,
    from_mpd: Vec<u8>,
    /// All that the client was ever told.
    to_client: Vec<u8>,
}

impl<'a> Talk<'a> {
    fn new(input: &Input<'_>, world: &'a World) -> Self {
        Self {
            world,
            conversation: Conversation::new(&world.snapshot, Rights::Same),
            mpd: input.mpd(Kind::Plain, world),
            readiness: input.readiness(),
            from_client: Vec::new(),
            from_mpd: Vec::new(),
            to_client: Vec::new(),
        }
    }

    /// The client says all of this, and everything is answered.
    fn run(mut self, stream: &[u8], mut cuts: Cuts<'_>) -> Self {
        self.settle(&mut cuts);
        self.says(stream, &mut cuts);
        // A list without an end, which MPD answers nothing to.
        self.conversation.release();
        self.settle(&mut cuts);
        let waits = self.mpd.closed || self.mpd.idles() || self.mpd.collects();
        assert!(waits || self.conversation.is_settled(), "something is expected that never comes");
        self
    }

    fn says(&mut self, stream: &[u8], cuts: &mut Cuts<'_>) {
        let mut unsaid = stream.to_vec();
        while !unsaid.is_empty() && !self.mpd.closed {
            cuts.take(&mut unsaid, &mut self.from_client);
            self.settle(cuts);
        }
    }

    /// Until nothing moves.
    fn settle(&mut self, cuts: &mut Cuts<'_>) {
        loop {
            let view = self.world.view();
            self.conversation.write_on(&view);
            let taken = self.conversation.client_bytes(&self.from_client, &view);
            self.from_client.drain(..taken);
            self.mpd.hear(&std::mem::take(&mut self.conversation.to_mpd));
            cuts.take(&mut self.mpd.output, &mut self.from_mpd);
            let answered = self.conversation.mpd_bytes(&self.from_mpd, ROOM, &view);
            let answered = answered.expect("the small MPD is an MPD");
            self.from_mpd.drain(..answered);
            let waited = self.conversation.waits_for().map(|wait| match wait {
                Wait::Song(..) => Waited::Song(self.readiness.clone()),
                Wait::Picture(_) => Waited::Picture(Some(TwoPictures::picture())),
                Wait::Guest(_) => Waited::Guest(Err(Refused("no".to_owned()))),
            });
            if let Some(waited) = waited {
                self.conversation.waited(waited);
            }
            check_bounds(&self.conversation);
            self.to_client.append(&mut self.conversation.to_client);
            let more_to_come = !self.conversation.to_mpd.is_empty() || !self.mpd.output.is_empty();
            if taken + answered == 0 && !more_to_come {
                break;
            }
        }
    }
}

/// Without anything of YouTube's, MPD hears what the client said, but that lists are told apart.
fn passes_untouched(input: &Input<'_>) {
    let world = World::empty();
    let mut conversation = Conversation::new(&world.snapshot, Rights::Same);
    let greeting = mpd::greeting(input.version());
    conversation.mpd_bytes(greeting.as_bytes(), ROOM, &world.view()).expect("a greeting");
    let (mut unsaid, mut said, mut cuts) = (input.stream.to_vec(), Vec::new(), input.cuts());
    while !unsaid.is_empty() {
        cuts.take(&mut unsaid, &mut said);
        let taken = conversation.client_bytes(&said, &world.view());
        said.drain(..taken);
    }
    conversation.release();
    let (mut expected, mut in_list) = (Vec::new(), false);
    for line in input.stream.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n")) {
        match line_content(line) {
            b"command_list_begin" | b"command_list_ok_begin" if !in_list => {
                in_list = true;
                expected.extend_from_slice(b"command_list_ok_begin\n");
                continue;
            }
            b"command_list_end" => in_list = false,
            _ => {}
        }
        expected.extend_from_slice(line);
    }
    assert_eq!(text(&conversation.to_mpd), text(&expected), "not what the client said");
}

/// What a client that has asked for `script` hears of `input`, what MPD was told, and whether
/// the conversation broke.
fn listen(
    input: &Input<'_>,
    world: &World,
    script: &[u8],
    mut cuts: Cuts<'_>,
) -> (String, String, Option<Broken>) {
    let mut conversation = Conversation::new(&world.snapshot, Rights::Same);
    let view = world.view();
    let greeting = mpd::greeting(input.version());
    conversation.mpd_bytes(greeting.as_bytes(), ROOM, &view).expect("a greeting");
    let asked = conversation.client_bytes(script, &view);
    assert_eq!(asked, script.len(), "the client was not heard out");

    let (mut unsaid, mut said, mut broken) = (input.stream.to_vec(), Vec::new(), None);
    while !unsaid.is_empty() && broken.is_none() {
        cuts.take(&mut unsaid, &mut said);
        // As long as it takes anything: it stops to write an answer of ours.
        loop {
            conversation.write_on(&view);
            match conversation.mpd_bytes(&said, ROOM, &view) {
                Ok(0) => break,
                Ok(taken) => drop(said.drain(..taken)),
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
            check_bounds(&conversation);
        }
    }
    (text(&conversation.to_client), text(&conversation.to_mpd), broken)
}

/// Of what MPD says to a client that has asked for `asked` things: what is complete, and whether
/// it fits.
fn complete_answers(stream: &[u8], mut asked: usize) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let mut rest = stream;
    while let Some((line, behind)) = memchr::memchr(b'\n', rest).and_then(|at| rest.split_at_checked(at + 1))
    {
        let ends = matches!(line, b"OK\n") || line.starts_with(b"ACK ");
        if asked == 0 || line == b"list_OK\n" {
            return (out, false);
        }
        asked -= usize::from(ends);
        rest = behind;
        match Ack::parse(line).filter(|_| ends) {
            // Outside of lists there is no other index.
            Some(ack) => Ack { index: 0, ..ack }.write(&mut out),
            None => out.extend_from_slice(line),
        }
        if let Some(length) = binary_length(line) {
            let (payload, behind) = rest.split_at(length.min(rest.len()));
            out.extend_from_slice(payload);
            rest = behind;
        }
    }
    (out, true)
}

/// The payload behind this line, with its line break.
fn binary_length(line: &[u8]) -> Option<usize> {
    let number = line.strip_prefix(b"binary: ")?.strip_suffix(b"\n")?;
    std::str::from_utf8(number).ok()?.parse::<usize>().ok()?.checked_add(1)
}

fn check_bounds(conversation: &Conversation) {
    assert!(conversation.to_client.len() <= MOST_BUFFERED, "too much waits for the client");
    assert!(conversation.to_mpd.len() <= MOST_BUFFERED, "too much waits for MPD");
}

/// What an MPD heard, but for the question in front of a list that jumps: whether that can be asked
/// behind an `idle` depends on whether MPD has refused the `idle` yet, and if it has, it refuses to
/// tell as well.
fn unasked(mpd: &Mpd<'_>) -> String {
    let question = text(b"command_list_begin\nstatus\nshuffle 0:0\ncommand_list_end\n");
    text(&mpd.heard).replace(&question, "")
}

/// Readable, for messages; equal only if the bytes are.
fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
