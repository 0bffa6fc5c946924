//! The names of virtual playlists, beside MPD's own.

use std::fs;

use crate::fake_youtube::catalogue::{FOCUS, Playlist};
use crate::fake_youtube::{Catalogue, Knob, MusicRule};
use crate::support::client::Client;
use crate::support::daemon::Daemon;
use crate::support::eventually;
use crate::support::mpd::TestMpd;
use crate::support::world::{MUSIC, World, youtube};

/// As MPD's clients quote.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn names(client: &mut Client) -> Vec<String> {
    let listed = client.ask("listplaylists");
    listed.lines().filter_map(|line| line.strip_prefix("playlist: ")).map(str::to_owned).collect()
}

#[test]
fn any_title_becomes_a_name_that_works() {
    let titles = [
        ("He said \"Hi\"", "YT: He said \"Hi\""),
        ("back\\slash \\\"", "YT: back\\slash \\\""),
        ("🎸 Ünïcödé 音楽", "YT: 🎸 Ünïcödé 音楽"),
        ("AC/DC", "YT: AC\u{2215}DC"),
        ("Twice", "YT: Twice"),
        ("Twice", "YT: Twice (2)"),
        ("'single' #hash; OK", "YT: 'single' #hash; OK"),
        ("trailing. ..", "YT: trailing. .."),
    ];
    let mut catalogue = Catalogue::empty();
    let ids: Vec<String> = (0..titles.len()).map(|number| format!("PLname{number:028}")).collect();
    for (number, (title, _)) in titles.iter().enumerate() {
        catalogue.add(Playlist::numbered(&ids[number], title, &format!("nam{number:02}"), number + 1));
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let Some(mpd) = TestMpd::start(MUSIC) else { return };
    let Some(world) = World::start_with(mpd, catalogue, &ids, &[]) else { return };
    let mut client = world.daemon.client_with_playlists(titles.len());
    assert_eq!(names(&mut client), titles.map(|(_, name)| name));
    for (number, (_, name)) in titles.iter().enumerate() {
        let songs = client.ask(&format!("listplaylist {}", quoted(name)));
        assert_eq!(songs.matches("file: ").count(), number + 1, "{name}: {songs}");
        assert_eq!(client.ask(&format!("clear\nload {}", quoted(name))), "OK\n");
        assert_eq!(client.answer(), "OK\n", "{name}");
        assert_eq!(client.value("status", "playlistlength"), Some((number + 1).to_string()), "{name}");
    }
}

#[test]
fn a_real_playlist_keeps_its_name() {
    let Some(mpd) = TestMpd::start(MUSIC) else { return };
    fs::write(mpd.playlists().join("YT: Focus.m3u"), "http://127.0.0.1:1/mine\n").unwrap();
    let Some(world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &[]) else { return };
    let mut client = world.client();
    eventually("both are listed", || (names(&mut client) == ["YT: Focus", "YT: Focus (2)"]).then_some(()));
    assert_eq!(client.ask("listplaylist \"YT: Focus\""), "file: http://127.0.0.1:1/mine\nOK\n");
    assert!(client.ask("listplaylistinfo \"YT: Focus (2)\"").contains("Title: focus song 1\n"));
    let root = client.ask("lsinfo");
    assert_eq!(root.matches("playlist: ").count(), 2, "{root}");

    // It goes, and the name of the other stays: somebody may have got used to it.
    let mut idler = world.client();
    idler.send("idle stored_playlist");
    assert_eq!(client.ask("rm \"YT: Focus\""), "OK\n");
    assert_eq!(idler.answer(), "changed: stored_playlist\nOK\n");
    assert_eq!(names(&mut client), ["YT: Focus (2)"]);
}

#[test]
fn a_real_playlist_that_comes_later_keeps_its_name_too() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let mut client = world.daemon.client_with_playlists(1);
    let refused = client.ask("save \"YT: Focus\"");
    assert_eq!(refused, "ACK [56@0] {save} Playlist already exists\n");
    let mut idler = world.client();
    idler.send("idle");
    world.mpd.talk("save \"YT: Focus\"");
    eventually("the virtual one has another name", || {
        let told = idler.answer();
        assert_eq!(told, "changed: stored_playlist\nOK\n");
        let done = names(&mut client) == ["YT: Focus", "YT: Focus (2)"];
        // Once for MPD's own, then, if this was too early to see it, for the new name.
        if !done {
            idler.send("idle");
        }
        done.then_some(())
    });
    assert_eq!(client.ask("listplaylist \"YT: Focus\""), "OK\n", "the real one is empty");
}

#[test]
fn an_mpd_without_stored_playlists_shows_ours() {
    let Some(mpd) = TestMpd::start_without_playlists(MUSIC) else { return };
    let Some(world) = World::start_with(mpd, Catalogue::default(), &[FOCUS], &[]) else { return };
    assert!(world.mpd.talk("listplaylists").contains("disabled"));
    let mut client = world.daemon.client_with_playlists(1);
    assert_eq!(names(&mut client), ["YT: Focus"]);
    eventually("`commands` names it", || {
        client.ask("commands").contains("command: listplaylists\n").then_some(())
    });
    assert!(client.ask("lsinfo").contains("playlist: YT: Focus\n"));
    assert!(client.ask("listplaylistinfo \"YT: Focus\"").contains("Title: focus song 1\n"));
    assert_eq!(client.ask("load \"YT: Focus\""), "OK\n");
    assert_eq!(client.value("status", "playlistlength").as_deref(), Some("3"));
    let refused = client.ask("playlistclear \"YT: Focus\"");
    assert!(refused.starts_with("ACK [4@0] {playlistclear}"), "{refused}");
    // In a list it may follow, and be followed by, anything.
    let list = "command_list_ok_begin\nping\nlistplaylist \"YT: Focus\"\nping\ncommand_list_end";
    let answer = client.ask(list);
    assert!(answer.ends_with("list_OK\nlist_OK\nOK\n"), "{answer}");
    let list = "command_list_ok_begin\nping\nlistplaylists\nping\ncommand_list_end";
    let answer = client.ask(list);
    assert!(answer.starts_with("list_OK\nplaylist: YT: Focus\n"), "{answer}");
    assert!(answer.ends_with("list_OK\nlist_OK\nOK\n"), "{answer}");
}

#[test]
fn idle_clients_hear_of_new_playlists() {
    let Some(mpd) = TestMpd::start(MUSIC) else { return };
    let youtube = youtube(Catalogue::default());
    let slow = MusicRule { latency_ms: 300, ..MusicRule::default() };
    youtube.turn(Knob::Music { rule: slow });
    let Some(daemon) = Daemon::start(&mpd, &youtube, &[FOCUS], &[]) else { return };
    let mut idlers: Vec<Client> = ["idle", "idle stored_playlist", "idle mixer stored_playlist"]
        .iter()
        .map(|line| {
            let mut client = Client::connect(&daemon.socket());
            // Not listed yet: YouTube takes its time.
            if names(&mut client).is_empty() {
                client.send(line);
            } else {
                panic!("listed too early for this test");
            }
            client
        })
        .collect();
    let mut deaf = Client::connect(&daemon.socket());
    deaf.send("idle mixer");
    for client in &mut idlers {
        assert_eq!(client.answer(), "changed: stored_playlist\nOK\n");
        assert_eq!(names(client), ["YT: Focus"]);
    }
    assert_eq!(deaf.ask("noidle"), "OK\n");
    // As MPD 0.24 does, it is kept for whoever asks for it.
    assert_eq!(deaf.ask("idle stored_playlist"), "changed: stored_playlist\nOK\n");
}
