//! The demo: a private MPD and a catalogue of generated tones, all in a temporary folder.
//!
//! It stands in for what a user would bring, and for nothing else: the tones are found by an
//! [`Extract`] as `yt-dlp` would find a stream, and come from a server with YouTube's manners, so
//! library, relay and proxy run as they always do. `bin/ytmpd` starts it; `app` takes its
//! configuration, playlists and extractor from here.

mod catalogue;
mod media;
mod mpd;
mod tone;

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::{env, io};

use jiff::Timestamp;
use tempfile::TempDir;

use crate::config::{self, Address, Config, Materialise, Secret};
use crate::library::{Playlist, PlaylistId, valid_name};
use crate::resolver::Extract;
use catalogue::Catalogue;
use media::MediaServer;
use mpd::PrivateMpd;

/// A running demo. Dropping it ends the private MPD and removes the folder; should this process be
/// killed before that, MPD still ends.
pub struct Demo {
    config: Config,
    playlists: Vec<Playlist>,
    /// None when the catalogue is YouTube's.
    media: Option<MediaServer>,
    /// Held for its drop. Before `folder`, which is MPD's.
    _mpd: PrivateMpd,
    _folder: TempDir,
}

/// Why there is no demo. Each means that something needed is not there.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// There is no such program.
    #[error("the demo needs the program `mpd`: install it, or put its folder on $PATH")]
    NoMpd(#[source] io::Error),
    /// It does not start.
    #[error("the demo's private `mpd` did not start: {0}")]
    MpdFailed(String),
    /// No temporary folder, or no room in it.
    #[error("cannot prepare the demo's folder {folder}", folder = .0.display())]
    Folder(PathBuf, #[source] io::Error),
    /// A socket in the temporary folder would have a path that is too long for one.
    #[error("{path} is too long for a socket's path: set $TMPDIR to a shorter folder", path = .0.display())]
    LongPath(PathBuf),
    /// No port on the loopback interface.
    #[error("cannot listen on the loopback interface")]
    Port(#[source] io::Error),
}

impl Demo {
    /// Starts the private MPD and, without a `playlist`, the server of the tones. Listeners, resolver
    /// and the like are `base`'s; MPD, playlists and folders are the demo's own. With a YouTube
    /// `playlist`, that is the catalogue.
    ///
    /// Blocks until MPD answers, for well under a second usually.
    ///
    /// # Errors
    /// When there is no `mpd`, or it does not start, or there is no room.
    pub fn start(base: Config, playlist: Option<PlaylistId>) -> Result<Self, DemoError> {
        let folder = tempfile::Builder::new().prefix("ytmpd-demo-").tempdir();
        let folder = folder.map_err(|error| DemoError::Folder(env::temp_dir(), error))?;
        let mpd = PrivateMpd::start(folder.path())?;
        let mut config = base;
        config.mpd = config::Mpd { addresses: mpd.addresses(), password: Secret::default() };
        config.state_directory = folder.path().join("ytmpd");
        config.covers_directory = config.state_directory.join("covers");
        config.control_socket = folder.path().join("sync_socket");
        config.youtube.cookies = None;
        if let Materialise::Files(_) = config.sync.materialise {
            config.sync.materialise = Materialise::Mpd;
        }
        let (playlists, media) = if let Some(playlist) = playlist {
            config.youtube.playlists = vec![playlist];
            (vec![], None)
        } else {
            config.youtube.playlists = vec![];
            let catalogue = Catalogue::built_in();
            let playlists = catalogue.playlists(Timestamp::now());
            (playlists, Some(MediaServer::start(catalogue).map_err(DemoError::Port)?))
        };
        Ok(Self { config, playlists, media, _mpd: mpd, _folder: folder })
    }

    /// The configuration to run with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The library's playlists; none when they are to come from YouTube.
    pub fn playlists(&self) -> &[Playlist] {
        &self.playlists
    }

    /// Who finds the tones; `None` when it is `yt-dlp` that finds YouTube's streams.
    pub fn extract(&self) -> Option<Arc<dyn Extract>> {
        self.media.as_ref().map(MediaServer::extract)
    }

    /// What to try, in lines to be printed once the proxy listens.
    pub fn invitation(&self) -> String {
        let mpc = self.config.proxy.listen.first().map(mpc_at).unwrap_or_default();
        let mut text = String::new();
        let load = if let Some(playlist) = self.playlists.first() {
            let _ = writeln!(text, "A private MPD and playlists of generated tones are ready. Try:\n");
            format!("{mpc} load \"{}\"", valid_name(&self.config.youtube.prefix, &playlist.title))
        } else {
            let _ = writeln!(text, "A private MPD is ready, and YouTube is asked for the playlist. Try:\n");
            let prefix = self.config.youtube.prefix.trim_end();
            format!("{mpc} load \"$({mpc} lsplaylists | grep -m1 '^{prefix}')\"")
        };
        let _ = writeln!(text, "  {mpc} lsplaylists\n  {load}\n  {mpc} play\n");
        let _ = writeln!(text, "Ctrl-C ends it and removes everything.");
        text
    }
}

/// How `mpc` is told to connect to `address`.
fn mpc_at(address: &Address) -> String {
    // `mpc` takes the host from the user's environment, if it is there.
    let is_default = |host: &str| host == "127.0.0.1" && env::var_os("MPD_HOST").is_none();
    match address {
        Address::Tcp(host, port) if is_default(host) => format!("mpc -p {port}"),
        Address::Tcp(host, port) => format!("mpc -h {host} -p {port}"),
        Address::Unix(_) | Address::Abstract(_) => format!("mpc -h {address}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpStream;
    use std::time::Duration;

    use super::*;
    use crate::config::{Environment, defaults};
    use crate::library::VideoId;

    /// A demo, or `None` where there is no MPD and the tests may do without.
    fn demo(playlist: Option<&str>) -> Option<Demo> {
        let folder = Some(PathBuf::from("/nowhere"));
        let environment = Environment { config_home: folder, ..Environment::default() };
        match Demo::start(defaults(&environment).unwrap(), playlist.map(|id| id.parse().unwrap())) {
            Err(DemoError::NoMpd(_)) if env::var_os("YTMPD_TESTS_REQUIRE_ALL").is_none() => None,
            demo => Some(demo.unwrap()),
        }
    }

    fn ask_mpd(address: &Address, commands: &str) -> String {
        let Address::Tcp(host, port) = address else { panic!("{address}") };
        let mut stream = TcpStream::connect((host.as_str(), *port)).unwrap();
        writeln!(stream, "{commands}close").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn a_private_mpd_runs_and_leaves_nothing_behind() {
        let Some(demo) = demo(None) else { return };
        let folder = demo.config.state_directory.parent().unwrap().to_owned();
        let mpd = demo.config.mpd.addresses.first().unwrap().clone();
        let answer = ask_mpd(&mpd, "listplaylists\noutputs\nlistplaylist \"On disk\"\n");
        assert!(answer.contains("playlist: On disk\n") && answer.contains("plugin: null\n"), "{answer}");
        assert!(answer.contains("file: Door Chime.au\n"), "{answer}");
        drop(demo);
        assert!(!folder.exists());
        let Address::Tcp(host, port) = mpd else { panic!("{mpd}") };
        assert!(TcpStream::connect((host, port)).is_err());
    }

    #[test]
    fn tones_come_as_youtubes_streams_do() {
        let video: VideoId = "demo--00001".parse().unwrap();
        let catalogue = Catalogue::built_in();
        let length = catalogue.tone(video).unwrap().length();
        let server = MediaServer::start(catalogue).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let extract = server.extract();
        let stream = runtime.block_on(extract.extract(video)).unwrap();
        let (host, path) = stream.url.reveal().strip_prefix("http://").unwrap().split_once('/').unwrap();
        let get = |range: &str| {
            let mut socket = TcpStream::connect(host).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            write!(socket, "GET /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{range}\r\n").unwrap();
            let mut head = String::new();
            let mut socket = BufReader::new(socket);
            while !head.ends_with("\r\n\r\n") {
                assert_ne!(socket.read_line(&mut head).unwrap(), 0, "{head}");
            }
            let mut body = vec![];
            socket.read_to_end(&mut body).unwrap();
            (head, body)
        };
        for (range, status) in [
            ("".to_owned(), "403"),
            ("Range: bytes=0-\r\n".to_owned(), "403"),
            ("Range: bytes=0-1048576\r\n".to_owned(), "403"),
            ("Range: bytes=0-1048575\r\n".to_owned(), "206"),
            (format!("Range: bytes={length}-{length}\r\n"), "416"),
        ] {
            let (head, _) = get(&range);
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{range}{head}");
        }
        let (head, body) = get("Range: bytes=0-27\r\n");
        assert!(head.contains(&format!("content-range: bytes 0-27/{length}\r\n")), "{head}");
        assert!(head.contains("content-type: audio/basic\r\n") && body.starts_with(b".snd"), "{head}");
        let unknown = runtime.block_on(extract.extract("dQw4w9WgXcQ".parse().unwrap()));
        assert!(unknown.is_err());
    }

    #[test]
    fn a_playlist_takes_the_place_of_the_catalogue() {
        let Some(demo) = demo(Some("PLx")) else { return };
        assert_eq!(demo.config.youtube.playlists, ["PLx".parse().unwrap()]);
        assert!(demo.playlists().is_empty() && demo.extract().is_none());
        assert!(demo.invitation().contains(" -p 6601 lsplaylists\n"), "{}", demo.invitation());
    }
}
