//! A real MPD of our own, that touches nothing of the user's.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::{SocketAddr, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::DemoError;
use super::tone::Tone;
use crate::config::Address;

/// How long it may take to answer, and to end.
const PATIENCE: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(20);

/// Runs MPD as this very process, beside a watcher that ends it when our end of the pipe on
/// standard input is gone, however we died.
const SCRIPT: &str = r#"
exec 3<&0
(read -r _ <&3; kill $$) &
exec mpd --no-daemon --stderr "$1" </dev/null 3<&-
"#;

/// The child, in a process group of its own so that a Ctrl-C reaches it through us only. Ended and
/// reaped when dropped.
pub(super) struct PrivateMpd {
    /// Holds the pipe that MPD lives by.
    child: Child,
    socket: PathBuf,
    port: u16,
}

impl PrivateMpd {
    /// Starts it in `folder` and waits until it answers.
    pub(super) fn start(folder: &Path) -> Result<Self, DemoError> {
        let socket = folder.join("socket");
        if SocketAddr::from_pathname(&socket).is_err() {
            return Err(DemoError::LongPath(socket));
        }
        let outputs = output_plugins()?;
        let port = free_port().map_err(DemoError::Port)?;
        let log = folder.join("mpd.log");
        let prepared = prepare(folder, port, &outputs).and_then(|conf| {
            let child = Command::new("sh")
                .args(["-c", SCRIPT, "ytmpd-demo"])
                .arg(conf)
                // It is to read from our relay, whatever proxy the user has.
                .env("no_proxy", "127.0.0.1")
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(File::create(&log)?)
                .process_group(0)
                .spawn()?;
            Ok(Self { child, socket, port })
        });
        let mut mpd = prepared.map_err(|error| DemoError::Folder(folder.to_owned(), error))?;
        mpd.wait_until_ready(&log)?;
        Ok(mpd)
    }

    /// Where it is, for remote and for local clients.
    pub(super) fn addresses(&self) -> Vec<Address> {
        let tcp = Address::Tcp(Ipv4Addr::LOCALHOST.to_string(), self.port);
        vec![tcp, Address::Unix(self.socket.clone())]
    }

    fn wait_until_ready(&mut self, log: &Path) -> Result<(), DemoError> {
        let deadline = Instant::now() + PATIENCE;
        while !self.greets() {
            if Instant::now() > deadline {
                return Err(DemoError::MpdFailed(format!("it did not answer within {PATIENCE:?}")));
            }
            if !matches!(self.child.try_wait(), Ok(None)) {
                let log = fs::read_to_string(log).unwrap_or_default();
                let last = log.lines().next_back().unwrap_or("it said nothing");
                return Err(DemoError::MpdFailed(last.to_owned()));
            }
            thread::sleep(GLANCE);
        }
        Ok(())
    }

    fn greets(&self) -> bool {
        let greeting = || {
            let stream = UnixStream::connect(&self.socket)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let mut line = String::new();
            BufReader::new(stream).read_line(&mut line)?;
            Ok::<_, io::Error>(line)
        };
        greeting().is_ok_and(|line| line.starts_with("OK MPD "))
    }
}

impl Drop for PrivateMpd {
    fn drop(&mut self) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let end = |signal| group.map(|group| kill_process_group(group, signal));
        // Even if MPD is gone, the watcher is there and keeps the group's number ours.
        let _ = end(Signal::TERM);
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = end(Signal::KILL);
            }
            thread::sleep(GLANCE);
        }
    }
}

/// The audio outputs that this machine's MPD was built with.
fn output_plugins() -> Result<Vec<String>, DemoError> {
    let version =
        Command::new("mpd").arg("--version").stdin(Stdio::null()).output().map_err(DemoError::NoMpd)?;
    let version = String::from_utf8_lossy(&version.stdout);
    let plugins = version.lines().skip_while(|line| !line.starts_with("Output plugins")).nth(1);
    Ok(plugins.unwrap_or_default().split_whitespace().map(str::to_owned).collect())
}

/// A port that nobody listens on now.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Music, a stored playlist and `mpd.conf`, whose path is returned.
fn prepare(folder: &Path, port: u16, outputs: &[String]) -> io::Result<PathBuf> {
    let (music, playlists) = (folder.join("music"), folder.join("playlists"));
    fs::create_dir_all(&music)?;
    fs::create_dir_all(&playlists)?;
    let mut rows = String::new();
    for (name, root) in [("Door Chime.au", 330.0), ("Lift Music.au", 196.0)] {
        let tone = Tone { seconds: 12, root, stride: 3 };
        fs::write(music.join(name), tone.bytes(0..tone.length()))?;
        rows = rows + name + "\n";
    }
    fs::write(playlists.join("On disk.m3u"), rows)?;
    let conf = folder.join("mpd.conf");
    fs::write(&conf, conf_text(folder, port, outputs))?;
    Ok(conf)
}

fn conf_text(folder: &Path, port: u16, outputs: &[String]) -> String {
    let path = |name| {
        let path = folder.join(name).to_string_lossy().into_owned();
        path.replace('\\', "\\\\").replace('"', "\\\"")
    };
    let mut text = String::new();
    for (setting, file) in [
        ("music_directory", "music"),
        ("playlist_directory", "playlists"),
        ("db_file", "database"),
        ("state_file", "state"),
        ("bind_to_address", "socket"),
    ] {
        let _ = writeln!(text, "{setting} \"{}\"", path(file));
    }
    let _ = writeln!(text, "bind_to_address \"127.0.0.1\"\nport \"{port}\"\nzeroconf_enabled \"no\"");
    // `null` keeps time where nothing can be heard; what can be heard comes on top.
    for output in ["null"].into_iter().chain(audible_output(outputs)) {
        let _ = writeln!(
            text,
            "audio_output {{\n  type \"{output}\"\n  name \"{output}\"\n  mixer_type \"software\"\n}}"
        );
    }
    text
}

/// The first sound server or device that is both here and known to MPD.
fn audible_output(plugins: &[String]) -> Option<&'static str> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).unwrap_or_default();
    let here = [
        ("pulse", runtime.join("pulse/native")),
        ("pipewire", runtime.join("pipewire-0")),
        ("alsa", PathBuf::from("/dev/snd/controlC0")),
    ];
    let usable = |(name, file): &(&str, PathBuf)| {
        file.is_absolute() && file.exists() && plugins.iter().any(|plugin| plugin == name)
    };
    here.into_iter().find(usable).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_too_deep_for_a_socket_is_refused_at_once() {
        let folder = PathBuf::from("/tmp").join("x".repeat(100));
        let Err(error) = PrivateMpd::start(&folder) else { panic!("it started") };
        assert!(matches!(error, DemoError::LongPath(_)) && error.to_string().contains("$TMPDIR"), "{error}");
    }
}
