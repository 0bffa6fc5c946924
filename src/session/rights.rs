//! What a client over TCP, or of another user's, may not do, though MPD takes us for a local client.
//!
//! MPD gives clients on its Unix socket more: its configuration, and the files that their user may
//! read (`client/Client.hxx`, `LocateUri.cxx`). For MPD, all who come through us are our user. Where
//! that socket is our only way to MPD, a client that came over TCP, or is another user, is refused
//! those, in MPD's words.

use super::answer::Answer;
use super::route::{Gate, Route, Treatment, with_uri};
use crate::proto::{AckCode, Request, Version, arity, unsigned};

/// Which rights a client has, compared with those that MPD gives us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rights {
    /// The same.
    Same,
    /// Fewer: it came over TCP or is another user, and we go over a Unix socket.
    Fewer,
}

impl Rights {
    /// Whether [`Self::route`] could have something to say.
    pub(super) fn concern(self, verb: &[u8]) -> bool {
        let listing = matches!(verb, b"config" | b"urlhandlers" | b"listmounts" | b"playlistadd");
        self == Self::Fewer && (listing || takes_uri(verb))
    }

    /// What happens to a request instead; `None` if the client may do this.
    pub(super) fn route(self, request: &Request<'_>, version: Version) -> Option<Route> {
        if self == Self::Same { None } else { refusal(request, version) }
    }
}

fn refusal(request: &Request<'_>, version: Version) -> Option<Route> {
    let refuse = |gate, text| Some(Route::Answer(gate, Answer::refuse(AckCode::Permission, text)));
    let denied = if version < Version::V0_24 {
        "Access denied"
    } else {
        "Access to local files via TCP is not allowed"
    };
    let allowed = || arity(request.verb, version).is_some_and(|arity| arity.allows(request.args.len()));
    match (request.verb, &*request.args) {
        (b"config", []) => refuse(Gate::RefuseAdmin, "Command only permitted to local clients"),
        (b"urlhandlers" | b"listmounts", []) => Some(Route::Treat(Treatment::WithoutLocal)),
        // What MPD does not know, or not with so many arguments.
        (b"playlistadd", _) if !allowed() => without_file(request, 1),
        (verb, _) if takes_uri(verb) && !allowed() => without_file(request, 0),
        (b"playlistadd", [_, uri, ..]) if has_file_scheme(uri) => refuse(Gate::RefuseControl, denied),
        // The root folder, by another name.
        (b"add" | b"lsinfo", [uri, ..]) if **uri == *b"/" => None,
        // MPD looks at the number first.
        (b"albumart" | b"readpicture", [_, offset]) if unsigned(offset).is_err() => without_file(request, 0),
        (verb @ (b"add" | b"addid" | b"load"), [uri, ..]) if takes_uri(verb) && is_local(uri) => {
            refuse(Gate::RefuseAdd, denied)
        }
        (verb, [uri, ..]) if takes_uri(verb) && is_local(uri) => refuse(Gate::RefuseRead, denied),
        _ => None,
    }
}

/// What MPD is to refuse without a look at the file that is argument `at`; should it look after all,
/// it sees none.
fn without_file(request: &Request<'_>, at: usize) -> Option<Route> {
    is_local(request.arg(at)?).then(|| Route::Rewrite(with_uri(request, at, ""), None))
}

/// Whether a line of `urlhandlers` or `listmounts` is for local clients only.
pub(super) fn is_for_local_clients(line: &[u8]) -> bool {
    line == b"handler: file://\n" || line.starts_with(b"storage: /")
}

/// Commands whose first argument is looked up with `LocateUri`.
fn takes_uri(verb: &[u8]) -> bool {
    matches!(
        verb,
        b"add"
            | b"addid"
            | b"albumart"
            | b"getfingerprint"
            | b"listfiles"
            | b"listplaylist"
            | b"listplaylistinfo"
            | b"load"
            | b"lsinfo"
            | b"playlistlength"
            | b"readcomments"
            | b"readpicture"
            | b"searchplaylist"
    )
}

fn is_local(uri: &[u8]) -> bool {
    uri.starts_with(b"/") || has_file_scheme(uri)
}

fn has_file_scheme(uri: &[u8]) -> bool {
    uri.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"file://"))
}
