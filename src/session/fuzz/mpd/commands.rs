//! What the small MPD's commands do.

use super::{Kind, May, Mpd, SUBSYSTEMS};
use crate::library::{VirtualPlaylist, uri};
use crate::proto::{NotUnsigned, Range, Request, Version, integer, range, unsigned};
use crate::session::answer;
use crate::session::fuzz::world::{BASE_URL, TwoPictures};

/// Why a command fails.
pub(super) enum Failure {
    /// There is no such command.
    Unknown,
    /// The client may not use it.
    Forbidden,
    /// A code and a text.
    Because(u32, Vec<u8>),
}

/// What comes of a command, besides its output.
pub(super) type Outcome = Result<(), Failure>;

/// An `ACK`.
pub(super) fn fail<T>(code: u32, text: impl Into<Vec<u8>>) -> Result<T, Failure> {
    Err(Failure::Because(code, text.into()))
}

/// A position, an id, an offset.
pub(super) fn number(arg: &[u8]) -> Result<usize, Failure> {
    integer(arg).map_or_else(|| fail(2, [b"Integer expected: ", arg].concat()), Ok)
}

/// A size, an offset.
fn size(arg: &[u8]) -> Result<usize, Failure> {
    match unsigned(arg).map(usize::try_from) {
        Ok(Ok(number)) => Ok(number),
        Err(NotUnsigned::NoInteger) => fail(2, [b"Integer expected: ", arg].concat()),
        Ok(Err(_)) | Err(NotUnsigned::TooLarge) => fail(2, [b"Number too large: ", arg].concat()),
    }
}

/// A range; everything, if there is none.
pub(super) fn rows(arg: Option<&[u8]>) -> Result<Range, Failure> {
    let Some(arg) = arg else { return Ok(Range::ALL) };
    range(arg).map_or_else(|| fail(2, [b"Integer or range expected: ", arg].concat()), Ok)
}

/// The permission that a command needs, and how many arguments it takes.
#[rustfmt::skip]
fn requirements(verb: &[u8], version: Version) -> Option<(May, usize, usize)> {
    let new = usize::from(version >= Version::V0_24);
    Some(match verb {
        b"ping" | b"commands" => (May::Nothing, 0, 0),
        b"close" | b"tagtypes" => (May::Nothing, 0, 9),
        b"protocol" if new == 1 => (May::Nothing, 0, 9),
        b"password" | b"binarylimit" => (May::Nothing, 1, 1),
        b"channels" | b"status" | b"currentsong" | b"listplaylists" => (May::Read, 0, 0),
        b"idle" => (May::Read, 0, 9),
        b"lsinfo" | b"listfiles" | b"playlistinfo" | b"playlistid" => (May::Read, 0, 1),
        b"readcomments" | b"getfingerprint" => (May::Read, 1, 1),
        b"albumart" | b"readpicture" => (May::Read, 2, 2),
        b"listplaylist" | b"listplaylistinfo" => (May::Read, 1, 1 + new),
        b"playlistlength" if new == 1 => (May::Read, 1, 1),
        b"searchplaylist" if new == 1 => (May::Read, 2, 4),
        b"next" | b"previous" | b"stop" | b"clear" => (May::Control, 0, 0),
        b"play" | b"playid" => (May::Control, 0, 1),
        // Of nothing.
        b"shuffle" => (May::Control, 0, 1),
        b"add" | b"consume" | b"deleteid" | b"rm" | b"playlistclear" => (May::Control, 1, 1),
        b"save" => (May::Control, 1, 1 + new),
        b"seek" | b"seekid" | b"rename" | b"playlistdelete" => (May::Control, 2, 2),
        b"playlistadd" => (May::Control, 2, 3),
        b"load" => (May::Control, 1, 3),
        b"playlistmove" => (May::Control, 3, 3),
        b"searchaddpl" => (May::Control, 2, 9),
        _ => return None,
    })
}

impl<'a> Mpd<'a> {
    /// The permission, the number of arguments, and the command itself.
    pub(super) fn execute(&mut self, request: &Request<'_>) -> Outcome {
        let Some((needs, min, max)) = requirements(request.verb, self.version) else {
            return Err(Failure::Unknown);
        };
        if self.may < needs {
            return Err(Failure::Forbidden);
        }
        if !(min..=max).contains(&request.args.len()) {
            return fail(2, "wrong number of arguments");
        }
        let (first, second) = (request.arg(0), request.arg(1));
        let name = first.unwrap_or_default();
        match request.verb {
            b"password" => self.may = if name == b"read" { May::Read } else { May::Control },
            b"channels" => self.say("channel: x\nbinary: no\n"),
            b"commands" => self.say("command: ping\n"),
            b"idle" if request.args.iter().any(|arg| !is_subsystem(arg)) => {
                return fail(2, "Unrecognized idle event");
            }
            b"binarylimit" => return self.set_limit(name),
            b"tagtypes" => return self.tagtypes(request),
            b"protocol" => self.protocol(request),
            b"status" => self.status(),
            b"currentsong" => self.songs(|mpd, song| mpd.current == Some(song.id)),
            b"playlistinfo" => return self.playlistinfo(first),
            b"playlistid" => return self.playlistid(first),
            b"lsinfo" if matches!(name, b"" | b"/") => self.root(),
            b"lsinfo" | b"listfiles" | b"readcomments" | b"getfingerprint" => {
                return self.about_song(request.verb, name);
            }
            b"albumart" | b"readpicture" => {
                return self.picture(request.verb, name, second.unwrap_or_default());
            }
            b"listplaylists" => self.playlists(),
            b"listplaylist" | b"listplaylistinfo" | b"playlistlength" | b"searchplaylist" => {
                return self.list_stored(request.verb, name, second);
            }
            b"load" => return self.load(name, second),
            b"add" => self.add(name, false),
            b"clear" => self.clear(),
            b"consume" => self.consume = name == b"1",
            b"rm" | b"save" | b"rename" | b"playlistadd" | b"playlistclear" | b"playlistdelete"
            | b"playlistmove" | b"searchaddpl" => return self.change_stored(request.verb, name, second),
            b"stop" => self.playing = false,
            b"next" | b"previous" => self.step(request.verb),
            b"deleteid" => return self.deleteid(name),
            b"play" | b"seek" | b"playid" | b"seekid" => return self.play(request.verb, first, second),
            _ => {}
        }
        Ok(())
    }

