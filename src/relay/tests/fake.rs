//! A media server and an extractor that fail as told.

use std::collections::VecDeque;
use std::ops::Range;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::Semaphore;

use crate::config::Secret;
use crate::library::VideoId;
use crate::resolver::{Extract, Fault, FaultKind, Stream, Way};

/// What one read meets. They are met in order, one a read; after the last all is well.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mishap {
    /// None: well, this time.
    None,
    /// This status.
    Status(u16),
    /// All URLs given out so far are dead.
    Expire,
    /// So many bytes, then the connection is cut.
    Cut(u64),
    /// A complete answer with fewer bytes than asked for.
    Fewer(u64),
    /// So many bytes, then nothing more.
    Stall(u64),
    /// The headers, then a byte now and then.
    Drip,
    /// So many bytes at a time, each so many milliseconds after the one before.
    Slow(u64, u64),
    /// Not even headers.
    Silence,
    /// The whole file, whatever was asked.
    Unranged,
    /// Expired, and the file of the next URL is another one.
    Replaced,
}

/// The server's state.
pub(super) struct Fake {
    port: u16,
    total: AtomicU64,
    pub(super) mishaps: Mutex<VecDeque<Mishap>>,
    /// Met by every read from now on, until set to none.
    pub(super) outage: Mutex<Option<Mishap>>,
    /// Met by every read of the first so many URLs.
    pub(super) bad_urls: Mutex<Option<(u64, Mishap)>>,
    /// Each extraction takes one.
    pub(super) extractions: Semaphore,
    /// What was looked for.
    pub(super) extracted: Mutex<Vec<VideoId>>,
    /// When the URLs say that they expire.
    pub(super) expires: Mutex<SystemTime>,
    /// What the next extractions fail with.
    pub(super) faults: Mutex<VecDeque<FaultKind>>,
    /// The ranges that were asked for.
    pub(super) reads: Mutex<Vec<Range<u64>>>,
    /// Reads that googlevideo would refuse.
    pub(super) violations: AtomicU64,
    /// How often a picture was asked for.
    pub(super) pictures: AtomicU64,
    /// What pictures are answered with: themselves, or a status, or never.
    pub(super) picture_mishap: Mutex<Option<Mishap>>,
    generation: AtomicU64,
    oldest_alive: AtomicU64,
}

/// What a request for `range` of the file of `total` bytes must bring: a pattern whose period is
/// prime, so that no misplaced frame fits.
pub(super) fn content(range: Range<u64>, total: u64) -> Bytes {
    static PATTERN: LazyLock<Vec<u8>> =
        LazyLock::new(|| (0..65_521_u64).map(|at| (at * at * 7 % 251).to_le_bytes()[0]).collect());
    let (mut at, mut left) = (range.start + total, usize::try_from(range.end - range.start).unwrap());
    let mut bytes = Vec::with_capacity(left);
    while left > 0 {
        let from = usize::try_from(at % 65_521).unwrap();
        let piece = &PATTERN[from..PATTERN.len().min(from + left)];
        bytes.extend_from_slice(piece);
        left -= piece.len();
        at += u64::try_from(piece.len()).unwrap();
    }
    bytes.into()
}

impl Fake {
    pub(super) async fn start(total: u64, mishaps: &[Mishap]) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Arc::new(Self {
            port: listener.local_addr().unwrap().port(),
            total: total.into(),
            mishaps: Mutex::new(mishaps.iter().copied().collect()),
            outage: Mutex::default(),
            bad_urls: Mutex::default(),
            extractions: Semaphore::new(1_000_000),
            extracted: Mutex::default(),
            expires: Mutex::new(SystemTime::now() + Duration::from_secs(3600)),
            faults: Mutex::default(),
            reads: Mutex::default(),
            violations: 0.into(),
            pictures: 0.into(),
            picture_mishap: Mutex::default(),
            generation: 0.into(),
            oldest_alive: 0.into(),
        });
        let router = axum::Router::new()
            .route("/videoplayback/{generation}", axum::routing::any(media))
            .route("/picture", axum::routing::get(picture))
            .with_state(Arc::clone(&fake));
        tokio::spawn(axum::serve(listener, router).into_future());
        fake
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    pub(super) fn read_count(&self) -> usize {
        self.reads.lock().unwrap().len()
    }

