//! One pass over one place: look, decide, write down what is about to be ours, do it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{debug, info};

use super::claims::{Claims, Names, SaveError, Spot};
use super::content::{Content, Makers};
use super::place::{Job, Outcome, Place};
use super::plan::{Act, Before, Claim, Found, Holds, Plan, Readings, Situation, Stamp, Wanted, Wants};
use super::tries::Tries;
use crate::library::{Playlist, Snapshot, VirtualPlaylist};

/// When a playlist that we wrote is looked at again: MPD tells whole seconds, so that somebody may
/// have changed it with us and nobody could tell. So it is in another second.
const SETTLING: Duration = Duration::from_millis(1100);

/// How much of a stamp MPD and a folder have in common: the seconds.
const SECONDS: usize = "2026-11-22T12:30:56".len();

/// Keeps the playlists of all places as they should be.
pub(super) struct Keeper {
    pub(super) claims: Claims,
    pub(super) tries: Tries,
    /// When what was written is to be looked at.
    settling: BTreeMap<Spot, Instant>,
    /// Playlists that are not ours and have a name that may be wanted one day: who made them, as
    /// long as the stamp is this.
    strangers: HashMap<(Spot, Box<str>), (Stamp, Makers)>,
}

/// What there should be in a place.
pub(super) enum Wish {
    /// The playlists of this library.
    All(Arc<Snapshot>, Wants),
    /// None of ours.
    Nothing,
    /// It is not known yet: what is there stays.
    Unknown,
}

/// Why a pass broke off.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken<E> {
    /// The place cannot be read.
    #[error(transparent)]
    Reading(E),
    /// It broke off while it was changed.
    #[error(transparent)]
    Writing(E),
    /// What is ours cannot be written down.
    #[error(transparent)]
    Claims(SaveError),
}

impl Keeper {
    pub(super) fn new(claims: Claims) -> Self {
        Self { claims, tries: Tries::default(), settling: BTreeMap::new(), strangers: HashMap::new() }
    }

