//! A stream to MPD that shows every byte as a character.
//!
//! `mpd_protocol` ends the connection at a line that is not UTF-8, and MPD may well send one: the
//! name of a stored playlist is the name of a file. So each byte that arrives is shown as the
//! character of the same number (Latin-1), which is always valid UTF-8, and [`octets`] takes it
//! back. What is sent passes unchanged.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, BufReader, ReadBuf};

/// How much is read at once: a queue is megabytes long, and every connection that idles has one.
const CHUNK: usize = 16 * 1024;

/// How long an answer may be. MPD itself closes a connection to which it owes more than 8 MiB
/// (`max_output_buffer_size`), unless its user has raised that; what reads here keeps all of it.
const MOST_ANSWERED: usize = 32 * 1024 * 1024;

/// How long a line may be, about: a song's longest tag. The parser begins a line anew with each chunk.
const MOST_IN_A_LINE: usize = 1024 * 1024;

/// A stream whose incoming bytes are shown as Latin-1, and end with an error where an answer, or a
/// line of it, has no end.
#[derive(Debug)]
pub(super) struct Octets<S> {
    stream: BufReader<S>,
    /// The second half of a character that the reader's buffer had no room for.
    left_over: Option<u8>,
    /// How many more bytes may come before the next request.
    room: usize,
    /// How long the line is by now.
    line: usize,
}

/// The bytes that MPD sent as `text`.
pub fn octets(text: &str) -> Vec<u8> {
    text.chars().filter_map(|c| u8::try_from(c).ok()).collect()
}

impl<S: AsyncRead> Octets<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream: BufReader::with_capacity(CHUNK, stream),
            left_over: None,
            room: MOST_ANSWERED,
            line: 0,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Octets<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        if let Some(byte) = this.left_over.take() {
            buf.put_slice(&[byte]);
            return Poll::Ready(Ok(()));
        }
        if this.room == 0 || this.line > MOST_IN_A_LINE {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "MPD's answer has no end")));
        }
        let mut stream = Pin::new(&mut this.stream);
        let chunk = ready!(stream.as_mut().poll_fill_buf(cx))?;
        let chunk = chunk.get(..buf.remaining()).unwrap_or(chunk);
        let mut taken = chunk.len();
        if chunk.is_ascii() {
            buf.put_slice(chunk);
        } else {
            // Half of the room, since a byte may take two; with room for one, one is left over.
            taken = taken.min(buf.remaining().div_ceil(2));
            for &byte in chunk.iter().take(taken) {
                for &unit in char::from(byte).encode_utf8(&mut [0; 2]).as_bytes() {
                    if buf.remaining() == 0 {
                        this.left_over = Some(unit);
                    } else {
                        buf.put_slice(&[unit]);
                    }
                }
            }
        }
        let after_its_end = chunk.iter().take(taken).rev().position(|&byte| byte == b'\n');
        this.line = after_its_end.unwrap_or(this.line + taken);
        stream.consume(taken);
        this.room = this.room.saturating_sub(taken);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Octets<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.room = MOST_ANSWERED;
        Pin::new(&mut this.stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, join, repeat, sink};

    use super::*;

    #[tokio::test]
    async fn every_byte_survives_whatever_the_room() {
        let all: Vec<u8> = (0..=u8::MAX).cycle().take(5000).collect();
        for room in [1, 2, 3, 64, 4096, 10_000] {
            let mut stream = Octets::new(all.as_slice());
            let (mut text, mut buffer) = (Vec::new(), vec![0; room]);
            loop {
                let read = stream.read(&mut buffer).await.unwrap();
                if read == 0 {
                    break;
                }
                text.extend_from_slice(&buffer[..read]);
            }
            assert_eq!(octets(std::str::from_utf8(&text).unwrap()), all, "room for {room}");
        }
    }

    #[tokio::test]
    async fn much_is_read_at_once() {
        let all = vec![b'x'; 3 * CHUNK];
        let mut stream = Octets::new(all.as_slice());
        stream.read_exact(&mut [0; 100]).await.unwrap();
        assert_eq!(stream.stream.get_ref().len(), 2 * CHUNK);
    }

    /// How much comes before the error.
    async fn read_all(stream: &mut (impl AsyncRead + Unpin)) -> usize {
        let (mut buffer, mut all) = (vec![0; 1 << 20], 0);
        loop {
            match stream.read(&mut buffer).await {
                Ok(read) => all += read,
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
                    return all;
                }
            }
        }
    }

    #[tokio::test]
    async fn each_answer_has_an_end() {
        let mut lines = Octets::new(join(repeat(b'\n'), sink()));
        for _ in 0..2 {
            lines.write_all(b"a request\n").await.unwrap();
            assert_eq!(read_all(&mut lines).await, MOST_ANSWERED);
        }
        let mut line = Octets::new(repeat(b'x'));
        assert_eq!(read_all(&mut line).await, MOST_IN_A_LINE + CHUNK);
    }
}
