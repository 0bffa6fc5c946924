//! What of `yt-dlp`'s arguments is not for other eyes: they may hold a password, or a proxy's.

use super::secret::MASK;

/// Long options of `yt-dlp` that are followed by a secret. It takes them cut short as well.
const LONG: [&str; 7] = [
    "--password",
    "--video-password",
    "--ap-password",
    "--client-certificate-password",
    "--twofactor",
    "--add-headers",
    "--add-header",
];

/// Short for `--password` and `--twofactor`.
const SHORT: [&str; 2] = ["-p", "-2"];

/// Options that are followed by a proxy, whose `scheme://` may be missing.
const PROXIES: [&str; 2] = ["--proxy", "--geo-verification-proxy"];

/// The arguments with their secrets masked.
pub(super) fn masked(arguments: &[String]) -> Vec<String> {
    let before = [None].into_iter().chain(arguments.iter().map(|argument| Some(argument.as_str())));
    arguments
        .iter()
        .zip(before)
        .map(|(argument, before)| mask(argument, before.unwrap_or_default()))
        .collect()
}

fn mask(argument: &str, before: &str) -> String {
    let is_long = |option: &str| option.len() > 3 && LONG.iter().any(|long| long.starts_with(option));
    if is_long(before) || SHORT.contains(&before) {
        return MASK.to_owned();
    }
    match argument.split_once('=') {
        Some((option, _)) if is_long(option) => return format!("{option}={MASK}"),
        Some((option, proxy)) if PROXIES.contains(&option) => {
            return format!("{option}={}", without_user(proxy, 0));
        }
        _ => {}
    }
    if let Some(option) = SHORT.into_iter().find(|option| argument.starts_with(option) && argument != *option)
    {
        return format!("{option}{MASK}");
    }
    match argument.find("://") {
        Some(scheme) => without_user(argument, scheme + "://".len()),
        None if PROXIES.contains(&before) => without_user(argument, 0),
        None => argument.to_owned(),
    }
}

/// The address without the user and the password that are in it from `start` on. A password may
/// hold any sign, also one that it should not.
fn without_user(address: &str, start: usize) -> String {
    let start = address.find("://").map_or(start, |scheme| scheme + "://".len());
    match address.rfind('@').filter(|end| *end >= start) {
        Some(end) => format!("{}{MASK}{}", &address[..start], &address[end..]),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_masked_and_nothing_else() {
        for (arguments, shown) in [
            ("--proxy socks5://127.0.0.1:9050 -4", "--proxy socks5://127.0.0.1:9050 -4"),
            ("--proxy socks5://me:pw@host:1080", "--proxy socks5://(hidden)@host:1080"),
            ("--proxy=http://me:p/w@host:1080/", "--proxy=http://(hidden)@host:1080/"),
            ("--proxy me:pw@host:1080", "--proxy (hidden)@host:1080"),
            ("--geo-verification-proxy=me@host", "--geo-verification-proxy=(hidden)@host"),
            ("-u me --password pw --no-mtime", "-u me --password (hidden) --no-mtime"),
            ("--password=p=w --passw pw", "--password=(hidden) --passw (hidden)"),
            ("-p pw -2 123456 -v", "-p (hidden) -2 (hidden) -v"),
            ("-ppw -2123456", "-p(hidden) -2(hidden)"),
            ("--video-password pw --ap-password pw", "--video-password (hidden) --ap-password (hidden)"),
            ("--twofactor 123456", "--twofactor (hidden)"),
            ("--add-headers Authorization:pw", "--add-headers (hidden)"),
            ("--js-runtimes node -f a@b --paths /p", "--js-runtimes node -f a@b --paths /p"),
        ] {
            let arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
            assert_eq!(masked(&arguments).join(" "), shown);
        }
        assert_eq!(masked(&[]), [""; 0]);
    }
}
