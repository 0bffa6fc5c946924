//! `idle`'s subsystems (`IdleFlags.cxx`).

use super::Request;
use super::response::lines;

/// The line that tells of changed stored playlists.
const STORED_PLAYLIST: &[u8] = b"changed: stored_playlist\n";

/// The only subsystem that MPD lists before `stored_playlist`.
const DATABASE: &[u8] = b"changed: database\n";

/// Whether an `idle` would hear of stored playlists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscription {
    /// It asked for them, or for everything.
    StoredPlaylists,
    /// It asked only for others.
    Others,
}

impl Subscription {
    /// What this `idle` asks for. Names are compared without case, as MPD does.
    pub fn of(idle: &Request<'_>) -> Self {
        let named = |arg: &[u8]| arg.eq_ignore_ascii_case(b"stored_playlist");
        if idle.args.is_empty() || idle.args.iter().any(|arg| named(arg)) {
            Self::StoredPlaylists
        } else {
            Self::Others
        }
    }
}

/// Adds `changed: stored_playlist` to the `changed:` lines of an answer, in MPD's order and once.
pub fn merge_changed(changed: &[u8], out: &mut Vec<u8>) {
    let (before, after) =
        if changed.starts_with(DATABASE) { changed.split_at(DATABASE.len()) } else { (&b""[..], changed) };
    out.extend_from_slice(before);
    if !lines(after).any(|line| line == STORED_PLAYLIST) {
        out.extend_from_slice(STORED_PLAYLIST);
    }
    out.extend_from_slice(after);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_event_stands_where_mpd_would_put_it() {
        for (changed, merged) in [
            ("", "changed: stored_playlist\n"),
            ("changed: player\n", "changed: stored_playlist\nchanged: player\n"),
            ("changed: stored_playlist\n", "changed: stored_playlist\n"),
            (
                "changed: database\nchanged: mixer\n",
                "changed: database\nchanged: stored_playlist\nchanged: mixer\n",
            ),
        ] {
            let mut out = Vec::new();
            merge_changed(changed.as_bytes(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), merged);
        }
    }

    #[test]
    fn a_subscription_is_what_was_asked_for() {
        for (line, expect) in [
            ("idle", Subscription::StoredPlaylists),
            ("idle player Stored_Playlist", Subscription::StoredPlaylists),
            ("idle player \"mixer\"", Subscription::Others),
        ] {
            assert_eq!(Subscription::of(&Request::parse(line.as_bytes()).unwrap()), expect);
        }
    }
}
