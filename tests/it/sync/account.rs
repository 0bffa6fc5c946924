//! The account's library in a running daemon: followed while YouTube knows us, kept when it does
//! not.

use std::fs;

use super::files::{rounds, state};
use super::follow::{listed, named};
use crate::fake_youtube::catalogue::{FOCUS, LARGE, LIKED, PRIVATE};
use crate::fake_youtube::{Knob, MusicFault, MusicRule};
use crate::support::eventually;
use crate::support::world::World;

fn library(world: &World, ids: &[&str]) {
    let ids = Some(ids.iter().map(|id| (*id).to_owned()).collect());
    world.youtube.turn(Knob::Library { ids });
}

#[test]
fn the_account_is_followed_and_an_expired_sign_in_loses_nothing() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    // Its playlists are there before it has ended.
    eventually("the first sync", || (rounds(&world) > 0).then_some(()));
    let file = world.daemon.folder().join("cookies.txt");
    fs::write(&file, world.youtube.cookies_txt()).unwrap();
    let cookies = format!("cookies = {file:?}");
    let sync = || {
        let before = rounds(&world);
        world.daemon.reload(&[("youtube", &cookies)]);
        eventually("a sync", || (rounds(&world) > before).then_some(()));
    };
    library(&world, &[PRIVATE, LARGE, LIKED]);
    sync();
    let all =
        named(&[("YT: Focus", 3), ("YT: Liked Songs", 5), ("YT: Only mine", 2), ("YT: Everything", 250)]);
    let sorted = |mut lists: Vec<(String, usize)>| {
        lists.sort_unstable();
        lists
    };
    assert_eq!(sorted(listed(&mut client)), sorted(all.clone()));

    let signed_out = MusicRule { fault: Some(MusicFault::SignedOut), ..MusicRule::default() };
    world.youtube.turn(Knob::Music { rule: signed_out });
    sync();
    assert_eq!(sorted(listed(&mut client)), sorted(all), "as last known");
    let result = state(&world).unwrap()["last_sync_result"].clone();
    assert_eq!(
        (&result["playlists_synced"], &result["playlists_failed"]),
        (&1.into(), &3.into()),
        "{result}"
    );
    assert!(result["errors"].to_string().contains("export `youtube.cookies` anew"), "{result}");

    world.youtube.turn(Knob::Music { rule: MusicRule::default() });
    library(&world, &[PRIVATE]);
    sync();
    let left = named(&[("YT: Focus", 3), ("YT: Liked Songs", 5), ("YT: Only mine", 2)]);
    assert_eq!(sorted(listed(&mut client)), sorted(left), "a playlist that is gone goes");
    let before = rounds(&world);
    world.daemon.reload(&[]);
    eventually("a sync without cookies", || (rounds(&world) > before).then_some(()));
    assert_eq!(listed(&mut client), named(&[("YT: Focus", 3)]));
}
