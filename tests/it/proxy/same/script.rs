//! What a client does, and what it gets to see.

use std::time::UNIX_EPOCH;

use jiff::Timestamp;
use memchr::memmem;
use ytmpd::config::Address;

use super::twins::Twin;
use crate::support::wire::Wire;

/// One thing that a client does.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// In one write.
    Send(Vec<u8>),
    /// In writes of these sizes, over and over.
    Pieces(Vec<u8>, Vec<usize>),
    /// Waits for so many lines.
    Lines(usize),
    /// Another client does this, straight at MPD.
    Meanwhile(&'static str),
    /// Says that no more will come.
    HalfClose,
}

/// What one client does, from connecting on.
#[derive(Debug, Clone)]
pub(super) struct Script {
    /// Where it comes from, to find it by.
    pub(super) name: String,
    pub(super) steps: Vec<Step>,
}

impl Script {
    /// These steps.
    pub(super) fn new(name: impl Into<String>, steps: impl Into<Vec<Step>>) -> Self {
        Self { name: name.into(), steps: steps.into() }
    }

    /// All in one write.
    pub(super) fn whole(name: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self::new(name, [send(bytes)])
    }

    /// What the client gets to see, up to the moment when the connection is closed.
    pub(super) fn play(&self, address: &Address, mpd: &mut Twin) -> Vec<u8> {
        let mut wire = Wire::connect(address).unwrap();
        let mut seen = wire.line();
        let (last, before) = self.steps.split_last().unwrap();
        for step in before {
            take(step, &mut wire, mpd, &mut seen);
        }
        match last {
            Step::Send(bytes) => seen.extend(wire.rest_after(&mpd.with_ids(bytes))),
            Step::HalfClose => {
                wire.half_close();
                seen.extend(wire.until_closed());
            }
            step => {
                take(step, &mut wire, mpd, &mut seen);
                seen.extend(wire.rest());
            }
        }
        seen
    }

    /// For a message.
    pub(super) fn readable(&self) -> String {
        let steps = self.steps.iter().map(|step| match step {
            Step::Send(bytes) => format!("Send \"{}\"", bytes.escape_ascii()),
            Step::Pieces(bytes, sizes) => format!("Pieces \"{}\" of {sizes:?}", bytes.escape_ascii()),
            other => format!("{other:?}"),
        });
        format!("{}: {}", self.name, steps.collect::<Vec<_>>().join(", "))
    }
}

/// In one write.
pub(super) fn send(bytes: impl AsRef<[u8]>) -> Step {
    Step::Send(bytes.as_ref().to_vec())
}

fn take(step: &Step, wire: &mut Wire, mpd: &mut Twin, seen: &mut Vec<u8>) {
    match step {
        Step::Send(bytes) => wire.send(&mpd.with_ids(bytes)),
        Step::Pieces(bytes, sizes) => {
            let bytes = mpd.with_ids(bytes);
            let mut rest = &bytes[..];
            for size in sizes.iter().cycle() {
                let (piece, behind) = rest.split_at((*size).min(rest.len()));
                wire.send(piece);
                rest = behind;
                if rest.is_empty() {
                    break;
                }
            }
        }
        Step::Lines(count) => (0..*count).for_each(|_| seen.extend(wire.line())),
        Step::Meanwhile(lines) => drop(mpd.ask(lines)),
        Step::HalfClose => wire.half_close(),
    }
}

/// A transcript without what differs by nature.
pub(super) struct Normal<'a> {
    /// MPD's own folder.
    pub(super) folder: &'a str,
    /// Before either MPD was started.
    pub(super) began: Timestamp,
    /// Virtual playlists are listed among its own, and left out here.
    pub(super) has_virtual: bool,
}

impl Normal<'_> {
    /// The transcript with names in place of values that two MPDs cannot share.
    pub(super) fn of(&self, transcript: &[u8]) -> Vec<u8> {
        let mut normal = Vec::with_capacity(transcript.len());
        let mut before: &[u8] = b"";
        let mut in_virtual = false;
        for line in transcript.split_inclusive(|&byte| byte == b'\n') {
            let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
            let is = |names: &[&[u8]]| names.contains(&name);
            let after = |names: &[&[u8]]| names.contains(&before);
            let goes_on = in_virtual && name == b"Last-Modified";
            in_virtual = self.has_virtual && line.starts_with(b"playlist: YT: ");
            match name {
                _ if in_virtual || goes_on => {}
                // Clocks, in `stats` and `status`.
                b"uptime" => normal.extend(b"uptime: <seconds>\n"),
                b"playtime" if after(&[b"uptime"]) => normal.extend(b"playtime: <seconds>\n"),
                b"time" if after(&[b"songid"]) => {}
                b"elapsed" if after(&[b"songid", b"time"]) => {}
                // In `status`: as soon as the decoder's thread knows them.
                b"bitrate" if after(&[b"songid", b"elapsed"]) => {}
                b"duration" if after(&[b"bitrate"]) => {}
                b"audio" if after(&[b"bitrate", b"duration"]) => {}
                // When a script changed a playlist or the database.
                b"db_update" | b"Last-Modified" if self.is_recent(line) => {
                    normal.extend_from_slice(name);
                    normal.extend(b": <now>\n");
                }
                // Each MPD has a folder of its own, which some errors name.
                _ if is(&[b"Added"]) => normal.extend(b"Added: <now>\n"),
                _ => normal.extend(untimed(&replace(line, self.folder.as_bytes(), b"%DIR%"))),
            }
            before = name;
        }
        normal
    }

    /// Whether the line's time is after the beginning.
    fn is_recent(&self, line: &[u8]) -> bool {
        let value = std::str::from_utf8(line).ok().and_then(|line| line.trim_end().split_once(": "));
        let Some((_, value)) = value else { return false };
        let seconds = value.parse::<i64>().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        seconds.or_else(|| value.parse().ok()).is_some_and(|time| time >= self.began)
    }
}

/// libcurl says how many milliseconds it has tried to connect.
fn untimed(line: &[u8]) -> Vec<u8> {
    const BEFORE: &[u8] = b"Failed to connect to 127.0.0.1 port 9 after ";
    let Some(at) = memmem::find(line, BEFORE) else { return line.to_vec() };
    let (before, behind) = line.split_at(at + BEFORE.len());
    let digits = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
    [before, &behind[digits..]].concat()
}

/// The time now, in whole seconds, as MPD tells it.
pub(super) fn now() -> Timestamp {
    let seconds = UNIX_EPOCH.elapsed().unwrap().as_secs();
    Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap()
}

/// The bytes with each `old` replaced.
pub(super) fn replace(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut copied = 0;
    for at in memmem::find_iter(bytes, old) {
        out.extend_from_slice(&bytes[copied..at]);
        out.extend_from_slice(new);
        copied = at + old.len();
    }
    out.extend_from_slice(&bytes[copied..]);
    out
}

/// A long transcript's beginning and end.
pub(super) fn shortened(text: &str) -> String {
    if text.len() < 2000 {
        return text.to_owned();
    }
    format!("{}...{}", &text[..700], &text[text.len() - 700..])
}
