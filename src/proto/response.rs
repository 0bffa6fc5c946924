//! Where MPD's answers begin and end.
//!
//! Answers pass through untouched, so they are not parsed: only the lines that end them are
//! looked for, a line's first byte being enough for nearly all of them.

use memchr::{memchr, memchr_iter};

/// The next piece of what came from MPD. With their line breaks the pieces are, in order, exactly
/// the bytes that came.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Complete lines that end nothing, and binary payload. Never empty.
    Body(&'a [u8]),
    /// `OK`: the answer to a command, or to a whole list, is complete.
    Ok,
    /// `list_OK`: one command of a list is done.
    ListOk,
    /// An `ACK` line: the command failed, and with it the rest of its list.
    Ack(&'a [u8]),
}

/// Whether an answer may have a binary payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// As `albumart`'s has, and perhaps one that nobody here knows.
    Possible,
    /// It is lines, and a line `binary: N` is one of them.
    Never,
}

/// Tells MPD's answers apart. Knows what a binary payload is, and nothing about requests.
#[derive(Debug, Default)]
pub struct Splitter {
    /// Payload bytes still to come, the line break behind them included.
    payload: u64,
    /// A line longer than the buffer is going through.
    in_long_line: bool,
}

/// What the next bytes are, and how many of them.
type Split<'a> = Option<(Piece<'a>, usize)>;

impl Splitter {
    /// The first piece of `input`, and how many bytes it takes. `None` if there is no complete
    /// line: the caller comes again with the same bytes and more.
    pub fn next<'a>(&mut self, input: &'a [u8], payload: Payload) -> Split<'a> {
        if self.payload > 0 {
            return self.payload(input);
        }
        if self.in_long_line {
            return self.long_line(input);
        }
        let mut start = 0;
        for line_break in memchr_iter(b'\n', input) {
            let line = input.get(start..line_break)?;
            // Nearly every line of a listing is told by its first byte.
            if let Some(b'O' | b'A' | b'l' | b'b') = line.first()
                && let Some(split) = self.special(input, start, line, payload)
            {
                return Some(split);
            }
            start = line_break + 1;
        }
        body(input, start)
    }

    /// The buffer is full and holds no line break: let it through as it is.
    pub fn next_of_long_line<'a>(&mut self, input: &'a [u8]) -> Split<'a> {
        self.in_long_line = true;
        body(input, input.len())
    }

    /// A line that may end the answer, from `start` on; what is before it comes first.
    fn special<'a>(&mut self, input: &'a [u8], start: usize, line: &'a [u8], payload: Payload) -> Split<'a> {
        let end = start + line.len() + 1;
        let piece = match line {
            b"OK" => Piece::Ok,
            b"list_OK" => Piece::ListOk,
            _ if line.starts_with(b"ACK ") => Piece::Ack(line),
            _ if payload == Payload::Never => return None,
            _ => {
                self.payload = binary_length(line)?;
                return body(input, end);
            }
        };
        if start > 0 { body(input, start) } else { Some((piece, end)) }
    }

    fn payload<'a>(&mut self, input: &'a [u8]) -> Split<'a> {
        let take = usize::try_from(self.payload).unwrap_or(usize::MAX).min(input.len());
        self.payload -= take as u64;
        body(input, take)
    }

    fn long_line<'a>(&mut self, input: &'a [u8]) -> Split<'a> {
        let line_break = memchr(b'\n', input);
        self.in_long_line = line_break.is_none();
        body(input, line_break.map_or(input.len(), |at| at + 1))
    }
}

fn body(input: &[u8], length: usize) -> Split<'_> {
    if length == 0 { None } else { Some((Piece::Body(input.get(..length)?), length)) }
}

/// `binary: N` announces N bytes and a line break (`client/Response.cxx`).
fn binary_length(line: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(line.strip_prefix(b"binary: ")?).ok()?;
    digits.parse::<u64>().ok()?.checked_add(1)
}

/// The lines of a body, each with its line break.
pub fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let end = memchr(b'\n', rest).map_or(rest.len(), |line_break| line_break + 1);
        let (line, behind) = rest.split_at_checked(end)?;
        rest = behind;
        (!line.is_empty()).then_some(line)
    })
}

