//! The commands that may concern YouTube, and how many arguments each takes.
//!
//! MPD checks arguments' number after the permission and before the command itself
//! (`AllCommands.cxx`); a line that has the wrong number is MPD's to refuse.

use super::Version;

/// How many arguments a command takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arity {
    /// At least so many.
    pub min: usize,
    /// At most so many.
    pub max: usize,
}

impl Arity {
    /// Whether MPD would take so many.
    pub fn allows(self, count: usize) -> bool {
        (self.min..=self.max).contains(&count)
    }
}

const MANY: usize = usize::MAX;

/// Verb, then least and most arguments in 0.23 and from 0.24 on. `None`: no such command there.
/// Sorted by verb.
type Row = (&'static str, Option<(usize, usize)>, Option<(usize, usize)>);

#[rustfmt::skip]
const TABLE: [Row; 34] = [
    ("add",              Some((1, 2)),    Some((1, 2))),
    ("addid",            Some((1, 2)),    Some((1, 2))),
    ("albumart",         Some((2, 2)),    Some((2, 2))),
    ("binarylimit",      Some((1, 1)),    Some((1, 1))),
    ("clearerror",       Some((0, 0)),    Some((0, 0))),
    ("commands",         Some((0, 0)),    Some((0, 0))),
    ("getfingerprint",   Some((1, 1)),    Some((1, 1))),
    ("listfiles",        Some((0, 1)),    Some((0, 1))),
    ("listplaylist",     Some((1, 1)),    Some((1, 2))),
    ("listplaylistinfo", Some((1, 1)),    Some((1, 2))),
    ("listplaylists",    Some((0, 0)),    Some((0, 0))),
    ("load",             Some((1, 3)),    Some((1, 3))),
    ("lsinfo",           Some((0, 1)),    Some((0, 1))),
    ("next",             Some((0, 0)),    Some((0, 0))),
    ("play",             Some((0, 1)),    Some((0, 1))),
    ("playid",           Some((0, 1)),    Some((0, 1))),
    ("playlistadd",      Some((2, 3)),    Some((2, 3))),
    ("playlistclear",    Some((1, 1)),    Some((1, 1))),
    ("playlistdelete",   Some((2, 2)),    Some((2, 2))),
    ("playlistlength",   None,            Some((1, 1))),
    ("playlistmove",     Some((3, 3)),    Some((3, 3))),
    ("previous",         Some((0, 0)),    Some((0, 0))),
    ("protocol",         None,            Some((0, MANY))),
    ("readcomments",     Some((1, 1)),    Some((1, 1))),
    ("readpicture",      Some((2, 2)),    Some((2, 2))),
    ("rename",           Some((2, 2)),    Some((2, 2))),
    ("rm",               Some((1, 1)),    Some((1, 1))),
    ("save",             Some((1, 1)),    Some((1, 2))),
    ("searchaddpl",      Some((2, MANY)), Some((2, MANY))),
    ("searchplaylist",   None,            Some((2, 4))),
    ("seek",             Some((2, 2)),    Some((2, 2))),
    ("seekcur",          Some((1, 1)),    Some((1, 1))),
    ("seekid",           Some((2, 2)),    Some((2, 2))),
    ("tagtypes",         Some((0, MANY)), Some((0, MANY))),
];

/// How many arguments `verb` takes at this MPD; `None` if it has no such command, or none that
/// concerns us.
pub fn arity(verb: &[u8], version: Version) -> Option<Arity> {
    let at = TABLE.binary_search_by(|(name, ..)| name.as_bytes().cmp(verb)).ok()?;
    let (_, before, from_0_24) = TABLE.get(at)?;
    let (min, max) = if version < Version::V0_24 { (*before)? } else { (*from_0_24)? };
    Some(Arity { min, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_knows_versions() {
        assert!(TABLE.is_sorted_by_key(|(name, ..)| *name));
        let old = Version(0, 23, 5);
        assert_eq!(arity(b"playlistlength", old), None);
        assert_eq!(arity(b"playlistlength", Version::V0_24), Some(Arity { min: 1, max: 1 }));
        assert!(!arity(b"listplaylist", old).unwrap().allows(2));
        assert!(arity(b"listplaylist", Version(0, 25, 0)).unwrap().allows(2));
    }
}
