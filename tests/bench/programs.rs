//! The programs that are measured, each a process with a configuration of its own that ends with
//! its value.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::library;
use crate::load::Connection;

/// How long a program may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// More connections than any row opens.
const CONNECTIONS: usize = 2000;

/// A process that ends with this value.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn spawn(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let log = fs::File::create(log)?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let name = command.get_program().to_owned();
        let child = command.spawn().with_context(|| format!("cannot run {}", name.display()))?;
        Ok(Self(child))
    }

    /// Resident memory, in KiB.
    pub(crate) fn resident(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// The processor time that it has used, in steps of 10 ms.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        // The name in parentheses may hold anything; utime and stime are fields 14 and 15.
        let fields = stat.rsplit_once(") ").context("no stat")?.1.split(' ').skip(11).take(2);
        let ticks: u32 = fields.map(str::parse::<u32>).sum::<Result<_, _>>()?;
        // Linux counts for its users 100 ticks a second, whatever the machine.
        Ok(Duration::from_millis(10) * ticks)
    }

    /// Sends it SIGHUP.
    pub(crate) fn hang_up(&self) -> anyhow::Result<()> {
        Ok(kill_process(Pid::from_child(&self.0), Signal::HUP)?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A real MPD with a database of [`library::ORDINARY`] songs, an empty queue and a null output.
pub(crate) struct Mpd {
    pub(crate) port: u16,
    folder: PathBuf,
    _process: Process,
}

impl Mpd {
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.join("mpd");
        for name in ["playlists", "music"] {
            fs::create_dir_all(folder.join(name))?;
        }
        fs::write(folder.join("db"), library::mpd_database())?;
        let port = free_port()?;
        let conf = format!(
            "bind_to_address \"127.0.0.1\"\nport \"{port}\"\nmax_connections \"{CONNECTIONS}\"\n\
             music_directory \"{dir}/music\"\nplaylist_directory \"{dir}/playlists\"\n\
             metadata_to_use \"{}\"\nconnection_timeout \"600\"\nzeroconf_enabled \"no\"\n\
             log_file \"{dir}/log\"\n\
             database {{\n plugin \"simple\"\n path \"{dir}/db\"\n compress \"no\"\n}}\n\
             audio_output {{\n type \"null\"\n name \"null\"\n}}\n",
            library::MPD_TAGS.join(",").to_lowercase(),
            dir = folder.display(),
        );
        let conf_file = folder.join("conf");
        fs::write(&conf_file, conf)?;
        let process =
            Process::spawn(Command::new("mpd").arg("--no-daemon").arg(conf_file), &folder.join("stderr"))?;
        wait_for(port)?;
        Ok(Self { port, folder, _process: process })
    }

    /// Makes a stored playlist.
    pub(crate) fn store(&self, name: &str, m3u: &str) -> anyhow::Result<()> {
        Ok(fs::write(self.folder.join(format!("playlists/{name}.m3u")), m3u)?)
    }
}

/// HAProxy in front of `upstream`, in TCP mode with one thread. The port, and what keeps it.
pub(crate) fn haproxy(folder: &Path, upstream: u16) -> anyhow::Result<(u16, Process)> {
    let port = free_port()?;
    let conf = format!(
        "global\n nbthread 1\n maxconn {CONNECTIONS}\n\
         defaults\n mode tcp\n timeout connect 5s\n timeout client 1h\n timeout server 1h\n\
         frontend in\n bind 127.0.0.1:{port}\n default_backend mpd\n\
         backend mpd\n server mpd 127.0.0.1:{upstream}\n"
    );
    let file = folder.join("haproxy.conf");
    fs::write(&file, conf)?;
    let process =
        Process::spawn(Command::new("haproxy").arg("-db").arg("-f").arg(file), &folder.join("haproxy.log"))?;
    wait_for(port)?;
    Ok((port, process))
}

/// An nginx of one process with this `http` section. `%PORT%` in it becomes the port.
pub(crate) fn nginx(folder: &Path, name: &str, http: &str) -> anyhow::Result<(u16, Process)> {
    let port = free_port()?;
    let folder = folder.join(name);
    fs::create_dir(&folder)?;
    let conf = format!(
        "daemon off;\nmaster_process off;\nworker_processes 1;\npid \"{dir}/pid\";\n\
         error_log stderr;\nevents {{}}\nhttp {{\n access_log off;\n sendfile on;\n tcp_nopush on;\n\
         keepalive_requests 1000000;\n\
         client_body_temp_path \"{dir}/body\";\n proxy_temp_path \"{dir}/proxy\";\n\
         fastcgi_temp_path \"{dir}/f\";\n uwsgi_temp_path \"{dir}/u\";\n scgi_temp_path \"{dir}/s\";\n\
         {http}\n}}\n",
        dir = folder.display(),
        http = http.replace("%PORT%", &port.to_string()),
    );
    let file = folder.join("conf");
    fs::write(&file, conf)?;
    let log = folder.join("log");
    let mut command = Command::new("nginx");
    command.arg("-e").arg(&log).arg("-p").arg(&folder).arg("-c").arg(file);
    let process = Process::spawn(&mut command, &log)?;
    wait_for(port)?;
    Ok((port, process))
}

/// A ytmpd in a folder of its own.
pub(crate) struct Daemon {
    pub(crate) port: u16,
    pub(crate) relay_port: u16,
    pub(crate) process: Process,
}

/// How a daemon is set up.
#[derive(Default)]
pub(crate) struct Setup<'a> {
    /// MPD's port.
    pub(crate) mpd: u16,
    /// The playlists that its library holds, and how many songs each.
    pub(crate) playlists: &'a [(&'a str, usize)],
    /// Where YouTube is, and the playlists that it is asked for; without, it is not there.
    pub(crate) youtube: Option<(&'a str, &'a [String])>,
    /// In place of yt-dlp; without, every resolve fails.
    pub(crate) ytdlp: Option<&'a Path>,
    /// More TOML, behind its section's name.
    pub(crate) more: &'a str,
}

