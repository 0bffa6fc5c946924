//! The TOML file, key for key.
//!
//! Only the shape and the defaults are here; what the values mean, and whether they will do, is
//! in `meaning`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::mask::masked;
use super::{Address, Config, Materialise, Secret};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawConfig {
    pub(super) proxy: RawProxy,
    pub(super) mpd: RawMpd,
    pub(super) relay: RawRelay,
    pub(super) youtube: RawYouTube,
    pub(super) resolver: RawResolver,
    pub(super) sync: RawSync,
    pub(super) control: RawControl,
    pub(super) state: RawState,
    pub(super) log: RawLog,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawProxy {
    pub(super) listen: OneOrMany,
    pub(super) zeroconf: bool,
    pub(super) zeroconf_name: String,
    pub(super) max_clients: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawMpd {
    pub(super) address: OneOrMany,
    pub(super) password: Secret,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawRelay {
    pub(super) listen: String,
    pub(super) advertise: String,
    pub(super) hold_seconds: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawYouTube {
    pub(super) playlists: OneOrMany,
    pub(super) cookies: String,
    pub(super) library: bool,
    pub(super) liked: bool,
    pub(super) account: i64,
    pub(super) prefix: String,
    pub(super) music_url: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawResolver {
    pub(super) command: Vec<String>,
    pub(super) args: Vec<String>,
    pub(super) format: String,
    pub(super) workers: i64,
    pub(super) timeout_seconds: i64,
    pub(super) prefetch: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSync {
    pub(super) auto: bool,
    pub(super) interval_minutes: i64,
    pub(super) materialise: RawMaterialise,
    pub(super) playlist_directory: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawMaterialise {
    Mpd,
    Files,
    Off,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawControl {
    pub(super) socket: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawState {
    pub(super) directory: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLog {
    pub(super) filter: String,
}

/// A text or a list of texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a text or a list of texts is expected")]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

impl Default for RawProxy {
    fn default() -> Self {
        Self {
            listen: OneOrMany::Many(vec!["127.0.0.1:6601".to_owned()]),
            zeroconf: false,
            zeroconf_name: "ytmpd on %h".to_owned(),
            max_clients: 100,
        }
    }
}

impl Default for RawMpd {
    fn default() -> Self {
        Self { address: OneOrMany::One("auto".to_owned()), password: Secret::default() }
    }
}

impl Default for RawRelay {
    fn default() -> Self {
        Self { listen: "127.0.0.1:6602".to_owned(), advertise: String::new(), hold_seconds: 60 }
    }
}

impl Default for RawYouTube {
    fn default() -> Self {
        Self {
            playlists: OneOrMany::Many(vec![]),
            cookies: String::new(),
            library: true,
            liked: true,
            account: 0,
            prefix: "YT: ".to_owned(),
            music_url: "https://music.youtube.com".to_owned(),
        }
    }
}

impl Default for RawResolver {
    fn default() -> Self {
        // Opus as it is, then any plain audio; never the compressed `drc` variants, never HLS.
        let format = "bestaudio[acodec=opus][protocol~='^https?$'][format_id!*=drc]\
                      /bestaudio[protocol~='^https?$'][format_id!*=drc]/18";
        Self {
            command: vec!["yt-dlp".to_owned()],
            args: vec![],
            format: format.to_owned(),
            workers: 2,
            timeout_seconds: 45,
            prefetch: 1,
        }
    }
}

impl Default for RawSync {
    fn default() -> Self {
        Self {
            auto: true,
            interval_minutes: 30,
            materialise: RawMaterialise::Mpd,
            playlist_directory: String::new(),
        }
    }
}

impl Default for RawLog {
    fn default() -> Self {
        Self { filter: "info".to_owned() }
    }
}

impl RawConfig {
    pub(super) fn to_toml(&self) -> String {
        // Tables of texts, numbers and lists: TOML can hold them all.
        toml::to_string(self).unwrap_or_default()
    }

    /// The same, to be looked into.
    pub(super) fn to_table(&self) -> toml::Table {
        toml::Table::try_from(self).unwrap_or_default()
    }
}

/// The way back, for printing: secrets are masked.
impl From<&Config> for RawConfig {
    fn from(config: &Config) -> Self {
        let Config { proxy, mpd, relay, youtube, resolver, sync, .. } = config;
        let (materialise, playlist_directory) = match &sync.materialise {
            Materialise::Mpd => (RawMaterialise::Mpd, String::new()),
            Materialise::Files(folder) => (RawMaterialise::Files, text(folder)),
            Materialise::Off => (RawMaterialise::Off, String::new()),
        };
        Self {
            proxy: RawProxy {
                listen: addresses(&proxy.listen),
                zeroconf: proxy.zeroconf,
                zeroconf_name: proxy.zeroconf_name.clone(),
                max_clients: number(proxy.max_clients),
            },
            mpd: RawMpd { address: addresses(&mpd.addresses), password: mpd.password.clone() },
            relay: RawRelay {
                listen: relay.listen.to_string(),
                advertise: relay.base_url.clone(),
                hold_seconds: number(relay.hold.as_secs()),
            },
            youtube: RawYouTube {
                playlists: OneOrMany::Many(youtube.playlists.iter().map(ToString::to_string).collect()),
                cookies: youtube.cookies.as_deref().map(text).unwrap_or_default(),
                library: youtube.library,
                liked: youtube.liked,
                account: youtube.account.into(),
                prefix: youtube.prefix.clone(),
                music_url: youtube.music_url.clone(),
            },
            resolver: RawResolver {
                command: masked(&resolver.command),
                args: masked(&resolver.args),
                format: resolver.format.clone(),
                workers: number(resolver.workers),
                timeout_seconds: number(resolver.timeout.as_secs()),
                prefetch: number(resolver.prefetch),
            },
            sync: RawSync {
                auto: sync.auto,
                interval_minutes: number(sync.interval.as_secs() / 60),
                materialise,
                playlist_directory,
            },
            control: RawControl { socket: text(&config.control_socket) },
            state: RawState { directory: text(&config.state_directory) },
            log: RawLog { filter: config.log_filter.clone() },
        }
    }
}

fn addresses(addresses: &[Address]) -> OneOrMany {
    OneOrMany::Many(addresses.iter().map(ToString::to_string).collect())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn number(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
