//! Songs without a title.

use super::super::describe::describe;
use super::*;
use crate::library::{Library, Track};

#[tokio::test(start_paused = true)]
async fn what_has_no_title_is_looked_up_one_after_the_other() {
    let rig = rig(2, |letter, before| match (letter, before) {
        ('g', _) => refused(FaultKind::Gone),
        ('p', 0..4) => refused(FaultKind::Passing),
        _ => Ok(stream()),
    });
    let mut library = Library::new("", vec![], vec![]);
    library.admit(video('a'));
    library.admit(video('b'));
    let describing = tokio::spawn(describe(library.subscribe(), rig.resolver.clone(), rig.stop.clone()));
    sleep(Duration::from_secs(1)).await;
    library.admit(video('g'));
    library.admit(video('p'));
    for (seconds, started) in [
        (8, "bpga"),
        (9, "bpga"),
        // Once more, as the network may be back.
        (10, "bpgap"),
        (20 * 3600, "bpgap"),
        (5 * 3600, "bpgapbpga"),
    ] {
        sleep(Duration::from_secs(seconds)).await;
        let mut sorted =
            [rig.started(), started.to_owned()].map(|letters| letters.chars().collect::<Vec<_>>());
        sorted.iter_mut().for_each(|letters| letters.sort_unstable());
        assert_eq!(sorted[0], sorted[1], "{} is not {started}", rig.started());
    }
    assert!(rig.started().starts_with("bpga"), "{}: the newest first", rig.started());
    assert_eq!(rig.extract.most_alive.load(SeqCst), 1);
    // What has a title is not looked up any more.
    for letter in ['a', 'b', 'g', 'p'] {
        library.describe(Track { title: "T".into(), ..Track::placeholder(video(letter)) });
    }
    sleep(30 * HOUR).await;
    assert_eq!(rig.started().len(), 9);
    rig.stop.cancel();
    describing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_long_list_without_titles_does_not_use_up_what_youtube_allows() {
    let rig = rig(2, |_, _| Ok(stream()));
    let mut library = Library::new("", vec![], vec![]);
    (0..400).for_each(|n| assert!(library.admit(format!("{n:011}").parse().unwrap())));
    let describing = tokio::spawn(describe(library.subscribe(), rig.resolver.clone(), rig.stop.clone()));
    sleep(Duration::from_secs(60)).await;
    let first = rig.started().len();
    assert!((20..30).contains(&first), "what is added by hand does not wait: {first}");
    sleep(HOUR).await;
    let hour = rig.started().len() - first;
    assert!((100..=180).contains(&hour), "{hour}");
    sleep(HOUR * 2).await;
    assert_eq!(rig.started().len(), 400, "all have their turn");
    rig.stop.cancel();
    describing.await.unwrap();
}
