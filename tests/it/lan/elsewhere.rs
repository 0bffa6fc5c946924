//! MPD on another host than ytmpd, and clients on any.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use super::hosts::{GUEST, MPDS, apart};
use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::FOCUS;
use crate::setups::plays_focus;
use crate::support::mpd::TestMpd;
use crate::support::world::{MUSIC, World};
use crate::support::{PATIENCE, eventually, programs};

/// MPD plays its own music and ours, for clients on any host and over IPv4 and IPv6; only MPD's
/// host and ours may read from the relay.
#[test]
fn mpd_plays_and_others_read_nothing() {
    apart("lan::elsewhere::mpd_plays_and_others_read_nothing", || {
        let Some(mpc) = programs::find("mpc") else { return };
        let conf = format!("{MUSIC}\nbind_to_address \"0.0.0.0\"\nport \"6600\"");
        let Some(mpd) = MPDS.on(|| TestMpd::start(&conf)) else { return };
        let more = [
            ("proxy", "listen = [\"%PROXY%\", \"0.0.0.0:6601\", \"[::]:6601\"]"),
            ("mpd", &format!("address = \"{}:6600\"", MPDS.address())),
            // Of both, so that MPD's address comes as one of IPv6.
            ("relay", "listen = \"[::]:6602\""),
            ("relay", &format!("advertise = \"http://{}:6602\"", MPDS.wire())),
        ];
        let Some(world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &more) else { return };
        world.add_music("its own/song.m4a", include_bytes!("../../data/audio/tone_30s.m4a"));
        plays_focus(&mut world.daemon.client_with_playlists(1));

        for (host, proxy) in
            [(&MPDS, MPDS.wire()), (&MPDS, MPDS.wire_v6()), (&GUEST, GUEST.wire()), (&GUEST, GUEST.wire_v6())]
        {
            let mpc = |arguments: &[&str]| {
                let run = || Command::new(&mpc).args(["-h", &proxy, "-p", "6601"]).args(arguments).output();
                let output = host.on(run).unwrap();
                assert!(output.status.success(), "{proxy} {arguments:?}: {output:?}");
                String::from_utf8(output.stdout).unwrap()
            };
            assert!(mpc(&["lsplaylists"]).contains("YT: Focus\n"), "{proxy}");
            assert!(mpc(&["listall"]).contains("its own/song.m4a\n"), "{proxy}");
            mpc(&["clear"]);
            mpc(&["load", "YT: Focus"]);
            mpc(&["play", "2"]);
            let mut client = world.client();
            eventually("it is heard", || (client.elapsed() > 0.1).then_some(()));
            assert!(mpc(&["current"]).contains("focus song 2"), "{proxy}");
        }

        let song = world.client().value("currentsong", "file").unwrap();
        let path = song.strip_prefix(&format!("http://{}:6602", MPDS.wire())).unwrap();
        let paths = ["/health", path, "/no/such/route"];
        assert_eq!(MPDS.on(|| paths.map(|path| status(&MPDS.wire(), path))), [200, 200, 404]);
        assert_eq!(paths.map(|path| status(&GUEST.wire(), path)), [200, 200, 404]);
        for relay in [GUEST.wire(), GUEST.wire_v6(), MPDS.wire()] {
            let relay = relay.as_str();
            assert_eq!(GUEST.on(|| paths.map(|path| status(relay, path))), [403; 3], "{relay}");
        }
        // Once of each address.
        assert_eq!(world.daemon.log().matches("refused who is not MPD's host").count(), 2);
    });
}

/// Before an MPD elsewhere fails to find the relay, the log says so.
#[test]
fn an_mpd_that_cannot_find_the_relay_is_told_of() {
    apart("lan::elsewhere::an_mpd_that_cannot_find_the_relay_is_told_of", || {
        let conf = format!("{MUSIC}\nbind_to_address \"0.0.0.0\"\nport \"6600\"");
        let Some(mpd) = MPDS.on(|| TestMpd::start(&conf)) else { return };
        let address = format!("address = \"{}:6600\"", MPDS.address());
        let more = [("mpd", address.as_str())];
        let Some(world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &more) else { return };
        eventually("the log says so", || world.daemon.log().contains("is on another host").then_some(()));
    });
}

/// The status of the answer to a request.
fn status(relay: &str, path: &str) -> u16 {
    let mut stream = TcpStream::connect((relay, 6602)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "HEAD {path} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{answer:?}"))
}
