//! The fake's one state, behind one lock that is never held over an await: the catalogue, the
//! knobs, the URLs given out, and what was asked.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::account::Account;
use super::audio::Format;
use super::catalogue::{Catalogue, Playlist, Song};
use super::clock::unix_now;
use super::knobs::{Knob, Language, MediaRule, MusicRule, Says};
use super::limited;

/// Older requests for audio are forgotten: benchmarks make very many.
pub const LOG_LENGTH: usize = 10_000;

/// YouTube's own, just under six hours.
const URL_LIFE: u64 = 21_240;

/// What was asked so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Requests to InnerTube of YouTube Music.
    pub music: u64,
    /// The most requests to InnerTube of YouTube Music that were under way at once.
    pub music_at_once: u64,
    /// Those of them that the account's owner signed.
    pub music_signed: u64,
    /// Those of them whose cookies or signatures were wrong.
    pub music_refused: u64,
    /// Pages of www.youtube.com that were asked for with the owner's cookies.
    pub www_signed: u64,
    /// Connections to the proxy.
    pub proxy: u64,
    /// Watch pages of www.youtube.com.
    pub watch: u64,
    /// `/youtubei/v1/player`.
    pub player: u64,
    /// `/youtubei/v1/next`.
    pub next: u64,
    /// Playlist pages of www.youtube.com, the first and its continuations.
    pub tab: u64,
    /// Thumbnails.
    pub covers: u64,
    /// Requests for audio, refused ones too.
    pub media: u64,
    /// Requests for audio that were refused.
    pub media_refused: u64,
    /// Bytes of audio handed to sockets.
    pub media_bytes: u64,
}

/// One request for audio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MediaRequest {
    /// Which video, if its URL was sound.
    pub id: String,
    /// Its `Range`, word for word.
    pub range: Option<String>,
    /// The answer's status.
    pub status: u16,
}

/// The world and where its audio is served from; cheap to clone.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<World>>);

pub struct World {
    pub catalogue: Catalogue,
    pub counters: Counters,
    pub media_log: VecDeque<MediaRequest>,
    /// Without a trailing slash.
    pub media_url: String,
    /// Requests to InnerTube of YouTube Music that are not answered yet.
    pub music_under_way: u64,
    pub account: Account,
    pub language: Language,
    library: Option<Vec<String>>,
    says: HashMap<String, Says>,
    all_say: Says,
    music: MusicRule,
    music_of: HashMap<String, MusicRule>,
    media: MediaRule,
    media_of: HashMap<String, MediaRule>,
    /// How often each song was encoded again.
    encodings: HashMap<String, u32>,
    files: HashMap<(String, Format, u32), Bytes>,
    /// Part of every signature: a new one makes all URLs given out before invalid.
    secret: u64,
    url_life: u64,
    /// How long thumbnails take, in milliseconds.
    covers_latency: u64,
    /// Recorded pages, by `browseId` and by continuation token.
    recorded: HashMap<String, Bytes>,
}

/// What a media URL says, apart from its signature.
#[derive(Hash)]
pub struct StreamParameters<'a> {
    pub id: &'a str,
    pub itag: &'a str,
    pub encoding: u32,
    /// When the URL dies.
    pub expire: u64,
    /// Before this moment it answers 403.
    pub not_before: u64,
}

impl Shared {
    pub fn new(catalogue: Catalogue, media_url: String) -> Self {
        Self(Arc::new(Mutex::new(World {
            catalogue,
            counters: Counters::default(),
            media_log: VecDeque::new(),
            media_url,
            music_under_way: 0,
            account: Account::default(),
            language: Language::default(),
            library: None,
            says: HashMap::new(),
            all_say: Says::default(),
            music: MusicRule::default(),
            music_of: HashMap::new(),
            media: MediaRule::default(),
            media_of: HashMap::new(),
            encodings: HashMap::new(),
            files: HashMap::new(),
            secret: 1,
            url_life: URL_LIFE,
            covers_latency: 0,
            recorded: HashMap::new(),
        })))
    }

    pub fn lock(&self) -> MutexGuard<'_, World> {
        // A test that panicked elsewhere leaves nothing half done here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn turn(&self, knob: Knob) {
        self.lock().turn(knob);
    }
}

impl World {
    fn turn(&mut self, knob: Knob) {
        match knob {
            Knob::Video { id, says } => {
                if self.catalogue.song(&id).is_none() {
                    self.catalogue.add_song(Song { id: id.clone(), ..Song::numbered("other", 0) });
                }
                self.says.insert(id, says);
            }
            Knob::AllVideos { says } => self.all_say = says,
            Knob::Song { song } => {
                self.files.retain(|(id, ..), _| *id != song.id);
                self.catalogue.add_song(song);
            }
            Knob::Reencode { id } => *self.encodings.entry(id).or_default() += 1,
            Knob::Playlist(playlist) => self.catalogue.add(playlist),
            Knob::NumberedPlaylist { id, title, key, count } => {
                self.catalogue.add(Playlist::numbered(&id, &title, &key, count));
            }
            Knob::RemovePlaylist { id } => self.catalogue.remove(&id),
            Knob::Music { rule } => self.music = rule,
            Knob::MusicOf { id, rule } => drop(self.music_of.insert(id, rule)),
            Knob::Library { ids } => self.library = ids,
            Knob::Language { language } => self.language = language,
            Knob::RotateCookies => self.account.rotate = true,
            Knob::SignInAnew => self.account.sign_in_anew(),
            Knob::Refuse { refusal } => self.account.refusal = refusal,
            Knob::AuthUser { number } => self.account.number = number,
            Knob::Media { id: None, rule } => self.media = rule,
            Knob::Media { id: Some(id), rule } => drop(self.media_of.insert(id, rule)),
            Knob::Covers { latency_ms } => self.covers_latency = latency_ms,
            Knob::ExpireUrls => self.secret += 1,
            Knob::UrlLife { seconds } => self.url_life = seconds,
        }
    }

