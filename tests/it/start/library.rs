//! What is on disk: served before any network is asked, kept when YouTube makes no sense, and
//! never lost.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::fake_youtube::catalogue::{FOCUS, LARGE};
use crate::fake_youtube::{Knob, MusicFault, MusicRule};
use crate::support::eventually;
use crate::support::world::World;

fn music(fault: MusicFault) -> Knob {
    Knob::Music { rule: MusicRule { fault: Some(fault), ..MusicRule::default() } }
}

fn rounds(world: &World) -> usize {
    world.daemon.log().matches("a round of listing is done").count()
}

/// Waits until the daemon has finished one more round.
fn wait_for_round(world: &World, before: usize) {
    eventually("a round of listing", || (rounds(world) > before).then_some(()));
}

#[test]
fn the_first_answer_is_complete_before_any_network() {
    let Some(mut world) = World::start(&[FOCUS, LARGE], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(2);
    wait_for_round(&world, 0);
    let listed = client.ask("listplaylists");
    let songs = client.ask("listplaylistinfo \"YT: Everything\"");
    assert_eq!(songs.matches("file: ").count(), 250);
    assert_eq!(world.daemon.stop(), Some(0));
    world.youtube.turn(music(MusicFault::Stall));
    world.daemon.spawn();
    let mut client = world.client();
    assert_eq!(client.ask("listplaylists"), listed);
    assert_eq!(client.ask("listplaylistinfo \"YT: Everything\""), songs);
    assert_eq!(client.ask("load \"YT: Everything\""), "OK\n");
    assert_eq!(rounds(&world), 1, "the network has not answered");
}

#[test]
fn what_makes_no_sense_changes_nothing() {
    let Some(mut world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    wait_for_round(&world, 0);
    let listed = client.ask("listplaylistinfo \"YT: Focus\"");
    // Without the second source.
    let broken = [("resolver", "command = [\"false\"]")];
    for fault in [
        MusicFault::OtherShape,
        MusicFault::Html,
        MusicFault::Status { status: 500, retry_after: None },
        MusicFault::Status { status: 429, retry_after: Some(3600) },
        MusicFault::Hangup,
    ] {
        world.youtube.turn(music(fault.clone()));
        let before = world.daemon.log().len();
        world.daemon.reconfigure(&broken);
        // What may pass is tried again within the round.
        let told = eventually("the fault is met", || {
            let log = world.daemon.log()[before..].to_owned();
            let met = ["could not be listed", "InnerTube did not answer; trying again"];
            met.iter().any(|met| log.contains(met)).then_some(log)
        });
        assert_eq!(world.client().ask("listplaylistinfo \"YT: Focus\""), listed, "{fault:?}: {told}");
    }
}

#[test]
fn ytdlp_lists_what_innertube_does_not() {
    for fault in [MusicFault::OtherShape, MusicFault::Html] {
        let Some(world) = World::start(&[], &[]) else { return };
        world.youtube.turn(music(fault));
        let mut world = world;
        let playlists = format!("playlists = [{FOCUS:?}]");
        world.daemon.reconfigure(&[("youtube", &playlists)]);
        let mut client = world.daemon.client_with_playlists(1);
        let songs = client.ask("listplaylistinfo \"YT: Focus\"");
        for line in ["Title: focus song 3\n", "Artist: Artist 3\n", "Time: 30\n"] {
            assert!(songs.contains(line), "{songs}");
        }
    }
}

#[test]
fn recorded_pages_are_listed() {
    let Some(world) = World::start(&[], &[]) else { return };
    // Whoever has them; they are not in this repository.
    let id = "PLrecorded000000000000000000000000";
    let pages = ["ytm_playlist_2025_first100.json", "ytm_playlist_2025_continuation.json"];
    if !world.youtube.serve_recorded(id, &pages) {
        return;
    }
    let mut world = world;
    world.daemon.reconfigure(&[("youtube", &format!("playlists = [{id:?}]"))]);
    let mut client = world.daemon.client_with_playlists(1);
    let name = client.value("listplaylists", "playlist").unwrap();
    let songs = client.ask(&format!("listplaylistinfo \"{name}\""));
    assert!(songs.matches("file: ").count() > 100, "{songs}");
    assert!(songs.matches("Artist: ").count() > 100, "{songs}");
}

#[test]
fn a_damaged_library_is_kept_aside_and_made_anew() {
    let Some(mut world) = World::start(&[FOCUS], &[]) else { return };
    world.daemon.client_with_playlists(1);
    wait_for_round(&world, 0);
    let file = world.daemon.folder().join("library.json");
    let whole = fs::read(&file).unwrap();
    for damaged in [&whole[..whole.len() / 2], b"", b"[]", b"\xff\xfe rubbish"] {
        world.daemon.kill();
        fs::write(&file, damaged).unwrap();
        world.daemon.spawn();
        world.daemon.client_with_playlists(1);
        let kept = fs::read(world.daemon.folder().join("library.json.broken")).unwrap();
        assert_eq!(kept, damaged);
        eventually("the library is whole again", || {
            fs::read(&file).is_ok_and(|now| now.len() > whole.len() / 2).then_some(())
        });
    }
    assert_eq!(world.daemon.log().matches("starting with an empty library").count(), 4);
}

#[test]
fn without_a_place_to_write_it_plays_all_the_same() {
    let Some(mut world) = World::start(&[], &[]) else { return };
    let folder = world.daemon.folder().join("locked");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    // Who is root may write there as well: a file in the place of the folder stops everybody.
    let blocked = folder.parent().unwrap().join("file");
    fs::write(&blocked, "").unwrap();
    for place in [folder, blocked] {
        let state = format!("directory = {place:?}");
        let playlists = format!("playlists = [{FOCUS:?}]");
        world.daemon.reconfigure(&[("state", &state), ("youtube", &playlists)]);
        let mut client = world.daemon.client_with_playlists(1);
        assert_eq!(client.ask("clear\nload \"YT: Focus\"\nplay 0"), "OK\n");
        assert_eq!((client.answer(), client.answer()), ("OK\n".to_owned(), "OK\n".to_owned()));
        eventually("the song plays", || (client.elapsed() > 0.0).then_some(()));
        client.ask("stop");
    }
    let log = world.daemon.log();
    assert!(log.contains("will not be saved") || log.contains("the library is not saved"), "{log}");
}
