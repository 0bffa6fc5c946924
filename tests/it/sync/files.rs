//! `sync_state.json` and `library.json`, whatever happens to the daemon meanwhile.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fake_youtube::catalogue::{FOCUS, LARGE};
use crate::fake_youtube::{Knob, MusicFault, MusicRule};
use crate::support::eventually;
use crate::support::world::World;

/// How many syncs have come to their end.
pub(super) fn rounds(world: &World) -> usize {
    world.daemon.log().matches("a round of listing is done").count()
}

/// Has it sync by SIGHUP, and waits for the end: clients and files have followed then.
pub(super) fn sync(world: &World) {
    let before = rounds(world);
    world.daemon.reload(&[]);
    eventually("a sync", || (rounds(world) > before).then_some(()));
}

/// The state file, if there is one.
pub(super) fn state(world: &World) -> Option<Value> {
    parsed(world, "sync_state.json")
}

/// A file of the daemon's: it is whole at any moment.
fn parsed(world: &World, name: &str) -> Option<Value> {
    let bytes = fs::read(world.daemon.folder().join(name)).ok()?;
    Some(serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{name} is torn: {error}")))
}

fn stall() -> Knob {
    Knob::Music { rule: MusicRule { fault: Some(MusicFault::Stall), ..MusicRule::default() } }
}

#[test]
fn a_stop_during_a_sync_is_prompt_and_no_success() {
    let Some(mut world) = World::start(&[FOCUS], &[]) else { return };
    world.daemon.client_with_playlists(1);
    eventually("the first sync", || (rounds(&world) == 1).then_some(()));
    let before = state(&world).unwrap();
    world.youtube.turn(stall());
    let asked = world.youtube.counters().music;
    world.daemon.reload(&[]);
    eventually("YouTube is asked", || (world.youtube.counters().music > asked).then_some(()));
    let stopping = Instant::now();
    assert_eq!(world.daemon.stop(), Some(0));
    assert!(stopping.elapsed() < Duration::from_secs(5), "{:?}", stopping.elapsed());
    assert_eq!(state(&world), Some(before));
}

#[test]
fn a_torn_state_starts_anew_with_one_warning() {
    let Some(mut world) = World::start(&[FOCUS], &[]) else { return };
    eventually("the first sync", || (rounds(&world) == 1).then_some(()));
    let file = world.daemon.folder().join("sync_state.json");
    for torn in ["", "{\"last_sync\":\"2025-10-17T14:3", "[]"] {
        assert_eq!(world.daemon.stop(), Some(0));
        fs::write(&file, torn).unwrap();
        let (before, log) = (rounds(&world), world.daemon.log().len());
        world.daemon.spawn();
        assert_eq!(fs::read_to_string(file.with_extension("json.broken")).unwrap(), torn);
        world.daemon.client_with_playlists(1);
        eventually("a sync", || (rounds(&world) > before).then_some(()));
        let told = &world.daemon.log()[log..];
        assert_eq!(told.matches("WARN").count(), 1, "{told}");
        assert!(told.contains("nothing is known of the last sync"), "{told}");
        assert_eq!(state(&world).unwrap()["last_sync_result"]["tracks_added"], 3);
    }
}

#[test]
fn a_kill_at_any_moment_leaves_whole_files() {
    let Some(mut world) = World::start(&[FOCUS, LARGE], &[]) else { return };
    eventually("the first sync", || (rounds(&world) == 1).then_some(()));
    for round in 0..25 {
        // Every sync has something to write.
        world.youtube.turn(Knob::NumberedPlaylist {
            id: LARGE.to_owned(),
            title: format!("Everything {round}"),
            key: "large".to_owned(),
            count: 1000 + round,
        });
        world.daemon.signal(rustix::process::Signal::HUP);
        // The moment itself is the case.
        sleep(Duration::from_millis(u64::try_from(round).unwrap() * 17 % 290));
        world.daemon.kill();
        let library = parsed(&world, "library.json").unwrap();
        assert_eq!(library["playlists"].as_array().map(Vec::len), Some(2));
        let state = state(&world).unwrap();
        assert_eq!(state["last_sync_result"]["playlists_synced"], 2, "{state}");
        world.daemon.spawn();
    }
    world.daemon.client_with_playlists(2);
    assert_eq!(world.daemon.log().matches("WARN").count(), 0, "{}", world.daemon.log());
    let broken = fs::read_dir(world.daemon.folder()).unwrap();
    let broken =
        broken.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|e| e == "broken"));
    assert_eq!(broken.count(), 0);
}
