//! The server that the tones come from, and the extractor that knows where it is.
//!
//! It has YouTube's manners, so that the relay is put to the same test: only bounded ranges of at
//! most 1 MiB are answered, anything else is refused with 403.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};
use std::{future, io};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http_range_header::parse_range_header;
use tokio_util::sync::CancellationToken;

use super::catalogue::Catalogue;
use super::tone::Tone;
use crate::config::Secret;
use crate::library::VideoId;
use crate::resolver::{Extract, Fault, FaultKind, Stream, Way};

/// More than this at once is refused, as googlevideo does since August 2026.
const LONGEST_RANGE: u64 = 1024 * 1024;

/// As long as one of YouTube's URLs lives.
const URL_LIFE: Duration = Duration::from_secs(6 * 60 * 60);

/// The server, on a thread and a port of its own. Ends when dropped.
pub(super) struct MediaServer {
    address: SocketAddr,
    catalogue: Arc<Catalogue>,
    shutdown: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl MediaServer {
    pub(super) fn start(catalogue: Catalogue) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let catalogue = Arc::new(catalogue);
        let router = Router::new().route("/{video}", get(answer)).with_state(Arc::clone(&catalogue));
        let shutdown = CancellationToken::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serving = shutdown.clone();
        let serve = async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            tokio::select! {
                ended = axum::serve(listener, router) => ended,
                () = serving.cancelled() => Ok(()),
            }
        };
        let thread = thread::Builder::new().name("demo-media".to_owned()).spawn(move || {
            if let Err(error) = runtime.block_on(serve) {
                tracing::error!(%error, "the demo's tones are no longer served");
            }
        })?;
        Ok(Self { address, catalogue, shutdown, thread: Some(thread) })
    }

    /// Finds the tones here.
    pub(super) fn extract(&self) -> Arc<dyn Extract> {
        Arc::new(DemoExtract { address: self.address, catalogue: Arc::clone(&self.catalogue) })
    }
}

impl Drop for MediaServer {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if let Some(thread) = self.thread.take() {
            // It never panics; if it did, the panic was printed.
            let _ = thread.join();
        }
    }
}

/// `yt-dlp`'s part in the demo.
struct DemoExtract {
    address: SocketAddr,
    catalogue: Arc<Catalogue>,
}

impl DemoExtract {
    fn stream(&self, video: VideoId) -> Result<Stream, Fault> {
        if self.catalogue.tone(video).is_none() {
            let reason = "the demo has no such song".to_owned();
            return Err(Fault { kind: FaultKind::Gone, reason });
        }
        Ok(Stream {
            url: Secret::new(format!("http://{}/{video}", self.address)),
            headers: vec![],
            mime: Tone::MIME.to_owned(),
            format: "tone".to_owned(),
            expires: SystemTime::now() + URL_LIFE,
            available_at: None,
            way: Way::default(),
        })
    }
}

impl Extract for DemoExtract {
    fn extract(&self, video: VideoId) -> Pin<Box<dyn Future<Output = Result<Stream, Fault>> + Send + '_>> {
        Box::pin(future::ready(self.stream(video)))
    }
}

async fn answer(
    State(catalogue): State<Arc<Catalogue>>,
    Path(video): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(tone) = video.parse().ok().and_then(|video| catalogue.tone(video)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let length = tone.length();
    let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let Some(asked) = asked.and_then(|range| parse_range_header(range).ok()) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let range = match asked.validate(length).as_deref() {
        Ok([range]) => *range.start()..range.end() + 1,
        _ => {
            let unsatisfied = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            return (StatusCode::RANGE_NOT_SATISFIABLE, unsatisfied).into_response();
        }
    };
    if range.end - range.start > LONGEST_RANGE {
        return StatusCode::FORBIDDEN.into_response();
    }
    let described = [
        (header::CONTENT_TYPE, Tone::MIME.to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CONTENT_RANGE, format!("bytes {}-{}/{length}", range.start, range.end - 1)),
    ];
    (StatusCode::PARTIAL_CONTENT, described, tone.bytes(range)).into_response()
}
