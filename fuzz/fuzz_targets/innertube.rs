//! Arbitrary answers of YouTube's and yt-dlp's.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ytmpd::youtube::fuzz_answers(data));
