//! The two files: when they are written, and what a damaged or forbidden one means.

use std::fs;

use super::*;
use crate::sync::files::LIBRARY_FILE;

fn one_playlist() -> Arc<Script> {
    let script = Script::default();
    script.has(playlist("PLa", &["one"]));
    Arc::new(script)
}

/// The files as they are, and whether they have been written since `before`.
fn written(folder: &Path) -> impl Fn() -> Vec<&'static str> {
    let stat = |name: &str| {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(folder.join(name)).ok().map(|file| file.ino())
    };
    let before = [LIBRARY_FILE, state::FILE].map(stat);
    let folder = folder.to_owned();
    move || {
        use std::os::unix::fs::MetadataExt;
        let now = |name: &str| fs::metadata(folder.join(name)).ok().map(|file| file.ino());
        let names = [LIBRARY_FILE, state::FILE].into_iter().zip(&before);
        names.filter(|(name, before)| now(name) != **before).map(|(name, _)| name).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_changes_nothing_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = one_playlist();
    let mut running = Running::start(config(folder.path(), &["PLa"]), &script);
    running.finished().await;
    let since = written(folder.path());
    script.takes(Duration::from_secs(3));
    for _again in 0..3 {
        running.sync().await;
        assert_eq!(since(), [""; 0]);
    }
    script.has(playlist("PLa", &["one", "two"]));
    running.sync().await;
    assert_eq!(since(), [LIBRARY_FILE, state::FILE]);
    let since = written(folder.path());
    script.fails("PLa", missing);
    running.sync().await;
    assert_eq!(since(), [state::FILE], "another result");
    running.sync().await;
    let last = running.handle.status().last;
    let since = written(folder.path());
    running.stop().await;
    assert_eq!(since(), [state::FILE], "when the last sync was");
    assert_eq!(state::load(&folder.path().join(state::FILE)).expect("a state"), last);
}

#[tokio::test(start_paused = true)]
async fn the_daemon_says_when_it_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(state::FILE);
    let of_python = r#"{"last_sync":"2025-10-17T14:30:00.5","last_sync_result":{"playlists_synced":5},"daemon_start_time":"2025-10-17T12:00:00"}"#;
    fs::write(&file, of_python).expect("a file");
    let script = one_playlist();
    script.takes(Duration::from_secs(3600));
    let running = Running::start(config(folder.path(), &["PLa"]), &script);
    sleep(Duration::from_secs(1)).await;
    let status = running.handle.status();
    let text = fs::read_to_string(&file).expect("a file");
    assert!(text.contains(&format!("\"daemon_start_time\":\"{}\"", status.started)), "{text}");
    assert!(
        text.contains(
            r#"{"last_sync":"2025-10-17T14:30:00Z","last_sync_result":{"success":false,"playlists_synced":5"#
        ),
        "{text}"
    );
    assert_eq!(status.last.map(|(_, result)| result.playlists_synced), Some(5));
    running.stop().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_kept() {
    for name in [LIBRARY_FILE, state::FILE] {
        let file_of = |sync: &Sync| {
            if name == LIBRARY_FILE {
                sync.files.library.is_replaced()
            } else {
                sync.files.state.is_replaced()
            }
        };
        let start = |folder: &Path| sync(config(folder, &[]), Source::Fixed(vec![])).0;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(name);
        let kept = folder.path().join(format!("{name}.broken"));
        fs::write(&file, "{\"tracks\":[").expect("a file");
        assert!(file_of(&start(folder.path())) && kept.exists(), "{name}");

        fs::remove_file(&kept).expect("it was there");
        fs::create_dir(&kept).expect("a folder");
        fs::write(&file, "{").expect("a file");
        assert!(!file_of(&start(folder.path())) && file.exists(), "{name} could not be moved aside");

        fs::remove_file(&file).expect("it was there");
        fs::create_dir(&file).expect("a folder");
        let unreadable = start(folder.path());
        assert!(!file_of(&unreadable), "{name}: what we could not read we must not replace");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_told_and_tried_again() {
    let folder = tempfile::tempdir().expect("a folder");
    // A file in the place of the folder stops also who is root.
    let state_directory = folder.path().join("state");
    fs::write(&state_directory, "").expect("a file");
    let script = one_playlist();
    let mut running = Running::start(config(&state_directory, &["PLa"]), &script);
    for _round in 0..2 {
        let result = running.finished().await;
        assert!(result.success && result.errors.len() == 2, "{result:?}");
        assert!(result.errors[0].starts_with("the library will not be saved: "), "{result:?}");
        running.handle.trigger();
    }
    running.finished().await;
    running.stop().await;

    // One that fills up while the daemon runs.
    let mut running = Running::start(config(folder.path(), &["PLa"]), &script);
    running.finished().await;
    let file = folder.path().join(LIBRARY_FILE);
    fs::remove_file(&file).expect("it was there");
    fs::create_dir_all(file.join("in the way")).expect("a folder");
    script.has(playlist("PLa", &["two"]));
    for _round in 0..2 {
        let result = running.sync().await;
        assert!(
            matches!(&result.errors[..], [error] if error.starts_with("the library is not saved: ")),
            "{result:?}"
        );
    }
    fs::remove_dir_all(&file).expect("it was there");
    assert_eq!(running.sync().await.errors, [""; 0]);
    assert!(file.exists());
    running.stop().await;
}
