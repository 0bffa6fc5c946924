//! An MPD client that knows bytes only.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::PATIENCE;

/// A connection.
pub(crate) struct Client {
    reader: BufReader<UnixStream>,
}

impl Client {
    /// Connects and reads the greeting.
    pub(crate) fn connect(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = Self { reader: BufReader::new(stream) };
        let greeting = client.line();
        assert!(greeting.starts_with("OK MPD "), "{greeting:?}");
        client
    }

    /// Sends lines whose answer ends with `OK` or `ACK`, and returns it, that line included.
    pub(crate) fn ask(&mut self, lines: &str) -> String {
        self.send(lines);
        self.answer()
    }

    /// Sends lines, the last with its line break.
    pub(crate) fn send(&mut self, lines: &str) {
        self.reader.get_mut().write_all(format!("{lines}\n").as_bytes()).unwrap();
    }

    /// The next answer.
    pub(crate) fn answer(&mut self) -> String {
        let mut answer = String::new();
        loop {
            let line = self.line();
            answer.push_str(&line);
            if line == "OK\n" || line.starts_with("ACK ") || line.is_empty() {
                return answer;
            }
        }
    }

    /// The value of a pair in the answer to `command`.
    pub(crate) fn value(&mut self, command: &str, name: &str) -> Option<String> {
        let answer = self.ask(command);
        let mut pairs = answer.lines().filter_map(|line| line.split_once(": "));
        pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
    }

    /// How far the song has got, in seconds.
    pub(crate) fn elapsed(&mut self) -> f64 {
        self.value("status", "elapsed").and_then(|elapsed| elapsed.parse().ok()).unwrap_or(0.0)
    }

    /// The next line with its line break; empty when the peer has closed.
    pub(crate) fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line).unwrap();
        String::from_utf8_lossy(&line).into_owned()
    }
}
