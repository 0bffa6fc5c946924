//! MPD on TCP, on a Unix socket and on an abstract one, and ytmpd likewise.

use std::env::temp_dir;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use ytmpd::config::Address;

use super::plays_focus;
use crate::fake_youtube::Catalogue;
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::daemon::free_port;
use crate::support::eventually;
use crate::support::mpd::TestMpd;
use crate::support::programs;
use crate::support::wire::Wire;
use crate::support::world::{MUSIC, World};

#[test]
fn by_any_kind_of_socket() {
    let (port, ours) = (free_port(), free_port());
    let name = format!("ytmpd-test-{port}");
    let conf =
        format!("{MUSIC}\nbind_to_address \"127.0.0.1\"\nport \"{port}\"\nbind_to_address \"@{name}\"");
    let Some(mpd) = TestMpd::start(&conf) else { return };
    let listen = format!("listen = [\"%PROXY%\", \"127.0.0.1:{ours}\", \"@{name}-proxy\"]");
    let listen = ("proxy", listen.as_str());
    let Some(mut world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &[listen]) else { return };
    let addresses =
        [format!("\"127.0.0.1:{port}\""), format!("\"localhost:{port}\""), format!("\"@{name}\"")];
    let unix = format!("{:?}", world.mpd.socket());
    // The first that answers is taken.
    let list = format!("[\"127.0.0.1:1\", \"/no/such/socket\", \"@{name}-nobody\", {}]", addresses[0]);
    for address in addresses.into_iter().chain([unix, list]) {
        world.daemon.reconfigure(&[listen, ("mpd", &format!("address = {address}"))]);
        plays_focus(&mut world.daemon.client_with_playlists(1));
        for proxy in [
            Address::Tcp("127.0.0.1".into(), ours),
            Address::Unix(world.daemon.socket()),
            Address::Abstract(format!("{name}-proxy")),
        ] {
            let mut wire = eventually("ytmpd listens", || Wire::connect(&proxy).ok());
            wire.send(b"listplaylistinfo \"YT: Focus\"\n");
            let told = wire.rest();
            let told = String::from_utf8_lossy(&told);
            assert!(
                told.contains("Title: focus song 3\n") && told.ends_with("OK\n<open>"),
                "{address}: {told}"
            );
        }
    }
}

/// What MPD's user may read, and others may not, is not theirs through us.
#[test]
fn another_user_on_our_socket_has_no_files() {
    let Some(mpc) = programs::find("mpc") else { return };
    let Some(mpd) = TestMpd::start(MUSIC) else { return };
    let Some(world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &[]) else { return };
    let secret = world.daemon.folder().join("secret.ogg");
    fs::write(&secret, include_bytes!("../../data/audio/tone_30s.webm")).unwrap();
    let add = |user: u32| {
        let mut command = Command::new(&mpc);
        command.arg("-h").arg(world.daemon.socket()).arg("add").arg(format!("file://{}", secret.display()));
        let told = command.uid(user).output().unwrap();
        String::from_utf8_lossy(&told.stderr).into_owned()
    };
    let ours = rustix::process::geteuid().as_raw();
    assert_eq!(add(ours), "");
    if ours != 0 {
        return eprintln!("skipped: only root can be another user");
    }
    for folder in world.daemon.socket().ancestors().skip(1).take_while(|folder| *folder != temp_dir()) {
        fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    }
    assert!(add(65534).contains("Access denied"), "{}", add(65534));
}
