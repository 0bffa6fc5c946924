//! A compact mirror of one partition's queue: which songs are there, and what they lack. No I/O.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use mpd_client::protocol::response::Frame;

use super::status::{Playback, Status};
use super::tags::{Batch, Kinds, Line};
use crate::library::{Snapshot, VideoId, uri};

/// How many positions are listed at once. A full queue in one answer (16384 songs, 700 bytes and
/// more each) would be above the 8 MiB at which MPD closes a connection
/// (`max_output_buffer_size`), and would keep it from all else meanwhile.
pub(super) const WINDOW: usize = 1024;

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

/// The queue, as of some version of it.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// `None` until it was listed.
    version: Option<u32>,
    songs: Vec<Song>,
    /// The kinds of tags that songs were already sent, by song id. With `metadata_to_use` MPD
    /// takes and forgets tags, and the song would lack them for ever.
    tried: HashMap<u32, Kinds>,
    loaded: Option<Run>,
}

/// Songs that were added one behind the other.
#[derive(Debug, Clone, Copy)]
struct Run {
    first: u32,
    last: u32,
}

impl Queue {
    /// Whether something changed since the last [`update`](Self::update).
    pub(super) fn is_behind(&self, status: &Status) -> bool {
        self.version != Some(status.version)
    }

    /// The version to ask `plchanges` for: everything is newer than version 0.
    pub(super) fn version(&self) -> u32 {
        self.version.unwrap_or_default()
    }

    /// Takes over what `plchanges` said after `status`. What changed between the two is newer than
    /// `status.version`, so MPD says it again the next time.
    pub(super) fn update(&mut self, status: &Status, changed: &[Placed]) {
        let before: HashSet<u32> = self.songs.iter().map(|song| song.id).collect();
        self.songs.truncate(status.length);
        for &(position, song) in changed.iter().filter(|(position, _)| *position < status.length) {
            if let Some(place) = self.songs.get_mut(position) {
                *place = song;
            } else if position == self.songs.len() {
                self.songs.push(song);
            } else {
                // A gap: the queue shrank and grew between two windows. It will be said again.
                continue;
            }
            if self.version.is_some() && song.video.is_some() && !before.contains(&song.id) {
                self.note_loaded(position, song.id);
            }
        }
        let now: HashSet<u32> = self.songs.iter().map(|song| song.id).collect();
        self.tried.retain(|id, _| now.contains(id));
        self.version = Some(status.version);
    }

    /// The next songs that lack tags that `library` knows, as lines to send; empty when there are
    /// none left. No song is given out twice for the same tags.
    pub(super) fn next_tags(&mut self, library: &Snapshot) -> Vec<Line> {
        let mut batch = Batch::default();
        for song in self.songs.iter().filter(|song| song.lacks != Kinds::NONE) {
            if !batch.has_room() {
                break;
            }
            let Some(track) = song.video.and_then(|video| library.track(video)) else {
                continue;
            };
            let tried = self.tried.get(&song.id).copied().unwrap_or_default();
            let added = batch.add(song.id, song.lacks & !tried, track);
            if added != Kinds::NONE {
                self.tried.insert(song.id, tried | added);
            }
        }
        batch.into_lines()
    }

    /// These lines were not sent after all.
    pub(super) fn put_back(&mut self, lines: &[Line]) {
        for line in lines {
            if let Some(tried) = self.tried.get_mut(&line.song) {
                *tried = *tried & !line.kind();
            }
        }
    }

    /// The song at a position.
    pub(super) fn song(&self, position: usize) -> Option<&Song> {
        self.songs.get(position)
    }

    /// Where the first song is of those that were added to the queue most recently, if it is
    /// still there. Not of those that were there from the start.
    pub(super) fn last_load(&self) -> Option<usize> {
        let run = self.loaded?;
        self.songs.iter().position(|song| song.id == run.first)
    }

    /// Forgets where the last load began once that song plays: it need not be got ready any more.
    pub(super) fn forget_load_if_playing(&mut self, status: &Status) {
        if status.playback == Playback::Playing && self.last_load().is_some_and(|at| status.song == Some(at))
        {
            self.loaded = None;
        }
    }

    /// A long load comes in pieces: what follows the last piece belongs to the same.
    fn note_loaded(&mut self, position: usize, id: u32) {
        let previous = position.checked_sub(1).and_then(|position| self.songs.get(position));
        self.loaded = match self.loaded {
            Some(run) if previous.is_some_and(|song| song.id == run.last) => Some(Run { last: id, ..run }),
            _ => Some(Run { first: id, last: id }),
        };
    }
}

/// The parts of the queue to ask for, one after the other.
pub(super) fn windows(length: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length).step_by(WINDOW).map(|start| start..start.saturating_add(WINDOW))
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
    use super::*;

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
        queue.update(&Status { version: 2, length: ids.len(), ..Status::default() }, &songs);
        queue
    }

    fn ids(queue: &Queue) -> Vec<u32> {
        queue.songs.iter().map(|song| song.id).collect()
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
            queue.update(&Status { version: 3, length, ..Status::default() }, changed);
            assert_eq!(ids(&queue), after, "{what}");
        }
    }

    #[test]
    fn it_is_behind_when_the_version_differs() {
        let mut queue = Queue::default();
        let mut status = Status { version: 0, ..Status::default() };
        assert!(queue.is_behind(&status));
        queue.update(&status, &[]);
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
            ("more of it", 5, &[(4, relay(5))], Some(2)),
            ("a local song", 6, &[(5, local(6))], Some(2)),
            ("behind a local song", 7, &[(6, relay(7))], Some(6)),
            ("moved", 7, &[(0, relay(7)), (6, relay(1))], Some(0)),
            ("gone", 1, &[(0, relay(2))], None),
        ];
        for (version, (what, length, changed, at)) in (3..).zip(steps) {
            queue.update(&Status { version, length, ..Status::default() }, changed);
            assert_eq!(queue.last_load(), at, "{what}");
        }
    }

    #[test]
    fn windows_cover_the_queue() {
        for (length, count) in [(0, 0), (1, 1), (WINDOW, 1), (WINDOW + 1, 2), (16_384, 16)] {
            assert_eq!(windows(length).count(), count);
        }
        assert_eq!(windows(WINDOW + 1).last(), Some(WINDOW..2 * WINDOW));
    }
}