    /// Lines of the answer.
    pub(super) fn say(&mut self, text: impl AsRef<[u8]>) {
        self.output.extend_from_slice(text.as_ref());
    }

    /// The virtual playlist of this name, if this MPD has them.
    pub(super) fn own(&self, name: &[u8]) -> Option<&'a VirtualPlaylist> {
        self.snapshot.named(name).filter(|_| self.kind == Kind::Native)
    }

    fn tagtypes(&mut self, request: &Request<'_>) -> Outcome {
        let mask = &mut self.mask;
        let tags =
            [(&b"Artist"[..], &mut mask.artist), (b"Album", &mut mask.album), (b"Title", &mut mask.title)];
        match request.arg(0) {
            None => {
                for (tag, _) in tags.into_iter().filter(|(_, shown)| **shown) {
                    answer::line(b"tagtype", tag, &mut self.output);
                }
            }
            Some(b"clear") => tags.into_iter().for_each(|(_, shown)| *shown = false),
            Some(b"all") => tags.into_iter().for_each(|(_, shown)| *shown = true),
            Some(b"enable") => {
                let named = |tag: &[u8]| request.args.iter().any(|arg| **arg == *tag);
                tags.into_iter().filter(|(tag, _)| named(tag)).for_each(|(_, shown)| *shown = true);
            }
            Some(_) => return fail(2, "Unknown sub command"),
        }
        Ok(())
    }

    fn protocol(&mut self, request: &Request<'_>) {
        match (request.arg(0), request.arg(1)) {
            (None, _) if self.hides_playlists => self.say("feature: hide_playlists_in_root\n"),
            (Some(b"enable"), Some(b"hide_playlists_in_root")) => self.hides_playlists = true,
            (Some(b"clear"), _) => self.hides_playlists = false,
            _ => {}
        }
    }

    /// About a file. About a song of ours a plain MPD must never be asked: it would fetch it from
    /// the relay.
    fn about_song(&mut self, verb: &[u8], name: &[u8]) -> Outcome {
        if let Some(track) = self.track(name) {
            assert!(self.kind == Kind::Native, "MPD is sent to fetch a song: {name:?}");
            let mut out = Vec::new();
            match verb {
                b"lsinfo" => {
                    self.song(uri::audio_uri(BASE_URL, track.id).as_bytes(), None, &mut out);
                }
                b"readcomments" => answer::tags(track, answer::TagMask::ALL, &mut out),
                b"listfiles" => return fail(50, "No such directory"),
                _ => return fail(50, "No such song"),
            }
            self.say(out);
            return Ok(());
        }
        fail(50, "No such file")
    }

    fn set_limit(&mut self, limit: &[u8]) -> Outcome {
        match size(limit)? {
            ..64 => return fail(2, "Value too small"),
            8_400_897.. => return fail(2, [b"Number too large: ", limit].concat()),
            limit => self.binary_limit = limit,
        }
        Ok(())
    }

    /// All songs of ours have the same picture, and `a.ogg` has a short one.
    fn picture(&mut self, verb: &[u8], name: &[u8], offset: &[u8]) -> Outcome {
        let offset = size(offset)?;
        let folder = [name.strip_suffix(b"/").unwrap_or(name), b"/audio"].concat();
        let in_folder = self.track(&folder).filter(|_| verb == b"albumart");
        let is_ours = self.track(name).or(in_folder).is_some();
        assert!(!is_ours || self.kind == Kind::Native, "MPD is sent to fetch a song: {name:?}");
        let (kind, bytes) = match name {
            _ if is_ours => (Some("image/jpeg"), TwoPictures::picture().bytes),
            b"a.ogg" => (None, b"OK\n\n"[..].into()),
            _ => return fail(50, "No such file"),
        };
        let Some(rest) = bytes.get(offset..) else {
            return fail(2, if verb == b"albumart" { "Offset too large" } else { "Bad file offset" });
        };
        self.say(format!("size: {}\n", bytes.len()));
        if let Some(kind) = kind.filter(|_| verb == b"readpicture") {
            self.say(format!("type: {kind}\n"));
        }
        let chunk = rest.get(..self.binary_limit).unwrap_or(rest);
        self.say(format!("binary: {}\n", chunk.len()));
        self.say(chunk);
        self.say("\n");
        Ok(())
    }
}

fn is_subsystem(arg: &[u8]) -> bool {
    SUBSYSTEMS.iter().any(|name| arg.eq_ignore_ascii_case(name.as_bytes()))
}
