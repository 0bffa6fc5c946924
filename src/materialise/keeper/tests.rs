//! What a pass remembers.

use jiff::Timestamp;

use super::*;
use crate::library::Library;
use crate::materialise::content::Digest;

fn playlist(id: &str, title: &str) -> Arc<Playlist> {
    let (id, updated) = (id.parse().unwrap(), Timestamp::UNIX_EPOCH);
    Arc::new(Playlist { id, title: title.into(), entries: vec![], updated })
}

/// Holds one song, and breaks off once something is to be changed.
struct Breaking {
    song: String,
    asked: Vec<Act>,
}

impl Place for Breaking {
    type Error = ();

    async fn read(&mut self, names: Vec<Box<str>>) -> Result<Readings, ()> {
        let content = Content::of_lines(self.song.as_bytes());
        Ok(names.into_iter().map(|name| (name, content)).collect())
    }

    async fn carry_out(&mut self, jobs: Vec<Job>) -> Result<Vec<Outcome>, ()> {
        self.asked.extend(jobs.into_iter().map(|job| job.act));
        Err(())
    }
}

/// The crash comes before the change, or behind it; and what is wanted is another song by then.
#[tokio::test]
async fn what_broke_off_is_known_as_ours_after_a_restart() {
    const OLD: &str = "http://h/aaaaaaaaaaa/audio\n";
    const NEW: &str = "http://h/bbbbbbbbbbb/audio\n";
    const NEWEST: &str = "http://h/ccccccccccc/audio\n";
    let edited = Before::Edited("A (edited)".into());
    for (left, before) in [(OLD, Before::Ours), (NEW, Before::Ours), (NEWEST, edited)] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("materialised.json");
        let mut library = Library::new("", vec![], vec![]);
        library.replace(vec![playlist("PLa", "A")]);
        let wish = |song: &str| Wish::of_all(&library.snapshot(), &Wish::Unknown, |_| song.into());
        let found: Found = [(b"A".as_slice().into(), "1".into())].into();
        let mut claims = Claims::load(file.clone());
        let Wish::All(_, wanted) = wish(OLD) else { panic!("it is listed") };
        claims.set(&Spot::Mpd, "A".into(), wanted["A"].claim(Holds::Unknown));
        let mut place = Breaking { song: OLD.to_owned(), asked: vec![] };
        for (there, wanted) in [(OLD, NEW), (left, "http://h/ddddddddddd/audio\n")] {
            there.clone_into(&mut place.song);
            let mut keeper = Keeper::new(claims);
            let passed = keeper.pass(&Spot::Mpd, &mut place, &found, (&wish(wanted), ""), drop).await;
            assert!(matches!(passed, Err(Broken::Writing(()))));
            claims = Claims::load(file.clone());
        }
        assert_eq!(place.asked, [Act::Write(Before::Ours), Act::Write(before)], "{left}");
    }
}

#[test]
fn what_has_not_changed_is_not_rendered_again() {
    let [a, b, renamed] = [("PLa", "A"), ("PLb", "B"), ("PLa", "C")].map(|(id, title)| playlist(id, title));
    let mut library = Library::new("", vec![], vec![]);
    let mut wish = Wish::Unknown;
    for (playlists, rendered) in [
        (vec![&a], "A"),
        (vec![&a], ""),
        (vec![&b, &a], "B"),
        (vec![&b], ""),
        (vec![&b, &renamed], "C"),
        (vec![&b, &renamed], ""),
    ] {
        library.replace(playlists.into_iter().cloned().collect());
        let mut seen = String::new();
        wish = Wish::of_all(&library.snapshot(), &wish, |playlist| {
            seen.push_str(&playlist.title);
            playlist.title.as_bytes().into()
        });
        assert_eq!(seen, rendered);
        for (title, wanted) in wish.wanted() {
            assert_eq!(wanted.content.digest, Digest::of(title.as_bytes()));
        }
    }
}
