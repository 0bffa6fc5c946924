//! A compact mirror of one partition's queue: which songs are there, and what they lack. No I/O.
//!
//! `status` tells the queue's version, `plchangesposid V` the place and the id of every song that
//! has come, moved or got other tags since version V, in some 20 bytes, and `plchanges V` its
//! address and tags as well, in 150 and more: that is not asked for what has only moved.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use mpd_client::protocol::response::Frame;

use super::status::{Playback, Status};
use super::tags::{Batch, Kinds, Line};
use crate::library::{Snapshot, VideoId, uri};

/// How many positions are listed at once. A full queue in one answer (16384 songs, 700 bytes and
/// more each) would be above the 8 MiB at which MPD closes a connection
/// (`max_output_buffer_size`), and would keep it from all else meanwhile.
pub(super) const WINDOW: usize = 1024;

/// How many positions `plchangesposid` is asked for: 3.4 MB at most. In a queue eight times as
/// long as MPD's default allows, `plchanges` is asked for all behind them.
pub(super) const MOST_PLACES: usize = 128 * WINDOW;

/// A song in MPD's queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Song {
    /// Its id: no two songs in the queue share one, and a song keeps it when it moves.
    pub(super) id: u32,
    /// The video, if it is one of the relay's songs.
    pub(super) video: Option<VideoId>,
    /// The tags that it has not got.
    pub(super) lacks: Kinds,
}

/// A song and where it is.
pub(super) type Placed = (usize, Song);

/// A song's position and id.
pub(super) type Place = (usize, u32);

/// The queue, as of some version of it.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// `None` until it was listed.
    version: Option<u32>,
    /// The songs' ids, by position.
    order: Vec<u32>,
    /// The songs, by id.
    songs: HashMap<u32, Song>,
    /// The kinds of tags that songs were already sent, by song id. With `metadata_to_use` MPD
    /// takes and forgets tags, and the song would lack them for ever.
    tried: HashMap<u32, Kinds>,
    /// The songs that are to be looked up for tags, by id: since they, or the library, changed
    /// nobody has.
    open: BTreeSet<u32>,
    /// The id of the first song of those that were added last, in one go: MPD runs `load`, and a
    /// client's command list, without a break.
    loaded: Option<u32>,
}

impl Queue {
    /// Whether something changed since the last [`update`](Self::update).
    pub(super) fn is_behind(&self, status: &Status) -> bool {
        self.version != Some(status.version)
    }

    /// The version that it is as of; `None` until it was listed.
    pub(super) fn version(&self) -> Option<u32> {
        self.version
    }

    /// The parts of the queue to ask `plchanges` for, after `plchangesposid` said `places`, in
    /// one list with `status`.
    ///
    /// After one edit, by which MPD's version grows by one, a known song at another place has only
    /// moved: no edit both moves songs and changes their tags, or takes an id from one song and
    /// gives it to another. Several edits may do that, and then all that changed is read.
    pub(super) fn unread(&self, status: &Status, places: &[Place]) -> Vec<Range<usize>> {
        let is_one_edit = self.version.and_then(|version| version.checked_add(1)) == Some(status.version);
        let has_moved = |&(position, id): &Place| {
            is_one_edit && self.songs.contains_key(&id) && self.order.get(position) != Some(&id)
        };
        let mut unread: Vec<Range<usize>> = Vec::new();
        for (position, _) in places.iter().filter(|place| !has_moved(place)) {
            let start = position - position % WINDOW;
            if unread.last().is_none_or(|last| last.start != start) {
                unread.push(window(start));
            }
        }
        unread.extend(windows(status.length).filter(|window| window.start >= MOST_PLACES));
        unread
    }

    /// Takes over what `plchangesposid` said in one list with `status`, and `plchanges` after it.
    /// What changed between the two is newer than `status.version`, so MPD says it again the next
    /// time.
    pub(super) fn update(&mut self, status: &Status, places: &[Place], changed: &[Placed]) {
        let before = self.order.clone();
        let mut added = None;
        self.order.truncate(status.length);
        for &(position, id) in places {
            self.place(position, id);
        }
        for &(position, song) in changed.iter().filter(|(position, _)| *position < status.length) {
            if !self.place(position, song.id) {
                continue;
            }
            let was = self.songs.insert(song.id, song);
            if song.video.is_some() {
                self.open.insert(song.id);
                if was.is_none() {
                    added.get_or_insert(song.id);
                }
            }
        }
        if self.version.is_some() {
            self.loaded = added.or(self.loaded);
        }
        if !self.order.starts_with(&before) {
            self.forget_the_gone();
        }
        self.version = Some(status.version);
    }

