//! `ncmpcpp`: playlist editor, browser, search, queue and player.

use super::{FOCUS_LIST, NAMES_LIST, NAMES_TITLES, Place};
use crate::support::eventually;
use crate::support::screen::Screen;

fn start(place: &Place) -> Option<Screen> {
    let screen = Screen::start("ncmpcpp", &["-h", &place.socket()])?;
    screen.shows(&["Playlist (0 items)", "Volume"]);
    Some(screen)
}

#[test]
fn editor_shows_adds_and_loads() {
    let Some(place) = Place::start() else { return };
    let Some(screen) = start(&place) else { return };
    screen.press(&["5"]);
    screen.shows(&["Playlists", "mine", FOCUS_LIST, NAMES_LIST, "tone.webm"]);
    screen.press(&["Down"]);
    screen.shows(&["Content (3 items)", "Artist 1 - focus song 1", "Artist 3 - focus song 3", "0:30"]);
    screen.press(&["Down"]);
    screen.shows(&["Content (6 items)", NAMES_TITLES[0], NAMES_TITLES[1], NAMES_TITLES[2], NAMES_TITLES[5]]);

    // One song of a virtual playlist, and then the whole of it.
    screen.press(&["Up"]);
    screen.shows(&["Content (3 items)"]);
    screen.press(&["Right", "Down", "Space"]);
    screen.shows(&["Added to playlist", "focus song 2"]);
    assert_eq!(place.client().value("status", "playlistlength").as_deref(), Some("1"));
    screen.press(&["Left", "Space", "1"]);
    screen.shows(&["Playlist (4 items, length: 2 minutes)", "Artist 1", "focus song 1", "Album 1", "0:30"]);
    // Space went on to the next.
    screen.press(&["5", "Up"]);
    screen.shows(&["Content (3 items)"]);
    screen.press(&["Enter"]);
    place.plays("focus song 1", 0.1);
    screen.press(&["1"]);
    screen.shows(&["Playlist (7 items", "Playing: Artist 1", "focus song 1"]);
}

#[test]
fn browser_loads_and_plays_and_the_player_seeks() {
    let Some(place) = Place::start() else { return };
    let Some(screen) = start(&place) else { return };
    screen.press(&["2"]);
    screen.shows(&["Browse: /", "[local]", "playlist mine", "playlist YT: Focus"]);
    screen.press(&["Down", "Down", "Enter"]);
    screen.shows(&["Playlist \"YT: Focus\" loaded"]);
    place.plays("focus song 1", 0.1);
    screen.press(&["1"]);
    screen.shows(&["Playlist (3 items, length: 1 minute, 30 seconds)", "[0:0", "/0:30]"]);

    screen.press(&[">"]);
    place.plays("focus song 2", 0.1);
    // Ten seconds ahead: each press is one.
    screen.press(&["f"; 10]);
    place.plays("focus song 2", 5.0);
    screen.press(&["<"]);
    place.plays("focus song 1", 0.1);
    screen.press(&["Down", "Down", "Enter"]);
    place.plays("focus song 3", 0.1);
    screen.press(&["i"]);
    screen.shows(&["Length: 0:30", "Title: focus song", "Artist: Artist", "Album: Album"]);
    screen.press(&["1", "Delete"]);
    eventually("one song less", || {
        (place.client().value("status", "playlistlength").as_deref() == Some("2")).then_some(())
    });
}

#[test]
fn hears_of_new_playlists_and_finds_none_of_their_songs_in_the_database() {
    let Some(place) = Place::start() else { return };
    let Some(screen) = start(&place) else { return };
    screen.press(&["5"]);
    screen.shows(&[FOCUS_LIST]);
    place.another_playlist();
    screen.shows(&["YT: New"]);
    screen.press(&["3"]);
    screen.shows(&["Search engine", "Search in: Database"]);
    screen.press(&["Down", "Down", "Down", "Down", "Down", "Enter"]);
    screen.press(&["tone", "Enter"]);
    screen.shows(&["Filename     : tone"]);
    screen.press(&["y"]);
    screen.shows(&["tone.webm"]);
}

#[test]
fn finds_songs_in_the_queue_by_their_tags() {
    let Some(place) = Place::start() else { return };
    let Some(screen) = start(&place) else { return };
    place.client().ask("load \"YT: Focus\"");
    screen.shows(&["Playlist (3 items"]);
    screen.press(&["3"]);
    screen.shows(&["Search in: Database"]);
    // The album, and then where to look.
    screen.press(&["Down", "Down", "Down", "Down", "Enter"]);
    screen.press(&["album 2", "Enter"]);
    screen.shows(&["Album        : album 2"]);
    screen.press(&["End", "Up", "Up", "Up"]);
    screen.press(&["Enter", "y"]);
    screen.shows(&["Search in: Current playlist", "Found 1 song", "focus song 2"]);
    // In the queue itself, from where the cursor is.
    screen.press(&["1", "/"]);
    screen.press(&["song 3", "Enter", "Enter"]);
    place.plays("focus song 3", 0.1);
}

#[test]
fn leaves_a_virtual_playlist_as_it_is() {
    let Some(place) = Place::start() else { return };
    let Some(screen) = start(&place) else { return };
    screen.press(&["5"]);
    screen.shows(&["tone.webm"]);
    screen.press(&["Down"]);
    screen.shows(&["Content (3 items)"]);
    screen.press(&["Delete"]);
    screen.shows(&["Delete playlist \"YT: Focus\"?"]);
    screen.press(&["y"]);
    eventually("it was refused", || {
        let text = screen.text();
        (!text.contains("Delete playlist")).then_some(())
    });
    // It takes the refusal's code for a missing password, and asks for one.
    screen.press(&["Enter"]);
    screen.shows(&[FOCUS_LIST, "Content (3 items)", "focus song 3"]);
    assert!(place.client().ask("listplaylists").contains("playlist: YT: Focus\n"));
}