impl Daemon {
    /// Starts one and says when; it is not waited for.
    pub(crate) fn spawn(folder: &Path, name: &str, setup: &Setup<'_>) -> anyhow::Result<(Instant, Self)> {
        let folder = folder.join(name);
        fs::create_dir(&folder)?;
        let (port, relay_port) = (free_port()?, free_port()?);
        let mut ids: Vec<&str> = setup.playlists.iter().map(|(id, _)| *id).collect();
        // Where YouTube is not there, the library stays as it is written here, for as long as its
        // playlists are asked for.
        let (music_url, asked) = setup.youtube.unwrap_or(("http://127.0.0.1:1", &[]));
        ids.extend(asked.iter().map(String::as_str));
        let toml = format!(
            "proxy.listen = [\"127.0.0.1:{port}\"]\nproxy.max_clients = {CONNECTIONS}\n\
             mpd.address = \"127.0.0.1:{}\"\nrelay.listen = \"127.0.0.1:{relay_port}\"\n\
             youtube.playlists = {ids:?}\nyoutube.music_url = {music_url:?}\n\
             resolver.command = [{:?}]\nsync.auto = false\nsync.materialise = \"off\"\n{}\n",
            setup.mpd,
            setup.ytdlp.unwrap_or(Path::new("false")),
            setup.more,
        );
        fs::write(folder.join("config.toml"), toml)?;
        if setup.youtube.is_none() {
            fs::write(folder.join("library.json"), library::json(setup.playlists))?;
        }
        let program = std::env::var_os("YTMPD_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_ytmpd").into());
        let log = folder.join("log");
        let start = Instant::now();
        let process =
            Process::spawn(Command::new(program).arg("--config").arg(folder.join("config.toml")), &log)?;
        Ok((start, Self { port, relay_port, process }))
    }

    /// Starts one, and waits until it listens.
    pub(crate) fn start(folder: &Path, name: &str, setup: &Setup<'_>) -> anyhow::Result<Self> {
        let (_, daemon) = Self::spawn(folder, name, setup)?;
        wait_for(daemon.relay_port)?;
        wait_for(daemon.port)?;
        Ok(daemon)
    }

    /// A song's address, as it stands in MPD's queue.
    pub(crate) fn song(&self, id: &str) -> String {
        format!("http://127.0.0.1:{}/{id}/audio", self.relay_port)
    }
}

/// Waits until somebody answers there.
pub(crate) fn wait_for(port: u16) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if Instant::now() > deadline {
            bail!("nobody listens on port {port}");
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    Ok(())
}

/// Waits until `command` is answered with `text` in it.
pub(crate) fn wait_for_answer(client: &mut Connection, command: &str, text: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE * 3;
    while !client.answer_to(command)?.contains(text) {
        if Instant::now() > deadline {
            bail!("`{command}` never says `{text}`");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// A port that nobody has at the moment.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
