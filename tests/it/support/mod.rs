//! What the tests share.

pub(crate) mod config;
pub(crate) mod mpd;
