//! Two real MPDs with the same music, which go through the same scripts in step: one reached
//! directly, the other through what is tested.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use memchr::memmem;
use tempfile::TempDir;
use ytmpd::config::Address;

use super::script::{Normal, now, replace};
use super::{music, plain_proxy};
use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::daemon::free_port;
use crate::support::eventually;
use crate::support::mpd::{StartMpd, TestMpd};
use crate::support::wire::{CLOSED, Wire};
use crate::support::world::World;

/// The stored playlists that every script finds.
const PLAYLISTS: [(&str, &str); 2] =
    [("real.m3u", "one.flac\nalbum/song.flac\n"), ("Other \"list\".m3u", "two.flac\n")];

/// When they were last changed.
const CHANGED: Duration = Duration::from_secs(1_600_000_000);

/// What a script may have changed, but for the stored playlists.
const EFFECTS: &str = "status\nplaylistinfo\noutputs\nreplay_gain_status\nlistpartitions\nlistmounts\n\
     sticker list song one.flac\nstats\n";

/// Back to where every script begins. The queue's songs get new ids, the same in both.
const RESET: &str = "stop\nclear\nclearerror\nrepeat 0\nrandom 0\nsingle 0\nconsume 0\ncrossfade 0\nmixrampdb 0\n\
     mixrampdelay nan\nreplay_gain_mode off\nsetvol 100\nenableoutput 0\nenableoutput 1\n\
     sticker delete song one.flac s\ndelpartition pp\n\
     addid one.flac\naddid album/song.flac\naddid two.flac\n";

/// For who knows it, everything.
const PASSWORD: &str = "password \"secret@read,add,player,control,admin\"";

/// Thousands of clients need no line each.
const QUIET: (&str, &str) = ("log", "filter = \"info\"");

/// How the second MPD is reached.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way<'a> {
    /// Through ytmpd with these playlists of YouTube's, over Unix sockets.
    Ytmpd(&'a [&'a str]),
    /// As `Ytmpd`, where clients may do only this without the password `secret`.
    Guarded(&'a str),
    /// Through ytmpd without any, over TCP, which ytmpd itself goes over as well or not.
    YtmpdOverTcp(Upstream),
    /// Through a plain TCP proxy, which proves the scripts themselves.
    PlainProxy,
}

/// How ytmpd reaches MPD.
#[derive(Debug, Clone, Copy)]
pub(super) enum Upstream {
    Tcp,
    /// Over a Unix socket, where MPD allows more.
    Unix,
}

/// The files of the stored playlists, and when they were changed.
type Stored = BTreeMap<OsString, (Vec<u8>, SystemTime)>;

/// The two MPDs.
pub(super) struct Twins {
    pub(super) direct: Twin,
    pub(super) other: Twin,
    began: Timestamp,
    _music: TempDir,
    _mpd: TestMpd,
    _behind: Behind,
}

/// What runs between the script and the second MPD, and that MPD.
enum Behind {
    Ytmpd { _world: Box<World> },
    Plain { _mpd: TestMpd },
}

/// One of them.
pub(super) struct Twin {
    /// Where scripts connect to.
    pub(super) address: Address,
    control: Wire,
    folder: String,
    playlists: PathBuf,
    /// Virtual playlists are listed among its own.
    has_virtual: bool,
    /// The ids of the songs that are in the queue at the beginning of each script.
    ids: Vec<String>,
}

impl Twins {
    /// Starts both, and waits until they know their music.
    pub(super) fn start(start: StartMpd, way: Way<'_>) -> Option<Self> {
        let began = now();
        let folder = TempDir::new().unwrap();
        music::write(folder.path());
        let ports = [free_port(), free_port()];
        let conf = |port| conf(folder.path(), port, way);
        let [direct, second] = ports.map(|port| start(&conf(port)));
        let (direct, second) = (direct?, second?);
        let tcp = |port| Address::Tcp("127.0.0.1".to_owned(), port);
        let sockets = [&direct, &second].map(|mpd| Twin::new(mpd, Address::Unix(mpd.socket())));
        let [mut direct_twin, mut other] = sockets;
        let behind = match way {
            Way::Ytmpd(_) | Way::Guarded(_) => {
                let playlists = if let Way::Ytmpd(playlists) = way { playlists } else { &[FOCUS] };
                let mut more = vec![QUIET];
                more.extend(matches!(way, Way::Guarded(_)).then_some(("mpd", "password = \"secret\"")));
                let world = World::start_with(second, Catalogue::default(), playlists, &more)?;
                let is_listed = || world.daemon.log().contains("a round of listing is done").then_some(());
                eventually("the playlists are listed", is_listed);
                other.address = Address::Unix(world.daemon.socket());
                other.has_virtual = !playlists.is_empty();
                Behind::Ytmpd { _world: Box::new(world) }
            }
            Way::YtmpdOverTcp(upstream) => {
                let own = free_port();
                let listen = format!("listen = [\"%PROXY%\", \"127.0.0.1:{own}\"]");
                let address = match upstream {
                    Upstream::Tcp => tcp(ports[1]).to_string(),
                    Upstream::Unix => second.socket().to_str().unwrap().to_owned(),
                };
                let address = format!("address = [{address:?}]");
                let more = [("proxy", &*listen), ("mpd", &*address), QUIET];
                let world = World::start_with(second, Catalogue::default(), &[], &more)?;
                (direct_twin.address, other.address) = (tcp(ports[0]), tcp(own));
                Behind::Ytmpd { _world: Box::new(world) }
            }
            Way::PlainProxy => {
                (direct_twin.address, other.address) = (tcp(ports[0]), tcp(plain_proxy::start(ports[1])));
                Behind::Plain { _mpd: second }
            }
        };
        let mut twins =
            Self { direct: direct_twin, other, began, _music: folder, _mpd: direct, _behind: behind };
        assert!(twins.reset());
        Some(twins)
    }

