//! What is wrong with a configuration, and where.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;

use toml::de::DeTable;

use super::explain::{explain, position};

/// Why there is no configuration. The programs print it and exit with 78 (`EX_CONFIG`).
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named cannot be read.
    #[error("cannot read the configuration {file}", file = .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// The file is a link to nothing: the user has meant one to be there.
    #[error("the configuration {file} is a link to {target}, which is not there", file = .0.display(), target = .1.display())]
    Dangling(PathBuf, PathBuf),
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

impl ConfigError {
    /// What the TOML parser found in `text`.
    pub(super) fn parse(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let (key, message) = explain(text, error);
        let position = error.span().map(|span| position(text, span.start));
        Self::Invalid(Complaint { file: Some(file.to_owned()), position, key, message })
    }

    /// Bytes that are no text.
    pub(super) fn encoding(file: &Path, error: &FromUtf8Error) -> Self {
        let text = error.as_bytes().utf8_chunks().next().map_or("", |chunk| chunk.valid());
        Self::Invalid(Complaint {
            file: Some(file.to_owned()),
            position: Some(position(text, text.len())),
            key: None,
            message: "is not UTF-8 here, as TOML has to be: save the file with that encoding".to_owned(),
        })
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

/// Where the value of `section.key` stands, or one of its elements.
fn span_of(text: &str, key: &str, element: Option<usize>) -> Option<Range<usize>> {
    let (section, key) = key.split_once('.')?;
    let document = DeTable::parse(text).ok()?.into_inner();
    let value = document.get(section)?.get_ref().as_table()?.get(key)?;
    let element = element.and_then(|at| value.get_ref().as_array()?.get(at));
    Some(element.unwrap_or(value).span())
}
