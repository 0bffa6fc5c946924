//! MPD: away, locked, and built or set up without what is needed.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use super::{Expected, examine, examine_with, says, synced, variant};
use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::daemon::free_port;
use crate::support::eventually;
use crate::support::mpd::TestMpd;
use crate::support::world::World;
use crate::ytmpctl::run;

/// With an MPD of this configuration, once it has synced.
fn start(conf: &str, more: &[(&str, &str)]) -> Option<World> {
    let world = World::start_with(TestMpd::start(conf)?, Catalogue::default(), &[FOCUS], more)?;
    synced(&world, 1);
    Some(world)
}

/// Waits until the daemon tells of one.
fn has_a_problem(world: &World) {
    eventually("it is told", || {
        let status = run(&world.daemon.control(), &["status", "--json"]).json();
        status["errors"].as_array().is_some_and(|errors| !errors.is_empty()).then_some(())
    });
}

const UNKNOWN: [Expected<'_>; 2] = [
    ("decoders", "warning", "MPD is not reached", "see MPD"),
    ("plugins", "warning", "not tried", "see relay"),
];

#[test]
fn all_is_well() {
    let Some(world) = start("", &[]) else { return };
    says(
        &examine(&world),
        &[
            ("MPD", "ok", "protocol 0.23", ""),
            ("relay", "ok", "and loads from it", ""),
            ("decoders", "ok", "webm (Opus) and m4a (AAC)", ""),
            ("plugins", "ok", "curl, pls and xspf", ""),
            ("MPD_HOST", "ok", "ytmpd, at ", ""),
            ("library", "ok", "1 playlist, 3 songs", ""),
            ("sync", "ok", "all well", ""),
        ],
    );
}

#[test]
fn version_24() {
    let Some(mpd) = TestMpd::start_0_24("") else { return };
    let Some(world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &[]) else { return };
    synced(&world, 1);
    let loads = ("relay", "ok", "and loads from it", "");
    says(&examine(&world), &[("MPD", "ok", "protocol 0.24.0", ""), loads]);
    assert_eq!(world.mpd.talk("listpartitions"), "partition: default\nOK\n");
}

#[test]
fn it_is_away_or_stands_still() {
    let Some(mut world) = start("", &[]) else { return };
    let relay = ("relay", "warning", "answers here; MPD could not be asked", "see MPD");
    world.mpd.freeze();
    let silent = ("MPD", "failure", "no answer from MPD for 3 s", "restart it");
    says(&examine(&world), &[&[silent, relay][..], &UNKNOWN].concat());
    world.mpd.thaw();
    world.mpd.stop();
    let away = ("MPD", "failure", "Connection refused", "set `mpd.address`");
    says(&examine(&world), &[&[away, relay][..], &UNKNOWN].concat());
}

#[test]
fn passwords_and_permissions() {
    let password = "password \"secret@read,add,control,player,admin\"";
    let none = format!("{password}\ndefault_permissions \"\"");
    let read = format!("{password}\ndefault_permissions \"read\"");
    let locked = ("relay", "warning", "MPD does not let us have it read", "see MPD");
    let unasked = ("decoders", "warning", "MPD does not let us ask", "see MPD");
    let untried = ("plugins", "warning", "not tried", "see relay");
    let none_lacks = ("MPD", "warning", "run status, playlistinfo, addtagid, stop", "set `mpd.password`");
    let read_lacks = ("MPD", "warning", "does not let ytmpd run addtagid, stop", "set `mpd.password`");
    let read_loads = ("relay", "ok", "`load` was not tried, for want of a partition: you don't have", "");
    let wrong = ("MPD", "failure", "MPD refuses `mpd.password`", "correct `mpd.password`");
    let unwritten = ("sync", "warning", "all went well: playlists cannot be written", "`ytmpctl status`");
    let wrong_relay = ("relay", "warning", "MPD could not be asked", "see MPD");
    for (conf, given, expected) in [
        (&none, "password = \"secret\"", &[][..]),
        (&none, "password = \"\"", &[none_lacks, locked, unasked, untried, unwritten]),
        (&read, "password = \"\"", &[read_lacks, read_loads]),
        (&read, "password = \"secrex\"", &[&[wrong, wrong_relay, unwritten], &UNKNOWN[..]].concat()),
    ] {
        let Some(world) = start(conf, &[("mpd", given)]) else { return };
        if expected.contains(&unwritten) {
            has_a_problem(&world);
        }
        let file = variant(&world.daemon, &[]);
        fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
        let checks = examine_with(&file, &world.daemon, &[]);
        says(&checks, expected);
        assert!(checks.iter().all(|check| !format!("{check:?}").contains("secre")), "{checks:?}");
    }
}

