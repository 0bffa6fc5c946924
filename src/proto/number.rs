//! Numbers and ranges in arguments, as `protocol/ArgParser.cxx` reads them: with C's `strtol` and
//! `strtoul`, so that `+5`, ` 5` and `-0` are numbers.

use std::time::Duration;

/// A text that MPD takes for no size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotUnsigned {
    /// It is no whole number.
    NoInteger,
    /// It does not fit 32 bits, or is negative.
    TooLarge,
}

/// A range of positions: the first, and the one behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first position.
    pub start: usize,
    /// The position behind the last; `usize::MAX` for an open range.
    pub end: usize,
}

impl Range {
    /// Everything.
    pub const ALL: Self = Self { start: 0, end: usize::MAX };
}

/// A size or an offset (`ParseCommandArgUnsigned`).
///
/// # Errors
/// As MPD tells them apart.
pub fn unsigned(arg: &[u8]) -> Result<u32, NotUnsigned> {
    let Some((number, b"")) = leading(arg) else { return Err(NotUnsigned::NoInteger) };
    let value = number.digits.parse::<u64>().map_err(|_| NotUnsigned::TooLarge)?;
    // As C's unsigned numbers do: what is below 0 comes round to the top.
    let value = if number.is_negative { value.wrapping_neg() } else { value };
    u32::try_from(value).map_err(|_| NotUnsigned::TooLarge)
}

/// A position or an id from 0 on (`ParseCommandArgInt`); `None` for what MPD might refuse.
pub fn integer(arg: &[u8]) -> Option<usize> {
    match leading(arg)? {
        (number, b"") => number.position(),
        _ => None,
    }
}

/// A time in seconds (`ParseCommandArgFloat`); `None` for what MPD might refuse, and for a
/// hexadecimal one, which C takes too.
pub fn seconds(arg: &[u8]) -> Option<Duration> {
    let seconds: f64 = std::str::from_utf8(arg).ok()?.trim_start().parse().ok()?;
    let is_time = seconds.is_finite() && seconds >= 0.0;
    is_time.then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// `N`, `START:END`, `START:` or `-1` for everything (`ParseCommandArgRange`). `None` for what MPD
/// refuses: its own words for why are better than ours.
pub fn range(arg: &[u8]) -> Option<Range> {
    let (start, rest) = leading(arg)?;
    let Some(end) = rest.strip_prefix(b":") else {
        if !rest.is_empty() {
            return None;
        }
        if start.is_negative && start.digits.parse() == Ok(1) {
            return Some(Range::ALL);
        }
        let start = start.position()?;
        return Some(Range { start, end: start + 1 });
    };
    let start = start.position()?;
    let end = if end.is_empty() { usize::MAX } else { integer(end)? };
    (start <= end).then_some(Range { start, end })
}

/// A whole number, of any size.
struct Number<'a> {
    is_negative: bool,
    /// At least one.
    digits: &'a str,
}

impl Number<'_> {
    /// MPD's positions are 31 bits wide.
    fn position(&self) -> Option<usize> {
        let value = self.digits.parse::<u32>().ok().filter(|&value| value < 1 << 31)?;
        if self.is_negative && value > 0 { None } else { value.try_into().ok() }
    }
}

