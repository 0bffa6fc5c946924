//! Libraries of any size, and playlists of any name and size.

use super::*;
use crate::fake_youtube::catalogue::Playlist;

#[test]
fn an_empty_one() {
    let Some(job) = Job::start(Catalogue::empty(), &[]) else { return };
    let result = job.sync();
    assert_eq!((&result["success"], &result["playlists_synced"]), (&true.into(), &1.into()), "{result}");
    job.is_everywhere();
    let shown = job.ctl(&["list"]).text();
    assert!(shown.lines().count() == 2 && shown.contains("YT: Liked Songs      0"), "{shown}");
}

#[test]
fn one_of_300_playlists() {
    let Some(job) = Job::start(Catalogue::library(300, 2), &[]) else { return };
    // They are asked for gently, and it is the timer's own sync that is waited for.
    job.ctl(&["sync", "--wait"]).text();
    let status = job.status();
    assert_eq!((&status["playlists"], &status["tracks"]), (&301.into(), &600.into()), "{status}");
    job.is_everywhere();
    assert_eq!(job.ctl(&["list"]).text().lines().count(), 302);
}

#[test]
fn any_name_and_5000_songs() {
    let long = "n".repeat(300);
    let titles = ["AC/DC", "He said \"Hi\"", "🎸 音楽", "Don't stop", &long, "Same", "Same", "back\\slash"];
    let mut catalogue = Catalogue::empty();
    for (number, title) in titles.iter().enumerate() {
        catalogue.add(Playlist::numbered(&format!("PLname{number}"), title, &format!("name{number}"), 2));
    }
    catalogue.add(Playlist::numbered("PLhuge", "Huge", "huge", 5000));
    let Some(job) = Job::start(catalogue, &[]) else { return };
    let ran = job.ctl(&["sync", "--wait"]).text();
    assert!(ran.contains(" 5016 songs in ") && ran.ends_with(": all playlists synced\n"), "{ran}");
    job.is_everywhere();
    let (listed, shown) = (job.list(), job.ctl(&["list"]).text());
    for title in titles.iter().chain(&["Huge", "Liked Songs"]) {
        let named = listed.iter().filter(|one| one["name"] == **title).count();
        assert_eq!(named, titles.iter().filter(|other| *other == title).count().max(1), "{title}");
    }
    for one in &listed {
        let name = one["virtual_name"].as_str().unwrap();
        assert!(name.len() <= 251 && shown.contains(name), "{name} in\n{shown}");
    }
}
