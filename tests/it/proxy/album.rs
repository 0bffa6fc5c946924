//! Music of MPD's own, with pictures that are hard to pass on.

use crate::support::world::World;

/// Adds the folder `album` with `song.flac` and `cover.jpg`.
pub(super) fn add(world: &World) {
    world.add_music("album/cover.jpg", PICTURE);
    world.add_music("album/song.flac", &flac());
    let picture = world.mpd.talk("readpicture album/song.flac 0");
    assert!(picture.contains("type: image/jpeg"), "the test's file is wrong: {picture}");
}

/// A picture that looks like answers of MPD's.
pub(super) const PICTURE: &[u8] =
    b"\xff\xd8\nOK\nlist_OK\nACK [5@0] {} no\nbinary: 5\nOK\nfile: x\n\xff\xd9\nOK\n\0\nOK MPD 9.9.9\nchanged: x\nOK\n\
      and so on, for longer than the least that MPD sends at once\nOK\nlist_OK\nOK\n";

/// A FLAC file without sound, with a title and a picture.
fn flac() -> Vec<u8> {
    let block = |kind: u8, content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[kind], &length[1..], content].concat()
    };
    let stream_info = [&[16, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0xc4, 0x42, 0xf0][..], &[0; 20]].concat();
    let text = |text: &[u8], length: fn(u32) -> [u8; 4]| {
        [&length(u32::try_from(text.len()).unwrap())[..], text].concat()
    };
    let comments = [
        text(b"made by hand", u32::to_le_bytes),
        1_u32.to_le_bytes().to_vec(),
        text(b"TITLE=OK", u32::to_le_bytes),
    ];
    let picture = [
        3_u32.to_be_bytes().to_vec(),
        text(b"image/jpeg", u32::to_be_bytes),
        text(b"", u32::to_be_bytes),
        vec![0; 16],
        text(PICTURE, u32::to_be_bytes),
    ];
    let blocks =
        [block(0, &stream_info), block(4, &comments.concat()), block(0x86, &picture.concat())].concat();
    [b"fLaC".to_vec(), blocks].concat()
}
