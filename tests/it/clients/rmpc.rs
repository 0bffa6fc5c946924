//! `rmpc`: playlists, queue and player. It adds a playlist by an `add` of each of its songs.

use super::{FOCUS_LIST, NAMES_LIST, Place};
use crate::support::screen::Screen;
use crate::support::{eventually, programs};

#[test]
fn lists_adds_plays_and_seeks() {
    let Some(rmpc) = programs::find_extra("rmpc") else { return };
    let Some(place) = Place::start() else { return };
    let address = format!("127.0.0.1:{}", place.port);
    let Some(screen) = Screen::start_program(&rmpc, &["-a", &address]) else { return };
    screen.shows(&["Queue", "Playlists"]);
    screen.press(&["6"]);
    screen.shows(&["P mine", FOCUS_LIST, &NAMES_LIST[..16]]);
    screen.press(&["j"]);
    screen.shows(&["Artist 1 - focus song 1", "Artist 3 - focus song 3"]);
    screen.press(&["a"]);
    screen.shows(&["Added 3 items to the queue"]);
    screen.press(&["1"]);
    screen.shows(&["Artist 2", "focus song 2", "Album 2", "0:30", "3 songs / 1:30 total time"]);

    // One song, and then all of them in place of what is there, from the second on.
    screen.press(&["6", "l", "j", "a"]);
    screen.shows(&["Added 1 item to the queue"]);
    assert_eq!(place.client().value("status", "playlistlength").as_deref(), Some("4"));
    screen.press(&["Enter"]);
    place.plays("focus song 2", 0.1);
    screen.shows(&["[Playing]", "focus song 2", "Artist 2 - Album 2", "/ 0:30"]);
    screen.press(&["f", "f"]);
    place.plays("focus song 2", 8.0);
    screen.press(&[">"]);
    place.plays("focus song 3", 0.1);

    // It asks first.
    screen.press(&["D"]);
    screen.shows(&["Are you sure"]);
    screen.press(&["Enter"]);
    screen.shows(&["MpdError"]);
    place.another_playlist();
    screen.press(&["h"]);
    screen.shows(&["YT: New", "YT: Focus"]);
    eventually("all is as it was", || {
        (place.client().ask("listplaylist \"YT: Focus\"").matches("file: ").count() == 3).then_some(())
    });
}
