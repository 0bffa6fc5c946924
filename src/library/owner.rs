//! The library that changes, and publishes a [`Snapshot`] with each change.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::watch;

use super::known::Known;
use super::merge::{told_together, with_tracks};
use super::names::{Given, StoredPlaylists, assign, valid_name};
use super::{Playlist, PlaylistId, Snapshot, Stored, Track, VideoId, VirtualPlaylist};

/// Playlists that are not the user's and are kept for who loads them: MPD reads one right after
/// it was named.
const MOST_GUESTS: usize = 16;

/// The library itself: one owner changes it, and each change is published.
#[derive(Debug)]
pub struct Library {
    prefix: String,
    stored: StoredPlaylists,
    playlists: Vec<Arc<Playlist>>,
    /// The others that there are; `None` until somebody has said.
    unlisted: Option<Arc<HashSet<PlaylistId>>>,
    /// What they are called.
    given: HashMap<PlaylistId, Given>,
    /// The new ones, whose names are given anew with each change until [`Library::settle_names`].
    unsettled: HashSet<PlaylistId>,
    /// What was theirs, and is not the user's.
    former: Arc<HashSet<Box<str>>>,
    /// The songs; shared with the snapshots.
    known: Known,
    /// Playlists that clients named, and that are not the user's; the newest last.
    guests: Arc<[Arc<Playlist>]>,
    /// Sessions, relay and player hold receivers.
    published: watch::Sender<Arc<Snapshot>>,
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// What [`super::save`] writes.
    Content,
    /// Something else, from which names may follow.
    Surroundings,
}

impl Library {
    /// A library of these playlists and songs. `prefix` goes in front of every name.
    pub fn new(prefix: &str, playlists: Vec<Arc<Playlist>>, tracks: Vec<Arc<Track>>) -> Self {
        let tracks = tracks.into_iter().map(|track| (track.id, track)).collect();
        Self::restored(prefix, Stored { playlists, tracks, names: HashMap::new() })
    }

    /// The library that was kept on disk: its playlists have the names that they had, where
    /// `prefix` is still the same; those of the others are not settled.
    pub fn restored(prefix: &str, stored: Stored) -> Self {
        let Stored { playlists, tracks, mut names } = stored;
        let given = playlists.iter().filter_map(|playlist| {
            let name = names.remove(&playlist.id)?;
            Some((playlist.id.clone(), Given::before(valid_name(prefix, &playlist.title), name)?))
        });
        let mut library = Self {
            guests: Arc::default(),
            prefix: prefix.to_owned(),
            stored: StoredPlaylists::Unknown,
            given: given.collect(),
            unsettled: HashSet::new(),
            former: Arc::default(),
            unlisted: None,
            playlists,
            known: Known::new(tracks),
            published: watch::Sender::new(Arc::default()),
        };
        library.publish(About::Surroundings);
        library
    }

