//! Pages that were recorded in the wild, from one end to the other. They are not in this
//! repository.

use super::*;

#[test]
fn recorded_playlists_are_synced_and_written() {
    let ids = ["PLrecorded000000000000000000000000", "PLsmall000000000000000000000000000"];
    let Some(mpd) = TestMpd::start(MUSIC) else { return };
    let Some(job) = Job::start_with(mpd, Catalogue::empty(), &ids, &[]) else { return };
    let pages = ["ytm_playlist_2025_first100.json", "ytm_playlist_2025_continuation.json"];
    if !job.world.youtube.serve_recorded(ids[0], &pages)
        || !job.world.youtube.serve_recorded(ids[1], &["ytm_playlist_small_5rows.json"])
    {
        return;
    }
    let result = job.sync();
    assert_eq!((&result["success"], &result["playlists_synced"]), (&true.into(), &3.into()), "{result}");
    job.is_everywhere();
    let counts: Vec<u64> = job.list().iter().filter_map(|one| one["track_count"].as_u64()).collect();
    assert!(matches!(counts[..], [long, 1..=5, 0] if long > 100), "{counts:?}");
    let again = job.world.daemon.log();
    assert_eq!(job.sync()["success"], true);
    let news = &job.world.daemon.log()[again.len()..];
    assert!(!news.contains("WARN"), "{news}");
}
