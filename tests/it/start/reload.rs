//! Reading the configuration again: what a running daemon follows, without dropping a client.

use crate::fake_youtube::catalogue::{EMPTY, FOCUS};
use crate::support::eventually;
use crate::support::world::World;

/// What `listplaylists` shows of ours, in order.
fn listed(client: &mut crate::support::client::Client) -> Vec<String> {
    let answer = client.ask("listplaylists");
    let names = answer.lines().filter_map(|line| line.strip_prefix("playlist: "));
    names.filter(|name| name.starts_with('Y')).map(str::to_owned).collect()
}

#[test]
fn prefix_playlists_and_log_follow_while_a_client_stays() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    assert_eq!(listed(&mut client), ["YT: Focus"]);
    let more = format!("playlists = [{FOCUS:?}, {EMPTY:?}]");
    world.daemon.reload(&[
        ("youtube", "prefix = \"Y2 \""),
        ("youtube", &more),
        ("log", "filter = \"ytmpd=trace\""),
    ]);
    eventually("both are there under the new prefix", || {
        (listed(&mut client) == ["Y2 Focus", "Y2 Empty"]).then_some(())
    });
    let log = world.daemon.log();
    assert!(
        log.contains(r#"changed=["log.filter", "youtube.playlists", "youtube.prefix"] restart_needed=[]"#),
        "{log}"
    );
    assert_eq!(client.ask("ping"), "OK\n", "the same connection");
}

#[test]
fn a_bad_file_changes_nothing_and_says_why() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    world.daemon.reload(&[("youtube", "prefix = 7")]);
    assert_eq!(listed(&mut client), ["YT: Focus"]);
    let log = world.daemon.log();
    assert!(
        log.contains("stays as it was") && log.contains("youtube.prefix: a text in quotes is expected"),
        "{log}"
    );

    // One that was there at the start is missed.
    std::fs::remove_file(world.daemon.folder().join("config.toml")).unwrap();
    world.daemon.signal(rustix::process::Signal::HUP);
    eventually("the file is missed", || world.daemon.log().contains("cannot read").then_some(()));
    assert_eq!(listed(&mut client), ["YT: Focus"]);
}

#[test]
fn what_needs_a_restart_is_named_and_waits_for_it() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    world.daemon.reload(&[("proxy", "max_clients = 1"), ("relay", "hold_seconds = 5")]);
    let log = world.daemon.log();
    assert!(
        log.contains(r#"changed=[] restart_needed=["proxy.max_clients", "relay.hold_seconds"]"#),
        "{log}"
    );
    assert_eq!((client.ask("ping"), world.client().ask("ping")), ("OK\n".to_owned(), "OK\n".to_owned()));
}

#[test]
fn another_resolver_is_used_from_the_next_song_on() {
    let Some(mut world) = World::start(&[FOCUS], &[("resolver", "command = [\"no-such-yt-dlp\"]")]) else {
        return;
    };
    let mut client = world.daemon.client_with_playlists(1);
    client.ask("load \"YT: Focus\"");
    eventually("the first resolver has failed", || world.daemon.log().contains("no stream").then_some(()));
    world.daemon.reload(&[]);
    assert_eq!(client.ask("play 0"), "OK\n");
    eventually("it plays", || (client.elapsed() > 0.0).then_some(()));
    assert_eq!(world.daemon.stop(), Some(0));
}
