//! Socket addresses as users write them.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// Where to listen or connect: `host:port`, `[v6]:port`, `/path/to/socket` or `@abstract`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// A host name or address, and a port.
    Tcp(String, u16),
    /// A Unix socket in the file system.
    Unix(PathBuf),
    /// A Linux abstract socket; the name is without the `@`.
    Abstract(String),
}

/// A text that is no address.
#[derive(Debug, thiserror::Error)]
pub enum InvalidAddress {
    /// It has another form.
    #[error("`{0}` is no address: host:port, [v6]:port, /path/to/socket or @abstract is")]
    Form(String),
    /// A `*` for every address of this machine; the port.
    #[error("`*:{0}` is no address: to listen, `0.0.0.0:{0}` is all of IPv4, `[::]:{0}` IPv6 and IPv4")]
    Star(u16),
    /// Something is before an `@`, a password as in `$MPD_HOST`: it is not repeated.
    #[error("an address has nothing before an `@`; MPD's password goes into `mpd.password`")]
    Password,
    /// The system has no room for its path or name.
    #[error("`{0}` is too long for a socket: {max} bytes is the most", max = Address::LONGEST_NAME)]
    TooLong(String),
}

impl Address {
    /// The longest path of a Unix socket and the longest name of an abstract one, in bytes:
    /// `sun_path` holds a zero as well, behind the one or before the other (unix(7)).
    pub const LONGEST_NAME: usize = 107;

    /// Whether MPD would count a client that comes this way as local.
    pub fn is_local(&self) -> bool {
        !matches!(self, Self::Tcp(..))
    }

    /// Whether a listener there takes what comes to any of this machine's IP addresses.
    pub fn is_every_host(&self) -> bool {
        let is_every = |host: &str| host.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
        matches!(self, Self::Tcp(host, _) if is_every(host))
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let invalid = || InvalidAddress::Form(text.to_owned());
        if text.strip_prefix('@').unwrap_or(text).len() > Self::LONGEST_NAME && text.starts_with(['/', '@']) {
            return Err(InvalidAddress::TooLong(text.to_owned()));
        }
        if text.starts_with('/') {
            return Ok(Self::Unix(text.into()));
        }
        if let Some(name) = text.strip_prefix('@') {
            return if name.is_empty() { Err(invalid()) } else { Ok(Self::Abstract(name.to_owned())) };
        }
        if text.contains('@') {
            return Err(InvalidAddress::Password);
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(invalid)?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let port = port.parse().map_err(|_| invalid())?;
        let is_no_name = |c: char| c.is_whitespace() || c.is_control() || ":[]/*".contains(c);
        let host = match bracketed {
            Some(v6) if v6.parse::<std::net::Ipv6Addr>().is_ok() => v6,
            None if host == "*" => return Err(InvalidAddress::Star(port)),
            None if !host.is_empty() && !host.contains(is_no_name) => host,
            _ => return Err(invalid()),
        };
        Ok(Self::Tcp(host.to_owned(), port))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Abstract(name) => write!(f, "@{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_parse_and_print() {
        for text in ["127.0.0.1:6600", "localhost:6600", "[::1]:6601", "/run/mpd/socket", "@mpd"] {
            assert_eq!(text.parse::<Address>().map(|a| a.to_string()).ok().as_deref(), Some(text));
        }
        for text in [
            "",
            "localhost",
            "::1:6600",
            "[::1]",
            "[x]:1",
            ":6600",
            "h:65536",
            "h:",
            "@",
            "a/b:1",
            " h:1",
            "h :1",
            "h\t:1",
            "*.h:1",
            "*:1",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_socket_has_as_long_a_name_as_the_system_takes() {
        for sign in ["/", "@"] {
            // A path's first sign is a part of it.
            let longest = Address::LONGEST_NAME + usize::from(sign == "@");
            let named = |length: usize| format!("{sign:x<length$}").parse::<Address>();
            assert!(named(longest).is_ok());
            let error = named(longest + 1).unwrap_err().to_string();
            assert!(error.ends_with("x` is too long for a socket: 107 bytes is the most"), "{error}");
        }
    }

    #[test]
    fn a_password_is_no_part_of_an_address_and_not_repeated() {
        for text in
            ["hunter2@nas:6600", "hunter2@nas", "hunter2@/run/mpd/socket", "hunter2@@mpd", "hunter2@[::1]:1"]
        {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains("`mpd.password`") && !error.contains("hunter2"), "{error}");
        }
    }
}
