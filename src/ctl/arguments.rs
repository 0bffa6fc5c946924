//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Talk to a running ytmpd.
#[derive(Debug, Parser)]
#[command(
    name = "ytmpctl",
    version,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 done; 1 the daemon said no, the sync failed, or doctor found a failure; 2 usage; 3 no daemon is there"
)]
pub struct Arguments {
    /// The daemon's control socket [default: `control.socket` of the configuration]
    #[arg(long, global = true, value_name = "PATH")]
    pub(super) socket: Option<PathBuf>,
    /// The daemon's configuration file [default: $YTMPD_CONFIG, else ~/.config/ytmpd/config.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Print the daemon's own answer: one JSON object a line, times in UTC
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    #[command(flatten)]
    Ask(Ask),
    /// Look for what keeps music from playing, and say what to do about it
    Doctor,
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
        /// For which program
        #[arg(default_value = "ytmpctl")]
        program: Program,
    },
    /// Write the manual's pages
    Man {
        /// The folder to write them to; made if it is missing
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
}

/// What the daemon is asked.
#[derive(Debug, Subcommand)]
pub(super) enum Ask {
    /// Have the playlists listed again, now
    Sync {
        /// Show how it goes, and end when it ends: with 0 if all went well
        #[arg(long)]
        wait: bool,
    },
    /// Say how the daemon is: its playlists, its account, MPD, and what is wrong
    Status,
    /// List the playlists
    #[command(visible_alias = "list-playlists")]
    List,
    /// Have the configuration read again, then sync
    Reload,
    /// Stop the daemon
    Quit,
}

impl Ask {
    /// In the socket's words.
    pub(super) fn request(&self) -> &'static str {
        match self {
            Self::Sync { .. } => "sync",
            Self::Status => "status",
            Self::List => "list",
            Self::Reload => "reload",
            Self::Quit => "quit",
        }
    }
}

/// The programs that there are.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Program {
    Ytmpctl,
    Ytmpd,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Text for people.
    Text,
    /// What the daemon says.
    Json,
}
