//! How a request says who it comes from, and how an answer says whether that was believed.

use std::fmt::Write as _;

use jiff::Timestamp;
use memchr::memmem;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue};
use sha1::{Digest, Sha1};

use super::page::is_web_page;
use crate::cookies::Session;

/// Who asks, whatever address we ask at: a signature holds it too.
pub(super) const ORIGIN: &str = "https://music.youtube.com";

/// Which of the browser's accounts it is.
const ACCOUNT: HeaderName = HeaderName::from_static("x-goog-authuser");

/// What a signature is called, and the cookies that it may be made of, best first. As browsers and
/// `yt-dlp` send them.
const SIGNATURES: [(&str, &[&str]); 3] = [
    ("SAPISIDHASH", &["SAPISID", "__Secure-3PAPISID"]),
    ("SAPISID1PHASH", &["__Secure-1PAPISID"]),
    ("SAPISID3PHASH", &["__Secure-3PAPISID"]),
];

/// The headers of a request of the account's owner.
pub(super) fn headers(session: &Session, account: u32, now: Timestamp) -> HeaderMap {
    let mut signatures = vec![];
    for (name, cookies) in SIGNATURES {
        if let Some(secret) = cookies.iter().find_map(|cookie| session.value(cookie)) {
            signatures.push(format!("{name} {}", signature(secret, now)));
        }
    }
    let mut headers = HeaderMap::from_iter([(ACCOUNT, account.into())]);
    for (name, text) in [(COOKIE, session.header()), (AUTHORIZATION, signatures.join(" "))] {
        // The cookies hold nothing that cannot stand in a header.
        if let Ok(mut value) = HeaderValue::try_from(text) {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }
    headers
}

/// `TIME_HASH`, of the moment, the secret and the origin.
fn signature(secret: &str, now: Timestamp) -> String {
    let time = now.as_second();
    let mut text = format!("{time}_");
    for byte in Sha1::digest(format!("{time} {secret} {ORIGIN}")) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// What an answer says of who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// The account's owner.
    Owner,
    /// Nobody that it knows.
    Stranger,
    /// It does not say: errors do not.
    Unsaid,
}

/// Reads `{"key":"logged_in","value":"1"}`, which stands among the tracking parameters of each
/// page. The page is not parsed for it: inside a JSON string, the quotes would be escaped.
pub(super) fn seen(body: &[u8]) -> Seen {
    const KEY: &[u8] = br#""logged_in""#;
    let places = memmem::find_iter(body, KEY);
    places
        .filter_map(|at| value_beside(body.get(..at)?, body.get(at + KEY.len()..)?))
        .next()
        .unwrap_or(Seen::Unsaid)
}

/// The value after the key, or before it, as members of an object have no order.
fn value_beside(before: &[u8], after: &[u8]) -> Option<Seen> {
    /// Far more than both take.
    const NEAR: usize = 64;
    let dense =
        |bytes: &[u8]| bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<u8>>();
    let after = dense(after.get(..NEAR).unwrap_or(after));
    let before = dense(before.get(before.len().saturating_sub(NEAR)..).unwrap_or(before));
    let is = |value: &str| {
        after.starts_with(format!(",\"value\":\"{value}\"}}").as_bytes())
            || before.ends_with(format!("{{\"value\":\"{value}\",\"key\":").as_bytes())
    };
    if is("1") { Some(Seen::Owner) } else { is("0").then_some(Seen::Stranger) }
}

/// Whether a web page is, or leads to, the one on which people sign in.
pub(super) fn is_sign_in_page(page: &[u8]) -> bool {
    is_web_page(page) && memmem::find(page, b"accounts.google.com").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_of_moment_secret_and_origin() {
        // `printf '1700000000 abc/DEF https://music.youtube.com' | sha1sum`
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        assert_eq!(signature("abc/DEF", now), "1700000000_e01d02cf367d3d97a8bb84d4164d4f89ec596c0a");
    }

    #[test]
    fn an_answer_says_who_asked() {
        for (body, expected) in [
            (r#"{"params":[{"key":"logged_in","value":"1"}]}"#, Seen::Owner),
            (r#"{"params":[{"key":"logged_in","value":"0"},{"key":"e","value":"1"}]}"#, Seen::Stranger),
            ("[{\n  \"key\": \"logged_in\",\n  \"value\": \"0\"\n }]", Seen::Stranger),
            (r#"[{"value":"1","key":"logged_in"}]"#, Seen::Owner),
            (r#"{"title":"{\"key\":\"logged_in\",\"value\":\"1\"}"}"#, Seen::Unsaid),
            (r#"["logged_in",{"key":"logged_in","value":"0"}]"#, Seen::Stranger),
            (r#"{"key":"logged_in","#, Seen::Unsaid),
            ("", Seen::Unsaid),
        ] {
            assert_eq!(seen(body.as_bytes()), expected, "{body}");
        }
        if let Some(recorded) = crate::youtube::recorded("ytm_library_playlists.json") {
            assert_eq!(seen(&recorded), Seen::Owner);
        }
    }

    #[test]
    fn only_the_page_itself_is_the_sign_in_page() {
        assert!(is_sign_in_page(b"\n<!doctype html><base href=\"https://accounts.google.com/v3/signin/\">"));
        assert!(!is_sign_in_page(b"<!doctype html><title>Before you continue</title>"));
        assert!(!is_sign_in_page(br#"{"title":"accounts.google.com"}"#));
    }
}
