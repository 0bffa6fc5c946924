//! Which files MPD was given, and how much of them it keeps itself.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::song::Version;
use crate::library::VideoId;

/// Files that are told apart: more songs than MPD reads in hours.
const MOST_FILES: NonZeroUsize = NonZeroUsize::new(256).expect("not 0");

/// By song: the file from which the last request for its beginning was answered, even if it has
/// left memory since.
pub(super) struct Files(Mutex<LruCache<VideoId, File>>);

struct File {
    total: u64,
    format: String,
    /// MPD has what lies before, and keeps it until it has decoded the song to its end or turns to
    /// another one.
    kept: u64,
}

impl Files {
    pub(super) fn new() -> Self {
        Self(Mutex::new(LruCache::new(MOST_FILES)))
    }

    /// Whether a request for what begins at `start` may be answered from this file: a later part
    /// must be of the same one as the beginning, which MPD has decoded.
    pub(super) fn continues(&self, video: VideoId, start: u64, version: &Version) -> bool {
        let Version { total, format, .. } = version;
        let mut files = self.lock();
        if start == 0 {
            // That may be another partition's, which costs a wait for what MPD has itself.
            files.iter_mut().for_each(|(_, file)| file.kept = 0);
            files.put(video, File { total: *total, format: format.clone(), kept: 0 });
            return true;
        }
        files.get(&video).is_none_or(|begun| (begun.total, &begun.format) == (*total, format))
    }

    /// MPD has everything before `end`, and keeps it.
    pub(super) fn keeps(&self, video: VideoId, end: u64) {
        if let Some(file) = self.lock().peek_mut(&video) {
            file.kept = file.kept.max(end);
        }
    }

    /// Whether MPD has this part of the song, or all of it, if nobody knows which part it is.
    pub(super) fn has(&self, video: VideoId, part: Option<&Range<u64>>) -> bool {
        let files = self.lock();
        files.peek(&video).is_some_and(|file| part.map_or(file.total, |part| part.end) <= file.kept)
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<VideoId, File>> {
        // Every change is one insert, or a number.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_of_the_file_that_was_begun() {
        let files = Files::new();
        let video = "dQw4w9WgXcQ".parse().unwrap();
        let version = |total, format: &str| Version { total, mime: String::new(), format: format.into() };
        assert!(files.continues(video, 5, &version(10, "251")), "nobody knows better");
        for (start, total, format, may) in
            [(0, 10, "251", true), (5, 10, "251", true), (5, 11, "251", false), (5, 10, "140", false)]
        {
            assert_eq!(files.continues(video, start, &version(total, format)), may, "{total} {format}");
        }
        for (kept, part, has) in [(0, 0..5, false), (5, 0..5, true), (3, 2..6, false), (10, 2..6, true)] {
            files.keeps(video, kept);
            assert_eq!(
                (files.has(video, Some(&part)), files.has(video, None)),
                (has, kept == 10),
                "{part:?}"
            );
        }
        assert!(files.continues(video, 0, &version(10, "251")));
        assert!(!files.has(video, Some(&(0..1))), "it is begun anew");
        files.keeps(video, 10);
        assert!(files.continues("another0000".parse().unwrap(), 0, &version(10, "251")));
        assert!(!files.has(video, Some(&(0..1))), "MPD has turned to another one");
    }
}
