//! Conversations as scripts: what one side says, what the other side then hears.

mod idle;
mod invitations;
mod jumps;
mod lists;
mod pictures;
mod playlists;
mod songs;
mod streams;

use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::library::{Entry, Library, Playlist, Readiness, StoredPlaylists};
use crate::session::fuzz::world::{OneReady, READY, TwoPictures, track};

const SLOW: &str = "slow0000001";

const CUE: OneReady = OneReady { mpd_has_from: Duration::from_secs(210) };

/// A conversation over a library of `YT: Mix` (two songs) and `YT: Empty`.
struct Talk {
    conversation: Conversation,
    library: Library,
    unavailable: Unavailable,
    /// What arrived and was not taken.
    from_client: Vec<u8>,
    from_mpd: Vec<u8>,
}

fn playlist(id: &str, title: &str, entries: Vec<Entry>) -> Playlist {
    let updated = Timestamp::from_second(1_700_000_000).unwrap();
    Playlist { id: id.parse().unwrap(), title: title.into(), entries, updated }
}

fn mix() -> Playlist {
    let first = track(READY, "One", &["A", "B"], Some("Album"), Some(213));
    playlist("PLmix", "Mix", vec![first, track(SLOW, "Two", &[], None, None)])
}

impl Talk {
    fn silent(greeting: &str) -> Self {
        let mut library = Library::new("YT: ", vec![], vec![]);
        library.replace(vec![mix(), playlist("PLempty", "Empty", vec![])]);
        let conversation = Conversation::new(&library.snapshot(), Rights::Same);
        let unavailable = Unavailable::default();
        let mut talk = Self { conversation, library, unavailable, from_client: vec![], from_mpd: vec![] };
        talk.mpd(greeting, greeting);
        talk
    }

    fn with_mpd_0_23() -> Self {
        Self::silent("OK MPD 0.23.5\n")
    }

    fn with_mpd_0_24() -> Self {
        Self::silent("OK MPD 0.24.0\n")
    }

    /// Lets everything that has arrived go as far as it goes.
    fn pump(&mut self) {
        let snapshot = self.library.snapshot();
        let view = View {
            snapshot: &snapshot,
            base_url: "http://r",
            unavailable: &self.unavailable,
            cue: &CUE,
            pictures: &TwoPictures,
        };
        loop {
            self.conversation.write_on(&view);
            let taken = self.conversation.client_bytes(&self.from_client, &view);
            self.from_client.drain(..taken);
            let answered = self.conversation.mpd_bytes(&self.from_mpd, 64 * 1024, &view).unwrap();
            self.from_mpd.drain(..answered);
            if taken + answered == 0 {
                break;
            }
        }
    }

    /// The client says this; MPD then hears that.
    fn client(&mut self, says: &str, hears: &str) -> &mut Self {
        self.from_client.extend_from_slice(says.as_bytes());
        self.pump();
        assert_eq!(self.take_to_mpd(), hears, "after the client said {says:?}");
        self
    }

    /// MPD says this; the client then hears that.
    fn mpd(&mut self, says: &str, hears: &str) -> &mut Self {
        self.from_mpd.extend_from_slice(says.as_bytes());
        self.pump();
        assert_eq!(self.take_to_client(), hears, "after MPD said {says:?}");
        self
    }

    /// MPD was asked about a jump, and this is its `status`; the client may jump.
    fn status(&mut self, status: &str) -> &mut Self {
        self.mpd(&format!("{status}OK\n"), "")
    }

    /// The wait for a song ends like this; the song is still there, and this is MPD's `status`.
    fn waited(&mut self, readiness: &Readiness, status: &str) -> &mut Self {
        self.asks_again(readiness).status(status)
    }

    /// The wait for a song ends like this, and MPD is asked once more.
    fn asks_again(&mut self, readiness: &Readiness) -> &mut Self {
        self.conversation.waited(Waited::Song(readiness.clone()));
        let asked = self.take_to_mpd();
        let asks = asked.starts_with("command_list_begin\nstatus\nplaylistid ") && asked.lines().count() == 4;
        assert!(asks, "{asked:?}");
        self
    }

    fn take_to_mpd(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.conversation.to_mpd)).unwrap()
    }

    fn take_to_client(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.conversation.to_client)).unwrap()
    }

    /// The library gets another playlist; MPD then hears this.
    fn library_changes(&mut self, hears: &str) -> &mut Self {
        self.library.replace(vec![mix()]);
        self.conversation.library_changed(&self.library.snapshot());
        assert_eq!(self.take_to_mpd(), hears, "after the library changed");
        self
    }
}

const ASKS_FOR_JUMP: &str = "command_list_begin\nstatus\nshuffle 0:0\ncommand_list_end\n";
const SONGS: &str = "file: http://r/ready000001/audio\nTitle: One\nArtist: A\nArtist: B\nAlbum: Album\n\
    Time: 213\nduration: 213.000\nfile: http://r/slow0000001/audio\nTitle: Two\n";
const PLAYLISTS: &str = "playlist: YT: Mix\nLast-Modified: 2023-11-14T22:13:20Z\n\
    playlist: YT: Empty\nLast-Modified: 2023-11-14T22:13:20Z\n";
const ALL_TAGS: &str = "tagtype: Artist\ntagtype: Album\ntagtype: Title\nOK\n";
