//! The relay's throughput, and the media server behind it.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::library::song_id;
use crate::load::compare;
use crate::programs::{Daemon, Process, Setup, nginx};
use crate::report::{Row, Target};

/// What is asked for at once, by the relay and by nginx.
const SLICE: usize = 512 * 1024;

/// More than the relay keeps of a song: each request reads it anew.
const LONG: usize = 192 * 1024 * 1024;

/// Kept whole.
const SHORT: usize = 12 * 1024 * 1024;

/// A server of files, each named by its song: nginx with `sendfile`.
pub(crate) struct Server {
    port: u16,
    files: PathBuf,
    _process: Process,
}

impl Server {
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Self> {
        let files = folder.join("files");
        fs::create_dir(&files)?;
        let http = format!("server {{ listen 127.0.0.1:%PORT%; root \"{}\"; }}", files.display());
        let (port, process) = nginx(folder, "media", &http)?;
        Ok(Self { port, files, _process: process })
    }

    /// Adds a song.
    pub(crate) fn put(&self, id: &str, content: &[u8]) -> anyhow::Result<()> {
        Ok(fs::write(self.files.join(id), content)?)
    }

    /// A program that answers as yt-dlp does, with addresses of this server; the first song of a
    /// playlist at once, the others after `delay`.
    pub(crate) fn ytdlp(&self, folder: &Path, delay: Duration) -> anyhow::Result<PathBuf> {
        let script = format!(
            "#!/bin/sh\nfor last; do :; done\nid=${{last##*watch?v=}}\n\
             case $id in */*) exit 1;; *000000) ;; *) sleep {};; esac\n\
             echo '{{\"url\": \"http://127.0.0.1:{}/'$id'\", \"format_id\": \"251\", \"ext\": \"webm\"}}'\n",
            delay.as_secs_f64(),
            self.port
        );
        let file = folder.join("yt-dlp");
        fs::write(&file, script)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
        Ok(file)
    }
}

/// A song through the relay and through nginx, from the same media server.
pub(crate) fn relay(folder: &Path, print: &mut dyn FnMut(Row)) -> anyhow::Result<()> {
    let media = Server::start(folder)?;
    let ytdlp = media.ytdlp(folder, Duration::ZERO)?;
    let playlist = ("PLrelay", 2);
    let setup = Setup { mpd: 1, playlists: &[playlist], ytdlp: Some(&ytdlp), ..Setup::default() };
    let daemon = Daemon::start(folder, "ytmpd", &setup)?;
    let http = format!(
        "upstream media {{ server 127.0.0.1:{}; keepalive 8; }}\n\
         server {{ listen 127.0.0.1:%PORT%; location / {{\n slice 512k;\n proxy_pass http://media;\n\
         proxy_http_version 1.1;\n proxy_set_header Connection \"\";\n\
         proxy_set_header Range $slice_range;\n proxy_buffers 16 64k;\n proxy_busy_buffers_size 128k;\n\
         proxy_max_temp_file_size 0;\n }} }}",
        media.port
    );
    let (nginx_port, _nginx) = nginx(folder, "slice", &http)?;
    for (at, what, length) in
        [(0, "relay, hot, read on from YouTube; nginx", LONG), (1, "relay, hot, in memory; nginx", SHORT)]
    {
        let id = song_id(playlist.0, at);
        media.put(&id, &vec![7; length])?;
        let times = compare(
            10,
            || Ok(vec![get(daemon.relay_port, &format!("/{id}/audio"), length)?]),
            || Ok(vec![get(nginx_port, &format!("/{id}"), length)?]),
        )?;
        let (direct, _) = compare(5, || Ok(vec![slices(media.port, &id, length)?]), || Ok(vec![]))?;
        let rate = |time: Duration| length as f64 / time.as_secs_f64() / 1e6;
        let (ours, peer) = (rate(times.0), Some(rate(times.1)));
        print(Row { what: what.to_owned(), ours, peer, unit: "MB/s", target: Target::Share(0.8) });
        let what = "  the media server itself; nginx in front".to_owned();
        print(Row { what, ours: rate(direct), peer, unit: "MB/s", target: Target::None });
    }
    Ok(())
}

/// Reads a whole file. How long that took.
fn get(port: u16, path: &str, length: usize) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut buffer = vec![0; SLICE];
    let mut read = 0;
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        read += count;
    }
    if read < length {
        bail!(
            "{path}: {read} bytes of {length}: {}",
            String::from_utf8_lossy(buffer.get(..200).unwrap_or_default())
        );
    }
    Ok(start.elapsed())
}

/// Reads a whole file from the media server, range by range over one connection.
fn slices(port: u16, id: &str, length: usize) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    let mut buffer = vec![0; SLICE];
    for at in (0..length).step_by(SLICE) {
        let end = length.min(at + SLICE);
        let request = format!("GET /{id} HTTP/1.1\r\nHost: x\r\nRange: bytes={at}-{}\r\n\r\n", end - 1);
        stream.write_all(request.as_bytes())?;
        let mut left = end - at;
        let first = stream.read(&mut buffer)?;
        let headers = buffer.get(..first).unwrap_or_default();
        let headers = headers.windows(4).position(|bytes| bytes == b"\r\n\r\n").context("no headers")? + 4;
        left -= first - headers;
        while left > 0 {
            let count = stream.read(&mut buffer)?;
            if count == 0 {
                bail!("cut short");
            }
            left -= count;
        }
    }
    Ok(start.elapsed())
}
