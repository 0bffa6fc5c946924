//! Cookies, and to whom they are shown. No I/O.

use std::fmt::{self, Write as _};

use jiff::Timestamp;

/// The domain whose cookies are kept; all others are the user's own business.
pub(super) const DOMAIN: &str = "youtube.com";

/// What a sign-in consists of, as far as it is not set anew all the time.
const OF_SIGN_IN: [&str; 10] = [
    "LOGIN_INFO",
    "SAPISID",
    "__Secure-1PAPISID",
    "__Secure-3PAPISID",
    "APISID",
    "SID",
    "HSID",
    "SSID",
    "__Secure-1PSID",
    "__Secure-3PSID",
];

/// In seconds.
const DAY: i64 = 24 * 60 * 60;

/// One cookie. Its value is a secret, so it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Cookie {
    /// In lower case, without a leading dot.
    pub(super) domain: String,
    pub(super) scope: Scope,
    pub(super) path: String,
    pub(super) secure: bool,
    pub(super) http_only: bool,
    /// In seconds since 1970; `None` lives as long as the browser's session, which is over, and is
    /// sent as browsers would.
    pub(super) expires: Option<i64>,
    pub(super) name: String,
    pub(super) value: String,
}

/// Which hosts see a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The domain itself.
    Host,
    /// Those under it as well.
    Subdomains,
}

impl Cookie {
    /// A cookie for all of YouTube, of which only this is known.
    pub(super) fn bare(name: &str, value: &str) -> Self {
        Self {
            domain: DOMAIN.to_owned(),
            scope: Scope::Subdomains,
            path: "/".to_owned(),
            secure: true,
            http_only: false,
            expires: None,
            name: name.to_owned(),
            value: value.to_owned(),
        }
    }

    /// Whether it is one of YouTube's, and can stand in a header and a line.
    pub(super) fn is_sound(&self) -> bool {
        let own =
            self.domain == DOMAIN || self.domain.strip_suffix(DOMAIN).is_some_and(|sub| sub.ends_with('.'));
        let visible = |text: &str| {
            text.trim() == text && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b';')
        };
        own && !self.name.is_empty()
            && visible(&self.name)
            && !self.name.contains(['=', ' '])
            && visible(&self.value)
            && visible(&self.path)
            && visible(&self.domain)
    }

    /// Whether it takes a sign-in away.
    pub(super) fn ends_sign_in(&self, now: Timestamp) -> bool {
        (self.value.is_empty() || self.is_expired(now)) && OF_SIGN_IN.contains(&self.name.as_str())
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now.as_second())
    }

    /// RFC 6265, 5.1.3 and 5.1.4.
    fn is_for(&self, host: &str, path: &str) -> bool {
        let under = || host.strip_suffix(&self.domain).is_some_and(|sub| sub.ends_with('.'));
        let host = host == self.domain || self.scope == Scope::Subdomains && under();
        let below = |rest: &str| self.path.ends_with('/') || rest.is_empty() || rest.starts_with('/');
        host && path.strip_prefix(&self.path).is_some_and(below)
    }

    fn is_same(&self, other: &Self) -> bool {
        (&self.domain, &self.path, &self.name) == (&other.domain, &other.path, &other.name)
    }

    /// Whether `newer` is this one, living a little longer: sites set a cookie anew with each answer
    /// to prolong it, which is no news while there is a day to go.
    fn is_hardly_changed_by(&self, newer: &Self, now: Timestamp) -> bool {
        let near = match (self.expires, newer.expires) {
            (Some(old), Some(new)) => {
                old == new
                    || old.saturating_sub(now.as_second()) > DAY && old.abs_diff(new) < DAY.unsigned_abs()
            }
            (old, new) => old == new,
        };
        near && Self { expires: newer.expires, ..self.clone() } == *newer
    }
}

/// Cookies of YouTube, each once.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Jar(Vec<Cookie>);

