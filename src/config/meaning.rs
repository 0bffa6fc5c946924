//! What the file's values mean, and whether they will do.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::{Host, Url};

use super::bounds::within;
use super::error::BadValue;
use super::filter::{bare_part, is_log_filter};
use super::passed::{Configured, Roles};
use super::places::{own_addresses, same_place};
use super::raw::{
    OneOrMany, RawConfig, RawMaterialise, RawMpd, RawProxy, RawRelay, RawResolver, RawSync, RawYouTube,
};
use super::{
    Address, Config, Environment, InvalidAddress, Materialise, Mpd, Proxy, Relay, Resolver, Sync, YouTube,
};
use crate::library::{PlaylistId, playlist_id};

/// The control socket, unless the file says otherwise.
const SOCKET: &str = "sync_socket";

/// The songs' pictures: in the state folder, which no two daemons share, unless a service manager
/// provides a cache.
const COVERS: &str = "covers";

impl RawConfig {
    /// What it means. Relative paths start at `folder`, where the file is, and so do the files
    /// that the daemon keeps unless the file or a service manager says otherwise.
    pub(super) fn meaning(self, folder: Option<&Path>, from: &Environment) -> Result<Config, BadValue> {
        let paths = Paths { folder, home: from.home.as_deref() };
        let mut proxy = proxy(self.proxy, &paths)?;
        let state_directory = paths.or_usual("state.directory", &self.state.directory, || {
            from.service.state.clone().or_else(|| folder.map(Path::to_owned))
        })?;
        let mut control_socket = paths.or_usual("control.socket", &self.control.socket, || {
            Some(from.service.runtime.as_deref().or(folder)?.join(SOCKET))
        })?;
        // The usual one is refused by who listens there: a demo has another.
        if !self.control.socket.is_empty() && control_socket.as_os_str().len() > Address::LONGEST_NAME {
            let long = InvalidAddress::TooLong(control_socket.to_string_lossy().into_owned());
            return Err(bad("control.socket", long.to_string()));
        }
        let relay_listen = relay_listen(&self.relay.listen);
        let configured =
            Configured { proxy: &proxy.listen, relay: relay_listen.as_ref().ok(), control: &control_socket };
        let passed = Roles::of(&from.passed, &configured)?;
        if !passed.proxy.is_empty() {
            proxy.listen = passed.proxy;
        }
        control_socket = passed.control.unwrap_or(control_socket);
        let relay = relay(passed.relay.map_or(relay_listen, Ok)?, &self.relay)?;
        let own = own_addresses(&proxy, &relay, &control_socket)?;
        Ok(Config {
            mpd: mpd(self.mpd, &own, &paths, from.runtime_directory.as_deref())?,
            youtube: youtube(self.youtube, &paths)?,
            resolver: resolver(self.resolver, &paths)?,
            sync: sync(&self.sync, &paths)?,
            covers_directory: from.service.cache.as_ref().unwrap_or(&state_directory).join(COVERS),
            state_directory,
            control_socket,
            log_filter: log_filter(self.log.filter)?,
            proxy,
            relay,
        })
    }
}

fn proxy(raw: RawProxy, paths: &Paths<'_>) -> Result<Proxy, BadValue> {
    const LISTEN: &str = "proxy.listen";
    let listen = addresses(LISTEN, &raw.listen, paths)?;
    if let Some(at) = listen.iter().position(|address| matches!(address, Address::Tcp(_, 0))) {
        return Err(bad_element(LISTEN, at, "port 0 is no port that clients could find: 1 to 65535 is"));
    }
    Ok(Proxy {
        listen,
        zeroconf: raw.zeroconf,
        zeroconf_name: zeroconf_name(raw.zeroconf_name)?,
        max_clients: within("proxy.max_clients", raw.max_clients)?,
    })
}

