//! `/youtubei/v1/player`: whether a video plays, and where its audio is.
//!
//! The words are YouTube's own in English, since yt-dlp shows them as they are and ytmpd tells
//! the classes of failure by them.

use serde_json::{Value, json};

use super::audio::Format;
use super::catalogue::Song;
use super::json::set;
use super::knobs::Says;
use super::music_rows::thumbnails;
use super::world::World;

/// What `client` is told about the video.
pub fn player_response(world: &mut World, id: &str, client: &str) -> Value {
    let says = world.says(id);
    if let Some((status, reason, screen)) = refusal(&says) {
        return refused(id, status, reason, screen);
    }
    let Some(song) = world.catalogue.song(id).cloned() else {
        return refused(id, "ERROR", "Video unavailable", json!({}));
    };
    let urls = match says {
        // YouTube's own web client has had no URLs since 2025.
        _ if client == "WEB" => Urls::Withheld,
        Says::SabrOnly => Urls::Withheld,
        Says::Challenged => Urls::Challenged,
        Says::Ciphered => Urls::Ciphered,
        _ => Urls::Plain,
    };
    let mut response = json!({
        "playabilityStatus": {"status": "OK", "playableInEmbed": true},
        "streamingData": {
            "expiresInSeconds": "21540",
            "adaptiveFormats": formats(world, &song, &says, urls),
            "serverAbrStreamingUrl": "https://rr1---sn-fake.googlevideo.com/videoplayback?sabr=1",
        },
        "videoDetails": details(&song, &world.media_url),
        // With these a video that has no other format does not count as one without formats.
        "storyboards": {"playerStoryboardSpecRenderer": {
            "spec": "https://i.ytimg.com/sb/fake/storyboard3_L$L/$N.jpg?sqp=fake|48#27#100#10#10#0#default#fake",
        }},
    });
    if let Says::PreRoll(seconds) = says {
        let advertisement = json!({"adPlacementRenderer": {
            "config": {"adPlacementConfig": {"kind": "AD_PLACEMENT_KIND_START"}},
            "renderer": {"instreamVideoAdRenderer": {
                "playerVars": "length_seconds=60",
                "skipOffsetMilliseconds": seconds * 1000,
            }},
        }});
        set(&mut response, "adPlacements", vec![advertisement]);
    }
    response
}

/// Whether formats come with URLs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Urls {
    /// One each, without a signature or challenge that JavaScript would have to solve.
    Plain,
    /// One each, with a challenge for the player's JavaScript.
    Challenged,
    /// One each, with a signature that the player's JavaScript has to unscramble.
    Ciphered,
    /// None: the client is to speak SABR.
    Withheld,
}

impl Urls {
    /// Puts `url` into a format.
    fn put(self, format: &mut Value, url: &str) {
        match self {
            Self::Plain => set(format, "url", url),
            Self::Challenged => set(format, "url", format!("{url}&n=challenge")),
            Self::Ciphered => {
                let url: String = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
                set(format, "signatureCipher", format!("s=scrambled&sp=sig&url={url}"));
            }
            Self::Withheld => {}
        }
    }
}

/// `status`, `reason` and `errorScreen` of what does not play.
fn refusal(says: &Says) -> Option<(&'static str, &'static str, Value)> {
    let plain = json!({});
    Some(match says {
        Says::Plays
        | Says::M4aOnly
        | Says::NoAudio
        | Says::SabrOnly
        | Says::Challenged
        | Says::Ciphered
        | Says::Status(_)
        | Says::Slow(_)
        | Says::PreRoll(_) => return None,
        Says::Private => (
            "LOGIN_REQUIRED",
            "This video is private",
            error_screen("This video is private", "Sign in if you've been granted access to this video"),
        ),
        Says::Removed => unavailable("This video has been removed by the uploader"),
        Says::Terminated => unavailable(
            "This video is no longer available because the YouTube account associated with this video has been terminated.",
        ),
        Says::Unavailable => ("ERROR", "Video unavailable", plain),
        Says::AgeGated => (
            "LOGIN_REQUIRED",
            "Sign in to confirm your age",
            error_screen("Sign in to confirm your age", "This video may be inappropriate for some users."),
        ),
        Says::GeoBlocked => (
            "UNPLAYABLE",
            "Video unavailable",
            error_screen(
                "Video unavailable",
                "The uploader has not made this video available in your country",
            ),
        ),
        Says::BotCheck => (
            "LOGIN_REQUIRED",
            "Sign in to confirm you\u{2019}re not a bot",
            error_screen(
                "Sign in to confirm you\u{2019}re not a bot",
                "This helps protect our community. Learn more",
            ),
        ),
        Says::Captcha => {
            ("UNPLAYABLE", "Video unavailable", json!({"playerCaptchaViewModel": {"captchaStrategy": {}}}))
        }
        Says::RateLimited => ("UNPLAYABLE", "This content isn't available, try again later.", plain),
        Says::PremiumOnly => ("UNPLAYABLE", "This video is only available to Music Premium members", plain),
        Says::MembersOnly => (
            "UNPLAYABLE",
            "Join this channel to get access to members-only content like this video, and other exclusive perks.",
            plain,
        ),
        Says::LiveOffline => ("LIVE_STREAM_OFFLINE", "This live event will begin in 3 hours.", plain),
    })
}

