//! The names that virtual playlists have in MPD.

use std::collections::HashSet;

/// MPD's own stored playlists, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StoredPlaylists {
    /// MPD has not been asked yet.
    #[default]
    Unknown,
    /// MPD has no `playlist_directory`.
    Disabled,
    /// Their names, as bytes: MPD does not promise UTF-8.
    Named(HashSet<Box<[u8]>>),
}

/// The longest name, in bytes: MPD keeps a stored playlist in a file of this name and `.m3u`,
/// and Linux file names end at 255 bytes.
const LONGEST: usize = 251;

/// `prefix` and `title` as a name that MPD can hold: no `/` and no line breaks (MPD's
/// `spl_valid_name`), nothing that a tab or another control character could hide, not empty, at
/// most 251 bytes.
pub fn valid_name(prefix: &str, title: &str) -> String {
    let mut name: String = prefix.chars().chain(title.chars()).map(valid_char).collect();
    truncate(&mut name, LONGEST);
    let trimmed = name.trim_end();
    if trimmed.is_empty() { "Untitled".to_owned() } else { trimmed.to_owned() }
}

/// A name for each title, in order. Equal names, and names that `taken` holds, get ` (2)`,
/// ` (3)` and so on, first come, first served.
pub(super) fn assign<'a>(
    prefix: &str,
    titles: impl Iterator<Item = &'a str>,
    taken: &StoredPlaylists,
) -> Vec<Box<str>> {
    let mut given = HashSet::new();
    titles
        .map(|title| {
            let name =
                first_free(valid_name(prefix, title), |name| !given.contains(name) && !is_taken(taken, name));
            given.insert(name.clone());
            name.into_boxed_str()
        })
        .collect()
}

fn is_taken(stored: &StoredPlaylists, name: &str) -> bool {
    matches!(stored, StoredPlaylists::Named(names) if names.contains(name.as_bytes()))
}

fn first_free(name: String, is_free: impl Fn(&str) -> bool) -> String {
    if is_free(&name) {
        return name;
    }
    (2_u32..)
        .map(|number| {
            let suffix = format!(" ({number})");
            let mut stem = name.clone();
            truncate(&mut stem, LONGEST - suffix.len());
            stem + &suffix
        })
        .find(|candidate| is_free(candidate))
        .unwrap_or(name)
}

fn valid_char(c: char) -> char {
    match c {
        // Looks the same and is no separator.
        '/' => '\u{2215}',
        c if c.is_control() => ' ',
        c => c,
    }
}

fn truncate(name: &mut String, most: usize) {
    let mut end = most.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_mpd_can_hold() {
        for (title, name) in [
            ("Focus", "YT: Focus"),
            ("AC/DC", "YT: AC\u{2215}DC"),
            ("two\nlines\r", "YT: two lines"),
            ("", "YT:"),
            ("  ", "YT:"),
        ] {
            assert_eq!(valid_name("YT: ", title), name);
        }
        assert_eq!(valid_name("", ""), "Untitled");
    }

    #[test]
    fn long_names_end_at_a_character() {
        let name = valid_name("YT: ", &"ü".repeat(300));
        assert!(name.len() <= LONGEST && name.len() > LONGEST - 2, "{}", name.len());
    }

    #[test]
    fn equal_names_are_numbered() {
        let real = StoredPlaylists::Named(HashSet::from([b"YT: Rock".as_slice().into()]));
        let titles = ["Pop", "Pop", "Pop (2)", "Rock", "Pop"];
        let names = assign("YT: ", titles.into_iter(), &real);
        let names: Vec<&str> = names.iter().map(|name| &**name).collect();
        assert_eq!(names, ["YT: Pop", "YT: Pop (2)", "YT: Pop (2) (2)", "YT: Rock (2)", "YT: Pop (3)"]);
    }

    #[test]
    fn a_number_never_makes_a_name_too_long() {
        let title = "x".repeat(400);
        let names = assign("", [title.as_str(); 12].into_iter(), &StoredPlaylists::Unknown);
        assert!(names.iter().all(|name| name.len() <= LONGEST));
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 12);
    }
}
