//! The user's export, in whatever shape it came out of the browser.
//!
//! `cookies.txt` in Netscape's format is what we ask for. The other shapes are what people paste:
//! the JSON of a browser extension, a `Cookie` header, and the `curl` command of the browser's
//! developer tools.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::jar::{Cookie, Jar, Scope};

/// YouTube's cookies in an export; none if it has no shape that we know.
pub(super) fn read(text: &str) -> Jar {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with(['[', '{']) {
        return json(text);
    }
    let netscape: Jar = text.lines().filter_map(netscape).collect();
    if !netscape.is_empty() {
        return netscape;
    }
    header(text).map(pairs).unwrap_or_default()
}

/// What the file says: Windows' tools write UTF-16.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    let decode = |units: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = units.chunks_exact(2).filter_map(|pair| pair.try_into().ok());
        String::from_utf16_lossy(&units.map(unit).collect::<Vec<u16>>()).into()
    };
    match bytes {
        [0xff, 0xfe, units @ ..] => decode(units, u16::from_le_bytes),
        [0xfe, 0xff, units @ ..] => decode(units, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// A line: domain, whether subdomains see it, path, secure, expiry, name, value, with tabs between
/// them. A paste may have made spaces of the tabs, an editor may have cut an empty value.
pub(super) fn netscape(line: &str) -> Option<Cookie> {
    let line = line.trim_end_matches(['\r', '\n']);
    let (http_only, line) = match line.strip_prefix("#HttpOnly_") {
        Some(line) => (true, line),
        None if line.starts_with('#') => return None,
        None => (false, line),
    };
    let tabs: Vec<&str> = line.split('\t').map(str::trim).collect();
    let fields = if tabs.len() > 1 { tabs } else { line.split_whitespace().collect() };
    let (domain, subdomains, path, secure, expires, name, value) = match *fields.as_slice() {
        [domain, all, path, secure, expires, name, value] => {
            (domain, all, path, secure, expires, name, value)
        }
        [domain, all, path, secure, expires, name] => (domain, all, path, secure, expires, name, ""),
        _ => return None,
    };
    let all = domain.starts_with('.') || subdomains.eq_ignore_ascii_case("true");
    Some(Cookie {
        domain: domain.trim_start_matches('.').to_ascii_lowercase(),
        scope: if all { Scope::Subdomains } else { Scope::Host },
        path: path.to_owned(),
        secure: secure.eq_ignore_ascii_case("true"),
        http_only,
        expires: expires.parse().ok().and_then(seconds),
        ..Cookie::bare(name, value)
    })
}

/// Seconds since 1970, if it is not the 0 or -1 of a cookie without an expiry.
#[expect(clippy::cast_possible_truncation, reason = "beyond the range it saturates, which is the far future")]
fn seconds(seconds: f64) -> Option<i64> {
    (seconds > 0.0).then_some(seconds as i64)
}

/// What the extensions "EditThisCookie" and "Cookie-Editor" write.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exported {
    name: String,
    value: String,
    domain: String,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    host_only: bool,
    #[serde(default)]
    secure: bool,
    #[serde(default)]
    http_only: bool,
    #[serde(default, alias = "expires", deserialize_with = "number")]
    expiration_date: Option<f64>,
}

/// A number, also as text; `None` for anything else.
fn number<'de, D: Deserializer<'de>>(value: D) -> Result<Option<f64>, D::Error> {
    Ok(match Value::deserialize(value)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}

/// An array of cookies, or an object with one. Those that make no sense are left out.
fn json(text: &str) -> Jar {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Document {
        Array(Vec<Value>),
        Object { cookies: Vec<Value> },
    }
    let (Ok(Document::Array(cookies)) | Ok(Document::Object { cookies })) = serde_json::from_str(text) else {
        return Jar::default();
    };
    let cookies = cookies.into_iter().filter_map(|one| serde_json::from_value(one).ok());
    let cookie = |one: Exported| Cookie {
        domain: one.domain.trim_start_matches('.').to_ascii_lowercase(),
        scope: if one.host_only { Scope::Host } else { Scope::Subdomains },
        path: one.path.unwrap_or_else(|| "/".to_owned()),
        secure: one.secure,
        http_only: one.http_only,
        expires: one.expiration_date.and_then(seconds),
        ..Cookie::bare(&one.name, &one.value)
    };
    cookies.map(cookie).collect()
}

/// The value of a `Cookie` header: of a `curl` command, of a header line, or the whole text if it is
/// one line of pairs.
fn header(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let after = |mark: &str| lower.find(mark).and_then(|at| text.get(at + mark.len()..));
    if lower.starts_with("curl") {
        // `-H 'cookie: a=b'`, `-b 'a=b'`, with either quote.
        return ['\'', '"'].into_iter().find_map(|quote| {
            let marks = [format!("{quote}cookie:"), format!("-b {quote}"), format!("--cookie {quote}")];
            // A value may hold the other kind of quote.
            marks.iter().find_map(|mark| after(mark))?.split(quote).next()
        });
    }
    match after("cookie:") {
        Some(value) if lower.starts_with("cookie:") || lower.contains("\ncookie:") => value.lines().next(),
        _ => (text.trim().lines().count() == 1).then_some(text),
    }
}

fn pairs(header: &str) -> Jar {
    let pairs = header.split(';').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| Cookie::bare(name.trim(), value.trim())).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn every_shape_that_people_paste() {
        let netscape = "# Netscape HTTP Cookie File\n\n.youtube.com\tTRUE\t/\tTRUE\t4070908800\tSAPISID\ta/b\n\
                        #HttpOnly_.youtube.com\tTRUE\t/\tTRUE\t0\tLOGIN_INFO\tc=\n\
                        .google.com\tTRUE\t/\tTRUE\t0\tNID\tx\n";
        let json = r#"[{"domain":".youtube.com","expirationDate":4070908800.5,"hostOnly":false,"httpOnly":false,
            "name":"SAPISID","path":"/","sameSite":"no_restriction","secure":true,"session":false,"value":"a/b"},
            {"domain":".youtube.com","name":"LOGIN_INFO","value":"c=","expirationDate":null}]"#;
        for (what, text) in [
            ("netscape", netscape.to_owned()),
            ("CRLF and BOM", format!("\u{feff}{}", netscape.replace('\n', "\r\n"))),
            ("spaces for tabs", netscape.replace('\t', "    ")),
            ("no comments", netscape.lines().skip(2).collect::<Vec<_>>().join("\n")),
            ("JSON", json.to_owned()),
            ("JSON with odd entries", json.replace('[', "[1,{\"name\":\"YSC\",\"domain\":\"youtube.com\"},{\"domain\":0},")
                .replace("4070908800.5", "\"4070908800.5\"").replace("null", "\"never\"")),
            ("JSON in an object", format!("{{\"cookies\":{json},\"origins\":[]}}")),
            ("a header's value", "SAPISID=a/b; LOGIN_INFO=c=\n".to_owned()),
            ("a header", "Cookie: SAPISID=a/b; LOGIN_INFO=c=".to_owned()),
            ("all headers", "Host: music.youtube.com\r\ncookie: SAPISID=a/b; LOGIN_INFO=c=\r\nAccept: */*".to_owned()),
            ("curl -H", "curl 'https://music.youtube.com/' \\\n  -H 'accept: */*' \\\n  -H 'Cookie: SAPISID=a/b; LOGIN_INFO=c=' --compressed".to_owned()),
            ("curl -b", "curl \"https://music.youtube.com/\" -b \"SAPISID=a/b; LOGIN_INFO=c=\"".to_owned()),
        ] {
            let jar = read(&text);
            let header = jar.header("music.youtube.com", "/", Timestamp::now());
            assert_eq!(header, "SAPISID=a/b; LOGIN_INFO=c=", "{what}");
        }
    }

    #[test]
    fn what_windows_writes_is_read() {
        let text = "SAPISID=a; LOGIN_INFO=ü";
        let units = || text.encode_utf16();
        let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(units().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(units().flat_map(u16::to_be_bytes)).collect();
        for bytes in [text.as_bytes(), &little, &big, &[&little[..], b"\0"].concat()] {
            assert_eq!(super::text(bytes), text);
        }
    }

    #[test]
    fn a_command_ends_a_header_with_the_quote_that_began_it() {
        let jar = read("curl 'https://x' -H 'Cookie: A=\"a; B=b' -H \"Accept: 'x'\"");
        assert_eq!(jar.header("music.youtube.com", "/", Timestamp::now()), "A=\"a; B=b");
    }

    #[test]
    fn what_is_no_export_has_no_cookies() {
        for text in [
            "",
            "\0\u{1}\u{fffd}",
            "<!doctype html>\n<html a=\"b\">",
            "[]",
            "{\"name\": 1}",
            "[{",
            "# Netscape HTTP Cookie File\n",
            "a\tb\tc",
            "curl https://music.youtube.com/",
            "one line of words",
        ] {
            assert!(read(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn odd_lines_are_read_as_far_as_they_go() {
        for (line, expected) in [
            (".youtube.com\tTRUE\t/\tTRUE\t12.9\tA\tb c", ".youtube.com\tTRUE\t/\tTRUE\t12\tA\tb c\n"),
            (".YouTube.com\ttrue\t/\tfalse\t-1\tA", ".youtube.com\tTRUE\t/\tFALSE\t0\tA\t\n"),
            ("youtube.com\tFALSE\t/\tTRUE\tx\tA\tb", "youtube.com\tFALSE\t/\tTRUE\t0\tA\tb\n"),
            (
                ".youtube.com\tTRUE\t/\tTRUE\t1e99\tA\tb",
                ".youtube.com\tTRUE\t/\tTRUE\t9223372036854775807\tA\tb\n",
            ),
            ("# .youtube.com\tTRUE\t/\tTRUE\t0\tA\tb", ""),
        ] {
            assert_eq!(netscape(line).into_iter().collect::<Jar>().to_netscape(), expected, "{line}");
        }
    }
}
