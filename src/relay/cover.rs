//! Songs' pictures, for MPD's `albumart` on the song's directory.
//!
//! MPD stands still while it asks for one, so what is not in memory does not exist yet: it is
//! fetched for the next time.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use lru::LruCache;
use reqwest::Client;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::deck::Deck;
use crate::library::VideoId;

/// All pictures together: some hundreds of YouTube's thumbnails.
const MOST_HELD: usize = 8 * 1024 * 1024;
/// One picture; thumbnails have at most a fifth of this.
const LONGEST: usize = 1024 * 1024;
/// Pictures fetched at once.
const AT_ONCE: usize = 2;
/// Pictures fetched or waiting to be; more are left for another time.
const MOST_PENDING: usize = 64;
/// Pictures that could not be had; of more, the oldest are tried again too soon.
const MOST_FAILED: NonZeroUsize = NonZeroUsize::new(1024).expect("not 0");
/// A picture that could not be had is not asked for again before this.
const RETRY: Duration = Duration::from_secs(600);
/// A thumbnail that takes longer is not worth a connection.
const DEADLINE: Duration = Duration::from_secs(20);

/// The pictures in memory.
pub(super) struct Covers {
    deck: Arc<Deck>,
    state: Mutex<State>,
    turns: Semaphore,
}

struct State {
    pictures: LruCache<VideoId, Picture>,
    held: usize,
    /// Being fetched.
    pending: HashSet<VideoId>,
    /// Could not be had, and when.
    failed: LruCache<VideoId, Instant>,
}

#[derive(Clone)]
struct Picture {
    mime: HeaderValue,
    bytes: Bytes,
}

impl Covers {
    pub(super) fn new(deck: Arc<Deck>) -> Arc<Self> {
        let state = State::new();
        Arc::new(Self { deck, state: Mutex::new(state), turns: Semaphore::new(AT_ONCE) })
    }

    /// The picture if it is there; else 404 at once, and it is fetched.
    pub(super) fn answer(self: &Arc<Self>, video: VideoId) -> Response {
        let mut state = self.lock();
        if let Some(Picture { mime, bytes }) = state.pictures.get(&video).cloned() {
            return ([(CONTENT_TYPE, mime)], bytes).into_response();
        }
        if state.begin(video) {
            self.deck.tasks.spawn_on(Arc::clone(self).fetch(video), &self.deck.runtime);
        }
        StatusCode::NOT_FOUND.into_response()
    }

    async fn fetch(self: Arc<Self>, video: VideoId) {
        let known = self.deck.snapshot().track(video).and_then(|track| track.thumbnail.clone());
        let url = known.map_or_else(|| format!("https://i.ytimg.com/vi/{video}/hqdefault.jpg"), Into::into);
        let download = async {
            let _turn = self.turns.acquire().await.ok()?;
            timeout(DEADLINE, download(self.deck.client(), &url)).await.ok()?
        };
        let picture = self.deck.stop.run_until_cancelled(download).await.flatten();
        if picture.is_none() {
            tracing::debug!(%video, "no picture for a song");
        }
        self.lock().end(video, picture);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A cache that a panic left behind is still a cache.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new() -> Self {
        let failed = LruCache::new(MOST_FAILED);
        Self { pictures: LruCache::unbounded(), held: 0, pending: HashSet::new(), failed }
    }

    /// Whether to fetch the picture now.
    fn begin(&mut self, video: VideoId) -> bool {
        let failed = self.failed.peek(&video).is_some_and(|failed| failed.elapsed() < RETRY);
        !failed && self.pending.len() < MOST_PENDING && self.pending.insert(video)
    }

    fn end(&mut self, video: VideoId, picture: Option<Picture>) {
        self.pending.remove(&video);
        let Some(picture) = picture else {
            self.failed.put(video, Instant::now());
            return;
        };
        self.held += picture.bytes.len();
        if let Some(old) = self.pictures.put(video, picture) {
            self.held -= old.bytes.len();
        }
        while self.held > MOST_HELD
            && let Some((_, oldest)) = self.pictures.pop_lru()
        {
            self.held -= oldest.bytes.len();
        }
    }
}

/// A picture of sensible size, or nothing: nobody waits for it.
async fn download(client: &Client, url: &str) -> Option<Picture> {
    let mut response = client.get(url).send().await.ok()?.error_for_status().ok()?;
    let mime = response.headers().get(CONTENT_TYPE)?.clone();
    if !mime.to_str().ok()?.starts_with("image/") {
        return None;
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = response.chunk().await.ok()? {
        bytes.extend_from_slice(&frame);
        if bytes.len() > LONGEST {
            return None;
        }
    }
    Some(Picture { mime, bytes: bytes.freeze() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn video(number: usize) -> VideoId {
        format!("{number:011}").parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_picture_is_fetched_once_and_a_failure_waits() {
        let mut state = State::new();
        assert!(state.begin(video(0)) && !state.begin(video(0)));
        state.end(video(0), None);
        assert!(!state.begin(video(0)));
        tokio::time::advance(RETRY).await;
        assert!(state.begin(video(0)));
        assert_eq!((1..100).filter(|&number| state.begin(video(number))).count(), MOST_PENDING - 1);
        // What has failed is in nobody's way.
        (0..MOST_PENDING).for_each(|number| state.end(video(number), None));
        assert_eq!((100..200).filter(|&number| state.begin(video(number))).count(), MOST_PENDING);
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes() {
        let mut state = State::new();
        let picture =
            Picture { mime: HeaderValue::from_static("image/jpeg"), bytes: vec![0; LONGEST].into() };
        for number in 0..10 {
            state.end(video(number), Some(picture.clone()));
        }
        assert_eq!(state.held, MOST_HELD);
        assert!(state.pictures.contains(&video(9)) && !state.pictures.contains(&video(0)));
    }
}
