//! One round of listing: what it wants, what it has brought, and what came of it.
//!
//! Values only: [`super::Sync`] does the asking, and owns the library.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::library::{Playlist, PlaylistId, Snapshot};
use crate::reason::on_one_line;
use crate::youtube::{Catalogue, ListError, Listing};

use super::SyncResult;

/// The pause after a round in which YouTube could not be reached, if the configured one is
/// longer: a laptop that wakes up is offline for a moment.
const WHEN_UNREACHABLE: Duration = Duration::from_secs(120);

/// So many failures that pass, one after the other and over all playlists, and YouTube counts as
/// out of reach: each may have taken minutes.
const MOST_IN_A_ROW: usize = 3;

/// Between two showings of what is new pass so many times what the first has taken. Each goes
/// through all that was listed so far: one for each of hundreds of playlists would take minutes.
const BETWEEN_SHOWINGS: u32 = 20;

/// A round that is under way, or over.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// The playlists that there should be, in order.
    wanted: Vec<PlaylistId>,
    /// What the account's library calls them.
    titles: HashMap<PlaylistId, Box<str>>,
    /// Those of them that there are no more.
    gone: HashSet<PlaylistId>,
    /// Those that were listed.
    listed: HashMap<PlaylistId, Arc<Playlist>>,
    /// Whether one of them is new, and does not show yet.
    has_news: bool,
    /// When news may show.
    next_showing: Option<Instant>,
    /// Songs in them.
    songs: usize,
    /// Rows of them that are no songs for us.
    left_out: usize,
    /// What went wrong, by the place of the playlist among the wanted; the account's library is
    /// before the first.
    errors: BTreeMap<usize, String>,
    /// Why the account's cookies are not taken.
    signed_out: Option<String>,
    /// Those of them that pass.
    passing: HashSet<PlaylistId>,
    /// How many of them came one after the other until now.
    in_a_row: usize,
    /// How far YouTube was from answering.
    reached: Reached,
    /// How long YouTube wants to be left alone.
    rest: Duration,
}

/// Whether YouTube could be reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Reached {
    #[default]
    Yes,
    /// Not for some request; for another, maybe.
    Once,
    /// For nothing: there is no use in asking on.
    No,
}

impl Round {
    /// The account's library failed.
    pub(super) fn fail_library(&mut self, error: &ListError) {
        let line = match error {
            ListError::SignedOut(_) => on_one_line(error),
            _ => {
                let what = "the account's library could not be listed, and stays as it was";
                format!("{what}: {}", with_what_to_do(error))
            }
        };
        self.fail(0, line, error);
    }

    /// The account's library calls its playlists so.
    pub(super) fn entitle(&mut self, titles: HashMap<PlaylistId, Box<str>>) {
        self.titles = titles;
    }

    /// What people call this one, if YouTube does not tell its title with its songs: as the
    /// account's library has it now, else as it is `known` by.
    pub(super) fn title(&self, id: &PlaylistId, known: Option<&Playlist>) -> Box<str> {
        let known = || known.map(|known| &known.title);
        self.titles.get(id).or_else(known).cloned().unwrap_or_else(|| id.as_str().into())
    }

    /// There should be these playlists and no others.
    pub(super) fn want(&mut self, wanted: Vec<PlaylistId>) {
        self.wanted = wanted;
    }

    /// How many there should be.
    pub(super) fn total(&self) -> usize {
        self.wanted.len()
    }

    /// This one was listed. `name` is what people call it.
    pub(super) fn take(&mut self, listing: Listing, name: Box<str>) {
        self.songs += listing.entries.len();
        self.left_out += listing.unavailable + listing.skipped;
        self.in_a_row = 0;
        self.listed.insert(listing.id.clone(), Arc::new(listing.into_playlist(name)));
    }

    /// One that was listed is new.
    pub(super) fn has_news(&mut self) {
        self.has_news = true;
    }

    /// When what is new should show; `None` if nothing is.
    pub(super) fn showing(&self) -> Option<Instant> {
        self.has_news.then(|| self.next_showing.unwrap_or_else(Instant::now))
    }

    /// It shows. That was `begun` at that time.
    pub(super) fn shows(&mut self, begun: Instant) {
        self.has_news = false;
        self.next_showing = Some(Instant::now() + begun.elapsed() * BETWEEN_SHOWINGS);
    }

    /// Of this one, only so many songs were `shown` of those that it had `before`, and that is not
    /// believed. `name` is what people call it.
    pub(super) fn doubt(&mut self, id: &PlaylistId, name: &str, shown: usize, before: usize) {
        let line = format!(
            "\"{name}\" stays as it was: YouTube showed only {shown} of its {before} songs; the next sync tries again"
        );
        self.errors.insert(self.place(id), line);
        self.in_a_row = 0;
    }

    /// This one could not be listed. `name` is what people call it.
    pub(super) fn fail_playlist(&mut self, id: &PlaylistId, name: &str, error: &ListError) {
        let line = match error {
            // Told once, for all of them.
            ListError::SignedOut(_) => format!("\"{name}\" stays as it was: only the account may see it"),
            _ => format!("\"{name}\" stays as it was: {}", with_what_to_do(error)),
        };
        if error.is_passing() {
            self.passing.insert(id.clone());
        }
        self.fail(self.place(id), line, error);
    }

