//! What happens to a command: the product's brain, a pure function.
//!
//! It sees the request and what [`Context`] holds, and nothing else. `docs/protocol.md` says the
//! same in words.

mod jump;
mod link;
mod named;

use std::sync::Arc;

pub(super) use self::jump::{Jump, To};
use self::jump::{jump, to};
use self::link::linked;
pub(super) use self::link::{Guest, Invitation};
pub(super) use self::named::{Named, named};
use super::answer::Answer;
use crate::library::{Snapshot, Track, VideoId, VirtualPlaylist, uri};
use crate::proto::{AckCode, Range, Request, Subscription, Version, arity, quote, range, seconds, unsigned};

/// What to do with a request.
#[derive(Debug, PartialEq)]
pub(super) enum Route {
    /// It goes as it came, and so does its answer.
    Forward,
    /// As `Forward`, and what was learned of this no longer holds.
    Unlearn(Fact),
    /// `idle`.
    Idle(Subscription),
    /// It goes as it came; something is done with its answer on the way back.
    Treat(Treatment),
    /// This line goes instead; its answer is the client's, with that done to it if so said.
    Rewrite(Vec<u8>, Option<Treatment>),
    /// A harmless command of the same permission goes instead, and ours replaces its answer.
    Answer(Gate, Answer),
    /// It may make MPD open a song: not before the song is ready.
    Jump(Jump, To),
    /// It asks for a song's picture, which is ours to show.
    Picture(Wanted),
    /// It names something of YouTube's that is not known yet, which is let in first.
    Invite(Invitation),
}

/// What is done with MPD's answer on its way to the client. Most of these add what it is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// The virtual playlists.
    Playlists,
    /// The virtual playlists, unless the client hides playlists in the root folder.
    RootPlaylists,
    /// Tags and durations of songs.
    Songs,
    /// YouTube's reason, and the names of virtual playlists.
    Status,
    /// The commands that MPD withholds when it has no stored playlists.
    Commands,
    /// YouTube's reason in an `ACK`.
    Reason,
    /// Why MPD cannot load what it is to read from the relay.
    Loading,
    /// It loses the lines that are not for this client.
    WithoutLocal,
    /// If MPD agrees, pictures come in chunks of so many bytes from then on.
    BinaryLimit(u32),
    /// If MPD agrees, what it was stopped for is forgotten.
    ClearError,
}

impl Treatment {
    /// What has to be known for it.
    pub(super) fn needs(self) -> Option<Fact> {
        match self {
            Self::Songs => Some(Fact::TagMask),
            Self::RootPlaylists => Some(Fact::Features),
            _ => None,
        }
    }
}

/// What a session has to ask MPD about its own connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact {
    /// Which tags the client wants to see.
    TagMask,
    /// Which protocol features it enabled.
    Features,
}

/// A harmless command that needs the same permission as the one it stands for. What we refuse
/// stands behind one that fails, so that MPD goes no further in a command list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    /// Permission `read`; succeeds.
    Read,
    /// Permission `player`; succeeds, and shuffles nothing.
    Player,
    /// Permission `read`; fails.
    RefuseRead,
    /// Permission `add`; fails.
    RefuseAdd,
    /// Permission `control`; fails.
    RefuseControl,
    /// Permission `player`; fails.
    RefusePlayer,
    /// Permission `admin`; fails.
    RefuseAdmin,
}

impl Gate {
    /// The command.
    pub(super) fn line(self) -> &'static [u8] {
        match self {
            Self::Read => b"channels\n",
            Self::Player => b"shuffle 0:0\n",
            Self::RefuseRead => b"playlistid x\n",
            Self::RefuseAdd => b"rangeid x x\n",
            Self::RefuseControl => b"rm \"\"\n",
            Self::RefusePlayer => b"seekcur x\n",
            Self::RefuseAdmin => b"enableoutput x\n",
        }
    }
}

/// Part of a song's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) video: VideoId,
    pub(super) source: Source,
    /// Where the part begins.
    pub(super) offset: u32,
}

/// Where the client supposes a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// In the song's folder: `albumart`.
    Folder,
    /// In the song itself: `readpicture`.
    Song,
}

/// What the routing depends on.
pub(super) struct Context<'a> {
    /// MPD's.
    pub(super) version: Version,
    /// What is known.
    pub(super) snapshot: &'a Snapshot,
    /// The relay's, as MPD sees it.
    pub(super) base_url: &'a str,
}

