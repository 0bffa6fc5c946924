//! What a client asks for: from bytes, without I/O.

use std::fmt;

use bytes::{Buf, BytesMut};
use memchr::memchr;

/// Far longer than any request: more without a line break is no client of ours.
pub(super) const LONGEST: usize = 4096;

/// How much of a word that nobody knows is repeated to whoever sent it.
const QUOTED: usize = 40;

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    Sync,
    Status,
    List,
    Reload,
    Follow,
    Quit,
}

/// Why a line is no request. `Display` is the answer's `error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("Unknown command: {0}")]
    Unknown(String),
    #[error("`{0}` takes no argument: {1}")]
    Argument(Request, String),
    #[error("Request too long: more than {LONGEST} bytes without a line break")]
    TooLong,
}

impl Request {
    fn parse(line: &[u8]) -> Result<Self, Refusal> {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let command = words.next().unwrap_or_default();
        let request = match command {
            b"sync" => Self::Sync,
            b"status" => Self::Status,
            b"list" => Self::List,
            b"reload" => Self::Reload,
            b"follow" => Self::Follow,
            b"quit" => Self::Quit,
            unknown => return Err(Refusal::Unknown(printable(unknown))),
        };
        match words.next() {
            None => Ok(request),
            Some(argument) => Err(Refusal::Argument(request, printable(argument))),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sync => "sync",
            Self::Status => "status",
            Self::List => "list",
            Self::Reload => "reload",
            Self::Follow => "follow",
            Self::Quit => "quit",
        })
    }
}

/// A word for an error: shortened, and without what a terminal would obey.
fn printable(word: &[u8]) -> String {
    let text = String::from_utf8_lossy(word);
    let mut characters = text.chars();
    let shown = characters.by_ref().take(QUOTED);
    let mut shown: String =
        shown.map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Bytes that arrive in any pieces, as requests.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// At most [`LONGEST`] and what one read brings, since whoever reads takes the requests out
    /// first.
    arrived: BytesMut,
    /// The last request was taken without its line break, which may still come.
    line_break_owed: bool,
}

