//! Getting one picture from YouTube's picture servers.

use bytes::BytesMut;
use reqwest::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE};

use crate::library::{Picture, VideoId};

/// Many clients show nothing but these; Google's servers choose by this header.
const WANTED: &str = "image/jpeg, image/png;q=0.9, image/*;q=0.5";

/// Media types' names are no longer than this (RFC 6838, section 4.2: 127 for each half).
const LONGEST_KIND: usize = 64;

/// Where the picture of a song is, if nobody has said so: every video has one of 480 by 360.
pub(super) fn usual_address(video: VideoId) -> String {
    format!("https://i.ytimg.com/vi/{video}/hqdefault.jpg")
}

/// The same picture as JPEG, where the address tells the format.
pub(super) fn as_jpeg(url: &str) -> String {
    if let Some((host, path)) = url.split_once(".ytimg.com/vi_webp/") {
        // What is behind the question mark is signed, for the other path.
        let path = path.split('?').next().unwrap_or_default();
        let path = path.strip_suffix(".webp").unwrap_or(path);
        let path = path.strip_suffix(".jpg").unwrap_or(path);
        return format!("{host}.ytimg.com/vi/{path}.jpg");
    }
    match url.strip_suffix("-rw") {
        Some(picture) if picture.contains(".googleusercontent.com/") => format!("{picture}-rj"),
        _ => url.to_owned(),
    }
}

/// A picture of sensible size, or nothing: why does not matter, another time it may be there.
pub(super) async fn download(client: &Client, url: &str) -> Option<Picture> {
    let request = client.get(url).header(ACCEPT, WANTED);
    let mut response = request.send().await.ok()?.error_for_status().ok()?;
    let kind = kind(response.headers().get(CONTENT_TYPE)?.to_str().ok()?)?;
    let mut bytes = BytesMut::new();
    while let Some(frame) = response.chunk().await.ok()? {
        bytes.extend_from_slice(&frame);
        if bytes.len() > Picture::LONGEST {
            return None;
        }
    }
    (!bytes.is_empty()).then(|| Picture { kind, bytes: bytes.freeze() })
}

/// `image/…`, without parameters.
fn kind(content_type: &str) -> Option<Box<str>> {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let name = kind.strip_prefix("image/").filter(|name| !name.is_empty() && name.len() <= LONGEST_KIND)?;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    plain.then(|| kind.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jpeg_is_asked_for_where_the_address_says_webp() {
        for (url, jpeg) in [
            (
                "https://i.ytimg.com/vi_webp/dQw4w9WgXcQ/sddefault.webp?sqp=x&rs=y",
                "https://i.ytimg.com/vi/dQw4w9WgXcQ/sddefault.jpg",
            ),
            (
                "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg?sqp=x&rs=y",
                "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg?sqp=x&rs=y",
            ),
            (
                "https://lh3.googleusercontent.com/x=w544-h544-l90-rw",
                "https://lh3.googleusercontent.com/x=w544-h544-l90-rj",
            ),
            (
                "https://lh3.googleusercontent.com/x=w544-h544-l90-rj",
                "https://lh3.googleusercontent.com/x=w544-h544-l90-rj",
            ),
            ("https://h/vi_webp/x.webp-rw", "https://h/vi_webp/x.webp-rw"),
        ] {
            assert_eq!(as_jpeg(url), jpeg);
        }
    }

    #[test]
    fn only_pictures_are_pictures() {
        for (content_type, expect) in [
            ("image/jpeg", Some("image/jpeg")),
            ("Image/JPEG; charset=binary", Some("image/jpeg")),
            ("image/svg+xml", Some("image/svg+xml")),
            ("image/", None),
            ("image/x y", None),
            ("text/html", None),
            ("", None),
        ] {
            assert_eq!(kind(content_type).as_deref(), expect, "{content_type}");
        }
    }
}
