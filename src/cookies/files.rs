//! The two files: the user's export, which is only read, and what we keep of it as YouTube rotates
//! it. Everything here blocks.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use sha1::{Digest, Sha1};
use tempfile::{NamedTempFile, TempPath};
use tracing::{debug, warn};

use super::jar::Jar;
use super::{CookiesError, HOST, Session, export, set_cookie};
use crate::disk::{self, Readers, TEMPORARY};

/// The largest export that is read, in bytes: one of a whole browser has a few hundred kilobytes.
const LARGEST_EXPORT: u64 = 8 << 20;

/// Our file's first line, which `yt-dlp` wants to see too.
const NETSCAPE: &str = "# Netscape HTTP Cookie File\n";
/// Its second line: which export it came from.
const CAME_FROM: &str = "# Kept by ytmpd; rotated by YouTube since the export with SHA-1 ";
/// Its last line: without it, the file is torn.
const END: &str = "# end";

/// Google sets these anew with almost every answer, and nobody misses an old one: a change of them
/// alone is not worth a write to disk.
const RESTLESS: [&str; 3] = ["SIDCC", "__Secure-1PSIDCC", "__Secure-3PSIDCC"];

/// Both files and what was last read from them.
pub(super) struct Files {
    kept: PathBuf,
    loaded: Option<Loaded>,
    /// The export of which it was said that others can read it.
    warned_of: Option<PathBuf>,
}

struct Loaded {
    export: PathBuf,
    stamp: Stamp,
    session: Arc<Session>,
}

/// What changes when a file is written or replaced.
#[derive(PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

impl Files {
    pub(super) fn new(kept: PathBuf) -> Self {
        Self { kept, loaded: None, warned_of: None }
    }

    /// The cookies of this export as they are by now. Looks whether the user has replaced it.
    pub(super) fn session(&mut self, export: &Path) -> Result<Arc<Session>, CookiesError> {
        let unreadable = |error| CookiesError::Read(export.to_owned(), error);
        let metadata = fs::metadata(export).map_err(unreadable)?;
        let stamp = Stamp::of(&metadata);
        if let Some(loaded) =
            self.loaded.as_ref().filter(|loaded| loaded.export == export && loaded.stamp == stamp)
        {
            return Ok(Arc::clone(&loaded.session));
        }
        let before = self.loaded.take();
        disk::expect_file(&metadata).map_err(unreadable)?;
        if disk::is_open_to_others(&metadata) && self.warned_of.as_deref() != Some(export) {
            warn!(
                file = %export.display(),
                "other users may read the account's cookies: `chmod 600` the file, or 640 if it is root's and of ytmpd's group"
            );
            self.warned_of = Some(export.to_owned());
        }
        let mut bytes = vec![];
        File::open(export)
            .and_then(|file| file.take(LARGEST_EXPORT).read_to_end(&mut bytes))
            .map_err(unreadable)?;
        let came_from = hex(&Sha1::digest(&bytes));
        let session = match before.filter(|before| before.session.came_from == came_from) {
            // Copied, or touched.
            Some(Loaded { session, .. }) => session,
            None => Arc::new(self.start(export, &bytes, came_from)?),
        };
        self.loaded = Some(Loaded { export: export.to_owned(), stamp, session: Arc::clone(&session) });
        Ok(session)
    }

    /// The cookies of an export that was not known so far.
    fn start(&self, export: &Path, bytes: &[u8], came_from: String) -> Result<Session, CookiesError> {
        let jar = export::read(&export::text(bytes));
        if jar.is_empty() {
            return Err(CookiesError::NoCookies(export.to_owned()));
        }
        let now = Timestamp::now();
        // What is kept is the same cookies, only younger; and they may have expired since.
        let kept =
            self.kept(&came_from).map(|jar| Session { jar, rotation: 0, came_from: came_from.clone() });
        if let Some(kept) = kept.filter(|kept| kept.lacks(now).is_none()) {
            return Ok(kept);
        }
        let session = Session { came_from, rotation: 0, jar };
        match (session.outlived(now), session.lacks(now)) {
            (Some(expired), _) => Err(CookiesError::Expired(export.to_owned(), expired)),
            (_, Some(missing)) => Err(CookiesError::NotSignedIn(export.to_owned(), missing)),
            (_, None) => Ok(session),
        }
    }