    /// This one is no more, and should not be.
    pub(super) fn is_gone(&mut self, id: &PlaylistId) {
        self.gone.insert(id.clone());
        self.in_a_row = 0;
    }

    /// Where its error stands among the others.
    fn place(&self, id: &PlaylistId) -> usize {
        self.wanted.iter().position(|wanted| wanted == id).unwrap_or_default() + 1
    }

    fn fail(&mut self, place: usize, line: String, error: &ListError) {
        self.errors.insert(place, line);
        if let ListError::SignedOut(_) = error {
            self.signed_out.get_or_insert_with(|| on_one_line(error));
        }
        // Any other is an answer of YouTube's.
        self.in_a_row = if error.is_passing() { self.in_a_row + 1 } else { 0 };
        if error.concerns_all() || self.in_a_row == MOST_IN_A_ROW {
            self.reached = Reached::No;
        } else if error.is_passing() && self.reached == Reached::Yes {
            self.reached = Reached::Once;
        }
        self.rest = self.rest.max(error.retry_after().unwrap_or_default());
    }

    /// Whether there is no use in asking for more.
    pub(super) fn is_lost(&self) -> bool {
        self.reached == Reached::No
    }

    /// The playlists that could not be listed, and may well be in a while.
    pub(super) fn passing(self) -> HashSet<PlaylistId> {
        self.passing
    }

    /// Whether the account's library could not be listed.
    fn library_failed(&self) -> bool {
        self.errors.contains_key(&0)
    }

    /// Why the account's cookies are not taken, with what to do.
    pub(super) fn signed_out(&self) -> Option<String> {
        self.signed_out.clone()
    }

    /// The wanted ones but for those that are gone.
    fn there(&self) -> impl Iterator<Item = &PlaylistId> {
        self.wanted.iter().filter(|id| !self.gone.contains(id))
    }

    /// The playlists that the library should hold now: as listed, else as they are known.
    pub(super) fn playlists<'a>(&'a self, known: &'a Snapshot) -> Vec<&'a Arc<Playlist>> {
        let as_known = |id| known.playlist(id).map(|one| &one.playlist);
        self.there().filter_map(|id| self.listed.get(id).or_else(|| as_known(id))).collect()
    }

    /// Those of them that the library lacks.
    pub(super) fn unlisted(&self, known: &Snapshot) -> HashSet<PlaylistId> {
        self.there().filter(|id| known.playlist(id).is_none()).cloned().collect()
    }

    /// What came of it, if this is the end; [`told`](super::sign_in::told) adds the sign-in.
    pub(super) fn result(&self, duration: Duration) -> SyncResult {
        let failed = self.there().count().saturating_sub(self.listed.len());
        let mut errors: Vec<String> = self.errors.values().cloned().collect();
        let asked = self.errors.len() - usize::from(self.library_failed());
        let unasked = failed.saturating_sub(asked);
        let more = if asked == 0 { "" } else { "more " };
        let why = if self.is_lost() { ", as YouTube is out of reach," } else { "," };
        match unasked {
            0 => {}
            1 => errors.push(format!("1 {more}playlist was not asked for{why} and stays as it was")),
            _ => errors
                .push(format!("{unasked} {more}playlists were not asked for{why} and stay as they were")),
        }
        SyncResult {
            success: errors.is_empty(),
            playlists_synced: self.listed.len(),
            playlists_failed: failed,
            tracks_added: self.songs,
            tracks_failed: self.left_out,
            duration_seconds: (duration.as_secs_f64() * 10.0).round() / 10.0,
            errors,
        }
    }

    /// When to begin the next round, if this is the end. Sooner than usual when nothing could be
    /// had; later if YouTube asks for that.
    pub(super) fn pause(&self, interval: Duration) -> Duration {
        let none_listed = self.reached == Reached::Once && self.listed.is_empty();
        let usual = if none_listed || self.is_lost() { interval.min(WHEN_UNREACHABLE) } else { interval };
        usual.max(self.rest.min(Catalogue::LONGEST_REST))
    }
}

