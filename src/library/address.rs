//! The playlist or the video that a user means, by id or by any of YouTube's addresses of it.

use url::Url;

use super::{PlaylistId, VideoId};

/// A text that names no playlist.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{given}` {problem}: a playlist's id (PL..., OLAK5uy_..., RD..., LM) is, or an address with `list=` in it, \
     such as https://music.youtube.com/playlist?list=PL..."
)]
pub struct NotAPlaylist {
    given: String,
    problem: &'static str,
}

/// How playlists' ids begin: made by users and channels (PL, EC, EL, LP, FL, UU, PU, TL, UL), albums
/// (OLAK5uy_), mixes and editors' lists (RD), episodes (SE), and an account's own (LM, LL, WL).
const PREFIXES: [&str; 15] =
    ["PL", "OLAK5uy_", "RD", "UU", "LM", "LL", "WL", "FL", "LP", "EC", "EL", "PU", "TL", "UL", "SE"];

/// The playlist that the user means by an id, a browse id (`VL...`) or an address: of YouTube or
/// YouTube Music, of the playlist or of a video played from it, with or without `https://`.
///
/// # Errors
/// When `text` is none of these; the error says what would be right.
pub fn playlist_id(text: &str) -> Result<PlaylistId, NotAPlaylist> {
    let text = text.trim();
    let wrong = |problem| NotAPlaylist { given: text.to_owned(), problem };
    let id = match address(text) {
        None => text.to_owned(),
        Some(url) if !is_youtube(&url) => return Err(wrong("is no address of YouTube")),
        Some(url) => listed_in(&url).ok_or_else(|| wrong("is no playlist's address"))?,
    };
    let id = id.strip_prefix("VL").unwrap_or(&id);
    if !PREFIXES.iter().any(|prefix| id.starts_with(prefix)) {
        return Err(wrong("is no playlist"));
    }
    id.parse().map_err(|_| wrong("is no playlist"))
}

/// What an address of YouTube's leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// One video, also when it is played from a playlist.
    Video(VideoId),
    /// A playlist as a whole.
    Playlist(PlaylistId),
}

/// What `text` leads to, if it is an `http` or `https` address of a video or a playlist, of YouTube
/// or YouTube Music. Stricter than [`playlist_id`]: here the text may as well be meant for MPD.
pub fn link(text: &str) -> Option<Link> {
    // Nearly every text is a path in MPD's music folder.
    let scheme = text.split_once("://")?.0;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let plain = url.port().is_none() && url.username().is_empty() && url.password().is_none();
    if !plain || !is_youtube(&url) {
        return None;
    }
    match path_of(&url).as_slice() {
        [id] if url.host_str() == Some("youtu.be") => video(id),
        ["watch"] => match parameter(&url, "v") {
            Some(id) => video(&id),
            None => playlist(&url),
        },
        // These have eleven characters, too.
        ["embed", "videoseries"] => playlist(&url),
        ["embed", "live_stream"] => None,
        ["shorts" | "live" | "embed" | "v", id] => video(id),
        ["playlist"] => playlist(&url),
        ["browse", id] if id.starts_with("VL") => playlist(&url),
        _ => None,
    }
}

fn video(id: &str) -> Option<Link> {
    id.parse().ok().map(Link::Video)
}

fn playlist(url: &Url) -> Option<Link> {
    playlist_id(url.as_str()).ok().map(Link::Playlist)
}

/// The parts of the path; a slash at its end counts for nothing.
fn path_of(url: &Url) -> Vec<&str> {
    let path = url.path().strip_prefix('/').unwrap_or_default();
    path.strip_suffix('/').unwrap_or(path).split('/').collect()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// `text` as a URL, if it can only be meant as one: no id holds these characters.
fn address(text: &str) -> Option<Url> {
    if !text.contains(['/', '.', '?', ':']) {
        return None;
    }
    let parsed = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("https://{text}")) };
    parsed.ok()
}

