//! The load client: plain sockets without Nagle's delay, one thread, the same for every peer.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::event::{PollFd, PollFlags, poll};

/// Nothing that is measured takes as long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Longer than any answer.
const BUFFER: usize = 8 * 1024 * 1024;

/// A client of MPD's protocol.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl Connection {
    /// Connects, and is greeted.
    pub(crate) fn open(port: u16) -> anyhow::Result<Self> {
        let mut connection = Self::connect(port, BUFFER)?;
        while !connection.read_greeting()? {}
        Ok(connection)
    }

    /// Connects only; no answer may be longer than `longest`.
    pub(crate) fn connect(port: u16, longest: usize) -> anyhow::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: vec![0; longest], filled: 0 })
    }

    /// Reads once; whether the greeting is complete.
    pub(crate) fn read_greeting(&mut self) -> anyhow::Result<bool> {
        self.read()?;
        let greeted = self.buffer.get(..self.filled).is_some_and(|read| read.ends_with(b"\n"));
        if greeted {
            self.filled = 0;
        }
        Ok(greeted)
    }

    /// Sends a command, or a command list; its last line break is added.
    pub(crate) fn send(&mut self, command: &str) -> anyhow::Result<()> {
        self.filled = 0;
        Ok(self.stream.write_all(format!("{command}\n").as_bytes())?)
    }

    /// Sends a command and reads its answer. How long that took.
    pub(crate) fn ask(&mut self, command: &str) -> anyhow::Result<Duration> {
        let start = Instant::now();
        self.send(command)?;
        self.finish()?;
        Ok(start.elapsed())
    }

    /// Reads the answer to what was sent.
    pub(crate) fn finish(&mut self) -> anyhow::Result<()> {
        while !self.read_answer()? {}
        Ok(())
    }

    /// The answer itself.
    pub(crate) fn answer_to(&mut self, command: &str) -> anyhow::Result<String> {
        self.ask(command)?;
        Ok(String::from_utf8_lossy(self.answer()).into_owned())
    }

    /// The bytes of the last answer.
    pub(crate) fn answer(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    /// Reads once; whether the answer is complete.
    pub(crate) fn read_answer(&mut self) -> anyhow::Result<bool> {
        self.read()?;
        let answer = self.answer();
        if answer.starts_with(b"ACK ") && answer.ends_with(b"\n") {
            bail!("refused: {}", String::from_utf8_lossy(answer));
        }
        Ok(answer == b"OK\n" || answer.ends_with(b"\nOK\n"))
    }

    fn read(&mut self) -> anyhow::Result<()> {
        let rest = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let count = self.stream.read(rest).context("no answer")?;
        if count == 0 {
            bail!("closed");
        }
        self.filled += count;
        Ok(())
    }
}

/// `clients` send `command` so often each, all at the same time, each as soon as it has its
/// answer. The time of each request.
pub(crate) fn closed_loop(
    clients: &mut [Connection],
    command: &str,
    times: usize,
) -> anyhow::Result<Vec<Duration>> {
    let mut all = Vec::with_capacity(clients.len() * times);
    let mut left = vec![times; clients.len()];
    let mut started = vec![Instant::now(); clients.len()];
    for (client, started) in clients.iter_mut().zip(&mut started) {
        *started = Instant::now();
        client.send(command)?;
    }
    while left.iter().any(|left| *left > 0) {
        for at in readable(clients, |at| left.get(at).is_some_and(|left| *left > 0))? {
            let (Some(client), Some(left), Some(started)) =
                (clients.get_mut(at), left.get_mut(at), started.get_mut(at))
            else {
                continue;
            };
            if !client.read_answer()? {
                continue;
            }
            all.push(started.elapsed());
            *left -= 1;
            if *left > 0 {
                *started = Instant::now();
                client.send(command)?;
            }
        }
    }
    Ok(all)
}

/// Waits until some of those clients that `waits` names can be read, and says which.
pub(crate) fn readable(clients: &[Connection], waits: impl Fn(usize) -> bool) -> anyhow::Result<Vec<usize>> {
    let waiting: Vec<usize> = (0..clients.len()).filter(|at| waits(*at)).collect();
    let mut polled: Vec<_> = waiting
        .iter()
        .filter_map(|at| clients.get(*at))
        .map(|client| PollFd::new(&client.stream, PollFlags::IN))
        .collect();
    poll(&mut polled, Some(&PATIENCE.try_into()?))?;
    let ready = waiting.iter().zip(&polled).filter(|(_, polled)| !polled.revents().is_empty());
    Ok(ready.map(|(at, _)| *at).collect())
}

/// Measures both in turn, so that what else the machine does hits both alike, and returns the
/// medians.
pub(crate) fn compare(
    rounds: usize,
    mut ours: impl FnMut() -> anyhow::Result<Vec<Duration>>,
    mut peer: impl FnMut() -> anyhow::Result<Vec<Duration>>,
) -> anyhow::Result<(Duration, Duration)> {
    // The first ones find everything cold.
    let _ = (ours()?, peer()?);
    let (mut all_ours, mut all_peers) = (vec![], vec![]);
    for round in 0..rounds {
        if round % 2 == 0 {
            all_ours.extend(ours()?);
            all_peers.extend(peer()?);
        } else {
            all_peers.extend(peer()?);
            all_ours.extend(ours()?);
        }
    }
    Ok((median(&mut all_ours), median(&mut all_peers)))
}

/// The median; zero of none.
pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
