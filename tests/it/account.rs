//! The daemon with the account's cookies: its library as virtual playlists, cookies that rotate
//! and expire, and `yt-dlp` with a copy of them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::task::JoinSet;
use ytmpd::config;
use ytmpd::cookies::Cookies;
use ytmpd::youtube::{Catalogue, Standing};
use ytmpd::ytdlp::YtDlp;

use crate::fake_youtube::catalogue::{ALBUM, COLLABORATIVE, FOCUS, LIKED, PRIVATE};
use crate::fake_youtube::{self, FakeYouTube, Knob, Language, MusicFault, MusicRule};
use crate::support::eventually;
use crate::support::world::World;

/// What every value of the fake's cookies holds.
const SECRET: &str = "-secret";

/// MPD, a YouTube whose account has this library, and ytmpd signed in to it.
struct Account {
    world: World,
}

impl Account {
    fn start(library: &[&str], playlists: &[&str]) -> Option<Self> {
        let mut account = Self { world: World::start(&[], &[])? };
        let ids = Some(library.iter().map(|&id| id.to_owned()).collect());
        account.world.youtube.turn(Knob::Library { ids });
        account.export();
        account.reconfigure(playlists);
        Some(account)
    }

    fn reconfigure(&mut self, playlists: &[&str]) {
        let cookies = format!("cookies = {:?}", self.cookies_txt());
        let playlists = format!("playlists = {playlists:?}");
        let log = ("log", "filter = \"trace\"");
        self.world.daemon.reconfigure(&[("youtube", &cookies), ("youtube", &playlists), log]);
    }

    /// The user exports the browser's cookies.
    fn export(&self) {
        fs::write(self.cookies_txt(), self.world.youtube.cookies_txt()).unwrap();
        fs::set_permissions(self.cookies_txt(), Permissions::from_mode(0o600)).unwrap();
    }

    fn cookies_txt(&self) -> PathBuf {
        self.world.daemon.folder().join("cookies.txt")
    }

    fn kept(&self) -> PathBuf {
        self.world.daemon.folder().join("rotated_cookies.txt")
    }

    /// The user wants another sync.
    fn sync(&self) {
        let pid = Pid::from_raw(self.world.daemon.pid().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::HUP).unwrap();
    }

    fn stop(&mut self) {
        assert_eq!(self.world.daemon.stop(), Some(0));
    }

    fn kill(&mut self) {
        self.world.daemon.kill();
    }

    fn songs(&self, name: &str) -> String {
        self.world.client().ask(&format!("listplaylistinfo \"YT: {name}\""))
    }

    fn wait_for_songs(&self, name: &str, count: usize) {
        eventually(&format!("{name} has {count} songs"), || {
            (self.songs(name).matches("file: ").count() == count).then_some(())
        });
    }

    /// What holds whatever a test did.
    fn check(&self, exported: &str) {
        assert!(!self.world.daemon.log().contains(SECRET), "a cookie's value is in the log");
        assert_eq!(
            fs::read_to_string(self.cookies_txt()).unwrap(),
            exported,
            "the user's file is the user's"
        );
    }
}

#[test]
fn the_library_shows_in_any_language() {
    let Some(account) = Account::start(&[LIKED, ALBUM, COLLABORATIVE, PRIVATE], &[FOCUS]) else { return };
    let exported = account.world.youtube.cookies_txt();
    account.world.youtube.turn(Knob::Language { language: Language::French });
    let mut client = account.world.daemon.client_with_playlists(5);
    let listed = client.ask("listplaylists");
    for name in ["Focus", "Liked Songs", "Album 1", "Together", "Only mine"] {
        assert!(listed.contains(&format!("playlist: YT: {name}\n")), "{listed}");
    }
    let songs = account.songs("Together");
    let [upload, in_flex_column, video] = songs.split("file: ").skip(1).collect::<Vec<_>>()[..] else {
        panic!("{songs}");
    };
    for (song, line, there) in [
        (upload, "Artist: Artist 1\n", true),
        (upload, "Album: Album 1\n", true),
        (in_flex_column, "Time: 30\n", true),
        (video, "Artist: Artist 3\n", true),
        (video, "Album: ", false),
    ] {
        assert_eq!(song.contains(line), there, "{line}{song}");
    }
    assert_eq!(account.world.youtube.counters().music_refused, 0);
    account.check(&exported);
}

