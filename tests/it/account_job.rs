//! The account's job as a whole: the daemon between an account on YouTube and a real MPD that it
//! writes to, asked by the real `ytmpctl`, when all is well and when nothing is.

mod faults;
mod kills;
mod libraries;
mod mpd;
mod secrets;
mod signals;
mod state;
mod wild;

use std::fs::{self, Permissions};
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use serde_json::Value;

use crate::fake_youtube::{Catalogue, Knob};
use crate::support::daemon::Daemon;
use crate::support::mpd::TestMpd;
use crate::support::world::{MUSIC, World, youtube};
use crate::support::{PATIENCE, eventually};
use crate::ytmpctl::{Ran, run};

/// The three of them, the account signed in, its playlists written to MPD, all of it logged.
struct Job {
    world: World,
}

impl Job {
    /// With this on YouTube, all of it in the account's library. `more` as for [`Daemon::start`].
    fn start(catalogue: Catalogue, more: &[(&str, &str)]) -> Option<Self> {
        Self::start_with(TestMpd::start(MUSIC)?, catalogue, &[], more)
    }

    /// With this MPD, and these playlists named in the configuration.
    fn start_with(
        mpd: TestMpd,
        catalogue: Catalogue,
        playlists: &[&str],
        more: &[(&str, &str)],
    ) -> Option<Self> {
        let youtube = youtube(catalogue);
        let file = mpd.music().join("cookies.txt");
        fs::write(&file, youtube.cookies_txt()).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        let cookies = format!("cookies = {file:?}");
        let own =
            [("youtube", cookies.as_str()), ("sync", "materialise = \"mpd\""), ("log", "filter = \"trace\"")];
        let daemon = Daemon::start(&mpd, &youtube, playlists, &[&own[..], more].concat())?;
        Some(Self { world: World { daemon, youtube, mpd } })
    }

    fn ctl(&self, arguments: &[&str]) -> Ran {
        run(&self.world.daemon.control(), arguments)
    }

    fn status(&self) -> Value {
        self.ctl(&["status", "--json"]).json()
    }

    /// Waits until no sync is under way.
    fn wait_for_rest(&self) -> Value {
        eventually("the sync ends", || {
            let status = self.status();
            (status["sync_in_progress"] == false).then_some(status)
        })
    }

    /// Has it sync from the beginning to the end. What came of it.
    fn sync(&self) -> Value {
        self.wait_for_rest();
        let ran = self.ctl(&["sync", "--wait", "--json"]);
        serde_json::from_str(ran.out.lines().last().unwrap_or_default())
            .unwrap_or_else(|_| panic!("no end: {ran:?}"))
    }

    /// All that `ytmpctl list` knows.
    fn list(&self) -> Vec<Value> {
        self.ctl(&["list", "--json"]).json()["playlists"].as_array().unwrap().clone()
    }

    /// Each playlist of `list` shows once in the proxy, with as many songs, and MPD's file of it is
    /// the same songs.
    #[track_caller]
    fn is_everywhere(&self) {
        let mut client = self.world.client();
        let shown = client.ask("listplaylists");
        for listed in self.list() {
            let name = listed["virtual_name"].as_str().unwrap();
            let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
            assert_eq!(shown.matches(&format!("playlist: {name}\n")).count(), 1, "{name} in\n{shown}");
            let songs = client.ask(&format!("listplaylist \"{quoted}\""));
            let songs: String = songs
                .lines()
                .filter_map(|line| line.strip_prefix("file: "))
                .map(|uri| uri.to_owned() + "\n")
                .collect();
            assert_eq!(listed["track_count"], songs.lines().count(), "{name}");
            let file = self.world.mpd.playlists().join(format!("{name}.m3u"));
            eventually(&format!("{name} is in MPD"), || {
                (fs::read_to_string(&file).ok()? == songs).then_some(())
            });
        }
        assert_eq!(shown.matches("playlist: ").count(), self.list().len(), "{shown}");
        assert_eq!(crate::materialise::lists(&self.world.mpd.playlists()).len(), self.list().len());
    }

    /// A connection to the control socket that has sent `request`.
    fn control(&self, request: &str, half: Option<Shutdown>) -> UnixStream {
        let mut stream = UnixStream::connect(self.world.daemon.control()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        if let Some(half) = half {
            stream.shutdown(half).unwrap();
        }
        stream
    }

    /// A file of the daemon's that is whole at any moment, if it is there.
    fn parsed(&self, name: &str) -> Option<Value> {
        let bytes = fs::read(self.world.daemon.folder().join(name)).ok()?;
        Some(serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{name} is torn: {error}")))
    }
}

/// YouTube has this playlist of so many songs now.
fn numbered(id: &str, title: &str, key: &str, count: usize) -> Knob {
    let (id, title, key) = (id.to_owned(), title.to_owned(), key.to_owned());
    Knob::NumberedPlaylist { id, title, key, count }
}
