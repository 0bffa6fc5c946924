//! Lookups with an extractor that does as told, on a paused clock.

mod describe;
mod told;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, advance, sleep, timeout};

use super::Urgency::{Ahead, Now};
use super::*;

/// How long a scripted extraction takes.
const WORK: Duration = Duration::from_secs(2);
const HOUR: Duration = Duration::from_secs(3600);

/// Answers after [`WORK`], by the video's letter and how often anything was asked for before.
type Script = fn(char, usize) -> Result<Stream, Fault>;

struct Scripted {
    script: Script,
    /// The letters, in the order of the starts.
    started: Mutex<String>,
    /// Extractions that were begun and neither finished nor dropped.
    alive: AtomicUsize,
    most_alive: AtomicUsize,
}

struct Alive<'a>(&'a AtomicUsize);

impl Drop for Alive<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Extract for Scripted {
    fn extract(&self, video: VideoId) -> Pin<Box<dyn Future<Output = Result<Stream, Fault>> + Send + '_>> {
        Box::pin(async move {
            let letter = video.as_str().chars().next().unwrap();
            let before = {
                let mut started = self.started.lock().unwrap();
                started.push(letter);
                started.len() - 1
            };
            self.most_alive.fetch_max(self.alive.fetch_add(1, SeqCst) + 1, SeqCst);
            let _alive = Alive(&self.alive);
            sleep(WORK).await;
            (self.script)(letter, before)
        })
    }
}

struct Rig {
    resolver: Resolver,
    extract: Arc<Scripted>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

fn rig(workers: usize, script: Script) -> Rig {
    let extract = Arc::new(Scripted {
        script,
        started: Mutex::default(),
        alive: AtomicUsize::default(),
        most_alive: AtomicUsize::default(),
    });
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let resolver = Resolver::start(extract.clone(), workers, stop.clone(), &tasks);
    Rig { resolver, extract, stop, tasks }
}

impl Rig {
    async fn resolve(&self, letter: char) -> Result<Arc<Stream>, Fault> {
        self.resolver.resolve(video(letter), Now).await
    }

    /// Asks in a task of its own, and lets the resolver take the request.
    async fn ask(&self, letter: char, urgency: Urgency) -> JoinHandle<Result<Arc<Stream>, Fault>> {
        let resolver = self.resolver.clone();
        let asking = tokio::spawn(async move { resolver.resolve(video(letter), urgency).await });
        sleep(Duration::from_millis(1)).await;
        asking
    }

