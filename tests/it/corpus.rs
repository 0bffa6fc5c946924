//! What fuzzing has found, and what it starts from, through the bodies of the fuzz targets.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use ytmpd::session::fuzz::{client_side, server_side};
use ytmpd::youtube::fuzz_answers;

#[test]
fn clients_are_answered_as_by_one_mpd() {
    replay("fuzz/corpus/client_side", client_side);
}

#[test]
fn whatever_mpd_says_is_passed_on() {
    replay("fuzz/corpus/server_side", server_side);
}

#[test]
fn no_page_is_too_strange() {
    replay("fuzz/corpus/innertube", fuzz_answers);
    replay("tests/data/innertube", fuzz_answers);
}

fn replay(folder: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let inputs = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let (mut count, mut failed) = (0, Vec::new());
    for input in inputs.filter(|path| path.is_file()) {
        let bytes = fs::read(&input).unwrap();
        count += 1;
        if catch_unwind(|| body(&bytes)).is_err() {
            failed.push(input);
        }
    }
    assert!(count > 0, "nothing in {}", folder.display());
    assert!(failed.is_empty(), "{failed:?}");
}