/// DNS holds 63 bytes in a label (RFC 6763, 4.1.1), and what `%h` stands for is cut to fit. What
/// would have to be escaped there, not every program escapes alike.
fn zeroconf_name(name: String) -> Result<String, BadValue> {
    let is_bad = |c: char| c.is_control() || matches!(c, '.' | '\\');
    if name.is_empty() || name.len() > 63 || name.contains(is_bad) {
        return Err(bad(
            "proxy.zeroconf_name",
            "1 to 63 bytes without `.`, `\\` and control characters are expected",
        ));
    }
    Ok(name)
}

fn mpd(
    raw: RawMpd,
    own: &[Address],
    paths: &Paths<'_>,
    runtime_directory: Option<&Path>,
) -> Result<Mpd, BadValue> {
    const ADDRESS: &str = "mpd.address";
    const AUTO: &str = "auto";
    if raw.password.reveal().contains(['\n', '\r', '\0']) {
        return Err(bad("mpd.password", "a line break cannot be sent to MPD"));
    }
    let is_own = |address: &Address| own.iter().any(|listener| same_place(address, listener));
    let addresses = if raw.address.as_slice() == [AUTO] {
        // A ytmpd that took MPD's own port over leaves MPD its sockets.
        usual_addresses(runtime_directory).filter(|address| !is_own(address)).collect()
    } else {
        if let Some(at) = raw.address.as_slice().iter().position(|text| text == AUTO) {
            let message = "`auto` stands alone: \"auto\", or a list of addresses without it";
            return Err(bad_element(ADDRESS, at, message));
        }
        let addresses = addresses(ADDRESS, &raw.address, paths)?;
        if let Some(at) = addresses.iter().position(is_own) {
            let message = "is where ytmpd itself listens, so it would connect to itself; \
                           give the real MPD's address, or listen elsewhere";
            return Err(bad_element(ADDRESS, at, message));
        }
        addresses
    };
    if addresses.is_empty() {
        return Err(bad(
            ADDRESS,
            "ytmpd itself listens on every usual address of MPD; say where the real MPD is",
        ));
    }
    Ok(Mpd { addresses, password: raw.password })
}

/// Where MPD is unless told otherwise: its default port, then the sockets of a user's and of the
/// system's MPD as Debian and systemd set them up.
fn usual_addresses(runtime_directory: Option<&Path>) -> impl Iterator<Item = Address> {
    let user = runtime_directory.map(|folder| Address::Unix(folder.join("mpd/socket")));
    let system = Address::Unix("/run/mpd/socket".into());
    [Some(Address::Tcp("localhost".to_owned(), 6600)), user, Some(system)].into_iter().flatten()
}

fn relay_listen(text: &str) -> Result<Address, BadValue> {
    match text.parse() {
        Ok(address @ Address::Tcp(_, 1..)) => Ok(address),
        Err(star @ InvalidAddress::Star(_)) => Err(bad("relay.listen", star.to_string())),
        _ => Err(bad("relay.listen", "host:port or [v6]:port is expected, with a port from 1 to 65535")),
    }
}

fn relay(listen: Address, raw: &RawRelay) -> Result<Relay, BadValue> {
    let base_url = if !raw.advertise.is_empty() {
        let url = base_url("relay.advertise", &raw.advertise)?;
        // A song is known again in MPD's queue by `/ID/audio` right after the host.
        let parsed = Url::parse(&url).ok();
        if parsed.as_ref().is_some_and(|url| url.path() != "/") {
            return Err(bad("relay.advertise", "a URL without a path is expected: http://host:port"));
        }
        if parsed.is_some_and(|url| url.port() == Some(0) || is_every_address(&url)) {
            let message =
                "leads nowhere: the address by which MPD reaches this machine is expected, and a port";
            return Err(bad("relay.advertise", message));
        }
        url
    } else if listen.is_every_host() {
        let message = "is needed when `relay.listen` is every address of this machine: \
                       the base URL by which MPD reaches it, such as \"http://192.168.1.2:6602\"";
        return Err(bad("relay.advertise", message));
    } else {
        own_url(&listen)
    };
    Ok(Relay { listen, base_url, hold: Duration::from_secs(within("relay.hold_seconds", raw.hold_seconds)?) })
}

