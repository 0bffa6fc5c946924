//! Which songs are most likely played next. No I/O.

use super::queue::Queue;
use crate::library::VideoId;
use crate::proto::{Playback, Status};

/// Besides the upcoming songs: the current one, the previous one, and the first of the last load.
const BESIDES: usize = 3;

/// The songs of a queue whose pictures are wanted ahead of time: a page or two of a client's list.
pub(super) const MOST_SHOWN: usize = 32;

/// The song that plays, if it is the relay's.
pub(super) fn playing(queue: &Queue, status: &Status) -> Option<VideoId> {
    let song = status.song.filter(|_| status.playback == Playback::Playing)?;
    queue.song(song)?.video
}

/// The relay's songs of `queue` that clients will most likely show, most likely first: the current
/// one, MPD's next one, and what stands behind the current one.
pub(super) fn shown(queue: &Queue, status: &Status) -> Vec<VideoId> {
    let current = status.song.unwrap_or(0);
    let positions = std::iter::once(current).chain(status.next_song);
    let mut videos = Vec::new();
    for position in positions.chain(current.saturating_add(1)..status.length).take(MOST_SHOWN) {
        if let Some(video) = queue.song(position).and_then(|song| song.video)
            && !videos.contains(&video)
        {
            videos.push(video);
        }
    }
    videos
}

/// The relay's songs that `queue` will most likely need next, most likely first: the current one
/// unless it plays, the next one, the one that plays, which may be sought in, up to `prefetch`
/// upcoming ones in all, the previous one, and the first of what was added last. At most
/// `prefetch` + 3. None at all when `prefetch` is 0: the user wants nothing ahead of time.
pub(super) fn likely(queue: &Queue, status: &Status, prefetch: usize) -> Vec<VideoId> {
    let mut videos = Vec::new();
    if prefetch == 0 {
        return videos;
    }
    // Without a current song, MPD starts at the first one.
    let current = status.song.or_else(|| in_order(status, 0));
    let waiting = current.filter(|_| status.playback != Playback::Playing);
    let previous = status.song.and_then(|song| in_order(status, song.checked_sub(1)?));
    let mut upcoming = upcoming(status, current).take(prefetch);
    let first = waiting.into_iter().chain(upcoming.next()).chain(current);
    for position in first.chain(upcoming).chain(previous).chain(queue.last_load()) {
        if let Some(video) = queue.song(position).and_then(|song| song.video)
            && !videos.contains(&video)
        {
            videos.push(video);
        }
    }
    videos
}

/// One list out of each partition's: the likeliest of all first, without repetitions, and no
/// longer than one partition's may be.
pub(super) fn merge(partitions: &[Vec<VideoId>], prefetch: usize) -> Vec<VideoId> {
    let longest = partitions.iter().map(Vec::len).max().unwrap_or_default();
    let mut merged = Vec::new();
    for rank in 0..longest {
        for &video in partitions.iter().filter_map(|videos| videos.get(rank)) {
            if !merged.contains(&video) {
                merged.push(video);
            }
        }
    }
    merged.truncate(prefetch.saturating_add(BESIDES));
    merged
}

/// The positions that follow. MPD names the next one, and behind it nobody can tell when the order
/// is random.
fn upcoming(status: &Status, current: Option<usize>) -> impl Iterator<Item = usize> {
    let after = current.and_then(|current| in_order(status, current.saturating_add(1)));
    let next = status.next_song.or(after);
    let further = next.and_then(|next| in_order(status, next.saturating_add(1)));
    next.into_iter().chain(further.into_iter().flat_map(|further| further..status.length))
}

/// `position`, unless songs are played in random order.
fn in_order(status: &Status, position: usize) -> Option<usize> {
    (!status.random).then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::player::queue::Song;
    use crate::player::tags::Kinds;

    fn video(number: usize) -> VideoId {
        format!("video-{number:05}").parse().unwrap()
    }

    /// Ten songs; those at 3 and 4 are not the relay's.
    fn ten() -> Queue {
        let song = |at| Song {
            id: u32::try_from(at).unwrap() + 1,
            video: (at != 3 && at != 4).then(|| video(at)),
            lacks: Kinds::empty(),
        };
        let mut queue = Queue::default();
        let songs: Vec<_> = (0..10).map(|at| (at, song(at))).collect();
        queue.update(&Status { version: 1, length: 8, ..Status::default() }, &[], &songs);
        queue.update(&Status { version: 2, length: 10, ..Status::default() }, &[], &songs[8..]);
        queue
    }

    #[test]
    fn the_likeliest_come_first() {
        use Playback::{Paused, Playing, Stopped};
        // Playback, current, next, random, prefetch; the last load begins at 8.
        for (playback, song, next_song, random, prefetch, expected) in [
            (Playing, Some(5), Some(6), false, 1, &[6, 5, 8][..]),
            (Playing, Some(6), Some(7), false, 1, &[7, 6, 5, 8]),
            (Playing, Some(5), Some(6), false, 2, &[6, 5, 7, 8]),
            (Paused, Some(6), Some(7), false, 1, &[6, 7, 5, 8]),
            (Stopped, Some(6), Some(7), false, 1, &[6, 7, 5, 8]),
            (Stopped, None, None, false, 1, &[0, 1, 8]),
            (Stopped, None, None, true, 1, &[8]),
            (Stopped, Some(5), None, true, 1, &[5, 8]),
            (Playing, Some(5), Some(1), true, 3, &[1, 5, 8]),
            (Playing, Some(2), Some(3), false, 1, &[2, 1, 8]),
            (Playing, Some(2), Some(3), false, 3, &[2, 5, 1, 8]),
            (Playing, Some(8), Some(9), false, 5, &[9, 8, 7]),
            (Playing, Some(9), None, false, 1, &[9, 8]),
            (Playing, Some(9), Some(0), false, 1, &[0, 9, 8]),
            (Paused, Some(6), Some(7), false, 0, &[]),
            (Playing, Some(70), Some(71), false, usize::MAX, &[8]),
        ] {
            let status =
                Status { version: 2, length: 10, playback, song, next_song, random, ..Status::default() };
            let videos: Vec<_> = expected.iter().map(|&number| video(number)).collect();
            assert_eq!(likely(&ten(), &status, prefetch), videos, "{status:?}, {prefetch}");
        }
    }

    #[test]
    fn the_songs_behind_the_current_one_are_shown() {
        for (song, next_song, length, expected) in [
            (None, None, 10, &[0, 1, 2, 5, 6, 7, 8, 9][..]),
            (Some(6), Some(7), 10, &[6, 7, 8, 9]),
            (Some(6), Some(1), 10, &[6, 1, 7, 8, 9]),
            (Some(9), None, 10, &[9]),
        ] {
            let status = Status { version: 2, length, song, next_song, ..Status::default() };
            let videos: Vec<_> = expected.iter().map(|&number| video(number)).collect();
            assert_eq!(shown(&ten(), &status), videos, "{status:?}");
        }
    }

    #[test]
    fn partitions_take_turns() {
        let [a, b, c, d] = [1, 2, 3, 4].map(video);
        for (partitions, prefetch, merged) in [
            (vec![], 1, vec![]),
            (vec![vec![a, b]], 1, vec![a, b]),
            (vec![vec![a, b], vec![c, a, d]], 1, vec![a, c, b, d]),
            (vec![vec![a, b], vec![c, d]], 0, vec![a, c, b]),
        ] {
            assert_eq!(merge(&partitions, prefetch), merged);
        }
    }
}