    fn expire(&self) {
        self.oldest_alive.store(self.generation.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
    }

    fn read(&self, generation: u64, headers: &HeaderMap) -> Option<Result<(Range<u64>, Mishap), u16>> {
        let text = headers.get("range")?.to_str().ok()?;
        let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
        let range: Range<u64> = first.parse().ok()?..last.parse::<u64>().ok()? + 1;
        if range.end - range.start > 1024 * 1024 || headers.get("user-agent")?.to_str().ok()? != "fake" {
            return None;
        }
        self.reads.lock().unwrap().push(range.clone());
        let scripted = self.mishaps.lock().unwrap().pop_front();
        let of_url = self.bad_urls.lock().unwrap().filter(|(first, _)| generation <= *first);
        let outage = self.outage.lock().unwrap().or(of_url.map(|(_, mishap)| mishap));
        let mishap = outage.or(scripted).unwrap_or(Mishap::None);
        if matches!(mishap, Mishap::Expire | Mishap::Replaced) {
            self.expire();
        }
        if matches!(mishap, Mishap::Replaced) {
            self.total.fetch_add(1, Ordering::SeqCst);
        }
        if generation < self.oldest_alive.load(Ordering::SeqCst) {
            return Some(Err(403));
        }
        Some(match mishap {
            Mishap::Status(status) => Err(status),
            _ => Ok((range, mishap)),
        })
    }
}

async fn picture(State(fake): State<Arc<Fake>>) -> Response {
    fake.pictures.fetch_add(1, Ordering::SeqCst);
    let mishap = *fake.picture_mishap.lock().unwrap();
    match mishap {
        Some(Mishap::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(_) => std::future::pending().await,
        None => ([("content-type", "image/jpeg")], "picture").into_response(),
    }
}

async fn media(
    State(fake): State<Arc<Fake>>,
    Path(generation): Path<u64>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let read = fake.read(generation, &headers).filter(|_| method == Method::GET);
    let (range, mishap) = match read {
        None => {
            fake.violations.fetch_add(1, Ordering::SeqCst);
            return StatusCode::FORBIDDEN.into_response();
        }
        Some(Err(status)) => return StatusCode::from_u16(status).unwrap().into_response(),
        Some(Ok(read)) => read,
    };
    let total = fake.total.load(Ordering::SeqCst);
    let mut range = range.start..range.end.min(total);
    let whole = range.end - range.start;
    let mut status = StatusCode::PARTIAL_CONTENT;
    match mishap {
        Mishap::Fewer(bytes) => range.end = range.end.min(range.start + bytes),
        Mishap::Silence => std::future::pending().await,
        Mishap::Unranged => status = StatusCode::OK,
        _ => {}
    }
    let told = format!("bytes {}-{}/{total}", range.start, range.end - 1);
    let (sent, then) = match mishap {
        Mishap::Cut(bytes) => (bytes.min(whole), Mishap::Cut(0)),
        Mishap::Stall(bytes) => (bytes.min(whole), Mishap::Stall(0)),
        _ => (range.end - range.start, Mishap::None),
    };
    let length = (range.end - range.start).to_string();
    let frame = content(range.start..range.start + sent, total);
    let pieces = match mishap {
        Mishap::Drip => Some((1, 20)),
        Mishap::Slow(bytes, milliseconds) => Some((usize::try_from(bytes).unwrap(), milliseconds)),
        _ => None,
    };
    if let Some((bytes, milliseconds)) = pieces {
        let body = stream::unfold(frame, move |mut left| async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            let piece = left.split_to(bytes.min(left.len()));
            (!piece.is_empty()).then_some((Ok::<_, &str>(piece), left))
        });
        let headers = [("content-range", told), ("content-length", length)];
        return (status, headers, Body::from_stream(body)).into_response();
    }
    let body = Body::from_stream(stream::unfold(Some(frame), move |frame| async move {
        match (frame, then) {
            (Some(frame), _) if !frame.is_empty() => Some((Ok(frame), None)),
            (_, Mishap::Cut(_)) => Some((Err("cut"), None)),
            (_, Mishap::Stall(_)) => std::future::pending().await,
            _ => None,
        }
    }));
    (status, [("content-range", told), ("content-length", length)], body).into_response()
}

/// Extracts from the fake; each extraction gives another URL.
pub(super) struct FakeExtract(pub(super) Arc<Fake>);

impl Extract for FakeExtract {
    fn extract(&self, video: VideoId) -> Pin<Box<dyn Future<Output = Result<Stream, Fault>> + Send + '_>> {
        Box::pin(async move {
            self.0.extracted.lock().unwrap().push(video);
            self.0.extractions.acquire().await.unwrap().forget();
            if let Some(kind) = self.0.faults.lock().unwrap().pop_front() {
                return Err(Fault { kind, reason: "as told".to_owned() });
            }
            let generation = self.0.generation.fetch_add(1, Ordering::SeqCst) + 1;
            Ok(Stream {
                url: Secret::new(self.0.url(&format!("videoplayback/{generation}"))),
                headers: vec![("User-Agent".to_owned(), "fake".to_owned())],
                mime: "audio/webm".to_owned(),
                format: "251".to_owned(),
                expires: *self.0.expires.lock().unwrap(),
                available_at: None,
                way: Way::default(),
            })
        })
    }
}
