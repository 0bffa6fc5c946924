//! Which playlists are ours, on disk: a name is written down here before a playlist is made under
//! it, so that whoever is killed in between still knows.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use tracing::warn;

use super::content::Digest;
use super::plan::{Claim, Holds};
use crate::disk::{self, LoadError, Readers};
use crate::library::PlaylistId;
use crate::reason::on_one_line;

/// Where playlists are written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Spot {
    /// In MPD, through its protocol.
    Mpd,
    /// As files in a folder.
    Folder(PathBuf),
}

/// What is ours in one place, by name.
pub(super) type Names = BTreeMap<Box<str>, Claim>;

/// What is ours, and the file that says so.
#[derive(Debug)]
pub(super) struct Claims {
    file: PathBuf,
    spots: BTreeMap<Spot, Names>,
    /// What the file holds; `None` if it is there and is not to be replaced.
    saved: Option<Stored>,
}

/// Why the file does not say what is ours. What it held before is still there.
#[derive(Debug, thiserror::Error)]
pub(super) enum SaveError {
    #[error("cannot write {file}", file = .0.display())]
    Write(PathBuf, #[source] io::Error),
    #[error("{file} could not be read at the start", file = .0.display())]
    Unread(PathBuf),
}

impl SaveError {
    /// What comes of it and what to do, on one line.
    pub(super) fn problem(&self) -> String {
        let todo = match self {
            Self::Write(..) => "make room, or make the folder writable",
            Self::Unread(_) => "make it readable, and restart ytmpd",
        };
        format!("no new playlist is written: {}: {todo}", on_one_line(self))
    }
}

impl Claims {
    /// What `file` says. A damaged one is kept beside it, and nothing is ours.
    pub(super) fn load(file: PathBuf) -> Self {
        let nothing = |file, saved| Self { file, spots: BTreeMap::new(), saved };
        let stored = match disk::load(&file, |bytes| serde_json::from_slice::<Stored>(&bytes)) {
            Ok(stored) => stored.unwrap_or_default(),
            Err(error @ LoadError::Read(..)) => {
                warn!(
                    error = &error as &dyn Error,
                    "none of our playlists is written until it is readable, and ytmpd restarted"
                );
                return nothing(file, None);
            }
            Err(error @ (LoadError::Damaged(..) | LoadError::Stuck(..))) => {
                warn!(error = &error as &dyn Error, "only playlists that are as they should be are ours");
                let moved = matches!(error, LoadError::Damaged(..));
                return nothing(file, moved.then(Stored::default));
            }
        };
        let folders = stored.folders.iter().map(|(folder, names)| (Spot::Folder(folder.clone()), names));
        let spots = folders.chain([(Spot::Mpd, &stored.mpd)]);
        let claims = |names: &StoredNames| {
            names.iter().map(|(name, one)| (name.clone(), one.clone().into())).collect()
        };
        let spots = spots.map(|(spot, names)| (spot, claims(names))).collect();
        Self { spots, file, saved: Some(stored) }
    }

    /// What is ours there.
    pub(super) fn at(&self, spot: &Spot) -> &Names {
        static NOTHING: Names = BTreeMap::new();
        self.spots.get(spot).unwrap_or(&NOTHING)
    }

    /// The names that are ours there as far as the file says: what a restart would know.
    pub(super) fn saved(&self, spot: &Spot) -> BTreeSet<Box<str>> {
        let names = self.saved.as_ref().and_then(|saved| match spot {
            Spot::Mpd => Some(&saved.mpd),
            Spot::Folder(folder) => saved.folders.get(folder),
        });
        names.into_iter().flat_map(BTreeMap::keys).cloned().collect()
    }

    /// The folders in which something is ours.
    pub(super) fn folders(&self) -> impl Iterator<Item = (&Path, &Names)> {
        self.spots.iter().filter_map(|(spot, names)| match spot {
            Spot::Folder(folder) => Some((folder.as_path(), names)),
            Spot::Mpd => None,
        })
    }

    /// This is ours there.
    pub(super) fn set(&mut self, spot: &Spot, name: Box<str>, claim: Claim) {
        self.spots.entry(spot.clone()).or_default().insert(name, claim);
    }

    /// It is not ours any more.
    pub(super) fn drop(&mut self, spot: &Spot, name: &str) {
        if let Some(names) = self.spots.get_mut(spot) {
            names.remove(name);
            if names.is_empty() {
                self.spots.remove(spot);
            }
        }
    }

