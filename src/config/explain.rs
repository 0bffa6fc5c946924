//! What the TOML parser and serde complain about, in people's words: which key it is, and what
//! would be right. No value is repeated, for it may be a password.

use std::ops::Range;

use toml::Value;
use toml::de::{DeTable, DeValue, Error};

use super::bounds::out_of_bounds;
use super::raw::RawConfig;

/// What the parser says, and what people call it.
const WORDS: &[(&str, &str)] = &[
    ("unexpected key or value, expected newline, `#`", "nothing more is expected on this line"),
    ("invalid basic string, expected `\"`", "the text's closing `\"` is missing"),
    ("invalid literal string, expected `'`", "the text's closing `'` is missing"),
];

/// What it says of a value that begins like none, or like another.
const NO_VALUE: [&str; 3] = [
    "string values must be quoted, expected literal string",
    "invalid boolean, expected `true`",
    "invalid boolean, expected `false`",
];

/// The key that `error` in `text` is about, if there is one, and what is wrong.
pub(super) fn explain(text: &str, error: &Error) -> (Option<String>, String) {
    let message = error.message().replace('\n', ", ");
    let Some(span) = error.span() else { return (None, message) };
    match DeTable::parse(text) {
        Ok(document) => misfit(document.get_ref(), span.start, message),
        Err(_) if message == "duplicate key" => {
            let (key, message) = twice(text, &span).unwrap_or((None, "is there twice".to_owned()));
            (key.or_else(|| key_of_line(text, span.start)), message)
        }
        Err(_) => {
            let key = key_of_line(text, span.start);
            let wanted = key.as_deref().filter(|_| NO_VALUE.contains(&message.as_str())).and_then(wanted);
            let known = WORDS.iter().find(|(theirs, _)| *theirs == message);
            let message = match (wanted, known) {
                (Some(wanted), _) => format!("{wanted} is expected"),
                (None, Some((_, ours))) => (*ours).to_owned(),
                (None, None) => message,
            };
            (key, message)
        }
    }
}

/// TOML that is no configuration, at this offset.
fn misfit(document: &DeTable<'_>, at: usize, message: String) -> (Option<String>, String) {
    let Some(key) = key_at(document, at) else { return (None, message) };
    if let Some(names) = message.strip_prefix("unknown field ") {
        let message = format!("unknown key {names}{}", rightful_place(document, &key));
        return (Some(key), message);
    }
    if let Some(choice) = message.strip_prefix("unknown variant ") {
        return (Some(key), format!("unknown value {choice}"));
    }
    // No value is a table of ours: whatever is deeper is within a value.
    let key: Vec<&str> = key.splitn(3, '.').take(2).collect();
    let key = key.join(".");
    let found = entry(document, &key).map(|(_, value)| value);
    // Types of our own say what they expect.
    let own = message.strip_suffix(" is expected").filter(|_| key.contains('.')).map(str::to_owned);
    let message = match (own.or_else(|| wanted(&key)), found.map(kind)) {
        (Some(wanted), Some(WHOLE_NUMBER)) if wanted == WHOLE_NUMBER => out_of_bounds(&key),
        (Some(wanted), Some(found)) if !wanted.contains(found) => {
            format!("{wanted} is expected, not {found}")
        }
        (Some(wanted), _) => format!("{wanted} is expected"),
        (None, _) => message,
    };
    (Some(key), message)
}

const WHOLE_NUMBER: &str = "a whole number";

