//! The configuration file: the one that the daemon would read, read in the same way.

use std::fs;
use std::path::Path;

use super::{Check, Service, Surroundings};
use crate::config::{self, Config};
use crate::disk::is_open_to_others;
use crate::reason::on_one_line;

const NAME: &str = "configuration";

/// What is said of it, and what it says. If it is wrong, the rest is looked at as if it were
/// empty: what is wrong elsewhere is to be known as well. `None` where there is no home folder
/// either.
pub(super) fn read(surroundings: &Surroundings) -> (Check, Option<Config>) {
    let Surroundings { config: named, environment, .. } = surroundings;
    let file = config::find(named.as_deref(), environment);
    match config::load(file.as_deref(), environment) {
        Ok(config) => (judge(file.as_deref(), &config, surroundings.service()), Some(config)),
        Err(wrong) => {
            let todo = "correct it; until then, what follows is about the defaults";
            let instead = config::defaults_in_place(file.as_deref(), environment).ok();
            (Check::failure(NAME, on_one_line(&wrong), todo), instead)
        }
    }
}

fn judge(file: Option<&Path>, config: &Config, service: Service) -> Check {
    let Some(file) = file else { return Check::ok(NAME, "no file: every key has its default") };
    let shown = file.display();
    let is_open = fs::metadata(file).is_ok_and(|found| is_open_to_others(&found));
    if is_open && !config.mpd.password.is_empty() {
        let found = format!("{shown} holds `mpd.password`, and other users may read it");
        return Check::warning(NAME, found, service.closes(file));
    }
    Check::ok(NAME, shown.to_string())
}