    /// Writes the file, if it does not say so already.
    ///
    /// # Cancel safety
    /// The file is written all the same.
    ///
    /// # Errors
    /// When the folder cannot be written or is full.
    pub(super) async fn save(&mut self) -> Result<(), SaveError> {
        let mut stored = Stored::default();
        for (spot, names) in &self.spots {
            let names = names.iter().map(|(name, claim)| (name.clone(), claim.into())).collect();
            match spot {
                Spot::Mpd => stored.mpd = names,
                Spot::Folder(folder) => drop(stored.folders.insert(folder.clone(), names)),
            }
        }
        match &self.saved {
            None => return Err(SaveError::Unread(self.file.clone())),
            Some(saved) if *saved == stored => return Ok(()),
            Some(_) => {}
        }
        let failed = |error| SaveError::Write(self.file.clone(), error);
        let content = serde_json::to_vec(&stored).map_err(|error| failed(error.into()))?;
        let file = self.file.clone();
        let write = move || disk::replace(&file, Readers::Owner, |out| out.write_all(&content));
        let written = spawn_blocking(write).await.unwrap_or_else(|error| Err(io::Error::other(error)));
        written.map_err(failed)?;
        self.saved = Some(stored);
        Ok(())
    }
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Stored {
    #[serde(default)]
    mpd: StoredNames,
    #[serde(default)]
    folders: BTreeMap<PathBuf, StoredNames>,
}

type StoredNames = BTreeMap<Box<str>, StoredClaim>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StoredClaim {
    id: PlaylistId,
    /// What was seen there, and when it was changed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen: Option<(Digest, Box<str>)>,
    /// The songs that may be there by our hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    wrote: Vec<Digest>,
}

impl From<&Claim> for StoredClaim {
    /// What was only written, and not looked at later, is unknown after a restart.
    fn from(claim: &Claim) -> Self {
        let seen = match &claim.holds {
            Holds::Seen(digest, stamp) => Some((*digest, stamp.clone())),
            Holds::Unknown | Holds::Written(_) => None,
        };
        Self { id: claim.id.clone(), seen, wrote: claim.wrote.clone() }
    }
}

impl From<StoredClaim> for Claim {
    fn from(stored: StoredClaim) -> Self {
        let holds = stored.seen.map_or(Holds::Unknown, |(digest, stamp)| Holds::Seen(digest, stamp));
        Self { id: stored.id, holds, wrote: stored.wrote }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn claim(holds: Holds) -> Claim {
        Claim { id: "PLx".parse().unwrap(), holds, wrote: vec![Digest::of(b"songs")] }
    }

    #[tokio::test]
    async fn what_is_ours_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("materialised.json");
        let mut claims = Claims::load(file.clone());
        claims.save().await.unwrap();
        assert!(!file.exists(), "nothing to say");
        let music = Spot::Folder("/music".into());
        let seen = claim(Holds::Seen(Digest::of(b"x"), "2026".into()));
        claims.set(&Spot::Mpd, "A".into(), seen.clone());
        claims.set(&Spot::Mpd, "B".into(), claim(Holds::Written(Digest::of(b"x"))));
        claims.set(&music, "A".into(), claim(Holds::Unknown));
        claims.save().await.unwrap();
        let written = fs::metadata(&file).unwrap().modified().unwrap();
        let mut again = Claims::load(file.clone());
        assert_eq!(again.at(&Spot::Mpd)["A"], seen);
        assert_eq!(again.at(&Spot::Mpd)["B"], claim(Holds::Unknown));
        assert_eq!(again.folders().count(), 1);
        again.save().await.unwrap();
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written, "nothing new");
        again.drop(&music, "A");
        again.save().await.unwrap();
        assert_eq!(Claims::load(file).folders().count(), 0);
    }

    #[tokio::test]
    async fn what_cannot_be_saved_says_why_and_then_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("materialised.json");
        fs::create_dir(&file).unwrap();
        let unread = Claims::load(file.clone());
        let writable = Claims { saved: Some(Stored::default()), spots: BTreeMap::new(), file };
        for (mut claims, why, todo) in [
            (unread, "json could not be read at the start", ": make it readable, and restart ytmpd"),
            (writable, "json: Is a directory (os error 21)", ": make room, or make the folder writable"),
        ] {
            claims.set(&Spot::Mpd, "A".into(), claim(Holds::Unknown));
            let problem = claims.save().await.unwrap_err().problem();
            assert!(problem.starts_with("no new playlist is written: "), "{problem}");
            assert!(problem.ends_with(&format!("{why}{todo}")), "{problem}");
        }
    }

    #[test]
    fn a_torn_file_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("materialised.json");
        for torn in ["", "{\"mpd\":{\"A\":{\"id\":"] {
            fs::write(&file, torn).unwrap();
            assert!(Claims::load(file.clone()).at(&Spot::Mpd).is_empty());
            assert_eq!(fs::read_to_string(folder.path().join("materialised.json.broken")).unwrap(), torn);
        }
    }
}
