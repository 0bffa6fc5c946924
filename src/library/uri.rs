//! The relay's addresses of songs and playlists, as they stand in MPD's queue and playlists.
//!
//! `http://<base>/{video_id}/audio` is the `file:` of every YouTube song, for ever. The base may
//! have changed since an address was saved, so it is the path that tells ours.

use super::{PlaylistId, VideoId};

/// The song's address under `base`.
pub fn audio_uri(base: &str, video: VideoId) -> String {
    format!("{base}/{video}/audio")
}

/// Appends the song's address, for who writes many.
pub fn write_audio_uri(base: &str, video: VideoId, out: &mut Vec<u8>) {
    for part in [base, "/", video.as_str(), "/audio"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// The address that MPD loads the playlist from.
pub fn playlist_uri(base: &str, playlist: &PlaylistId) -> String {
    format!("{base}/playlist/{playlist}.pls")
}

/// The same playlist with all tags and without durations, for MPD to search in (XSPF).
pub fn searchable_uri(base: &str, playlist: &PlaylistId) -> String {
    format!("{base}/playlist/{playlist}.xspf")
}

/// The video that `uri` names, if it has the form of a song's address under any base. A fragment
/// is ignored. Whether the video is known is for the caller to ask.
pub fn video_in(uri: &[u8]) -> Option<VideoId> {
    let path = path_of(uri)?;
    VideoId::from_bytes(path.strip_suffix(b"/audio")?).ok()
}

/// The playlist that `uri` names, if it has the form of a playlist's address under any base.
pub fn playlist_in(uri: &[u8]) -> Option<PlaylistId> {
    let id = path_of(uri)?.strip_prefix(b"playlist/")?.strip_suffix(b".pls")?;
    std::str::from_utf8(id).ok()?.parse().ok()
}

/// What follows `http://host/`, without a fragment.
fn path_of(uri: &[u8]) -> Option<&[u8]> {
    let uri = uri.get(..memchr::memchr(b'#', uri).unwrap_or(uri.len()))?;
    let rest = uri.strip_prefix(b"http://").or_else(|| uri.strip_prefix(b"https://"))?;
    let slash = memchr::memchr(b'/', rest)?;
    rest.get(slash + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_relays_own_form_is_recognised() {
        for (uri, video) in [
            ("http://127.0.0.1:6602/dQw4w9WgXcQ/audio", true),
            ("http://[::1]:1/dQw4w9WgXcQ/audio#Title", true),
            ("https://relay.lan/dQw4w9WgXcQ/audio", true),
            ("http://127.0.0.1:6602/dQw4w9WgXcQ", false),
            ("http://127.0.0.1:6602/x/dQw4w9WgXcQ/audio", false),
            ("http://127.0.0.1:6602/dQw4w9WgXcQ/audio?x", false),
            ("http://127.0.0.1:6602/../dQw4w9WgXcQ/audio", false),
            ("dQw4w9WgXcQ/audio", false),
            ("http://dQw4w9WgXcQ/audio", false),
        ] {
            assert_eq!(video_in(uri.as_bytes()).is_some(), video, "{uri}");
        }
    }

    #[test]
    fn what_is_written_is_recognised() -> Result<(), Box<dyn std::error::Error>> {
        let (video, playlist): (VideoId, PlaylistId) = ("dQw4w9WgXcQ".parse()?, "PLx_y-z".parse()?);
        let base = "http://127.0.0.1:6602";
        assert_eq!(video_in(audio_uri(base, video).as_bytes()), Some(video));
        let mut written = Vec::new();
        write_audio_uri(base, video, &mut written);
        assert_eq!(written, audio_uri(base, video).as_bytes());
        assert_eq!(playlist_in(playlist_uri(base, &playlist).as_bytes()), Some(playlist));
        Ok(())
    }
}