    fn started(&self) -> String {
        self.extract.started.lock().unwrap().clone()
    }
}

fn video(letter: char) -> VideoId {
    format!("{letter}aaaaaaaaaa").parse().unwrap()
}

fn stream() -> Stream {
    Stream {
        url: Secret::new("https://r1.example/videoplayback?ip=1.2.3.4".to_owned()),
        headers: vec![("Cookie".to_owned(), "SID=1".to_owned())],
        mime: "audio/webm".to_owned(),
        format: "251".to_owned(),
        expires: SystemTime::now() + 6 * HOUR,
        available_at: None,
        way: Way::default(),
    }
}

fn found(_: char, _: usize) -> Result<Stream, Fault> {
    Ok(stream())
}

fn refused(kind: FaultKind) -> Result<Stream, Fault> {
    Err(Fault { kind, reason: "No.".to_owned() })
}

#[tokio::test(start_paused = true)]
async fn one_extraction_serves_all_until_the_url_is_about_to_die() {
    let rig = rig(2, found);
    let (one, other) = tokio::join!(rig.resolve('a'), rig.resolve('a'));
    let one = one.unwrap();
    assert!(Arc::ptr_eq(&one, &other.unwrap()));
    assert!(Arc::ptr_eq(&one, &rig.resolve('a').await.unwrap()));
    advance(6 * HOUR - Duration::from_secs(11 * 60)).await;
    assert!(Arc::ptr_eq(&one, &rig.resolve('a').await.unwrap()));
    assert_eq!(rig.started(), "a");
    advance(Duration::from_secs(2 * 60)).await;
    assert!(!Arc::ptr_eq(&one, &rig.resolve('a').await.unwrap()));
    assert_eq!(rig.started(), "aa");
}

#[tokio::test(start_paused = true)]
async fn a_dead_or_short_lived_url_is_not_kept() {
    let rig = rig(2, |_, _| Ok(Stream { expires: SystemTime::now() + Duration::from_secs(60), ..stream() }));
    assert!(rig.resolve('a').await.is_ok());
    assert!(rig.resolve('a').await.is_ok());
    assert_eq!(rig.started(), "aa");
}

#[tokio::test(start_paused = true)]
async fn the_urgent_come_first_and_no_more_than_workers_run() {
    let rig = rig(2, found);
    let mut asked = Vec::new();
    for (letter, urgency) in
        [('a', Now), ('b', Now), ('c', Ahead), ('d', Ahead), ('e', Now), ('f', Now), ('d', Now)]
    {
        asked.push(rig.ask(letter, urgency).await);
    }
    for asking in asked {
        asking.await.unwrap().unwrap();
    }
    // Who skips on waits for the last song only.
    assert_eq!(rig.started(), "abdfec");
    assert_eq!(rig.extract.most_alive.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_worker_is_left_for_the_urgent() {
    let rig = rig(2, found);
    let mut asked = Vec::new();
    for (letter, urgency) in [('a', Ahead), ('b', Ahead), ('c', Now)] {
        asked.push(rig.ask(letter, urgency).await);
    }
    assert_eq!(rig.started(), "ac");
    for asking in asked {
        asking.await.unwrap().unwrap();
    }
    assert_eq!(rig.started(), "acb");
}

#[tokio::test(start_paused = true)]
async fn who_goes_leaves_the_work_to_others_and_the_cache() {
    let rig = rig(1, found);
    timeout(WORK / 2, rig.resolve('a')).await.unwrap_err();
    let skipped = rig.ask('b', Now).await;
    let wanted = rig.ask('c', Now).await;
    skipped.abort();
    wanted.await.unwrap().unwrap();
    rig.resolve('b').await.unwrap();
    rig.resolve('a').await.unwrap();
    assert_eq!(rig.started(), "acb");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_any_more_is_not_begun() {
    let rig = rig(1, found);
    let running = rig.ask('a', Now).await;
    let gone = [rig.ask('b', Now).await, rig.ask('c', Ahead).await, rig.ask('d', Now).await];
    let kept = [rig.ask('e', Ahead).await, rig.ask('d', Ahead).await, rig.ask('f', Now).await];
    gone.iter().for_each(JoinHandle::abort);
    running.await.unwrap().unwrap();
    for asking in kept {
        asking.await.unwrap().unwrap();
    }
    // Of `d` it is not urgent any more.
    assert_eq!(rig.started(), "afed");
}

#[tokio::test(start_paused = true)]
async fn only_the_very_stream_is_forgotten() {
    let rig = rig(1, found);
    let first = rig.resolve('a').await.unwrap();
    rig.resolver.forget(video('a'), &Arc::new(stream())).await;
    rig.resolver.forget(video('b'), &first).await;
    assert!(Arc::ptr_eq(&first, &rig.resolve('a').await.unwrap()));
    rig.resolver.forget(video('a'), &first).await;
    let second = rig.resolve('a').await.unwrap();
    assert!(!Arc::ptr_eq(&first, &second));
    rig.resolver.forget(video('a'), &first).await;
    assert!(Arc::ptr_eq(&second, &rig.resolve('a').await.unwrap()));
    assert_eq!(rig.started(), "aa");
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_given_out_when_it_may_be_read() {
    let rig = rig(1, |letter, _| {
        let wait = match letter {
            'a' => Duration::from_secs(30),
            'b' => Duration::MAX / 4,
            _ => return found(letter, 0),
        };
        Ok(Stream { available_at: SystemTime::now().checked_add(wait), ..stream() })
    });
    let began = Instant::now();
    let asked = [rig.ask('a', Now).await, rig.ask('c', Now).await];
    let also = rig.ask('a', Now).await;
    let [waits, other] = asked;
    // It waits without a worker.
    other.await.unwrap().unwrap();
    assert!(began.elapsed() < 3 * WORK);
    let (waited, also) = (waits.await.unwrap().unwrap(), also.await.unwrap().unwrap());
    assert!(Arc::ptr_eq(&waited, &also));
    assert!((29..34).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!(rig.started(), "ac");
}

#[tokio::test(start_paused = true)]
async fn a_forced_wait_is_bounded() {
    let rig = rig(1, |_, _| Ok(Stream { available_at: Some(SystemTime::now() + HOUR), ..stream() }));
    let began = Instant::now();
    rig.resolve('a').await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 60 + WORK.as_secs());
}

#[tokio::test(start_paused = true)]
async fn faults_are_remembered_for_a_while() {
    for (script, seconds) in [
        ((|_, _| refused(FaultKind::Gone)) as Script, 3600),
        (|_, _| refused(FaultKind::Refused), 600),
        (|_, _| refused(FaultKind::SignIn), 600),
        (|_, _| refused(FaultKind::Setup), 3),
        (|_, _| refused(FaultKind::Passing), 3),
    ] {
        let rig = rig(1, script);
        let fault = rig.resolve('a').await.unwrap_err();
        assert_ne!(fault.kind, FaultKind::Refused);
        advance(Duration::from_secs(seconds - 1)).await;
        assert_eq!(rig.resolve('a').await, Err(fault.clone()));
        assert_eq!(rig.started(), "a");
        advance(Duration::from_secs(1)).await;
        assert_eq!(rig.resolve('a').await, Err(fault));
        assert_eq!(rig.started(), "aa");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unclear_fault_is_the_songs_where_others_are_found() {
    let rig = rig(1, |letter, _| if letter < 'd' { found(letter, 0) } else { refused(FaultKind::Unclear) });
    let kind = async |letter| rig.resolve(letter).await.map_err(|fault| fault.kind).err();
    assert_eq!(kind('x').await, Some(FaultKind::Setup));
    assert_eq!(kind('a').await, None);
    advance(Duration::from_secs(30)).await;
    assert_eq!(kind('x').await, Some(FaultKind::Gone));
    advance(Duration::from_secs(9 * 60)).await;
    assert_eq!(kind('x').await, Some(FaultKind::Gone));
    assert_eq!(rig.started(), "xax");
    assert_eq!(kind('b').await, None);
    for (letter, judged) in [('d', FaultKind::Gone), ('e', FaultKind::Gone), ('f', FaultKind::Setup)] {
        assert_eq!(kind(letter).await, Some(judged), "{letter}");
    }
}

const PAUSE: Duration = Duration::from_secs(15 * 60);

#[tokio::test(start_paused = true)]
async fn while_youtube_wants_a_pause_nothing_is_run() {
    let rig =
        rig(1, |letter, _| if letter == 'x' { refused(FaultKind::BackOff(PAUSE)) } else { found(letter, 0) });
    let known = rig.resolve('a').await.unwrap();
    let (first, queued) = (rig.ask('x', Now).await, rig.ask('b', Now).await);
    let fault = first.await.unwrap().unwrap_err();
    assert_eq!(fault.kind, FaultKind::BackOff(PAUSE));
    assert_eq!(fault.reason, "No; YouTube is asked again in 15 min");
    assert_eq!(queued.await.unwrap(), Err(fault));
    advance(PAUSE - Duration::from_secs(61)).await;
    let fault = rig.resolve('b').await.unwrap_err();
    assert_eq!(fault.reason, "No; YouTube is asked again in 2 min");
    assert!(matches!(fault.kind, FaultKind::BackOff(left) if left <= Duration::from_secs(61)));
    assert!(Arc::ptr_eq(&known, &rig.resolve('a').await.unwrap()));
    assert_eq!(rig.started(), "ax");
    advance(Duration::from_secs(61)).await;
    rig.resolve('b').await.unwrap();
    assert_eq!(rig.started(), "axb");
}

#[tokio::test(start_paused = true)]
async fn pauses_in_a_row_grow_until_youtube_answers() {
    let rig =
        rig(1, |letter, _| if letter == 'x' { refused(FaultKind::BackOff(PAUSE)) } else { found(letter, 0) });
    for (letter, minutes) in [('x', 15), ('x', 30), ('x', 60), ('x', 60), ('a', 0), ('x', 15)] {
        let answer = rig.resolve(letter).await;
        let pause = Duration::from_secs(minutes * 60);
        match answer {
            Ok(_) => assert_eq!(minutes, 0),
            Err(fault) => assert_eq!(fault.kind, FaultKind::BackOff(pause)),
        }
        advance(pause).await;
    }
}

#[tokio::test(start_paused = true)]
async fn runs_that_fail_together_are_one_refusal() {
    let rig = rig(2, |_, _| refused(FaultKind::BackOff(PAUSE)));
    let (one, other) = tokio::join!(rig.resolve('a'), rig.resolve('b'));
    assert_eq!(one, other);
    assert_eq!(one.unwrap_err().kind, FaultKind::BackOff(PAUSE));
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_the_work_and_answers_everyone() {
    let rig = rig(1, found);
    let (running, queued) = (rig.ask('a', Now).await, rig.ask('b', Now).await);
    rig.stop.cancel();
    rig.tasks.close();
    timeout(WORK / 2, rig.tasks.wait()).await.unwrap();
    assert_eq!(rig.extract.alive.load(SeqCst), 0);
    for answer in [running.await.unwrap(), queued.await.unwrap(), rig.resolve('c').await] {
        assert_eq!(answer.unwrap_err().reason, "ytmpd is stopping");
    }
    rig.resolver.forget(video('a'), &Arc::new(stream())).await;
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_ends_the_work() {
    let Rig { resolver, extract, stop: _stop, tasks } = rig(1, found);
    timeout(WORK / 2, resolver.resolve(video('a'), Now)).await.unwrap_err();
    drop(resolver);
    tasks.close();
    timeout(WORK / 4, tasks.wait()).await.unwrap();
    assert_eq!(extract.alive.load(SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_bug_in_an_extraction_harms_that_one_only() {
    let rig = rig(1, |letter, _| if letter == 'x' { panic!("a bug") } else { found(letter, 0) });
    assert_eq!(rig.resolve('x').await.unwrap_err().kind, FaultKind::Passing);
    rig.resolve('a').await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_and_queued_is_bounded() {
    let rig = rig(1, found);
    let numbered = |n: usize| format!("{n:011}").parse::<VideoId>().unwrap();
    for n in 0..=512 {
        rig.resolver.resolve(numbered(n), Ahead).await.unwrap();
    }
    assert_eq!(rig.started().len(), 513);
    rig.resolver.resolve(numbered(512), Now).await.unwrap();
    assert_eq!(rig.started().len(), 513);
    rig.resolver.resolve(numbered(0), Now).await.unwrap();
    assert_eq!(rig.started().len(), 514);

    let asking: Vec<_> = (1000..1257)
        .map(|n| {
            let resolver = rig.resolver.clone();
            tokio::spawn(async move { resolver.resolve(numbered(n), Ahead).await })
        })
        .collect();
    let mut refused = 0;
    for answer in asking {
        refused += usize::from(answer.await.unwrap().is_err());
    }
    assert_eq!(refused, 1);
}

#[test]
fn no_dump_shows_a_secret() {
    let dump = format!("{:?}", stream());
    assert!(!dump.contains("1.2.3.4") && !dump.contains("SID"), "{dump}");
}
