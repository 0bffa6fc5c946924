//! What could not be done, and when to try it again.
//!
//! A write that fails makes MPD tell of changes, which wakes us: without a pause we would try for
//! ever and do nothing else.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::claims::Spot;
use super::content::Digest;
use super::plan::{Act, Plan};

/// The pause after a failure; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// What stays wrong for this long is for the user to put right.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What is being tried, by place and name.
#[derive(Debug, Default)]
pub(super) struct Tries(HashMap<(Spot, Box<str>), Try>);

#[derive(Debug)]
struct Try {
    act: Act,
    /// What was to be there.
    wanted: Option<Digest>,
    /// In a row, without a look at the playlist that found it as it should be.
    times: u32,
    /// Not before this.
    next: Instant,
    /// Why it failed, if it did.
    why: Option<String>,
}

impl Tries {
    /// Forgets what is not needed any more, and takes out of the plan what is to wait. Something
    /// else than before may be `wanted` under a name: that does not wait.
    pub(super) fn hold_back(
        &mut self,
        spot: &Spot,
        plan: &mut Plan,
        wanted: impl Fn(&str) -> Option<Digest>,
    ) {
        let now = Instant::now();
        self.0.retain(|(at, name), tried| {
            // A playlist that we wrote has not been looked at yet when nothing is planned.
            let settled = matches!(plan.get(name), Some(Act::Keep | Act::Forget));
            let done = settled || (tried.why.is_some() && !plan.contains_key(name));
            at != spot || (!done && tried.wanted == wanted(name))
        });
        plan.retain(|name, _| {
            self.0.get(&(spot.clone(), name.clone())).is_none_or(|tried| tried.next <= now)
        });
    }

    /// This was done, or failed.
    pub(super) fn note(
        &mut self,
        (spot, name): (&Spot, &str),
        act: Act,
        wanted: Option<Digest>,
        failed: Option<String>,
    ) {
        let tried = self.0.entry((spot.clone(), name.into())).or_insert_with(|| Try {
            act: act.clone(),
            wanted,
            times: 0,
            next: Instant::now(),
            why: None,
        });
        tried.times += 1;
        // To do it once more is no sign of trouble: somebody may have edited it.
        let pauses = if failed.is_some() { tried.times } else { tried.times - 1 };
        let pause = match pauses.checked_sub(1) {
            None => Duration::ZERO,
            Some(doublings) => FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE),
        };
        (tried.act, tried.next, tried.why) = (act, Instant::now() + pause, failed);
    }

    /// This is as it should be.
    pub(super) fn settle(&mut self, spot: &Spot, name: &str) {
        self.0.remove(&(spot.clone(), name.into()));
    }

    /// Something is different: all may be tried again.
    pub(super) fn forget(&mut self, spot: &Spot) {
        self.0.retain(|(at, _), _| at != spot);
    }

    /// When the next may be tried again.
    pub(super) fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        self.0.values().map(|tried| tried.next).filter(|next| *next > now).min()
    }

    /// What failed, one line for each reason.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut by_reason: BTreeMap<(&Spot, &str), Vec<(&str, &Act)>> = BTreeMap::new();
        for ((spot, name), tried) in &self.0 {
            if let Some(why) = &tried.why {
                by_reason.entry((spot, why)).or_default().push((name, &tried.act));
            }
        }
        by_reason.into_iter().map(|((spot, why), names)| problem(spot, why, names)).collect()
    }
}

fn problem(spot: &Spot, why: &str, mut names: Vec<(&str, &Act)>) -> String {
    names.sort_unstable_by_key(|(name, _)| *name);
    let done = match names.first() {
        Some((_, Act::Write(_))) => "written to",
        _ => "removed from",
    };
    let first = names.first().map_or("", |(name, _)| name);
    let who = match names.len() {
        ..=1 => format!("playlist `{first}` is"),
        2 => format!("playlist `{first}` and another are"),
        many => format!("playlist `{first}` and {} others are", many - 1),
    };
    match spot {
        Spot::Mpd => format!("{who} not {done} MPD: {why}"),
        Spot::Folder(folder) => {
            let folder = folder.display();
            format!("{who} not {done} {folder}: {why}; make it writable, or set `sync.playlist_directory`")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::Before;
    use super::*;

    const WRITE: Act = Act::Write(Before::Nothing);

    fn planned(tries: &mut Tries, act: Option<Act>) -> bool {
        let mut plan: Plan = act.map(|act| ("A".into(), act)).into_iter().collect();
        tries.hold_back(&Spot::Mpd, &mut plan, |_| Some(Digest::of(b"")));
        !plan.is_empty()
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_waits_longer_and_longer() {
        let mut tries = Tries::default();
        for pause in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            tries.note((&Spot::Mpd, "A"), WRITE, Some(Digest::of(b"")), Some("no".to_owned()));
            assert_eq!(tries.next().unwrap() - Instant::now(), Duration::from_secs(pause));
            assert!(!planned(&mut tries, Some(WRITE)));
            tokio::time::advance(Duration::from_secs(pause)).await;
            assert!(planned(&mut tries, Some(WRITE)));
        }
        assert_eq!(tries.problems(), ["playlist `A` is not written to MPD: no"]);
        assert!(!planned(&mut tries, None));
        assert!(tries.problems().is_empty(), "it is not wanted any more");
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_stays_written_waits_too() {
        let mut tries = Tries::default();
        tries.note((&Spot::Mpd, "A"), WRITE, Some(Digest::of(b"")), None);
        assert!(planned(&mut tries, Some(WRITE)), "somebody has edited it");
        tries.note((&Spot::Mpd, "A"), WRITE, Some(Digest::of(b"")), None);
        assert!(!planned(&mut tries, Some(WRITE)));
        assert!(tries.problems().is_empty());
        planned(&mut tries, Some(Act::Keep));
        assert!(planned(&mut tries, Some(WRITE)));
    }

    #[tokio::test]
    async fn equal_reasons_are_one_problem() {
        let mut tries = Tries::default();
        let folder = Spot::Folder("/f".into());
        for name in ["B", "A", "C"] {
            tries.note((&folder, name), WRITE, None, Some("no".to_owned()));
        }
        assert_eq!(
            tries.problems(),
            [
                "playlist `A` and 2 others are not written to /f: no; make it writable, or set `sync.playlist_directory`"
            ]
        );
        tries.forget(&folder);
        assert!(tries.problems().is_empty());
    }

    #[tokio::test]
    async fn what_changes_does_not_wait() {
        let mut tries = Tries::default();
        tries.note((&Spot::Mpd, "A"), WRITE, Some(Digest::of(b"old")), Some("no".to_owned()));
        assert!(planned(&mut tries, Some(WRITE)));
    }
}