/// What `key` takes, if there is such a key; a section's name counts as one.
fn wanted(key: &str) -> Option<String> {
    let Some((section, name)) = key.split_once('.') else { return Some(format!("a table, [{key}],")) };
    let wanted = match RawConfig::default().to_table().get(section)?.get(name)? {
        _ if key == "sync.materialise" => "\"mpd\", \"files\" or \"off\"",
        Value::Boolean(_) => "true or false",
        Value::Integer(_) => WHOLE_NUMBER,
        Value::Array(_) => "a list of texts in quotes",
        _ => "a text in quotes",
    };
    Some(wanted.to_owned())
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => WHOLE_NUMBER,
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// What to do about a key that is unknown where it stands, and is known elsewhere.
fn rightful_place(document: &DeTable<'_>, key: &str) -> String {
    let sections = RawConfig::default().to_table();
    let name = key.rsplit('.').next().unwrap_or(key);
    if sections.contains_key(name) {
        // Such as `youtube.cookies` below another header.
        let inner = entry(document, key).and_then(|(_, value)| value.as_table()?.keys().next());
        return match inner {
            Some(inner) => format!("; write `{} = …` below `[{name}]`", inner.get_ref()),
            None => format!("; `[{name}]` is a section of its own"),
        };
    }
    let has_it = |keys: &Value| keys.as_table().is_some_and(|keys| keys.contains_key(name));
    let homes = sections.iter().filter(|(_, keys)| has_it(keys));
    let homes: Vec<String> = homes.map(|(section, _)| format!("`[{section}]`")).collect();
    if homes.is_empty() { String::new() } else { format!("; it belongs below {}", homes.join(" or ")) }
}

/// What is said of the key at `span` that is there before as well.
fn twice(text: &str, span: &Range<usize>) -> Option<(Option<String>, String)> {
    /// Nobody's key: where it ends up tells where the second one would.
    const STAND_IN: &str = "ytmpd-second";
    let (before, name, after) = (text.get(..span.start)?, text.get(span.clone())?, text.get(span.end..)?);
    let text = [before, STAND_IN, after].concat();
    let (document, _) = DeTable::parse_recoverable(&text);
    let key = key_at(document.get_ref(), span.start)?;
    let key = key.replace(STAND_IN, name.trim_matches(['"', '\'']));
    let (first, value) = entry(document.get_ref(), &key)?;
    let (line, _) = position(&text, first.start);
    let todo = if value.is_table() { "put its keys in one place" } else { "keep one of them" };
    Some((Some(key), format!("is there twice (first on line {line}): {todo}")))
}

/// The key with which the line begins that `at` is in, or whose value goes on there.
fn key_of_line(text: &str, at: usize) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let (before, line) = text.split_at_checked(start)?;
    let line = line.trim_start();
    let is_header = line.starts_with('[');
    let line = line.trim_start_matches('[').trim_start();
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name = line.split(|c| !is_bare(c)).next().unwrap_or_default().trim_end_matches('.');
    if name.is_empty() {
        return key_at(DeTable::parse_recoverable(text).0.get_ref(), at);
    }
    if is_header {
        return Some(name.to_owned());
    }
    // As if its value were right.
    let text = format!("{before}{name} = 0");
    let (document, _) = DeTable::parse_recoverable(&text);
    key_at(document.get_ref(), start + name.len() - 1)
}

/// The dotted key whose name or value is at `offset`.
fn key_at(table: &DeTable<'_>, offset: usize) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref();
        if let DeValue::Table(inner) = value.get_ref()
            && let Some(found) = key_at(inner, offset)
        {
            return Some(format!("{name}.{found}"));
        }
        let here = key.span().contains(&offset) || value.span().contains(&offset);
        here.then(|| name.to_string())
    })
}

/// Where the name of a dotted key stands, and its value.
fn entry<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<(Range<usize>, &'a DeValue<'i>)> {
    let (name, rest) = key.split_once('.').map_or((key, None), |(name, rest)| (name, Some(rest)));
    let (found, value) = table.iter().find(|(key, _)| key.get_ref() == name)?;
    match rest {
        Some(rest) => entry(value.get_ref().as_table()?, rest),
        None => Some((found.span(), value.get_ref())),
    }
}