/// Whether [`route`] could say anything but `Forward`: lets all other lines pass unparsed.
pub(super) fn concerns(verb: &[u8], context: &Context<'_>) -> bool {
    // The limit outlives a library without songs, and what is added may be the first one.
    if matches!(verb, b"idle" | b"binarylimit" | b"add" | b"addid" | b"playlistadd" | b"load") {
        return true;
    }
    let has_songs = context.snapshot.known_tracks() > 0 || !context.snapshot.virtuals().is_empty();
    has_songs && (is_overlaid(verb) || arity(verb, context.version).is_some())
}

/// What happens to `request`.
pub(super) fn route(request: &Request<'_>, context: &Context<'_>) -> Route {
    match request.verb {
        b"idle" => return Route::Idle(Subscription::of(request)),
        b"status" => return Route::Treat(Treatment::Status),
        verb if is_overlaid(verb) => return Route::Treat(Treatment::Songs),
        _ => {}
    }
    // A wrong number of arguments is MPD's to refuse.
    let allowed = arity(request.verb, context.version).is_some_and(|a| a.allows(request.args.len()));
    if !allowed {
        return Route::Forward;
    }
    match request.verb {
        b"tagtypes" if !request.args.is_empty() => Route::Unlearn(Fact::TagMask),
        b"protocol" if !request.args.is_empty() => Route::Unlearn(Fact::Features),
        b"listplaylists" => playlists(context),
        b"commands" if disabled(context) => Route::Treat(Treatment::Commands),
        b"next" => Route::Jump(Jump::Next, To::Start),
        b"previous" => Route::Jump(Jump::Previous, To::Start),
        b"play" => jump(request, Jump::Position, Some(To::Start)),
        b"playid" => jump(request, Jump::Id, Some(To::Start)),
        // What may be no time is MPD's to refuse, and not to be played from the start instead.
        b"seek" => jump(request, Jump::Position, request.arg(1).and_then(seconds).map(To::At)),
        b"seekid" => jump(request, Jump::Id, request.arg(1).and_then(seconds).map(To::At)),
        b"seekcur" => request.arg(0).and_then(to).map_or(Route::Forward, |to| Route::Jump(Jump::Current, to)),
        b"lsinfo" if matches!(request.arg(0), None | Some(b"" | b"/")) => {
            Route::Treat(Treatment::RootPlaylists)
        }
        b"albumart" => picture(request, Source::Folder, context),
        b"readpicture" => picture(request, Source::Song, context),
        b"binarylimit" => match request.arg(0).map(unsigned) {
            Some(Ok(limit)) => Route::Treat(Treatment::BinaryLimit(limit)),
            _ => Route::Forward,
        },
        b"clearerror" => Route::Treat(Treatment::ClearError),
        b"save" => save(request, context),
        b"rename" => rename(request, context),
        _ => by_name(request, context),
    }
}

/// Commands whose answers list songs of MPD's queue, and `status`.
fn is_overlaid(verb: &[u8]) -> bool {
    matches!(
        verb,
        b"playlistinfo"
            | b"playlistid"
            | b"currentsong"
            | b"plchanges"
            | b"playlistfind"
            | b"playlistsearch"
            | b"status"
    )
}

fn disabled(context: &Context<'_>) -> bool {
    context.snapshot.stored_playlists_disabled()
}

fn playlists(context: &Context<'_>) -> Route {
    if disabled(context) {
        Route::Answer(Gate::Read, Answer::Playlists)
    } else {
        Route::Treat(Treatment::Playlists)
    }
}

/// A command whose first argument may name something of ours.
fn by_name(request: &Request<'_>, context: &Context<'_>) -> Route {
    match (request.verb, named(request.arg(0), context.snapshot)) {
        (_, Named::List(list)) => of_list(request, list, context),
        // A song is added to one of MPD's own playlists.
        (b"playlistadd", _) => match named(request.arg(1), context.snapshot) {
            Named::Linked(link) => linked(request, 1, link, context),
            _ => Route::Forward,
        },
        (verb, Named::Song(track)) => of_song(verb, track),
        (b"add" | b"addid" | b"load", Named::Linked(link)) => linked(request, 0, link, context),
        (b"listplaylistinfo", _) => Route::Treat(Treatment::Songs),
        _ => Route::Forward,
    }
}

/// A command about one song, which would make MPD fetch a relay URI while every client waits.
fn of_song(verb: &[u8], track: &Arc<Track>) -> Route {
    let refuse = |gate, text| Route::Answer(gate, Answer::refuse(AckCode::NoExist, text));
    match verb {
        b"lsinfo" => Route::Answer(Gate::Read, Answer::Song(Arc::clone(track))),
        b"readcomments" => Route::Answer(Gate::Read, Answer::Comments(Arc::clone(track))),
        b"listfiles" => refuse(Gate::RefuseRead, "No such directory"),
        b"getfingerprint" => refuse(Gate::RefuseRead, "No such song"),
        b"load" => refuse(Gate::RefuseAdd, "No such playlist"),
        b"listplaylist" | b"listplaylistinfo" | b"playlistlength" | b"searchplaylist" => {
            refuse(Gate::RefuseRead, "No such playlist")
        }
        _ => Route::Forward,
    }
}

