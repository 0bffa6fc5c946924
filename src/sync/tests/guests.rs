//! Songs and playlists that clients name.

use std::fs;

use super::*;
use crate::library::{Guests, Refused, VideoId};
use crate::sync::admitted::ADMITTED_FILE;
use crate::sync::files::LIBRARY_FILE;
use crate::sync::guests::BEFORE_SAVE;

fn video(text: &str) -> VideoId {
    text.parse().expect("a video's id")
}

fn title(running: &Running, id: &str) -> Option<String> {
    running.library.borrow().track(video(id)).map(|track| track.title.to_string())
}

fn told(id: &str, title: &str) -> Track {
    Track { title: title.into(), duration: Some(Duration::from_secs(7)), ..Track::placeholder(video(id)) }
}

#[tokio::test(start_paused = true)]
async fn a_song_is_on_disk_when_it_is_known_also_in_the_middle_of_a_round() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::<Script>::default();
    script.takes(Duration::from_secs(10_000));
    let running = Running::start(config(folder.path(), &["PLa"]), &script);
    for id in ["aaaaaaaaaaa", "bbbbbbbbbbb", "aaaaaaaaaaa"] {
        assert_eq!(running.guests.admit(video(id)).await, Ok(()));
        assert_eq!(title(&running, id).as_deref(), Some(id));
        let written = fs::read_to_string(folder.path().join(ADMITTED_FILE)).expect("a file");
        assert_eq!(written.matches(id).count(), 1);
    }
    // As if it were killed: nothing is saved at the end.
    running.task.abort();
    let again = Running::start(config(folder.path(), &["PLa"]), &script);
    assert_eq!(title(&again, "bbbbbbbbbbb").as_deref(), Some("bbbbbbbbbbb"));
    assert_eq!(again.library.borrow().placeholders().len(), 2);
    again.stop().await;
    assert!(!folder.path().join(ADMITTED_FILE).exists(), "it is in the library's file");
}

#[tokio::test(start_paused = true)]
async fn the_library_waits_for_more_titles() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = config(folder.path(), &[]);
    config.sync.auto = false;
    let mut running = Running::start(config, &Arc::default());
    running.finished().await;
    assert_eq!(running.guests.admit(video("aaaaaaaaaaa")).await, Ok(()));
    let saved = || fs::read_to_string(folder.path().join(LIBRARY_FILE)).unwrap_or_default();
    sleep(Duration::from_secs(100_000)).await;
    assert_eq!(saved(), "", "the id is on disk already");
    for track in
        [told("bbbbbbbbbbb", "nobody wants it"), told("aaaaaaaaaaa", "A"), told("aaaaaaaaaaa", "other")]
    {
        running.songs.send(track).await.expect("it runs");
    }
    let mut library = running.library.clone();
    library.wait_for(|snapshot| snapshot.placeholders().is_empty()).await.expect("it runs");
    sleep(BEFORE_SAVE - Duration::from_secs(1)).await;
    assert_eq!(saved(), "", "more may come");
    while !saved().contains("\"A\"") {
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(title(&running, "aaaaaaaaaaa").as_deref(), Some("A"));
    assert_eq!(title(&running, "bbbbbbbbbbb"), None);

    assert_eq!(running.guests.admit(video("ccccccccccc")).await, Ok(()));
    running.songs.send(told("ccccccccccc", "C")).await.expect("it runs");
    library.wait_for(|snapshot| snapshot.placeholders().is_empty()).await.expect("it runs");
    assert!(!saved().contains("\"C\""));
    running.stop().await;
    assert!(saved().contains("\"C\""), "who stops it loses nothing");
}

#[tokio::test(start_paused = true)]
async fn a_song_that_cannot_be_written_down_is_not_let_in() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join(ADMITTED_FILE)).expect("a folder");
    let running = Running::start(config(folder.path(), &[]), &Arc::default());
    let refused = running.guests.admit(video("aaaaaaaaaaa")).await;
    assert!(
        matches!(&refused, Err(Refused(why)) if why.starts_with("the song cannot be remembered: ")),
        "{refused:?}"
    );
    assert_eq!(title(&running, "aaaaaaaaaaa"), None);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_playlist_is_fetched_once_for_all_who_want_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::<Script>::default();
    script.has(playlist("PLa", &["own"]));
    script.has(playlist("PLb", &["one", "two"]));
    let mut running = Running::start(config(folder.path(), &["PLa"]), &script);
    running.finished().await;
    script.asked();
    script.takes(Duration::from_secs(3));
    assert_eq!(running.guests.fetch(id("PLa")).await, Ok(()), "the user's own");
    assert_eq!(script.asked(), [""; 0]);
    let both = tokio::join!(running.guests.fetch(id("PLb")), running.guests.fetch(id("PLb")));
    assert_eq!(both, (Ok(()), Ok(())));
    assert_eq!(running.guests.fetch(id("PLb")).await, Ok(()));
    assert_eq!(script.asked(), ["PLb"]);
    let snapshot = Arc::clone(&running.library.borrow());
    assert_eq!(snapshot.loadable(&id("PLb")).map(|one| one.entries.len()), Some(2));
    assert_eq!(running.shown(), "YT: PLa=own", "it is not listed");
    let saved = fs::read_to_string(folder.path().join(LIBRARY_FILE)).expect("a library");
    assert!(saved.contains("two"), "its songs stay known");

    // Later it may be another; if YouTube cannot be reached, it is as it was.
    sleep(Duration::from_secs(601)).await;
    script.fails("PLb", || busy(503));
    assert_eq!(running.guests.fetch(id("PLb")).await, Ok(()));
    assert_eq!(script.asked(), ["PLb"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_playlist_that_cannot_be_had_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::<Script>::default();
    let mut running = Running::start(config(folder.path(), &[]), &script);
    running.finished().await;
    script.takes(Duration::from_secs(10));
    let wanted = running.guests.fetch(id("PLb"));
    assert!(timeout(Duration::from_secs(4), wanted).await.is_err(), "who waits may go");
    sleep(Duration::from_secs(7)).await;
    let refused = running.guests.fetch(id("PLb")).await;
    assert_eq!(refused, Err(Refused(ListError::Missing.to_string())));
    assert_eq!(script.asked(), ["PLb"], "who comes again hears why");
    sleep(Duration::from_secs(16)).await;
    script.has(playlist("PLb", &["one"]));
    assert_eq!(running.guests.fetch(id("PLb")).await, Ok(()));
    script.takes(Duration::from_secs(100));
    let many: Vec<_> = (0..6).map(|n| tokio::spawn(running.guests.fetch(id(&format!("PL{n}"))))).collect();
    let mut refused = 0;
    for one in many {
        let outcome = one.await.expect("no panic");
        refused += usize::from(matches!(outcome, Err(Refused(why)) if why.starts_with("too many")));
    }
    assert_eq!(refused, 2);
    running.stop().await;
}