/// The relay's base URL, unless the file says otherwise.
fn own_url(listen: &Address) -> String {
    format!("http://{listen}")
}

impl Relay {
    /// Whether the base URL is what it would be if the file did not name one.
    pub(super) fn has_own_url(&self) -> bool {
        own_url(&self.listen) == self.base_url
    }
}

fn is_every_address(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_unspecified(),
        Some(Host::Domain(_)) | None => false,
    }
}

fn youtube(raw: RawYouTube, paths: &Paths<'_>) -> Result<YouTube, BadValue> {
    if raw.prefix.len() > LONGEST_PREFIX || raw.prefix.contains(char::is_control) {
        return Err(bad(
            "youtube.prefix",
            format!("at most {LONGEST_PREFIX} bytes without control characters are expected"),
        ));
    }
    let cookies = (!raw.cookies.is_empty()).then(|| paths.absolute("youtube.cookies", &raw.cookies));
    Ok(YouTube {
        playlists: playlists(raw.playlists.as_slice())?,
        cookies: cookies.transpose()?,
        library: raw.library,
        liked: raw.liked,
        account: within("youtube.account", raw.account)?,
        prefix: raw.prefix,
        music_url: base_url("youtube.music_url", &raw.music_url)?,
    })
}

/// The playlists that these texts name, each once.
fn playlists(texts: &[String]) -> Result<Vec<PlaylistId>, BadValue> {
    let mut seen = HashSet::new();
    let ids = texts.iter().enumerate().map(|(at, text)| {
        playlist_id(text).map_err(|error| bad_element("youtube.playlists", at, error.to_string()))
    });
    ids.filter(|id| id.as_ref().map_or(true, |id| seen.insert(id.clone()))).collect()
}

/// MPD's names end at 251 bytes; the title needs most of them.
const LONGEST_PREFIX: usize = 100;

fn resolver(raw: RawResolver, paths: &Paths<'_>) -> Result<Resolver, BadValue> {
    const COMMAND: &str = "resolver.command";
    let mut command = raw.command;
    match command.first_mut() {
        // A bare name is looked for on the PATH.
        Some(program) if program.contains('/') => {
            let path = paths.absolute(COMMAND, program)?.into_os_string().into_string();
            *program = path.map_err(|_| {
                bad(COMMAND, "the file's own folder is not UTF-8: an absolute path is expected")
            })?;
        }
        Some(program) if !program.is_empty() => {}
        _ => return Err(bad(COMMAND, "the program's name is expected first, such as [\"yt-dlp\"]")),
    }
    Ok(Resolver {
        command,
        args: raw.args,
        format: not_empty("resolver.format", raw.format)?,
        workers: within("resolver.workers", raw.workers)?,
        timeout: Duration::from_secs(within("resolver.timeout_seconds", raw.timeout_seconds)?),
        prefetch: within("resolver.prefetch", raw.prefetch)?,
    })
}

fn sync(raw: &RawSync, paths: &Paths<'_>) -> Result<Sync, BadValue> {
    const DIRECTORY: &str = "sync.playlist_directory";
    let minutes: u64 = within("sync.interval_minutes", raw.interval_minutes)?;
    let materialise = match raw.materialise {
        RawMaterialise::Mpd => Materialise::Mpd,
        RawMaterialise::Off => Materialise::Off,
        RawMaterialise::Files if raw.playlist_directory.is_empty() => {
            let message = "is needed when `sync.materialise` is \"files\": MPD's `playlist_directory`";
            return Err(bad(DIRECTORY, message));
        }
        RawMaterialise::Files => Materialise::Files(paths.absolute(DIRECTORY, &raw.playlist_directory)?),
    };
    Ok(Sync { auto: raw.auto, interval: Duration::from_secs(minutes * 60), materialise })
}