    /// What YouTube says of this video.
    pub fn says(&self, id: &str) -> Says {
        match self.says.get(id) {
            Some(says) => says.clone(),
            None if self.all_say == Says::Plays && self.catalogue.song(id).is_none() => Says::Unavailable,
            None => self.all_say.clone(),
        }
    }

    /// A thumbnail is asked for. How long it takes, in milliseconds.
    pub fn cover(&mut self) -> u64 {
        self.counters.covers += 1;
        self.covers_latency
    }

    /// How to answer one request to InnerTube of YouTube Music about this playlist, or the library.
    pub fn music_rule(&mut self, id: &str) -> MusicRule {
        let own = self.music_of.get_mut(id).map(limited::apply).unwrap_or_default();
        if own.fault.is_some() {
            return own;
        }
        let rule = limited::apply(&mut self.music);
        MusicRule { latency_ms: rule.latency_ms.max(own.latency_ms), ..rule }
    }

    /// The account's playlists.
    pub fn library(&self) -> Vec<&Playlist> {
        match &self.library {
            Some(ids) => ids.iter().filter_map(|id| self.catalogue.playlist(id)).collect(),
            None => self.catalogue.playlists().iter().collect(),
        }
    }

    /// How to answer one request for this video's audio.
    pub fn media_rule(&mut self, id: &str) -> MediaRule {
        limited::apply(self.media_of.get_mut(id).unwrap_or(&mut self.media))
    }

    /// The song's file, as it was or will be after so many encodings.
    pub fn file(&mut self, id: &str, format: Format, encoding: u32) -> Option<Bytes> {
        let key = (id.to_owned(), format, encoding);
        if let Some(file) = self.files.get(&key) {
            return Some(file.clone());
        }
        let file = self.catalogue.song(id)?.audio.bytes(format, encoding)?;
        self.files.insert(key, file.clone());
        Some(file)
    }

    /// The song's file as a resolve finds it now.
    pub fn current_file(&mut self, id: &str, format: Format) -> Option<Bytes> {
        self.file(id, format, self.encoding(id))
    }

    /// A URL of the song's audio that is good from now on.
    pub fn stream_url(&mut self, id: &str, format: Format) -> Option<String> {
        let now = unix_now();
        let itag = format.itag().to_string();
        let wait = if let Says::PreRoll(seconds) = self.says(id) { seconds } else { 0 };
        let parameters = StreamParameters {
            id,
            itag: &itag,
            encoding: self.encoding(id),
            expire: now + self.url_life,
            not_before: now + wait,
        };
        let length = self.current_file(id, format)?.len();
        let seconds = self.catalogue.song(id)?.audio.seconds();
        Some(format!(
            "{base}/videoplayback?expire={expire}&ei=fake&ip=127.0.0.1&id={id}&itag={itag}&source=youtube\
             &rqh=1&mime={mime}&clen={length}&dur={seconds}.000&lmt={lmt}&nbf={not_before}&sig={sig:016x}",
            base = self.media_url,
            expire = parameters.expire,
            mime = format.mime().replace('/', "%2F"),
            lmt = parameters.encoding,
            not_before = parameters.not_before,
            sig = self.signature(&parameters),
        ))
    }

    /// What a URL with these parameters must be signed with.
    pub fn signature(&self, parameters: &StreamParameters<'_>) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.secret, parameters).hash(&mut hasher);
        hasher.finish()
    }

    fn encoding(&self, id: &str) -> u32 {
        self.encodings.get(id).copied().unwrap_or(0)
    }

    pub fn log_media(&mut self, request: MediaRequest) {
        self.counters.media += 1;
        if request.status >= 400 {
            self.counters.media_refused += 1;
        }
        if self.media_log.len() == LOG_LENGTH {
            self.media_log.pop_front();
        }
        self.media_log.push_back(request);
    }

    /// The recorded page for a `browseId` or a continuation token.
    pub fn recorded(&self, key: &str) -> Option<Bytes> {
        self.recorded.get(key).cloned()
    }

    /// As [`super::FakeYouTube::serve_recorded`].
    pub fn record(&mut self, playlist: &str, pages: &[&str]) -> bool {
        let mut key = Some(format!("VL{playlist}"));
        for page in pages {
            let Ok(bytes) = std::fs::read(recordings().join(page)) else { return false };
            let next = serde_json::from_slice::<Value>(&bytes).ok().and_then(|page| continuation_in(&page));
            // A recording may end with a token that nothing was recorded for.
            if let Some(key) = std::mem::replace(&mut key, next) {
                self.recorded.entry(key).or_insert(bytes.into());
            }
        }
        true
    }
}

/// Where recorded pages are, if anywhere.
fn recordings() -> PathBuf {
    std::env::var_os("YTMPD_FIXTURES").map_or_else(
        || [env!("CARGO_MANIFEST_DIR"), "../shared/youtube-fixtures"].iter().collect(),
        Into::into,
    )
}

/// The token of the first `continuationItemRenderer` in a recorded page.
fn continuation_in(page: &Value) -> Option<String> {
    match page {
        Value::Object(fields) => match fields.get("continuationItemRenderer") {
            Some(renderer) => {
                let token = renderer.pointer("/continuationEndpoint/continuationCommand/token")?;
                token.as_str().map(str::to_owned)
            }
            None => fields.values().find_map(continuation_in),
        },
        Value::Array(items) => items.iter().find_map(continuation_in),
        _ => None,
    }
}
