//! The small MPD's stored playlists, and the virtual ones where it has them itself.

use super::commands::{Failure, Outcome, fail, rows};
use super::{Kind, Mpd};
use crate::library::uri;
use crate::proto::Range;
use crate::session::answer;
use crate::session::fuzz::world::BASE_URL;

/// What a stored playlist of MPD's own holds, whatever its name.
const STORED: [&[u8]; 2] = [b"a.ogg", b"http://r/slow0000001/audio"];

impl Mpd<'_> {
    pub(super) fn playlists(&mut self) {
        for name in &self.stored {
            answer::line(b"playlist", name, &mut self.output);
            answer::line(b"Last-Modified", b"then", &mut self.output);
        }
        if self.kind == Kind::Native {
            answer::playlists(self.snapshot, &mut self.output);
        }
    }

    pub(super) fn root(&mut self) {
        self.say("directory: d\n");
        if !self.hides_playlists {
            self.playlists();
        }
    }

    pub(super) fn list_stored(&mut self, verb: &[u8], name: &[u8], second: Option<&[u8]>) -> Outcome {
        let rows = if verb.starts_with(b"list") { rows(second)? } else { Range::ALL };
        let mut out = Vec::new();
        let searchable = || {
            let mut lists = self.snapshot.virtuals().iter();
            lists.find(|list| uri::searchable_uri(BASE_URL, &list.playlist.id).as_bytes() == name)
        };
        if let Some(list) = self.own(name).or_else(|| searchable().filter(|_| verb == b"searchplaylist")) {
            let entries = &list.playlist.entries;
            let listed = entries.get(rows.start..rows.end.min(entries.len())).unwrap_or_default();
            for track in listed.iter().map(|entry| &*entry.track) {
                let uri = uri::audio_uri(BASE_URL, track.id);
                match verb {
                    b"listplaylist" => answer::line(b"file", uri.as_bytes(), &mut out),
                    b"playlistlength" => {}
                    _ if self.kind == Kind::Native => self.song(uri.as_bytes(), None, &mut out),
                    _ => {
                        answer::line(b"file", uri.as_bytes(), &mut out);
                        answer::tags(track, self.mask, &mut out);
                    }
                }
            }
            if verb == b"playlistlength" {
                let seconds: u64 =
                    entries.iter().filter_map(|entry| entry.track.duration).map(|d| d.as_secs()).sum();
                out = format!("songs: {}\nplaytime: {seconds}\n", entries.len()).into_bytes();
            }
        } else if self.stored.contains(name) {
            let listed = STORED.get(rows.start..rows.end.min(STORED.len())).unwrap_or_default();
            for uri in listed {
                match verb {
                    b"listplaylist" => answer::line(b"file", uri, &mut out),
                    _ => self.song(uri, None, &mut out),
                }
            }
        } else {
            return no_playlist();
        }
        self.say(out);
        Ok(())
    }

    pub(super) fn load(&mut self, name: &[u8], second: Option<&[u8]>) -> Outcome {
        let rows = rows(second)?;
        let at_relay = uri::playlist_in(name).filter(|_| name.starts_with(BASE_URL.as_bytes()));
        let at_relay = at_relay.and_then(|id| self.snapshot.playlist(&id));
        if let Some(list) = self.own(name).or(at_relay) {
            let entries = &list.playlist.entries;
            for entry in entries.get(rows.start..rows.end.min(entries.len())).unwrap_or_default() {
                self.add(uri::audio_uri(BASE_URL, entry.track.id).as_bytes(), true);
            }
            self.loaded = uri::playlist_uri(BASE_URL, &list.playlist.id).into_bytes();
        } else if self.stored.contains(name) {
            for uri in STORED.get(rows.start..rows.end.min(STORED.len())).unwrap_or_default() {
                self.add(uri, false);
            }
            self.loaded = name.to_vec();
        } else {
            return no_playlist();
        }
        Ok(())
    }

    /// Commands that change a stored playlist of this name.
    pub(super) fn change_stored(&mut self, verb: &[u8], name: &[u8], second: Option<&[u8]>) -> Outcome {
        let other = second.unwrap_or_default();
        if let (b"save", Some(mode)) = (verb, second)
            && !matches!(mode, b"create" | b"append" | b"replace")
        {
            return fail(2, "Unrecognized save mode");
        }
        if let Some(list) = self.own(name) {
            if verb == b"save" && matches!(second, None | Some(b"create")) {
                return fail(56, "Playlist already exists");
            }
            return fail(4, format!("\"{}\" is a YouTube playlist and read-only here", list.name));
        }
        if verb == b"rename" && self.own(other).is_some() {
            return fail(56, "Playlist exists already");
        }
        if name.is_empty() {
            return fail(2, "Bad playlist name");
        }
        let there = self.stored.contains(name);
        match verb {
            b"save" if there && matches!(second, None | Some(b"create")) => {
                return fail(56, "Playlist already exists");
            }
            b"save" | b"playlistadd" | b"playlistclear" | b"searchaddpl" => {
                self.stored.insert(name.to_vec());
            }
            _ if !there => return no_playlist(),
            b"rename" if self.stored.contains(other) => {
                return fail(56, "Playlist exists already");
            }
            b"rename" => {
                self.stored.remove(name);
                self.stored.insert(other.to_vec());
            }
            b"rm" => drop(self.stored.remove(name)),
            _ => {}
        }
        Ok(())
    }
}

fn no_playlist<T>() -> Result<T, Failure> {
    fail(50, "No such playlist")
}
