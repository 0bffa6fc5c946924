//! Where the daemon's socket is.

use std::path::{Path, PathBuf};

use super::Failure;
use crate::config::{self, Environment, ServiceFolders};
use crate::control::socket_of;
use crate::reason::on_one_line;

/// The surroundings of the daemon that is meant. They are ours, or the system's service's: where no
/// configuration is named, the user has no socket, and the service has one. And where it has none as
/// it does not run, but a configuration, and the user has none.
pub(super) fn environment(config: Option<&Path>) -> Environment {
    let own = Environment::of_process();
    let system = Environment { service: ServiceFolders::of_system(), ..own.clone() };
    if config.is_none() && own.config_file.is_none() { either(own, system) } else { own }
}

fn either(own: Environment, system: Environment) -> Environment {
    let usual = |environment| config::defaults(environment).ok().map(|usual| usual.control_socket);
    let has_file = |environment| config::find(None, environment).is_some();
    let is_there = |socket: &Option<PathBuf>| socket.as_ref().is_some_and(|socket| socket.exists());
    let socket = usual(&own);
    // A user who has moved theirs means theirs.
    let is_moved = config::load(None, &own).is_ok_and(|found| Some(found.control_socket) != socket);
    let is_system = is_there(&usual(&system)) || has_file(&system) && !has_file(&own);
    if is_system && !is_there(&socket) && !is_moved { system } else { own }
}

/// The control socket of the daemon with this configuration, found as `ytmpd` finds it. A file that
/// is wrong is told to `complain`, and no more: a daemon that runs is to be reached all the more then.
pub(super) async fn socket(config: Option<&Path>, complain: impl Fn(&str)) -> Result<PathBuf, Failure> {
    let environment = environment(config);
    match config::load(config, &environment) {
        Ok(found) => Ok(socket_of(&found).await),
        Err(wrong) => {
            let instead = config::defaults_in_place(config, &environment).map_err(Failure::Nowhere)?;
            let socket = socket_of(&instead).await;
            let wrong = on_one_line(&wrong);
            complain(&format!("{wrong}; looking for ytmpd at {} all the same", socket.display()));
            Ok(socket)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The surroundings of a daemon whose folders are in `root`.
    fn surroundings(root: &Path) -> Environment {
        let service = ServiceFolders {
            configuration: Some(root.join("etc")),
            runtime: Some(root.join("run")),
            ..ServiceFolders::default()
        };
        Environment { service, ..Environment::default() }
    }

    #[test]
    fn the_systems_service_is_for_who_has_none() {
        const MOVED: &str = "control.socket = \"/elsewhere\"";
        for (there, expected) in [
            (&[][..], "own"),
            (&[("system/run/sync_socket", "")], "system"),
            (&[("system/etc/config.toml", "")], "system"),
            (&[("system/run/sync_socket", ""), ("own/run/sync_socket", "")], "own"),
            (&[("system/run/sync_socket", ""), ("own/etc/config.toml", "")], "system"),
            (&[("system/run/sync_socket", ""), ("own/etc/config.toml", MOVED)], "own"),
            (&[("system/etc/config.toml", ""), ("own/etc/config.toml", "")], "own"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let [own, system] = ["own", "system"].map(|name| surroundings(&folder.path().join(name)));
            for (file, text) in there {
                let file = folder.path().join(file);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, text).unwrap();
            }
            let found = either(own, system).service.configuration.unwrap();
            assert_eq!(found, folder.path().join(expected).join("etc"), "{there:?}");
        }
    }
}
