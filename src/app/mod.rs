//! Builds everything from a [`Config`], runs it, and owns the shutdown.

use crate::config::Config;
use crate::demo::Demo;

/// Something that is needed is not there.
#[derive(Debug, thiserror::Error)]
pub enum StartError {}

/// Runs the daemon until it is asked to stop. `demo` replaces YouTube, if it has a catalogue.
/// `listening` is called once, when clients can connect.
pub fn main(config: &Config, demo: Option<&Demo>, listening: impl FnOnce()) -> Result<(), StartError> {
    let _ = (config, demo);
    listening();
    Ok(())
}