fn unavailable(subreason: &str) -> (&'static str, &'static str, Value) {
    ("ERROR", "Video unavailable", error_screen("Video unavailable", subreason))
}

fn error_screen(reason: &str, subreason: &str) -> Value {
    json!({"playerErrorMessageRenderer": {
        "reason": {"simpleText": reason},
        "subreason": {"simpleText": subreason},
    }})
}

#[expect(clippy::needless_pass_by_value, reason = "reads better where json! makes the value")]
fn refused(id: &str, status: &str, reason: &str, screen: Value) -> Value {
    json!({
        "playabilityStatus": {"status": status, "reason": reason, "errorScreen": screen},
        "videoDetails": {"videoId": id, "title": format!("Video {id}"), "lengthSeconds": "30", "author": "Someone"},
    })
}

fn details(song: &Song, pictures: &str) -> Value {
    let artists = song.artists.join(" · ");
    // This is how YouTube describes what labels deliver; yt-dlp reads track, artist and album
    // from it.
    let description = match &song.album {
        Some(album) => format!(
            "Provided to YouTube by Fake Label\n\n{} · {artists}\n\n{album}\n\n\u{2117} 2026 Fake Label\n\nReleased on: 2026-01-02\n\nAuto-generated by YouTube.",
            song.title
        ),
        None => "A video.".to_owned(),
    };
    json!({
        "videoId": song.id,
        "title": song.title,
        "lengthSeconds": song.audio.seconds().to_string(),
        "channelId": "UCfake000000000000000000",
        "author": song.channel(),
        "shortDescription": description,
        "thumbnail": {"thumbnails": thumbnails(pictures, &song.id)},
        "viewCount": "7",
        "isLiveContent": false,
    })
}

fn formats(world: &mut World, song: &Song, says: &Says, urls: Urls) -> Vec<Value> {
    let mut all = vec![video_only(&world.media_url, urls)];
    if *says == Says::NoAudio {
        return all;
    }
    let kinds: &[Format] =
        if *says == Says::M4aOnly { &[Format::M4a] } else { &[Format::M4a, Format::WebmOpus] };
    for &format in kinds {
        let (Some(file), Some(url)) =
            (world.current_file(&song.id, format), world.stream_url(&song.id, format))
        else {
            continue;
        };
        let mut one = json!({
            "itag": format.itag(),
            "mimeType": format!("{}; codecs=\"{}\"", format.mime(), format.codec()),
            "bitrate": if format == Format::WebmOpus { 136_500 } else { 128_500 },
            "contentLength": file.len().to_string(),
            "approxDurationMs": (song.audio.seconds() * 1000).to_string(),
            "quality": "tiny",
            "audioQuality": "AUDIO_QUALITY_MEDIUM",
            "audioSampleRate": "48000",
            "audioChannels": 2,
            "loudnessDb": -4.2,
        });
        urls.put(&mut one, &url);
        all.push(one.clone());
        // The louder twin that YouTube offers beside it. Nobody here wants it.
        set(&mut one, "isDrc", true);
        all.push(one);
    }
    all
}

fn video_only(media_url: &str, urls: Urls) -> Value {
    let mut format = json!({
        "itag": 137,
        "mimeType": "video/mp4; codecs=\"avc1.640028\"",
        "bitrate": 4_000_000,
        "width": 1920,
        "height": 1080,
        "fps": 30,
        "quality": "hd1080",
        "qualityLabel": "1080p",
    });
    urls.put(&mut format, &format!("{media_url}/videoplayback?itag=137"));
    format
}
