//! The real `ytmpd`, as a process of its own.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::client::Client;
use super::mpd::TestMpd;
use super::{eventually, programs};
use crate::fake_youtube::FakeYouTube;

/// A running daemon with a folder of its own. It ends with this value.
pub(crate) struct Daemon {
    folder: TempDir,
    process: Option<Child>,
    relay_port: u16,
    /// The configuration without what a test adds, by section.
    lines: Vec<(&'static str, String)>,
}

impl Daemon {
    /// Starts one between `mpd` and `youtube`, with these playlists and the real `yt-dlp`. `more`
    /// is TOML that is added to the `[section]`s named in it, or takes the place of what would
    /// stand there under the same key; `%PROXY%` in it is the proxy's socket. `None` where there is no `yt-dlp`.
    pub(crate) fn start(
        mpd: &TestMpd,
        youtube: &FakeYouTube,
        playlists: &[&str],
        more: &[(&str, &str)],
    ) -> Option<Self> {
        let ytdlp = programs::find("yt-dlp")?;
        let folder = TempDir::new().unwrap();
        let relay_port = free_port();
        let lines = vec![
            ("proxy", format!("listen = [{:?}]", folder.path().join("proxy"))),
            ("mpd", format!("address = {:?}", mpd.socket())),
            ("relay", format!("listen = \"127.0.0.1:{relay_port}\"")),
            ("youtube", format!("playlists = {playlists:?}")),
            ("youtube", format!("music_url = {:?}", youtube.music_url)),
            ("resolver", format!("command = [{ytdlp:?}]")),
            (
                "resolver",
                format!("args = [\"--proxy\", {:?}, \"--no-check-certificates\"]", youtube.proxy_url),
            ),
            ("sync", "materialise = \"off\"".to_owned()),
            ("log", "filter = \"debug\"".to_owned()),
        ];
        let mut daemon = Self { folder, process: None, relay_port, lines };
        daemon.write_configuration(more);
        daemon.spawn();
        Some(daemon)
    }

    /// Has it read this configuration while it runs, and waits until it did: `more` as for
    /// [`Self::start`].
    pub(crate) fn reload(&self, more: &[(&str, &str)]) {
        let read = || self.log().matches("the configuration was read again").count();
        let before = read();
        self.write_configuration(more);
        self.signal(Signal::HUP);
        eventually("the configuration is read again", || (read() > before).then_some(()));
    }

    /// Starts it again with this configuration: `more` as for [`Self::start`].
    pub(crate) fn reconfigure(&mut self, more: &[(&str, &str)]) {
        self.kill();
        self.write_configuration(more);
        self.spawn();
    }

    fn write_configuration(&self, more: &[(&str, &str)]) {
        let toml = with_more(&self.lines, more).replace("%PROXY%", self.socket().to_str().unwrap());
        fs::write(self.folder.path().join("config.toml"), toml).unwrap();
    }

    /// The proxy's socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("proxy")
    }

    /// Its control socket.
    pub(crate) fn control(&self) -> PathBuf {
        self.folder.path().join("sync_socket")
    }

    /// The URL of a song, as it stands in MPD's queue.
    pub(crate) fn song(&self, video: &str) -> String {
        format!("http://127.0.0.1:{}/{video}/audio", self.relay_port)
    }

    /// A client, once there are so many virtual playlists.
    pub(crate) fn client_with_playlists(&self, count: usize) -> Client {
        let mut client = Client::connect(&self.socket());
        eventually("the playlists are listed", || {
            let listed = client.ask("listplaylists").matches("playlist: YT: ").count();
            (listed == count).then_some(())
        });
        client
    }

    /// Its relay.
    pub(crate) fn relay(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.relay_port).into()
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Where it keeps its state.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Asks it to stop, and waits for it. Its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        self.signal(Signal::TERM);
        self.ended()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.process.as_ref().unwrap()), signal).unwrap();
    }

    /// Waits for its end. Its exit code.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let process = self.process.as_mut()?;
        let status = eventually("ytmpd stops", || process.try_wait().unwrap());
        self.process = None;
        status.code()
    }

    /// Ends it without asking.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts it again in the same folder.
    pub(crate) fn spawn(&mut self) {
        self.spawn_by(&mut Command::new(env!("CARGO_BIN_EXE_ytmpd")));
    }

    /// The same with what is in this folder on a file system of its own, of so many KiB. Where
    /// that is, seen from here; `None` where namespaces cannot be made.
    pub(crate) fn spawn_with_small(&mut self, folder: &Path, kib: usize) -> Option<PathBuf> {
        const APART: [&str; 2] = ["--mount", "--map-root-user"];
        let mut unshare = Command::new(programs::find_unshare(&APART)?);
        let mount = format!(
            "cd \"$0\" && mount -t tmpfs -o mode=0700,size={kib}k none \"$0\" && cp -a . \"$0\" && exec \"$@\""
        );
        unshare.args(APART).args(["sh", "-c", &mount]).arg(folder);
        self.spawn_by(unshare.arg(env!("CARGO_BIN_EXE_ytmpd")));
        Some(PathBuf::from(format!("/proc/{}/root{}", self.pid(), folder.display())))
    }

    /// The same by this command, which is given the arguments.
    pub(crate) fn spawn_by(&mut self, program: &mut Command) {
        let log = fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let process = program
            .arg("--config")
            .arg(self.folder.path().join("config.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(process);
        let socket = self.socket();
        eventually("ytmpd listens", || std::os::unix::net::UnixStream::connect(&socket).ok());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("ytmpd's log:\n{}", self.log());
        }
        self.kill();
    }
}

/// A configuration of these lines of its sections, but for those whose key is in `more` as well.
fn with_more(lines: &[(&str, String)], more: &[(&str, &str)]) -> String {
    let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
    let replaced =
        |section: &str, line: &str| more.iter().any(|(of, other)| *of == section && key(other) == key(line));
    let kept = lines.iter().map(|(section, line)| (*section, line.as_str()));
    let kept = kept.filter(|(section, line)| !replaced(section, line));
    kept.chain(more.iter().copied()).map(|(section, line)| format!("{section}.{line}\n")).collect()
}

/// A port that nobody has at the moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
