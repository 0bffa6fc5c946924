//! Songs' pictures: for clients through [`Pictures`], for MPD at `/{id}/cover.jpg`.
//!
//! In memory, behind that on disk (`shelf`), behind that at YouTube (`download`). Nobody waits for
//! YouTube: what is on neither is absent, and is fetched for the next time. The disk is waited
//! for, though not by the sessions' thread, nor for long: MPD stands still while it asks.

mod download;
mod shelf;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use lru::LruCache;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout};

use self::download::{as_jpeg, download, usual_address};
use self::shelf::Shelf;
use super::deck::Deck;
use crate::library::{Look, Picture, Pictures, VideoId};

/// All pictures in memory together: some hundreds of YouTube's thumbnails.
const MOST_HELD: usize = 8 * 1024 * 1024;
/// All pictures on disk together: some thousands.
const MOST_KEPT: u64 = 64 * 1024 * 1024;
/// Pictures fetched at once.
const AT_ONCE: usize = 2;
/// Pictures read from or written to disk at once: on a disk that hangs, so many threads do.
const FILES_AT_ONCE: usize = 4;
/// Pictures fetched or waiting to be; more are left for another time.
const MOST_PENDING: usize = 64;
/// Pictures that could not be had; of more, the oldest are tried again too soon.
const MOST_FAILED: NonZeroUsize = NonZeroUsize::new(1024).expect("not 0");
/// Songs of the queue whose pictures are fetched ahead of time.
const MOST_FOLLOWED: usize = 64;
/// A picture that could not be had is not asked for again before this.
const RETRY: Duration = Duration::from_secs(60);
/// A thumbnail that takes longer is not worth a connection.
const DEADLINE: Duration = Duration::from_secs(20);
/// MPD stands still while it waits for a picture.
const PATIENCE: Duration = Duration::from_millis(200);

/// The pictures.
pub(super) struct Covers {
    deck: Arc<Deck>,
    state: Mutex<State>,
    shelf: Arc<Shelf>,
    turns: Semaphore,
    files: Arc<Semaphore>,
    /// The songs whose pictures are to be there; `keep` holds the other end.
    followed: watch::Sender<Vec<VideoId>>,
}

struct State {
    pictures: LruCache<VideoId, Picture>,
    held: usize,
    /// Being fetched.
    pending: HashSet<VideoId>,
    /// Could not be had, and when.
    failed: LruCache<VideoId, Instant>,
}

/// What sessions and the player hold.
pub(super) struct Gallery(pub(super) Arc<Covers>);

impl Pictures for Gallery {
    fn look(&self, video: VideoId) -> Look {
        self.0.look(video)
    }

    fn want(&self, video: VideoId) {
        self.0.want(video);
    }

    fn read(&self, video: VideoId) -> Pin<Box<dyn Future<Output = Option<Picture>> + Send>> {
        Box::pin(Arc::clone(&self.0).find(video))
    }

    fn follow(&self, mut videos: Vec<VideoId>) {
        videos.truncate(MOST_FOLLOWED);
        self.0.followed.send_replace(videos);
    }
}

impl Covers {
    /// The pictures, on disk in `folder`. Work in the background runs on the current runtime.
    pub(super) fn new(deck: Arc<Deck>, folder: PathBuf) -> Arc<Self> {
        let (followed, list) = watch::channel(Vec::new());
        let covers = Arc::new(Self {
            deck,
            state: Mutex::new(State::new()),
            shelf: Arc::new(Shelf::new(folder, MOST_KEPT)),
            turns: Semaphore::new(AT_ONCE),
            files: Arc::new(Semaphore::new(FILES_AT_ONCE)),
            followed,
        });
        covers.spawn(Arc::clone(&covers).keep(list));
        covers
    }

    /// The picture if it is in memory or on disk; else 404, and it is fetched.
    pub(super) async fn answer(self: Arc<Self>, video: VideoId) -> Response {
        match timeout(PATIENCE, Arc::clone(&self).find(video)).await {
            Ok(Some(Picture { kind, bytes })) => {
                ([(CONTENT_TYPE, String::from(kind))], bytes).into_response()
            }
            Ok(None) | Err(_) => {
                self.want(video);
                StatusCode::NOT_FOUND.into_response()
            }
        }
    }

