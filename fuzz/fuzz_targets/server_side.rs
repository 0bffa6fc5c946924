//! An arbitrary MPD.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ytmpd::session::fuzz::server_side(data));
