//! Everything about the fake that a test, or a script through `POST /control`, can change while
//! it runs.
//!
//! As JSON a knob is an object with a `knob`:
//!
//! * `{"knob":"video","id":"focus000001","says":"private"}`
//! * `{"knob":"all_videos","says":{"status":429}}`
//! * `{"knob":"media","rule":{"bytes_per_second":40000,"times":3}}`
//! * `{"knob":"music","rule":{"fault":{"status":{"status":500}}}}`
//! * `{"knob":"covers","latency_ms":60000}`
//! * `{"knob":"music_of","id":"PLfocus...","rule":{"fault":"other_shape","times":1}}`
//! * `{"knob":"library","ids":["PLfocus...","LM"]}`, `{"knob":"library"}` for all of them
//! * `{"knob":"language","language":"french"}`
//! * `{"knob":"rotate_cookies"}`, `{"knob":"sign_in_anew"}`
//! * `{"knob":"refuse","refusal":{"status":401}}`, `{"knob":"auth_user","number":1}`
//! * `{"knob":"expire_urls"}`

use serde::Deserialize;

use super::account::Refusal;
use super::catalogue::{Playlist, Song};

/// One change of behaviour. It holds until another replaces it, or for as many requests as it
/// says.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "knob", rename_all = "snake_case")]
pub enum Knob {
    /// What YouTube says when this video is to be played. A video that is
    /// not in the catalogue is added.
    Video {
        /// Which.
        id: String,
        /// What.
        says: Says,
    },
    /// What YouTube says of every video that no [`Knob::Video`] names; `Says::Plays` is normal.
    AllVideos {
        /// What.
        says: Says,
    },
    /// Adds a song, or replaces it.
    Song {
        /// The song.
        song: Song,
    },
    /// From its next resolve on, the song is another file of another length; URLs given out
    /// before still give the old one.
    Reencode {
        /// Which.
        id: String,
    },
    /// Adds a playlist, or replaces it.
    #[serde(skip)]
    Playlist(Playlist),
    /// Adds a playlist of so many songs of 30 s, or replaces it.
    NumberedPlaylist {
        /// Its id.
        id: String,
        /// Its title.
        title: String,
        /// How its songs' ids begin.
        key: String,
        /// How many.
        count: usize,
    },
    /// Removes a playlist.
    RemovePlaylist {
        /// Which.
        id: String,
    },
    /// How InnerTube of YouTube Music answers.
    Music {
        /// How.
        rule: MusicRule,
    },
    /// How InnerTube answers what concerns one playlist, all its pages; it goes before the rule
    /// for all. `FEmusic_liked_playlists` is the library.
    MusicOf {
        /// Which.
        id: String,
        /// How.
        rule: MusicRule,
    },
    /// The account's library holds these playlists in this order; absent: every playlist that
    /// there is, in the catalogue's order.
    Library {
        /// Which; those that are not there are left out.
        #[serde(default)]
        ids: Option<Vec<String>>,
    },
    /// The account's language, whatever a request says.
    Language {
        /// Which.
        language: Language,
    },
    /// The next signed request is answered with `Set-Cookie`; the value of before is refused once
    /// the new one has been seen.
    RotateCookies,
    /// The user signs in anew in the browser: the cookies of before are refused, and
    /// [`super::FakeYouTube::cookies_txt`] gives others.
    SignInAnew,
    /// How requests are answered whose cookies or signatures are wrong.
    Refuse {
        /// How.
        refusal: Refusal,
    },
    /// The account's number in the browser; requests for another are refused.
    AuthUser {
        /// `X-Goog-AuthUser`.
        number: u32,
    },
    /// How audio is served: of one video, or of all that have no rule of their own.
    Media {
        /// Which; absent for all.
        #[serde(default)]
        id: Option<String>,
        /// How.
        rule: MediaRule,
    },
    /// How long thumbnails take.
    Covers {
        /// In milliseconds.
        latency_ms: u64,
    },
    /// Every media URL given out so far answers 403 from now on.
    ExpireUrls,
    /// How long a media URL given out from now on lives.
    UrlLife {
        /// In seconds. YouTube's is about six hours.
        seconds: u64,
    },
}

/// A language of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// YouTube's words are in English.
    #[default]
    English,
    /// They are in French, "Titres likés" for instance.
    French,
}

/// What YouTube says when a video is to be played.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// Here it is.
    #[default]
    Plays,
    /// It is private.
    Private,
    /// Its uploader removed it.
    Removed,
    /// Its uploader's account was closed.
    Terminated,
    /// `Video unavailable`, without a reason.
    Unavailable,
    /// Sign in to confirm your age.
    AgeGated,
    /// Not in your country, with the uploader as reason.
    GeoBlocked,
    /// Sign in to confirm you're not a bot.
    BotCheck,
    /// A captcha is to be solved in a browser first.
    Captcha,
    /// This content isn't available, try again later.
    RateLimited,
    /// For Music Premium members.
    PremiumOnly,
    /// For the channel's members.
    MembersOnly,
    /// A live event that begins in 3 hours.
    LiveOffline,
    /// Plays, without an opus format.
    M4aOnly,
    /// Plays, without a format that is only sound.
    NoAudio,
    /// Plays, and no format has a URL.
    SabrOnly,
    /// Plays, and every URL holds an `n` that the player's JavaScript has to turn into another. The
    /// player here cannot, as one that a solver does not know yet.
    Challenged,
    /// As [`Says::Challenged`], of the signature in place of the URL.
    Ciphered,
    /// Every request about it fails with this HTTP status.
    Status(u16),
    /// Plays, after this many milliseconds for each request about it.
    Slow(u64),
    /// Plays after an advertisement that can be skipped after this many seconds: URLs answer 403
    /// before.
    PreRoll(u64),
}

/// How InnerTube of YouTube Music answers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct MusicRule {
    /// Waits this long before each answer.
    pub latency_ms: u64,
    /// What goes wrong.
    pub fault: Option<MusicFault>,
    /// How many requests the rule holds for; for ever if absent.
    pub times: Option<u32>,
}

/// What goes wrong at InnerTube.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MusicFault {
    /// This status with a JSON error.
    Status {
        /// The status.
        status: u16,
        /// `Retry-After`, in seconds.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// 200 and a page of HTML, as consent walls and captchas are.
    Html,
    /// 200 and JSON of another shape.
    OtherShape,
    /// No answer, ever.
    Stall,
    /// Every page names itself as the next.
    RepeatContinuation,
    /// The last page leads back to the first, with another token each time.
    Endless,
    /// The cookies are not taken any more: whoever sends them is answered as a stranger.
    SignedOut,
    /// 200 and the page on which people sign in.
    SignInPage,
    /// A redirect to that page.
    SignInRedirect,
    /// The connection is closed without an answer.
    Hangup,
}

/// How audio is served.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct MediaRule {
    /// Waits this long before the headers of each answer.
    pub latency_ms: u64,
    /// A body comes no faster than this.
    pub bytes_per_second: Option<u64>,
    /// A body stands still for ever after this many bytes.
    pub stall_after: Option<usize>,
    /// A body ends, and the connection with it, after this many bytes, whatever its
    /// `Content-Length`. A peer that reads slowly may get less.
    pub cut_after: Option<usize>,
    /// This status instead of audio.
    pub status: Option<u16>,
    /// How many requests the rule holds for; for ever if absent.
    pub times: Option<u32>,
}