/// A command about a virtual playlist.
fn of_list(request: &Request<'_>, list: &VirtualPlaylist, context: &Context<'_>) -> Route {
    let rows = || match request.arg(1) {
        None => Some(Range::ALL),
        Some(arg) => range(arg),
    };
    match request.verb {
        b"load" => {
            let uri = uri::playlist_uri(context.base_url, &list.playlist.id);
            Route::Rewrite(with_uri(request, 0, &uri), Some(Treatment::Loading))
        }
        // MPD has a filter language of its own; it searches a list with the same tags.
        b"searchplaylist" => {
            let uri = uri::searchable_uri(context.base_url, &list.playlist.id);
            Route::Rewrite(with_uri(request, 0, &uri), Some(Treatment::Songs))
        }
        b"listplaylist" => rows().map_or(Route::Forward, |rows| {
            Route::Answer(Gate::Read, Answer::Uris(Arc::clone(&list.playlist), rows))
        }),
        b"listplaylistinfo" => rows().map_or(Route::Forward, |rows| {
            Route::Answer(Gate::Read, Answer::Songs(Arc::clone(&list.playlist), rows))
        }),
        b"playlistlength" => Route::Answer(Gate::Read, Answer::Length(Arc::clone(&list.playlist))),
        b"playlistadd" | b"playlistclear" | b"playlistdelete" | b"playlistmove" | b"rm" | b"searchaddpl" => {
            read_only(list)
        }
        _ => Route::Forward,
    }
}

/// A song's picture, which MPD would look for at a relay URI while every client waits.
fn picture(request: &Request<'_>, source: Source, context: &Context<'_>) -> Route {
    let (Some(song), Some(offset)) = (request.arg(0), request.arg(1)) else { return Route::Forward };
    let video = uri::video_in(song).or_else(|| match source {
        Source::Folder => video_of_folder(song),
        Source::Song => None,
    });
    let Some(video) = video.filter(|video| context.snapshot.track(*video).is_some()) else {
        return Route::Forward;
    };
    match unsigned(offset) {
        Ok(offset) => Route::Picture(Wanted { video, source, offset }),
        // MPD looks at the number first, and has its own words for what is none.
        Err(_) => Route::Rewrite(with_uri(request, 0, ""), None),
    }
}

/// Cantata asks for the picture of the song's folder, which it makes of the song's address.
fn video_of_folder(folder: &[u8]) -> Option<VideoId> {
    let folder = folder.strip_suffix(b"/").unwrap_or(folder);
    uri::video_in(&[folder, b"/audio"].concat())
}

/// The request with this in place of the URI or name that is its argument `at`.
pub(super) fn with_uri(request: &Request<'_>, at: usize, uri: &str) -> Vec<u8> {
    let args = request.args.iter().enumerate();
    line_of(request.verb, args.map(|(index, arg)| if index == at { uri.as_bytes() } else { &**arg }))
}

fn line_of<'a>(verb: &[u8], args: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut line = verb.to_vec();
    for arg in args {
        line.push(b' ');
        quote(arg, &mut line);
    }
    line.push(b'\n');
    line
}

fn read_only(list: &VirtualPlaylist) -> Route {
    let text = format!("\"{}\" is a YouTube playlist and read-only here", list.name);
    Route::Answer(Gate::RefuseControl, Answer::refuse(AckCode::Permission, text))
}

fn save(request: &Request<'_>, context: &Context<'_>) -> Route {
    match (request.arg(0).and_then(|name| context.snapshot.named(name)), request.arg(1)) {
        (Some(_), None | Some(b"create")) => {
            Route::Answer(Gate::RefuseControl, Answer::refuse(AckCode::Exist, "Playlist already exists"))
        }
        (Some(list), Some(b"append" | b"replace")) => read_only(list),
        // A mode that MPD refuses, or no virtual playlist.
        _ => Route::Forward,
    }
}

fn rename(request: &Request<'_>, context: &Context<'_>) -> Route {
    let named = |index| request.arg(index).and_then(|name| context.snapshot.named(name));
    match (named(0), named(1)) {
        (Some(list), _) => read_only(list),
        // MPD looks at the new name before it looks for the old one.
        (None, Some(_)) => {
            Route::Answer(Gate::RefuseControl, Answer::refuse(AckCode::Exist, "Playlist exists already"))
        }
        (None, None) => Route::Forward,
    }
}
