//! A compact mirror of one partition's queue: which songs are there, and what they lack. No I/O.
//!
//! `status` tells the queue's version, `plchangesposid V` the place and the id of every song that
//! has come, moved or got other tags since version V, in some 20 bytes, and `plchanges V` its
//! address and tags as well, in 150 and more: that is not asked for what has only moved.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use mpd_client::protocol::response::Frame;

use super::tags::{Batch, Kinds, Line};
use crate::library::{Snapshot, VideoId, uri};
use crate::proto::{Playback, Status};

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
    /// Whether somebody edited the queue between the answers that it was last updated from: a song
    /// that it then lacks may be there, and not be new the next time.
    torn: bool,
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
        let is_elsewhere = |(position, song): &Placed| {
            *position < MOST_PLACES && self.order.get(*position).is_some_and(|id| *id != song.id)
        };
        let torn = !places.is_empty() && changed.iter().any(is_elsewhere);
        let was_torn = std::mem::replace(&mut self.torn, torn);
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
        if self.version.is_some() && !was_torn {
            self.loaded = added.or(self.loaded);
        }
        if !torn && (was_torn || !self.order.starts_with(&before)) {
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
            if wanted.is_empty() {
                continue;
            }
            // A placeholder's title would stay for ever.
            let Some(track) = library.track(video).filter(|track| !track.is_placeholder()) else {
                continue;
            };
            let added = batch.add(id, wanted, track);
            if !added.is_empty() {
                self.tried.insert(id, tried | added);
            }
        }
        batch.into_lines()
    }

    /// These lines were not sent after all.
    pub(super) fn put_back(&mut self, lines: &[Line]) {
        for line in lines {
            if let Some(tried) = self.tried.get_mut(&line.song) {
                tried.remove(line.kind());
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
            songs.push((0, Song { id: 0, video, lacks: Kinds::all() }));
            continue;
        }
        let Some((position, song)) = songs.last_mut() else {
            continue;
        };
        match key {
            "Pos" => *position = value.parse().unwrap_or_default(),
            "Id" => song.id = value.parse().unwrap_or_default(),
            tag => song.lacks.remove(Kinds::of(tag)),
        }
    }
    songs
}

#[cfg(test)]
mod tests;