    /// When there is something to do though nothing has happened. What is due already could not be
    /// done, and waits for news.
    pub(super) fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        let settling = self.settling.values().copied().filter(|due| *due > now);
        self.tries.next().into_iter().chain(settling).min()
    }

    /// Brings the place, where this was `found`, to what is wished. `users` is told which playlists are
    /// not ours before anything is done.
    pub(super) async fn pass<P: Place>(
        &mut self,
        spot: &Spot,
        place: &mut P,
        found: &Found,
        (wish, prefix): (&Wish, &str),
        users: impl FnOnce(HashSet<Box<[u8]>>),
    ) -> Result<(), Broken<P::Error>> {
        let mut claims = self.claims.at(spot).clone();
        let settles = self.settling.get(spot).is_some_and(|due| *due <= Instant::now());
        if settles {
            claims.values_mut().filter(|claim| matches!(claim.holds, Holds::Written(_))).for_each(doubt);
        }
        let elsewhere = self.mirrored(spot, found);
        let of_folders = matches!(spot, Spot::Folder(_));
        let adoptable = if of_folders { elsewhere.clone() } else { HashSet::new() };
        let claimable = match wish {
            Wish::All(..) | Wish::Unknown => self.claimable(spot, place, found, wish, prefix).await?,
            Wish::Nothing => HashSet::new(),
        };
        let situation = Situation {
            found,
            claims: &claims,
            wanted: wish.wanted(),
            ours_elsewhere: &adoptable,
            claimable: &claimable,
        };
        if matches!(wish, Wish::Unknown) {
            users(without(situation.users(&Plan::new()), &elsewhere));
            return Ok(());
        }
        let read = place.read(situation.doubtful()).await.map_err(Broken::Reading)?;
        if settles {
            self.settling.remove(spot);
        }
        let mut plan = situation.plan(&read);
        plan.retain(|name, act| !is_removal(act) || !wish.spares(name, &claims));
        if !of_folders {
            // Whether MPD shows the folder's file will be known when that has settled.
            plan.retain(|name, act| !is_removal(act) || !self.is_in_doubt_in_a_folder(name));
            let mirrored = plan.iter_mut().filter(|(name, act)| elsewhere.contains(*name) && is_removal(act));
            mirrored.for_each(|(_, act)| *act = Act::Forget);
        }
        users(without(situation.users(&plan), &elsewhere));
        let digest = |name: &str| wish.of(name).map(|wanted| wanted.content.digest);
        self.tries.hold_back(spot, &mut plan, digest);
        self.carry_out(spot, place, wish, (found, &read), plan).await
    }

    async fn carry_out<P: Place>(
        &mut self,
        spot: &Spot,
        place: &mut P,
        wish: &Wish,
        (found, read): (&Found, &Readings),
        plan: Plan,
    ) -> Result<(), Broken<P::Error>> {
        let mut jobs = Vec::new();
        for (name, act) in plan {
            let wanted = wish.of(&name);
            match (&act, wanted) {
                (Act::Forget, _) => self.claims.drop(spot, &name),
                (Act::Keep, Some(wanted)) => {
                    let stamp = found.get(name.as_bytes()).cloned().unwrap_or_default();
                    let holds = Holds::Seen(wanted.content.digest, stamp);
                    self.claims.set(spot, name, wanted.claim(holds));
                }
                (Act::Write(_), Some(Wanted { playlist, .. })) => {
                    jobs.push(Job { name, act, playlist: Some(Arc::clone(playlist)) });
                }
                (Act::Remove | Act::SetAside(_), _) => jobs.push(Job { name, act, playlist: None }),
                (Act::Keep | Act::Write(_), None) => {}
            }
        }
        // What is being written is unknown until it is: this may break off. Where we may change
        // nothing, nothing more becomes ours.
        let may_change = if jobs.is_empty() { Ok(()) } else { place.may_change().await };
        let new = jobs.iter().filter(|job| !self.claims.at(spot).contains_key(&job.name));
        let new: Vec<Box<str>> = new.map(|job| job.name.clone()).collect();
        if may_change.is_ok() {
            jobs.iter().for_each(|job| self.prepare(spot, wish, job, read.get(&job.name)));
        }
        let unsaved = self.claims.save().await.err();
        may_change.map_err(Broken::Writing)?;
        if unsaved.is_some() {
            // What a restart would know is followed; what it would take for the user's is not made.
            let saved = self.claims.saved(spot);
            jobs.retain(|job| saved.contains(&job.name));
            new.iter().filter(|name| !saved.contains(*name)).for_each(|name| self.claims.drop(spot, name));
        }
        if !jobs.is_empty() {
            self.do_jobs(spot, place, wish, jobs).await?;
        }
        unsaved.map_or(Ok(()), |error| Err(Broken::Claims(error)))
    }

    async fn do_jobs<P: Place>(
        &mut self,
        spot: &Spot,
        place: &mut P,
        wish: &Wish,
        jobs: Vec<Job>,
    ) -> Result<(), Broken<P::Error>> {
        debug!(?spot, jobs = jobs.len(), "changing playlists");
        let acts: BTreeMap<Box<str>, Act> =
            jobs.iter().map(|job| (job.name.clone(), job.act.clone())).collect();
        let outcomes = place.carry_out(jobs).await.map_err(Broken::Writing)?;
        for outcome in outcomes {
            if let Some(act) = acts.get(&outcome.name) {
                self.record(spot, wish, act, outcome);
            }
        }
        self.claims.save().await.map_err(Broken::Claims)
    }

    fn record(&mut self, spot: &Spot, wish: &Wish, act: &Act, Outcome { name, result }: Outcome) {
        let digest = wish.of(&name).map(|wanted| wanted.content.digest);
        let stamp = match result {
            Ok(stamp) => stamp,
            Err(why) => {
                if matches!(act, Act::Write(Before::Nothing)) {
                    // There is none of ours: whatever gets the name before the next try is not.
                    self.claims.drop(spot, &name);
                }
                return self.tries.note((spot, &name), act.clone(), digest, Some(why));
            }
        };
        if let Act::SetAside(aside) | Act::Write(Before::Edited(aside)) = act {
            info!(playlist = &*name, kept = &**aside, "it was edited: what it held is yours now");
        }
        match (act, wish.of(&name), stamp) {
            (Act::Write(_), Some(wanted), Some(stamp)) => {
                self.tries.settle(spot, &name);
                self.claims.set(spot, name, wanted.claim(Holds::Seen(wanted.content.digest, stamp)));
            }
            (Act::Write(_), Some(wanted), None) => {
                self.tries.note((spot, &name), act.clone(), digest, None);
                self.claims.set(spot, name, wanted.claim(Holds::Written(wanted.content.digest)));
                self.settling.insert(spot.clone(), Instant::now() + SETTLING);
            }
            _ => {
                self.tries.settle(spot, &name);
                self.claims.drop(spot, &name);
            }
        }
    }

    /// Claims what a job is about to change, whatever comes of it. `content` is what was read there.
    fn prepare(&mut self, spot: &Spot, wish: &Wish, job: &Job, content: Option<&Content>) {
        let before = self.claims.at(spot).get(&job.name).cloned();
        let claim = match (&job.act, wish.of(&job.name)) {
            (Act::Write(replaced), Some(wanted)) => {
                let mut claim = wanted.claim(Holds::Unknown);
                // Until it is written, the old one may still be there.
                claim.wrote.extend(match (replaced, content) {
                    (Before::Ours, Some(content)) => vec![content.songs],
                    (Before::Ours, None) => before.map_or(vec![], |before| before.wrote),
                    (Before::Nothing | Before::Edited(_), _) => vec![],
                });
                Some(claim)
            }
            _ => before.map(|before| Claim { holds: Holds::Unknown, ..before }),
        };
        if let Some(claim) = claim {
            self.claims.set(spot, job.name.clone(), claim);
        }
    }

    /// The playlists that nobody wants yet, under names that begin as ours do, and that we would
    /// take over. Until the library is listed, they are not the user's: or the virtual ones would
    /// get other names.
    async fn claimable<P: Place>(
        &mut self,
        spot: &Spot,
        place: &mut P,
        found: &Found,
        wish: &Wish,
        prefix: &str,
    ) -> Result<HashSet<Box<str>>, Broken<P::Error>> {
        let claims = self.claims.at(spot);
        let strangers = found.iter().filter_map(|(name, stamp)| {
            let name = std::str::from_utf8(name).ok().filter(|name| name.starts_with(prefix))?;
            let is_stranger = !claims.contains_key(name) && wish.of(name).is_none();
            is_stranger.then(|| (Box::<str>::from(name), stamp.clone()))
        });
        let strangers: HashMap<Box<str>, Stamp> = strangers.collect();
        self.strangers.retain(|(at, name), (seen, _)| at != spot || strangers.get(name) == Some(seen));
        let new =
            strangers.keys().filter(|name| !self.strangers.contains_key(&(spot.clone(), (*name).clone())));
        let new = new.cloned().collect();
        for (name, content) in place.read(new).await.map_err(Broken::Reading)? {
            if let Some(stamp) = strangers.get(&name) {
                self.strangers.insert((spot.clone(), name), (stamp.clone(), content.makers));
            }
        }
        let claimable = strangers.into_keys().filter(|name| {
            match self.strangers.get(&(spot.clone(), name.clone())) {
                Some((_, Makers::Python)) => true,
                // Once the library is listed, one that nobody wants is kept by somebody, as `(edited)`
                // or by hand.
                Some((_, Makers::Relay | Makers::Nobody)) => matches!(wish, Wish::Unknown),
                Some((_, Makers::User)) | None => false,
            }
        });
        Ok(claimable.collect())
    }

    /// Whether a file of ours has this name, and may have changed since.
    fn is_in_doubt_in_a_folder(&self, name: &str) -> bool {
        let mut claims = self.claims.folders().filter_map(|(_, names)| names.get(name));
        claims.any(|claim| !matches!(claim.holds, Holds::Seen(..)))
    }

    /// The names that are ours in a place of the other kind and are, by their stamps, the very
    /// same playlists: the folder may be MPD's.
    fn mirrored(&self, spot: &Spot, found: &Found) -> HashSet<Box<str>> {
        let others: Vec<&Names> = match spot {
            Spot::Folder(_) => vec![self.claims.at(&Spot::Mpd)],
            Spot::Mpd => self.claims.folders().map(|(_, names)| names).collect(),
        };
        let is_same = |name: &str, claim: &Claim| match (&claim.holds, found.get(name.as_bytes())) {
            (_, None) => false,
            (Holds::Seen(_, seen), Some(stamp)) => seen.get(..SECONDS) == stamp.get(..SECONDS),
            (Holds::Unknown | Holds::Written(_), Some(_)) => true,
        };
        let others = others.into_iter().flatten();
        others.filter(|(name, claim)| is_same(name, claim)).map(|(name, _)| name.clone()).collect()
    }
}

