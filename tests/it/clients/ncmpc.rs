//! `ncmpc`: browser, queue and player.

use super::{FOCUS_LIST, NAMES_LIST, Place};
use crate::support::screen::Screen;

#[test]
fn lists_loads_plays_and_seeks() {
    let Some(place) = Place::start() else { return };
    let Some(screen) = Screen::start("ncmpc", &["-h", &place.socket()]) else { return };
    screen.shows(&["Queue on"]);
    screen.press(&["3"]);
    screen.shows(&["[local]", "mine", FOCUS_LIST, NAMES_LIST]);
    // MPD's own comes last: it sorts by letters' codes.
    screen.press(&["Down", "Enter"]);
    screen.shows(&["Loading playlist 'YT: Focus'"]);
    screen.press(&["2"]);
    screen.shows(&["Artist 1 - focus song 1", "Artist 3 - focus song 3", "0:30"]);
    screen.press(&["Enter"]);
    place.plays("focus song 1", 0.1);
    screen.shows(&["Playing: Artist 1 - focus song 1", "/0:30]"]);
    screen.press(&["f"; 6]);
    place.plays("focus song 1", 3.0);
    screen.press(&[">"]);
    place.plays("focus song 2", 0.1);
    screen.press(&["i"]);
    screen.shows(&["focus song", "Artist", "Album", "0:30"]);

    screen.press(&["3"]);
    screen.shows(&[FOCUS_LIST]);
    place.another_playlist();
    screen.shows(&["YT: New"]);
}
