//! A process that does what systemd does for a service.

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use command_fds::{CommandFdExt, FdMapping};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use ytmpd::config::Address;

use crate::support::daemon::free_port;
use crate::support::{PATIENCE, eventually};

/// The manager of one service.
pub(super) struct Manager {
    folder: TempDir,
    /// Its sockets, each with its name, as long as it lives.
    sockets: Vec<(&'static str, OwnedFd)>,
    notify: UnixDatagram,
    /// What `$NOTIFY_SOCKET` says.
    notify_name: String,
    process: Option<Child>,
}

impl Manager {
    /// With a notify socket that has a path.
    pub(super) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("notify");
        let address = SocketAddr::from_pathname(&path).unwrap();
        Self::told_at(folder, &address, path.to_str().unwrap().to_owned())
    }

    /// With one that has none.
    pub(super) fn with_abstract_notify_socket() -> Self {
        let folder = TempDir::new().unwrap();
        let name = format!("{}/notify", folder.path().display());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        Self::told_at(folder, &address, format!("@{name}"))
    }

    fn told_at(folder: TempDir, address: &SocketAddr, notify_name: String) -> Self {
        let notify = UnixDatagram::bind_addr(address).unwrap();
        notify.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { folder, sockets: vec![], notify, notify_name, process: None }
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Listens on a port of the loopback interface.
    pub(super) fn listen_tcp(&mut self, name: &'static str) -> Address {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        self.sockets.push((name, listener.into()));
        Address::Tcp(address.ip().to_string(), address.port())
    }

    /// Listens on `name.socket` in its folder.
    pub(super) fn listen_unix(&mut self, name: &'static str) -> PathBuf {
        let path = self.folder().join(format!("{name}.socket"));
        self.sockets.push((name, UnixListener::bind(&path).unwrap().into()));
        path
    }

    /// Listens on an abstract socket.
    pub(super) fn listen_abstract(&mut self, name: &'static str) -> Address {
        let address = format!("{}/{name}", self.folder().display());
        let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&address).unwrap()).unwrap();
        self.sockets.push((name, listener.into()));
        Address::Abstract(address)
    }

    /// Passes a socket on that somebody else has made.
    pub(super) fn pass(&mut self, name: &'static str, socket: impl Into<OwnedFd>) {
        self.sockets.push((name, socket.into()));
    }

    /// Starts a ytmpd that reaches this MPD and nobody else. `more` is TOML.
    pub(super) fn start(&mut self, mpd: &Path, more: &str) {
        let file = self.configure(mpd, more);
        self.start_with(&file, &[]);
    }

    /// Writes its configuration.
    pub(super) fn configure(&self, mpd: &Path, more: &str) -> PathBuf {
        let file = self.folder().join("config.toml");
        let toml = format!(
            "mpd.address = {mpd:?}\nproxy.listen = {:?}\nrelay.listen = \"127.0.0.1:{}\"\n\
             sync.auto = false\nsync.materialise = \"off\"\n{more}",
            self.folder().join("own"),
            free_port()
        );
        fs::write(&file, toml).unwrap();
        file
    }

    /// Starts a ytmpd with this configuration and these variables.
    pub(super) fn start_with(&mut self, configuration: &Path, variables: &[(&str, &str)]) {
        let log = fs::File::options().create(true).append(true).open(self.folder().join("log")).unwrap();
        // The number of a process is known to itself first.
        let mut service = Command::new("sh");
        service
            .args(["-c", "LISTEN_PID=$$ exec \"$0\" --config \"$1\"", env!("CARGO_BIN_EXE_ytmpd")])
            .arg(configuration)
            .env_remove("SYSTEMD_EXEC_PID")
            .env("NOTIFY_SOCKET", &self.notify_name)
            .env("LISTEN_FDS", self.sockets.len().to_string())
            .env("LISTEN_FDNAMES", self.sockets.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(":"))
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let passed = (3..).zip(&self.sockets);
        let passed = passed
            .map(|(child_fd, (_, socket))| FdMapping { parent_fd: socket.try_clone().unwrap(), child_fd });
        service.fd_mappings(passed.collect()).unwrap();
        self.process = Some(service.spawn().unwrap());
    }

    /// Waits for a message that has this line, and returns it. Earlier ones are dropped.
    pub(super) fn hears(&self, line: &str) -> String {
        let mut heard = vec![];
        loop {
            let mut message = [0; 4096];
            let Ok(length) = self.notify.recv(&mut message) else {
                panic!("never heard {line}, but {heard:?}; the log: {}", self.log());
            };
            let message = String::from_utf8(message[..length].to_vec()).unwrap();
            if message.lines().any(|heard| heard.starts_with(line)) {
                return message;
            }
            heard.push(message);
        }
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.process.as_ref().unwrap()), signal).unwrap();
    }

    /// Waits for its end. Its exit code.
    pub(super) fn ended(&mut self) -> Option<i32> {
        let process = self.process.as_mut().unwrap();
        let status = eventually("ytmpd stops", || process.try_wait().unwrap());
        self.process = None;
        status.code()
    }

    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.folder().join("log")).unwrap_or_default()
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
