//! A configuration for tests.

use std::path::PathBuf;
use std::time::Duration;

use ytmpd::config::{Address, Config, Materialise, Mpd, Proxy, Relay, Resolver, Secret, Sync, YouTube};

/// A configuration that reaches nobody but `mpd`.
pub(crate) fn config(mpd: Address, password: &str) -> Config {
    Config {
        proxy: Proxy { listen: Vec::new(), zeroconf: false, zeroconf_name: String::new(), max_clients: 100 },
        mpd: Mpd { addresses: vec![mpd], password: Secret::new(password.to_owned()) },
        relay: Relay {
            listen: "127.0.0.1:0".parse().unwrap(),
            base_url: "http://127.0.0.1:1".to_owned(),
            hold: Duration::from_secs(60),
        },
        youtube: YouTube {
            playlists: Vec::new(),
            cookies: None,
            library: true,
            liked: true,
            account: 0,
            prefix: "YT: ".to_owned(),
            music_url: "http://127.0.0.1:1".to_owned(),
        },
        resolver: Resolver {
            command: vec!["false".to_owned()],
            args: Vec::new(),
            format: String::new(),
            workers: 1,
            timeout: Duration::from_secs(45),
            prefetch: 1,
        },
        sync: Sync { auto: false, interval: Duration::from_secs(1800), materialise: Materialise::Off },
        state_directory: PathBuf::new(),
        covers_directory: PathBuf::new(),
        control_socket: PathBuf::new(),
        log_filter: String::new(),
    }
}