fn log_filter(filter: String) -> Result<String, BadValue> {
    if is_log_filter(&filter) {
        return Ok(filter);
    }
    let message = "a filter such as \"info\" or \"info,ytmpd::relay=debug\" is expected";
    let part = filter.split(',').find_map(bare_part);
    let hint = part.map(|part| format!("; `{part}` is `ytmpd::{part}` there")).unwrap_or_default();
    Err(bad("log.filter", format!("{message}{hint}")))
}

fn addresses(key: &'static str, raw: &OneOrMany, paths: &Paths<'_>) -> Result<Vec<Address>, BadValue> {
    let texts = raw.as_slice();
    if texts.is_empty() {
        return Err(bad(key, "at least one address is expected"));
    }
    let parse = |(at, text): (usize, &String)| {
        let text = paths.expand_home(key, text)?;
        text.parse().map_err(|error: InvalidAddress| bad_element(key, at, error.to_string()))
    };
    texts.iter().enumerate().map(parse).collect()
}

/// An `http` or `https` URL that paths can be appended to.
fn base_url(key: &'static str, text: &str) -> Result<String, BadValue> {
    let url = Url::parse(text).ok().filter(|url| {
        let anybodys = url.username().is_empty() && url.password().is_none();
        let plain = url.query().is_none() && url.fragment().is_none() && anybodys;
        let host = url.host().is_some_and(|host| host != Host::Domain(""));
        plain && host && matches!(url.scheme(), "http" | "https")
    });
    match url {
        Some(_) => Ok(text.trim_end_matches('/').to_owned()),
        None => Err(bad(key, "a URL of the form http://host:port is expected, without a query")),
    }
}

fn not_empty(key: &'static str, text: String) -> Result<String, BadValue> {
    if text.is_empty() { Err(bad(key, "must not be empty")) } else { Ok(text) }
}

pub(super) fn bad(key: &'static str, message: impl Into<String>) -> BadValue {
    BadValue { key, element: None, message: message.into() }
}

pub(super) fn bad_element(key: &'static str, at: usize, message: impl Into<String>) -> BadValue {
    BadValue { key, element: Some(at), message: message.into() }
}

/// Where paths start.
struct Paths<'a> {
    /// The configuration file's folder, if there is one.
    folder: Option<&'a Path>,
    home: Option<&'a Path>,
}

impl Paths<'_> {
    /// `text` as an absolute path.
    fn absolute(&self, key: &'static str, text: &str) -> Result<PathBuf, BadValue> {
        let path = PathBuf::from(self.expand_home(key, text)?);
        match self.folder {
            _ if path.is_absolute() => Ok(path),
            Some(folder) => Ok(folder.join(path)),
            None => Err(bad(key, "an absolute path is expected")),
        }
    }

    /// `text` as an absolute path, or the `usual` one if it is empty.
    fn or_usual(
        &self,
        key: &'static str,
        text: &str,
        usual: impl FnOnce() -> Option<PathBuf>,
    ) -> Result<PathBuf, BadValue> {
        if !text.is_empty() {
            return self.absolute(key, text);
        }
        usual().ok_or_else(|| bad(key, "is needed where there is no home folder; set it, or $HOME"))
    }

    fn expand_home(&self, key: &'static str, text: &str) -> Result<String, BadValue> {
        if text.contains('\0') {
            return Err(bad(
                key,
                "a text without zero bytes (`\\u0000`) is expected: no path or address has any",
            ));
        }
        let rest = if text == "~" { Some("") } else { text.strip_prefix("~/") };
        let Some(rest) = rest else { return Ok(text.to_owned()) };
        let home = self.home.and_then(Path::to_str);
        let home = home.ok_or_else(|| bad(key, "`~` is unknown, for $HOME is not set"))?;
        Ok(if rest.is_empty() { home.to_owned() } else { format!("{home}/{rest}") })
    }
}
