//! Everything around MPD: yt-dlp, the account, the state folder, the configuration, the daemon, and
//! what tells clients where to go.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use tempfile::TempDir;

use super::{Check, Expected, examine, examine_with, says, script, synced, variant};
use crate::fake_youtube::catalogue::FOCUS;
use crate::fake_youtube::{Knob, MusicFault, MusicRule};
use crate::support::daemon::free_port;
use crate::support::eventually;
use crate::support::world::World;

fn start(more: &[(&str, &str)]) -> Option<World> {
    let world = World::start(&[FOCUS], more)?;
    synced(&world, 1);
    Some(world)
}

/// With these lines in place of the daemon's.
fn with(world: &World, more: &[(&str, &str)]) -> Vec<Check> {
    examine_with(&variant(&world.daemon, more), &world.daemon, &[])
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn yt_dlp_and_its_runtime() {
    let Some(world) = start(&[]) else { return };
    let script = |name, does| script(world.daemon.folder(), name, does);
    let old = script("old", "echo '[debug] yt-dlp version 2023.03.04 [392389b7d] (pip)' >&2; exit 2");
    let other = script("other", "echo hello; exit 0");
    let hangs = script("hangs", "sleep 600");
    let unknown = ("JavaScript", "warning", "yt-dlp does not run", "see yt-dlp");
    let stranger = ("JavaScript", "warning", "this is not yt-dlp", "see yt-dlp");
    let knows_none = ("JavaScript", "warning", "knows of no runtime", "update it");
    let found_none = ("JavaScript", "warning", "takes (none (disabled))", "install Deno");
    let cases: [(&str, &[Expected<'_>]); 4] = [
        (
            "command = [\"/no/yt-dlp\"]",
            &[("yt-dlp", "failure", "cannot run `/no/yt-dlp`: No such file", "install yt-dlp"), unknown],
        ),
        (&old, &[("yt-dlp", "warning", "2023.03.04, ", "update it"), knows_none]),
        (&other, &[("yt-dlp", "failure", "does not say its version", "to yt-dlp"), stranger]),
        (&hangs, &[("yt-dlp", "warning", "did not finish within 10s", "look what it does"), unknown]),
    ];
    for (line, expected) in cases {
        says(&with(&world, &[("resolver", line)]), expected);
    }
    // The real one, which takes its time on a busy machine.
    let ran = |checks: &[Check]| !checks.iter().any(|check| check.found.contains("did not finish"));
    let real = |more: &[(&str, &str)]| {
        let look = || Some(with(&world, more)).filter(|checks| ran(checks));
        eventually("yt-dlp runs in time", look)
    };
    let deno = concat!("deno:", env!("CARGO_MANIFEST_DIR"), "/tests/data/deno");
    let deno = format!("args = [\"--js-runtimes\", {deno:?}]");
    let has_one = ("JavaScript", "ok", "deno-2.9.8, yt_dlp_ejs-", "");
    says(&real(&[("resolver", &deno)]), &[has_one]);
    says(&real(&[("resolver", "args = [\"--no-js-runtimes\"]")]), &[found_none]);
}

#[test]
fn cookies_and_the_account() {
    let Some(world) = start(&[]) else { return };
    let file = world.daemon.folder().join("cookies.txt");
    let line = format!("cookies = {file:?}");
    let more = [("youtube", line.as_str())];
    let good = world.youtube.cookies_txt();
    let unknown = ("account", "warning", "does not know of the cookies yet", "reload");
    let look = |text: Option<&str>, mode_of: u32, expected: Expected<'_>| {
        let _ = fs::remove_file(&file);
        if let Some(text) = text {
            fs::write(&file, text).unwrap();
            mode(&file, mode_of);
        }
        let checks = with(&world, &more);
        says(&checks, &[expected, unknown]);
        assert!(!format!("{checks:?}").contains("-secret"), "{checks:?}");
    };
    look(
        None,
        0,
        ("cookies", "failure", "cookies.txt`, which `youtube.cookies` names", "let ytmpd's user read"),
    );
    look(
        Some("nonsense"),
        0o600,
        ("cookies", "failure", "holds no cookies of youtube.com", "private window"),
    );
    let visitor: String =
        good.lines().filter(|line| !line.contains("LOGIN_INFO")).map(|line| format!("{line}\n")).collect();
    look(Some(&visitor), 0o600, ("cookies", "failure", "lacks LOGIN_INFO", "private window"));
    let expired: String = good
        .lines()
        .map(|line| {
            let mut fields: Vec<&str> = line.split('\t').collect();
            if let Some(expires) = fields.get_mut(4) {
                *expires = "1000000000";
            }
            fields.join("\t") + "\n"
        })
        .collect();
    look(Some(&expired), 0o600, ("cookies", "failure", "LOGIN_INFO has expired", "private window"));
    look(Some(&good), 0o644, ("cookies", "warning", "other users may read them (mode 0644)", "`chmod 600 "));
    look(Some(&good), 0o600, ("cookies", "ok", ", exported ", ""));

    world.daemon.reload(&more);
    synced(&world, 2);
    says(&examine(&world), &[("account", "ok", "signed in", "")]);
    let signed_out = MusicRule { fault: Some(MusicFault::SignedOut), ..MusicRule::default() };
    world.youtube.turn(Knob::Music { rule: signed_out });
    world.daemon.reload(&more);
    synced(&world, 3);
    let failed = ("sync", "warning", "not all went well", "`ytmpctl status`");
    says(&examine(&world), &[("account", "failure", "does not take the cookies", "private window"), failed]);
    // YouTube has not seen these.
    fs::write(&file, "nonsense").unwrap();
    world.daemon.reload(&more);
    synced(&world, 4);
    says(
        &examine(&world),
        &[
            ("cookies", "failure", "holds no cookies of youtube.com", "private window"),
            ("account", "failure", "the cookies are of no use", "see cookies"),
            failed,
        ],
    );
}

#[test]
fn the_folder_of_playlists() {
    let Some(world) = start(&[]) else { return };
    let home = TempDir::new().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    // Where nobody makes files, root neither; and one that ytmpd makes.
    for (folder, state, found) in [
        (Path::new("/proc/x"), "failure", "playlists cannot be written to /proc/x: "),
        (&file.join("x"), "failure", "playlists cannot be written to "),
        (&home.path().join("new/lists"), "ok", "1 playlist"),
    ] {
        let files = ("sync", "materialise = \"files\"");
        let folder = format!("playlist_directory = {folder:?}");
        let todo = if state == "ok" { "" } else { "`sync.playlist_directory`" };
        says(&with(&world, &[files, ("sync", &folder)]), &[("library", state, found, todo)]);
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left behind");
}

#[test]
fn the_state_folder() {
    let Some(world) = start(&[]) else { return };
    let folder = TempDir::new().unwrap();
    let look = |path: &Path, expected: &[Expected<'_>]| {
        says(&with(&world, &[("state", &format!("directory = {path:?}"))]), expected);
    };
    let own = folder.path();
    mode(own, 0o700);
    look(own, &[("library", "ok", "no playlists on disk", "")]);
    mode(own, 0o777);
    look(own, &[("state", "warning", "other users may write there (mode 0777)", "`chmod go-w ")]);
    mode(own, 0o755);
    fs::write(own.join("rotated_cookies.txt"), "").unwrap();
    mode(&own.join("rotated_cookies.txt"), 0o644);
    look(own, &[("state", "warning", "other users may read rotated_cookies.txt", "`chmod 600`")]);
    mode(&own.join("rotated_cookies.txt"), 0o600);
    for (name, check) in [
        ("library.json", ("library", "failure", "is damaged", "library.json.broken")),
        ("sync_state.json", ("sync", "warning", "sync_state.json", "begins the file anew")),
    ] {
        let file = own.join(name);
        fs::write(&file, "{\"tracks\":[").unwrap();
        mode(&file, 0o600);
        look(own, &[check]);
        assert_eq!(fs::read_to_string(&file).unwrap(), "{\"tracks\":[", "it is the daemon's to move");
        fs::remove_file(&file).unwrap();
    }
    look(&own.join("missing"), &[("state", "warning", "is not there", "makes it when it starts")]);
    assert!(!own.join("missing").exists());
    // Where nobody makes files, root neither.
    look(Path::new("/proc"), &[("state", "failure", "/proc cannot be written", "`state.directory`")]);
    let [library, sync] = ["library", "sync"].map(|name| (name, "warning", "not known", "see state"));
    let file = own.join("rotated_cookies.txt");
    look(&file, &[("state", "failure", "not a directory", "`state.directory`"), library, sync]);
    let left: Vec<_> = fs::read_dir(own).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["rotated_cookies.txt"], "nothing is left behind");
}

#[test]
fn the_configuration() {
    let Some(world) = start(&[]) else { return };
    let broken = variant(&world.daemon, &[("sync", "atuo = true")]);
    let checks = examine_with(&broken, &world.daemon, &[]);
    let state = |name: &str| checks.iter().find(|check| check.name == name).unwrap();
    let configuration = state("configuration");
    assert_eq!(configuration.state, "failure");
    let told = std::process::Command::new(env!("CARGO_BIN_EXE_ytmpd"))
        .args(["--check-config", "--config"])
        .arg(&broken)
        .output()
        .unwrap();
    let told = String::from_utf8(told.stderr).unwrap();
    assert_eq!(told.trim_end(), format!("ytmpd: {}", configuration.found), "as ytmpd itself says it");
    // It is found beside the file all the same.
    assert_eq!((state("ytmpd").state.as_str(), state("library").state.as_str()), ("ok", "ok"), "{checks:?}");

    let open = variant(&world.daemon, &[("mpd", "password = \"secret\"")]);
    mode(&open, 0o644);
    let checks = examine_with(&open, &world.daemon, &[]);
    let configuration = checks.iter().find(|check| check.name == "configuration").unwrap();
    assert!(
        configuration.state == "warning" && configuration.found.contains("other users"),
        "{configuration:?}"
    );
}

#[test]
fn without_a_daemon() {
    let Some(mut world) = start(&[]) else { return };
    world.daemon.stop();
    let checks = examine(&world);
    says(
        &checks,
        &[
            ("ytmpd", "failure", "nobody answers at", "start it"),
            ("relay", "warning", "ytmpd does not answer", "see ytmpd"),
            ("plugins", "warning", "not tried", "see relay"),
        ],
    );
}

#[test]
fn without_youtube() {
    let Some(world) = start(&[]) else { return };
    let nowhere = format!("music_url = \"http://127.0.0.1:{}\"", free_port());
    let unreached = ("YouTube", "failure", "Connection refused", "look at the network");
    let clock = ("clock", "ok", "cannot be compared", "");
    says(&with(&world, &[("youtube", &nowhere)]), &[unreached, clock]);

    let config = variant(&world.daemon, &[("youtube", &nowhere.replace("http:", "https:"))]);
    let checks = examine_with(&config, &world.daemon, &[("SSL_CERT_FILE", "/nonexistent")]);
    says(&checks, &[("YouTube", "failure", "No CA certificates", "install ca-certificates"), clock]);
}

#[test]
fn where_clients_go() {
    let Some(world) = start(&[]) else { return };
    let config = variant(&world.daemon, &[]);
    let mpd = world.mpd.socket();
    let mpd = mpd.to_str().unwrap();
    let look = |environment: &[(&str, &str)], expected: &[Expected<'_>]| {
        says(&examine_with(&config, &world.daemon, environment), expected);
    };
    let runtime = TempDir::new().unwrap();
    fs::create_dir(runtime.path().join("mpd")).unwrap();
    let usual = runtime.path().join("mpd/socket");
    symlink(mpd, &usual).unwrap();
    let xdg = ("XDG_RUNTIME_DIR", runtime.path().to_str().unwrap());

    look(&[xdg], &[("clients", "ok", "others go past it to", "")]);
    let past = ("clients", "warning", "told nothing go past ytmpd", "`export MPD_HOST=");
    look(&[xdg, ("MPD_HOST", "")], &[past, ("MPD_HOST", "ok", "neither", "")]);
    look(&[xdg, ("MPD_HOST", mpd)], &[past, ("MPD_HOST", "warning", "is MPD itself", "`export MPD_HOST=")]);
    let nowhere = free_port().to_string();
    look(
        &[xdg, ("MPD_HOST", "secret@127.0.0.1"), ("MPD_PORT", &nowhere)],
        &[past, ("MPD_HOST", "failure", "nobody answers at 127.0.0.1:", "`export MPD_HOST=")],
    );
    look(
        &[xdg, ("MPD_HOST", "h"), ("MPD_PORT", "x")],
        &[past, ("MPD_HOST", "failure", "`x` is no port", "")],
    );

    // As a ytmpd does that has taken MPD's place.
    let listen = format!("listen = [{usual:?}]");
    let instead = variant(&world.daemon, &[("proxy", &listen)]);
    let checks = examine_with(&instead, &world.daemon, &[xdg, ("MPD_HOST", "")]);
    let clients = checks.iter().find(|check| check.name == "clients").unwrap();
    // This machine may have an MPD of its own where others look.
    let ours = format!("that are told nothing come to ytmpd, at {}", usual.display());
    assert!(clients.found.contains(&ours), "{clients:?}");
}
