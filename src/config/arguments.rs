//! The command line of `ytmpd`; here, so that its manual can be written from it.

use std::path::PathBuf;

use clap::Parser;

use crate::library::{PlaylistId, playlist_id};

/// An MPD proxy that adds your YouTube and YouTube Music playlists to MPD's own.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    /// The configuration file [default: $YTMPD_CONFIG, else ~/.config/ytmpd/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the effective configuration, or what is wrong with it, and exit
    #[arg(long)]
    pub check_config: bool,
    /// Try it out with a private MPD and generated tones, or with the YouTube playlist at URL; of
    /// the configuration, only a file named with --config counts
    #[arg(long, value_name = "URL", num_args = 0..=1, require_equals = true, value_parser = playlist_id)]
    pub demo: Option<Option<PlaylistId>>,
    /// What to log, such as `debug` or `info,ytmpd::relay=debug` [default: log.filter]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
}
