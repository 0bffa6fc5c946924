//! Where the daemon's socket is.

use std::path::{Path, PathBuf};

use super::Failure;
use crate::config::{self, Environment};
use crate::reason::on_one_line;

/// The control socket of the daemon with this configuration, found as `ytmpd` finds it. A file that
/// is wrong is told to `complain`, and no more: a daemon that runs is to be reached all the more
/// then.
pub(super) fn socket(config: Option<&Path>, complain: impl Fn(&str)) -> Result<PathBuf, Failure> {
    let environment = Environment::of_process();
    match config::load(config, &environment) {
        Ok(config) => Ok(config.control_socket),
        Err(wrong) => {
            let instead = config::defaults_in_place(config, &environment).map_err(Failure::Nowhere)?;
            let socket = instead.control_socket;
            let wrong = on_one_line(&wrong);
            complain(&format!("{wrong}; looking for ytmpd at {} all the same", socket.display()));
            Ok(socket)
        }
    }
}
