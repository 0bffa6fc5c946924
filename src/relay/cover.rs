//! Songs' pictures, for MPD's `albumart` on the song's directory.
//!
//! MPD stands still while it asks for one, so what is not in memory does not exist yet: it is
//! fetched for the next time.

use std::collections::HashMap;
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
    /// Being fetched, or not to be tried before this moment.
    pending: HashMap<VideoId, Option<Instant>>,
}

#[derive(Clone)]
struct Picture {
    mime: HeaderValue,
    bytes: Bytes,
}

impl Covers {
    pub(super) fn new(deck: Arc<Deck>) -> Arc<Self> {
        let state = State { pictures: LruCache::unbounded(), held: 0, pending: HashMap::new() };
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
    /// Whether to fetch the picture now.
    fn begin(&mut self, video: VideoId) -> bool {
        let now = Instant::now();
        self.pending.retain(|_, not_before| not_before.is_none_or(|not_before| not_before > now));
        let new = !self.pending.contains_key(&video) && self.pending.len() < MOST_PENDING;
        if new {
            self.pending.insert(video, None);
        }
        new
    }

    fn end(&mut self, video: VideoId, picture: Option<Picture>) {
        let Some(picture) = picture else {
            self.pending.insert(video, Some(Instant::now() + RETRY));
            return;
        };
        self.pending.remove(&video);
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

    fn state() -> State {
        State { pictures: LruCache::unbounded(), held: 0, pending: HashMap::new() }
    }

    fn video(number: usize) -> VideoId {
        format!("{number:011}").parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_picture_is_fetched_once_and_a_failure_waits() {
        let mut state = state();
        assert!(state.begin(video(0)) && !state.begin(video(0)));
        state.end(video(0), None);
        assert!(!state.begin(video(0)));
        tokio::time::advance(RETRY).await;
        assert!(state.begin(video(0)));
        assert_eq!((1..100).filter(|&number| state.begin(video(number))).count(), MOST_PENDING - 1);
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes() {
        let mut state = state();
        let picture =
            Picture { mime: HeaderValue::from_static("image/jpeg"), bytes: vec![0; LONGEST].into() };
        for number in 0..10 {
            state.end(video(number), Some(picture.clone()));
        }
        assert_eq!(state.held, MOST_HELD);
        assert!(state.pictures.contains(&video(9)) && !state.pictures.contains(&video(0)));
    }
}
