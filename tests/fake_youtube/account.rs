//! The fake's one account: its cookies, and who is taken for its owner.
//!
//! As YouTube does, it wants a request to carry the session's cookies and, at InnerTube, a
//! signature made of one of them: `Authorization: SAPISIDHASH {time}_{SHA-1 of "{time} {SAPISID}
//! {origin}"}`, which may be followed by the same of the cookies for first and third parties. The
//! cookie `__Secure-3PSIDTS` rotates: see [`super::Knob::RotateCookies`].

use std::collections::HashMap;
use std::fmt::Write as _;

use axum::http::{HeaderMap, header};
use serde::Deserialize;
use sha1::{Digest, Sha1};

use super::clock::unix_now;

/// The origin that signatures hold, wherever the fake listens.
const ORIGIN: &str = "https://music.youtube.com";

/// How old a signature may be, in seconds.
const SIGNATURE_LIFE: u64 = 600;

/// Far in the future, in seconds since 1970.
const FAR: u64 = 4_070_908_800;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visitor {
    /// Nobody that we know, or nobody that said who it is.
    Anonymous,
    /// The account's owner.
    SignedIn,
    /// Somebody whose cookies or signature are wrong.
    Stranger,
}

/// How a request with wrong cookies, a wrong signature or for another account is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// As one without any.
    #[default]
    AsStranger,
    /// With this HTTP status.
    Status(u16),
}

/// The account and its session.
#[derive(Debug, Default)]
pub struct Account {
    /// How often the user signed in anew.
    generation: u32,
    /// How often the session's cookie rotated.
    rotation: u32,
    /// Rotations from this one on are taken: one older than the latest, until that has been seen.
    oldest_taken: u32,
    /// The next request of the owner is answered with a new cookie.
    pub rotate: bool,
    /// `X-Goog-AuthUser`.
    pub number: u32,
    pub refusal: Refusal,
}

impl Account {
    /// The user signs in anew: everything given out before is refused.
    pub fn sign_in_anew(&mut self) {
        self.generation += 1;
        self.rotation = 0;
        self.oldest_taken = 0;
    }

    /// The owner's cookies as a browser has them: name, value, and whether scripts may see it.
    fn cookies(&self) -> [(&'static str, String, Script); 7] {
        let generation = self.generation;
        [
            ("HSID", format!("hsid-secret-{generation}"), Script::Hidden),
            ("SAPISID", self.sapisid("sapisid"), Script::Sees),
            ("__Secure-1PAPISID", self.sapisid("first-party"), Script::Sees),
            ("__Secure-3PAPISID", self.sapisid("third-party"), Script::Sees),
            ("LOGIN_INFO", format!("login-secret-{generation}:=/+"), Script::Hidden),
            ("__Secure-3PSID", format!("psid-secret-{generation}."), Script::Hidden),
            (ROTATING, self.session(self.rotation), Script::Hidden),
        ]
    }

    fn sapisid(&self, party: &str) -> String {
        format!("{party}-secret-{}/x", self.generation)
    }

    fn session(&self, rotation: u32) -> String {
        format!("sidts-secret-{}-{rotation}", self.generation)
    }

    /// A browser's export of the cookies, in Netscape's format.
    pub fn cookies_txt(&self) -> String {
        let mut text =
            "# Netscape HTTP Cookie File\n# https://curl.haxx.se/rfc/cookie_spec.html\n\n".to_owned();
        for (name, value, script) in self.cookies() {
            let prefix = if script == Script::Hidden { "#HttpOnly_" } else { "" };
            let _ = writeln!(text, "{prefix}.youtube.com\tTRUE\t/\tTRUE\t{FAR}\t{name}\t{value}");
        }
        // What stands in exports as well, and is of no use to us.
        text + ".youtube.com\tTRUE\t/\tFALSE\t1\tPREF\texpired-long-ago\n\
                .youtube.com\tTRUE\t/\tTRUE\t0\tYSC\tuntil-the-browser-closes\n\
                .google.com\tTRUE\t/\tFALSE\t4070908800\tNID\tnot-for-youtube\n"
    }

    /// What a signed request of the owner has at InnerTube.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let cookies = self.cookies().map(|(name, value, _)| format!("{name}={value}"));
        let now = unix_now();
        let signature = format!("SAPISIDHASH {now}_{}", hash(now, &self.sapisid("sapisid")));
        vec![
            ("Cookie", cookies.join("; ")),
            ("Authorization", signature),
            ("X-Goog-AuthUser", self.number.to_string()),
            ("Origin", ORIGIN.to_owned()),
        ]
    }

