//! What a fuzzed conversation has around it: a small library, and a relay with one song ready.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::library::{
    Cue, Entry, Library, Look, Picture, Pictures, Playlist, Portion, Readiness, Snapshot, Track, Unavailable,
    VideoId,
};
use crate::session::conversation::View;

/// The relay's base URL, as in the URIs of scripts.
pub(super) const BASE_URL: &str = "http://r";

/// Its beginning is in memory.
pub(in crate::session) const READY: &str = "ready000001";

/// What a client of `server_side` may ask for.
const SCRIPT: [&str; 17] = [
    "ping\n",
    "status\n",
    "listplaylists\n",
    "lsinfo\n",
    "playlistinfo\n",
    "listplaylist \"YT: Mix\"\n",
    "listplaylistinfo \"YT: Mix\"\n",
    "rm \"YT: Mix\"\n",
    "load \"YT: Mix\"\n",
    "albumart a.ogg 0\n",
    "readpicture http://r/ready000001/audio 0\n",
    "tagtypes clear\n",
    "idle\n",
    "noidle\n",
    "commands\n",
    "command_list_begin\ncurrentsong\nlistplaylistinfo \"YT: Mix\"\nstop\nplay 0\ncommand_list_end\n",
    "command_list_ok_begin\nping\nping\nplaylistid 1\nsave \"YT: Mix\"\nlistplaylists\ncommand_list_end\n",
];

/// What a session shares with all others.
pub(in crate::session) struct World {
    pub(in crate::session) snapshot: Arc<Snapshot>,
    unavailable: Unavailable,
}

impl World {
    /// Nothing of YouTube's.
    pub(in crate::session) fn empty() -> Self {
        let snapshot = Library::new("YT: ", vec![], vec![]).snapshot();
        Self { snapshot, unavailable: Unavailable::default() }
    }

    /// `YT: Mix` of two songs, of which one is ready, and `YT: Empty`.
    pub(super) fn with_playlists() -> Self {
        Self::changed(0)
    }

    /// As [`Self::with_playlists`], when the library has changed so many times since.
    pub(super) fn changed(times: usize) -> Self {
        let first = track(READY, "One", &["A", "B"], Some("Album"), Some(213));
        let second = track("slow0000001", "Two", &[], None, None);
        let mut library = Library::new("YT: ", vec![], vec![]);
        let mix = playlist("PLmix", "Mix", vec![first, second]);
        for time in 0..=times {
            let title = if time == 0 { "Empty".to_owned() } else { format!("Empty {time}") };
            library.replace(vec![mix.clone(), playlist("PLempty", &title, vec![])]);
        }
        Self { snapshot: library.snapshot(), unavailable: Unavailable::default() }
    }

    /// As the conversation sees it.
    pub(in crate::session) fn view(&self) -> View<'_> {
        View {
            snapshot: &self.snapshot,
            base_url: BASE_URL,
            unavailable: &self.unavailable,
            // What plays is never to be waited for: the small MPD would not know why it is refused.
            cue: &OneReady { mpd_has_from: Duration::ZERO },
            pictures: &TwoPictures,
        }
    }
}

/// A pipeline of requests, as `choices` say; all there are, if they say nothing.
pub(super) fn ask_all(choices: &[u8]) -> Vec<u8> {
    let chosen = choices.iter().filter_map(|&choice| SCRIPT.get(usize::from(choice) % SCRIPT.len()));
    let mut script: Vec<&str> = chosen.copied().take(SCRIPT.len()).collect();
    if script.is_empty() {
        script = SCRIPT.to_vec();
    }
    // The last line, since nothing more is heard of the client while it waits for its song.
    script.push("play 1\n");
    script.concat().into_bytes()
}

/// One song is in memory, but for what follows its first minutes.
pub(in crate::session) struct OneReady {
    /// Of the song that plays, MPD has what follows this.
    pub(in crate::session) mpd_has_from: Duration,
}

impl Cue for OneReady {
    fn is_ready(&self, video: VideoId, from: Portion) -> bool {
        video.as_str() == READY && from.at <= Duration::from_secs(120)
    }

    fn is_with_mpd(&self, _: VideoId, from: Portion) -> bool {
        from.at >= self.mpd_has_from
    }

    fn cue(&self, _: VideoId, _: Portion) -> Pin<Box<dyn Future<Output = Readiness> + Send>> {
        Box::pin(std::future::pending())
    }

    fn plays(&self, _: VideoId) {}

    fn keep_ready(&self, _: Vec<VideoId>) {}
}

/// The ready song's picture is in memory, the other's on disk.
pub(in crate::session) struct TwoPictures;

impl TwoPictures {
    /// Longer than the smallest `binarylimit`, and with what might be taken for an answer's end.
    pub(in crate::session) fn picture() -> Picture {
        let bytes = Bytes::from_static(
            b"picture\nOK\nlist_OK\nACK [5@0] {} no\nbinary: 7\n\xFF\x00 and so on, and so on, and on, to its end",
        );
        Picture { kind: "image/jpeg".into(), bytes }
    }
}

impl Pictures for TwoPictures {
    fn look(&self, video: VideoId) -> Look {
        if video.as_str() == READY { Look::There(Self::picture()) } else { Look::OnDisk }
    }

    fn want(&self, _: VideoId) {}

    fn read(&self, _: VideoId) -> Pin<Box<dyn Future<Output = Option<Picture>> + Send>> {
        Box::pin(std::future::ready(Some(Self::picture())))
    }

    fn follow(&self, _: Vec<VideoId>) {}
}

pub(in crate::session) fn track(
    id: &str,
    title: &str,
    artists: &[&str],
    album: Option<&str>,
    seconds: Option<u64>,
) -> Entry {
    let track = Track {
        id: id.parse().expect("eleven characters"),
        title: title.into(),
        artists: artists.iter().map(|&artist| artist.into()).collect(),
        album: album.map(Into::into),
        duration: seconds.map(Duration::from_secs),
        thumbnail: None,
    };
    Entry { track: Arc::new(track), set_video_id: None }
}

fn playlist(id: &str, title: &str, entries: Vec<Entry>) -> Playlist {
    let id = id.parse().expect("letters");
    Playlist { id, title: title.into(), entries, updated: Timestamp::UNIX_EPOCH }
}