/// The number that a text begins with, behind white space, and the rest.
fn leading(text: &[u8]) -> Option<(Number<'_>, &[u8])> {
    // Vertical tabs are white space in C.
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\x0B';
    let text = text.get(text.iter().take_while(|byte| is_space(byte)).count()..)?;
    let (is_negative, text) = match text {
        [b'-', text @ ..] => (true, text),
        [b'+', text @ ..] => (false, text),
        text => (false, text),
    };
    let (digits, rest) = text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count());
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.is_empty())?;
    Some((Number { is_negative, digits }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asked of MPD 0.23.12.
    #[test]
    fn sizes_are_mpds() {
        for (arg, expect) in [
            ("0", Ok(0)),
            ("007", Ok(7)),
            ("+5", Ok(5)),
            (" 5", Ok(5)),
            ("\t\x0B5", Ok(5)),
            ("-0", Ok(0)),
            ("2147483648", Ok(1 << 31)),
            ("4294967295", Ok(u32::MAX)),
            ("4294967296", Err(NotUnsigned::TooLarge)),
            ("-1", Err(NotUnsigned::TooLarge)),
            ("99999999999999999999", Err(NotUnsigned::TooLarge)),
            ("x", Err(NotUnsigned::NoInteger)),
            ("", Err(NotUnsigned::NoInteger)),
            ("5x", Err(NotUnsigned::NoInteger)),
            ("5 ", Err(NotUnsigned::NoInteger)),
            ("0x10", Err(NotUnsigned::NoInteger)),
            ("1.5", Err(NotUnsigned::NoInteger)),
            ("- 5", Err(NotUnsigned::NoInteger)),
            ("+-5", Err(NotUnsigned::NoInteger)),
        ] {
            assert_eq!(unsigned(arg.as_bytes()), expect, "{arg}");
        }
        assert_eq!(unsigned(b"5\xff"), Err(NotUnsigned::NoInteger));
    }

    /// Asked of MPD 0.23.12 and 0.24.4.
    #[test]
    fn positions_are_mpds() {
        for (arg, expect) in [
            ("0", Some(0)),
            ("+1", Some(1)),
            (" 1", Some(1)),
            ("-0", Some(0)),
            ("2147483647", Some(i32::MAX as usize)),
            ("2147483648", None),
            ("4294967297", None),
            ("99999999999999999999", None),
            ("-1", None),
            ("-2", None),
            ("1x", None),
            ("1 ", None),
            ("", None),
        ] {
            assert_eq!(integer(arg.as_bytes()), expect, "{arg}");
        }
    }

    /// Asked of MPD 0.23.12 and 0.24.4.
    #[test]
    fn times_are_mpds() {
        for (arg, expect) in [
            ("10", Some(10.0)),
            ("1.5", Some(1.5)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("+1", Some(1.0)),
            (" 1", Some(1.0)),
            ("-0", Some(0.0)),
            ("1e1", Some(10.0)),
            ("-1", None),
            ("1.2.3", None),
            ("1 ", None),
            ("x", None),
            ("", None),
            // MPD takes these, and does nothing sensible.
            ("inf", None),
            ("nan", None),
            ("0x10", None),
        ] {
            let expect = expect.map(Duration::from_secs_f64);
            assert_eq!(seconds(arg.as_bytes()), expect, "{arg}");
        }
    }

    /// Asked of MPD 0.23.12 and 0.24.4.
    #[test]
    fn ranges_are_mpds() {
        for (arg, expect) in [
            ("0", Some((0, 1))),
            ("5", Some((5, 6))),
            ("+0", Some((0, 1))),
            ("-0", Some((0, 1))),
            ("-0:", Some((0, usize::MAX))),
            ("1:3", Some((1, 3))),
            (" 0: 1", Some((0, 1))),
            ("0:+1", Some((0, 1))),
            ("3:3", Some((3, 3))),
            ("2:", Some((2, usize::MAX))),
            ("0:2147483647", Some((0, i32::MAX as usize))),
            ("-1", Some((0, usize::MAX))),
            (" -1", Some((0, usize::MAX))),
            ("-1 ", None),
            ("-1:", None),
            ("3:1", None),
            (":3", None),
            (":", None),
            ("0: ", None),
            ("0:-1", None),
            ("0:2147483648", None),
            ("2147483648", None),
            ("x", None),
            ("", None),
            ("1:x", None),
            ("0:1:2", None),
            ("-2", None),
            ("99999999999", None),
            ("-99999999999999999999", None),
        ] {
            assert_eq!(range(arg.as_bytes()).map(|r| (r.start, r.end)), expect, "{arg}");
        }
    }
}
