//! The JSON that `yt-dlp -J` describes a video with, as a [`Stream`].
//!
//! Every field may be missing or of another type: what is not understood counts as not there.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::Url;

use super::{Fault, FaultKind, Stream, Way};
use crate::config::Secret;
use crate::library::{Track, VideoId, line};

/// How long a URL that does not say so lives; YouTube's say about 6 hours.
const USUAL_LIFE: Duration = Duration::from_secs(5 * 60 * 60);

/// The fields of the chosen format, which `yt-dlp` repeats at the top.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Info {
    #[serde(deserialize_with = "lenient")]
    url: Option<String>,
    #[serde(deserialize_with = "lenient")]
    http_headers: Option<BTreeMap<String, Value>>,
    #[serde(deserialize_with = "lenient")]
    protocol: Option<String>,
    #[serde(deserialize_with = "lenient")]
    ext: Option<String>,
    #[serde(deserialize_with = "lenient")]
    acodec: Option<String>,
    #[serde(deserialize_with = "lenient")]
    format_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    available_at: Option<u64>,
}

/// What is said of the song itself. For what is not on YouTube Music, the artist is the uploader.
#[derive(Default, Deserialize)]
#[serde(default)]
struct About {
    #[serde(deserialize_with = "lenient")]
    track: Option<String>,
    #[serde(deserialize_with = "lenient")]
    title: Option<String>,
    #[serde(deserialize_with = "lenient")]
    artists: Option<Vec<String>>,
    #[serde(deserialize_with = "lenient")]
    uploader: Option<String>,
    #[serde(deserialize_with = "lenient")]
    album: Option<String>,
    #[serde(deserialize_with = "lenient")]
    duration: Option<f64>,
    #[serde(deserialize_with = "lenient")]
    thumbnail: Option<String>,
}

/// What `json` says of the song `video`; `None` without a title.
pub(super) fn track(json: &[u8], video: VideoId) -> Option<Track> {
    let about: About = serde_json::from_slice(json).ok()?;
    let title = about.track.as_deref().and_then(line).or_else(|| line(about.title.as_deref()?))?;
    let named: Vec<String> = about.artists.filter(|artists| !artists.is_empty()).unwrap_or_else(|| {
        // A channel that YouTube makes for an artist.
        let uploader = about.uploader.as_deref();
        uploader.map(|name| name.strip_suffix(" - Topic").unwrap_or(name).to_owned()).into_iter().collect()
    });
    Some(Track {
        id: video,
        title,
        artists: named.iter().filter_map(|artist| line(artist)).collect(),
        album: about.album.as_deref().and_then(line),
        duration: about.duration.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        thumbnail: about.thumbnail.map(Into::into),
    })
}

/// The stream that `json` describes at the moment `now`.
pub(super) fn stream(json: &[u8], now: SystemTime) -> Result<Stream, Fault> {
    let info: Option<Info> = serde_json::from_slice(json).map_err(|_| {
        setup("what yt-dlp wrote is not its JSON; check `resolver.command` and `resolver.args`")
    })?;
    let info = info.unwrap_or_default();
    let Some(url) = info.url.as_deref().and_then(|url| Url::parse(url).ok()) else {
        return Err(setup(
            "yt-dlp names no URL for the song; `resolver.format` has to choose a single format",
        ));
    };
    let protocol = info.protocol.as_deref().unwrap_or(url.scheme());
    if !matches!(protocol, "http" | "https") || !matches!(url.scheme(), "http" | "https") {
        // A live broadcast, as a rule.
        let protocol: String =
            protocol.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(32).collect();
        let reason = format!("YouTube has it only as a {protocol} broadcast, not as a file");
        return Err(Fault { kind: FaultKind::Gone, reason });
    }
    let at = |seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    Ok(Stream {
        headers: headers(info.http_headers.unwrap_or_default()),
        mime: mime(info.ext.as_deref(), info.acodec.as_deref()).to_owned(),
        format: info.format_id.unwrap_or_default(),
        expires: parameter(&url, "expire").and_then(at).unwrap_or(now + USUAL_LIFE),
        available_at: info.available_at.and_then(at),
        way: parameter(&url, "ip").map(Way::of_family).unwrap_or_default(),
        url: Secret::new(url.into()),
    })
}

/// A value of the type that it should have, else nothing.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(from)?).ok())
}

fn setup(reason: &str) -> Fault {
    Fault { kind: FaultKind::Setup, reason: reason.to_owned() }
}

fn headers(headers: BTreeMap<String, Value>) -> Vec<(String, String)> {
    let text = |value| if let Value::String(text) = value { Some(text) } else { None };
    headers.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
}

/// What stands in the query (`?expire=1`) or, as in manifests, in the path (`/expire/1/`).
fn parameter<T: FromStr>(url: &Url, name: &str) -> Option<T> {
    let mut path = url.path_segments().into_iter().flatten();
    let in_path = path.any(|segment| segment == name).then(|| path.next()).flatten();
    let in_query = url.query_pairs().find(|(key, _)| key == name).and_then(|(_, value)| value.parse().ok());
    in_query.or_else(|| in_path?.parse().ok())
}

