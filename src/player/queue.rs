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
    /// The id of the first song of those that were added last, in one go: MPD runs `load`, and a
    /// client's command list, without a break.
    loaded: Option<u32>,
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
        let mut added = None;
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
            if song.video.is_some() && !before.contains(&song.id) {
                added.get_or_insert(song.id);
            }
        }
        if self.version.is_some() {
            self.loaded = added.or(self.loaded);
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
            let track = song.video.and_then(|video| library.track(video));
            // A placeholder's title would stay for ever.
            let Some(track) = track.filter(|track| !track.is_placeholder()) else {
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
        let first = self.loaded?;
        self.songs.iter().position(|song| song.id == first)
    }

    /// Forgets where the last load began once that song plays: it need not be got ready any more.
    pub(super) fn forget_load_if_playing(&mut self, status: &Status) {
        if status.playback == Playback::Playing && self.last_load().is_some_and(|at| status.song == Some(at))
        {
            self.loaded = None;
        }
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
            ("another load", 5, &[(4, relay(5))], Some(4)),
            ("a local song", 6, &[(5, local(6))], Some(4)),
            ("a load in front", 7, &[(0, relay(7)), (1, relay(1))], Some(0)),
            ("moved", 7, &[(0, relay(1)), (6, relay(7))], Some(6)),
            ("gone", 1, &[], None),
        ];
        for (version, (what, length, changed, at)) in (3..).zip(steps) {
            queue.update(&Status { version, length, ..Status::default() }, changed);
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
        let lines = queue.next_tags(&library);
        assert_eq!(lines.iter().map(|line| line.song).collect::<Vec<_>>(), [1, 1, 2, 2]);
        assert_eq!(queue.next_tags(&library), []);
        queue.put_back(&lines[2..]);
        assert_eq!(queue.next_tags(&library), lines[2..]);
        // MPD did not keep them.
        queue.update(&Status { version: 3, length: 2, ..Status::default() }, &[(0, relay(1)), (1, relay(2))]);
        assert_eq!(queue.next_tags(&library), []);
        // MPD gives an id again, long after the song has left.
        queue.update(&Status { version: 4, length: 1, ..Status::default() }, &[]);
        queue.update(&Status { version: 5, length: 2, ..Status::default() }, &[(1, relay(2))]);
        assert_eq!(queue.next_tags(&library), lines[2..]);
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
