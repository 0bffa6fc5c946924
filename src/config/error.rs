//! What is wrong with a configuration, and where.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

/// Why there is no configuration. The programs print it and exit with 78 (`EX_CONFIG`).
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named cannot be read.
    #[error("cannot read the configuration {file}", file = .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// The file is no TOML, has a key that does not exist, or a value that will not do.
    #[error("{0}")]
    Invalid(Complaint),
}

/// `file:line:column: key: message`, without what is not known.
#[derive(Debug)]
pub struct Complaint {
    file: Option<PathBuf>,
    /// Line and column, both from 1; the column counts characters.
    position: Option<(usize, usize)>,
    key: Option<String>,
    message: String,
}

/// A value that will not do, before it is known where it stands.
#[derive(Debug)]
pub(super) struct BadValue {
    /// `section.key`, or what else is wrong.
    pub(super) key: &'static str,
    /// Which of a list's elements, from 0.
    pub(super) element: Option<usize>,
    /// What would be right.
    pub(super) message: String,
}

/// What the parser says in words of Rust's, and what people call it.
const WORDS: &[(&str, &str)] = &[
    ("unknown field", "unknown key"),
    ("unknown variant", "unknown value"),
    ("expected i64", "expected a whole number"),
    ("expected a sequence", "expected a list"),
    ("expected a boolean", "expected true or false"),
];

/// Lists of texts that may hold a password.
const SECRET_LISTS: [&str; 2] = ["resolver.args", "resolver.command"];

impl ConfigError {
    /// What the TOML parser found in `text`.
    pub(super) fn parse(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let mut message = error.message().replace('\n', ", ");
        for (theirs, ours) in WORDS {
            message = message.replacen(theirs, ours, 1);
        }
        let key = error.span().and_then(|span| key_at(text, span.start));
        let may_be_secret = key.as_deref().is_some_and(|key| SECRET_LISTS.contains(&key));
        if may_be_secret && message.starts_with("invalid type") {
            // It goes on with the value.
            "expected a list of texts".clone_into(&mut message);
        }
        let position = error.span().map(|span| position(text, span.start));
        Self::Invalid(Complaint { file: Some(file.to_owned()), position, key, message })
    }

    /// A bad value, looked up in the file that it may come from.
    pub(super) fn value(source: Option<(&Path, &str)>, bad: BadValue) -> Self {
        // Something beside the file may be wrong, such as a variable.
        let source = source.filter(|_| bad.key.contains('.'));
        let span = source.and_then(|(_, text)| Some((text, span_of(text, bad.key, bad.element)?)));
        Self::Invalid(Complaint {
            file: source.map(|(file, _)| file.to_owned()),
            position: span.map(|(text, span)| position(text, span.start)),
            key: Some(bad.key.to_owned()),
            message: bad.message,
        })
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
            if let Some((line, column)) = self.position {
                write!(f, "{line}:{column}:")?;
            }
            f.write_str(" ")?;
        }
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)
    }
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// Where the value of `section.key` stands, or one of its elements.
fn span_of(text: &str, key: &str, element: Option<usize>) -> Option<Range<usize>> {
    let (section, key) = key.split_once('.')?;
    let document = DeTable::parse(text).ok()?.into_inner();
    let value = document.get(section)?.get_ref().as_table()?.get(key)?;
    let element = element.and_then(|at| value.get_ref().as_array()?.get(at));
    Some(element.unwrap_or(value).span())
}

/// The dotted key whose name or value is at `offset`.
fn key_at(text: &str, offset: usize) -> Option<String> {
    fn search(table: &DeTable<'_>, offset: usize) -> Option<String> {
        table.iter().find_map(|(key, value)| {
            let name = key.get_ref();
            if let DeValue::Table(inner) = value.get_ref()
                && let Some(found) = search(inner, offset)
            {
                return Some(format!("{name}.{found}"));
            }
            let here = key.span().contains(&offset) || value.span().contains(&offset);
            here.then(|| name.to_string())
        })
    }
    search(DeTable::parse(text).ok()?.get_ref(), offset)
}
