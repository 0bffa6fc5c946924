//! Texts as MPD's protocol can carry them.

/// The longest line, in characters: libmpdclient's buffer for one of MPD's lines has 4096 bytes,
/// and a character at most four.
const LONGEST: usize = 1000;

/// `text` on one line of at most 1000 characters, without control characters and without space
/// around it; `None` if nothing is left. MPD's protocol has no way to send a line break.
pub fn line(text: &str) -> Option<Box<str>> {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if text.len() <= LONGEST && !text.contains(breaks) {
        // Nearly all are.
        let text = text.trim();
        return (!text.is_empty()).then(|| text.into());
    }
    let text: String = text.chars().map(|c| if breaks(c) { ' ' } else { c }).collect();
    let text: String = text.trim().chars().take(LONGEST).collect();
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_one_line() {
        let long = "🔥".repeat(LONGEST + 1);
        for (text, clean) in [
            (" a\r\nb\tc\u{85}d\u{2028}e ", Some("a  b c d e")),
            ("\n\0", None),
            ("", None),
            ("日本 🔥", Some("日本 🔥")),
            (&long, Some(&long[..4 * LONGEST])),
        ] {
            assert_eq!(line(text).as_deref(), clean, "{text:?}");
        }
    }
}