    /// Follows the snapshots.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.published.subscribe()
    }

    /// The newest snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.published.borrow().clone()
    }

    /// Replaces all playlists by these, and remembers their songs. A playlist that clients see as
    /// before keeps its `updated`. The song of a video is known, and kept on disk, only once: it is
    /// what the playlists tell of it together, and what was known before where they tell nothing.
    /// One that is handed in as a snapshot holds it counts as not listed anew.
    pub fn replace<P: Into<Arc<Playlist>>>(&mut self, playlists: Vec<P>) {
        let playlists: Vec<Arc<Playlist>> = playlists.into_iter().map(Into::into).collect();
        let before: HashMap<&PlaylistId, &Arc<Playlist>> =
            self.playlists.iter().map(|playlist| (&playlist.id, playlist)).collect();
        let is_kept = |playlist: &&Arc<Playlist>| {
            before.get(&playlist.id).is_some_and(|old| Arc::ptr_eq(old, playlist))
        };
        let (kept, listed): (Vec<_>, Vec<_>) = playlists.iter().partition(is_kept);
        let tracks = told_together(&listed, &kept, self.known.tracks());
        let playlists: Vec<Arc<Playlist>> = playlists
            .iter()
            .map(|playlist| with_tracks(playlist, &tracks))
            .map(|playlist| match before.get(&playlist.id) {
                Some(old) if old.same_content(&playlist) => Arc::clone(old),
                Some(old) if old.looks_like(&playlist) => {
                    Arc::new(Playlist { updated: old.updated, ..playlist })
                }
                _ => Arc::new(playlist),
            })
            .collect();
        let same = self.playlists.len() == playlists.len()
            && self.playlists.iter().zip(&playlists).all(|(old, new)| Arc::ptr_eq(old, new));
        if same {
            return;
        }
        self.known.learn(playlists.iter().flat_map(|playlist| &playlist.entries).map(|entry| &entry.track));
        self.playlists = playlists;
        self.publish(About::Content);
    }

    /// The playlists are all that there are now, but for these, which could not be listed.
    pub fn set_unlisted(&mut self, unlisted: HashSet<PlaylistId>) {
        if self.unlisted.as_deref() != Some(&unlisted) {
            self.unlisted = Some(Arc::new(unlisted));
            self.publish(About::Surroundings);
        }
    }

    /// Makes a song known of which nothing is known but its id. Returns whether it was not.
    pub fn admit(&mut self, video: VideoId) -> bool {
        let is_new = self.known.admit(video);
        if is_new {
            self.publish(About::Content);
        }
        is_new
    }

    /// Takes over what was found out about a song that is a placeholder so far. Returns whether it
    /// was one.
    pub fn describe(&mut self, track: Track) -> bool {
        let told = track.kept_to_its_promises().filter(|track| !track.is_placeholder());
        let Some(track) = told else { return false };
        if !self.known.tracks().get(&track.id).is_some_and(|known| known.is_placeholder()) {
            return false;
        }
        self.known.learn([&Arc::new(track)]);
        self.publish(About::Content);
        true
    }

    /// Keeps a playlist that is not the user's for those who load it, in memory; its songs become
    /// known for good. The oldest of too many goes.
    pub fn host(&mut self, playlist: Playlist) {
        self.known.learn_unknown(playlist.entries.iter().map(|entry| &entry.track));
        let others = self.guests.iter().filter(|guest| guest.id != playlist.id);
        let mut guests: Vec<_> = others.cloned().collect();
        guests.push(Arc::new(playlist));
        let too_many = guests.len().saturating_sub(MOST_GUESTS);
        self.guests = guests.into_iter().skip(too_many).collect();
        self.publish(About::Content);
    }

    /// The user's own stored playlists are these now: names that they hold are theirs.
    pub fn set_stored_playlists(&mut self, stored: StoredPlaylists) {
        let stored = stored.composed();
        if self.stored != stored {
            self.stored = stored;
            self.publish(About::Surroundings);
        }
    }

    /// What goes in front of every name is this now.
    pub fn set_prefix(&mut self, prefix: &str) {
        if self.prefix != prefix {
            prefix.clone_into(&mut self.prefix);
            self.publish(About::Surroundings);
        }
    }

    /// From now on, the playlists keep their names. Before that, those of new ones depend on their
    /// order alone, and not on which of them came first.
    pub fn settle_names(&mut self) {
        if !self.unsettled.is_empty() {
            self.unsettled.clear();
            self.publish(About::Content);
        }
    }

    /// Publishes what has changed, and the names that follow from it. Those are written too.
    fn publish(&mut self, about: About) {
        let new = self.playlists.iter().filter(|playlist| !self.given.contains_key(&playlist.id));
        self.unsettled.extend(new.map(|playlist| playlist.id.clone()));
        let wanted = self.playlists.iter().map(|playlist| {
            let before = self.given.get(&playlist.id).filter(|_| !self.unsettled.contains(&playlist.id));
            (valid_name(&self.prefix, &playlist.title), before)
        });
        let names = assign(wanted, &self.stored);
        let virtuals: Vec<VirtualPlaylist> = names
            .iter()
            .zip(&self.playlists)
            .map(|(given, playlist)| VirtualPlaylist {
                name: given.name.clone(),
                playlist: Arc::clone(playlist),
            })
            .collect();
        self.given = self.playlists.iter().map(|playlist| playlist.id.clone()).zip(names).collect();
        let previous = self.snapshot();
        let uncovers = self.outlive(&previous);
        let differs = uncovers || !looks_alike(&previous.virtuals, &virtuals);
        self.published.send_replace(Arc::new(Snapshot {
            revision: previous.revision + u64::from(differs),
            edition: previous.edition + u64::from(differs || about == About::Content),
            by_name: index(&virtuals, |one| one.name.clone()),
            by_id: index(&virtuals, |one| one.playlist.id.clone()),
            virtuals,
            known: self.known.clone(),
            guests: Arc::clone(&self.guests),
            stored_playlists_disabled: self.stored == StoredPlaylists::Disabled,
            former: Arc::clone(&self.former),
            unlisted: self.unlisted.clone(),
            unsettled: self.unsettled.clone(),
        }));
    }

    /// Remembers the names of `previous`. One that the user has taken is not ours any more. Returns
    /// whether something of the user's shows that was hidden.
    fn outlive(&mut self, previous: &Snapshot) -> bool {
        let former = &mut self.former;
        for one in &previous.virtuals {
            if !former.contains(&one.name) {
                Arc::make_mut(former).insert(one.name.clone());
            }
        }
        if former.iter().any(|name| self.stored.holds(name)) {
            Arc::make_mut(former).retain(|name| !self.stored.holds(name));
        }
        previous.former.iter().any(|name| previous.hides(name.as_bytes()) && self.stored.holds(name))
    }
}