    fn look(&self, video: VideoId) -> Look {
        let found = self.lock().pictures.get(&video).cloned();
        match found {
            Some(picture) => Look::There(picture),
            None if self.shelf.may_have(video) => Look::OnDisk,
            None => Look::Absent,
        }
    }

    /// The picture from memory or from disk.
    async fn find(self: Arc<Self>, video: VideoId) -> Option<Picture> {
        match self.look(video) {
            Look::There(picture) => Some(picture),
            Look::Absent => None,
            Look::OnDisk => {
                let read = self.on_disk(move |shelf| shelf.read(video)).await.flatten();
                if let Some(picture) = &read {
                    self.lock().hold(video, picture.clone());
                }
                read
            }
        }
    }

    /// Has the picture fetched, if it is absent and that has a point now.
    fn want(self: &Arc<Self>, video: VideoId) {
        if self.look(video) == Look::Absent && self.lock().begin(video) {
            self.spawn(Arc::clone(self).fetch(video));
        }
    }

    async fn fetch(self: Arc<Self>, video: VideoId) {
        let known = self.deck.snapshot().track(video).and_then(|track| track.thumbnail.clone());
        let url = known.map_or_else(|| usual_address(video), |url| as_jpeg(&url));
        let download = async {
            let _turn = self.turns.acquire().await.ok()?;
            timeout(DEADLINE, download(self.deck.clients.plain(), &url)).await.ok()?
        };
        let picture = download.await;
        self.lock().end(video, picture.clone());
        let Some(picture) = picture else {
            return tracing::debug!(%video, "no picture for a song");
        };
        let written = self.on_disk(move |shelf| shelf.write(video, &picture)).await;
        if let Some(Err(error)) = written {
            tracing::debug!(%video, %error, "a picture cannot be kept on disk: is the state folder writable?");
        }
    }

    /// Keeps the pictures of the followed songs at hand, one after the other: nobody waits.
    async fn keep(self: Arc<Self>, mut followed: watch::Receiver<Vec<VideoId>>) {
        self.on_disk(Shelf::open).await;
        while followed.changed().await.is_ok() {
            let videos = followed.borrow_and_update().clone();
            for video in videos {
                if followed.has_changed().unwrap_or(true) {
                    break;
                }
                if self.is_missing(video) && self.lock().begin(video) {
                    Arc::clone(&self).fetch(video).await;
                }
            }
        }
    }

    /// Whether there is a picture that could be here. One that nobody has named may not exist: it
    /// is for those who ask to find out.
    fn is_missing(&self, video: VideoId) -> bool {
        let named = self.deck.snapshot().track(video).is_some_and(|track| track.thumbnail.is_some());
        named && !self.lock().pictures.contains(&video) && !self.shelf.may_have(video)
    }

    /// Runs `work` where it may wait for the disk. `None` when we end.
    async fn on_disk<T: Send + 'static>(&self, work: impl FnOnce(&Shelf) -> T + Send + 'static) -> Option<T> {
        let turn = Arc::clone(&self.files).acquire_owned().await.ok()?;
        let shelf = Arc::clone(&self.shelf);
        let worked = self.deck.runtime.spawn_blocking(move || {
            let _turn = turn;
            work(&shelf)
        });
        worked.await.ok()
    }

    /// In the background, until the relay stops.
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.deck.stop.clone();
        let until_stopped = async move {
            stop.run_until_cancelled(work).await;
        };
        self.deck.tasks.spawn_on(until_stopped, &self.deck.runtime);
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
        match picture {
            Some(picture) => self.hold(video, picture),
            None => drop(self.failed.put(video, Instant::now())),
        }
    }

    fn hold(&mut self, video: VideoId, picture: Picture) {
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
        let picture = Picture { kind: "image/jpeg".into(), bytes: vec![0; Picture::LONGEST].into() };
        for number in 0..10 {
            state.end(video(number), Some(picture.clone()));
        }
        assert_eq!(state.held, MOST_HELD);
        assert!(state.pictures.contains(&video(9)) && !state.pictures.contains(&video(0)));
    }
}