impl Wish {
    fn wanted(&self) -> &Wants {
        static NOTHING: Wants = Wants::new();
        match self {
            Self::All(_, wanted) => wanted,
            Self::Nothing | Self::Unknown => &NOTHING,
        }
    }

    fn of(&self, name: &str) -> Option<&Wanted> {
        self.wanted().get(name)
    }

    /// Whether a playlist had this name in this life of ours, and none has it now.
    fn had(&self, name: &str) -> bool {
        matches!(self, Self::All(library, _) if library.hides(name.as_bytes()))
    }

    /// Whether a playlist of ours that nobody wants stays: its playlist may be on YouTube, and could
    /// not be listed since we started. So it is when the library's file was lost.
    fn spares(&self, name: &str, claims: &Names) -> bool {
        let (Self::All(library, _), Some(Claim { id, .. })) = (self, claims.get(name)) else { return false };
        library.unlisted().is_none_or(|unlisted| unlisted.contains(id))
            && library.playlist(id).is_none()
            && !self.had(name)
    }

    /// The playlists of `snapshot`, as `render` writes them. The wish `before` came of the same
    /// `render`: what it has under the same name is not rendered again.
    pub(super) fn of_all(
        snapshot: &Arc<Snapshot>,
        before: &Self,
        mut render: impl FnMut(&Playlist) -> Vec<u8>,
    ) -> Self {
        if !snapshot.is_listed() {
            return Self::Unknown;
        }
        let wanted = snapshot.virtuals().iter().map(|VirtualPlaylist { name, playlist }| {
            let same = before.of(name).filter(|wanted| Arc::ptr_eq(&wanted.playlist, playlist));
            let content = same.map_or_else(|| Content::of_lines(&render(playlist)), |wanted| wanted.content);
            (name.clone(), Wanted { playlist: Arc::clone(playlist), content })
        });
        Self::All(Arc::clone(snapshot), wanted.collect())
    }
}

impl Wanted {
    /// Of the name that it was written under, or is to be.
    fn claim(&self, holds: Holds) -> Claim {
        Claim { id: self.playlist.id.clone(), holds, wrote: vec![self.content.songs] }
    }
}

fn is_removal(act: &Act) -> bool {
    matches!(act, Act::Remove | Act::SetAside(_))
}

fn doubt(claim: &mut Claim) {
    claim.holds = Holds::Unknown;
}

fn without(mut users: HashSet<Box<[u8]>>, ours: &HashSet<Box<str>>) -> HashSet<Box<[u8]>> {
    users.retain(|name| std::str::from_utf8(name).map_or(true, |name| !ours.contains(name)));
    users
}

#[cfg(test)]
mod tests;
