//! A song on its way to a real MPD while YouTube fails, for a moment, for long, or for good.

use std::thread::sleep;
use std::time::Duration;

use crate::fake_youtube::catalogue::{FOCUS, LONG};
use crate::fake_youtube::{Knob, MediaRule, Says};
use crate::support::client::Client;
use crate::support::eventually;
use crate::support::world::World;
use crate::ytmpctl::run;

const FIRST: &str = "focus000001";
const SECOND: &str = "focus000002";

/// Nothing is prepared ahead, so that a test knows what has been fetched.
const NOTHING_AHEAD: (&str, &str) = ("resolver", "prefetch = 0");

fn world(playlists: &[&str], more: &[(&str, &str)]) -> Option<(World, Client)> {
    let world = World::start(playlists, more)?;
    let client = world.daemon.client_with_playlists(playlists.len());
    Some((world, client))
}

fn load_and_play(client: &mut Client, song: &str) {
    for command in ["clear", "load \"YT: Focus\"", &format!("play {song}")] {
        assert_eq!(client.ask(command), "OK\n", "{command}");
    }
}

fn media(id: Option<&str>, rule: MediaRule) -> Knob {
    Knob::Media { id: id.map(str::to_owned), rule }
}

fn status(code: u16) -> MediaRule {
    MediaRule { status: Some(code), ..MediaRule::default() }
}

/// Waits until MPD plays this song and has played more than so much of it.
fn wait_until_heard(client: &mut Client, song: &str, seconds: f64) {
    eventually("the song is heard", || {
        let at = client.value("status", "song");
        (at.as_deref() == Some(song) && client.elapsed() > seconds).then_some(())
    });
}

fn wait_for_state(client: &mut Client, state: &str) {
    eventually(state, || (client.value("status", "state").as_deref() == Some(state)).then_some(()));
}

fn resolves(world: &World) -> u64 {
    world.youtube.counters().watch + world.youtube.counters().player
}

#[test]
fn a_short_outage_of_the_audio_is_waited_out() {
    let Some((world, mut client)) = world(&[FOCUS], &[NOTHING_AHEAD]) else { return };
    for (song, code) in [("0", 500), ("1", 429)] {
        world.youtube.turn(media(None, status(code)));
        let before = world.youtube.counters().media_refused;
        client.ask("stop");
        load_and_play(&mut client, song);
        eventually("it was refused", || (world.youtube.counters().media_refused > before + 1).then_some(()));
        assert_eq!(client.value("status", "state").as_deref(), Some("play"));
        assert_eq!(client.value("status", "song").as_deref(), Some(song), "no song is skipped");
        world.youtube.turn(media(None, MediaRule::default()));
        wait_until_heard(&mut client, song, 0.1);
        assert_eq!(client.value("status", "error"), None);
    }
}

/// The next URL may be of another server.
#[test]
fn a_second_refusal_in_a_row_is_worth_another_url() {
    let Some((world, mut client)) = world(&[FOCUS], &[NOTHING_AHEAD]) else { return };
    let mut looked_up = Vec::new();
    for (song, refusals) in [("0", 0), ("1", 1), ("2", 2)] {
        world.youtube.turn(media(None, MediaRule { times: Some(refusals), ..status(503) }));
        let before = resolves(&world);
        load_and_play(&mut client, song);
        wait_until_heard(&mut client, song, 0.1);
        looked_up.push(resolves(&world) - before);
    }
    assert!(looked_up[0] > 0);
    assert_eq!(looked_up, [1, 1, 2].map(|times| times * looked_up[0]));
}

#[test]
fn a_short_outage_of_the_search_for_streams_is_waited_out() {
    let Some((world, mut client)) = world(&[FOCUS], &[NOTHING_AHEAD]) else { return };
    world.youtube.turn(Knob::AllVideos { says: Says::Status(500) });
    let before = resolves(&world);
    load_and_play(&mut client, "0");
    eventually("it was asked for", || (resolves(&world) > before + 1).then_some(()));
    eventually("it failed", || world.daemon.log().contains("fetching a song failed").then_some(()));
    let told = || world.daemon.log().matches("MPD waits for this song").count();
    eventually("the user is told why nothing is heard", || (told() == 1).then_some(()));
    assert_eq!(client.value("status", "song").as_deref(), Some("0"));
    world.youtube.turn(Knob::AllVideos { says: Says::Plays });
    wait_until_heard(&mut client, "0", 0.1);
}

#[test]
fn a_long_outage_stops_mpd_and_keeps_the_queue() {
    let more = [NOTHING_AHEAD, ("relay", "hold_seconds = 2")];
    for consume in ["0", "1"] {
        let Some((world, mut client)) = world(&[FOCUS], &more) else { return };
        client.ask(&format!("consume {consume}"));
        world.youtube.turn(media(None, status(500)));
        load_and_play(&mut client, "0");
        let queue = client.ask("playlistinfo");
        eventually("the relay gives up", || {
            world.daemon.log().contains("cannot be had for now").then_some(())
        });
        wait_for_state(&mut client, "stop");
        // MPD would go on to the next song at once if it did.
        sleep(Duration::from_millis(500));
        assert_eq!(client.value("status", "state").as_deref(), Some("stop"));
        assert_eq!(client.ask("playlistinfo"), queue, "consume {consume}");
        assert_eq!(client.value("status", "song").as_deref(), Some("0"));
        let error = client.value("status", "error").unwrap_or_default();
        assert!(error.contains("\"focus song 1\" cannot be played: ") && error.contains("500"), "{error:?}");
        let errors = || run(&world.daemon.control(), &["status", "--json"]).json()["errors"].clone();
        assert_eq!(errors(), serde_json::json!([format!("MPD was stopped: {error}")]));

        world.youtube.turn(media(None, MediaRule::default()));
        assert_eq!(client.ask("play"), "OK\n");
        wait_until_heard(&mut client, "0", 0.1);
        assert_eq!(client.value("status", "error"), None);
        eventually("it is past", || (errors() == serde_json::json!([])).then_some(()));
    }
}