fn mime(ext: Option<&str>, acodec: Option<&str>) -> &'static str {
    match ext {
        Some("webm") => "audio/webm",
        Some("m4a" | "mp4") => "audio/mp4",
        Some("mp3") => "audio/mpeg",
        Some("ogg" | "opus") => "audio/ogg",
        Some("flac") => "audio/flac",
        Some("aac") => "audio/aac",
        Some("wav") => "audio/wav",
        _ => match acodec {
            // YouTube's containers for them.
            Some("opus" | "vorbis") => "audio/webm",
            Some(codec) if codec.starts_with("mp4a") => "audio/mp4",
            _ => "application/octet-stream",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    const NOW: u64 = 1_000;

    #[test]
    fn the_chosen_format_becomes_a_stream() {
        let json = br#"{"id": "dQw4w9WgXcQ", "formats": [{"url": "http://other"}], "format_id": "251",
            "url": "https://r1.example/videoplayback?expire=22000&ip=1.2.3.4&clen=437433", "ext": "webm",
            "acodec": "opus", "filesize": 437433, "protocol": "https", "available_at": 1006,
            "http_headers": {"User-Agent": "Mozilla/5.0", "Odd": 7}}"#;
        let stream = stream(json, at(NOW)).unwrap();
        let expected = Stream {
            url: Secret::new(
                "https://r1.example/videoplayback?expire=22000&ip=1.2.3.4&clen=437433".to_owned(),
            ),
            headers: vec![("User-Agent".to_owned(), "Mozilla/5.0".to_owned())],
            mime: "audio/webm".to_owned(),
            format: "251".to_owned(),
            expires: at(22_000),
            available_at: Some(at(1006)),
            way: Way::of_family("1.2.3.4".parse().unwrap()),
        };
        assert_eq!(stream, expected);
        assert!(!format!("{stream:?}").contains("1.2.3.4"));
    }

    #[test]
    fn what_the_real_one_prints_is_understood() {
        let json = include_bytes!("../../tests/data/ytdlp_J_video_251.json");
        let stream = stream(json, at(NOW)).unwrap();
        assert!(stream.url.reveal().contains("itag=251"));
        assert_eq!((stream.format.as_str(), stream.mime.as_str()), ("251", "audio/webm"));
        assert_eq!(stream.headers.len(), 4);
        assert_eq!((stream.expires, stream.available_at), (at(1_795_372_326), Some(at(1_795_350_786))));
    }

    #[test]
    fn what_is_missing_or_odd_is_made_up_for() {
        let later = at(NOW) + USUAL_LIFE;
        for (json, mime, expires) in [
            (r#"{"url": "http://h/a"}"#, "application/octet-stream", later),
            (r#"{"url": "http://h/expire/77/clen/5/x", "ext": "m4a"}"#, "audio/mp4", at(77)),
            (r#"{"url": "http://h/?clen=5&expire=soon", "ext": "mp4"}"#, "audio/mp4", later),
            (r#"{"url": "http://h/?expire=18446744073709551615", "acodec": "opus"}"#, "audio/webm", later),
            (r#"{"url": "http://h/", "acodec": "mp4a.40.2", "format_id": null}"#, "audio/mp4", later),
            (
                r#"{"url": "http://h/", "ext": ["webm"], "available_at": "x", "http_headers": []}"#,
                "application/octet-stream",
                later,
            ),
        ] {
            let stream = stream(json.as_bytes(), at(NOW)).unwrap();
            assert_eq!((stream.mime.as_str(), stream.expires), (mime, expires), "{json}");
            assert_eq!(stream.available_at, None);
        }
    }

    #[test]
    fn what_is_no_file_is_refused() {
        for (json, kind) in [
            ("", FaultKind::Setup),
            ("{\"url\": \"http://h/", FaultKind::Setup),
            ("2026.10.26\n", FaultKind::Setup),
            ("[]", FaultKind::Setup),
            ("null", FaultKind::Setup),
            ("{}", FaultKind::Setup),
            (r#"{"url": "no url"}"#, FaultKind::Setup),
            (r#"{"_type": "playlist", "entries": []}"#, FaultKind::Setup),
            (r#"{"url": "https://h/a.m3u8", "protocol": "m3u8_native"}"#, FaultKind::Gone),
            (r#"{"url": "https://h/a.mpd", "protocol": "http_dash_segments"}"#, FaultKind::Gone),
            (r#"{"url": "file:///etc/passwd"}"#, FaultKind::Gone),
            (r#"{"url": "rtmp://h/", "protocol": "https"}"#, FaultKind::Gone),
        ] {
            assert_eq!(stream(json.as_bytes(), at(NOW)).map_err(|fault| fault.kind), Err(kind), "{json}");
        }
    }

    #[test]
    fn the_song_is_described_as_far_as_it_is_known() {
        let told = |json: &str| {
            let track = track(json.as_bytes(), "dQw4w9WgXcQ".parse().unwrap())?;
            let duration = track.duration.map(|duration| duration.as_millis());
            Some(format!("{}|{}|{:?}|{duration:?}", track.title, track.artists.join("/"), track.album))
        };
        for (json, expected) in [
            (
                r#"{"title": "T (Official)", "track": "T", "artists": ["A", "B\n"], "uploader": "A - Topic",
                    "album": "L", "duration": 213.5}"#,
                Some(r#"T|A/B|Some("L")|Some(213500)"#),
            ),
            (r#"{"title": "T", "uploader": "Someone", "duration": 7}"#, Some("T|Someone|None|Some(7000)")),
            (r#"{"title": " T ", "artists": [], "uploader": "A - Topic"}"#, Some("T|A|None|None")),
            (r#"{"title": "T", "track": 5, "artists": "A", "duration": -1}"#, Some("T||None|None")),
            (r#"{"title": "\n", "duration": 1e300}"#, None),
            ("{}", None),
            ("null", None),
            ("", None),
        ] {
            assert_eq!(told(json).as_deref(), expected, "{json}");
        }
    }
}
