//! Ways to set MPD up: how it is reached, who may do what, partitions, what is switched off, other
//! versions, and an MPD that goes, comes and stands still. In each of them virtual playlists work as
//! MPD's own do.

mod outages;
mod parts;
mod partitions;
mod passwords;
mod reached;
mod version24;

use crate::support::client::Client;
use crate::support::eventually;

/// The first line of `command`'s answer that begins with this.
fn line(client: &mut Client, command: &str, start: &str) -> Option<String> {
    let answer = client.ask(command);
    answer.lines().find(|line| line.starts_with(start)).map(str::to_owned)
}

/// Loads `YT: Focus`, plays it, and seeks: all titles and lengths are there, and it is heard.
#[track_caller]
pub(crate) fn plays_focus(client: &mut Client) {
    for command in ["clear", "load \"YT: Focus\"", "play 1"] {
        assert_eq!(client.ask(command), "OK\n", "{command}");
    }
    let queue = client.ask("playlistinfo");
    for pair in ["Title: focus song 1\n", "Artist: Artist 3\n", "Album: Album 2\n", "Time: 30\n"] {
        assert!(queue.contains(pair), "{pair:?}: {queue}");
    }
    eventually("it is heard", || (client.elapsed() > 0.1).then_some(()));
    assert_eq!(client.ask("seekcur 20"), "OK\n");
    eventually("the seek lands", || (client.elapsed() > 20.0).then_some(()));
    assert_eq!(line(client, "currentsong", "Title: ").as_deref(), Some("Title: focus song 2"));
}