impl Requests {
    /// Where arriving bytes are put.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.arrived
    }

    /// The next request whose line has ended. [`Refusal::TooLong`] comes for ever.
    pub(super) fn next(&mut self) -> Option<Result<Request, Refusal>> {
        self.forget_owed_line_break();
        let end = memchr(b'\n', &self.arrived);
        if end.unwrap_or(self.arrived.len()) > LONGEST {
            return Some(Err(Refusal::TooLong));
        }
        let line = self.arrived.split_to(end?);
        self.arrived.advance(1);
        Some(Request::parse(&line))
    }

    /// What has arrived, if it is a request but for its line break: clients of the Python daemon
    /// send none, and wait. To be asked when nothing has come for a while.
    pub(super) fn unfinished(&mut self) -> Option<Request> {
        let request = Request::parse(&self.arrived).ok()?;
        self.arrived.clear();
        self.line_break_owed = true;
        Some(request)
    }

    /// Whether something has arrived whose line has not ended.
    pub(super) fn is_unfinished(&self) -> bool {
        !self.arrived.is_empty()
    }

    /// The last request, of a client that sends no more.
    pub(super) fn last(&mut self) -> Option<Result<Request, Refusal>> {
        let line = self.arrived.split();
        let line = line.trim_ascii();
        (!line.is_empty()).then(|| Request::parse(line))
    }

    fn forget_owed_line_break(&mut self) {
        while self.line_break_owed
            && let Some(first) = self.arrived.first()
        {
            match first {
                b' ' | b'\t' | b'\r' => self.arrived.advance(1),
                b'\n' => {
                    self.arrived.advance(1);
                    self.line_break_owed = false;
                }
                _ => self.line_break_owed = false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(requests: &mut Requests) -> Vec<String> {
        let mut heard = vec![];
        while let Some(request) = requests.next() {
            let is_last = request == Err(Refusal::TooLong);
            heard.push(request.map_or_else(|refusal| refusal.to_string(), |request| request.to_string()));
            if is_last {
                break;
            }
        }
        heard
    }

    fn whole(bytes: &[u8]) -> Vec<String> {
        let mut requests = Requests::default();
        requests.buffer().extend_from_slice(bytes);
        all(&mut requests)
    }

    #[test]
    fn a_line_is_a_request() {
        for (bytes, heard) in [
            (&b"status\n"[..], &["status"][..]),
            (b"status\r\nlist\n", &["status", "list"]),
            (b"  sync \t\n", &["sync"]),
            (b"sta", &[]),
            (b"quit\nfollow\nreload\nsync", &["quit", "follow", "reload"]),
            (b"STATUS\n", &["Unknown command: STATUS"]),
            (b"\n", &["Unknown command: "]),
            (b"list-playlists x y\n", &["Unknown command: list-playlists"]),
            (b"status now please\n", &["`status` takes no argument: now"]),
            (b"\x1b[2Jx\xff\n", &["Unknown command: \u{fffd}[2Jx\u{fffd}"]),
        ] {
            assert_eq!(whole(bytes), heard, "{:?}", String::from_utf8_lossy(bytes));
        }
        let long = "é".repeat(QUOTED + 1);
        assert_eq!(
            whole(format!("{long}\n").as_bytes()),
            [format!("Unknown command: {}…", "é".repeat(QUOTED))]
        );
    }

    #[test]
    fn a_line_has_a_longest() {
        let too_long = Refusal::TooLong.to_string();
        for (length, ending, heard) in
            [(LONGEST, "\n", "status"), (LONGEST + 1, "\n", &too_long), (LONGEST + 1, "", &too_long)]
        {
            let line = format!("{:<length$}{ending}", "status");
            assert_eq!(whole(line.as_bytes()), [heard], "{length} {ending:?}");
        }
        assert_eq!(whole(" ".repeat(LONGEST).as_bytes()), [""; 0]);
    }

    #[test]
    fn a_request_without_its_line_break_is_taken_once() {
        for (first, taken, then, heard) in [
            ("status", Some(Request::Status), "\n", &[][..]),
            ("status", Some(Request::Status), "\r\nlist\n", &["list"]),
            ("status ", Some(Request::Status), " \nlist\n", &["list"]),
            ("status", Some(Request::Status), "list\n", &["list"]),
            ("status", Some(Request::Status), "\n\n", &["Unknown command: "]),
            ("sta", None, "tus\n", &["status"]),
            ("status x", None, "\n", &["`status` takes no argument: x"]),
            ("rubbish", None, "\n", &["Unknown command: rubbish"]),
            ("", None, "\n", &["Unknown command: "]),
        ] {
            let mut requests = Requests::default();
            requests.buffer().extend_from_slice(first.as_bytes());
            assert_eq!(requests.unfinished(), taken, "{first:?}");
            requests.buffer().extend_from_slice(then.as_bytes());
            assert_eq!(all(&mut requests), heard, "{first:?} {then:?}");
        }
    }

    #[test]
    fn what_comes_last_needs_no_line_break() {
        for (bytes, last) in [
            (&b"list"[..], Some(Ok(Request::List))),
            (b"list\r", Some(Ok(Request::List))),
            (b"", None),
            (b" \r", None),
        ] {
            let mut requests = Requests::default();
            requests.buffer().extend_from_slice(bytes);
            assert_eq!(requests.last(), last);
            assert_eq!(requests.last(), None);
        }
    }

    proptest! {
        #[test]
        fn any_split_is_heard_the_same(
            words in prop::collection::vec(
                prop_oneof![
                    Just(b"status".to_vec()), Just(b"quit".to_vec()), Just(b"sync x".to_vec()),
                    Just(vec![b'a'; LONGEST + 1]), prop::collection::vec(any::<u8>(), 0..20),
                ],
                0..6,
            ),
            pieces in prop::collection::vec(1..50usize, 1..20),
        ) {
            let mut bytes = words.join(&b'\n');
            bytes.push(b'\n');
            let mut requests = Requests::default();
            let (mut heard, mut rest) = (vec![], &bytes[..]);
            for piece in pieces.iter().cycle() {
                if rest.is_empty() || heard.contains(&Refusal::TooLong.to_string()) {
                    break;
                }
                let (piece, after) = rest.split_at((*piece).min(rest.len()));
                requests.buffer().extend_from_slice(piece);
                heard.extend(all(&mut requests));
                rest = after;
            }
            prop_assert_eq!(heard, whole(&bytes));
        }
    }
}
