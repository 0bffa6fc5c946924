//! MPD, YouTube and ytmpd between them.

use std::fs;

use super::client::Client;
use super::daemon::Daemon;
use super::eventually;
use super::mpd::TestMpd;
use crate::fake_youtube::{Catalogue, FakeYouTube};

/// Lines of `mpd.conf` for an MPD with a music folder.
pub(crate) const MUSIC: &str = "music_directory \"%DIR%/music\"\ndb_file \"%DIR%/db\"";

/// The three of them.
pub(crate) struct World {
    // In the order in which they end.
    pub(crate) daemon: Daemon,
    pub(crate) youtube: FakeYouTube,
    pub(crate) mpd: TestMpd,
}

/// A YouTube with this on it.
pub(crate) fn youtube(catalogue: Catalogue) -> FakeYouTube {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(FakeYouTube::start_with(catalogue)).unwrap()
}

impl World {
    /// With the fake's own catalogue, and an MPD with a music folder. `more` as for [`Daemon::start`].
    pub(crate) fn start(playlists: &[&str], more: &[(&str, &str)]) -> Option<Self> {
        Self::start_with(TestMpd::start(MUSIC)?, Catalogue::default(), playlists, more)
    }

    /// With this MPD and this catalogue.
    pub(crate) fn start_with(
        mpd: TestMpd,
        catalogue: Catalogue,
        playlists: &[&str],
        more: &[(&str, &str)],
    ) -> Option<Self> {
        let youtube = youtube(catalogue);
        let daemon = Daemon::start(&mpd, &youtube, playlists, more)?;
        Some(Self { daemon, youtube, mpd })
    }

    /// A client of ytmpd.
    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.daemon.socket())
    }

    /// Puts a file into the music folder, and has MPD find it.
    pub(crate) fn add_music(&self, name: &str, content: &[u8]) {
        let file = self.mpd.music().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
        self.mpd.talk("update");
        eventually("MPD has looked at its music", || {
            (!self.mpd.talk("status").contains("updating_db")).then_some(())
        });
    }
}
