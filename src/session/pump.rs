//! Moves a conversation's bytes: both sockets are read and written at the same time, every buffer
//! is bounded, and a client that does not read stops our reading from MPD and nothing else.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::conversation::{Broken, Conversation, View};
use crate::net::Stream;

/// What is read at once: a queue of 5,000 songs is a megabyte, and each read costs two system
/// calls. A line may be as long as MPD's longest and more.
const READ: usize = 256 * 1024;

/// While so much waits for MPD, nothing more is read from the client.
const MOST_TO_MPD: usize = 64 * 1024;

/// An empty buffer larger than this is given back: most clients idle most of the time.
const KEPT: usize = 4 * 1024;

thread_local! {
    /// Where reads land; what stays incomplete is copied to its session. So a client that idles
    /// holds no buffer at all.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ].into_boxed_slice());
}

/// Both sockets of a session, whose task alone holds it.
pub(super) struct Pump {
    client: Side,
    mpd: Side,
    /// No more requests are taken.
    closing: bool,
    /// What was wrong with the connection to MPD when it ended, if anything was.
    lost: Option<io::Error>,
}

struct Side {
    stream: Stream,
    /// What was read and is not complete, or waits until its reader goes on.
    inbox: Vec<u8>,
    /// The peer will send no more.
    ended: bool,
    /// We have told the peer that we will send no more.
    shut: bool,
    /// The peer takes no more.
    deaf: bool,
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    /// MPD did not greet.
    #[error("MPD did not greet within {0:?}; is it hung?")]
    Silence(Duration),
    /// MPD closed, and all it said has been passed on.
    #[error("MPD closed the connection")]
    Mpd,
    /// We are about to end, and the client has all its answers.
    #[error("ytmpd is stopping")]
    Stopped,
    /// The client is gone.
    #[error("the client is gone")]
    Client(#[source] io::Error),
    /// The connection to MPD failed.
    #[error("the connection to MPD failed")]
    Upstream(#[source] io::Error),
    /// What answers is not MPD.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl Pump {
    pub(super) fn new(client: Stream, mpd: Stream) -> Self {
        Self { client: Side::new(client), mpd: Side::new(mpd), closing: false, lost: None }
    }

    /// Takes no more requests; the session ends when those that were taken are answered.
    pub(super) fn close(&mut self) {
        self.closing = true;
    }

    /// Moves bytes for as long as any move. Ready with `Ok` when the conversation may have
    /// changed in a way that its session wants to know of.
    ///
    /// # Cancel safety
    /// Nothing is lost between two calls: it is all in the buffers.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        conversation: &mut Conversation,
        view: &View<'_>,
    ) -> Poll<Result<(), End>> {
        let before = (conversation.is_greeted(), conversation.waits_for());
        loop {
            let mut moved = self.serve_inboxes(conversation, view)?;
            moved |= self.write(cx, conversation)?;
            moved |= self.read_mpd(cx, conversation, view)?;
            moved |= self.read_client(cx, conversation, view)?;
            if (conversation.is_greeted(), conversation.waits_for()) != before {
                return Poll::Ready(Ok(()));
            }
            if !moved {
                if self.closing && conversation.is_at_rest() {
                    return Poll::Ready(Err(End::Stopped));
                }
                let over = self.mpd.ended && conversation.to_client.is_empty();
                let mut end = || self.lost.take().map_or(End::Mpd, End::Upstream);
                return if over { Poll::Ready(Err(end())) } else { Poll::Pending };
            }
        }
    }

    /// What waited in the buffers, now that it may go on.
    fn serve_inboxes(&mut self, conversation: &mut Conversation, view: &View<'_>) -> Result<bool, End> {
        conversation.write_on(view);
        // Behind MPD's last bytes no line break will come.
        let room = if self.mpd.ended { self.mpd.inbox.len().max(1) } else { READ };
        let from_mpd = conversation.mpd_bytes(&self.mpd.inbox, room, view)?;
        self.mpd.took(from_mpd);
        if self.closing {
            return Ok(from_mpd > 0);
        }
        let from_client = conversation.client_bytes(&self.client.inbox, view);
        self.client.took(from_client);
        Ok(from_mpd + from_client > 0)
    }

    fn write(&mut self, cx: &mut Context<'_>, conversation: &mut Conversation) -> Result<bool, End> {
        let to_client = self.client.write(cx, &mut conversation.to_client).map_err(End::Client)?;
        let to_mpd = self.write_mpd(cx, &mut conversation.to_mpd);
        // What is left in the inbox then is an unfinished line, which MPD would not see either.
        if self.client.ended && conversation.to_mpd.is_empty() && conversation.hears_client() {
            self.mpd.shut(cx);
        }
        Ok(to_client || to_mpd)
    }

    /// An MPD that has closed takes no more; what it said before that is still to be read.
    fn write_mpd(&mut self, cx: &mut Context<'_>, outbox: &mut Vec<u8>) -> bool {
        if !self.mpd.deaf {
            match self.mpd.write(cx, outbox) {
                Ok(moved) => return moved,
                Err(error) => {
                    self.lost = Some(error);
                    self.mpd.deaf = true;
                }
            }
        }
        outbox.clear();
        give_back(outbox);
        false
    }

    fn read_mpd(
        &mut self,
        cx: &mut Context<'_>,
        conversation: &mut Conversation,
        view: &View<'_>,
    ) -> Result<bool, End> {
        if !conversation.hears_mpd() {
            return Ok(false);
        }
        let read = self.mpd.read(cx, |bytes| conversation.mpd_bytes(bytes, READ, view));
        match read {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(Ok(()))) => {
                if conversation.is_owed() {
                    self.mpd.stream.acknowledge();
                }
                Ok(true)
            }
            Poll::Ready(Ok(Err(broken))) => Err(broken.into()),
            // So it is told when MPD has closed before it had read everything.
            Poll::Ready(Err(error)) => {
                self.lost = Some(error);
                self.mpd.ended = true;
                Ok(true)
            }
        }
    }

