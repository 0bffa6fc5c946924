//! What a configuration that was read again changes, and what of it waits for a restart.

use toml::Value;

use super::raw::RawConfig;
use super::{Config, Mpd};

/// The keys that differ between two configurations, such as `sync.interval_minutes`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Those that a running daemon follows.
    pub followed: Vec<String>,
    /// Those that it looks at only when it starts: addresses and folders.
    pub at_restart: Vec<String>,
}

impl Config {
    /// What a running daemon of this configuration does about `read`: the configuration that is
    /// in effect from now on, and what is different. Keys that need a restart keep their values
    /// until then.
    pub fn follow(&self, read: Config) -> (Config, Changes) {
        let changes = self.changes(&read);
        let followed = Config {
            proxy: self.proxy.clone(),
            mpd: Mpd { addresses: self.mpd.addresses.clone(), password: read.mpd.password },
            relay: self.relay.clone(),
            state_directory: self.state_directory.clone(),
            covers_directory: self.covers_directory.clone(),
            control_socket: self.control_socket.clone(),
            youtube: read.youtube,
            resolver: read.resolver,
            sync: read.sync,
            log_filter: read.log_filter,
        };
        (followed, changes)
    }

    fn changes(&self, other: &Config) -> Changes {
        let mut changes = Changes::default();
        let (old, new) = (RawConfig::from(self).to_table(), RawConfig::from(other).to_table());
        for (section, keys) in &new {
            for (key, value) in keys.as_table().into_iter().flatten() {
                let name = format!("{section}.{key}");
                // It is masked in the table.
                let is_password = name == PASSWORD && self.mpd.password != other.mpd.password;
                if is_password || old.get(section).and_then(|keys: &Value| keys.get(key)) != Some(value) {
                    let place =
                        if at_restart(&name) { &mut changes.at_restart } else { &mut changes.followed };
                    place.push(name);
                }
            }
        }
        changes
    }
}

const PASSWORD: &str = "mpd.password";

/// Whether a running daemon cannot follow a change of this key.
pub(super) fn at_restart(key: &str) -> bool {
    let section = key.split('.').next();
    key == "mpd.address" || matches!(section, Some("proxy" | "relay" | "control" | "state"))
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, Secret, defaults};
    use super::*;

    fn config() -> Config {
        let environment = Environment { config_home: Some("/home/x/.config".into()), ..Default::default() };
        defaults(&environment).unwrap()
    }

    #[test]
    fn each_changed_key_is_named_and_followed_or_not() {
        type Change = fn(&mut Config);
        let table: [(Change, &[&str], &[&str]); 8] = [
            (|_| (), &[], &[]),
            (|new| new.youtube.prefix = "Y ".to_owned(), &["youtube.prefix"], &[]),
            (|new| new.mpd.password = Secret::new("x".to_owned()), &["mpd.password"], &[]),
            (|new| new.log_filter = "debug".to_owned(), &["log.filter"], &[]),
            (|new| new.proxy.max_clients = 1, &[], &["proxy.max_clients"]),
            (|new| new.state_directory = "/x".into(), &[], &["state.directory"]),
            (|new| new.mpd.addresses = vec!["/x".parse().unwrap()], &[], &["mpd.address"]),
            (
                |new| {
                    new.sync.materialise = crate::config::Materialise::Files("/x".into());
                    new.relay.listen = "127.0.0.1:1".to_owned();
                },
                &["sync.materialise", "sync.playlist_directory"],
                &["relay.listen"],
            ),
        ];
        for (number, (change, followed, restart)) in table.into_iter().enumerate() {
            let old = config();
            let mut read = config();
            change(&mut read);
            let (effective, changes) = old.follow(read.clone());
            assert_eq!(
                (&*changes.followed, &*changes.at_restart),
                (&to_owned(followed)[..], &to_owned(restart)[..])
            );
            let is_followed = effective == read;
            assert_eq!(is_followed, restart.is_empty(), "{number}");
            assert_eq!(effective.proxy, old.proxy);
            // What waits for a restart is named again next time.
            assert_eq!(effective.follow(read).1.at_restart, restart);
        }
    }

    fn to_owned(keys: &[&str]) -> Vec<String> {
        keys.iter().map(ToString::to_string).collect()
    }
}
