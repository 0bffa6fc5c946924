//! Real clients with virtual playlists, end to end: they list, load, add songs one by one, play,
//! seek, show titles and durations, and hear of changes. Real `mpd` and `yt-dlp`; only YouTube is
//! a fake.
//!
//! `docs/clients.md` tells users what is tried here.

mod desktop;
mod libraries;
mod mpc;
mod ncmpc;
mod ncmpcpp;
mod rmpc;
mod stalled;

use crate::fake_youtube::Knob;
use crate::fake_youtube::catalogue::{FOCUS, NAMES};
use crate::support::client::Client;
use crate::support::daemon::free_port;
use crate::support::within_patience;
use crate::support::world::World;

/// The name of the virtual playlist of three songs.
const FOCUS_LIST: &str = "YT: Focus";

/// The name of the one with odd characters, and what its songs are called.
const NAMES_LIST: &str = "YT: Quotes \"and\" slash∕es 🎸";
const NAMES_TITLES: [&str; 6] = [
    "He said \"Hi\" to 'em",
    "AC/DC \\ back\\slash",
    "🎧 Ünïcödé ・ 音楽 ・ موسيقى",
    "<b>Fish</b> &amp; Chips </script>",
    "spaces  and a tab",
    "Don't stop",
];

/// A song of MPD's own.
const LOCAL: &str = "local/tone.webm";

/// Two virtual playlists, one of MPD's own with one song of its own, and where clients connect.
struct Place {
    world: World,
    /// Of a TCP socket of ytmpd's.
    port: u16,
}

impl Place {
    fn start() -> Option<Self> {
        let port = free_port();
        let listen = format!("listen = [\"%PROXY%\", \"127.0.0.1:{port}\"]");
        let world = World::start(&[FOCUS, NAMES], &[("proxy", &listen)])?;
        world.add_music(LOCAL, include_bytes!("../data/audio/tone_30s.webm"));
        std::fs::write(world.mpd.playlists().join("mine.m3u"), format!("{LOCAL}\n")).unwrap();
        world.daemon.client_with_playlists(2);
        Some(Self { world, port })
    }

    fn client(&self) -> Client {
        self.world.client()
    }

    /// Where a client connects.
    fn socket(&self) -> String {
        self.world.daemon.socket().to_str().unwrap().to_owned()
    }

    /// The `file:` of this song of [`FOCUS_LIST`], from 1.
    fn song(&self, number: usize) -> String {
        self.world.daemon.song(&format!("focus{number:06}"))
    }

    /// YouTube lists another playlist, called `YT: New`, from now on, and ytmpd knows.
    fn another_playlist(&self) {
        const ID: &str = "PLnew00000000000000000000000000000";
        let (title, key) = ("New".to_owned(), "newer".to_owned());
        self.world.youtube.turn(Knob::NumberedPlaylist { id: ID.into(), title, key, count: 2 });
        let playlists = format!("playlists = [{FOCUS:?}, {NAMES:?}, {ID:?}]");
        let listen = format!("listen = [\"%PROXY%\", \"127.0.0.1:{}\"]", self.port);
        self.world.daemon.reload(&[("youtube", &playlists), ("proxy", &listen)]);
    }

    /// Waits until MPD plays the song with this title, and has played so many seconds of it.
    #[track_caller]
    fn plays(&self, title: &str, seconds: f64) {
        let mut client = self.client();
        let heard = within_patience(|| {
            let playing = client.value("status", "state").as_deref() == Some("play");
            let is_it = client.value("currentsong", "Title").as_deref() == Some(title);
            (playing && is_it && client.elapsed() > seconds).then_some(())
        });
        let [song, status] = ["currentsong", "status"].map(|command| client.ask(command));
        assert!(heard.is_some(), "never heard: {title:?}; MPD is at {song}{status}");
    }
}
