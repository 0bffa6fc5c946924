//! An arbitrary MPD client.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ytmpd::session::fuzz::client_side(data));