fn looks_alike(old: &[VirtualPlaylist], new: &[VirtualPlaylist]) -> bool {
    old.len() == new.len()
        && old.iter().zip(new).all(|(a, b)| {
            let same = || Arc::ptr_eq(&a.playlist, &b.playlist);
            let alike = || a.playlist.updated == b.playlist.updated && a.playlist.looks_like(&b.playlist);
            a.name == b.name && (same() || alike())
        })
}

fn index<K: std::hash::Hash + Eq>(
    virtuals: &[VirtualPlaylist],
    key: impl Fn(&VirtualPlaylist) -> K,
) -> HashMap<K, usize> {
    virtuals.iter().enumerate().map(|(at, one)| (key(one), at)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Entry;
    use super::*;

    fn track(id: &str, title: &str) -> Track {
        Track { title: title.into(), ..Track::placeholder(id.parse().unwrap()) }
    }

    fn playlist(id: &str, tracks: &[Track]) -> Playlist {
        let entries = tracks.iter().map(|track| Entry { track: Arc::new(track.clone()), set_video_id: None });
        let entries = entries.collect();
        Playlist { id: id.parse().unwrap(), title: id.into(), entries, updated: jiff::Timestamp::UNIX_EPOCH }
    }

    fn title(library: &Library, id: &str) -> Option<String> {
        library.snapshot().track(id.parse().unwrap()).map(|track| track.title.to_string())
    }

    #[test]
    fn a_placeholder_stands_until_more_is_known() {
        let [a, b, c] = ["aaaaaaaaaaa", "bbbbbbbbbbb", "ccccccccccc"];
        let mut library = Library::new("YT: ", vec![], vec![Arc::new(track(a, "A"))]);
        let placeholders = |library: &Library| {
            library.snapshot().placeholders().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert!(!library.admit(a.parse().unwrap()), "it is known");
        assert!(library.admit(b.parse().unwrap()) && library.admit(c.parse().unwrap()));
        assert!(!library.admit(b.parse().unwrap()));
        assert_eq!(
            (title(&library, b).as_deref(), placeholders(&library)),
            (Some(b), vec![b.into(), c.into()])
        );

        assert!(!library.describe(track(a, "other")), "what a list says goes first");
        assert!(!library.describe(track(b, b)) && !library.describe(track(b, "\n")));
        assert!(!library.describe(track("ddddddddddd", "D")), "nobody has named it");
        assert!(library.describe(track(b, "B\nB")));
        assert_eq!((title(&library, b).as_deref(), placeholders(&library)), (Some("B B"), vec![c.into()]));
        library.replace(vec![playlist("PLx", &[track(c, "C")])]);
        assert_eq!((title(&library, c).as_deref(), placeholders(&library)), (Some("C"), vec![]));
        assert_eq!(library.snapshot().revision(), 1, "clients see no playlist change but the new one");
    }

    #[test]
    fn playlists_that_were_named_can_be_loaded_and_are_not_listed() {
        let mut library = Library::new("YT: ", vec![], vec![]);
        library.admit("aaaaaaaaaaa".parse().unwrap());
        for number in 0..=MOST_GUESTS {
            library.host(playlist(&format!("PL{number}"), &[track("aaaaaaaaaaa", "A")]));
        }
        library.host(playlist("PL3", &[track("bbbbbbbbbbb", "B")]));
        let snapshot = library.snapshot();
        let loadable = |id: &str| snapshot.loadable(&id.parse().unwrap()).map(|one| one.entries.len());
        assert_eq!((loadable("PL0"), loadable("PL1"), loadable("PL3")), (None, Some(1), Some(1)));
        assert_eq!(
            (snapshot.virtuals().len(), snapshot.revision(), snapshot.guests.len()),
            (0, 0, MOST_GUESTS)
        );
        assert_eq!(snapshot.placeholders(), [], "the playlist has told its title");
        assert_eq!(title(&library, "bbbbbbbbbbb").as_deref(), Some("B"));
    }
}
