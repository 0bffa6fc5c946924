//! `add https://youtu.be/...` and the like: what goes to MPD, and what has to be let in before.

use super::{Context, Gate, Route, Treatment, line_of, with_uri};
use crate::library::{Link, PlaylistId, VideoId, uri};
use crate::proto::{AckCode, Request};
use crate::session::answer::Answer;

/// What a request names by its address at YouTube, and what goes to MPD once that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) struct Invitation {
    pub(in crate::session) guest: Guest,
    /// Whether the client may do this at all: nothing is let in for who may not.
    pub(in crate::session) gate: Gate,
    pub(in crate::session) line: Vec<u8>,
}

/// A song or a playlist that nobody has listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) enum Guest {
    Video(VideoId),
    Playlist(PlaylistId),
}

/// A command whose argument `at` is an address at YouTube, which leads to `link`.
pub(super) fn linked(request: &Request<'_>, at: usize, link: Link, context: &Context<'_>) -> Route {
    let gate = if request.verb == b"playlistadd" { Gate::RefuseControl } else { Gate::RefuseAdd };
    let (guest, line, is_known) = match (request.verb, link) {
        (b"add" | b"addid" | b"playlistadd", Link::Video(video)) => {
            let uri = uri::audio_uri(context.base_url, video);
            let is_known = context.snapshot.track(video).is_some();
            (Guest::Video(video), with_uri(request, at, &uri), is_known)
        }
        (b"load", Link::Playlist(id)) => {
            let line = with_uri(request, 0, &uri::playlist_uri(context.base_url, &id));
            let is_known = context.snapshot.playlist(&id).is_some();
            (Guest::Playlist(id), line, is_known)
        }
        (b"add", Link::Playlist(id)) => {
            let uri = uri::playlist_uri(context.base_url, &id);
            let position = request.arg(1).map(|position| [&b"0:"[..], position]);
            let args = std::iter::once(uri.as_bytes()).chain(position.into_iter().flatten());
            (Guest::Playlist(id), line_of(b"load", args), false)
        }
        // MPD would take the web page for a song.
        (_, Link::Playlist(_)) => {
            let text = "this is the address of a playlist: use \"load\" or \"add\"";
            return Route::Answer(gate, Answer::refuse(AckCode::Arg, text));
        }
        _ => return Route::Forward,
    };
    if is_known {
        Route::Rewrite(line, matches!(guest, Guest::Playlist(_)).then_some(Treatment::Loading))
    } else {
        Route::Invite(Invitation { guest, gate, line })
    }
}
