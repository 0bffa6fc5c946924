//! The names that virtual playlists have in MPD.

use std::collections::HashSet;

use icu_normalizer::ComposingNormalizer;

/// The user's own stored playlists in MPD, as far as they are known: those that we write for the
/// virtual ones are not among them.
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

/// What a stored playlist of MPD's is called while it is being written. It may be there for
/// longer than one answer of MPD's, and nobody is to take it for a playlist.
pub const UNFINISHED: &str = "(ytmpd is writing a playlist)";

/// `prefix` and `title` as a name that MPD can hold: no `/` and no line breaks (MPD's
/// `spl_valid_name`), nothing that a tab or another control character could hide, not empty, at
/// most 251 bytes. Letters are composed (Unicode's NFC), as keyboards write them: two names that
/// look the same are the same.
pub fn valid_name(prefix: &str, title: &str) -> String {
    let name: String = prefix.chars().chain(title.chars()).map(valid_char).collect();
    let mut name = ComposingNormalizer::new_nfc().normalize(&name).into_owned();
    truncate(&mut name, LONGEST);
    let trimmed = name.trim_end();
    if trimmed.is_empty() { "Untitled".to_owned() } else { trimmed.to_owned() }
}

/// What `name` is called when it is set aside since the user has edited it: `NAME (edited)`, with
/// a number if `is_free` says no.
pub fn set_aside_name(name: &str, is_free: impl Fn(&str) -> bool) -> String {
    first_free(with_suffix(name, " (edited)"), is_free)
}

/// A name, and what it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    /// Prefix and title, as [`valid_name`] has them.
    base: Box<str>,
    /// The base, or the base with a number.
    pub(super) name: Box<str>,
}

impl Given {
    /// A name that was given before, to a playlist that would be called `base` now; `None` if it
    /// does not come from that.
    pub(super) fn before(base: String, name: Box<str>) -> Option<Self> {
        let numbered = || {
            let (_, number) = name.strip_suffix(')')?.rsplit_once(" (")?;
            let number: u32 = number.parse().ok()?;
            (number >= 2).then(|| with_suffix(&base, &format!(" ({number})")))
        };
        let fits = *name == *base || numbered().is_some_and(|numbered| *numbered == *name);
        fits.then(|| Self { base: base.into(), name })
    }
}

/// A name for each playlist, in order: for each its base, and the name that it had. A playlist
/// keeps its name for as long as that comes from the same base and is not `taken` by the user.
/// Of the others, equal names and names that are in use get ` (2)`, ` (3)` and so on, first come,
/// first served.
pub(super) fn assign<'a>(
    playlists: impl Iterator<Item = (String, Option<&'a Given>)>,
    taken: &StoredPlaylists,
) -> Vec<Given> {
    let mut given: HashSet<Box<str>> = HashSet::new();
    let kept: Vec<(String, Option<Box<str>>)> = playlists
        .map(|(base, before)| {
            let before = before.filter(|before| *before.base == *base && !taken.holds(&before.name));
            let kept = before.filter(|before| given.insert(before.name.clone()));
            (base, kept.map(|before| before.name.clone()))
        })
        .collect();
    kept.into_iter()
        .map(|(base, kept)| {
            let name = kept.unwrap_or_else(|| {
                let free = |name: &str| !given.contains(name) && !taken.holds(name);
                let name = first_free(base.clone(), free).into_boxed_str();
                given.insert(name.clone());
                name
            });
            Given { base: base.into(), name }
        })
        .collect()
}

impl StoredPlaylists {
    /// The same, with the letters composed as [`valid_name`] has them.
    pub(super) fn composed(self) -> Self {
        let Self::Named(names) = self else { return self };
        let composed = |name: Box<[u8]>| match std::str::from_utf8(&name) {
            Ok(text) => ComposingNormalizer::new_nfc().normalize(text).into_owned().into_bytes().into(),
            Err(_) => name,
        };
        Self::Named(names.into_iter().map(composed).collect())
    }

    /// Whether the user has a playlist of this name.
    pub(super) fn holds(&self, name: &str) -> bool {
        matches!(self, Self::Named(names) if names.contains(name.as_bytes()))
    }
}

