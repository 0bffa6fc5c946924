//! The account's playlists beside the named ones, and what becomes of them when YouTube, the
//! network or the sign-in fails.

use super::*;

/// A script with an account of two playlists, and all of PLa to PLe.
fn script() -> Arc<Script> {
    let script = Script::default();
    for name in ["PLa", "PLb", "PLc", "PLd", "PLe", "LM"] {
        script.has(playlist(name, &["one"]));
    }
    script.library(Ok(&["LM", "PLd", "PLa"]));
    Arc::new(script)
}

fn signed_in(folder: &Path, names: &[&str]) -> Config {
    let mut config = config(folder, names);
    config.youtube.cookies = Some("cookies.txt".into());
    (config.youtube.library, config.youtube.liked) = (true, true);
    config.youtube.prefix = String::new();
    config
}

/// The playlists' names.
fn names(running: &Running) -> String {
    running.shown().replace("=one", "")
}

fn unreachable() -> ListError {
    busy(503)
}

fn too_many() -> ListError {
    ListError::Unreachable(Unreachable::Busy { status: 429, retry_after: Some(Duration::from_secs(3600)) })
}

#[tokio::test(start_paused = true)]
async fn the_named_ones_come_first_and_each_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut running = Running::start(signed_in(folder.path(), &["PLb", "PLa"]), &script());
    assert!(running.finished().await.success);
    assert_eq!(names(&running), "PLb PLa LM PLd");
    assert_eq!(running.handle.status().sign_in, SignIn::Valid);
    assert_eq!(running.script.asked(), ["library", "PLb", "PLa", "LM", "PLd"]);
    // Reordered, one removed and one new in the account.
    running.script.library(Ok(&["PLe", "LM"]));
    running.sync().await;
    assert_eq!(names(&running), "PLb PLa PLe LM");
    // An account that is empty is no error.
    running.script.library(Ok(&[]));
    assert!(running.sync().await.success);
    assert_eq!(names(&running), "PLb PLa LM");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn liked_music_is_listed_where_the_library_was_never_had() {
    for (fails, shown) in [(unreachable as Fails, "PLb LM"), (missing, "PLb LM"), (signed_out, "PLb")] {
        let folder = tempfile::tempdir().expect("a folder");
        let script = script();
        script.library(Err(fails));
        let mut running = Running::start(signed_in(folder.path(), &["PLb"]), &script);
        let result = running.finished().await;
        assert_eq!((names(&running).as_str(), result.errors.len()), (shown, 1), "{result:?}");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_cut_library_lacks_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = script();
    script.library(Ok(&["LM", "PLd", "PLa"]));
    let mut running = Running::start(signed_in(folder.path(), &[]), &script);
    running.finished().await;
    for (listed, extent, shown) in [
        (&["PLe", "LM"][..], Extent::Cut, "PLe LM PLd PLa"),
        (&["LM", "PLd"], Extent::Whole, "LM PLd"),
        (&["LM"], Extent::Cut, "LM PLd"),
        (&[], Extent::Cut, "LM PLd"),
        (&["PLa", "LM"], Extent::Whole, "PLa LM"),
    ] {
        script.cut_library(listed, extent);
        assert!(running.sync().await.success);
        assert_eq!(names(&running), shown);
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_library_that_loses_many_at_once_is_believed_after_a_while() {
    /// Minutes, what the library lists then, and what there is.
    type Rounds = &'static [(u64, &'static [&'static str], &'static str)];
    const ALL: &str = "PLa PLb LM PLc PLd";
    let cases: [Rounds; 7] = [
        // For one round, or for many soon after each other, or for good.
        &[(1, &[], ALL), (20, &["PLa", "PLb", "PLc", "PLd"], ALL), (20, &[], ALL)],
        &[(1, &[], ALL), (1, &[], ALL), (8, &[], ALL), (1, &[], "LM")],
        // What comes back stays, and another length is no other matter.
        &[(1, &["PLd"], ALL), (5, &["PLb"], ALL), (5, &["PLb"], "PLb LM PLd"), (1, &["PLa"], "LM PLa")],
        &[(1, &["PLd"], ALL), (5, &[], ALL), (5, &[], "LM PLd"), (1, &[], "LM")],
        // Two of them may well have been removed, and then two more. Liked Music is in any case.
        &[(1, &["PLa", "PLb"], "PLa PLb LM"), (1, &[], "LM")],
        &[(1, &["PLe", "LM", "PLd", "PLa"], "PLe LM PLd PLa")],
        &[(1, &["PLe", "LM"], "PLa PLb PLe LM PLc PLd"), (10, &["PLe", "LM"], "PLe LM")],
    ];
    for rounds in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let script = script();
        script.library(Ok(&["PLa", "PLb", "LM", "PLc", "PLd"]));
        let mut running = Running::start(signed_in(folder.path(), &[]), &script);
        running.finished().await;
        for (minutes, listed, shown) in rounds {
            sleep(Duration::from_secs(60 * minutes)).await;
            script.library(Ok(listed));
            running.sync().await;
            assert_eq!(names(&running), *shown, "{rounds:?}");
        }
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_neither_in_the_library_nor_anywhere_is_gone_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = script();
    script.library(Ok(&["PLa", "PLb", "PLc", "PLd"]));
    let mut running = Running::start(signed_in(folder.path(), &[]), &script);
    running.finished().await;
    script.library(Ok(&["PLd"]));
    ["PLa", "PLb"].iter().for_each(|name| script.fails(name, missing));
    let result = running.sync().await;
    assert_eq!((names(&running).as_str(), &result.errors), ("LM PLc PLd", &vec![]));
    assert_eq!((result.playlists_synced, result.playlists_failed), (3, 0));
    // One that the library has stays.
    script.fails("PLd", missing);
    let result = running.sync().await;
    assert_eq!((names(&running).as_str(), result.errors.len()), ("LM PLd", 1));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn another_accounts_library_is_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = script();
    script.library(Ok(&["PLa", "PLb", "PLc", "PLd"]));
    let mut running = Running::start(signed_in(folder.path(), &[]), &script);
    running.finished().await;
    for (listed, shown) in [(&["PLe"][..], "LM PLe"), (&["PLa", "PLb", "PLc"], "LM PLa PLb PLc"), (&[], "LM")]
    {
        script.library(Ok(listed));
        running.change(|config| config.youtube.account += 1);
        assert!(running.finished().await.success);
        assert_eq!(names(&running), shown);
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_named_now_is_not_missed() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = script();
    script.library(Ok(&["PLa", "PLb", "PLc"]));
    let mut running = Running::start(signed_in(folder.path(), &[]), &script);
    running.finished().await;
    script.library(Ok(&[]));
    running.change(|config| config.youtube.playlists = ["PLa", "PLb"].map(id).to_vec());
    assert!(running.finished().await.success);
    assert_eq!(names(&running), "PLa PLb LM");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_library_that_fails_keeps_the_accounts_playlists() {
    let keeps: [(Fails, &[&str], &str, bool); 4] = [
        (unreachable, &["library", "PLb", "LM", "PLd"], "HTTP 503; the next sync tries again", false),
        (too_many, &["library"], "HTTP 429; the next timed sync waits for that long", false),
        (missing, &["library", "PLb", "LM", "PLd"], "no such playlist", false),
        (
            signed_out,
            &["library", "PLb"],
            "the account's sign-in has expired or cannot be used (HTTP 401)",
            true,
        ),
    ];
    for (fails, asked, told, expired) in keeps {
        let folder = tempfile::tempdir().expect("a folder");
        let script = script();
        script.library(Ok(&["LM", "PLd"]));
        let mut running = Running::start(signed_in(folder.path(), &["PLb"]), &script);
        running.finished().await;
        let before = running.library.borrow().revision();
        running.script.asked();
        running.script.library(Err(fails));
        let result = running.sync().await;
        assert_eq!(
            (names(&running), running.script.asked()),
            ("PLb LM PLd".into(), asked.iter().map(|id| (*id).into()).collect()),
            "{told}"
        );
        assert_eq!(running.library.borrow().revision(), before, "{told}");
        assert!(!result.success && result.errors[0].contains(told), "{result:?}");
        let sign_in = running.handle.status().sign_in;
        let expected = if expired { SignIn::Expired(result.errors[0].clone()) } else { SignIn::Valid };
        assert_eq!(sign_in, expected);

        // Also after a restart.
        running.stop().await;
        let mut running = Running::start(signed_in(folder.path(), &["PLb"]), &script);
        running.finished().await;
        assert_eq!(names(&running), "PLb LM PLd", "{told}");
        // A name that is not in the file any more goes even so.
        running.change(|config| config.youtube.playlists = vec![id("PLc")]);
        running.finished().await;
        let listed = if asked.len() > 1 { "PLc LM PLd" } else { "LM PLd" };
        assert_eq!(names(&running), listed, "{told}");
        // And it is fine once the user has signed in anew.
        script.library(Ok(&["LM"]));
        assert!(running.sync().await.success);
        assert_eq!((names(&running), running.handle.status().sign_in), ("PLc LM".into(), SignIn::Valid));
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_network_that_fails_says_nothing_of_the_sign_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = script();
    script.library(Err(signed_out));
    let mut running = Running::start(signed_in(folder.path(), &[]), &script);
    let expired = SignIn::Expired(running.finished().await.errors[0].clone());
    script.library(Err(unreachable));
    // Nor after a restart, or two.
    for _daemon in 0..3 {
        let result = running.sync().await;
        assert_eq!(running.handle.status().sign_in, expired);
        assert_eq!((result.errors.len(), SignIn::Expired(result.errors[0].clone())), (2, expired.clone()));
        running.stop().await;
        running = Running::start(signed_in(folder.path(), &[]), &script);
        assert_eq!(running.handle.status().sign_in, expired);
        running.finished().await;
    }
    // Where nothing is asked for that could tell, it is not told for ever.
    running.change(|config| (config.youtube.library, config.youtube.liked) = (false, false));
    assert!(running.finished().await.errors.is_empty());
    assert_eq!(running.handle.status().sign_in, SignIn::Valid);
    script.library(Ok(&["LM"]));
    running.sync().await;
    assert_eq!(running.handle.status().sign_in, SignIn::Valid);
    running.stop().await;
    let running = Running::start(signed_in(folder.path(), &[]), &script);
    assert_eq!(running.handle.status().sign_in, SignIn::Valid);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_switched_off_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut running = Running::start(signed_in(folder.path(), &["PLb"]), &script());
    running.finished().await;
    running.script.library(Err(unreachable));
    for (change, left) in [
        ((|youtube| youtube.liked = false) as fn(&mut config::YouTube), "PLb PLd PLa"),
        (|youtube| (youtube.liked, youtube.library) = (true, false), "PLb LM"),
        (|youtube| youtube.liked = false, "PLb"),
    ] {
        running.change(|config| change(&mut config.youtube));
        running.finished().await;
        assert_eq!(names(&running), left);
    }
    running.script.library(Ok(&["LM", "PLd"]));
    running.change(|config| config.youtube.library = true);
    running.finished().await;
    assert_eq!(names(&running), "PLb PLd");
    running.change(|config| config.youtube.cookies = None);
    running.finished().await;
    assert_eq!((names(&running), running.handle.status().sign_in), ("PLb".into(), SignIn::None));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_playlist_that_says_signed_out_is_enough() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = script();
    script.fails("LM", signed_out);
    let mut running = Running::start(signed_in(folder.path(), &[]), &script);
    let result = running.finished().await;
    assert_eq!((result.playlists_synced, result.playlists_failed), (2, 1));
    assert!(matches!(running.handle.status().sign_in, SignIn::Expired(_)));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_title_that_is_not_told_is_the_one_that_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Arc::new(Script::default());
    let titled = |title: &str| script.has(Playlist { title: title.into(), ..playlist("PLa", &["one"]) });
    script.untitled("PLa", &["one"]);
    let mut running = Running::start(signed_in(folder.path(), &["PLa"]), &script);
    running.finished().await;
    assert_eq!(names(&running), "PLa", "for want of anything better");
    script.library(Ok(&["PLa"]));
    running.sync().await;
    assert_eq!(names(&running), "Tile PLa");
    titled("Told");
    running.sync().await;
    script.untitled("PLa", &["two"]);
    running.sync().await;
    assert_eq!(running.shown(), "Tile PLa=two", "as it is called today");
    script.library(Ok(&[]));
    titled("Told");
    running.sync().await;
    script.untitled("PLa", &["two"]);
    running.sync().await;
    assert_eq!(running.shown(), "Told=two");
    titled("Told anew");
    running.sync().await;
    assert_eq!(names(&running), "Told anew");
    running.stop().await;
}