    /// Who sends these headers to InnerTube.
    pub fn visitor(&mut self, headers: &HeaderMap) -> Visitor {
        if !headers.contains_key(header::COOKIE) && !headers.contains_key(header::AUTHORIZATION) {
            return Visitor::Anonymous;
        }
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let signed = text("authorization").is_some_and(|text| self.is_signature(text));
        let number = text("x-goog-authuser").unwrap_or("0") == self.number.to_string();
        let origin = text("origin") == Some(ORIGIN);
        if signed && number && origin { self.visitor_by_cookies(headers) } else { Visitor::Stranger }
    }

    /// Who sends these headers to a web page, which needs no signature.
    pub fn visitor_by_cookies(&mut self, headers: &HeaderMap) -> Visitor {
        let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let sent: HashMap<&str, &str> =
            sent.flat_map(|line| line.split("; ")).filter_map(|pair| pair.split_once('=')).collect();
        let has = |name: &str, value: &str| sent.get(name) == Some(&value);
        let good = |(name, value, _): &(&str, String, Script)| {
            // A browser for third parties only has the third of the three.
            matches!(*name, "SAPISID" | "__Secure-1PAPISID" | ROTATING) || has(name, value)
        };
        let mut rotations = self.oldest_taken..=self.rotation;
        let rotation = rotations.find(|rotation| has(ROTATING, &self.session(*rotation)));
        match rotation {
            Some(rotation) if self.cookies().iter().all(good) => {
                self.oldest_taken = rotation;
                Visitor::SignedIn
            }
            _ if sent.contains_key("LOGIN_INFO") => Visitor::Stranger,
            _ => Visitor::Anonymous,
        }
    }

    fn is_signature(&self, authorization: &str) -> bool {
        let words: Vec<&str> = authorization.split(' ').collect();
        let pairs = words.chunks(2);
        pairs.len() > 0
            && pairs.into_iter().all(|pair| match pair {
                ["SAPISIDHASH", signature] => {
                    self.is_hash(signature, "sapisid") || self.is_hash(signature, "third-party")
                }
                ["SAPISID1PHASH", signature] => self.is_hash(signature, "first-party"),
                ["SAPISID3PHASH", signature] => self.is_hash(signature, "third-party"),
                _ => false,
            })
    }

    fn is_hash(&self, signature: &str, party: &str) -> bool {
        let Some((time, sent)) = signature.split_once('_') else { return false };
        let Ok(time) = time.parse::<u64>() else { return false };
        time.abs_diff(unix_now()) <= SIGNATURE_LIFE && sent == hash(time, &self.sapisid(party))
    }

    /// The `Set-Cookie`s of an answer.
    pub fn set_cookies(&mut self, visitor: Visitor) -> Vec<String> {
        match visitor {
            Visitor::SignedIn if std::mem::take(&mut self.rotate) => {
                self.rotation += 1;
                let value = self.session(self.rotation);
                vec![
                    format!(
                        "{ROTATING}={value}; expires=Thu, 01-Jan-2099 00:00:00 GMT; path=/; domain=.youtube.com; Secure; HttpOnly; Priority=HIGH"
                    ),
                    "SIDCC=sidcc-secret; Max-Age=31536000; Path=/; Domain=youtube.com; Priority=high"
                        .to_owned(),
                    "YSC=EXPIRED; Domain=.youtube.com; Expires=Mon, 27-Feb-2023 10:19:23 GMT; Path=/; Secure"
                        .to_owned(),
                    "STRAY=other; Domain=example.com; Path=/".to_owned(),
                ]
            }
            // As YouTube does with a session that it has ended.
            Visitor::Stranger => vec!["LOGIN_INFO=; Domain=.youtube.com; Max-Age=0; Path=/".to_owned()],
            _ => vec![],
        }
    }
}

/// The cookie that rotates.
const ROTATING: &str = "__Secure-3PSIDTS";

/// Whether a page's scripts see a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Sees,
    /// `HttpOnly`.
    Hidden,
}

fn hash(time: u64, secret: &str) -> String {
    let digest = Sha1::digest(format!("{time} {secret} {ORIGIN}"));
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
