//! What the library makes of rounds, and what clients hear of it.

use super::*;

#[tokio::test(start_paused = true)]
async fn new_playlists_show_at_once_and_the_others_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::new(Script::default());
    script.has(playlist("PLa", &["one"]));
    script.takes(Duration::from_secs(1));
    let mut running = Running::start(config(folder.path(), &["PLa"]), &script);
    running.finished().await;
    running.library.mark_unchanged();
    script.has(playlist("PLa", &["one", "two"]));
    script.has(playlist("PLb", &["three"]));
    script.has(playlist("PLc", &["four"]));
    running.change(|config| config.youtube.playlists = ["PLc", "PLa", "PLb", "PLd"].map(id).to_vec());
    let mut seen = vec![];
    let changes = async {
        while running.library.changed().await.is_ok() {
            seen.push(shown(&running.library.borrow_and_update()));
        }
    };
    let _ = timeout(Duration::from_secs(60), changes).await;
    // That there is a PLd too is no news to clients.
    seen.dedup();
    assert_eq!(
        seen,
        [
            // Two at a time; both take a second.
            "YT: PLc=four YT: PLa=one",
            "YT: PLc=four YT: PLa=one+two YT: PLb=three",
        ]
    );
    assert_eq!(running.library.borrow().known_tracks(), 4, "what was seen once stays known");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_playlist_that_is_cut_is_believed_after_a_while() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::new(Script::default());
    script.has_of(playlist("PLa", &["one", "two"]), Extent::Cut);
    let mut running = Running::start(config(folder.path(), &["PLa"]), &script);
    assert!(running.finished().await.success, "a new one is what there is of it");
    let told = |shown: usize, before: usize| {
        vec![format!(
            "\"PLa\" stays as it was: YouTube showed only {shown} of its {before} songs; the next sync tries again"
        )]
    };
    let (none, one, two, three) = (&[][..], &["one"][..], &["one", "two"][..], &["one", "two", "three"][..]);
    for (minutes, extent, songs, shown, errors) in [
        // Its last page may be empty for good.
        (1, Extent::Cut, two, two, vec![]),
        (1, Extent::Cut, three, three, vec![]),
        // So many less one time, and so many another.
        (1, Extent::Cut, one, three, told(1, 3)),
        (9, Extent::Cut, two, three, told(2, 3)),
        (1, Extent::Cut, one, one, vec![]),
        (1, Extent::Cut, two, two, vec![]),
        (1, Extent::Cut, one, one, vec![]),
        // As it was, or whole.
        (1, Extent::Cut, three, three, vec![]),
        (20, Extent::Cut, two, three, told(2, 3)),
        (9, Extent::Whole, two, two, vec![]),
        (1, Extent::Cut, one, two, told(1, 2)),
        // A header that counts what there was, and one that has always counted more.
        (1, Extent::Short(2), one, two, told(1, 2)),
        (1, Extent::Short(9), one, one, vec![]),
        (1, Extent::Whole, none, none, vec![]),
    ] {
        sleep(Duration::from_secs(60 * minutes)).await;
        let shown = shown.join("+");
        script.has_of(playlist("PLa", songs), extent);
        let result = running.sync().await;
        assert_eq!((running.shown(), &result.errors), (format!("YT: PLa={shown}"), &errors));
        let failed = usize::from(!errors.is_empty());
        assert_eq!((result.success, result.playlists_failed), (errors.is_empty(), failed));
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_name_goes_by_the_order_of_the_playlists_and_then_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::new(Script::default());
    let pop = |id: &str| Playlist { title: "Pop".into(), ..playlist(id, &[id]) };
    ["PLa", "PLb", "PLc"].iter().for_each(|id| script.has(pop(id)));
    script.is_late("PLa", Duration::from_secs(9));
    let mut running = Running::start(config(folder.path(), &["PLa", "PLb", "PLc"]), &script);
    running.library.wait_for(|snapshot| shown(snapshot) == "YT: Pop=PLb YT: Pop (2)=PLc").await.expect("two");
    // One that was dropped before its end has not settled them.
    running.stop().await;
    let mut running = Running::start(config(folder.path(), &["PLa", "PLb", "PLc"]), &script);
    assert_eq!(running.shown(), "YT: Pop=PLb YT: Pop (2)=PLc");
    running.finished().await;
    assert_eq!(running.shown(), "YT: Pop=PLa YT: Pop (2)=PLb YT: Pop (3)=PLc");
    running.stop().await;
    let mut running = Running::start(config(folder.path(), &["PLa", "PLb", "PLc"]), &script);
    // From now on it stays, whatever comes before them.
    script.has(pop("PLd"));
    running.change(|config| config.youtube.playlists = ["PLd", "PLc", "PLb"].map(id).to_vec());
    running.finished().await;
    assert_eq!(running.shown(), "YT: Pop=PLd YT: Pop (3)=PLc YT: Pop (2)=PLb");
    running.stop().await;
}

