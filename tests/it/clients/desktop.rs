//! Programs that run beside a player: `mpDris2` for the desktop's keys and widgets, `mpdscribble`
//! and `mpd-sima`.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use super::{FOCUS_LIST, Place};
use crate::support::{programs, within_patience};

/// A program in the background with a home of its own; `log` in there is what it says. It ends
/// with this value.
struct Background {
    home: TempDir,
    process: Child,
}

impl Background {
    /// `arguments` are made from the home folder.
    fn start(program: &Path, arguments: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let home = TempDir::new().unwrap();
        let log = fs::File::create(home.path().join("log")).unwrap();
        let process = Command::new(program)
            .args(arguments(home.path()))
            .env("HOME", home.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_RUNTIME_DIR")
            .env_remove("MPD_HOST")
            // With all that it starts, it is ended as a group.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { home, process }
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.home.path().join(name)).unwrap_or_default()
    }

    /// Waits until its file says all of this.
    #[track_caller]
    fn says(&self, name: &str, texts: &[&str]) {
        let said = within_patience(|| {
            let text = self.file(name);
            texts.iter().all(|wanted| text.contains(wanted)).then_some(())
        });
        assert!(
            said.is_some(),
            "{texts:?} is not in {name}:\n{}\nits log:\n{}",
            self.file(name),
            self.file("log")
        );
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
        let _ = self.process.wait();
    }
}

/// A session bus that starts no services: an `mpDris2` that it started would go to the user's own MPD.
const BUS: &str = "<busconfig><type>session</type><listen>unix:tmpdir=%HOME%</listen>\
    <policy context=\"default\"><allow send_destination=\"*\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>";

/// Titles, lengths and positions on the session bus, and the way back.
#[test]
fn mpdris2() {
    let (Some(bus), Some(mpdris2), Some(_)) =
        (programs::find("dbus-run-session"), programs::find("mpDris2"), programs::find("gdbus"))
    else {
        return;
    };
    let Some(place) = Place::start() else { return };
    let mut client = place.client();
    client.ask(&format!("load \"{FOCUS_LIST}\""));
    client.ask("play 0");
    place.plays("focus song 1", 0.1);

    // A bus, mpDris2 on it, and a shell that does what a line in the file `do` says.
    const SCRIPT: &str = r#"
        "$1" -h "$2" & mpdris2=$!
        trap 'kill $mpdris2' EXIT TERM
        call() { gdbus call --session --dest org.mpris.MediaPlayer2.mpd \
            --object-path /org/mpris/MediaPlayer2 --method "$@"; }
        player=org.mpris.MediaPlayer2.Player
        while kill -0 $mpdris2; do
            [ -f "$3/do" ] && mv "$3/do" "$3/doing" && call $player.$(cat "$3/doing")
            for property in Metadata PlaybackStatus Position; do
                call org.freedesktop.DBus.Properties.Get $player $property
            done >"$3/new"
            mv "$3/new" "$3/shown"
            sleep 0.1
        done"#;
    let player = Background::start(&bus, |home| {
        let [mpdris2, home] = [&mpdris2, home].map(|path| path.to_str().unwrap().to_owned());
        let bus = format!("{home}/bus.conf");
        fs::write(&bus, BUS.replace("%HOME%", &home)).unwrap();
        let run = [&format!("--config-file={bus}"), "--", "sh", "-c", SCRIPT, "sh"];
        run.map(str::to_owned).into_iter().chain([mpdris2, place.socket(), home]).collect()
    });
    let call = |method: &str| {
        fs::write(player.home.path().join("doing-next"), method).unwrap();
        fs::rename(player.home.path().join("doing-next"), player.home.path().join("do")).unwrap();
    };
    player.says(
        "shown",
        &[
            "'xesam:title': <'focus song 1'>",
            "'xesam:artist': <['Artist 1']>",
            "'xesam:album': <'Album 1'>",
            "'mpris:length': <int64 30000000>",
            "'Playing'",
        ],
    );
    call("Next");
    player.says("shown", &["'xesam:title': <'focus song 2'>", "'xesam:album': <'Album 2'>"]);
    place.plays("focus song 2", 0.1);
    call("Seek 10000000");
    place.plays("focus song 2", 10.0);
    call("Pause");
    player.says("shown", &["'Paused'"]);
    assert_eq!(client.value("status", "state").as_deref(), Some("pause"));
}

/// A song counts as heard once half of it was, and it has a title, an artist and a length.
#[test]
fn mpdscribble() {
    let Some(mpdscribble) = programs::find("mpdscribble") else { return };
    let Some(place) = Place::start() else { return };
    let mut client = place.client();
    client.ask(&format!("load \"{FOCUS_LIST}\""));
    let scribble = Background::start(&mpdscribble, |home| {
        let conf = home.join("conf");
        let heard = home.join("heard");
        fs::write(&conf, format!("verbose = 2\n[file]\nfile = {}\n", heard.display())).unwrap();
        let arguments =
            ["--no-daemon", "--log", "-", "--host", &place.socket(), "--conf", conf.to_str().unwrap()];
        arguments.map(str::to_owned).to_vec()
    });
    scribble.says("log", &["connected to mpd"]);
    client.ask("play 0");
    place.plays("focus song 1", 0.1);
    scribble.says("log", &["new song detected (Artist 1 - focus song 1)"]);
    place.plays("focus song 1", 16.0);
    client.ask("next");
    scribble.says("heard", &["Artist 1 - focus song 1"]);
    scribble.says("log", &["new song detected (Artist 2 - focus song 2)"]);
    assert!(!scribble.file("log").contains("missing"), "{}", scribble.file("log"));
}

/// It queues songs of MPD's own when the queue comes to its end.
#[test]
fn mpd_sima() {
    let Some(sima) = programs::find("mpd-sima") else { return };
    let Some(place) = Place::start() else { return };
    let mut client = place.client();
    client.ask(&format!("load \"{FOCUS_LIST}\""));
    client.ask("play 2");
    place.plays("focus song 3", 0.1);
    let sima = Background::start(&sima, |home| {
        let conf = home.join("conf");
        let text = format!(
            "[MPD]\nhost = {}\n[sima]\ninternal = Random, Crop\nqueue_length = 1\n[random]\ntrack_to_add = 1\n",
            place.socket()
        );
        fs::write(&conf, text).unwrap();
        let [conf, home] = [conf.as_path(), home].map(|path| path.to_str().unwrap().to_owned());
        ["--log-level", "debug", "--config", &conf, "--var-dir", &home].map(str::to_owned).to_vec()
    });
    sima.says("log", &["Playing: Artist 3 - Album 0 - focus song 3 (00:30)", "callback_need_track"]);
    assert!(!sima.file("log").contains("Traceback"), "{}", sima.file("log"));
    assert_eq!(client.ask("ping"), "OK\n");
}