fn is_youtube(url: &Url) -> bool {
    let web = matches!(url.scheme(), "http" | "https");
    web && url.host_str().is_some_and(|host| {
        let host = host.trim_end_matches('.');
        ["youtube.com", "youtu.be", "youtube-nocookie.com"].iter().any(|domain| {
            host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    })
}

fn listed_in(url: &Url) -> Option<String> {
    let in_query = parameter(url, "list");
    let browsed = || url.path().strip_prefix("/browse/").filter(|id| id.starts_with("VL"));
    in_query.or_else(|| browsed().map(|id| id.trim_end_matches('/').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_playlist() {
        for (text, id) in [
            ("PLabc_-123", "PLabc_-123"),
            ("  PLabc\n", "PLabc"),
            ("OLAK5uy_kQx", "OLAK5uy_kQx"),
            ("RDCLAK5uy_k1", "RDCLAK5uy_k1"),
            ("UUabc", "UUabc"),
            ("LM", "LM"),
            ("LL", "LL"),
            ("VLPLabc", "PLabc"),
            ("VLLM", "LM"),
            ("https://www.youtube.com/playlist?list=PLabc", "PLabc"),
            ("http://youtube.com/playlist?list=PLabc&si=x#t", "PLabc"),
            ("https://music.youtube.com/playlist?list=OLAK5uy_x", "OLAK5uy_x"),
            ("https://music.youtube.com/playlist?feature=share&list=VLPLabc", "PLabc"),
            ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PLabc&index=2", "PLabc"),
            ("https://youtu.be/dQw4w9WgXcQ?list=PLabc", "PLabc"),
            ("m.youtube.com/playlist?list=PLabc", "PLabc"),
            ("www.youtube.com/embed/videoseries?list=PLabc", "PLabc"),
            ("music.youtube.com/browse/VLPLabc", "PLabc"),
            ("https://music.youtube.com/browse/VLOLAK5uy_x?x=y", "OLAK5uy_x"),
            ("HTTPS://WWW.YOUTUBE.COM/playlist?list=PLabc", "PLabc"),
            ("youtube.com:443/playlist?list=PLabc", "PLabc"),
        ] {
            assert_eq!(playlist_id(text).map(|id| id.to_string()).as_deref(), Ok(id), "{text}");
        }
    }

    #[test]
    fn what_names_no_playlist_is_refused_with_a_reason() {
        for (text, problem) in [
            ("", "is no playlist"),
            ("focus", "is no playlist"),
            ("dQw4w9WgXcQ", "is no playlist"),
            ("UC2XdaAVUannpujzv32jcouQ", "is no playlist"),
            ("PL abc", "is no playlist"),
            ("PLünï", "is no playlist"),
            ("../PLabc", "is no address of YouTube"),
            ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", "is no playlist's address"),
            ("https://music.youtube.com/browse/MPREb_x", "is no playlist's address"),
            ("https://www.youtube.com/playlist?list=", "is no playlist"),
            ("https://www.youtube.com/playlist?list=PL%2Fx", "is no playlist"),
            ("https://notyoutube.com/playlist?list=PLabc", "is no address of YouTube"),
            ("https://example.org/playlist?list=PLabc", "is no address of YouTube"),
            ("ftp://youtube.com/playlist?list=PLabc", "is no address of YouTube"),
            ("https://", "is no playlist"),
        ] {
            let error = playlist_id(text).expect_err(text);
            assert_eq!(error.problem, problem, "{text}");
            assert!(error.to_string().contains(text) && error.to_string().contains("list="), "{error}");
        }
    }

    #[test]
    fn every_address_of_a_video() {
        const ID: &str = "dQw4w9WgXcQ";
        for text in [
            "https://youtu.be/ID",
            "http://youtu.be/ID?si=abc&t=42",
            "https://youtu.be/ID/",
            "https://youtu.be/ID?list=PLabc",
            "https://youtu.be/ID#t=1",
            "https://www.youtube.com/watch?v=ID",
            "http://youtube.com/watch?v=ID",
            "https://m.youtube.com/watch?v=ID&feature=share",
            "https://music.youtube.com/watch?v=ID&list=RDAMVMx&si=y",
            "https://www.youtube.com/watch?list=PLabc&index=2&v=ID&t=1m3s",
            "https://www.youtube.com/watch/?v=ID#x",
            "HTTPS://WWW.YouTube.COM/watch?v=ID",
            "https://www.youtube.com:443/watch?v=ID",
            "https://youtube.com/shorts/ID?feature=share",
            "https://www.youtube.com/live/ID?t=3",
            "https://www.youtube.com/embed/ID?autoplay=1",
            "https://www.youtube-nocookie.com/embed/ID",
            "https://www.youtube.com/v/ID",
        ] {
            let text = text.replace("ID", ID);
            assert_eq!(link(&text), Some(Link::Video(ID.parse().unwrap())), "{text}");
        }
    }

    #[test]
    fn every_address_of_a_playlist_as_a_whole() {
        for text in [
            "https://www.youtube.com/playlist?list=PLabc",
            "http://youtube.com/playlist?si=x&list=PLabc#y",
            "https://music.youtube.com/playlist?list=VLPLabc",
            "https://music.youtube.com/browse/VLPLabc",
            "https://m.youtube.com/playlist/?list=PLabc",
            "https://www.youtube.com/watch?list=PLabc",
            "https://www.youtube.com/embed/videoseries?list=PLabc",
        ] {
            assert_eq!(link(text), Some(Link::Playlist("PLabc".parse().unwrap())), "{text}");
        }
    }

    #[test]
    fn what_only_looks_alike_leads_nowhere() {
        for text in [
            "",
            "dQw4w9WgXcQ",
            "PLabc",
            "youtu.be/dQw4w9WgXcQ",
            "www.youtube.com/watch?v=dQw4w9WgXcQ",
            "music/https://youtu.be/dQw4w9WgXcQ",
            "file:///youtu.be/dQw4w9WgXcQ",
            "ftp://youtu.be/dQw4w9WgXcQ",
            "https:/youtu.be/dQw4w9WgXcQ",
            "https://",
            "https://youtu.be",
            "https://youtu.be/",
            "https://youtu.be/?list=PLabc",
            "https://youtu.be/dQw4w9WgXc",
            "https://youtu.be/dQw4w9WgXcQQ",
            "https://youtu.be/dQw4w9WgXcQ/x",
            "https://youtu.be//dQw4w9WgXcQ",
            "https://notyoutube.com/watch?v=dQw4w9WgXcQ",
            "https://youtube.com.example.org/watch?v=dQw4w9WgXcQ",
            "https://youtube.org/watch?v=dQw4w9WgXcQ",
            "https://example.org/https://youtu.be/dQw4w9WgXcQ",
            "https://youtu.be@example.org/dQw4w9WgXcQ",
            "https://me@youtube.com/watch?v=dQw4w9WgXcQ",
            "https://youtube.com:8080/watch?v=dQw4w9WgXcQ",
            "https://www.youtube.com/watch",
            "https://www.youtube.com/watch?v=",
            "https://www.youtube.com/watch?v=short&list=PLabc",
            "https://www.youtube.com/watch?list=UC2XdaAVUannpujzv32jcouQ",
            "https://www.youtube.com/Watch?v=dQw4w9WgXcQ",
            "https://www.youtube.com/dQw4w9WgXcQ",
            "https://www.youtube.com/embed/live_stream?channel=x",
            "https://www.youtube.com/embed/videoseries",
            "https://www.youtube.com/@somebody",
            "https://www.youtube.com/channel/UC2XdaAVUannpujzv32jcouQ",
            "https://www.youtube.com/c/somebody",
            "https://music.youtube.com/browse/MPREb_x",
            "https://www.youtube.com/playlist",
            "https://www.youtube.com/playlist?list=",
        ] {
            assert_eq!(link(text), None, "{text}");
        }
    }
}
