//! How anything looks on a terminal, and elsewhere.

use std::io::{self, IsTerminal};

use unicode_width::UnicodeWidthChar;

/// Whom it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// The terminal's, in columns; `None` for what is no terminal, where lines are not broken.
    pub(super) width: Option<usize>,
    pub(super) colour: Colour,
}

/// Whether there is any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Never,
    Always,
}

/// What something is, said by its colour.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tone {
    Good,
    Bad,
    Doubtful,
    /// A name of something, beside its value.
    Quiet,
    Heading,
}

impl Look {
    /// Of the standard output.
    pub(super) fn of_stdout() -> Self {
        /// A terminal that does not say.
        const USUAL: usize = 80;
        let stdout = io::stdout();
        if !stdout.is_terminal() {
            return Self { width: None, colour: Colour::Never };
        }
        let columns = rustix::termios::tcgetwinsize(&stdout).map_or(0, |size| usize::from(size.ws_col));
        // https://no-color.org: set, and not empty.
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colour = if is_set("NO_COLOR") || is_dumb { Colour::Never } else { Colour::Always };
        Self { width: Some(if columns == 0 { USUAL } else { columns }), colour }
    }

    /// `text` in a colour.
    pub(super) fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match (self.colour, tone) {
            (Colour::Never, _) => return text.to_owned(),
            (_, Tone::Good) => "32",
            (_, Tone::Bad) => "31",
            (_, Tone::Doubtful) => "33",
            (_, Tone::Quiet) => "2",
            (_, Tone::Heading) => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// `text` in lines of the terminal's width, all but the first indented so far; for what is
    /// printed behind as much.
    pub(super) fn wrap(&self, text: &str, indent: usize) -> String {
        /// Narrower, a word a line would be no better.
        const NARROWEST: usize = 20;
        let room = self.width.unwrap_or(usize::MAX).saturating_sub(indent).max(NARROWEST);
        let (mut wrapped, mut used) = (String::new(), 0);
        for word in text.split(' ') {
            let width = width(word);
            if used > 0 {
                if used + 1 + width > room {
                    wrapped.push('\n');
                    wrapped.extend(std::iter::repeat_n(' ', indent));
                    used = 0;
                } else {
                    wrapped.push(' ');
                    used += 1;
                }
            }
            wrapped.push_str(word);
            used += width;
        }
        wrapped
    }
}

fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// A line of somebody else's text, without what a terminal would obey, and with its line break.
pub(super) fn line(text: &str) -> String {
    let mut line = clean(text);
    line.push('\n');
    line
}

/// Somebody else's text, without what a terminal would obey: control characters, and those that
/// turn the direction of writing.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|c| if is_obeyed(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// A line of JSON that means the same, without what a terminal would obey. Such a character can
/// only stand in a text, and is written there as JSON allows.
pub(super) fn json_line(json: &str) -> String {
    let mut line = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        if is_obeyed(c) {
            line.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            line.push(c);
        }
    }
    line.push('\n');
    line
}

fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_obeyed() {
        for (text, shown) in [
            ("Focus 🎧 é", "Focus 🎧 é"),
            ("a\u{1b}[2Jb\u{7}", "a\u{fffd}[2Jb\u{fffd}"),
            ("\u{9b}31mred", "\u{fffd}31mred"),
            ("a\nb\tc", "a\u{fffd}b\u{fffd}c"),
            ("\u{202e}gnp.exe", "\u{fffd}gnp.exe"),
        ] {
            assert_eq!(clean(text), shown);
        }
        let json = "{\"name\":\"é\u{9b}31m\u{7f}\"}";
        assert_eq!(json_line(json), "{\"name\":\"é\\u009b31m\\u007f\"}\n");
    }

    #[test]
    fn lines_end_where_the_terminal_does() {
        let look = Look { width: Some(24), colour: Colour::Never };
        for (text, shown) in [
            ("short", "short"),
            ("this line is a little too long", "this line is a\n    little too long"),
            ("a_word_that_has_no_place_to_break it", "a_word_that_has_no_place_to_break\n    it"),
            ("音楽音楽音楽 音楽音楽", "音楽音楽音楽\n    音楽音楽"),
        ] {
            assert_eq!(look.wrap(text, 4), shown);
        }
        let elsewhere = Look { width: None, ..look };
        assert_eq!(elsewhere.wrap("this line is a little too long", 4), "this line is a little too long");
    }
}
