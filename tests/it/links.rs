//! Addresses of YouTube's, as users paste them. Real `mpd`, `mpc` and `yt-dlp`.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::fake_youtube::catalogue::{ALBUM, FOCUS, LARGE};
use crate::fake_youtube::{Knob, MusicFault, MusicRule, Says};
use crate::support::client::Client;
use crate::support::mpd::TestMpd;
use crate::support::world::{MUSIC, World};
use crate::support::{eventually, programs};

fn mpc(world: &World, arguments: &[&str]) -> Output {
    Command::new("mpc").arg("-h").arg(world.daemon.socket()).args(arguments).output().unwrap()
}

/// Waits until some song of the queue has this title, in MPD's own queue too.
fn wait_for_title(world: &World, client: &mut Client, title: &str) {
    let line = format!("Title: {title}\n");
    eventually("the song gets its title", || client.ask("playlistinfo").contains(&line).then_some(()));
    eventually("MPD has it as well", || world.mpd.talk("playlistinfo").contains(&line).then_some(()));
}

#[test]
fn mpc_adds_songs_in_every_form() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    if programs::find("mpc").is_none() {
        return;
    }
    let mut client = world.daemon.client_with_playlists(1);
    let addresses = [
        "https://youtu.be/large000101",
        "http://youtu.be/large000102?si=abc&t=42",
        "https://music.youtube.com/watch?v=large000103&list=RDAMVM",
        "https://www.youtube.com/watch?v=large000104&t=3s#x",
        "https://m.youtube.com/watch?app=m&v=large000105",
        "https://youtube.com/watch?v=large000106",
        "https://youtube.com/shorts/large000107",
        "https://www.youtube.com/live/large000108?feature=share",
        "https://www.youtube.com/embed/large000109",
        "https://www.youtube-nocookie.com/embed/large000110",
        "https://www.youtube.com/watch?v=focus000001",
    ];
    let started = Instant::now();
    for address in addresses {
        let output = mpc(&world, &["add", address]);
        assert!(output.status.success(), "{address}: {output:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let queue = client.ask("playlistinfo");
    for number in 101..=110 {
        assert!(
            queue.contains(&format!("file: {}\n", world.daemon.song(&format!("large000{number}")))),
            "{queue}"
        );
    }
    assert!(queue.contains("Title: focus song 1\n"), "{queue}");
    wait_for_title(&world, &mut client, "large song 110");
    let queue = client.ask("playlistinfo");
    let song = queue.split("file: ").find(|song| song.contains("large song 110")).unwrap();
    for line in ["Artist: Artist 5\n", "Album: Album 2\n", "duration: 30"] {
        assert!(song.contains(line), "{song}");
    }
}

#[test]
fn a_song_that_was_added_plays_is_announced_and_survives() {
    let Some(mut world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    let mut idler = world.client();
    let added = client.ask("addid https://youtu.be/large000007?si=x 0");
    assert!(added.starts_with("Id: "), "{added}");
    idler.send("idle playlist");
    // The song's title is news.
    assert_eq!(idler.answer(), "changed: playlist\nOK\n");
    wait_for_title(&world, &mut client, "large song 7");
    client.ask("play 0");
    eventually("it plays", || (client.elapsed() > 0.2).then_some(()));
    client.ask("stop");
    client.ask("save mine");
    assert_eq!(client.ask("playlistadd mine https://youtu.be/large000008"), "OK\n");
    eventually("a saved song gets its title", || {
        client.ask("listplaylistinfo mine").contains("Title: large song 8\n").then_some(())
    });

    // Killed right behind another one.
    world.youtube.turn(Knob::AllVideos { says: Says::Status(500) });
    assert_eq!(client.ask("add https://youtu.be/large000009"), "OK\n");
    world.daemon.kill();
    world.mpd.restart();
    world.youtube.turn(Knob::AllVideos { says: Says::Plays });
    world.daemon.spawn();
    let mut client = world.daemon.client_with_playlists(1);
    wait_for_title(&world, &mut client, "large song 9");
}

#[test]
fn a_list_is_one_list() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    let list = "command_list_ok_begin\nadd https://youtu.be/large000011\nadd https://youtu.be/focus000002 0\n\
        addid https://youtu.be/large000012\nplaylistlength\ncommand_list_end";
    let answer = client.ask(list);
    assert!(answer.starts_with("list_OK\nlist_OK\nId: ") && answer.contains("ACK [5@3]"), "{answer}");
    let queue = client.ask("playlist");
    assert_eq!(
        queue,
        ["focus000002", "large000011", "large000012"]
            .iter()
            .enumerate()
            .map(|(at, id)| format!("{at}:file: {}\n", world.daemon.song(id)))
            .collect::<String>()
            + "OK\n"
    );
}

#[test]
fn a_video_that_cannot_be_had_says_why() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    for (id, says, reason) in
        [("gone0000001", Says::Private, "rivate"), ("gone0000002", Says::Removed, "removed")]
    {
        world.youtube.turn(Knob::Video { id: id.into(), says });
        assert_eq!(client.ask("clear"), "OK\n");
        assert_eq!(client.ask(&format!("add https://youtu.be/{id}")), "OK\n");
        assert_eq!(client.value("playlistinfo", "Title").as_deref(), Some(id));
        client.ask("play 0");
        eventually("the reason is told", || {
            client.value("status", "error").filter(|error| error.contains(reason)).map(drop)
        });
        assert!(!world.mpd.talk("playlistinfo").contains("Title: "), "MPD never gets what is no title");
    }
}

