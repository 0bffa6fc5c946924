//! A queue that is edited while it is read, and songs that get their tags once.

use std::sync::Arc;

use mpd_client::protocol::AsyncConnection;
use tokio::io::AsyncReadExt;

use super::*;
use crate::library::{Library, Track};

const VIDEO: &str = "dQw4w9WgXcQ";

fn relay(id: u32) -> Song {
    Song { id, video: VIDEO.parse().ok(), lacks: Kinds::all() }
}

fn local(id: u32) -> Song {
    Song { id, video: None, lacks: Kinds::empty() }
}

fn queue(ids: &[u32]) -> Queue {
    let mut queue = Queue::default();
    let songs: Vec<Placed> = ids.iter().map(|&id| relay(id)).enumerate().collect();
    queue.update(&Status { version: 2, length: ids.len(), ..Status::default() }, &[], &songs);
    queue
}

fn ids(queue: &Queue) -> Vec<u32> {
    queue.order.clone()
}

#[test]
fn it_follows_the_changes() {
    for (what, length, changed, after) in [
        ("nothing", 3, &[][..], &[1, 2, 3][..]),
        ("appended", 5, &[(3, relay(4)), (4, relay(5))], &[1, 2, 3, 4, 5]),
        ("inserted", 4, &[(1, relay(4)), (2, relay(2)), (3, relay(3))], &[1, 4, 2, 3]),
        ("deleted", 2, &[(1, relay(3))], &[1, 3]),
        ("cleared", 0, &[], &[]),
        ("appended after status", 3, &[(3, relay(4))], &[1, 2, 3]),
        ("a gap", 9, &[(3, relay(4)), (8, relay(9))], &[1, 2, 3, 4]),
    ] {
        let mut queue = queue(&[1, 2, 3]);
        queue.update(&Status { version: 3, length, ..Status::default() }, &[], changed);
        assert_eq!(ids(&queue), after, "{what}");
    }
}

#[test]
fn it_is_behind_when_the_version_differs() {
    let mut queue = Queue::default();
    let mut status = Status { version: 0, ..Status::default() };
    assert!(queue.is_behind(&status));
    queue.update(&status, &[], &[]);
    assert!(!queue.is_behind(&status));
    status.version = 1;
    assert!(queue.is_behind(&status));
}

#[test]
fn the_last_load_is_where_it_began() {
    let mut queue = queue(&[1, 2]);
    assert_eq!(queue.last_load(), None, "what was there from the start");
    let steps: [(&str, usize, &[Placed], Option<usize>); 6] = [
        ("a load", 4, &[(2, relay(3)), (3, relay(4))], Some(2)),
        ("another load", 5, &[(4, relay(5))], Some(4)),
        ("a local song", 6, &[(5, local(6))], Some(4)),
        ("a load in front", 7, &[(0, relay(7)), (1, relay(1))], Some(0)),
        ("moved", 7, &[(0, relay(1)), (6, relay(7))], Some(6)),
        ("gone", 1, &[], None),
    ];
    for (version, (what, length, changed, at)) in (3..).zip(steps) {
        queue.update(&Status { version, length, ..Status::default() }, &[], changed);
        assert_eq!(queue.last_load(), at, "{what}");
    }
}

fn library() -> Arc<Snapshot> {
    let track = Track {
        id: VIDEO.parse().unwrap(),
        title: "T".into(),
        artists: ["A".into()].into(),
        album: None,
        duration: None,
        thumbnail: None,
    };
    Library::new("", Vec::new(), vec![Arc::new(track)]).snapshot()
}

#[test]
fn no_tag_is_given_out_twice() {
    let library = library();
    let mut queue = queue(&[1, 2]);
    assert_eq!(queue.next_tags(&Snapshot::default()), [], "nothing is known yet");
    assert_eq!(queue.next_tags(&library), [], "nobody said that the library changed");
    queue.look_again();
    let lines = queue.next_tags(&library);
    assert_eq!(lines.iter().map(|line| line.song).collect::<Vec<_>>(), [1, 1, 2, 2]);
    assert_eq!(queue.next_tags(&library), []);
    queue.put_back(&lines[2..]);
    assert_eq!(queue.next_tags(&library), lines[2..]);
    for (version, what, length, changed, again) in [
        (3, "MPD did not keep them", 2, &[(0, relay(1)), (1, relay(2))][..], &[][..]),
        (4, "gone", 1, &[], &[]),
        (5, "MPD gives the id again, long after the song has left", 2, &[(1, relay(2))], &lines[2..]),
    ] {
        queue.update(&Status { version, length, ..Status::default() }, &[], changed);
        assert_eq!(queue.next_tags(&library), again, "{what}");
    }
}

