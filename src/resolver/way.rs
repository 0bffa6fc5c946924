//! From where a stream is to be read: YouTube answers 403 to another address than the one that
//! `yt-dlp` asked from, which stands in the URL as `ip`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::config::{self, Secret};

/// From where a stream is to be read. By default, from wherever the system and the proxies of the
/// environment, which `yt-dlp` follows too, lead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Way {
    /// The proxy that `resolver.args` names, which may hold a password; an empty one is none at
    /// all, not even the environment's.
    pub proxy: Option<Secret>,
    /// The address of this machine to connect from; `0.0.0.0` and `::` stand for any of their
    /// family.
    pub from: Option<IpAddr>,
}

impl Way {
    /// The way that the user has told `yt-dlp` to take.
    pub(super) fn chosen(config: &config::Resolver) -> Self {
        let args = || config.command.iter().skip(1).chain(&config.args).map(String::as_str);
        let proxy = last_value("--proxy", args()).map(|proxy| Secret::new(as_curl_has_it(proxy)));
        Self { proxy, from: last_value("--source-address", args()).and_then(|from| from.parse().ok()) }
    }

    /// The way for a URL that is for this address: that of a router, maybe, so that only its
    /// family tells something.
    pub(crate) fn of_family(ip: IpAddr) -> Self {
        let any = match ip {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        Self { proxy: None, from: Some(any) }
    }

    /// This way and, where it leaves that open, from where `other` says.
    pub(super) fn or(&self, other: &Self) -> Self {
        // A proxy is known by its own address, however it is reached.
        let is_direct = self.proxy.as_ref().is_none_or(Secret::is_empty);
        Self { proxy: self.proxy.clone(), from: self.from.or(other.from.filter(|_| is_direct)) }
    }
}

/// The value of an option, `--option VALUE` or `--option=VALUE`. The last one counts.
fn last_value<'a>(option: &str, args: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (mut last, mut is_next) = (None, false);
    for arg in args {
        if is_next {
            last = Some(arg);
            is_next = false;
        } else if let Some(rest) = arg.strip_prefix(option) {
            is_next = rest.is_empty();
            last = rest.strip_prefix('=').or(last);
        }
    }
    last
}

/// As `yt-dlp` understands proxies (`clean_proxies` in its `utils/networking.py`), told in the
/// schemes of curl: a SOCKS proxy looks names up itself.
fn as_curl_has_it(proxy: &str) -> String {
    match proxy.split_once("://") {
        Some(("socks5", rest)) => format!("socks5h://{rest}"),
        Some(("socks", rest)) => format!("socks4://{rest}"),
        None if !proxy.is_empty() => format!("http://{}", proxy.trim_start_matches('/')),
        _ => proxy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn chosen(args: &[&str]) -> Way {
        Way::chosen(&config::Resolver {
            command: ["yt-dlp", "--proxy", "http://first"].map(str::to_owned).to_vec(),
            args: args.iter().map(ToString::to_string).collect(),
            format: String::new(),
            workers: 1,
            timeout: Duration::ZERO,
            prefetch: 0,
        })
    }

    #[test]
    fn the_users_proxy_is_found_as_yt_dlp_finds_it() {
        for (args, proxy) in [
            (&[][..], "http://first"),
            (&["--proxy", "socks5://127.0.0.1:9050"], "socks5h://127.0.0.1:9050"),
            (&["--proxy=http://a", "-v", "--proxy=socks://me:pw@b:1"], "socks4://me:pw@b:1"),
            (&["--proxy", "host:3128"], "http://host:3128"),
            (&["--proxy", ""], ""),
            (&["--proxy="], ""),
            (&["--proxy"], "http://first"),
            (&["--proxy-not", "x"], "http://first"),
        ] {
            let way = chosen(args);
            assert_eq!(way.proxy.as_ref().map(Secret::reveal), Some(proxy), "{args:?}");
            assert!(!format!("{way:?}").contains("pw"));
        }
    }

    #[test]
    fn a_urls_address_counts_where_no_proxy_stands_between() {
        let v4 = Way::of_family("192.0.2.1".parse().unwrap());
        for (args, from) in [
            (&[][..], None),
            (&["--proxy="], Some("0.0.0.0")),
            (&["--proxy=", "--source-address", "192.0.2.9"], Some("192.0.2.9")),
            (&["--source-address=2001:db8::9"], Some("2001:db8::9")),
            (&["--source-address=rubbish"], None),
        ] {
            assert_eq!(chosen(args).or(&v4).from, from.map(|from| from.parse().unwrap()), "{args:?}");
        }
        assert_eq!(Way::default().or(&v4), v4);
        assert_eq!(Way::of_family("2001:db8::1".parse().unwrap()).from, Some("::".parse().unwrap()));
    }
}
