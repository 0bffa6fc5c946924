//! Filters of the log, and what in them could not be meant.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Whether `text` is a `tracing` filter. A word that is neither a level nor a part of ytmpd is
/// none: it would be taken for the name of another program's part, and silence ours. Nor is one
/// that names a part of ytmpd as if it were a program: it would do nothing. An empty text is none
/// either: it would let errors alone through, for which `error` is the word.
pub fn is_log_filter(text: &str) -> bool {
    let is_meant = |directive: &str| {
        let lone = !directive.contains(['=', '[', '{']);
        let ours = directive == "ytmpd" || directive.starts_with("ytmpd::");
        directive.is_empty() || !lone || ours || directive.parse::<LevelFilter>().is_ok()
    };
    let is_whole = |directive: &str| is_meant(directive) && bare_part(directive).is_none();
    let is_empty = text.split(',').all(str::is_empty);
    !is_empty && EnvFilter::try_new(text).is_ok() && text.split(',').all(is_whole)
}

/// The target of a directive, if it begins with a module of ours instead of with `ytmpd::`.
pub(super) fn bare_part(directive: &str) -> Option<&str> {
    let target = directive.split(['=', '[', '{']).next()?.trim();
    let program = target.split("::").next()?;
    PARTS.split(' ').any(|part| part == program).then_some(target)
}

/// What there is in `ytmpd::`, in the order of the alphabet.
const PARTS: &str = "app config control cookies ctl demo disk doctor library materialise mpd net player \
                     proto reason relay resolver service session sync tls words youtube ytdlp zeroconf";
