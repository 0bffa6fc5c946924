//! Music that is hard to pass on: files of an hour's silence, with tags and pictures that look
//! like answers of MPD's. They are so long that no script sees the end of one.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// A picture that looks like answers of MPD's.
pub(super) const PICTURE: &[u8] =
    b"\xff\xd8\nOK\nlist_OK\nACK [5@0] {} no\nbinary: 5\nOK\nfile: x\n\xff\xd9\nOK\n\0\nOK MPD 9.9.9\nchanged: x\nOK\n\
      and so on, for longer than the least that MPD sends at once\nOK\nlist_OK\nOK\n";

/// How many songs there are.
pub(super) const SONGS: usize = 5;

/// What the files were last changed at: long ago, and the same for both MPDs.
const CHANGED: Duration = Duration::from_secs(1_600_000_000);

/// Frames of this many samples make up the sound, at 8 kHz.
const BLOCK: u64 = 32_768;
const FRAMES: u32 = 879;

/// Fills a music folder.
pub(super) fn write(folder: &Path) {
    let no_picture: &[u8] = b"";
    for (name, comments, picture) in [
        ("one.flac", &["TITLE=One", "ARTIST=A", "ALBUM=First", "TRACKNUMBER=1", "DATE=2001"][..], no_picture),
        ("two.flac", &["TITLE=Two \"quoted\" \\", "ARTIST=A", "ARTIST=B", "ALBUM=First"], no_picture),
        ("album/song.flac", &["TITLE=OK", "ARTIST=ACK [5@0] {} no", "ALBUM=list_OK"], PICTURE),
        ("album/large.flac", &["TITLE=file: x", "GENRE=OK"], &large_picture()),
        ("a b/\u{fc}ml\u{e4}ut 'x'.flac", &["TITLE=\u{e9}", "COMMENT=binary: 100000"], no_picture),
    ] {
        put(&folder.join(name), &flac(comments, picture));
    }
    put(&folder.join("album/cover.jpg"), PICTURE);
    put(&folder.join("a b/cover.png"), &large_picture());
    put(&folder.join("list.m3u"), b"one.flac\nalbum/song.flac\n");
}

fn put(file: &Path, content: &[u8]) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
    File::options().write(true).open(file).unwrap().set_modified(UNIX_EPOCH + CHANGED).unwrap();
}

/// Far more than one chunk, and no two chunks alike.
fn large_picture() -> Vec<u8> {
    (0..4000_u32).flat_map(|number| format!("{number}\nOK\nbinary: {number}\n").into_bytes()).collect()
}

/// A FLAC file of silence (RFC 9639).
fn flac(comments: &[&str], picture: &[u8]) -> Vec<u8> {
    let texts = comments.iter().flat_map(|comment| text(comment.as_bytes(), u32::to_le_bytes));
    let count = u32::try_from(comments.len()).unwrap().to_le_bytes();
    let comments =
        [&text(b"made by hand", u32::to_le_bytes)[..], &count, &texts.collect::<Vec<_>>()].concat();
    let mut file = [&b"fLaC"[..], &block(0, &stream_info()), &block(4, &comments)].concat();
    if !picture.is_empty() {
        let kind = 3_u32.to_be_bytes();
        let (mime, about) = (text(b"image/jpeg", u32::to_be_bytes), text(b"", u32::to_be_bytes));
        let picture = text(picture, u32::to_be_bytes);
        file.extend(block(6, &[&kind[..], &mime, &about, &[0; 16], &picture].concat()));
    }
    // Padding, as the last block.
    file.extend(block(0x81, &[0; 4]));
    file.extend((0..FRAMES).flat_map(silent_frame));
    file
}

fn block(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[kind], &length[1..], content].concat()
}

fn text(text: &[u8], length: fn(u32) -> [u8; 4]) -> Vec<u8> {
    [&length(u32::try_from(text.len()).unwrap())[..], text].concat()
}

/// 8 kHz, one channel, 16 bits.
fn stream_info() -> Vec<u8> {
    let block = u16::try_from(BLOCK).unwrap().to_be_bytes();
    let sound = (8000_u64 << 44) | (15 << 36) | (BLOCK * u64::from(FRAMES));
    [&block[..], &block, &[0; 6], &sound.to_be_bytes(), &[0; 16]].concat()
}

/// A constant subframe of zeros.
fn silent_frame(number: u32) -> Vec<u8> {
    let mut frame = vec![0xff, 0xf8, 0xf4, 0x08];
    frame.extend(char::from_u32(number).unwrap().to_string().as_bytes());
    frame.push(u8::try_from(checksum(&frame, 8, 0x07)).unwrap());
    frame.extend([0, 0, 0]);
    frame.extend(checksum(&frame, 16, 0x8005).to_be_bytes());
    frame
}

/// A CRC of this many bits.
fn checksum(bytes: &[u8], bits: u32, polynomial: u16) -> u16 {
    let mask = u16::MAX >> (16 - bits);
    bytes.iter().fold(0, |sum, &byte| {
        (0..8).fold(sum ^ (u16::from(byte) << (bits - 8)), |sum, _| {
            let carry = sum >> (bits - 1) == 1;
            ((sum << 1) & mask) ^ if carry { polynomial } else { 0 }
        })
    })
}
