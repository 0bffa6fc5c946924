//! Numbers and ranges in arguments, as `protocol/ArgParser.cxx` reads them.

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

/// `N`, `START:END`, `START:` or `-1` for everything. `None` for what MPD refuses: its own words
/// for why are better than ours.
pub fn range(arg: &[u8]) -> Option<Range> {
    let text = std::str::from_utf8(arg).ok()?;
    if text == "-1" {
        return Some(Range::ALL);
    }
    let Some((start, end)) = text.split_once(':') else {
        let start = position(text)?;
        return Some(Range { start, end: start + 1 });
    };
    let start = position(start)?;
    let end = if end.is_empty() { usize::MAX } else { position(end)? };
    (start <= end).then_some(Range { start, end })
}

/// A whole number from 0 on, `None` for what MPD might refuse.
pub fn integer(arg: &[u8]) -> Option<usize> {
    position(std::str::from_utf8(arg).ok()?)
}

/// MPD's positions are 31 bits wide.
fn position(text: &str) -> Option<usize> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse::<u32>().ok().filter(|&n| n < 1 << 31)?.try_into().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_mpds() {
        for (arg, expect) in [
            ("0", Some((0, 1))),
            ("5", Some((5, 6))),
            ("1:3", Some((1, 3))),
            ("3:3", Some((3, 3))),
            ("2:", Some((2, usize::MAX))),
            ("-1", Some((0, usize::MAX))),
            ("3:1", None),
            (":3", None),
            ("x", None),
            ("", None),
            ("1:x", None),
            ("-2", None),
            ("99999999999", None),
        ] {
            assert_eq!(range(arg.as_bytes()).map(|r| (r.start, r.end)), expect, "{arg}");
        }
    }
}
