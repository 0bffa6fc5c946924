//! The fuzz bodies on what is likelier to matter than random bytes: mixes of real lines.

use proptest::prelude::*;

use super::mpd::SUBSYSTEMS;
use super::{Cuts, Input, Kind, Talk, World, text};

/// Forwarded, rewritten, completed, refused and locally answered; in lists and outside.
#[rustfmt::skip]
const LINES: [&str; 82] = [
    "ping\n", "foo\n", "foo \"\n", "PING\n", "pi-ng\n", "close\n", "noidle\n", "idle\n", "idle mixer\n",
    "command_list_begin\n", "command_list_begin\n", "command_list_ok_begin\n", "command_list_ok_begin\n",
    "command_list_end\n", "command_list_end\n", "command_list_end\n", "command_list_end\n",
    "password read\n", "password all\n", "tagtypes clear\n", "tagtypes enable Artist\n", "tagtypes\n",
    "protocol enable hide_playlists_in_root\n", "listplaylists\n", "lsinfo\n", "lsinfo http://r/ready000001/audio\n",
    "listplaylist \"YT: Mix\"\n", "listplaylistinfo \"YT: Mix\"\n", "listplaylistinfo \"YT: Mix\" 1:\n",
    "listplaylistinfo real\n", "playlistlength \"YT: Mix\"\n", "searchplaylist \"YT: Mix\" x\n",
    "load \"YT: Mix\"\n", "load \"YT: Mix\" 1:2\n", "load real\n", "add http://r/slow0000001/audio\n",
    "rm \"YT: Mix\"\n", "rm real\n", "save \"YT: Mix\"\n", "save other\n", "rename real \"YT: Mix\"\n",
    "binarylimit 64\n", "binarylimit 63\n", "binarylimit x\n", "albumart http://r/slow0000001/ 3\n",
    "readpicture http://r/ready000001/audio 999\n", "readpicture http://r/slow0000001/audio 4294967296\n",
    "albumart a.ogg 0\n", "albumart http://r/ready000001 0\n", "readpicture http://r/ready000001/audio 0\n",
    "playlistadd \"YT: Mix\" a.ogg\n", "playlistadd new a.ogg\n", "playlistclear \"YT: Mix\"\n", "playlistdelete real 0\n",
    "playlistmove \"YT: Mix\" 0 1\n", "searchaddpl \"YT: Mix\" any x\n", "save \"YT: Mix\" append\n", "save real replace\n",
    "rename \"YT: Mix\" x\n", "rename real other\n", "rename nope \"YT: Mix\"\n", "load \"YT: Mix\" x\n", "listplaylist real\n",
    "readcomments http://r/slow0000001/audio\n", "listfiles http://r/ready000001/audio\n", "lsinfo \"/\"\n",
    "playlistid 1\n", "previous\n",
    "playid 2\n", "seek 1 5\n", "seekid 1 5\n", "play 2\n", "clear\n", "deleteid 1\n",
    "playlistinfo\n", "currentsong\n", "status\n", "play 0\n", "play 1\n", "seek 0 x\n", "next\n", "consume 1\n",
];

fn input(lines: &[&str], choices: &[u8]) -> Vec<u8> {
    [lines.concat().as_bytes(), &[0xFF], choices].concat()
}

/// What happens to a client that idles now and then.
#[derive(Debug, Clone)]
enum Event {
    /// It says this.
    Says(&'static str),
    /// A subsystem of MPD's changes, by its number.
    Changes(usize),
    /// The library changes, which for one MPD would be its stored playlists.
    Library,
}

fn event() -> impl Strategy<Value = Event> {
    let line = prop::sample::select(vec![
        "idle\n",
        "idle\n",
        "idle stored_playlist\n",
        "idle mixer\n",
        "idle player mixer\n",
        "noidle\n",
        "noidle\n",
        "idle\nnoidle\n",
        "noidle\nping\n",
        "noidle\nidle\n",
        "idle x\n",
        "noidle\nstatus\nidle\nnoidle\nidle mixer\n",
    ]);
    prop_oneof![
        5 => line.prop_map(Event::Says),
        2 => (0..SUBSYSTEMS.len()).prop_map(Event::Changes),
        2 => Just(Event::Library),
    ]
}

proptest! {
    /// Whoever changes what, and however bytes arrive: a client is told as one MPD would tell it.
    #[test]
    fn events_are_told_as_by_one_mpd(
        events in prop::collection::vec(event(), 0..24),
        choices in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let input = Input { stream: b"", choices: &choices };
        let changes = events.iter().filter(|event| matches!(event, Event::Library)).count();
        let worlds: Vec<World> = (0..=changes).map(World::changed).collect();
        let mut later = worlds[1..].iter();
        let mut native = input.mpd(Kind::Native, &worlds[0]);
        let mut talk = Talk::new(&input, &worlds[0]);
        let mut cuts: Cuts<'_> = input.cuts();
        talk.settle(&mut cuts);
        for event in &events {
            match event {
                Event::Says(line) => {
                    native.hear(line.as_bytes());
                    talk.says(line.as_bytes(), &mut cuts);
                }
                Event::Changes(subsystem) => {
                    native.changes(*subsystem);
                    talk.mpd.changes(*subsystem);
                }
                Event::Library => {
                    native.changes(0);
                    talk.world = later.next().unwrap();
                    talk.conversation.library_changed(&talk.world.snapshot);
                }
            }
            talk.settle(&mut cuts);
            prop_assert_eq!(text(&talk.to_client), text(&native.output), "after {:?}", event);
            prop_assert_eq!(talk.mpd.closed, native.closed);
            if native.closed {
                break;
            }
        }
    }

    /// Any mix of lines gives what an MPD would answer that has the virtual playlists itself.
    #[test]
    fn a_mix_of_lines_is_answered_as_by_one_mpd(
        lines in prop::collection::vec(prop::sample::select(&LINES[..]), 0..24),
        choices in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        super::client_side(&input(&lines, &choices));
    }

    #[test]
    fn whatever_mpd_says_is_passed_on_alike(
        says in prop::collection::vec(prop::sample::select(vec![
            "OK\n", "OK\n", "OK\n", "list_OK\n", "ACK [5@0] {} x\n", "ACK [4@3] {rm} y\n", "ACK \n", "binary: 4\nOK\n\n\n",
            "file: a.ogg\n", "file: http://r/ready000001/audio\n", "Name: N\n", "Time: 4\n", "Pos: 1\n", "x", "\n",
            "playlist: YT: Mix\n", "state: play\n", "song: 0\n", "changed: player\n", "tagtype: Title\n",
            "error: http://r/slow0000001/audio\n", "lastloadedplaylist: http://r/playlist/PLmix.pls\n",
        ]), 0..40),
        choices in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        super::server_side(&input(&says, &choices));
    }
}
