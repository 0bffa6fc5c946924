//! The greeting, and the protocol version that it tells.

/// MPD's protocol version, as the greeting has it: 0.23.5 for all of 0.23.5 to 0.23.17, 0.24.0
/// for all of 0.24.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// From here on there are `playlistlength`, `searchplaylist`, `protocol`, and ranges for
    /// `listplaylist` and `listplaylistinfo`.
    pub const V0_24: Self = Self(0, 24, 0);

    /// The version in a greeting, with or without its line break; `None` if this is no MPD.
    pub fn in_greeting(line: &[u8]) -> Option<Self> {
        Self::parse(std::str::from_utf8(line).ok()?.strip_prefix("OK MPD ")?.trim_end())
    }

    /// The version that a text such as `0.23.5` is; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self(next()?, next()?, next()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mpd_greets_like_mpd() {
        assert_eq!(Version::in_greeting(b"OK MPD 0.23.5\n"), Some(Version(0, 23, 5)));
        assert_eq!(Version::in_greeting(b"OK MPD 0.24.0"), Some(Version::V0_24));
        for line in ["OK MPD", "OK MPD x.y.z", "HTTP/1.1 200 OK", "OK", "OK MPD 0.23"] {
            assert_eq!(Version::in_greeting(line.as_bytes()), None, "{line}");
        }
        assert!(Version(0, 23, 5) < Version::V0_24);
    }
}
