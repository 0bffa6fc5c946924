//! The one task that owns what is known, what is being found out, and who waits for it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::memory::{Answer, Memory};
use super::{Extract, Fault, FaultKind, Stream, Urgency};
use crate::library::VideoId;

/// Videos that wait or run at once; a longer line serves nobody in time.
const MOST_FLIGHTS: usize = 256;

/// The forced waits in front of YouTube's streams are of an advertisement's length.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What the handles send.
pub(super) enum Request {
    Resolve { video: VideoId, urgency: Urgency, reply: Reply },
    Forget { video: VideoId, stream: Arc<Stream> },
    Reconfigure { extract: Arc<dyn Extract>, workers: usize },
}

type Reply = oneshot::Sender<Answer>;

/// All of it is the task's own; the handles hold the other end of `requests`.
pub(super) struct Desk {
    requests: mpsc::Receiver<Request>,
    extract: Arc<dyn Extract>,
    workers: usize,
    memory: Memory,
    /// What is being found out; each is in exactly one of `now`, `ahead` and `work`.
    flights: HashMap<VideoId, Flight>,
    /// The newest first.
    now: VecDeque<VideoId>,
    /// The oldest first.
    ahead: VecDeque<VideoId>,
    work: JoinSet<Result<Stream, Fault>>,
    /// What each task of `work` is for.
    tasks: HashMap<Id, VideoId>,
    /// Why the setup does not work, as the user was told.
    told: Option<String>,
}

struct Flight {
    stage: Stage,
    waiters: Vec<(Urgency, Reply)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Queued,
    /// Takes one of the workers.
    Extracting,
    /// Found, but not to be read yet.
    Ripening,
}

impl Desk {
    pub(super) fn new(requests: mpsc::Receiver<Request>, extract: Arc<dyn Extract>, workers: usize) -> Self {
        Self {
            requests,
            extract,
            workers,
            memory: Memory::new(),
            flights: HashMap::new(),
            now: VecDeque::new(),
            ahead: VecDeque::new(),
            work: JoinSet::new(),
            tasks: HashMap::new(),
            told: None,
        }
    }