#[test]
fn what_mpd_was_stopped_for_is_gone_when_it_is_cleared_and_when_other_music_plays() {
    let more = [NOTHING_AHEAD, ("relay", "hold_seconds = 0")];
    let Some((world, mut client)) = world(&[FOCUS], &more) else { return };
    world.youtube.turn(media(None, status(500)));
    world.add_music("tone.webm", include_bytes!("../data/audio/tone_30s.webm"));
    load_and_play(&mut client, "0");
    assert_eq!(client.ask("add tone.webm"), "OK\n");
    let errors = || run(&world.daemon.control(), &["status", "--json"]).json()["errors"].clone();
    for line in ["clearerror", "play 3"] {
        let error = eventually("the reason is told", || client.value("status", "error"));
        assert!(error.contains("\"focus song 1\" cannot be played: "), "{error}");
        assert_eq!(errors(), serde_json::json!([format!("MPD was stopped: {error}")]));
        assert_eq!(client.ask(line), "OK\n");
        eventually("it is past", || (errors() == serde_json::json!([])).then_some(()));
        client.ask("stop");
        assert_eq!(client.value("status", "error"), None, "{line}");
        client.ask("play 0");
    }
}

#[test]
fn a_song_that_is_gone_is_skipped_with_youtubes_reason() {
    for more in [&[NOTHING_AHEAD][..], &[]] {
        let Some((world, mut client)) = world(&[FOCUS], more) else { return };
        world.youtube.turn(Knob::Video { id: FIRST.into(), says: Says::Private });
        load_and_play(&mut client, "0");
        // MPD clears its error once the next song has begun.
        eventually("the reason is told", || {
            let error = client.value("status", "error").unwrap_or_default();
            let told = error.contains("\"focus song 1\" cannot be played: This video is private");
            (told || client.value("status", "song").as_deref() == Some("1")).then_some(())
        });
        wait_until_heard(&mut client, "1", 0.1);
        let log = world.daemon.log();
        assert!(log.contains("This video is private"), "{log}");

        // The last one of a queue: MPD stops, and says why.
        world.youtube.turn(Knob::Video { id: "focus000003".into(), says: Says::Private });
        client.ask("play 2");
        let error = eventually("the reason stays", || client.value("status", "error"));
        assert!(error.contains("\"focus song 3\" cannot be played: This video is private"), "{error}");
    }
}

#[test]
fn a_url_that_dies_in_the_middle_is_replaced_at_the_same_byte() {
    // Eight MiB at a pace that needs all of the test, and more than one range.
    let Some((world, mut client)) = world(&[LONG], &[NOTHING_AHEAD]) else { return };
    let id = "long_000002";
    let slow = MediaRule { bytes_per_second: Some(2_000_000), ..MediaRule::default() };
    world.youtube.turn(media(Some(id), slow));
    client.ask("load \"YT: Long\" 1");
    assert_eq!(client.ask("play 0"), "OK\n");
    wait_until_heard(&mut client, "0", 0.1);
    let asked = world.youtube.media_log().len();
    world.youtube.turn(Knob::ExpireUrls);
    eventually("all of it has been fetched", || {
        let log = world.youtube.media_log();
        let last = log.iter().rfind(|request| request.id == id && request.status == 206)?;
        last.range.as_deref()?.ends_with(&format!("-{}", (8 << 20) - 1)).then_some(())
    });
    let log = world.youtube.media_log();
    assert!(log[asked..].iter().any(|request| request.status == 403), "no URL has died: {log:?}");
    // Each range begins where the one before ended.
    let mut next = 0;
    for request in log.iter().filter(|request| request.id == id && request.status == 206) {
        let (first, last) =
            request.range.as_deref().unwrap().trim_start_matches("bytes=").split_once('-').unwrap();
        assert_eq!(first.parse::<u64>().unwrap(), next, "{log:?}");
        next = last.parse::<u64>().unwrap() + 1;
    }
    client.ask("seekcur 28");
    wait_for_state(&mut client, "stop");
    assert_eq!(client.value("status", "error"), None);
}

#[test]
fn one_song_follows_the_other() {
    let Some((world, mut client)) = world(&[FOCUS], &[]) else { return };
    load_and_play(&mut client, "0");
    wait_until_heard(&mut client, "0", 0.1);
    let mut states = Vec::new();
    for next in ["1", "2"] {
        client.ask("seekcur 28.5");
        eventually("the next song is heard", || {
            states.extend(client.value("status", "state"));
            (client.value("status", "song").as_deref() == Some(next)).then_some(())
        });
        wait_until_heard(&mut client, next, 0.2);
    }
    assert!(states.iter().all(|state| state == "play"), "{states:?}");
    assert_eq!(client.value("status", "error"), None);
    assert_eq!(world.daemon.log().matches("WARN").count(), 0, "{}", world.daemon.log());
    assert!(world.youtube.media_log().iter().any(|request| request.id == SECOND));
}
