//! What changes on YouTube, what clients see and hear of it, and what a failure leaves as it was.

use std::process::Command;

use super::files::{rounds, state, sync};
use crate::fake_youtube::catalogue::{FOCUS, LARGE};
use crate::fake_youtube::{Knob, MusicFault, MusicRule};
use crate::support::client::Client;
use crate::support::eventually;
use crate::support::world::World;

/// Has the fake's playlist [`FOCUS`] hold other songs, under this title.
fn turn_focus(world: &World, title: &str, count: usize) {
    world.youtube.turn(Knob::NumberedPlaylist {
        id: FOCUS.to_owned(),
        title: title.to_owned(),
        key: "focus".to_owned(),
        count,
    });
}

/// What `listplaylists` shows of ours, with the number of songs.
pub(super) fn listed(client: &mut Client) -> Vec<(String, usize)> {
    let answer = client.ask("listplaylists");
    let names = answer.lines().filter_map(|line| line.strip_prefix("playlist: "));
    let songs = |client: &mut Client, name: &str| {
        client.ask(&format!("listplaylist \"{name}\"")).matches("file: ").count()
    };
    names.map(|name| (name.to_owned(), songs(client, name))).collect()
}

pub(super) fn named(lists: &[(&str, usize)]) -> Vec<(String, usize)> {
    lists.iter().map(|(name, songs)| ((*name).to_owned(), *songs)).collect()
}

/// What an idling client has heard by now; it idles on.
fn heard(idle: &mut Client) -> usize {
    idle.send("noidle");
    let answer = idle.answer();
    idle.send("idle stored_playlist");
    answer.matches("changed: stored_playlist\n").count()
}

#[test]
fn clients_hear_once_of_what_changed_and_nothing_else() {
    let Some(world) = World::start(&[FOCUS, LARGE], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(2);
    eventually("the first sync", || (rounds(&world) == 1).then_some(()));
    let mut idle = world.client();
    idle.send("idle stored_playlist");
    sync(&world);
    assert_eq!(heard(&mut idle), 0, "nothing has changed");
    for (title, count) in [("Focus", 5), ("Focus", 2), ("Calm", 2)] {
        turn_focus(&world, title, count);
        sync(&world);
        let name = format!("YT: {title}");
        assert_eq!(listed(&mut client), named(&[(&name, count), ("YT: Everything", 250)]));
        assert_eq!(idle.answer(), "changed: stored_playlist\nOK\n");
        idle.send("idle stored_playlist");
        sync(&world);
        assert_eq!(heard(&mut idle), 0, "the next sync finds the same");
    }
    world.daemon.reload(&[("youtube", &format!("playlists = [{LARGE:?}]"))]);
    assert_eq!(idle.answer(), "changed: stored_playlist\nOK\n");
    assert_eq!(listed(&mut client), named(&[("YT: Everything", 250)]));
}

#[test]
fn a_playlist_that_fails_stays_as_it_was_and_is_named() {
    let Some(world) = World::start(&[FOCUS, LARGE], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(2);
    eventually("the first sync", || (rounds(&world) == 1).then_some(()));
    let result = |key: &str| state(&world).map(|state| state["last_sync_result"][key].clone());
    assert_eq!(result("tracks_added"), Some(253.into()));
    let missing = MusicFault::Status { status: 404, retry_after: None };
    let rule = MusicRule { fault: Some(missing), ..MusicRule::default() };
    world.youtube.turn(Knob::MusicOf { id: FOCUS.to_owned(), rule });
    world.youtube.turn(Knob::NumberedPlaylist {
        id: LARGE.to_owned(),
        title: "Everything".to_owned(),
        key: "large".to_owned(),
        count: 7,
    });
    sync(&world);
    assert_eq!(listed(&mut client), named(&[("YT: Focus", 3), ("YT: Everything", 7)]));
    assert_eq!(result("success"), Some(false.into()));
    assert_eq!((result("playlists_synced"), result("playlists_failed")), (Some(1.into()), Some(1.into())));
    let errors = result("errors").unwrap().to_string();
    assert!(errors.contains(r#"\"Focus\" stays as it was: "#) && errors.contains("check the id"), "{errors}");

    world.youtube.turn(Knob::MusicOf { id: FOCUS.to_owned(), rule: MusicRule::default() });
    sync(&world);
    assert_eq!((result("success"), result("tracks_added")), (Some(true.into()), Some(10.into())));
}

#[test]
fn without_certificates_the_package_is_named_and_ytdlp_not_asked() {
    let Some(mut world) = World::start(&[FOCUS, LARGE], &[]) else { return };
    world.daemon.client_with_playlists(2);
    eventually("the first sync", || (rounds(&world) == 1).then_some(()));
    world.daemon.stop();
    let mut ytmpd = Command::new(env!("CARGO_BIN_EXE_ytmpd"));
    world.daemon.spawn_by(ytmpd.env("SSL_CERT_FILE", "/nonexistent").env("SSL_CERT_DIR", "/nonexistent"));
    sync(&world);
    let errors = state(&world).unwrap()["last_sync_result"]["errors"].to_string();
    assert!(errors.contains(r#"\"Focus\" stays as it was: no request can be made ("#), "{errors}");
    assert!(errors.contains("): install ca-certificates\",\"1 more playlist was not asked"), "{errors}");
    assert!(!world.daemon.log().contains("asking yt-dlp"));
}
