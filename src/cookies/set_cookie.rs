//! `Set-Cookie`, as YouTube Music's answers have it (RFC 6265, 5.2 and 5.3).

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::jar::{Cookie, Scope};

/// Dates with the weekday of another day are taken as well.
static DATES: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);

/// The cookie that an answer of `host` sets; one that has expired is to be deleted. `None` if it
/// is none, or for hosts that are not this one's to speak for.
pub(super) fn parse(text: &str, host: &str, now: Timestamp) -> Option<Cookie> {
    let mut parts = text.split(';');
    let (name, value) = parts.next()?.split_once('=')?;
    // YouTube always names the path.
    let mut cookie = Cookie {
        domain: host.to_owned(),
        scope: Scope::Host,
        secure: false,
        ..Cookie::bare(name.trim(), value.trim())
    };
    let mut max_age = None;
    for part in parts {
        let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        match attribute.trim().to_ascii_lowercase().as_str() {
            "domain" if !value.is_empty() => {
                cookie.domain = value.trim_start_matches('.').to_ascii_lowercase();
                cookie.scope = Scope::Subdomains;
            }
            "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
            "expires" => cookie.expires = date(value).or(cookie.expires),
            "max-age" => max_age = value.parse::<i64>().ok().or(max_age),
            "secure" => cookie.secure = true,
            "httponly" => cookie.http_only = true,
            _ => {}
        }
    }
    if let Some(seconds) = max_age {
        cookie.expires = Some(if seconds <= 0 { 0 } else { now.as_second().saturating_add(seconds) });
    }
    let own =
        host == cookie.domain || host.strip_suffix(&cookie.domain).is_some_and(|sub| sub.ends_with('.'));
    (own && cookie.is_sound()).then_some(cookie)
}

/// `Thu, 01 Jan 2099 00:00:00 GMT`, also with dashes, as Google writes it.
fn date(text: &str) -> Option<i64> {
    DATES.parse_timestamp(text.replace('-', " ")).ok().map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cookies::jar::Jar;

    #[test]
    fn what_is_set_is_read() {
        let now = Timestamp::from_second(1000).unwrap();
        for (text, expected) in [
            (
                "A=b; expires=Thu, 01-Jan-2099 00:00:00 GMT; path=/; domain=.youtube.com; Secure; HttpOnly; Priority=HIGH",
                "#HttpOnly_.youtube.com\tTRUE\t/\tTRUE\t4070908800\tA\tb\n",
            ),
            (
                "A=b; Expires=Thu, 01 Jan 2099 00:00:00 GMT",
                "music.youtube.com\tFALSE\t/\tFALSE\t4070908800\tA\tb\n",
            ),
            (
                "A=b; EXPIRES=Mon, 01-Jan-2099 00:00:00 GMT",
                "music.youtube.com\tFALSE\t/\tFALSE\t4070908800\tA\tb\n",
            ),
            ("A=b=c==; Domain=YouTube.com; Path=/x", ".youtube.com\tTRUE\t/x\tFALSE\t0\tA\tb=c==\n"),
            (
                "A=b; max-age=10; expires=Thu, 01-Jan-2099 00:00:00 GMT",
                "music.youtube.com\tFALSE\t/\tFALSE\t1010\tA\tb\n",
            ),
            (
                "A=b; Max-Age=9223372036854775807",
                "music.youtube.com\tFALSE\t/\tFALSE\t9223372036854775807\tA\tb\n",
            ),
            ("A=; expires=soon; Max-Age=x; Path=here", "music.youtube.com\tFALSE\t/\tFALSE\t0\tA\t\n"),
            ("A=b; Domain=example.com", ""),
            ("A=b; Domain=com", ""),
            ("A=b; Domain=www.youtube.com", ""),
            ("A=b\u{7}", ""),
            ("=b", ""),
            ("nothing", ""),
            ("", ""),
        ] {
            let jar: Jar = parse(text, "music.youtube.com", now).into_iter().collect();
            assert_eq!(jar.to_netscape(), expected, "{text}");
        }
    }

    #[test]
    fn what_has_expired_is_deleted() {
        let now = Timestamp::from_second(1000).unwrap();
        for gone in ["A=; Max-Age=0", "A=x; Max-Age=-1", "A=EXPIRED; Expires=Thu, 01-Jan-1970 00:00:01 GMT"] {
            let mut jar: Jar = parse("A=b", "music.youtube.com", now).into_iter().collect();
            assert!(jar.put(parse(gone, "music.youtube.com", now).unwrap(), now), "{gone}");
            assert!(jar.is_empty());
        }
    }
}
