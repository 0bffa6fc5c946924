//! A tiny playlist that `ytmpctl doctor` has MPD read: whether MPD reaches us, by what, and what it
//! makes of it. It is none of the library's, and its song is none that MPD could play.

use std::sync::Mutex;

use super::counters::Count;

/// Under the base URL: the playlist in the format that virtual playlists are loaded in.
pub const CHECK_PLS: &str = "/check/list.pls";

/// The same in the format that MPD searches in.
pub const CHECK_XSPF: &str = "/check/list.xspf";

/// The song in both: nobody takes it for one of YouTube's.
pub const CHECK_SONG: &str = "/health";

/// The longest `User-Agent` that is kept of a reader, in bytes: MPD's and FFmpeg's are shorter.
const LONGEST_AGENT: usize = 100;

/// Who has read it.
#[derive(Debug, Default)]
pub(super) struct Checks {
    /// How often it was read.
    pub(super) reads: Count,
    last: Mutex<String>,
}

impl Checks {
    /// Content type and body of a file under `/check`, which a client of this `User-Agent` reads.
    pub(super) fn read(&self, file: &str, base: &str, agent: &str) -> Option<(&'static str, String)> {
        let song = format!("{base}{CHECK_SONG}");
        let answer = match file {
            "list.pls" => {
                let entry = format!("File1={song}\nTitle1=ytmpd\nLength1=-1\n");
                ("audio/x-scpls", format!("[playlist]\n{entry}NumberOfEntries=1\nVersion=2\n"))
            }
            "list.xspf" => {
                let track = format!("<track><location>{song}</location><title>ytmpd</title></track>");
                let open = "<playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\">";
                ("application/xspf+xml", format!("{open}<trackList>{track}</trackList></playlist>\n"))
            }
            _ => return None,
        };
        if let Ok(mut last) = self.last.lock() {
            *last = agent.chars().take(LONGEST_AGENT).collect();
        }
        self.reads.add(1);
        Some(answer)
    }

    /// The `User-Agent` of the last who read it; empty if nobody has, or it named none.
    pub(super) fn last(&self) -> String {
        self.last.lock().map(|last| last.clone()).unwrap_or_default()
    }
}