#[test]
fn a_rotated_cookie_is_kept_and_used_after_a_restart() {
    let Some(mut account) = Account::start(&[], &[]) else { return };
    let exported = account.world.youtube.cookies_txt();
    account.world.youtube.turn(Knob::RotateCookies);
    account.sync();
    eventually("the rotated cookie is kept", || {
        fs::read_to_string(account.kept()).is_ok_and(|kept| kept.contains("sidts-secret-0-1")).then_some(())
    });
    assert_eq!(fs::metadata(account.kept()).unwrap().permissions().mode() & 0o777, 0o600);
    for end in [Account::stop as fn(&mut Account), Account::kill] {
        end(&mut account);
        let before = account.world.youtube.counters();
        account.world.daemon.spawn();
        eventually("it is signed in again", || {
            (account.world.youtube.counters().music_signed > before.music_signed).then_some(())
        });
        assert_eq!(account.world.youtube.counters().music_refused, 0, "the cookie of the export is old");
    }
    account.check(&exported);
}

#[test]
fn an_expired_sign_in_takes_nothing_away() {
    let Some(account) = Account::start(&[LIKED, PRIVATE], &[FOCUS]) else { return };
    let old = account.world.youtube.cookies_txt();
    account.world.daemon.client_with_playlists(3);
    account.wait_for_songs("Only mine", 2);
    let grow = |id: &str, title: &str, key: &str, count: usize| {
        let (id, title, key) = (id.to_owned(), title.to_owned(), key.to_owned());
        account.world.youtube.turn(Knob::NumberedPlaylist { id, title, key, count });
    };
    account.world.youtube.turn(Knob::SignInAnew);
    grow(FOCUS, "Focus", "focus", 4);
    account.sync();
    account.wait_for_songs("Focus", 4);
    eventually("it is told", || account.world.daemon.log().contains("sign-in has expired").then_some(()));
    for (name, count) in [("Liked Songs", 5), ("Only mine", 2)] {
        assert_eq!(account.songs(name).matches("file: ").count(), count, "{name}");
    }
    account.check(&old);

    account.export();
    grow(LIKED, "Liked Music", "liked", 6);
    account.sync();
    account.wait_for_songs("Liked Songs", 6);
    account.check(&account.world.youtube.cookies_txt());
}

#[test]
fn ytdlp_gets_a_copy_of_the_cookies() {
    let Some(account) = Account::start(&[PRIVATE], &[]) else { return };
    let exported = account.world.youtube.cookies_txt();
    let fault = Some(MusicFault::OtherShape);
    let rule = MusicRule { fault, ..MusicRule::default() };
    account.world.youtube.turn(Knob::MusicOf { id: PRIVATE.to_owned(), rule });
    account.sync();
    let asked = |count| {
        eventually("yt-dlp asks with the cookies", || {
            (account.world.youtube.counters().www_signed >= count).then_some(())
        });
    };
    asked(1);
    account.wait_for_songs("Only mine", 2);
    let before = account.world.youtube.counters().www_signed;
    let mut client = account.world.client();
    assert_eq!(client.ask("load \"YT: Only mine\""), "OK\n");
    client.ask("play 0");
    asked(before + 1);
    let copies = || {
        let names = fs::read_dir(account.world.daemon.folder()).unwrap();
        names
            .filter(|name| name.as_ref().unwrap().file_name().to_string_lossy().starts_with(".cookies"))
            .count()
    };
    eventually("the copies are gone", || (copies() == 0).then_some(()));
    account.check(&exported);
}