fn first_free(name: String, is_free: impl Fn(&str) -> bool) -> String {
    if is_free(&name) {
        return name;
    }
    (2_u32..)
        .map(|number| with_suffix(&name, &format!(" ({number})")))
        .find(|candidate| is_free(candidate))
        .unwrap_or(name)
}

/// `name` and `suffix`, the name cut so that both fit.
fn with_suffix(name: &str, suffix: &str) -> String {
    let mut stem = name.to_owned();
    truncate(&mut stem, LONGEST - suffix.len());
    stem + suffix
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
            ("Cafe\u{301}", "YT: Caf\u{e9}"),
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

    /// Names for playlists by title and the name that each had.
    fn named(prefix: &str, playlists: &[(&str, Option<&str>)], real: &[&str]) -> Vec<String> {
        let real = real.iter().map(|name| name.as_bytes().into()).collect();
        let before: Vec<(String, Option<Given>)> = playlists
            .iter()
            .map(|(title, before)| {
                let base = valid_name(prefix, title);
                let before = before.and_then(|name| Given::before(base.clone(), name.into()));
                (base, before)
            })
            .collect();
        let playlists = before.iter().map(|(base, before)| (base.clone(), before.as_ref()));
        let given = assign(playlists, &StoredPlaylists::Named(real).composed());
        given.into_iter().map(|given| given.name.into()).collect()
    }

    #[test]
    fn equal_names_are_numbered() {
        let titles = ["Pop", "Pop", "Pop (2)", "Rock", "Pop"].map(|title| (title, None));
        let names = named("YT: ", &titles, &["YT: Rock"]);
        assert_eq!(names, ["YT: Pop", "YT: Pop (2)", "YT: Pop (2) (2)", "YT: Rock (2)", "YT: Pop (3)"]);
    }

    #[test]
    fn a_name_stays_with_its_playlist() {
        type Row = (
            &'static [(&'static str, Option<&'static str>)],
            &'static [&'static str],
            &'static [&'static str],
        );
        let rows: [Row; 9] = [
            // The one without a number is gone.
            (&[("Pop", Some("Y Pop (2)"))], &[], &["Y Pop (2)"]),
            // Another order, and a new one in front of them.
            (
                &[("Pop", None), ("Pop", Some("Y Pop (2)")), ("Pop", Some("Y Pop"))],
                &[],
                &["Y Pop (3)", "Y Pop (2)", "Y Pop"],
            ),
            // The user has taken it, or has given it back.
            (&[("Pop", Some("Y Pop"))], &["Y Pop"], &["Y Pop (2)"]),
            (&[("Pop", Some("Y Pop (2)"))], &["Y Pop (2)"], &["Y Pop"]),
            (&[("Pop", Some("Y Pop (2)"))], &[], &["Y Pop (2)"]),
            // In whatever way they have typed it.
            (&[("Caf\u{e9}", None)], &["Y Cafe\u{301}"], &["Y Caf\u{e9} (2)"]),
            // It has another title, or the prefix was another.
            (&[("Rock", Some("Y Pop (2)"))], &[], &["Y Rock"]),
            (&[("Pop", Some("YT: Pop"))], &[], &["Y Pop"]),
            // No file of ours says so.
            (&[("Pop", Some("Y Pop")), ("Pop", Some("Y Pop"))], &[], &["Y Pop", "Y Pop (2)"]),
        ];
        for (playlists, real, names) in rows {
            assert_eq!(named("Y ", playlists, real), names, "{playlists:?} beside {real:?}");
        }
    }

    #[test]
    fn a_number_never_makes_a_name_too_long() {
        let title = "x".repeat(400);
        let names = named("", &[(title.as_str(), None); 12], &[]);
        assert!(names.iter().all(|name| name.len() <= LONGEST));
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 12);
        // And is known again.
        let again: Vec<_> = names.iter().map(|name| (title.as_str(), Some(name.as_str()))).collect();
        assert_eq!(named("", &again, &[]), names);
    }

    #[test]
    fn what_was_edited_gets_a_name_of_its_own() {
        let taken = ["A (edited)", "A (edited) (2)"];
        assert_eq!(set_aside_name("A", |name| !taken.contains(&name)), "A (edited) (3)");
        assert_eq!(set_aside_name(&"ü".repeat(125), |_| true).len(), 121 * 2 + 9);
    }
}
