//! What of ours an argument names.

use std::sync::Arc;

use crate::library::{Link, Snapshot, Track, VirtualPlaylist, link, uri};

/// What an argument names.
pub(in crate::session) enum Named<'a> {
    /// A song that is known, by its address at the relay.
    Song(&'a Arc<Track>),
    /// A virtual playlist, by its name.
    List(&'a VirtualPlaylist),
    /// A playlist, by its address at the relay.
    RelayList,
    /// Something of YouTube's, by its address there.
    Linked(Link),
    /// Nothing of ours, or there is no such argument.
    Nothing,
}

/// What `arg` names.
pub(in crate::session) fn named<'a>(arg: Option<&[u8]>, snapshot: &'a Snapshot) -> Named<'a> {
    let Some(arg) = arg else { return Named::Nothing };
    if let Some(list) = snapshot.named(arg) {
        Named::List(list)
    } else if let Some(track) = uri::video_in(arg).and_then(|video| snapshot.track(video)) {
        Named::Song(track)
    } else if let Some(link) = std::str::from_utf8(arg).ok().and_then(link) {
        Named::Linked(link)
    } else if uri::playlist_in(arg).is_some() {
        Named::RelayList
    } else {
        Named::Nothing
    }
}