#[test]
fn without_cookies_to_use_the_public_playlists_are_there() {
    let Some(mut account) = Account::start(&[PRIVATE], &[FOCUS]) else { return };
    account.world.daemon.client_with_playlists(2);
    fs::set_permissions(account.cookies_txt(), Permissions::from_mode(0o644)).unwrap();
    account.reconfigure(&[FOCUS]);
    account.world.daemon.client_with_playlists(2);
    eventually("it warns", || account.world.daemon.log().contains("chmod 600").then_some(()));
    account.kill();
    fs::remove_file(account.cookies_txt()).unwrap();
    fs::remove_file(account.world.daemon.folder().join("library.json")).unwrap();
    account.world.daemon.spawn();
    account.world.daemon.client_with_playlists(1);
    let missing = format!("cannot read `{}`", account.cookies_txt().display());
    eventually("it says so", || account.world.daemon.log().contains(&missing).then_some(()));
    assert!(!account.world.daemon.log().contains(SECRET));
}

/// A catalogue of this account, without a daemon around it.
fn catalogue(youtube: &FakeYouTube, folder: &Path) -> Catalogue {
    let export = folder.join("cookies.txt");
    fs::write(&export, youtube.cookies_txt()).unwrap();
    let cookies = Cookies::new(Some(&export), folder.join("kept"));
    let youtube = config::YouTube {
        playlists: vec![],
        cookies: Some(export),
        library: true,
        liked: true,
        account: 0,
        prefix: String::new(),
        music_url: youtube.music_url.clone(),
    };
    let resolver = config::Resolver {
        command: vec!["false".to_owned()],
        args: vec![],
        format: String::new(),
        workers: 1,
        timeout: Duration::from_secs(10),
        prefetch: 0,
    };
    Catalogue::new(&youtube, cookies, YtDlp::new(&resolver))
}

#[tokio::test]
async fn a_library_of_300_is_listed_gently() {
    let youtube = FakeYouTube::start_with(fake_youtube::Catalogue::library(300, 3)).await.unwrap();
    youtube.turn(Knob::Music { rule: MusicRule { latency_ms: 50, ..MusicRule::default() } });
    let folder = TempDir::new().unwrap();
    let catalogue = catalogue(&youtube, folder.path());
    let began = Instant::now();
    let library = catalogue.library().await.unwrap().playlists;
    assert_eq!((library.len(), library[0].as_str(), library[299].as_str()), (300, "PLlib0001", "PLlib0300"));
    let mut listings = JoinSet::new();
    for id in library.into_iter().take(8) {
        let catalogue = catalogue.clone();
        listings.spawn(async move { catalogue.playlist(&id).await.unwrap().entries.len() });
    }
    assert_eq!(listings.join_all().await.into_iter().sum::<usize>(), 8 * 3);
    let counters = youtube.counters();
    assert_eq!((counters.music, counters.music_signed), (12 + 8, 12 + 8));
    assert!(counters.music_at_once <= Catalogue::IN_FLIGHT as u64, "{counters:?}");
    assert!(began.elapsed() >= Duration::from_millis(19 * 100), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_cookie_that_is_rotated_meanwhile_signs_nobody_out() {
    let youtube = FakeYouTube::start_with(fake_youtube::Catalogue::library(2, 201)).await.unwrap();
    let folder = TempDir::new().unwrap();
    let catalogue = catalogue(&youtube, folder.path());
    let library = catalogue.library().await.unwrap().playlists;
    // The first page of the one takes longer than all of the other, whose second page shows YouTube
    // the new cookie: from then on, the one that the first was asked with is refused.
    let rule = MusicRule { latency_ms: 1000, times: Some(1), ..MusicRule::default() };
    youtube.turn(Knob::MusicOf { id: library[0].to_string(), rule });
    youtube.turn(Knob::RotateCookies);
    let asked = youtube.counters().music;
    let fast = async {
        while youtube.counters().music == asked {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        catalogue.playlist(&library[1]).await
    };
    let (slow, fast) = tokio::join!(catalogue.playlist(&library[0]), fast);
    for listed in [slow, fast] {
        assert_eq!(listed.unwrap().entries.len(), 201);
    }
    assert_eq!((youtube.counters().music_refused, catalogue.sign_in()), (1, Some(Standing::Taken)));
}