    /// Whether it could be placed. Not behind a gap, which is there when the queue shrank and grew
    /// between two answers: it will be said again.
    fn place(&mut self, position: usize, id: u32) -> bool {
        let end = self.order.len();
        match self.order.get_mut(position) {
            Some(place) => *place = id,
            None if position == end => self.order.push(id),
            None => return false,
        }
        true
    }

    /// MPD gives the ids of songs that have left to others.
    fn forget_the_gone(&mut self) {
        let here: HashSet<u32> = self.order.iter().copied().collect();
        self.songs.retain(|id, _| here.contains(id));
        self.tried.retain(|id, _| here.contains(id));
        self.open.retain(|id| here.contains(id));
    }

    /// The library changed: it may know more of any song.
    pub(super) fn look_again(&mut self) {
        let ours = self.songs.values().filter(|song| song.video.is_some());
        self.open.extend(ours.map(|song| song.id));
    }

    /// The next songs that lack tags that `library` knows, as lines to send; empty when there are
    /// none left. No song is given out twice for the same tags, nor looked up twice in the same
    /// library.
    pub(super) fn next_tags(&mut self, library: &Snapshot) -> Vec<Line> {
        let mut batch = Batch::default();
        while batch.has_room()
            && let Some(id) = self.open.pop_first()
        {
            let Some(&Song { video: Some(video), lacks, .. }) = self.songs.get(&id) else {
                continue;
            };
            let tried = self.tried.get(&id).copied().unwrap_or_default();
            let wanted = lacks & !tried;
            if wanted == Kinds::NONE {
                continue;
            }
            // A placeholder's title would stay for ever.
            let Some(track) = library.track(video).filter(|track| !track.is_placeholder()) else {
                continue;
            };
            let added = batch.add(id, wanted, track);
            if added != Kinds::NONE {
                self.tried.insert(id, tried | added);
            }
        }
        batch.into_lines()
    }

    /// These lines were not sent after all.
    pub(super) fn put_back(&mut self, lines: &[Line]) {
        for line in lines {
            if let Some(tried) = self.tried.get_mut(&line.song) {
                *tried = *tried & !line.kind();
                self.open.insert(line.song);
            }
        }
    }

    /// The song at a position.
    pub(super) fn song(&self, position: usize) -> Option<&Song> {
        self.songs.get(self.order.get(position)?)
    }

    /// Where the first song is of those that were added to the queue most recently, if it is
    /// still there. Not of those that were there from the start.
    pub(super) fn last_load(&self) -> Option<usize> {
        let first = self.loaded?;
        self.order.iter().position(|&id| id == first)
    }

    /// Forgets where the last load began once that song plays: it need not be got ready any more.
    pub(super) fn forget_load_if_playing(&mut self, status: &Status) {
        let current = status.song.and_then(|at| self.order.get(at).copied());
        if status.playback == Playback::Playing && current.is_some() && current == self.loaded {
            self.loaded = None;
        }
    }
}

/// The parts of the queue to ask for, one after the other.
pub(super) fn windows(length: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length).step_by(WINDOW).map(window)
}

fn window(start: usize) -> Range<usize> {
    start..start.saturating_add(WINDOW)
}

/// What `plchangesposid` says: pairs of `cpos:` and `Id:`.
pub(super) fn places(answer: &Frame) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let mut position = 0;
    for (key, value) in answer {
        match key {
            "cpos" => position = value.parse().unwrap_or_default(),
            "Id" => places.push((position, value.parse().unwrap_or_default())),
            _ => {}
        }
    }
    places
}

