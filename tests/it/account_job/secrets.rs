//! No secret leaves the daemon: by the log at its finest, by the control socket, or by a file that
//! others may read.

use std::io::Read;
use std::path::Path;

use super::*;
use crate::fake_youtube::catalogue::PRIVATE;

/// What stands in the cookies' values, MPD's password, and what only a stream's address has.
const SECRETS: [&str; 4] = ["-secret", "hush-hush", "videoplayback", "SAPISIDHASH "];

/// Files that the test itself has written, or that hold only a process's number.
const NOT_SECRET: [&str; 3] = ["config.toml", "log", "lock"];

fn tells(text: &str) -> Option<&'static str> {
    SECRETS.into_iter().find(|secret| text.contains(secret))
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn no_secret_is_told() {
    let protected =
        format!("{MUSIC}\npassword \"hush-hush@read,add,control,admin\"\ndefault_permissions \"\"");
    let Some(mpd) = TestMpd::start(&protected) else { return };
    let password = [("mpd", "password = \"hush-hush\"")];
    let Some(mut job) = Job::start_with(mpd, Catalogue::default(), &[], &password) else { return };
    job.world.youtube.turn(Knob::Library { ids: Some(vec![PRIVATE.to_owned()]) });
    job.world.youtube.turn(Knob::RotateCookies);
    job.sync();
    let mut client = job.world.client();
    client.ask("password hush-hush");
    assert_eq!(client.ask("load \"YT: Only mine\""), "OK\n");
    client.ask("play 0");
    eventually("it plays", || (client.elapsed() > 0.0).then_some(()));
    // What is refused is told of, too.
    job.world.youtube.turn(Knob::SignInAnew);
    let followed = job.ctl(&["sync", "--wait", "--json"]).out;
    assert!(followed.contains("sign-in has expired") && tells(&followed).is_none(), "{followed}");
    for request in ["status", "list", "sync", "reload", "sing", "status x", "quit"] {
        let mut answer = String::new();
        job.control(&format!("{request}\n"), Some(Shutdown::Write)).read_to_string(&mut answer).unwrap();
        assert_eq!(tells(&answer), None, "{request}: {answer}");
    }
    job.world.daemon.ended();
    let log = job.world.daemon.log();
    for line in log.lines() {
        assert_eq!(tells(line), None, "{line}");
    }
    for file in files(job.world.daemon.folder()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !NOT_SECRET.contains(&name.as_str()) {
            let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{name}");
        }
        let content = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        let allowed = ["config.toml", "rotated_cookies.txt"].contains(&name.as_str());
        assert!(allowed || tells(&content).is_none(), "{name} tells {:?}", tells(&content));
    }
}