/// The error and what the user can do, where it does not say so itself.
fn with_what_to_do(error: &ListError) -> String {
    let what_to_do = match error {
        ListError::Missing | ListError::SignedOut(_) | ListError::NoCertificates(_) => {
            return on_one_line(error);
        }
        ListError::Refused(_) => "check who may see it",
        ListError::Unreachable(why) if why.retry_after().is_some() => {
            "the next timed sync waits for that long"
        }
        ListError::Unreachable(_) => "the next sync tries again",
        ListError::NotUnderstood(..) => "update yt-dlp and ytmpd",
    };
    // YouTube's own words are whole sentences.
    format!("{}; {what_to_do}", on_one_line(error).trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::super::handle::SignIn;
    use super::super::sign_in::told;
    use super::*;
    use crate::youtube::Unreachable;

    fn busy(status: u16, seconds: Option<u64>) -> ListError {
        let retry_after = seconds.map(Duration::from_secs);
        ListError::Unreachable(Unreachable::Busy { status, retry_after })
    }

    #[test]
    fn the_next_round_is_when_youtube_can_be_reached_again() {
        for (failures, listed, interval, pause) in [
            (vec![], 1, 1800, 1800),
            (vec![busy(500, None)], 0, 1800, 120),
            (vec![busy(500, None)], 1, 1800, 1800),
            (vec![busy(500, None)], 0, 60, 60),
            (vec![busy(429, None)], 1, 1800, 1800),
            (vec![busy(429, Some(60))], 1, 1800, 1800),
            (vec![busy(503, None), busy(429, Some(5)), busy(504, None)], 1, 1800, 120),
            (vec![busy(503, None), ListError::Missing, busy(504, None), busy(504, None)], 1, 1800, 1800),
            (vec![busy(429, Some(3600)), busy(503, Some(5))], 1, 1800, 3600),
            (vec![busy(503, Some(7200))], 1, 1800, 7200),
            (vec![busy(429, Some(u64::MAX))], 0, 1800, 86_400),
            (vec![ListError::Missing], 0, 1800, 1800),
        ] {
            let mut round = Round::default();
            let ids: Vec<PlaylistId> =
                ["PLa", "PLb", "PLc", "PLd"].iter().flat_map(|id| id.parse()).collect();
            round.want(ids.clone());
            for (id, failure) in ids.iter().zip(&failures) {
                round.fail_playlist(id, "a", failure);
            }
            for id in ids.iter().rev().take(listed) {
                round.listed.insert(id.clone(), super::super::tests::playlist(id.as_str(), &[]).into());
            }
            let seconds = Duration::from_secs;
            assert_eq!(round.pause(seconds(interval)), seconds(pause), "{failures:?}, {listed} listed");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn showing_news_takes_a_small_share_of_the_time() {
        let (mut round, second) = (Round::default(), Duration::from_secs(1));
        assert_eq!(round.showing(), None);
        round.has_news();
        assert_eq!(round.showing(), Some(Instant::now()), "the first at once");
        let begun = Instant::now();
        advance(second).await;
        round.shows(begun);
        assert_eq!(round.showing(), None);
        round.has_news();
        assert_eq!(round.showing(), Some(Instant::now() + second * BETWEEN_SHOWINGS));
    }

    #[test]
    fn errors_name_the_playlist_in_the_order_of_the_wanted() {
        let mut round = Round::default();
        let ids: Vec<PlaylistId> = ["PLa", "PLb", "PLc"].iter().flat_map(|id| id.parse()).collect();
        round.want(ids.clone());
        round.fail_playlist(&ids[2], "C", &ListError::Refused("This playlist is private.".into()));
        round.fail_playlist(&ids[0], "A", &busy(503, None));
        round.fail_library(&ListError::SignedOut("HTTP 401".into()));
        let result = round.result(Duration::from_millis(1260));
        assert_eq!((result.success, result.playlists_failed, result.duration_seconds), (false, 3, 1.3));
        assert_eq!(
            result.errors,
            [
                "the account's sign-in has expired or cannot be used (HTTP 401): export `youtube.cookies` anew from a private window, then `ytmpctl sync`",
                "\"A\" stays as it was: YouTube Music cannot be reached: it answers HTTP 503; the next sync tries again",
                "\"C\" stays as it was: YouTube says: This playlist is private; check who may see it",
                "1 more playlist was not asked for, and stays as it was",
            ]
        );
        assert_eq!(round.signed_out().as_ref(), result.errors.first());
    }

    #[test]
    fn an_expired_sign_in_is_told_once() {
        let mut round = Round::default();
        let ids: Vec<PlaylistId> = ["PLa", "PLb", "PLc"].iter().flat_map(|id| id.parse()).collect();
        round.want(ids.clone());
        for (id, name) in ids.iter().zip(["A", "B"]) {
            round.fail_playlist(id, name, &ListError::SignedOut("HTTP 403".into()));
        }
        let expired = "the account's sign-in has expired or cannot be used (HTTP 403): export `youtube.cookies` anew from a private window, then `ytmpctl sync`";
        let sign_in = SignIn::Expired(round.signed_out().unwrap());
        assert_eq!(
            told(&sign_in, round.result(Duration::ZERO)).errors,
            [
                expired,
                "\"A\" stays as it was: only the account may see it",
                "\"B\" stays as it was: only the account may see it",
                "1 more playlist was not asked for, and stays as it was",
            ]
        );
        let mut lost = Round::default();
        lost.fail_library(&busy(429, Some(600)));
        lost.want(ids);
        assert_eq!(
            lost.result(Duration::ZERO).errors,
            [
                "the account's library could not be listed, and stays as it was: YouTube Music cannot be \
                 reached: it answers HTTP 429; the next timed sync waits for that long",
                "3 playlists were not asked for, as YouTube is out of reach, and stay as they were",
            ]
        );
    }
}
