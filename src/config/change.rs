//! What a configuration that was read again changes, and what of it waits for a restart.

use toml::Value;

use super::raw::RawConfig;
use super::{Address, Config, Materialise, Mpd, same_place};

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
                let looks_other = old.get(section).and_then(|keys: &Value| keys.get(key)) != Some(value);
                let differs = self.differs_in_secret(other, &name)
                    || looks_other && !self.differs_by_another_key(other, &name);
                if differs {
                    let place =
                        if at_restart(&name) { &mut changes.at_restart } else { &mut changes.followed };
                    place.push(name);
                }
            }
        }
        changes
    }

    /// Whether the two differ in a key that is masked where it is shown.
    fn differs_in_secret(&self, other: &Config, key: &str) -> bool {
        match key {
            "mpd.password" => self.mpd.password != other.mpd.password,
            "resolver.args" => self.resolver.args != other.resolver.args,
            "resolver.command" => self.resolver.command != other.resolver.command,
            _ => false,
        }
    }

    /// Whether what this key means is different since another one is, which is named already.
    fn differs_by_another_key(&self, other: &Config, key: &str) -> bool {
        match key {
            // It follows `relay.listen` unless it is set.
            "relay.advertise" => self.relay.has_own_url() && other.relay.has_own_url(),
            // It counts for one value of `sync.materialise` only, and is not known otherwise.
            "sync.playlist_directory" => {
                let has_folder = |config: &Config| matches!(config.sync.materialise, Materialise::Files(_));
                !(has_folder(self) && has_folder(other))
            }
            // "auto" is without the addresses that we listen on.
            "mpd.address" => {
                let left = |own: &Config, of: &Config| -> Vec<Address> {
                    let addresses = of.mpd.addresses.iter();
                    addresses.filter(|address| !own.listens_on(address)).cloned().collect()
                };
                left(self, other) == left(other, self)
            }
            _ => false,
        }
    }

    fn listens_on(&self, address: &Address) -> bool {
        self.proxy.listen.iter().chain([&self.relay.listen]).any(|own| same_place(address, own))
    }
}

/// Whether a running daemon cannot follow a change of this key.
pub(super) fn at_restart(key: &str) -> bool {
    let section = key.split('.').next();
    key == "mpd.address" || matches!(section, Some("proxy" | "relay" | "control" | "state"))
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, Secret, defaults, load};
    use super::*;

    fn config() -> Config {
        let environment = Environment { config_home: Some("/home/x/.config".into()), ..Default::default() };
        defaults(&environment).unwrap()
    }

    #[test]
    fn each_changed_key_is_named_and_followed_or_not() {
        type Change = fn(&mut Config);
        let table: [(Change, &[&str], &[&str]); 9] = [
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
                    new.relay.listen = "127.0.0.1:1".parse().unwrap();
                },
                &["sync.materialise"],
                &["relay.listen"],
            ),
            (
                |new| new.resolver.args = vec!["--password".to_owned(), "x".to_owned()],
                &["resolver.args"],
                &[],
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

    /// What the file says before and after, and what is named.
    #[test]
    fn only_what_was_changed_in_the_file_is_named() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("config.toml");
        let read = |text: &str| {
            std::fs::write(&file, text).unwrap();
            load(Some(&file), &Environment::default()).unwrap()
        };
        let files = "sync.playlist_directory = \"/p\"\nsync.materialise = \"files\"";
        let args = |password: &str| format!("resolver.args = [\"-p\", \"{password}\"]");
        for (before, after, named) in [
            ("", "relay.listen = \"127.0.0.1:7000\"", &["relay.listen"][..]),
            ("", "relay.listen = \"[::1]:7000\"", &["relay.listen"]),
            ("", "relay.advertise = \"http://nas:6602\"", &["relay.advertise"]),
            ("relay.advertise = \"http://nas:6602\"", "", &["relay.advertise"]),
            (
                "",
                "relay.listen = \"0.0.0.0:1\"\nrelay.advertise = \"http://nas:1\"",
                &["relay.advertise", "relay.listen"],
            ),
            ("sync.playlist_directory = \"/p\"", files, &["sync.materialise"]),
            (files, "sync.playlist_directory = \"/p\"", &["sync.materialise"]),
            (files, &files.replace("/p", "/q"), &["sync.playlist_directory"]),
            ("", "proxy.listen = \"localhost:6600\"", &["proxy.listen"]),
            ("proxy.listen = \"localhost:6600\"", "", &["proxy.listen"]),
            ("", "mpd.address = \"nas:6600\"", &["mpd.address"]),
            (
                "mpd.address = \"nas:6600\"",
                "mpd.address = [\"nas:6600\", \"/run/mpd/socket\"]",
                &["mpd.address"],
            ),
            (&args("a"), &args("b"), &["resolver.args"]),
        ] {
            let (_, Changes { followed, at_restart }) = read(before).follow(read(after));
            assert_eq!([followed, at_restart].concat(), named, "{before:?} to {after:?}");
        }
    }

    fn to_owned(keys: &[&str]) -> Vec<String> {
        keys.iter().map(ToString::to_string).collect()
    }
}
