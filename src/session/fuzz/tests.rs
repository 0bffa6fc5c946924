//! The fuzz bodies on what is likelier to matter than random bytes: mixes of real lines.

use proptest::prelude::*;

/// Forwarded, rewritten, completed, refused and locally answered; in lists and outside.
#[rustfmt::skip]
const LINES: [&str; 58] = [
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
    "playlistinfo\n", "currentsong\n", "status\n", "play 0\n", "play 1\n", "seek 0 x\n", "next\n", "consume 1\n",
];

fn input(lines: &[&str], choices: &[u8]) -> Vec<u8> {
    [lines.concat().as_bytes(), &[0xFF], choices].concat()
}

proptest! {
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
