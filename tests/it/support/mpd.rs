//! A private, real MPD on a Unix socket in a temporary folder.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::programs;

/// How long MPD may take to start, to end and to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// No command of MPD's: the ACK to it is where an answer ends. Hanging up instead would lose what
/// MPD has not written yet.
const END: &str = "end_of_talk";

/// A running MPD with a null output, an empty folder `music`, and a state file. It ends with this value.
pub(crate) struct TestMpd {
    program: PathBuf,
    folder: TempDir,
    process: Option<Child>,
}

/// Starts an MPD of some version, with this besides in its configuration.
pub(crate) type StartMpd = fn(&str) -> Option<TestMpd>;

impl TestMpd {
    /// Starts an MPD with stored playlists and `extra_conf`. `None`, and a line that says so, where
    /// there is no MPD to start: the test has nothing to test then.
    pub(crate) fn start(extra_conf: &str) -> Option<Self> {
        Self::start_without_playlists(&with_playlists(extra_conf))
    }

    /// As [`Self::start`], of Debian 13's MPD 0.24, which `tests/run.sh --all` fetches.
    pub(crate) fn start_0_24(extra_conf: &str) -> Option<Self> {
        Self::start_0_24_without_playlists(&with_playlists(extra_conf))
    }

    /// As [`Self::start_without_playlists`], of Debian 13's.
    pub(crate) fn start_0_24_without_playlists(extra_conf: &str) -> Option<Self> {
        Some(Self::start_program(programs::find_extra("mpd-0.24")?, extra_conf))
    }

    /// Starts an MPD whose stored playlists are disabled. `%DIR%` in `extra_conf` is its folder.
    pub(crate) fn start_without_playlists(extra_conf: &str) -> Option<Self> {
        Some(Self::start_program(programs::find("mpd")?, extra_conf))
    }

    fn start_program(program: PathBuf, extra_conf: &str) -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["playlists", "music"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let conf = format!(
            "bind_to_address \"%DIR%/socket\"\nstate_file \"%DIR%/state\"\nlog_file \"%DIR%/log\"\n\
             zeroconf_enabled \"no\"\naudio_output {{\n type \"null\"\n name \"null\"\n}}\n{extra_conf}\n"
        );
        let conf = conf.replace("%DIR%", folder.path().to_str().unwrap());
        std::fs::write(folder.path().join("mpd.conf"), conf).unwrap();
        let mut mpd = Self { program, folder, process: None };
        mpd.spawn();
        mpd
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Where its stored playlists are files.
    pub(crate) fn playlists(&self) -> PathBuf {
        self.folder.path().join("playlists")
    }

    /// Where its music is.
    pub(crate) fn music(&self) -> PathBuf {
        self.folder.path().join("music")
    }

    /// MPD stands still, as while it opens a song whose body is slow to start: it accepts
    /// connections and answers nobody.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// MPD goes on.
    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Ends MPD as an init system does, so that it writes its state file.
    pub(crate) fn stop(&mut self) {
        self.signal(Signal::TERM);
        let Some(mut process) = self.process.take() else {
            return;
        };
        let deadline = Instant::now() + PATIENCE;
        while process.try_wait().is_ok_and(|status| status.is_none()) && Instant::now() < deadline {
            sleep(Duration::from_millis(5));
        }
        let _ = process.kill();
        let _ = process.wait();
    }

    /// Stops it, if it runs, and starts it with the same folder.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.spawn();
    }

    /// Sends `lines` over a connection of their own and returns all that comes back, without the
    /// greeting.
    pub(crate) fn talk(&self, lines: &str) -> String {
        let answer = self.try_talk(lines).unwrap();
        let greeting_end = answer.find('\n').map_or(answer.len(), |end| end + 1);
        answer[greeting_end..].to_owned()
    }

    fn try_talk(&self, lines: &str) -> std::io::Result<String> {
        let mut stream = UnixStream::connect(self.socket())?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("{}\n{END}\n", lines.trim_end_matches('\n')).as_bytes())?;
        let mut answer = String::new();
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? != 0 {
            let text = String::from_utf8_lossy(&line);
            if text.starts_with("ACK") && text.contains(END) {
                break;
            }
            answer.push_str(&text);
            line.clear();
        }
        Ok(answer)
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            kill_process(Pid::from_child(process), signal).unwrap();
        }
    }

    fn spawn(&mut self) {
        let _ = std::fs::remove_file(self.socket());
        let process = Command::new(&self.program)
            .arg("--no-daemon")
            .arg(self.folder.path().join("mpd.conf"))
            // With them, its curl would not take the proxy that a configuration names.
            .env_remove("no_proxy")
            .env_remove("NO_PROXY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(process);
        let deadline = Instant::now() + PATIENCE;
        while !self.try_talk("ping").is_ok_and(|answer| answer.starts_with("OK MPD")) {
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "mpd does not start: {}", log());
            sleep(Duration::from_millis(5));
        }
    }
}

fn with_playlists(extra_conf: &str) -> String {
    format!("playlist_directory \"%DIR%/playlists\"\n{extra_conf}")
}

impl Drop for TestMpd {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read(self.folder.path().join("log")).unwrap_or_default();
            eprintln!("MPD's log:\n{}", String::from_utf8_lossy(&log));
        }
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