#[test]
fn playlists_that_cannot_be_written() {
    let writes = [("sync", "materialise = \"mpd\"")];
    let lacks =
        ("MPD", "warning", "does not let ytmpd run playlistadd, playlistclear, rename, rm", "more in");
    let told = ("sync", "warning", "all went well: playlists cannot be written to MPD", "`ytmpctl status`");
    let Some(world) = start("default_permissions \"read,add,player\"", &writes) else { return };
    has_a_problem(&world);
    says(&examine(&world), &[lacks, told]);
    // Who writes none needs less.
    let off = variant(&world.daemon, &[("sync", "materialise = \"off\"")]);
    says(&examine_with(&off, &world.daemon, &[]), &[("MPD", "ok", "protocol 0.23", ""), told]);

    let Some(world) = start("", &writes) else { return };
    says(&examine(&world), &[("MPD", "ok", "protocol 0.23", "")]);
    fs::remove_dir_all(world.mpd.playlists()).unwrap();
    let missing = ("MPD", "warning", "cannot list its playlists: ", "`playlist_directory` is there");
    says(&examine(&world), &[missing]);
}

#[test]
fn what_it_lacks_is_named() {
    let decoder = "decoder {\n plugin \"ffmpeg\"\n enabled \"no\"\n}";
    let curl = "input {\n plugin \"curl\"\n enabled \"no\"\n}";
    let list = |name: &str| format!("playlist_plugin {{\n name \"{name}\"\n enabled \"false\"\n}}");
    let unread = ("relay", "warning", "but cannot read it", "see plugins");
    std::thread::scope(|scope| {
        for (conf, expected) in [
            (decoder.to_owned(), vec![("decoders", "failure", "neither webm", "take `decoder")]),
            (curl.to_owned(), vec![("plugins", "failure", "no curl", "take `input"), unread]),
            (list("pls"), vec![("plugins", "failure", "no pls", "take `playlist_plugin"), unread]),
            (list("xspf"), vec![("plugins", "warning", "no xspf", "take `playlist_plugin")]),
        ] {
            scope.spawn(move || {
                let Some(world) = start(&conf, &[]) else { return };
                says(&examine(&world), &expected);
            });
        }
    });
}

/// Its way to the relay leads elsewhere, as from another network.
fn through(proxy: u16) -> String {
    format!("input {{\n plugin \"curl\"\n proxy \"127.0.0.1:{proxy}\"\n}}")
}

#[test]
fn it_does_not_reach_the_relay() {
    let Some(world) = start(&through(free_port()), &[]) else { return };
    let plugins = ("plugins", "warning", "not tried", "see relay");
    let relay = ("relay", "failure", "answers here, but MPD does not reach it", "set `relay.advertise`");
    says(&examine(&world), &[relay, plugins]);
}

#[test]
fn it_waits_for_ever_for_the_relay() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let Some(world) = start(&through(silent.local_addr().unwrap().port()), &[]) else { return };
    let plugins = ("plugins", "warning", "not tried", "see relay");
    let relay = ("relay", "failure", "no answer from MPD for 3 s", "set `relay.advertise`");
    says(&examine(&world), &[relay, plugins]);
    drop(silent);
    assert_eq!(world.mpd.talk("listpartitions"), "partition: default\nOK\n");
}

/// MPD is not asked then: it would stand still.
#[test]
fn the_relay_is_not_where_it_is_said_to_be() {
    let Some(world) = start("", &[]) else { return };
    let plugins = ("plugins", "warning", "not tried", "see relay");
    let elsewhere =
        variant(&world.daemon, &[("relay", &format!("advertise = \"http://127.0.0.1:{}\"", free_port()))]);
    let refused = ("relay", "failure", "Connection refused", "set `relay.advertise`");
    says(&examine_with(&elsewhere, &world.daemon, &[]), &[refused, plugins]);
    let strangers = world.youtube.music_url.clone();
    let elsewhere = variant(&world.daemon, &[("relay", &format!("advertise = {strangers:?}"))]);
    let stranger = ("relay", "failure", "which is not ytmpd's", "set `relay.advertise`");
    says(&examine_with(&elsewhere, &world.daemon, &[]), &[stranger, plugins]);
}

#[test]
fn two_are_not_one() {
    let Some(world) = start("", &[]) else { return };
    let uptime = |mpd: &TestMpd| -> Option<u64> {
        let stats = mpd.talk("stats");
        stats.lines().find_map(|line| line.strip_prefix("uptime: "))?.parse().ok()
    };
    // They are told from each other by their age.
    eventually("it has run for a while", || (uptime(&world.mpd)? > 5).then_some(()));
    let Some(other) = TestMpd::start("") else { return };
    let both = format!("address = [{:?}, {:?}]", world.mpd.socket(), other.socket());
    let config = variant(&world.daemon, &[("mpd", &both)]);
    let two = ("MPD", "warning", "another MPD is at", "in `mpd.address`");
    says(&examine_with(&config, &world.daemon, &[]), &[two]);
}
