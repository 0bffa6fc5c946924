//! Texts as InnerTube has them: a string, `simpleText`, or `runs` of which some are links.

use std::time::Duration;

use super::lean::Json;
use crate::library::Track;
pub(super) use crate::library::line;

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Run<'a> {
    pub(super) text: &'a str,
    pub(super) leads_to: LeadsTo<'a>,
}

/// Where a click on a run leads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum LeadsTo<'a> {
    Artist,
    /// Somebody's channel: who uploaded the video, or who added it to the playlist.
    Channel,
    Album,
    /// The song itself; the id is as it came.
    Video(&'a str),
    /// Nowhere, or to a page of another kind.
    Elsewhere,
}

/// The pieces of a text, in order; none if it is no text.
pub(super) fn runs<'a>(text: &Json<'a>) -> Vec<Run<'a>> {
    if let Some(runs) = text.at("runs").as_array() {
        return runs
            .iter()
            .filter_map(|run| Some(Run { text: run.at("text").as_str()?, leads_to: target(run) }))
            .collect();
    }
    let plain =
        text.at("simpleText").as_str().or_else(|| text.at("content").as_str()).or_else(|| text.as_str());
    plain.into_iter().map(|text| Run { text, leads_to: LeadsTo::Elsewhere }).collect()
}

fn target<'a>(run: &Json<'a>) -> LeadsTo<'a> {
    let endpoint = run.at("navigationEndpoint");
    if let Some(video) = endpoint.at("watchEndpoint").at("videoId").as_str() {
        return LeadsTo::Video(video);
    }
    let browse = endpoint.at("browseEndpoint");
    let configs = browse.at("browseEndpointContextSupportedConfigs");
    match configs.at("browseEndpointContextMusicConfig").at("pageType").as_str() {
        // A podcast's episodes name the show where songs name the artist. The artist of an upload has
        // a page of a kind without a name.
        Some(
            "MUSIC_PAGE_TYPE_ARTIST"
            | "MUSIC_PAGE_TYPE_LIBRARY_ARTIST"
            | "MUSIC_PAGE_TYPE_PODCAST_SHOW_DETAIL_PAGE"
            | "MUSIC_PAGE_TYPE_UNKNOWN",
        ) => LeadsTo::Artist,
        Some("MUSIC_PAGE_TYPE_USER_CHANNEL") => LeadsTo::Channel,
        Some("MUSIC_PAGE_TYPE_ALBUM" | "MUSIC_PAGE_TYPE_AUDIOBOOK") => LeadsTo::Album,
        Some(_) => LeadsTo::Elsewhere,
        None => browse.at("browseId").as_str().map_or(LeadsTo::Elsewhere, by_id),
    }
}

/// Where a page's id leads, if its kind is not told. An artist's page is a channel too.
fn by_id<'a>(browse_id: &str) -> LeadsTo<'a> {
    let begins = |prefix| browse_id.starts_with(prefix);
    if begins("MPREb_") || begins("FEmusic_library_privately_owned_release_detail") {
        LeadsTo::Album
    } else if begins("UC") {
        LeadsTo::Channel
    } else {
        LeadsTo::Elsewhere
    }
}

/// The whole text, on one line; `None` if nothing is left.
pub(super) fn whole(text: &Json<'_>) -> Option<Box<str>> {
    joined(&runs(text))
}

/// The text of these pieces, on one line; `None` if nothing is left.
pub(super) fn joined(runs: &[Run<'_>]) -> Option<Box<str>> {
    match runs {
        [only] => line(only.text),
        _ => line(&runs.iter().map(|run| run.text).collect::<String>()),
    }
}

/// `3:33` or `1:02:03` as a duration, in the digits of any language and with marks of the direction
/// of writing anywhere; `None` for any other text.
pub(super) fn duration(text: &str) -> Option<Duration> {
    // As most texts: there is nothing to copy.
    if !text.contains(':') {
        return None;
    }
    let text: String = text.chars().filter(|c| !is_direction(*c)).map(plain_digit).collect();
    let (rest, seconds) = text.trim().rsplit_once(':')?;
    let (hours, minutes) = match rest.split_once(':') {
        None => (0, number(rest, 1)?),
        Some((hours, minutes)) => (number(hours, 1)?, number(minutes, 2)?),
    };
    let seconds = number(seconds, 2)?;
    let duration = Duration::from_secs(u64::from(hours * 3600 + minutes * 60 + seconds));
    (seconds < 60 && duration <= Track::LONGEST).then_some(duration)
}

/// Whether it only says which way the text beside it runs.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A decimal digit of a language that YouTube speaks, as ASCII has it.
fn plain_digit(c: char) -> char {
    /// The zeros of Arabic, Persian and Urdu, Hindi and Marathi, Bengali and Assamese, and Burmese.
    const ZEROS: [char; 5] = ['\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{1040}'];
    let digit =
        ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|it| *it < 10));
    digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c)
}

/// A number of at least `shortest` and at most four digits.
fn number(digits: &str, shortest: usize) -> Option<u32> {
    let fits = (shortest..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::youtube::lean::with;

    #[test]
    fn durations() {
        for (text, seconds) in [
            ("3:33", Some(213)),
            (" 0:07 ", Some(7)),
            ("1:02:03", Some(3723)),
            ("100:00:00", Some(360_000)),
            ("90:00", Some(5400)),
            ("", None),
            ("3", None),
            ("3:3", None),
            ("3:60", None),
            (":33", None),
            ("-3:33", None),
            ("3:33 min", None),
            ("99999:00", None),
            ("1001:00:00", None),
            ("1:2:03:04", None),
            ("٣:٣٣", Some(213)),
            ("۱:۰۲:۰۳", Some(3723)),
            ("०:०७", Some(7)),
            ("\u{200f}3\u{200e}:33\u{200f}", Some(213)),
            ("3.33", None),
            ("³:33", None),
        ] {
            assert_eq!(duration(text), seconds.map(Duration::from_secs), "{text:?}");
        }
    }

    #[test]
    fn a_text_has_many_forms() {
        for text in [
            json!("A B"),
            json!({"simpleText": "A B"}),
            json!({"content": "A B"}),
            json!({"runs": [{"text": "A "}, {"bold": true}, {"text": "B"}]}),
        ] {
            assert_eq!(with(&text, whole).as_deref(), Some("A B"), "{text}");
        }
        assert_eq!(with(&json!({"runs": "A"}), whole), None);
    }
}
