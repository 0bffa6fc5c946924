//! Why there are no cookies to use.

use std::io;
use std::path::PathBuf;

/// What is wrong with the user's export. Passes when the file is made right: it is looked at again
/// at the next use.
#[derive(Debug, thiserror::Error)]
pub enum CookiesError {
    /// It is not there, or not ours to read.
    #[error("cannot read `{}`, which `youtube.cookies` names", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// It is of no shape that we know, or of another site.
    #[error(
        "`{}` holds no cookies of youtube.com: a cookies.txt in Netscape's format is expected, as browser extensions export it",
        .0.display()
    )]
    NoCookies(PathBuf),
    /// It lacks the cookies of a sign-in.
    #[error("`{}` lacks {missing}: it was exported without being signed in to YouTube", .0.display(), missing = .1)]
    NotSignedIn(PathBuf, &'static str),
    /// They were of a sign-in, which is over.
    #[error("in `{}`, {expired} has expired", .0.display(), expired = .1)]
    Expired(PathBuf, &'static str),
}