#[test]
fn playlists_are_loaded_by_their_address() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    let songs = |client: &mut Client| client.ask("playlistinfo").matches("Title: ").count();
    assert_eq!(client.ask(&format!("load https://music.youtube.com/playlist?list={ALBUM}&si=x")), "OK\n");
    assert_eq!(songs(&mut client), 3);
    assert_eq!(client.ask(&format!("add https://www.youtube.com/playlist?list={ALBUM} 0")), "OK\n");
    assert_eq!(songs(&mut client), 6);
    assert_eq!(client.ask(&format!("load https://youtube.com/playlist?list={ALBUM} 1:2 0")), "OK\n");
    assert_eq!(client.value("playlistinfo 0", "Title").as_deref(), Some("album song 2"));
    client.ask("clear");
    // The user's own.
    assert_eq!(client.ask(&format!("load https://youtube.com/playlist?list={FOCUS}")), "OK\n");
    assert_eq!(songs(&mut client), 3);
    assert_eq!(client.ask("listplaylists").matches("playlist: YT: ").count(), 1);
    let missing = client.ask("load https://youtube.com/playlist?list=PLnowhere");
    assert!(missing.starts_with("ACK [52@0] {load} "), "{missing}");
}

#[test]
fn a_slow_playlist_is_there_at_the_second_try_and_nobody_else_waits() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    // Three pages.
    world.youtube.turn(Knob::MusicOf {
        id: LARGE.into(),
        rule: MusicRule { latency_ms: 2000, ..MusicRule::default() },
    });
    let line = format!("load https://www.youtube.com/playlist?list={LARGE}");
    let started = Instant::now();
    client.send(&line);
    let mut other = world.client();
    while started.elapsed() < Duration::from_secs(3) {
        let asked = Instant::now();
        other.ask("ping");
        assert!(asked.elapsed() < Duration::from_secs(1), "a ping took {:?}", asked.elapsed());
    }
    let answer = client.answer();
    assert!(answer.starts_with("ACK [52@0] {load} the playlist is being fetched"), "{answer}");
    assert!(started.elapsed() > Duration::from_millis(3900), "{:?}", started.elapsed());
    eventually("it is there", || (client.ask(&line) == "OK\n").then_some(()));
    assert_eq!(client.value("status", "playlistlength").as_deref(), Some("250"));
}

#[test]
fn who_may_not_add_causes_nothing() {
    let conf = format!("{MUSIC}\npassword \"secret@read,add,control,admin\"\ndefault_permissions \"read\"");
    let Some(mpd) = TestMpd::start(&conf) else { return };
    let more = [("mpd", "password = \"secret\"")];
    let Some(world) = World::start_with(mpd, crate::fake_youtube::Catalogue::default(), &[FOCUS], &more)
    else {
        return;
    };
    let mut client = world.daemon.client_with_playlists(1);
    let before = world.youtube.counters();
    for line in [
        "add https://youtu.be/large000001".to_owned(),
        "addid https://youtu.be/large000001".to_owned(),
        "playlistadd mine https://youtu.be/large000001".to_owned(),
        format!("load https://youtube.com/playlist?list={ALBUM}"),
        format!("add https://youtube.com/playlist?list={ALBUM}"),
    ] {
        let (verb, _) = line.split_once(' ').unwrap();
        let refused =
            |index| format!("ACK [4@{index}] {{{verb}}} you don't have permission for \"{verb}\"\n");
        assert_eq!(client.ask(&line), refused(0));
        let list = format!("command_list_begin\nping\n{line}\ncommand_list_end");
        assert_eq!(client.ask(&list), refused(1));
    }
    std::thread::sleep(Duration::from_millis(300));
    let after = world.youtube.counters();
    assert_eq!((before.music, before.watch, before.player), (after.music, after.watch, after.player));
    let state: PathBuf = world.daemon.folder().join("added_songs");
    assert!(!state.exists());
    client.ask("password secret");
    assert_eq!(client.ask("add https://youtu.be/large000001"), "OK\n");
    assert!(state.exists());
}