impl Jar {
    /// Puts a cookie in the place of the one with the same domain, path and name; one that has
    /// expired takes it away. Whether that changed anything.
    pub(super) fn put(&mut self, cookie: Cookie, now: Timestamp) -> bool {
        let old = self.0.iter().position(|old| old.is_same(&cookie));
        match (old.and_then(|at| self.0.get_mut(at)), cookie.is_expired(now)) {
            (Some(old), false) if old.is_hardly_changed_by(&cookie, now) => false,
            (Some(old), false) => {
                *old = cookie;
                true
            }
            (Some(_), true) => {
                self.0.retain(|old| !old.is_same(&cookie));
                true
            }
            (None, false) => {
                self.0.push(cookie);
                true
            }
            (None, true) => false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When cookies expire, as far as they do.
    pub(super) fn expiries(&self) -> impl Iterator<Item = Timestamp> {
        self.0.iter().filter_map(|cookie| Timestamp::from_second(cookie.expires?).ok())
    }

    /// The value of the cookie that this host is shown under this name.
    pub(super) fn value(&self, name: &str, host: &str, now: Timestamp) -> Option<&str> {
        let mut shown = self.shown(host, "/", now);
        shown.find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }

    /// `Cookie`, as this host is shown it for this path.
    pub(super) fn header(&self, host: &str, path: &str, now: Timestamp) -> String {
        let pairs = self.shown(host, path, now).map(|cookie| format!("{}={}", cookie.name, cookie.value));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn shown(&self, host: &str, path: &str, now: Timestamp) -> impl Iterator<Item = &Cookie> {
        self.0.iter().filter(move |cookie| !cookie.is_expired(now) && cookie.is_for(host, path))
    }

    /// The lines of a Netscape cookie file, without its first, which is a comment.
    pub(super) fn to_netscape(&self) -> String {
        let mut text = String::new();
        for cookie in &self.0 {
            let hidden = if cookie.http_only { "#HttpOnly_" } else { "" };
            let (dot, all) = if cookie.scope == Scope::Subdomains { (".", "TRUE") } else { ("", "FALSE") };
            let secure = if cookie.secure { "TRUE" } else { "FALSE" };
            let Cookie { domain, path, name, value, .. } = cookie;
            let expires = cookie.expires.unwrap_or(0);
            let _ =
                writeln!(text, "{hidden}{dot}{domain}\t{all}\t{path}\t{secure}\t{expires}\t{name}\t{value}");
        }
        text
    }
}

impl FromIterator<Cookie> for Jar {
    /// Of two for the same thing the later counts, as in a browser. Those that are not YouTube's,
    /// or cannot be sent, are left out; expired ones are not: they may be of use as evidence.
    fn from_iter<I: IntoIterator<Item = Cookie>>(cookies: I) -> Self {
        let mut jar = Self::default();
        for cookie in cookies.into_iter().filter(Cookie::is_sound) {
            jar.put(cookie, Timestamp::MIN);
        }
        jar
    }
}

impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jar({} cookies)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(domain: &str, scope: Scope, path: &str, name: &str) -> Cookie {
        Cookie { domain: domain.to_owned(), scope, path: path.to_owned(), ..Cookie::bare(name, "v") }
    }

    #[test]
    fn a_host_is_shown_what_is_for_it() {
        let jar: Jar = [
            cookie("youtube.com", Scope::Subdomains, "/", "all"),
            cookie("youtube.com", Scope::Host, "/", "apex"),
            cookie("music.youtube.com", Scope::Host, "/", "music"),
            cookie("www.youtube.com", Scope::Subdomains, "/", "www"),
            cookie("youtube.com", Scope::Subdomains, "/youtubei", "api"),
            cookie("youtube.com", Scope::Subdomains, "/you", "you"),
            cookie("google.com", Scope::Subdomains, "/", "google"),
            cookie("notyoutube.com", Scope::Subdomains, "/", "other"),
            Cookie { expires: Some(1000), ..cookie("youtube.com", Scope::Subdomains, "/", "old") },
            Cookie { expires: Some(1001), ..cookie("youtube.com", Scope::Subdomains, "/", "young") },
            Cookie { value: "a\nb".to_owned(), ..Cookie::bare("injected", "") },
        ]
        .into_iter()
        .collect();
        let now = Timestamp::from_second(1000).unwrap();
        for (host, path, shown) in [
            ("music.youtube.com", "/youtubei/v1/browse", "all=v; music=v; api=v; young=v"),
            ("music.youtube.com", "/youtubei", "all=v; music=v; api=v; young=v"),
            ("www.youtube.com", "/", "all=v; www=v; young=v"),
            ("youtube.com", "/", "all=v; apex=v; young=v"),
            ("evil-youtube.com", "/", ""),
            ("google.com", "/", ""),
        ] {
            assert_eq!(jar.header(host, path, now), shown, "{host}{path}");
        }
        assert_eq!(format!("{jar:?}"), "Jar(8 cookies)");
    }

    #[test]
    fn a_later_cookie_takes_the_place_or_takes_it_away() {
        let now = Timestamp::from_second(1000).unwrap();
        let mut jar = Jar::default();
        for (value, expires, changed, left) in [
            ("1", None, true, "n=1"),
            ("1", None, false, "n=1"),
            ("2", Some(2000), true, "n=2"),
            ("2", Some(2001), true, "n=2"),
            ("2", Some(2001), false, "n=2"),
            ("2", Some(1000 + 2 * DAY), true, "n=2"),
            ("2", Some(1001 + 2 * DAY), false, "n=2"),
            ("2", Some(1000 + 3 * DAY), true, "n=2"),
            ("3", Some(1000 + 3 * DAY), true, "n=3"),
            ("", Some(0), true, ""),
            ("", Some(0), false, ""),
        ] {
            assert_eq!(jar.put(Cookie { expires, ..Cookie::bare("n", value) }, now), changed, "{value}");
            assert_eq!(jar.header("music.youtube.com", "/", now), left);
        }
    }
}
