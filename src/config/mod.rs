//! What the user asked for.
//!
//! `raw` is what the TOML file says; [`Config`] is what it means and is always valid: nobody below
//! checks a value again. [`load`] goes from one to the other; the programs call it at the start
//! and when they are asked to read the file again.

mod address;
mod arguments;
mod bounds;
mod change;
#[cfg(test)]
mod documented;
mod error;
mod explain;
mod filter;
mod load;
mod mask;
mod meaning;
mod passed;
mod places;
mod raw;
mod secret;

use std::path::PathBuf;
use std::time::Duration;

pub use address::{Address, InvalidAddress};
pub use arguments::Arguments;
pub use change::Changes;
pub use error::ConfigError;
pub use filter::is_log_filter;
pub use load::{Environment, ServiceFolders, defaults, defaults_in_place, find, load};
pub use passed::PassedSocket;
pub use places::same_place;
pub use secret::Secret;

use crate::library::PlaylistId;

/// The effective configuration. Every key of the file, resolved: paths absolute, `auto` spelt
/// out.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `[proxy]`
    pub proxy: Proxy,
    /// `[mpd]`
    pub mpd: Mpd,
    /// `[relay]`
    pub relay: Relay,
    /// `[youtube]`
    pub youtube: YouTube,
    /// `[resolver]`
    pub resolver: Resolver,
    /// `[sync]`
    pub sync: Sync,
    /// Where `library.json` and `sync_state.json` are.
    pub state_directory: PathBuf,
    /// Where songs' pictures are kept.
    pub covers_directory: PathBuf,
    /// The control socket.
    pub control_socket: PathBuf,
    /// A `tracing` filter, such as `info` or `ytmpd::relay=debug`.
    pub log_filter: String,
}

impl Config {
    /// The configuration as TOML, every key present and secrets masked: what `--check-config`
    /// prints. Apart from the secrets, it is a valid file that means the same.
    pub fn to_toml(&self) -> String {
        raw::RawConfig::from(self).to_toml()
    }
}

/// Where clients connect to.
#[derive(Debug, Clone, PartialEq)]
pub struct Proxy {
    /// The addresses to listen on; at least one.
    pub listen: Vec<Address>,
    /// Announce `_mpd._tcp` on the LAN.
    pub zeroconf: bool,
    /// The announced name; `%h` is the host's.
    pub zeroconf_name: String,
    /// More clients than this are closed without a greeting, as MPD does.
    pub max_clients: usize,
}

/// The real MPD.
#[derive(Debug, Clone, PartialEq)]
pub struct Mpd {
    /// Where it may be, in the order to try; at least one.
    pub addresses: Vec<Address>,
    /// For the daemon's own connection.
    pub password: Secret,
}

/// The HTTP server that MPD reads from.
#[derive(Debug, Clone, PartialEq)]
pub struct Relay {
    /// Where to listen; always [`Address::Tcp`], for MPD reads over HTTP.
    pub listen: Address,
    /// The base URL as MPD sees it, without a trailing slash.
    pub base_url: String,
    /// How long a request waits out a passing failure.
    pub hold: Duration,
}

/// What to list, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct YouTube {
    /// Public playlists, by id or URL in the file; each once.
    pub playlists: Vec<PlaylistId>,
    /// A Netscape `cookies.txt`, if signed in.
    pub cookies: Option<PathBuf>,
    /// List the account's own and saved playlists.
    pub library: bool,
    /// List Liked Music.
    pub liked: bool,
    /// `X-Goog-AuthUser`.
    pub account: u32,
    /// In front of every virtual playlist's name.
    pub prefix: String,
    /// Where InnerTube is, without a trailing slash.
    pub music_url: String,
}

/// How `yt-dlp` is run.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolver {
    /// Program and leading arguments; at least the program.
    pub command: Vec<String>,
    /// More arguments.
    pub args: Vec<String>,
    /// `-f`.
    pub format: String,
    /// How many run at once; at least 1.
    pub workers: usize,
    /// When a run is given up.
    pub timeout: Duration,
    /// How many upcoming songs of the queue are made ready ahead of time.
    pub prefetch: usize,
}

/// When and how to sync.
#[derive(Debug, Clone, PartialEq)]
pub struct Sync {
    /// Sync on a timer.
    pub auto: bool,
    /// The timer.
    pub interval: Duration,
    /// How real stored playlists are made.
    pub materialise: Materialise,
}

/// How the virtual playlists are also made real ones.
#[derive(Debug, Clone, PartialEq)]
pub enum Materialise {
    /// Through MPD's protocol.
    Mpd,
    /// As `.m3u` files in this folder.
    Files(PathBuf),
    /// Not at all.
    Off,
}
