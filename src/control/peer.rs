//! The bytes of one client of the control socket, both ways, and how long each may take.
//!
//! Knows nothing of sockets: anything that can be read and written will do.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, sink};
use tokio::time::{Instant, sleep_until, timeout};

use super::request::{Refusal, Request, Requests};

/// A client that has been silent for so long is done: the Python daemon closed after each answer,
/// and its clients read to the end.
const SILENCE: Duration = Duration::from_secs(1);

/// A request is taken without its line break when nothing has followed it for so long. Clients of
/// the Python daemon wait that long; a line that comes in pieces is not torn.
const PAUSE: Duration = Duration::from_millis(100);

/// A client that has not taken an answer by then is given up. A stop of the daemon allows more.
const WRITE_PATIENCE: Duration = Duration::from_secs(3);

/// How long the rest of an over-long line is read, so that its sender sees the answer rather than
/// a broken connection.
const DISMISSAL: Duration = Duration::from_secs(1);

/// A client.
pub(super) struct Peer<S> {
    stream: S,
    requests: Requests,
    input: Input,
    /// When something came or went last.
    busy: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    Open,
    /// It has closed its half, or all of it.
    Ended,
}

/// What a client does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Request(Result<Request, Refusal>),
    /// Nothing for [`SILENCE`], or the end of it all.
    Silence,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, requests: Requests::default(), input: Input::Open, busy: Instant::now() }
    }

    /// Whether it can ask no more.
    pub(super) fn has_asked_all(&self) -> bool {
        self.input == Input::Ended
    }

    /// The next request.
    ///
    /// # Cancel safety
    /// Nothing is lost: what has arrived, and when, is kept in `self`.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn hear(&mut self) -> io::Result<Heard> {
        loop {
            if let Some(request) = self.requests.next() {
                return Ok(Heard::Request(request));
            }
            let pause = self.busy + PAUSE;
            let paused = !self.requests.is_unfinished() || pause <= Instant::now();
            let deadline = if paused { self.busy + SILENCE } else { pause };
            tokio::select! {
                biased;
                read = self.stream.read_buf(self.requests.buffer()), if self.input == Input::Open => {
                    self.busy = Instant::now();
                    if read? == 0 {
                        self.input = Input::Ended;
                        return Ok(self.requests.last().map_or(Heard::Silence, Heard::Request));
                    }
                }
                () = sleep_until(deadline) => match self.requests.unfinished() {
                    Some(request) => return Ok(Heard::Request(Ok(request))),
                    // Whoever waits for an answer to half a line hears what is wrong with it.
                    None if paused => {
                        return Ok(self.requests.last().map_or(Heard::Silence, Heard::Request));
                    }
                    None => {}
                },
            }
        }
    }

    /// Sends a line.
    ///
    /// # Errors
    /// When the client has gone, or does not read.
    pub(super) async fn say(&mut self, line: &[u8]) -> io::Result<()> {
        timeout(WRITE_PATIENCE, self.stream.write_all(line)).await??;
        self.busy = Instant::now();
        Ok(())
    }

    /// Finds out whether it is still there. One that has closed its half does not tell when it
    /// closes the other: only a write does, also of nothing.
    ///
    /// # Errors
    /// When it is not.
    pub(super) async fn knock(&mut self) -> io::Result<()> {
        let _nothing: usize = self.stream.write(&[]).await?;
        self.busy = Instant::now();
        Ok(())
    }

    /// Hangs up on a client that is still talking: with its bytes unread it would see a broken
    /// connection and perhaps not the last answer.
    ///
    /// # Errors
    /// When it has gone.
    pub(super) async fn dismiss(mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        // It may go on for ever.
        if let Ok(ended) = timeout(DISMISSAL, copy(&mut self.stream, &mut sink())).await {
            ended?;
        }
        Ok(())
    }
}