    fn read_client(
        &mut self,
        cx: &mut Context<'_>,
        conversation: &mut Conversation,
        view: &View<'_>,
    ) -> Result<bool, End> {
        if self.closing || conversation.to_mpd.len() >= MOST_TO_MPD || !conversation.hears_client() {
            return Ok(false);
        }
        let read = self.client.read(cx, |bytes| Ok::<_, Broken>(conversation.client_bytes(bytes, view)));
        match read {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(_)) => Ok(true),
            Poll::Ready(Err(error)) => Err(End::Client(error)),
        }
    }
}

impl Side {
    fn new(stream: Stream) -> Self {
        Self { stream, inbox: Vec::new(), ended: false, shut: false, deaf: false }
    }

    /// Reads once and offers all that is there to `take`, which returns how much it took.
    fn read<E>(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> Result<usize, E>,
    ) -> Poll<io::Result<Result<(), E>>> {
        if self.ended || self.inbox.len() >= READ {
            return Poll::Pending;
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            buffer.put_slice(&self.inbox);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            self.ended = buffer.filled().len() == self.inbox.len();
            if self.ended {
                return Poll::Ready(Ok(Ok(())));
            }
            let taken = match take(buffer.filled()) {
                Ok(taken) => taken,
                Err(error) => return Poll::Ready(Ok(Err(error))),
            };
            self.inbox.clear();
            self.inbox.extend_from_slice(buffer.filled().get(taken..).unwrap_or_default());
            give_back(&mut self.inbox);
            Poll::Ready(Ok(Ok(())))
        })
    }

    fn took(&mut self, count: usize) {
        self.inbox.drain(..count.min(self.inbox.len()));
        give_back(&mut self.inbox);
    }

    /// Writes what it can of `outbox`. Returns whether any of it went.
    fn write(&mut self, cx: &mut Context<'_>, outbox: &mut Vec<u8>) -> io::Result<bool> {
        let mut written = 0;
        while let Some(rest @ [_, ..]) = outbox.get(written..) {
            match Pin::new(&mut self.stream).poll_write(cx, rest) {
                Poll::Pending => break,
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(count)) => written += count,
                Poll::Ready(Err(error)) => return Err(error),
            }
        }
        outbox.drain(..written);
        give_back(outbox);
        Ok(written > 0)
    }

    fn shut(&mut self, cx: &mut Context<'_>) {
        if !self.shut {
            self.shut = true;
            // A socket's shutdown never waits, and fails only where the peer has closed.
            let _ = Pin::new(&mut self.stream).poll_shutdown(cx);
        }
    }
}

fn give_back(buffer: &mut Vec<u8>) {
    if buffer.is_empty() && buffer.capacity() > KEPT {
        *buffer = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;

    use super::*;
    use crate::session::fuzz::world::World;
    use crate::session::rights::Rights;

    /// What a client hears that says one thing, and another when MPD has answered and is gone.
    async fn heard(first: &[u8], answers: &[u8], then: &[u8]) -> (String, End) {
        let world = World::empty();
        let mut conversation = Conversation::new(&world.snapshot, Rights::Same);
        let (mut client, ours) = UnixStream::pair().unwrap();
        let (theirs, mut mpd) = UnixStream::pair().unwrap();
        let mut pump = Pump::new(Stream::Unix(ours), Stream::Unix(theirs));
        let pumping = async {
            loop {
                if let Err(end) = poll_fn(|cx| pump.poll(cx, &mut conversation, &world.view())).await {
                    // The client hears that it is over.
                    drop(pump);
                    return end;
                }
            }
        };
        let peers = async {
            client.write_all(first).await.unwrap();
            mpd.write_all(b"OK MPD 0.23.5\n").await.unwrap();
            let mut asked = vec![0; first.len()];
            mpd.read_exact(&mut asked).await.unwrap();
            mpd.write_all(answers).await.unwrap();
            drop(mpd);
            client.write_all(then).await.unwrap();
            let mut all = Vec::new();
            client.read_to_end(&mut all).await.unwrap();
            String::from_utf8(all).unwrap()
        };
        let (end, heard) = tokio::join!(pumping, peers);
        (heard, end)
    }

    #[tokio::test]
    async fn what_mpd_says_last_arrives_whatever_follows() {
        // More than the client's socket holds, and no more than we hold for it besides.
        let large = "a: b\n".repeat(50_000) + "OK\n";
        let refused = "ACK [5@0] {} Invalid word character\n";
        for (first, answers) in [
            ("ping\n", "OK\n"),
            ("pi-ng\n", refused),
            ("x\npi-ng\n", &*(large.clone() + refused)),
            // It ended in the middle of a line, or of a payload.
            ("x\n", "a: b\nc"),
            ("x\ny\n", "OK\nO"),
            ("albumart x 0\n", "size: 9\nbinary: 9\nOK\nA"),
        ] {
            for then in ["", "ping\n", &*"ping\n".repeat(5000)] {
                let (heard, end) = heard(first.as_bytes(), answers.as_bytes(), then.as_bytes()).await;
                let greeted = format!("OK MPD 0.23.5\n{answers}");
                assert!(
                    heard == greeted,
                    "{first:?}, then {} bytes: {} of {}",
                    then.len(),
                    heard.len(),
                    greeted.len()
                );
                assert!(matches!(end, End::Mpd | End::Upstream(_)), "{end}");
            }
        }
    }
}