/// `Name: value` taken apart, without the line break.
pub fn pair(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let (name, rest) = line.split_at_checked(memchr(b':', line)?)?;
    Some((name, rest.strip_prefix(b": ").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The pieces of `stream`, when it arrives cut at `cuts`, neighbouring bodies joined.
    fn pieces(stream: &[u8], cuts: &[usize]) -> Vec<String> {
        let mut splitter = Splitter::default();
        let mut waiting = Vec::new();
        let mut pieces: Vec<String> = Vec::new();
        let mut last = 0;
        for &cut in cuts.iter().chain([&stream.len()]) {
            waiting.extend_from_slice(&stream[last..cut]);
            last = cut;
            while let Some((piece, taken)) = splitter.next(&waiting, Payload::Possible) {
                match (piece, pieces.last_mut()) {
                    (Piece::Body(body), Some(last)) if last.starts_with("Body") => {
                        last.push_str(&String::from_utf8_lossy(body));
                    }
                    (Piece::Body(body), _) => pieces.push(format!("Body {}", String::from_utf8_lossy(body))),
                    (Piece::Ok, _) => pieces.push("Ok".into()),
                    (Piece::ListOk, _) => pieces.push("ListOk".into()),
                    (Piece::Ack(line), _) => pieces.push(String::from_utf8_lossy(line).into_owned()),
                }
                waiting.drain(..taken);
            }
        }
        pieces
    }

    #[test]
    fn answers_end_where_they_end() {
        for (stream, expect) in [
            ("OK\n", vec!["Ok"]),
            ("volume: 3\nstate: play\nOK\n", vec!["Body volume: 3\nstate: play\n", "Ok"]),
            ("ACK [5@0] {} x\nOK\n", vec!["ACK [5@0] {} x", "Ok"]),
            ("list_OK\na: b\nlist_OK\nOK\n", vec!["ListOk", "Body a: b\n", "ListOk", "Ok"]),
            ("size: 9\nbinary: 4\n\nOK\n\nOK\n", vec!["Body size: 9\nbinary: 4\n\nOK\n\n", "Ok"]),
            ("binary: 0\n\nOK\n", vec!["Body binary: 0\n\n", "Ok"]),
            (
                "OKAY: x\nACKs: y\nbinary: x\nlist_OKs: 1\nOK\n",
                vec!["Body OKAY: x\nACKs: y\nbinary: x\nlist_OKs: 1\n", "Ok"],
            ),
            ("Title: OK\nOK\n", vec!["Body Title: OK\n", "Ok"]),
            ("half a li", vec![]),
        ] {
            assert_eq!(pieces(stream.as_bytes(), &[]), expect, "{stream:?}");
        }
    }

    #[test]
    fn a_line_longer_than_the_buffer_goes_through() {
        let mut splitter = Splitter::default();
        assert_eq!(splitter.next(b"aaaa", Payload::Possible), None);
        assert_eq!(splitter.next_of_long_line(b"aaaa"), Some((Piece::Body(b"aaaa"), 4)));
        assert_eq!(splitter.next(b"OK", Payload::Possible), Some((Piece::Body(b"OK"), 2)));
        assert_eq!(splitter.next(b"\nOK\n", Payload::Possible), Some((Piece::Body(b"\n"), 1)));
        assert_eq!(splitter.next(b"OK\n", Payload::Possible), Some((Piece::Ok, 3)));
    }

    #[test]
    fn text_has_no_payload() {
        let text = b"binary: 9\nOK\n";
        let mut splitter = Splitter::default();
        assert_eq!(splitter.next(text, Payload::Never), Some((Piece::Body(b"binary: 9\n"), 10)));
        assert_eq!(splitter.next(b"OK\n", Payload::Never), Some((Piece::Ok, 3)));
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(
            parts in prop::collection::vec(prop::sample::select(vec![
                "OK\n", "ACK [5@0] {} x\n", "list_OK\n", "file: a\n", "binary: 5\nOK\n\nO\n", "x\n", "b\n", "\n",
            ]), 1..20),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let stream = parts.concat();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
            cuts.sort_unstable();
            prop_assert_eq!(pieces(stream.as_bytes(), &cuts), pieces(stream.as_bytes(), &[]));
        }

        #[test]
        fn no_stream_panics(stream in prop::collection::vec(any::<u8>(), 0..80)) {
            pieces(&stream, &[]);
        }
    }
}
