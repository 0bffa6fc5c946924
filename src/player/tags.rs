//! The tags that a song in MPD's queue lacks, and the `addtagid` lines that give them. No I/O.

use bitflags::bitflags;
use mpd_client::protocol::command::Command;

use crate::library::Track;
use crate::mpd::command;

/// A command list of so many lines takes no further song, of 66 lines at most: MPD runs a thousand
/// lines in some milliseconds, during which it does nothing else.
const MOST_LINES: usize = 900;

/// A command list of so many bytes of values takes no further song: MPD closes a connection whose
/// list is above 2 MiB (`max_command_list_size`).
const MOST_BYTES: usize = 256 * 1024;

/// A longer value, in bytes, is cut: a line of MPD's protocol ends at 8 KiB, and quoting may
/// double a value.
const LONGEST_VALUE: usize = 2048;

/// More artists than this a song does not get, so that one song's lines fit a list.
const MOST_ARTISTS: usize = 64;

bitflags! {
    /// Some of the kinds of tags that we give.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub(super) struct Kinds: u8 {
        const TITLE = 1;
        const ARTIST = 2;
        const ALBUM = 4;
    }
}

/// One `addtagid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The song's id in the queue.
    pub(super) song: u32,
    tag: &'static str,
    value: String,
}

/// Lines that go to MPD as one command list. All lines of a song are in the same one, so that a
/// song never keeps half of its artists.
#[derive(Debug, Default)]
pub(super) struct Batch {
    lines: Vec<Line>,
    bytes: usize,
}

impl Kinds {
    /// The kind that the answer's line `key: ...` is of, if it is one of ours.
    pub(super) fn of(key: &str) -> Self {
        match key {
            "Title" => Self::TITLE,
            "Artist" => Self::ARTIST,
            "Album" => Self::ALBUM,
            _ => Self::empty(),
        }
    }
}

impl Line {
    /// Of which kind its tag is.
    pub(super) fn kind(&self) -> Kinds {
        Kinds::of(self.tag)
    }

    fn new(song: u32, tag: &'static str, value: &str) -> Option<Self> {
        // MPD takes an empty value, says `OK` and ignores it.
        let value = shortened(value.trim());
        (!value.is_empty()).then(|| Self { song, tag, value: value.to_owned() })
    }
}

fn shortened(value: &str) -> &str {
    let ends = value.char_indices().map(|(at, c)| at + c.len_utf8());
    let end = ends.take_while(|&end| end <= LONGEST_VALUE).last().unwrap_or_default();
    value.get(..end).unwrap_or_default()
}

impl From<&Line> for Command {
    fn from(line: &Line) -> Self {
        command("addtagid", &[&line.song.to_string(), line.tag, &line.value])
    }
}

impl Batch {
    /// Whether another song's lines still go in.
    pub(super) fn has_room(&self) -> bool {
        self.lines.len() < MOST_LINES && self.bytes < MOST_BYTES
    }

    /// Adds the lines that give `song` those tags of `wanted` that `track` has, and returns of
    /// which kinds these are.
    pub(super) fn add(&mut self, song: u32, wanted: Kinds, track: &Track) -> Kinds {
        let mut added = Kinds::empty();
        let mut add = |kind, tag, value: &str| {
            if !wanted.contains(kind) {
                return;
            }
            if let Some(line) = Line::new(song, tag, value) {
                self.bytes += line.value.len();
                self.lines.push(line);
                added |= kind;
            }
        };
        add(Kinds::TITLE, "Title", &track.title);
        for artist in track.artists.iter().take(MOST_ARTISTS) {
            add(Kinds::ARTIST, "Artist", artist);
        }
        add(Kinds::ALBUM, "Album", track.album.as_deref().unwrap_or_default());
        added
    }

    /// The lines.
    pub(super) fn into_lines(self) -> Vec<Line> {
        self.lines
    }
}

/// What is left to send of `lines` when MPD refused the one at `index`: it ran those before, and
/// did not look at those behind. The refused song, gone from the queue most likely, is left out.
pub(super) fn behind(lines: &[Line], index: usize) -> &[Line] {
    let Some(refused) = lines.get(index) else {
        return &[];
    };
    let rest = lines.get(index..).unwrap_or_default();
    let next = rest.iter().position(|line| line.song != refused.song).unwrap_or(rest.len());
    rest.get(next..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(title: &str, artists: &[&str], album: Option<&str>) -> Track {
        Track {
            id: "dQw4w9WgXcQ".parse().unwrap(),
            title: title.into(),
            artists: artists.iter().map(|&artist| artist.into()).collect(),
            album: album.map(Into::into),
            duration: None,
            thumbnail: None,
        }
    }

    fn shown(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| format!("{} {} {}", line.song, line.tag, line.value)).collect()
    }

    #[test]
    fn a_song_gets_what_it_lacks_and_we_know() {
        let full = track("T", &["A", "B"], Some("L"));
        let bare = track(" T\n", &[""], Some(""));
        for (track, lacks, lines, added) in [
            (&full, Kinds::all(), &["7 Title T", "7 Artist A", "7 Artist B", "7 Album L"][..], Kinds::all()),
            (&full, !Kinds::TITLE, &["7 Artist A", "7 Artist B", "7 Album L"], !Kinds::TITLE),
            (&full, Kinds::ALBUM, &["7 Album L"], Kinds::ALBUM),
            (&full, Kinds::empty(), &[], Kinds::empty()),
            (&bare, Kinds::all(), &["7 Title T"], Kinds::TITLE),
        ] {
            let mut batch = Batch::default();
            assert_eq!(batch.add(7, lacks, track), added);
            assert_eq!(shown(&batch.into_lines()), lines);
        }
    }

    #[test]
    fn long_values_end_at_a_character() {
        let line = Line::new(1, "Title", &"ü\"".repeat(3000)).unwrap();
        assert!(line.value.len() <= LONGEST_VALUE && line.value.len() > LONGEST_VALUE - 3);
    }

    #[test]
    fn a_batch_is_bounded() {
        for (title, songs) in [("T", MOST_LINES), (&*"x".repeat(3000), MOST_BYTES / LONGEST_VALUE)] {
            let (track, mut batch, mut added) = (track(title, &[], None), Batch::default(), 0);
            while batch.has_room() {
                batch.add(added, Kinds::all(), &track);
                added += 1;
            }
            assert_eq!(usize::try_from(added).unwrap(), songs);
        }
    }

    #[test]
    fn a_refused_song_costs_only_itself() {
        let mut batch = Batch::default();
        let track = track("T", &["A"], None);
        for song in [1, 2, 3] {
            batch.add(song, Kinds::all(), &track);
        }
        let lines = batch.into_lines();
        for (index, rest) in [
            (0, &["2 Title T", "2 Artist A", "3 Title T", "3 Artist A"][..]),
            (2, &["3 Title T", "3 Artist A"]),
            (3, &["3 Title T", "3 Artist A"]),
            (4, &[]),
            (5, &[]),
            (6, &[]),
            (usize::MAX, &[]),
        ] {
            assert_eq!(shown(behind(&lines, index)), rest, "refused at {index}");
        }
    }
}
