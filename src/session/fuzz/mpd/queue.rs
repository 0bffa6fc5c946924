//! The small MPD's queue and player.

use super::commands::{Outcome, fail, number, rows};
use super::{Kind, Mpd, Song};
use crate::library::{Track, uri};
use crate::session::answer::{self, TagMask};

impl Mpd<'_> {
    pub(super) fn status(&mut self) {
        let position = self.position();
        let mut status = format!(
            "consume: {}\nstate: {}\n",
            u8::from(self.consume),
            if self.playing { "play\naudio: 48000:f:2\nelapsed: 0.000\nduration: 600.000" } else { "stop" }
        );
        let mut tell = |names: (&str, &str), at: Option<usize>| {
            if let Some((at, song)) = at.and_then(|at| Some((at, self.queue.get(at)?))) {
                status.push_str(&format!("{}: {at}\n{}: {}\n", names.0, names.1, song.id));
            }
        };
        tell(("song", "songid"), position);
        tell(("nextsong", "nextsongid"), position.filter(|_| self.playing).map(|at| at + 1));
        self.say(status);
        let list = uri::playlist_in(&self.loaded).and_then(|id| self.snapshot.playlist(&id));
        let loaded = match list {
            Some(list) if self.kind == Kind::Native => list.name.as_bytes(),
            _ => &self.loaded,
        };
        answer::line(b"lastloadedplaylist", loaded, &mut self.output);
    }

    pub(super) fn songs(&mut self, wanted: impl Fn(&Self, &Song) -> bool) {
        let mut out = Vec::new();
        for (at, song) in self.queue.iter().enumerate().filter(|(_, song)| wanted(self, song)) {
            self.song(&song.uri, Some(song.from_pls), &mut out);
            out.extend_from_slice(format!("Pos: {at}\nId: {}\n", song.id).as_bytes());
        }
        self.say(out);
    }

    /// `from_pls` is there for songs of the queue.
    pub(super) fn song(&self, uri: &[u8], from_pls: Option<bool>, out: &mut Vec<u8>) {
        answer::line(b"file", uri, out);
        match (self.track(uri), self.kind) {
            (None, _) if self.mask.title => answer::line(b"Title", b"T", out),
            (None, _) => {}
            (Some(track), Kind::Native) => {
                // A stream's name, which only who sees no title is shown.
                if from_pls == Some(false) && !self.mask.title {
                    answer::line(b"Name", b"N", out);
                }
                answer::tags_and_time(track, self.mask, track.duration, out);
            }
            (Some(track), Kind::Plain) if from_pls == Some(true) => titled(track, self.mask.title, out),
            (Some(_), Kind::Plain) if from_pls.is_some() => answer::line(b"Name", b"N", out),
            (Some(_), Kind::Plain) => {}
        }
    }

    pub(super) fn playlistinfo(&mut self, at: Option<&[u8]>) -> Outcome {
        let rows = rows(at)?;
        if rows.start > self.queue.len() {
            return fail(2, "Bad song index");
        }
        let ids = self.queue.get(rows.start..rows.end.min(self.queue.len())).unwrap_or_default();
        let ids: Vec<usize> = ids.iter().map(|song| song.id).collect();
        self.songs(|_, song| ids.contains(&song.id));
        Ok(())
    }

    pub(super) fn playlistid(&mut self, id: Option<&[u8]>) -> Outcome {
        let id = id.map(number).transpose()?;
        if id.is_some() && !self.queue.iter().any(|song| Some(song.id) == id) {
            return fail(50, "No such song");
        }
        self.songs(|_, song| id.is_none_or(|id| song.id == id));
        Ok(())
    }

    pub(super) fn add(&mut self, uri: &[u8], from_pls: bool) {
        self.queue.push(Song { id: self.next_id, uri: uri.to_vec(), from_pls });
        self.next_id += 1;
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
        (self.current, self.playing) = (None, false);
    }

    fn position(&self) -> Option<usize> {
        self.queue.iter().position(|song| Some(song.id) == self.current)
    }

    /// `next` and `previous`, which do nothing unless it plays.
    pub(super) fn step(&mut self, verb: &[u8]) {
        let Some(at) = self.position().filter(|_| self.playing) else { return };
        let target = if verb == b"next" { at + 1 } else { at.saturating_sub(1) };
        self.current = self.queue.get(target).map(|song| song.id);
        self.playing = self.current.is_some();
        if self.consume && verb == b"next" {
            self.queue.remove(at);
        }
    }

    pub(super) fn play(&mut self, verb: &[u8], first: Option<&[u8]>, time: Option<&[u8]>) -> Outcome {
        if let Some(time) = time {
            let seconds = std::str::from_utf8(time).ok().and_then(|time| time.parse::<f64>().ok());
            if !seconds.is_some_and(|seconds| seconds >= 0.0) {
                return fail(2, [b"Float expected: ", time].concat());
            }
        }
        let song = match first {
            None | Some(b"-1") => self.position().map_or(self.queue.first(), |at| self.queue.get(at)),
            Some(id) if verb.ends_with(b"id") => {
                let id = number(id)?;
                let Some(song) = self.queue.iter().find(|song| song.id == id) else {
                    return fail(50, "No such song");
                };
                Some(song)
            }
            Some(at) => {
                let Some(song) = self.queue.get(number(at)?) else { return fail(2, "Bad song index") };
                Some(song)
            }
        };
        if let Some(song) = song {
            (self.current, self.playing) = (Some(song.id), true);
        }
        Ok(())
    }

    pub(super) fn deleteid(&mut self, id: &[u8]) -> Outcome {
        let id = number(id)?;
        let Some(at) = self.queue.iter().position(|song| song.id == id) else {
            return fail(50, "No such song");
        };
        self.queue.remove(at);
        if self.current == Some(id) {
            (self.current, self.playing) = (None, false);
        }
        Ok(())
    }
}

/// As a `.pls` has it.
fn titled(track: &Track, title: bool, out: &mut Vec<u8>) {
    answer::tags_and_time(track, TagMask { title, ..TagMask::NONE }, track.duration, out);
}
