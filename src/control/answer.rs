//! An answer: one JSON object on one line, `success` first.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What every answer has, and its own keys.
#[derive(Debug, Serialize)]
struct Answer<T> {
    success: bool,
    #[serde(flatten)]
    keys: T,
}

/// The keys of an answer that says no.
#[derive(Debug, Serialize)]
struct Failure<'a> {
    error: &'a str,
}

/// The line that says yes.
pub(super) fn success(keys: impl Serialize) -> Vec<u8> {
    line(&Answer { success: true, keys })
}

/// The line that says no, and why.
pub(super) fn failure(error: &str) -> Vec<u8> {
    line(&Answer { success: false, keys: Failure { error } })
}

/// One JSON object on a line of its own.
pub(super) fn line(object: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(object).expect("keys are texts, and nothing refuses to be written");
    line.push(b'\n');
    line
}

/// What an answer says.
#[derive(Debug)]
pub(super) enum Said<T> {
    Yes(T),
    /// Why not.
    No(String),
}

/// Reads an answer.
///
/// # Errors
/// When it is none, or lacks a key.
pub(super) fn read<T: DeserializeOwned>(line: &str) -> Result<Said<T>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Verdict {
        success: bool,
        error: Option<String>,
    }
    let verdict: Verdict = serde_json::from_str(line)?;
    if verdict.success {
        return serde_json::from_str(line).map(Said::Yes);
    }
    Ok(Said::No(verdict.error.unwrap_or_else(|| "the daemon does not say why".to_owned())))
}
