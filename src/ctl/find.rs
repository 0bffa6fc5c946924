//! Where the daemon's socket is.

use std::path::{Path, PathBuf};

use super::Failure;
use crate::config::{self, Environment};
use crate::reason::on_one_line;

/// Where the system's service has its own (docs/systemd/system).
const SYSTEM: &str = "/run/ytmpd/sync_socket";

/// The control socket of the daemon with this configuration, found as `ytmpd` finds it. Where the
/// user has none and no configuration is named, the system's service is meant. A file that is wrong
/// is told to `complain`, and no more: a daemon that runs is to be reached all the more then.
pub(super) fn socket(config: Option<&Path>, complain: impl Fn(&str)) -> Result<PathBuf, Failure> {
    let environment = Environment::of_process();
    match config::load(config, &environment) {
        Ok(found) => {
            let is_usual = config.or(environment.config_file.as_deref()).is_none()
                && config::defaults(&environment)
                    .is_ok_and(|usual| usual.control_socket == found.control_socket);
            Ok(if is_usual {
                or_system(found.control_socket, Path::new(SYSTEM))
            } else {
                found.control_socket
            })
        }
        Err(wrong) => {
            let instead = config::defaults_in_place(config, &environment).map_err(Failure::Nowhere)?;
            let socket = instead.control_socket;
            let wrong = on_one_line(&wrong);
            complain(&format!("{wrong}; looking for ytmpd at {} all the same", socket.display()));
            Ok(socket)
        }
    }
}

fn or_system(socket: PathBuf, system: &Path) -> PathBuf {
    if !socket.exists() && system.exists() { system.to_owned() } else { socket }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_socket_is_for_who_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let [own, system] = ["own", "system"].map(|name| folder.path().join(name));
        for (there, expected) in [(None, &own), (Some(&system), &system), (Some(&own), &own)] {
            if let Some(there) = there {
                std::fs::write(there, "").unwrap();
            }
            assert_eq!(or_system(own.clone(), &system), *expected);
        }
    }
}
