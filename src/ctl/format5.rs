//! `ytmpd.toml(5)`, from docs/configuration.md.
//!
//! Understands as much of Markdown as that page uses: headings, paragraphs, lists, blocks of code,
//! and `code`, *emphasis* and links within a line.

use roff::{Inline, Roff, bold, italic, roman};

/// The page that is the source of both.
const SOURCE: &str = include_str!("../../docs/configuration.md");

/// The name of the manual's page.
pub(super) const FILE: &str = "ytmpd.toml.5";

/// What is in [`FILE`].
pub(super) fn page() -> String {
    let version = concat!("ytmpd ", env!("CARGO_PKG_VERSION"));
    let mut roff = Roff::new();
    roff.control("TH", ["ytmpd.toml", "5", "", version]);
    roff.control("SH", ["NAME"]);
    roff.text([roman("ytmpd.toml - configuration of ytmpd")]);
    roff.control("SH", ["DESCRIPTION"]);
    let mut lines = SOURCE.lines().skip_while(|line| !line.starts_with("ytmpd reads"));
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            roff.control("EX", []);
            for code in lines.by_ref().take_while(|line| !line.starts_with("```")) {
                roff.text([roman(code)]);
            }
            roff.control("EE", []);
        } else if let Some(heading) = line.strip_prefix("## ") {
            roff.control("SH", [heading]);
        } else if let Some(heading) = line.strip_prefix("### ") {
            roff.control("SS", [heading.trim_matches('`')]);
        } else if let Some(point) = line.strip_prefix("* ") {
            roff.control("IP", ["\\(bu", "2"]);
            roff.text(inlines(point));
        } else if line.is_empty() {
            roff.control("PP", []);
        } else {
            roff.text(inlines(line));
        }
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("ytmpd"), roman("(1), "), bold("ytmpctl"), roman("(1), "), bold("mpd"), roman("(1)")]);
    roff.to_roff()
}

/// A line's text, with what is set off in it.
fn inlines(line: &str) -> Vec<Inline> {
    let mut inlines = vec![];
    let mut rest = line;
    while let Some((before, mark, inner, after)) = next_mark(rest) {
        inlines.push(roman(before));
        inlines.push(match mark {
            Mark::Code => bold(inner),
            Mark::Emphasis => italic(inner),
            Mark::Link => roman(inner),
        });
        rest = after;
    }
    inlines.push(roman(rest));
    inlines
}

enum Mark {
    Code,
    Emphasis,
    Link,
}

/// The first thing that is set off in `text`: what is before it, what it is, what is in it, and
/// the rest.
fn next_mark(text: &str) -> Option<(&str, Mark, &str, &str)> {
    let at = text.find(['`', '*', '['])?;
    let (before, from) = text.split_at_checked(at)?;
    let inside = from.get(1..)?;
    if from.starts_with('`') {
        let (inner, after) = inside.split_once('`')?;
        return Some((before, Mark::Code, inner, after));
    }
    if from.starts_with('*') {
        let (inner, after) = inside.split_once('*')?;
        return Some((before, Mark::Emphasis, inner, after));
    }
    let (inner, link) = inside.split_once("](")?;
    let (_target, after) = link.split_once(')')?;
    Some((before, Mark::Link, inner, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_off_in_a_line() {
        let line = inlines("An [id](x.md), `a*b`, *at restart*: done");
        let expected = [
            roman("An "),
            roman("id"),
            roman(", "),
            bold("a*b"),
            roman(", "),
            italic("at restart"),
            roman(": done"),
        ];
        assert_eq!(line, expected);
    }

    #[test]
    fn the_page_has_every_part_and_no_markdown_left() {
        let page = page();
        for line in [".SH [proxy]", ".SS proxy.listen", ".SH \"The file\"", ".EX", ".IP \\(bu 2"] {
            assert!(page.lines().any(|found| found == line), "{line}: {page}");
        }
        for left in ["](", "`", "\n#", "\n* "] {
            assert!(!page.contains(left), "{left:?}: {page}");
        }
    }
}
