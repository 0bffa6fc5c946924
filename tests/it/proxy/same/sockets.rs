//! Every kind of socket on both sides, and input with virtual playlists that is cut anywhere.

use std::thread::sleep;
use std::time::Duration;

use ytmpd::config::Address;

use super::music::PICTURE;
use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::daemon::free_port;
use crate::support::mpd::TestMpd;
use crate::support::wire::Wire;
use crate::support::world::{MUSIC, World};

/// What a client gets to see that says this.
fn transcript(address: &Address, says: &str) -> String {
    let mut wire = Wire::connect(address).unwrap();
    let greeting = wire.line();
    [greeting, wire.rest_after(says.as_bytes())].concat().escape_ascii().to_string()
}

#[test]
fn every_kind_of_socket_on_both_sides() {
    let port = free_port();
    let own = free_port();
    let name = format!("ytmpd-test-{}-{port}", std::process::id());
    let binds =
        format!("{MUSIC}\nport \"{port}\"\nbind_to_address \"127.0.0.1\"\nbind_to_address \"@{name}-mpd\"\n");
    let Some(mpd) = TestMpd::start(&binds) else { return };
    let upstreams = [
        Address::Unix(mpd.socket()),
        Address::Tcp("127.0.0.1".to_owned(), port),
        Address::Abstract(format!("{name}-mpd")),
    ];
    let Some(mut world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &[]) else { return };
    for upstream in &upstreams {
        let proxy = world.daemon.folder().join("proxy");
        let listen = [
            Address::Unix(proxy.clone()),
            Address::Tcp("127.0.0.1".to_owned(), own),
            Address::Abstract(name.clone()),
        ];
        let texts: Vec<String> = listen.iter().map(ToString::to_string).collect();
        let upstream_text = [upstream.to_string()];
        world.daemon.reconfigure(&[
            ("proxy", &format!("listen = {texts:?}")),
            ("mpd", &format!("address = {upstream_text:?}")),
        ]);
        world.daemon.client_with_playlists(1);
        for address in &listen {
            for script in
                ["ping\nlsinfo nope\nfoobar\n", "command_list_ok_begin\nstatus\nnext\ncommand_list_end\n"]
            {
                let [direct, through] = [upstream, address].map(|address| transcript(address, script));
                assert_eq!(through, direct, "{address} to {upstream}");
            }
            let listed = transcript(address, "listplaylistinfo \"YT: Focus\"\n");
            assert!(listed.contains("focus song 3"), "{address} to {upstream}: {listed}");
        }
    }
}

#[test]
fn each_client_reaches_mpd_the_way_it_came() {
    let port = free_port();
    let own = free_port();
    let Some(mpd) = TestMpd::start(&format!("{MUSIC}\nport \"{port}\"\nbind_to_address \"127.0.0.1\""))
    else {
        return;
    };
    let (socket, tcp) = (mpd.socket(), Address::Tcp("127.0.0.1".to_owned(), port));
    let addresses = [socket.to_str().unwrap().to_owned(), tcp.to_string()];
    let listen = format!("listen = [\"127.0.0.1:{own}\", \"%PROXY%\"]");
    let more = [("mpd", format!("address = {addresses:?}")), ("proxy", listen)];
    let more: Vec<(&str, &str)> = more.iter().map(|(section, line)| (*section, line.as_str())).collect();
    let Some(world) = World::start_with(mpd, Catalogue::default(), &[], &more) else { return };
    let local = (Address::Unix(world.mpd.socket()), Address::Unix(world.daemon.socket()));
    let remote = (tcp, Address::Tcp("127.0.0.1".to_owned(), own));
    // Only local clients may ask for these.
    let script = "config\nurlhandlers\nlistmounts\nadd /etc/passwd\nlsinfo file:///etc\n";
    let of = |address| transcript(address, script);
    assert_eq!(of(&local.1), of(&local.0));
    assert_eq!(of(&remote.1), of(&remote.0));
    assert_ne!(of(&local.0), of(&remote.0), "the test sees no difference");
}

#[test]
fn where_the_input_is_cut_does_not_matter() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    world.daemon.client_with_playlists(1);
    world.add_music("album/cover.jpg", PICTURE);
    let script =
        b"ping\nlistplaylistinfo \"YT: Focus\"\ncommand_list_ok_begin\nlistplaylists\nbinarylimit 64\n\
                  albumart album/song.flac 0\ncommand_list_end\nidle\nnoidle\nfoobar \"\\\"\"\nstatus\n";
    let address = Address::Unix(world.daemon.socket());
    let whole = transcript(&address, std::str::from_utf8(script).unwrap());
    for cut in 1..script.len() {
        let (first, rest) = script.split_at(cut);
        let mut wire = Wire::connect(&address).unwrap();
        let greeting = wire.line();
        wire.send(first);
        // Long enough, nearly always, to be read on its own; what is seen is right either way.
        sleep(Duration::from_millis(1));
        let seen = [greeting, wire.rest_after(rest)].concat();
        assert_eq!(seen.escape_ascii().to_string(), whole, "cut at {cut}");
    }
}