/// How the revision grows with what changes.
#[tokio::test(start_paused = true)]
async fn clients_hear_of_what_they_can_see_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::new(Script::default());
    let lists = ["PLa", "PLb"].map(|name| playlist(name, &["one", "two"]));
    lists.iter().for_each(|list| script.has(list.clone()));
    let mut running = Running::start(config(folder.path(), &["PLa", "PLb"]), &script);
    running.finished().await;
    let changed = |change: &dyn Fn(&mut Playlist)| {
        let mut list = lists[0].clone();
        list.updated = Timestamp::now();
        change(&mut list);
        script.has(list);
    };
    type Case<'a> = (&'static str, &'a dyn Fn(&mut Playlist), u64);
    let cases: [Case<'_>; 7] = [
        ("listed again", &|_| (), 0),
        (
            "another picture",
            &|list| {
                let entry = &mut list.entries[0];
                entry.track =
                    Arc::new(Track { thumbnail: Some("https://x/y".into()), ..(*entry.track).clone() });
            },
            0,
        ),
        ("another row id", &|list| list.entries[1].set_video_id = Some("X".into()), 0),
        ("songs reordered", &|list| list.entries.reverse(), 1),
        ("a song twice", &|list| list.entries.extend(lists[0].entries.clone()), 1),
        ("renamed", &|list| list.title = "New".into(), 1),
        ("as before", &|_| (), 1),
    ];
    for (what, change, expected) in cases {
        let before = running.library.borrow().revision();
        changed(change);
        running.sync().await;
        assert_eq!(running.library.borrow().revision() - before, expected, "{what}");
    }
    let before = running.library.borrow().revision();
    running.change(|config| config.youtube.playlists.reverse());
    running.finished().await;
    assert_eq!(running.library.borrow().revision(), before + 1, "playlists reordered");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_changes_nothing_that_clients_see() {
    let folder = tempfile::tempdir().expect("a folder");
    // The same video, described in two ways.
    let mut lists = [playlist("PLa", &["one"]), playlist("PLb", &["one"])];
    let entry = &mut lists[0].entries[0];
    entry.track = Arc::new(Track { album: Some("an album".into()), ..(*entry.track).clone() });
    let script = Arc::new(Script::default());
    lists.into_iter().for_each(|list| script.has(list));
    let mut revisions = vec![];
    for _start in 0..2 {
        let mut running = Running::start(config(folder.path(), &["PLa", "PLb"]), &script);
        revisions.push(running.library.borrow().revision());
        running.finished().await;
        revisions.push(running.library.borrow().revision());
        running.stop().await;
    }
    assert_eq!(revisions[2], revisions[3], "after a restart, the round brings nothing new");
}

#[tokio::test(start_paused = true)]
async fn prefix_and_mpds_names_are_followed_while_youtube_stalls() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixed = Source::Fixed(vec![playlist("PLa", &["one"])]);
    let (fixed, ..) = sync(config(folder.path(), &[]), fixed);
    let mut library = fixed.subscribe();
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(fixed.run(shutdown.clone()));
    library.wait_for(|snapshot| shown(snapshot) == "YT: PLa=one").await.expect("the demo's playlist");
    shutdown.cancel();
    task.await.expect("it ends");

    let script = Arc::new(Script::default());
    script.takes(Duration::from_secs(3600));
    let mut running = Running::start(config(folder.path(), &["PLa"]), &script);
    running.stored.send_replace(StoredPlaylists::Named([b"YT: PLa".as_slice().into()].into()));
    let library = &mut running.library;
    library.wait_for(|snapshot| shown(snapshot) == "YT: PLa (2)=one").await.expect("a number");
    running.change(|config| config.youtube.prefix = "Y ".into());
    running.library.wait_for(|snapshot| shown(snapshot) == "Y PLa=one").await.expect("the prefix");
    assert!(running.handle.status().running);
    running.stop().await;
    let (again, ..) = sync(config(folder.path(), &[]), Source::Fixed(vec![]));
    assert_eq!(shown(&again.subscribe().borrow()), "YT: PLa=one", "saved at the stop");
}