/// What is read after an edit of a queue of 1 to 2049, at version 2. An id behind them is unknown.
#[test]
fn what_only_moved_is_not_read() {
    let all: Vec<u32> = (1..=2049).collect();
    let queue = queue(&all);
    let at = |ids: &[u32], from: usize| -> Vec<Place> { (from..).zip(ids.iter().copied()).collect() };
    let (first, second, third) = (0..WINDOW, WINDOW..2 * WINDOW, 2 * WINDOW..3 * WINDOW);
    for (what, version, length, places, unread) in [
        ("the first one deleted", 3, 2048, at(&all[1..], 0), vec![]),
        ("the last one deleted", 3, 2048, vec![], vec![]),
        ("moved", 3, 2049, at(&[2, 3, 1], 0), vec![]),
        ("inserted", 3, 2050, at(&all, 1).into_iter().chain([(0, 5000)]).collect(), vec![first.clone()]),
        ("appended", 3, 2050, at(&[5000], 2049), vec![third.clone()]),
        ("tagged", 3, 2049, at(&[1025], 1024), vec![second.clone()]),
        ("the first one deleted, and maybe tags", 4, 2048, at(&all[1..], 0), vec![first.clone(), second]),
        ("appended and tagged", 6, 2050, at(&[5000], 2049), vec![third.clone()]),
        ("MPD began anew", 1, 3, at(&[1, 2, 3], 0), vec![first]),
        ("a very long queue", 3, MOST_PLACES + 1, vec![], vec![window(MOST_PLACES)]),
    ] {
        let status = Status { version, length, ..Status::default() };
        assert_eq!(queue.unread(&status, &places), unread, "{what}");
    }
}

#[test]
fn songs_that_moved_stay_what_they_were() {
    let mut queue = queue(&[1, 2, 3]);
    let tagged = Song { lacks: !Kinds::TITLE, ..relay(3) };
    queue.update(&Status { version: 3, length: 3, ..Status::default() }, &[(2, 3)], &[(2, tagged)]);
    // One went from the front, and one came behind while the answers came.
    let status = Status { version: 4, length: 2, ..Status::default() };
    queue.update(&status, &[(0, 2), (1, 3)], &[(1, relay(9))]);
    assert_eq!((ids(&queue), queue.song(0)), (vec![2, 9], Some(&relay(2))));
}

#[test]
fn an_edit_between_two_answers_makes_no_song_new() {
    let after: Vec<Place> = (2..=6).enumerate().collect();
    let status = |version, length| Status { version, length, ..Status::default() };
    // `delete 0` when one part of what was loaded had been read, and the other had not.
    let mut loading = queue(&[1, 2]);
    let loaded: Vec<Place> = (2..).zip(3..=6).collect();
    loading.update(&status(3, 6), &loaded, &[(2, relay(3)), (3, relay(4)), (4, relay(6))]);
    assert_eq!(loading.last_load(), Some(2));
    loading.update(&status(4, 5), &after, &[(3, relay(5))]);
    assert_eq!((ids(&loading), loading.last_load()), (vec![2, 3, 4, 5, 6], Some(1)));
    // And when the fifth of six was to be read, since it was tagged.
    let mut tagged = queue(&[1, 2, 3, 4, 5, 6]);
    assert_eq!(tagged.next_tags(&library()).len(), 12);
    tagged.update(&status(3, 6), &[(4, 5)], &[(4, relay(6))]);
    tagged.update(&status(4, 5), &after, &[(3, relay(5))]);
    assert_eq!((ids(&tagged), tagged.last_load()), (vec![2, 3, 4, 5, 6], None));
    assert_eq!(tagged.next_tags(&library()), []);
    // What has left is forgotten then.
    assert_eq!((tagged.songs.len(), tagged.tried.len()), (5, 5));
}

#[tokio::test]
async fn an_answer_is_read_song_by_song() {
    let answer = format!(
        "file: http://h/{VIDEO}/audio\nName: N\nTime: 3\nPos: 7\nId: 9\n\
         file: local.flac\nTitle: T\nArtist: A\nArtist: B\nAlbum: L\nPos: 8\nId: 3\n\
         file: http://h/{VIDEO}/audio\nTitle: T\nPos: 9\nId: 4\nPrio: 5\nOK\n"
    );
    let stream = b"OK MPD 0.23.5\n".chain(answer.as_bytes());
    let mut mpd = AsyncConnection::connect(stream).await.unwrap();
    let frame = mpd.receive().await.unwrap().unwrap().into_single_frame().unwrap();
    let titled = Song { lacks: !Kinds::TITLE, ..relay(4) };
    assert_eq!(songs(&frame), [(7, relay(9)), (8, local(3)), (9, titled)]);
}

#[test]
fn windows_cover_the_queue() {
    for (length, count) in [(0, 0), (1, 1), (WINDOW, 1), (WINDOW + 1, 2), (16_384, 16)] {
        assert_eq!(windows(length).count(), count);
    }
    assert_eq!(windows(WINDOW + 1).last(), Some(WINDOW..2 * WINDOW));
}
