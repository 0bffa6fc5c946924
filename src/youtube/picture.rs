//! Which of a song's pictures serves as its cover.

use super::lean::Json;
use crate::library::VideoId;

/// The least width of a picture that serves as a cover, in pixels.
const COVER_WIDTH: u64 = 300;

/// The address of a row's picture, whatever the picture is wrapped in.
pub(super) fn of_row(thumbnail: &Json<'_>) -> Option<Box<str>> {
    let kinds = ["musicThumbnailRenderer", "croppedSquareThumbnailRenderer"];
    let nested = kinds.iter().map(|kind| thumbnail.at(kind).at("thumbnail").at("thumbnails"));
    nested.chain([thumbnail.at("thumbnails")]).find_map(best)
}

/// The video that a row's picture is of, if it is YouTube's own.
pub(super) fn video(thumbnail: &Json<'_>) -> Option<VideoId> {
    let address = of_row(thumbnail)?;
    let (_, path) = address.split_once("://i.ytimg.com/")?;
    path.strip_prefix("vi/").or_else(|| path.strip_prefix("vi_webp/"))?.split('/').next()?.parse().ok()
}

/// The address of the smallest picture of `thumbnails` that is large enough, else of the largest.
pub(super) fn best(thumbnails: &Json<'_>) -> Option<Box<str>> {
    let pictures = thumbnails.as_array()?.iter().filter_map(|picture| {
        let url = picture.at("url").as_str().filter(|url| is_address(url))?;
        Some((picture.at("width").as_u64().unwrap_or(0), url))
    });
    let sufficient =
        pictures.clone().filter(|(width, _)| *width >= COVER_WIDTH).min_by_key(|(width, _)| *width);
    let (_, url) = sufficient.or_else(|| pictures.max_by_key(|(width, _)| *width))?;
    let scheme = if url.starts_with("//") { "https:" } else { "" };
    Some(match enlarged(url) {
        Some((picture, options)) => format!("{scheme}{picture}=w544-h544{options}").into(),
        None if scheme.is_empty() => url.into(),
        None => format!("{scheme}{url}").into(),
    })
}

/// Whether it is an address on the web, which has neither spaces nor anything but ASCII.
fn is_address(url: &str) -> bool {
    let web = ["https://", "http://", "//"].iter().any(|scheme| url.starts_with(scheme));
    web && url.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Rows come with pictures of 60 and 120 pixels. Google's picture server gives any size that the
/// address asks for (`=w120-h120-...`); YouTube Music's own player asks for 544. What stands around
/// the size, if it is such an address.
fn enlarged(url: &str) -> Option<(&str, &str)> {
    let (picture, options) = url.rsplit_once('=')?;
    let options = ["w60-h60", "w120-h120"].iter().find_map(|size| options.strip_prefix(size))?;
    let host = picture.split('/').nth(2)?;
    host.ends_with(".googleusercontent.com").then_some((picture, options))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::youtube::lean::with;

    #[test]
    fn the_picture_is_large_enough_for_a_cover() {
        let of = |sizes: &[(&str, u64)]| {
            let pictures: Vec<Value> =
                sizes.iter().map(|(url, width)| json!({"url": url, "width": width})).collect();
            with(&json!(pictures), best).map(String::from)
        };
        let small = [("http://h/60", 60), ("http://h/120", 120)];
        assert_eq!(of(&small).as_deref(), Some("http://h/120"));
        let large = [("http://h/1200", 1200), ("http://h/120", 120), ("http://h/400", 400)];
        assert_eq!(of(&large).as_deref(), Some("http://h/400"));
        let google = [("https://lh3.googleusercontent.com/x=w60-h60-l90-rj", 60)];
        assert_eq!(of(&google).as_deref(), Some("https://lh3.googleusercontent.com/x=w544-h544-l90-rj"));
        assert_eq!(of(&[("//i.ytimg.com/x", 9)]).as_deref(), Some("https://i.ytimg.com/x"));
        assert_eq!(of(&[("file:///etc/passwd", 900), ("http://h/a\nb", 900)]), None);
        assert_eq!(with(&json!({}), best), None);
    }
}