/// Line and column of an offset in bytes, both from 1; the column counts characters.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(text: &str) -> String {
        let error = toml::from_str::<RawConfig>(text).unwrap_err();
        let (key, message) = explain(text, &error);
        key.map_or(message.clone(), |key| format!("{key}: {message}"))
    }

    #[test]
    fn what_is_there_twice_is_named_with_its_first_place() {
        for (text, explanation) in [
            (
                "\n[youtube]\nliked = true\n\n[log]\n[youtube]\nlibrary = true",
                "youtube: is there twice (first on line 2): put its keys in one place",
            ),
            (
                "youtube.liked = true\n[youtube]\nlibrary = true",
                "youtube: is there twice (first on line 1): put its keys in one place",
            ),
            (
                "[youtube]\nliked = true\nprefix = \"\"\nliked = false",
                "youtube.liked: is there twice (first on line 2): keep one of them",
            ),
            (
                "sync.auto = true\nsync.\"auto\" = true",
                "sync.auto: is there twice (first on line 1): keep one of them",
            ),
            (
                "youtube = { liked = true,\n  liked = false }",
                "youtube.liked: is there twice (first on line 1): keep one of them",
            ),
        ] {
            assert_eq!(explained(text), explanation, "{text}");
        }
    }

    #[test]
    fn a_key_in_the_wrong_place_is_told_the_right_one() {
        for (text, advice) in [
            ("[log]\nyoutube.cookies = \"x\"", "`filter`; write `cookies = …` below `[youtube]`"),
            ("[proxy]\nproxy.listen = \"x:1\"", "`max_clients`; write `listen = …` below `[proxy]`"),
            ("[mpd.youtube]\ncookies = \"x\"", "`password`; write `cookies = …` below `[youtube]`"),
            ("[log]\nyoutube = 1", "`filter`; `[youtube]` is a section of its own"),
            ("cookies = \"x\"", "`log`; it belongs below `[youtube]`"),
            ("[mpd]\nlisten = \"x:1\"", "`password`; it belongs below `[proxy]` or `[relay]`"),
            ("[log]\nfliter = \"info\"", "unknown key `fliter`, expected `filter`"),
        ] {
            let explanation = explained(text);
            assert!(explanation.ends_with(advice), "{explanation}");
        }
    }

    #[test]
    fn what_is_no_toml_is_told_with_the_key_of_its_line() {
        for (text, explanation) in [
            ("[youtube]\nlibrary = True", "youtube.library: true or false is expected"),
            ("[youtube]\nlibrary = Fasle", "youtube.library: true or false is expected"),
            ("[youtube]\nlibrary =", "youtube.library: true or false is expected"),
            ("[relay]\nhold_seconds = sixty", "relay.hold_seconds: a whole number is expected"),
            ("[log]\n\n  youtube.cookies = ~/x", "log.youtube.cookies: string values must be quoted"),
            ("youtube.cookies = ~/x", "youtube.cookies: a text in quotes is expected"),
            ("[youtube]\nplaylists = [PLx]", "youtube.playlists: a list of texts in quotes is expected"),
            ("[youtube]\nplaylists = [\n  PLx\n]", "youtube.playlists: a list of texts in quotes is"),
            ("[youtube]\nplaylists = [\n  \"a\"\n  \"b\"\n]", "youtube.playlists: missing comma"),
            ("[youtube]\nplaylists = [\"a\"\nliked = true", "youtube.playlists: missing comma"),
            ("[youtube]\nprefix = \"x", "youtube.prefix: the text's closing `\"` is missing"),
            ("[youtube]\nprefix = 'x", "youtube.prefix: the text's closing `'` is missing"),
            ("[mpd]\npassword = \"a\"b\"", "mpd.password: nothing more is expected on this line"),
            ("[youtube]\nlibrary: true", "youtube.library: key with no value, expected `=`"),
            ("[log]\n[youtube", "youtube: unclosed table"),
            ("= 1", "unquoted keys cannot be empty"),
        ] {
            let found = explained(text);
            assert!(found.starts_with(explanation), "{text}\n{found}");
        }
    }

    #[test]
    fn a_value_of_another_kind_is_told_what_would_be_right() {
        for (text, explanation) in [
            ("[relay]\nlisten = [\"x:1\"]", "relay.listen: a text in quotes is expected, not a list"),
            ("[relay]\nlisten = 6602", "relay.listen: a text in quotes is expected, not a whole number"),
            (
                "[relay]\nhold_seconds = 99999999999999999999",
                "relay.hold_seconds: is out of bounds: 0 to 600 is expected",
            ),
            (
                "[relay]\nhold_seconds = 9999999999999999999",
                "relay.hold_seconds: is out of bounds: 0 to 600 is expected",
            ),
            (
                "[relay]\nhold_seconds = 999999999999999999999999999999999999999999",
                "relay.hold_seconds: is out of bounds: 0 to 600 is expected",
            ),
            ("[relay]\nhold_seconds = 1.5", "relay.hold_seconds: a whole number is expected, not a fraction"),
            (
                "[relay]\nhold_seconds = 2026-10-10",
                "relay.hold_seconds: a whole number is expected, not a date",
            ),
            ("[sync]\nauto = [1]", "sync.auto: true or false is expected, not a list"),
            (
                "[sync]\nmaterialise = true",
                "sync.materialise: \"mpd\", \"files\" or \"off\" is expected, not true or false",
            ),
            (
                "[sync]\nmaterialise = { mpd = 1 }",
                "sync.materialise: \"mpd\", \"files\" or \"off\" is expected, not a table",
            ),
            (
                "[mpd]\naddress = 6600",
                "mpd.address: a text or a list of texts is expected, not a whole number",
            ),
            ("[mpd]\naddress = [\"auto\", 6600]", "mpd.address: a text or a list of texts is expected"),
            ("[mpd]\npassword = 555", "mpd.password: a text in quotes is expected, not a whole number"),
            ("[resolver]\nargs = [1]", "resolver.args: a list of texts in quotes is expected"),
            ("[youtube.cookies]\nx = 1", "youtube.cookies: a text in quotes is expected, not a table"),
            ("mpd = \"x\"", "mpd: a table, [mpd], is expected, not a text"),
            ("[[youtube]]\nliked = true", "youtube: a table, [youtube], is expected, not a list"),
        ] {
            assert_eq!(explained(text), explanation, "{text}");
        }
    }
}
