//! The account's cookies.
//!
//! They come from the user's export of a browser, `youtube.cookies`, which is only ever read.
//! YouTube rotates them while they are used; what it sets is kept in a file of ours, and goes
//! before the export it came from until the user exports anew. `yt-dlp`, which writes its cookie
//! file at its end, gets a copy for each run.
//!
//! What a request is signed with is for [`crate::youtube`], which also says here whether YouTube
//! takes the cookies. Their values are secrets: nothing here can be printed.

mod error;
mod export;
mod files;
mod jar;
mod set_cookie;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tempfile::TempPath;
use tokio::task::spawn_blocking;
use tracing::warn;

pub use error::CookiesError;

use crate::reason::on_one_line;
use files::Files;
use jar::Jar;

/// The cookies as YouTube has rotated them, in the state directory.
pub const FILE: &str = "rotated_cookies.txt";

/// Who is shown the cookies, whatever address we ask in its place.
const HOST: &str = "music.youtube.com";

/// Where it is asked.
const PATH: &str = "/youtubei/v1/browse";

/// The cookies of the user's browser, as YouTube has rotated them since. Clones share them.
#[derive(Clone)]
pub struct Cookies(Arc<Shared>);

struct Shared {
    /// Never locked while anything blocks.
    wish: Mutex<Wish>,
    /// Locked while files are read and written, so only off the asynchronous threads.
    files: Mutex<Files>,
}

struct Wish {
    /// The user's file.
    export: Option<PathBuf>,
    /// Of the cookies from the export with the SHA-1 beside it, if it could be used.
    standing: Standing,
    of: Option<String>,
}

/// Whether YouTube takes the cookies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Standing {
    /// Nobody has asked yet.
    #[default]
    Unknown,
    /// When last asked, it did.
    Taken,
    /// It did not, or there is nothing that it could take. Why, on one line.
    Refused(String),
}

/// The cookies at one moment.
#[derive(Clone)]
pub struct Session {
    /// The SHA-1 of the export that they came from.
    came_from: String,
    /// How often YouTube has rotated them since they were loaded, restless ones apart.
    rotation: u64,
    jar: Jar,
}

/// A cookie file for one run of `yt-dlp`, with mode 0600. It is gone when this is dropped.
pub struct CookieFile(TempPath);

impl Cookies {
    /// From `export`, the user's `cookies.txt`, which is never written. What YouTube rotates is kept in
    /// `kept`. Touches no file yet.
    pub fn new(export: Option<&Path>, kept: PathBuf) -> Self {
        let wish = Wish { export: export.map(Path::to_owned), standing: Standing::Unknown, of: None };
        Self(Arc::new(Shared { wish: Mutex::new(wish), files: Mutex::new(Files::new(kept)) }))
    }

    /// The user names another file, or none any more.
    pub fn set_export(&self, export: Option<&Path>) {
        let mut wish = self.wish();
        if wish.export.as_deref() != export {
            *wish = Wish { export: export.map(Path::to_owned), standing: Standing::Unknown, of: None };
        }
    }

    /// Whether the user has named a file.
    pub fn is_configured(&self) -> bool {
        self.wish().export.is_some()
    }

    /// Whether YouTube takes them, as far as is known.
    pub fn standing(&self) -> Standing {
        self.wish().standing.clone()
    }

    /// Notes what YouTube said of these cookies.
    pub fn note(&self, asked: &Session, standing: Standing) {
        let mut wish = self.wish();
        if wish.of.as_deref() == Some(&asked.came_from) {
            wish.standing = standing;
        }
    }

