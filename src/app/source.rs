//! Where playlists and songs come from: YouTube, or the demo.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::reload::MakeExtract;
use crate::config::Config;
use crate::cookies::Cookies;
use crate::demo::Demo;
use crate::library::Track;
use crate::resolver::YtDlpExtract;
use crate::sync::Source;
use crate::youtube::Catalogue;
use crate::ytdlp::YtDlp;

/// This program, for `yt-dlp`'s guard: still the same after an update has replaced the file.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// Where the playlists come from.
pub(super) fn playlists(demo: Option<&Demo>, cookies: &Cookies) -> Source {
    match demo.map(Demo::playlists) {
        Some(playlists @ [_, ..]) => Source::Fixed(playlists.to_vec()),
        _ => {
            let cookies = cookies.clone();
            Source::YouTube(Arc::new(move |config| {
                Catalogue::new(&config.youtube, cookies.clone(), ytdlp(config, &cookies))
            }))
        }
    }
}

/// How songs are found; what is learned of them beside goes to `told`.
pub(super) fn songs(demo: Option<&Demo>, cookies: &Cookies, told: mpsc::Sender<Track>) -> MakeExtract {
    match demo.and_then(Demo::extract) {
        Some(extract) => Box::new(move |_| Arc::clone(&extract)),
        None => {
            let cookies = cookies.clone();
            Box::new(move |config| {
                let extract = YtDlpExtract::new(ytdlp(config, &cookies), &config.resolver);
                Arc::new(extract.telling(told.clone()))
            })
        }
    }
}

fn ytdlp(config: &Config, cookies: &Cookies) -> YtDlp {
    YtDlp::new(&config.resolver).guarded_by(THIS_PROGRAM.into()).with_cookies(cookies.clone())
}
