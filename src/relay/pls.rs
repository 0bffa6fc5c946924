//! A virtual playlist as PLS: the one format from which MPD takes both title and duration.

use std::fmt::Write;

use crate::library::{Playlist, uri, whole_seconds};

/// The playlist, with its songs' addresses under `base`.
pub(super) fn render(base: &str, playlist: &Playlist) -> String {
    // Title and numbers of a usual entry; a guess too small only costs a copy.
    let mut pls = String::with_capacity(64 + playlist.entries.len() * (base.len() + 96));
    pls.push_str("[playlist]\n");
    for (number, entry) in (1_u32..).zip(&playlist.entries) {
        let track = &entry.track;
        let file = uri::audio_uri(base, track.id);
        let title = track.title.replace(char::is_control, " ");
        // Nothing fails to be written to a string.
        let _ = write!(pls, "File{number}={file}\nTitle{number}={title}\nLength{number}=");
        let _ = match track.duration {
            Some(duration) => writeln!(pls, "{}", whole_seconds(duration)),
            None => writeln!(pls, "-1"),
        };
    }
    let _ = write!(pls, "NumberOfEntries={}\nVersion=2\n", playlist.entries.len());
    pls
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::library::{Entry, Track};

    #[test]
    fn a_playlist_is_rendered() {
        let entry = |id: &str, title: &str, duration| Entry {
            track: Arc::new(Track {
                id: id.parse().unwrap(),
                title: title.into(),
                artists: Box::default(),
                album: None,
                duration,
                thumbnail: None,
            }),
            set_video_id: None,
        };
        let playlist = Playlist {
            id: "PLx".parse().unwrap(),
            title: "x".into(),
            entries: vec![
                entry("aaaaaaaaaaa", "Öl = [Gas]", Some(Duration::from_millis(60_500))),
                entry("bbbbbbbbbbb", "two\nlines", None),
            ],
            updated: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(
            render("http://127.0.0.1:6602", &playlist),
            "[playlist]\n\
             File1=http://127.0.0.1:6602/aaaaaaaaaaa/audio\nTitle1=Öl = [Gas]\nLength1=61\n\
             File2=http://127.0.0.1:6602/bbbbbbbbbbb/audio\nTitle2=two lines\nLength2=-1\n\
             NumberOfEntries=2\nVersion=2\n"
        );
    }
}