    /// Serves until `stop`, or until the last handle is gone; then ends every extraction.
    ///
    /// # Cancel safety
    /// Each arm of the `select!` is: nothing is taken from a channel or set that is then dropped.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                request = self.requests.recv() => match request {
                    Some(request) => self.take(request),
                    None => break,
                },
                Some(done) = self.work.join_next_with_id() => self.landed(done),
            }
            self.start_waiting();
        }
        self.work.shutdown().await;
    }

    fn take(&mut self, request: Request) {
        match request {
            Request::Forget { video, stream } => self.memory.forget(video, &stream),
            Request::Reconfigure { extract, workers } => {
                (self.extract, self.workers) = (extract, workers);
                self.told = None;
                self.memory.forget_faults();
            }
            Request::Resolve { video, urgency, reply } => match self.memory.recall(video) {
                // An error says that the waiter has gone: nobody is owed anything.
                Some(answer) => drop(reply.send(answer)),
                None => self.wait(video, urgency, reply),
            },
        }
    }

    fn wait(&mut self, video: VideoId, urgency: Urgency, reply: Reply) {
        if let Some(flight) = self.flights.get_mut(&video) {
            flight.waiters.retain(|(_, waiter)| !waiter.is_closed());
            flight.waiters.push((urgency, reply));
            if urgency == Urgency::Now {
                self.promote(video);
            }
        } else if self.flights.len() < MOST_FLIGHTS {
            self.flights.insert(video, Flight { stage: Stage::Queued, waiters: vec![(urgency, reply)] });
            match urgency {
                Urgency::Now => self.now.push_front(video),
                Urgency::Ahead => self.ahead.push_back(video),
            }
        } else {
            let reason = "too many songs are being looked up".to_owned();
            drop(reply.send(Err(Fault { kind: FaultKind::Passing, reason })));
        }
    }

    fn promote(&mut self, video: VideoId) {
        if self.stage(video) == Some(Stage::Queued) {
            self.now.retain(|queued| *queued != video);
            self.ahead.retain(|queued| *queued != video);
            self.now.push_front(video);
        }
    }

    fn start_waiting(&mut self) {
        while self.in_stage(Stage::Extracting) < self.workers {
            let Some(video) = self.next_wanted().or_else(|| self.next_ahead()) else { return };
            debug!(%video, "looking for a stream");
            let extract = Arc::clone(&self.extract);
            self.start(video, Stage::Extracting, async move { extract.extract(video).await });
        }
    }

    /// What somebody waits for, the newest first: who skips through a queue waits for the last of
    /// its songs only. What may yet be wanted goes to the back.
    fn next_wanted(&mut self) -> Option<VideoId> {
        while let Some(video) = self.now.pop_front() {
            match self.urgency(video) {
                Some(Urgency::Now) => return Some(video),
                Some(Urgency::Ahead) => self.ahead.push_back(video),
                None => drop(self.flights.remove(&video)),
            }
        }
        None
    }

    /// What may be wanted; one worker is left for who comes to wait, if there is more than one.
    fn next_ahead(&mut self) -> Option<VideoId> {
        let busy = self.in_stage(Stage::Extracting);
        if busy > 0 && busy + 1 >= self.workers {
            return None;
        }
        while let Some(video) = self.ahead.pop_front() {
            if self.urgency(video).is_some() {
                return Some(video);
            }
            self.flights.remove(&video);
        }
        None
    }

    /// How urgent it is for who waits for it; none if nobody does any more.
    fn urgency(&self, video: VideoId) -> Option<Urgency> {
        let waiters = self.flights.get(&video).into_iter().flat_map(|flight| &flight.waiters);
        waiters.filter(|(_, waiter)| !waiter.is_closed()).map(|(urgency, _)| *urgency).min()
    }

    fn start<F>(&mut self, video: VideoId, stage: Stage, work: F)
    where
        F: Future<Output = Result<Stream, Fault>> + Send + 'static,
    {
        if let Some(flight) = self.flights.get_mut(&video) {
            flight.stage = stage;
            self.tasks.insert(self.work.spawn(work).id(), video);
        }
    }

    fn landed(&mut self, done: Result<(Id, Result<Stream, Fault>), JoinError>) {
        let (id, outcome) = done.unwrap_or_else(|panic| {
            error!(%panic, "the search for a stream broke off: this is a bug");
            let reason = "the search for the song's audio broke off".to_owned();
            (panic.id(), Err(Fault { kind: FaultKind::Passing, reason }))
        });
        let Some(video) = self.tasks.remove(&id) else { return };
        match outcome {
            Ok(stream) if self.stage(video) == Some(Stage::Extracting) && !ripe_in(&stream).is_zero() => {
                let wait = ripe_in(&stream);
                debug!(%video, ?wait, "found a stream that may be read later");
                self.start(video, Stage::Ripening, async move {
                    tokio::time::sleep(wait).await;
                    Ok(stream)
                });
            }
            outcome => self.settle(video, outcome),
        }
    }

    fn settle(&mut self, video: VideoId, outcome: Result<Stream, Fault>) {
        let answer = self.memory.learn(video, outcome);
        match &answer {
            Ok(stream) => {
                self.told = None;
                debug!(%video, format = %stream.format, "found a stream");
            }
            Err(fault) if matches!(fault.kind, FaultKind::BackOff(_)) || self.is_news(fault) => {
                warn!(%video, reason = %fault, "no stream for this song, nor for others now");
            }
            Err(fault) => debug!(%video, kind = ?fault.kind, reason = %fault, "no stream"),
        }
        self.answer(video, &answer);
        if let Err(Fault { kind: FaultKind::BackOff(_), .. }) = answer {
            let queued: Vec<_> = self.now.drain(..).chain(self.ahead.drain(..)).collect();
            queued.into_iter().for_each(|video| self.answer(video, &answer));
        }
    }

    /// Whether the user does not know yet that the setup does not work for this reason.
    fn is_news(&mut self, fault: &Fault) -> bool {
        let is_news = fault.kind == FaultKind::Setup && self.told.as_ref() != Some(&fault.reason);
        if is_news {
            self.told = Some(fault.reason.clone());
        }
        is_news
    }

    fn answer(&mut self, video: VideoId, answer: &Answer) {
        let waiters = self.flights.remove(&video).into_iter().flat_map(|flight| flight.waiters);
        for (_, waiter) in waiters {
            drop(waiter.send(answer.clone()));
        }
    }

    fn stage(&self, video: VideoId) -> Option<Stage> {
        self.flights.get(&video).map(|flight| flight.stage)
    }

    fn in_stage(&self, stage: Stage) -> usize {
        self.flights.values().filter(|flight| flight.stage == stage).count()
    }
}

/// How long until the stream may be read.
fn ripe_in(stream: &Stream) -> Duration {
    let wait = stream.available_at.and_then(|at| at.duration_since(SystemTime::now()).ok());
    wait.unwrap_or_default().min(LONGEST_WAIT)
}