    /// A transcript of either, without what differs by nature.
    pub(super) fn normal(&self, twin: &Twin, transcript: &[u8]) -> Vec<u8> {
        Normal { folder: &twin.folder, began: self.began, has_virtual: twin.has_virtual }.of(transcript)
    }

    /// Whether there are virtual playlists.
    pub(super) fn have_playlists(&self) -> bool {
        self.other.has_virtual
    }

    /// What the last script has changed at each.
    pub(super) fn effects(&mut self) -> [Vec<u8>; 2] {
        let effects = [&mut self.direct, &mut self.other].map(Twin::effects);
        [self.normal(&self.direct, &effects[0]), self.normal(&self.other, &effects[1])]
    }

    /// Back to where every script begins. Returns whether both are there: some scripts make MPD crash.
    #[must_use]
    pub(super) fn reset(&mut self) -> bool {
        let both = self.direct.reset() & self.other.reset();
        if both {
            assert_eq!(self.direct.ids, self.other.ids, "the two are not in step");
        }
        both
    }
}

/// What `mpd.conf` says besides the folders.
fn conf(music: &Path, port: u16, way: Way<'_>) -> String {
    let guarded = match way {
        Way::Guarded(open) => format!("{PASSWORD}\ndefault_permissions \"{open}\"\n"),
        _ => String::new(),
    };
    format!(
        "music_directory {music:?}\ndb_file \"%DIR%/db\"\nsticker_file \"%DIR%/stickers\"\n\
         connection_timeout \"600\"\nbind_to_address \"127.0.0.1\"\nport \"{port}\"\n\
         audio_output {{\n type \"null\"\n name \"second\"\n mixer_type \"null\"\n}}\n{guarded}"
    )
}

impl Twin {
    fn new(mpd: &TestMpd, address: Address) -> Self {
        let mut control = Wire::connect(&Address::Unix(mpd.socket())).unwrap();
        control.line();
        control.rest_after(b"password secret\n");
        eventually("MPD knows its music", || {
            let count = format!("songs: {}\n", music::SONGS);
            memmem::find(&control.rest_after(b"stats\n"), count.as_bytes()).map(drop)
        });
        let folder = mpd.playlists().parent().unwrap().to_str().unwrap().to_owned();
        Self { address, control, folder, playlists: mpd.playlists(), has_virtual: false, ids: Vec::new() }
    }

    /// Says this straight to MPD, and waits for all its answers.
    pub(super) fn ask(&mut self, lines: &str) -> Vec<u8> {
        self.control.rest_after(lines.as_bytes())
    }

    /// `%0` to `%2` in these bytes are the ids of the queue's songs, `%3` is the next song's.
    pub(super) fn with_ids(&self, bytes: &[u8]) -> Vec<u8> {
        if !bytes.contains(&b'%') {
            return bytes.to_vec();
        }
        let ids = self.ids.iter().enumerate();
        ids.fold(bytes.to_vec(), |bytes, (index, id)| {
            replace(&bytes, format!("%{index}").as_bytes(), id.as_bytes())
        })
    }

    fn effects(&mut self) -> Vec<u8> {
        let effects = eventually("MPD has looked at its music", || {
            let effects = self.ask(EFFECTS);
            memmem::find(&effects, b"updating_db").is_none().then_some(effects)
        });
        let stored = self.stored();
        let stored =
            stored.iter().flat_map(|(name, (content, _))| [name.as_encoded_bytes(), b"\n", content].concat());
        effects.into_iter().chain(stored).collect()
    }

    fn reset(&mut self) -> bool {
        let answer = self.ask(RESET);
        if answer.ends_with(CLOSED) {
            return false;
        }
        let answer = String::from_utf8_lossy(&answer);
        self.ids = answer.lines().filter_map(|line| line.strip_prefix("Id: ")).map(str::to_owned).collect();
        assert_eq!(self.ids.len(), 3, "{answer}");
        self.ids.push((self.ids[2].parse::<u32>().unwrap() + 1).to_string());
        let changed = UNIX_EPOCH + CHANGED;
        let wanted: Stored =
            PLAYLISTS.map(|(name, content)| (name.into(), (content.as_bytes().to_vec(), changed))).into();
        let stored = self.stored();
        for name in stored.keys().filter(|name| !wanted.contains_key(*name)) {
            fs::remove_file(self.playlists.join(name)).unwrap();
        }
        for (name, file) in wanted.iter().filter(|(name, file)| stored.get(*name) != Some(file)) {
            let path = self.playlists.join(name);
            fs::write(&path, &file.0).unwrap();
            File::options().write(true).open(&path).unwrap().set_modified(changed).unwrap();
        }
        // What that has set off is told to all before the next script connects.
        self.ask("ping\n");
        true
    }

    fn stored(&self) -> Stored {
        let files = fs::read_dir(&self.playlists).unwrap().map(Result::unwrap);
        let stored = files.map(|file| {
            let changed = file.metadata().unwrap().modified().unwrap();
            (file.file_name(), (fs::read(file.path()).unwrap(), changed))
        });
        stored.collect()
    }
}