#[test]
fn who_may_not_jump_causes_nothing() {
    let conf =
        format!("{MUSIC}\npassword \"secret@read,add,control,player,admin\"\ndefault_permissions \"read\"");
    let Some(mpd) = TestMpd::start(&conf) else { return };
    let more = [("mpd", "password = \"secret\""), ("resolver", "prefetch = 0")];
    let Some(world) = World::start_with(mpd, crate::fake_youtube::Catalogue::default(), &[FOCUS], &more)
    else {
        return;
    };
    let mut guest = world.daemon.client_with_playlists(1);
    let mut host = world.daemon.client_with_playlists(1);
    for line in ["password secret", "load \"YT: Focus\"", "play 0"] {
        assert_eq!(host.ask(line), "OK\n");
    }
    eventually("it plays", || (host.elapsed() > 0.1).then_some(()));
    let id = host.value("playlistinfo 2", "Id").unwrap();
    let before = world.youtube.counters();
    let by_id = [format!("playid {id}"), format!("seekid {id} 5")];
    for line in ["next", "play 2", "seek 2 5"].into_iter().chain(by_id.iter().map(String::as_str)) {
        let verb = line.split(' ').next().unwrap();
        let refusal = format!("ACK [4@0] {{{verb}}} you don't have permission for \"{verb}\"\n");
        assert_eq!(guest.ask(line), refusal);
    }
    let after = world.youtube.counters();
    assert_eq!((before.player, before.watch), (after.player, after.watch));
    assert_eq!(host.value("status", "song").as_deref(), Some("0"));
}

#[test]
fn what_only_looks_alike_is_mpds() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    world.add_music("youtu.be/large000001", b"no music");
    let mut client = world.daemon.client_with_playlists(1);
    for line in [
        "add https://notyoutube.com/watch?v=large000001",
        "add https://youtu.be/short",
        "add https://www.youtube.com/@somebody",
        "load https://youtu.be/large000001",
        "add youtu.be/large000001",
        "add ftp://youtu.be/large000001",
    ] {
        client.ask("clear");
        let (answer, queue) = (client.ask(line), client.ask("playlist"));
        world.mpd.talk("clear");
        let direct = format!("{}{}", world.mpd.talk(line), world.mpd.talk("playlist"));
        assert_eq!(format!("{answer}{queue}"), direct, "{line}");
    }
}

#[test]
fn without_youtube_songs_are_queued_all_the_same() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    world.youtube.turn(Knob::AllVideos { says: Says::Status(500) });
    let started = Instant::now();
    assert_eq!(client.ask("add https://youtu.be/large000020"), "OK\n");
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!(client.value("playlistinfo", "Title").as_deref(), Some("large000020"));
    world.youtube.turn(Knob::AllVideos { says: Says::Plays });
    wait_for_title(&world, &mut client, "large song 20");
}

#[test]
fn without_youtube_a_playlist_is_refused_in_time() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    let line = format!("load https://www.youtube.com/playlist?list={ALBUM}");
    for fault in [MusicFault::Stall, MusicFault::Status { status: 503, retry_after: None }] {
        let rule = MusicRule { fault: Some(fault.clone()), ..MusicRule::default() };
        world.youtube.turn(Knob::Music { rule });
        let started = Instant::now();
        let answer = client.ask(&line);
        assert!(answer.starts_with("ACK [52@0] {load} "), "{fault:?}: {answer}");
        assert!(started.elapsed() < Duration::from_secs(5), "{fault:?}: {:?}", started.elapsed());
        assert_eq!(client.value("status", "playlistlength").as_deref(), Some("0"));
    }
}
