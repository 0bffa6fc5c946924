//! A client's line: a command and its arguments (`util/Tokenizer.cxx`).

use std::borrow::Cow;

use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while, take_while_m_n, take_while1};
use nom::combinator::{all_consuming, recognize, verify};
use nom::multi::many0;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// A command line, taken apart. The bytes are the client's: MPD does not ask for UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The command.
    pub verb: &'a [u8],
    /// Its arguments, unquoted.
    pub args: Vec<Cow<'a, [u8]>>,
}

/// A line that MPD will refuse, in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a command line")]
pub struct Malformed;

impl<'a> Request<'a> {
    /// Takes a line apart, as [`line_content`] returns it.
    ///
    /// # Errors
    /// When the tokenizer refuses it; MPD's own answer then says why.
    pub fn parse(line: &'a [u8]) -> Result<Self, Malformed> {
        let (_, (verb, args)) =
            all_consuming((word, many0(preceded(blanks, argument)))).parse(line).map_err(|_| Malformed)?;
        Ok(Self { verb, args })
    }

    /// The argument at `index`, from 0.
    pub fn arg(&self, index: usize) -> Option<&[u8]> {
        self.args.get(index).map(|arg| &**arg)
    }
}

/// What MPD makes of a line: without the line break and the trailing bytes up to 0x20, and cut at
/// a NUL, since it goes on with it as a C string (`client/Read.cxx`).
pub fn line_content(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|&byte| byte > b' ').map_or(0, |last| last + 1);
    let line = line.get(..end).unwrap_or_default();
    line.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// Appends `arg` in quotes, so that MPD reads exactly these bytes.
pub fn quote(arg: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in arg {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

type Parsed<'a, T> = IResult<&'a [u8], T>;

fn is_blank(byte: u8) -> bool {
    byte <= b' '
}

fn blanks(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(is_blank).parse(input)
}

/// A letter, then letters, digits and underscores.
fn word(input: &[u8]) -> Parsed<'_, &[u8]> {
    recognize((
        take_while_m_n(1, 1, |byte: u8| byte.is_ascii_alphabetic()),
        take_while(|byte: u8| byte.is_ascii_alphanumeric() || byte == b'_'),
    ))
    .parse(input)
}

fn argument(input: &[u8]) -> Parsed<'_, Cow<'_, [u8]>> {
    alt((quoted, unquoted.map(Cow::Borrowed))).parse(input)
}

/// Anything but blanks and quotes; a backslash is only a backslash.
fn unquoted(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|byte: u8| !is_blank(byte) && !matches!(byte, b'"' | b'\'')).parse(input)
}

/// In double quotes, where a backslash makes the next byte an ordinary one.
fn quoted(input: &[u8]) -> Parsed<'_, Cow<'_, [u8]>> {
    let plain = take_while1(|byte: u8| !matches!(byte, b'"' | b'\\'));
    let escaped = preceded(tag(&b"\\"[..]), take(1_usize));
    let inside = recognize(many0(alt((plain, escaped))));
    delimited(tag(&b"\""[..]), inside, tag(&b"\""[..])).map(unescape).parse(input)
}

fn unescape(inside: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', inside).is_none() {
        return Cow::Borrowed(inside);
    }
    let mut bytes = inside.iter();
    let mut plain = Vec::with_capacity(inside.len());
    while let Some(&byte) = bytes.next() {
        plain.push(if byte == b'\\' { bytes.next().copied().unwrap_or(byte) } else { byte });
    }
    Cow::Owned(plain)
}

/// The verb alone, for the many lines whose arguments nobody reads. Empty if there is none.
pub(crate) fn verb(line: &[u8]) -> &[u8] {
    verify(word, |word: &[u8]| line.get(word.len()).is_none_or(|&next| is_blank(next)))
        .parse(line)
        .map_or(&[], |(_, word)| word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(line: &str) -> Option<Vec<String>> {
        let request = Request::parse(line_content(line.as_bytes())).ok()?;
        let words = std::iter::once(request.verb).chain(request.args.iter().map(|arg| &**arg));
        Some(words.map(|word| String::from_utf8_lossy(word).into_owned()).collect())
    }

    #[test]
    fn lines_are_read_as_mpd_reads_them() {
        for (line, words) in [
            ("ping\n", Some(vec!["ping"])),
            ("ping\r\n", Some(vec!["ping"])),
            ("ping\u{b}\0\u{1}\n", Some(vec!["ping"])),
            ("ping\0 foo\n", Some(vec!["ping"])),
            ("load\t\"a b\"\n", Some(vec!["load", "a b"])),
            ("load a  1:2 \n", Some(vec!["load", "a", "1:2"])),
            ("load \"\"\n", Some(vec!["load", ""])),
            (r#"load "a\"b\\c\n""#, Some(vec!["load", "a\"b\\cn"])),
            (r"load a\b", Some(vec!["load", r"a\b"])),
            ("load \u{fc}\n", Some(vec!["load", "\u{fc}"])),
            ("load 'a'\n", None),
            ("load a'b\n", None),
            ("load a\"b\"\n", None),
            ("load \"a\n", None),
            ("load \"a\\\n", None),
            ("load \"a\"b\n", None),
            ("pi-ng\n", None),
            ("1ping\n", None),
            (" ping\n", None),
            ("\n", None),
        ] {
            let words = words.map(|words| words.into_iter().map(String::from).collect());
            assert_eq!(parse(line), words, "{line:?}");
        }
    }

    #[test]
    fn the_verb_is_found_without_the_rest() {
        for (line, expect) in [("ping", "ping"), ("load \"x", "load"), ("a-b", ""), ("", ""), ("x\"y\"", "")]
        {
            assert_eq!(verb(line.as_bytes()), expect.as_bytes(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back(arg in prop::collection::vec(1_u8.., 0..40)) {
            prop_assume!(!arg.contains(&b'\n'));
            let mut line = b"x ".to_vec();
            quote(&arg, &mut line);
            let request = Request::parse(&line).unwrap();
            prop_assert_eq!(request.arg(0), Some(&*arg));
        }

        #[test]
        fn no_line_panics(line in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Request::parse(line_content(&line));
            let _ = verb(line_content(&line));
        }
    }
}
