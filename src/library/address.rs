//! The playlist that a user means, by id or by any of YouTube's addresses of it.

use url::Url;

use super::PlaylistId;

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
    let in_query = url.query_pairs().find(|(key, _)| key == "list").map(|(_, id)| id.into_owned());
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
}
