//! What several playlists tell of one song.
//!
//! They do not tell the same: a row of one page has no duration, one that `yt-dlp` has listed has
//! no album. The song is known once, and which of its rows was read last must not change it.

use std::sync::Arc;

use super::{Entry, Playlist, Track, Tracks};

/// What the rows of the playlists that were `listed` tell of each video together, and what was
/// `known` beyond that. Of two rows that tell as much, the first counts. Those of playlists that are
/// `kept` as they were may be out of date, but name the artists if the others name fewer.
pub(super) fn told_together(listed: &[&Arc<Playlist>], kept: &[&Arc<Playlist>], known: &Tracks) -> Tracks {
    let mut tracks = Tracks::new();
    for Entry { track, .. } in listed.iter().flat_map(|playlist| &playlist.entries) {
        tracks
            .entry(track.id)
            .and_modify(|told| {
                let (more, less) =
                    if track.tells_more_than(told) { (track, &*told) } else { (&*told, track) };
                *told = completed(more, less);
            })
            .or_insert_with(|| Arc::clone(track));
    }
    for Entry { track, .. } in kept.iter().flat_map(|playlist| &playlist.entries) {
        if let Some(told) = tracks.get_mut(&track.id).filter(|told| told.artists.len() < track.artists.len())
        {
            *told = completed(track, told);
        }
    }
    for (id, track) in &mut tracks {
        if let Some(known) = known.get(id) {
            let whole = completed(track, known);
            *track = if whole == *known { Arc::clone(known) } else { whole };
        }
    }
    tracks
}

/// The playlist, with those of `tracks` that are in it.
pub(super) fn with_tracks(playlist: &Playlist, tracks: &Tracks) -> Playlist {
    let entries = playlist.entries.iter().map(|Entry { track, set_video_id }| Entry {
        track: Arc::clone(tracks.get(&track.id).unwrap_or(track)),
        set_video_id: set_video_id.clone(),
    });
    let entries = entries.collect();
    Playlist { id: playlist.id.clone(), title: playlist.title.clone(), entries, updated: playlist.updated }
}

fn completed(track: &Arc<Track>, by: &Track) -> Arc<Track> {
    track.completed_by(by).map_or_else(|| Arc::clone(track), Arc::new)
}

impl Track {
    /// Whether it tells more of the song than `other`: who names more artists goes first, as others
    /// may give only the name of the channel.
    fn tells_more_than(&self, other: &Self) -> bool {
        let told = |track: &Self| (track.artists.len(), track.album.is_some(), track.duration.is_some());
        told(self) > told(other)
    }

    /// The track with what only `other` tells of the same song; `None` if that is nothing.
    fn completed_by(&self, other: &Self) -> Option<Self> {
        let Self { artists, album, duration, thumbnail, .. } = self;
        let adds = artists.is_empty() && !other.artists.is_empty()
            || album.is_none() && other.album.is_some()
            || duration.is_none() && other.duration.is_some()
            || thumbnail.is_none() && other.thumbnail.is_some();
        // As of most: then nothing is copied.
        adds.then(|| Self {
            id: self.id,
            title: self.title.clone(),
            artists: if artists.is_empty() { &other.artists } else { artists }.clone(),
            album: album.as_ref().or(other.album.as_ref()).cloned(),
            duration: duration.or(other.duration),
            thumbnail: thumbnail.as_ref().or(other.thumbnail.as_ref()).cloned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Library;
    use super::*;

    #[test]
    fn a_song_is_what_all_playlists_tell_of_it() {
        let full = |title: &str, artists: &[&str], album: Option<&str>, seconds: Option<u64>| Track {
            artists: artists.iter().map(|&artist| artist.into()).collect(),
            album: album.map(Into::into),
            duration: seconds.map(std::time::Duration::from_secs),
            title: title.into(),
            ..Track::placeholder("aaaaaaaaaaa".parse().unwrap())
        };
        let rich = full("T", &["A", "B"], Some("L"), None);
        let poor = full("A - T", &["A"], None, Some(7));
        let whole = full("T", &["A", "B"], Some("L"), Some(7));
        let renamed = full("U", &["A", "B"], None, None);
        let later = full("U", &["A", "B"], Some("L"), Some(7));
        for order in [["PLa", "PLb"], ["PLb", "PLa"]] {
            let mut library = Library::new("YT: ", vec![], vec![]);
            let list = |name: &str, one: &Track| {
                let entries = vec![Entry { track: Arc::new(one.clone()), set_video_id: None }];
                let updated = jiff::Timestamp::UNIX_EPOCH;
                Playlist { id: name.parse().unwrap(), title: name.into(), entries, updated }
            };
            let rows = |library: &Library| {
                let snapshot = library.snapshot();
                let entries = snapshot.virtuals().iter().flat_map(|one| one.playlist.entries.clone());
                entries.map(|entry| (*entry.track).clone()).collect::<Vec<_>>()
            };
            // A list that comes in alone is completed by the next.
            library.replace(vec![list(order[0], &poor)]);
            assert_eq!(rows(&library), std::slice::from_ref(&poor));
            library.replace(vec![list(order[0], &poor), list(order[1], &rich)]);
            assert_eq!(rows(&library), [whole.clone(), whole.clone()]);
            let edition = library.snapshot().edition();
            for (first, second) in [(&rich, &poor), (&poor, &rich), (&poor, &rich)] {
                // Listed anew, in whatever way.
                library.replace(vec![list(order[0], first), list(order[1], second)]);
            }
            assert_eq!(library.snapshot().edition(), edition);
            // One of them is listed anew.
            for (nth, as_now, changes, then) in [
                (0, &poor, false, &whole),
                (1, &poor, false, &whole),
                (0, &renamed, true, &later),
                (1, &renamed, false, &later),
                (0, &whole, true, &whole),
            ] {
                let snapshot = library.snapshot();
                let lists = snapshot.virtuals().iter().map(|one| Arc::clone(&one.playlist));
                let mut lists: Vec<Arc<Playlist>> = lists.collect();
                lists[nth] = Arc::new(list(order[nth], as_now));
                library.replace(lists);
                assert_eq!(library.snapshot().edition() > snapshot.edition(), changes, "{as_now:?}");
                assert_eq!(rows(&library), [then.clone(), then.clone()]);
            }
        }
    }
}