    /// What is kept of the export with this SHA-1.
    fn kept(&self, came_from: &str) -> Option<Jar> {
        let text = |bytes| String::from_utf8(bytes).map_err(io::Error::other);
        let text = match disk::read(&self.kept).and_then(text) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                warn!(%error, file = %self.kept.display(), "the rotated cookies cannot be read: starting with the export");
                return None;
            }
        };
        let cookies = text.strip_prefix(NETSCAPE)?.strip_prefix(CAME_FROM)?;
        let cookies = cookies.strip_prefix(came_from)?.strip_prefix('\n')?;
        let Some(cookies) = cookies.trim_end().strip_suffix(END) else {
            warn!(file = %self.kept.display(), "the rotated cookies are damaged: starting with the export");
            return None;
        };
        let jar: Jar = cookies.lines().filter_map(export::netscape).collect();
        (!jar.is_empty()).then_some(jar)
    }

    /// Takes what an answer to a request of `asked` has set. Nothing, if the user has replaced the
    /// export since; and nothing that would end the sign-in, which may be taken again tomorrow.
    pub(super) fn rotate(&mut self, asked: &Session, set_cookies: &[String]) {
        let now = Timestamp::now();
        let Some(loaded) = self.loaded.as_mut().filter(|loaded| loaded.session.came_from == asked.came_from)
        else {
            return;
        };
        let mut jar = loaded.session.jar.clone();
        let mut changed = false;
        let mut worth_keeping = false;
        let set = set_cookies.iter().filter_map(|text| set_cookie::parse(text, HOST, now));
        for cookie in set.filter(|cookie| !cookie.ends_sign_in(now)) {
            let restless = RESTLESS.contains(&cookie.name.as_str());
            if jar.put(cookie, now) {
                changed = true;
                worth_keeping |= !restless;
            }
        }
        if !changed {
            return;
        }
        let rotation = loaded.session.rotation + u64::from(worth_keeping);
        loaded.session = Arc::new(Session { jar, rotation, came_from: asked.came_from.clone() });
        if worth_keeping {
            self.keep();
        }
    }

    fn keep(&self) {
        let Some(Loaded { session, .. }) = &self.loaded else { return };
        let written = disk::replace(&self.kept, Readers::Owner, |out| {
            write!(out, "{NETSCAPE}{CAME_FROM}{}\n{}{END}\n", session.came_from, session.jar.to_netscape())
        });
        match written {
            Ok(()) => debug!("YouTube has rotated the account's cookies"),
            Err(error) => warn!(
                %error, file = %self.kept.display(),
                "the rotated cookies are not saved: after a restart the sign-in may have expired; make room or make the folder writable"
            ),
        }
    }

    /// A file of its own with these cookies, which only we may read; gone when it is dropped.
    pub(super) fn copy(&mut self, session: &Session) -> io::Result<TempPath> {
        let folder = self.kept.parent().filter(|folder| folder.is_dir());
        // Beside what is kept, where the next start sweeps it away if this process is killed.
        let make =
            |folder: &Path| tempfile::Builder::new().prefix(TEMPORARY).suffix(".txt").tempfile_in(folder);
        let mut copy: NamedTempFile = match folder.map(make) {
            Some(Ok(copy)) => copy,
            _ => make(&std::env::temp_dir())?,
        };
        io::Write::write_all(&mut copy, format!("{NETSCAPE}{}", session.jar.to_netscape()).as_bytes())?;
        Ok(copy.into_temp_path())
    }
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
