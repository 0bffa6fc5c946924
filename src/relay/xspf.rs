//! A virtual playlist as XSPF: the one format from which MPD takes all tags, but no durations.
//! MPD searches in it for `searchplaylist`.

use crate::library::{Playlist, Track, uri};

/// The playlist, with its songs' addresses under `base`.
pub(super) fn render(base: &str, playlist: &Playlist) -> String {
    let mut xspf = String::with_capacity(256 + playlist.entries.len() * (base.len() + 256));
    xspf.push_str(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\">\n<trackList>\n",
    );
    for entry in &playlist.entries {
        track(base, &entry.track, &mut xspf);
    }
    xspf.push_str("</trackList>\n</playlist>\n");
    xspf
}

/// The location comes first: MPD ignores what stands before it (`XspfPlaylistPlugin.cxx`).
fn track(base: &str, track: &Track, out: &mut String) {
    out.push_str("<track>");
    element("location", &uri::audio_uri(base, track.id), out);
    element("title", &track.title, out);
    for artist in &track.artists {
        element("creator", artist, out);
    }
    if let Some(album) = &track.album {
        element("album", album, out);
    }
    out.push_str("</track>\n");
}

fn element(name: &str, text: &str, out: &mut String) {
    out.extend(["<", name, ">"]);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // XML has no way to write most of them.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.extend(["</", name, ">"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_is_rendered() {
        let song = Track {
            id: "aaaaaaaaaaa".parse().unwrap(),
            title: "<T> & \"T\"\u{1}".into(),
            artists: ["A".into(), "B".into()].into(),
            album: Some("L'A".into()),
            duration: None,
            thumbnail: None,
        };
        let mut out = String::new();
        track("http://r", &song, &mut out);
        assert_eq!(
            out,
            "<track><location>http://r/aaaaaaaaaaa/audio</location><title>&lt;T&gt; &amp; \"T\" </title>\
             <creator>A</creator><creator>B</creator><album>L'A</album></track>\n"
        );
    }
}