#[tokio::test(start_paused = true)]
async fn the_catalogue_is_made_anew_only_when_it_is_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::new(Script::default());
    let mut running = Running::start(config(folder.path(), &[]), &script);
    running.finished().await;
    running.sync().await;
    running.change(|config| config.sync.interval *= 2);
    running.finished().await;
    assert_eq!(*script.listers.lock().unwrap(), 1);
    running.change(|config| config.youtube.account = 1);
    running.finished().await;
    running.change(|config| config.resolver.workers = 3);
    running.finished().await;
    assert_eq!(*script.listers.lock().unwrap(), 3);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn that_there_are_no_playlists_is_known_once_a_round_has_found_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::new(Script::default());
    let signed_in = |folder: &Path| {
        let mut config = config(folder, &[]);
        (config.youtube.cookies, config.youtube.library) = (Some("cookies.txt".into()), true);
        config
    };
    for (account, minutes, is_listed) in
        [(Err(missing as Fails), 10, false), (Ok(&[][..]), 9, false), (Ok(&[]), 10, true)]
    {
        script.library(account);
        let mut running = Running::start(signed_in(folder.path()), &script);
        assert!(!running.library.borrow().is_listed());
        running.finished().await;
        // For the want of a library to be missed, YouTube is not believed the first time.
        sleep(Duration::from_secs(60 * minutes)).await;
        running.sync().await;
        assert_eq!((running.shown(), running.library.borrow().is_listed()), (String::new(), is_listed));
        assert_eq!(running.library.borrow().revision(), 0, "clients see no difference");
        running.stop().await;
    }
    script.has(playlist("PLa", &["one"]));
    let mut running = Running::start(config(folder.path(), &["PLa"]), &script);
    running.finished().await;
    running.stop().await;
    let running = Running::start(config(folder.path(), &["PLa"]), &script);
    assert!(running.library.borrow().is_listed(), "the file tells");
    running.stop().await;
}

/// Until then, what is written for one may not be removed.
#[tokio::test(start_paused = true)]
async fn which_playlists_are_unlisted_is_known_once_the_account_was_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::new(Script::default());
    let mut config = config(folder.path(), &["PLa", "PLb"]);
    (config.youtube.cookies, config.youtube.library) = (Some("cookies.txt".into()), true);
    script.has(playlist("PLa", &["one"]));
    script.fails("PLb", || busy(503));
    script.library(Err(signed_out));
    let mut running = Running::start(config.clone(), &script);
    running.finished().await;
    let unlisted = |running: &Running| {
        let snapshot = running.library.borrow();
        let unlisted = snapshot.unlisted()?.iter().map(ToString::to_string);
        Some(unlisted.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" "))
    };
    assert_eq!(unlisted(&running), None);
    for (account, extent, known) in [
        (Ok(&["PLc"][..]), Extent::Cut, None),
        (Err(unreachable as Fails), Extent::Whole, None),
        (Ok(&[]), Extent::Whole, None),
        (Ok(&["PLc"]), Extent::Whole, Some("PLb PLc")),
        (Err(signed_out), Extent::Whole, Some("PLb PLc")),
        (Ok(&["PLa"]), Extent::Whole, Some("PLb")),
    ] {
        script.library(account);
        *script.extent.lock().unwrap() = extent;
        sleep(Duration::from_secs(600)).await;
        running.sync().await;
        assert_eq!((running.shown().as_str(), unlisted(&running).as_deref()), ("YT: PLa=one", known));
    }
    script.has(playlist("PLb", &["two"]));
    running.sync().await;
    assert_eq!(unlisted(&running).as_deref(), Some(""));
    running.stop().await;
    // What is on disk would have been missed.
    let mut running = Running::start(config, &script);
    running.finished().await;
    assert_eq!(unlisted(&running).as_deref(), Some(""));
    running.stop().await;
}

fn unreachable() -> ListError {
    busy(503)
}