/// The songs of an answer: each begins with `file:`.
pub(super) fn songs(answer: &Frame) -> Vec<Placed> {
    let mut songs: Vec<Placed> = Vec::new();
    for (key, value) in answer {
        if key == "file" {
            let video = uri::video_in(value.as_bytes());
            songs.push((0, Song { id: 0, video, lacks: Kinds::ALL }));
            continue;
        }
        let Some((position, song)) = songs.last_mut() else {
            continue;
        };
        match key {
            "Pos" => *position = value.parse().unwrap_or_default(),
            "Id" => song.id = value.parse().unwrap_or_default(),
            tag => song.lacks = song.lacks & !Kinds::of(tag),
        }
    }
    songs
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mpd_client::protocol::AsyncConnection;
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::library::{Library, Track};

    const VIDEO: &str = "dQw4w9WgXcQ";

    fn relay(id: u32) -> Song {
        Song { id, video: VIDEO.parse().ok(), lacks: Kinds::ALL }
    }

    fn local(id: u32) -> Song {
        Song { id, video: None, lacks: Kinds::NONE }
    }

    fn queue(ids: &[u32]) -> Queue {
        let mut queue = Queue::default();
        let songs: Vec<Placed> = ids.iter().map(|&id| relay(id)).enumerate().collect();
        queue.update(&Status { version: 2, length: ids.len(), ..Status::default() }, &[], &songs);
        queue
    }

    fn ids(queue: &Queue) -> Vec<u32> {
        queue.order.clone()
    }

    #[test]
    fn it_follows_the_changes() {
        for (what, length, changed, after) in [
            ("nothing", 3, &[][..], &[1, 2, 3][..]),
            ("appended", 5, &[(3, relay(4)), (4, relay(5))], &[1, 2, 3, 4, 5]),
            ("inserted", 4, &[(1, relay(4)), (2, relay(2)), (3, relay(3))], &[1, 4, 2, 3]),
            ("deleted", 2, &[(1, relay(3))], &[1, 3]),
            ("cleared", 0, &[], &[]),
            ("appended after status", 3, &[(3, relay(4))], &[1, 2, 3]),
            ("a gap", 9, &[(3, relay(4)), (8, relay(9))], &[1, 2, 3, 4]),
        ] {
            let mut queue = queue(&[1, 2, 3]);
            queue.update(&Status { version: 3, length, ..Status::default() }, &[], changed);
            assert_eq!(ids(&queue), after, "{what}");
        }
    }

    #[test]
    fn it_is_behind_when_the_version_differs() {
        let mut queue = Queue::default();
        let mut status = Status { version: 0, ..Status::default() };
        assert!(queue.is_behind(&status));
        queue.update(&status, &[], &[]);
        assert!(!queue.is_behind(&status));
        status.version = 1;
        assert!(queue.is_behind(&status));
    }

    #[test]
    fn the_last_load_is_where_it_began() {
        let mut queue = queue(&[1, 2]);
        assert_eq!(queue.last_load(), None, "what was there from the start");
        let steps: [(&str, usize, &[Placed], Option<usize>); 6] = [
            ("a load", 4, &[(2, relay(3)), (3, relay(4))], Some(2)),
            ("another load", 5, &[(4, relay(5))], Some(4)),
            ("a local song", 6, &[(5, local(6))], Some(4)),
            ("a load in front", 7, &[(0, relay(7)), (1, relay(1))], Some(0)),
            ("moved", 7, &[(0, relay(1)), (6, relay(7))], Some(6)),
            ("gone", 1, &[], None),
        ];
        for (version, (what, length, changed, at)) in (3..).zip(steps) {
            queue.update(&Status { version, length, ..Status::default() }, &[], changed);
            assert_eq!(queue.last_load(), at, "{what}");
        }
    }

    fn library() -> Arc<Snapshot> {
        let track = Track {
            id: VIDEO.parse().unwrap(),
            title: "T".into(),
            artists: ["A".into()].into(),
            album: None,
            duration: None,
            thumbnail: None,
        };
        Library::new("", Vec::new(), vec![Arc::new(track)]).snapshot()
    }

    #[test]
    fn no_tag_is_given_out_twice() {
        let library = library();
        let mut queue = queue(&[1, 2]);
        assert_eq!(queue.next_tags(&Snapshot::default()), [], "nothing is known yet");
        assert_eq!(queue.next_tags(&library), [], "nobody said that the library changed");
        queue.look_again();
        let lines = queue.next_tags(&library);
        assert_eq!(lines.iter().map(|line| line.song).collect::<Vec<_>>(), [1, 1, 2, 2]);
        assert_eq!(queue.next_tags(&library), []);
        queue.put_back(&lines[2..]);
        assert_eq!(queue.next_tags(&library), lines[2..]);
        for (version, what, length, changed, again) in [
            (3, "MPD did not keep them", 2, &[(0, relay(1)), (1, relay(2))][..], &[][..]),
            (4, "gone", 1, &[], &[]),
            (5, "MPD gives the id again, long after the song has left", 2, &[(1, relay(2))], &lines[2..]),
        ] {
            queue.update(&Status { version, length, ..Status::default() }, &[], changed);
            assert_eq!(queue.next_tags(&library), again, "{what}");
        }
    }

    /// What is read after an edit of a queue of 1 to 2049, at version 2. An id behind them is unknown.
    #[test]
    fn what_only_moved_is_not_read() {
        let all: Vec<u32> = (1..=2049).collect();
        let queue = queue(&all);
        let at = |ids: &[u32], from: usize| -> Vec<Place> { (from..).zip(ids.iter().copied()).collect() };
        let (first, second, third) = (0..WINDOW, WINDOW..2 * WINDOW, 2 * WINDOW..3 * WINDOW);
        for (what, version, length, places, unread) in [
            ("the first one deleted", 3, 2048, at(&all[1..], 0), vec![]),
            ("the last one deleted", 3, 2048, vec![], vec![]),
            ("moved", 3, 2049, at(&[2, 3, 1], 0), vec![]),
            ("inserted", 3, 2050, at(&all, 1).into_iter().chain([(0, 5000)]).collect(), vec![first.clone()]),
            ("appended", 3, 2050, at(&[5000], 2049), vec![third.clone()]),
            ("tagged", 3, 2049, at(&[1025], 1024), vec![second.clone()]),
            ("the first one deleted, and maybe tags", 4, 2048, at(&all[1..], 0), vec![first.clone(), second]),
            ("appended and tagged", 6, 2050, at(&[5000], 2049), vec![third.clone()]),
            ("MPD began anew", 1, 3, at(&[1, 2, 3], 0), vec![first]),
            ("a very long queue", 3, MOST_PLACES + 1, vec![], vec![window(MOST_PLACES)]),
        ] {
            let status = Status { version, length, ..Status::default() };
            assert_eq!(queue.unread(&status, &places), unread, "{what}");
        }
    }

    #[test]
    fn songs_that_moved_stay_what_they_were() {
        let mut queue = queue(&[1, 2, 3]);
        let tagged = Song { lacks: !Kinds::TITLE, ..relay(3) };
        queue.update(&Status { version: 3, length: 3, ..Status::default() }, &[(2, 3)], &[(2, tagged)]);
        // One went from the front, and one came behind while the answers came.
        let status = Status { version: 4, length: 2, ..Status::default() };
        queue.update(&status, &[(0, 2), (1, 3)], &[(1, relay(9))]);
        assert_eq!((ids(&queue), queue.song(0)), (vec![2, 9], Some(&relay(2))));
    }

    #[tokio::test]
    async fn an_answer_is_read_song_by_song() {
        let answer = format!(
            "file: http://h/{VIDEO}/audio\nName: N\nTime: 3\nPos: 7\nId: 9\n\
             file: local.flac\nTitle: T\nArtist: A\nArtist: B\nAlbum: L\nPos: 8\nId: 3\n\
             file: http://h/{VIDEO}/audio\nTitle: T\nPos: 9\nId: 4\nPrio: 5\nOK\n"
        );
        let stream = b"OK MPD 0.23.5\n".chain(answer.as_bytes());
        let mut mpd = AsyncConnection::connect(stream).await.unwrap();
        let frame = mpd.receive().await.unwrap().unwrap().into_single_frame().unwrap();
        let titled = Song { lacks: !Kinds::TITLE, ..relay(4) };
        assert_eq!(songs(&frame), [(7, relay(9)), (8, local(3)), (9, titled)]);
    }

    #[test]
    fn windows_cover_the_queue() {
        for (length, count) in [(0, 0), (1, 1), (WINDOW, 1), (WINDOW + 1, 2), (16_384, 16)] {
            assert_eq!(windows(length).count(), count);
        }
        assert_eq!(windows(WINDOW + 1).last(), Some(WINDOW..2 * WINDOW));
    }
}
