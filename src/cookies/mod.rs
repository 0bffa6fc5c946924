//! The account's cookies.
//!
//! STUB: the account worker fills this in. Constructor, `set_export` and `Clone` are what `app` builds on.

use std::path::{Path, PathBuf};

/// The cookies of the user's browser, as YouTube has rotated them since. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Cookies;

impl Cookies {
    /// From `export`, the user's `cookies.txt`, which is never written. What YouTube rotates is kept in
    /// `kept`. Touches no file yet.
    pub fn new(export: Option<&Path>, kept: PathBuf) -> Self {
        let _ = (export, kept);
        Self
    }

    /// The user names another file, or none any more.
    pub fn set_export(&self, export: Option<&Path>) {
        let _ = export;
    }
}