    /// The cookies as they are now; `None` if the user has named no file. The file is read again
    /// if it has changed. As long as nothing changes, it is the same `Arc`.
    ///
    /// # Errors
    /// When it cannot be used.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn session(&self) -> Result<Option<Arc<Session>>, CookiesError> {
        let Some(export) = self.wish().export.clone() else { return Ok(None) };
        let file = export.clone();
        let session = self.on_disk(move |files| files.session(&file)).await;
        let mut wish = self.wish();
        match &session {
            // The user has named another meanwhile, of which this says nothing.
            _ if wish.export.as_ref() != Some(&export) => {}
            Ok(session) if wish.of.as_ref() == Some(&session.came_from) => {}
            Ok(session) => {
                wish.of = Some(session.came_from.clone());
                wish.standing = Standing::Unknown;
            }
            Err(error) => {
                wish.of = None;
                wish.standing = Standing::Refused(on_one_line(error));
            }
        }
        session.map(Some)
    }

    /// Takes what YouTube has set in the answer to a request with `asked`, and keeps it on disk if
    /// it differs. No answer ends the sign-in: that it is over shows when it is not taken.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing: the work goes on.
    pub async fn rotate(&self, asked: &Arc<Session>, set_cookies: Vec<String>) {
        if !set_cookies.is_empty() {
            let asked = Arc::clone(asked);
            self.on_disk(move |files| files.rotate(&asked, &set_cookies)).await;
        }
    }

    /// A copy for one run of `yt-dlp`; `None` if there are no cookies, or YouTube does not take
    /// them: whoever shows it old ones is worse off than who shows none.
    ///
    /// # Cancel safety
    /// Dropping the future leaves no file behind.
    pub async fn copy(&self) -> Option<CookieFile> {
        // An error is told when playlists are listed.
        let session = self.session().await.ok()??;
        if matches!(self.standing(), Standing::Refused(_)) {
            return None;
        }
        match self.on_disk(move |files| files.copy(&session)).await {
            Ok(path) => Some(CookieFile(path)),
            Err(error) => {
                warn!(%error, "yt-dlp runs without the account's cookies: no file can be made for them");
                None
            }
        }
    }

    /// Runs `work` with the files, on a thread that may block. It goes on when the future is
    /// dropped.
    async fn on_disk<T: Send + 'static>(&self, work: impl FnOnce(&mut Files) -> T + Send + 'static) -> T {
        let shared = Arc::clone(&self.0);
        let done = spawn_blocking(move || {
            // Nothing there is left half done by a panic.
            work(&mut shared.files.lock().unwrap_or_else(PoisonError::into_inner))
        });
        match done.await.map_err(tokio::task::JoinError::try_into_panic) {
            Ok(done) => done,
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            // The runtime is ending, and us with it.
            Err(Err(_)) => std::future::pending().await,
        }
    }

    fn wish(&self) -> MutexGuard<'_, Wish> {
        self.0.wish.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// The `Cookie` header of a request to YouTube Music.
    pub fn header(&self) -> String {
        self.jar.header(HOST, PATH, Timestamp::now())
    }

    /// The value of one cookie, if YouTube Music is shown it.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.jar.value(name, HOST, Timestamp::now())
    }

    /// Whether YouTube takes both or neither: they come from one export, and nothing was rotated
    /// between them but what is set anew with every answer.
    pub fn is_same_sign_in(&self, other: &Self) -> bool {
        (&self.came_from, self.rotation) == (&other.came_from, other.rotation)
    }

    /// When too many of them have expired for a sign-in; `None` if they say nothing of it.
    pub fn ends(&self) -> Option<Timestamp> {
        self.jar.expiries().filter(|&at| self.lacks(at).is_some()).min()
    }

    /// As [`Self::lacks`], if it was there once.
    fn outlived(&self, now: Timestamp) -> Option<&'static str> {
        self.lacks(now).filter(|_| self.lacks(Timestamp::MIN).is_none())
    }

    /// What a sign-in needs and these cookies lack.
    fn lacks(&self, now: Timestamp) -> Option<&'static str> {
        let has = |name: &str| self.jar.value(name, HOST, now).is_some_and(|value| !value.is_empty());
        if !has("LOGIN_INFO") {
            return Some("LOGIN_INFO");
        }
        let signs = ["SAPISID", "__Secure-1PAPISID", "__Secure-3PAPISID"].into_iter().any(has);
        (!signs).then_some("SAPISID")
    }
}

impl CookieFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Default for Cookies {
    /// None.
    fn default() -> Self {
        Self::new(None, PathBuf::new())
    }
}

impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookies(hidden)")
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(hidden)")
    }
}

impl fmt::Debug for CookieFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieFile(hidden)")
    }
}

#[cfg(test)]
mod tests;
