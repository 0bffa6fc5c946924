//! Why a playlist could not be listed.

use std::time::Duration;

use super::gate::LONGEST_WAIT;
use crate::reason::on_one_line;
use crate::ytdlp::{Fault, FaultKind, RunError};

/// What [`ListError::SignedOut`] begins with.
pub const SIGNED_OUT: &str = "the account's sign-in has expired or cannot be used";

/// Why a playlist could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// It does not exist, or not for us. Trying again will not help until the user changes
    /// something.
    #[error("there is no such playlist, or it is private: check the id, and who may see it")]
    Missing,
    /// YouTube's own words, in English: it is private, it was deleted. As above.
    #[error("YouTube says: {0}")]
    Refused(String),
    /// The account's cookies are not taken (any more). Nothing of the account can be listed until
    /// the user exports them anew; why, on one line.
    #[error("{SIGNED_OUT} ({0}): export `youtube.cookies` anew from a private window, then `ytmpctl sync`")]
    SignedOut(String),
    /// No answer, or none but "later". The network is down, or YouTube is; passes.
    #[error("YouTube Music cannot be reached")]
    Unreachable(#[source] Unreachable),
    /// YouTube cannot be trusted, and so is not asked: the system has no certificates. That is for the
    /// user to mend.
    #[error("no request can be made ({}): install ca-certificates", on_one_line(.0))]
    NoCertificates(reqwest::Error),
    /// Neither source gave anything that could be read: YouTube changed, and `yt-dlp` is missing
    /// or too old. The source is what `yt-dlp` said.
    #[error("YouTube Music's answer is of no use: {0}")]
    NotUnderstood(Unusable, #[source] FlatError),
}

impl ListError {
    /// Whether the same request may well succeed in a while.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }

    /// Whether any other playlist would fail for the same reason: there is no way to YouTube, it wants
    /// to be left alone for longer than a request waits, or there are no certificates.
    pub fn concerns_all(&self) -> bool {
        match self {
            Self::Unreachable(Unreachable::Request(error)) => error.is_connect(),
            Self::Unreachable(Unreachable::Busy { retry_after, .. }) => {
                retry_after.is_some_and(|asked| asked > LONGEST_WAIT)
            }
            Self::Unreachable(Unreachable::LeftAlone { .. }) | Self::NoCertificates(_) => true,
            Self::Unreachable(Unreachable::YtDlp(_)) => false,
            Self::Missing | Self::Refused(_) | Self::SignedOut(_) | Self::NotUnderstood(..) => false,
        }
    }

    /// How long YouTube wants to be left alone, if it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unreachable(why) => why.retry_after(),
            _ => None,
        }
    }
}

/// Why InnerTube gave no answer, after some tries.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// No connection, or it broke, or it was too slow.
    #[error("the request failed")]
    Request(#[source] reqwest::Error),
    /// It asks us to come back later.
    #[error("it answers HTTP {status}")]
    Busy {
        /// The HTTP status.
        status: u16,
        /// How long it wants to be left alone, if it says so.
        retry_after: Option<Duration>,
    },
    /// It was not asked, as it wants to be left alone for longer than a request waits: it said so
    /// before, or `yt-dlp` met a bot check or a rate limit.
    #[error("it wants to be left alone: {why}")]
    LeftAlone {
        /// Why, on one line.
        why: String,
        /// For how long still.
        retry_after: Duration,
    },
    /// InnerTube's answer is of no use, and `yt-dlp` could not reach YouTube.
    #[error("{0}")]
    YtDlp(String),
}

impl Unreachable {
    /// How long YouTube wants to be left alone, if it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            Self::LeftAlone { retry_after, .. } => Some(*retry_after),
            Self::Request(_) | Self::YtDlp(_) => None,
        }
    }
}

/// Why InnerTube's answer is of no use. Usual cause: YouTube changed, wants to see a browser, or
/// the address is not YouTube's.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// A request could not even be made, as with a bad `music_url`.
    #[error("no request could be made: {}", on_one_line(.0))]
    Request(reqwest::Error),
    /// An HTTP status that is neither success nor "later".
    #[error("HTTP {0}")]
    Status(u16),
    /// Larger than any page should be.
    #[error("more than {0} bytes")]
    TooLarge(usize),
    /// A web page: consent, a captive portal, a login.
    #[error("a web page instead of JSON")]
    WebPage,
    /// Not JSON either.
    #[error("damaged JSON ({0})")]
    Json(serde_json::Error),
    /// JSON without a playlist that we can find.
    #[error("no playlist in it")]
    Shape,
    /// A part of a playlist, and no way that we know to ask for the rest.
    #[error("it has more pages, and asks for them in an unknown way")]
    Continuation,
    /// A page of a playlist, and more rows that we cannot read than others.
    #[error("{bad} of the {all} rows on a page make no sense")]
    Rows {
        /// Those.
        bad: usize,
        /// All that the page has.
        all: usize,
    },
}

/// Why `yt-dlp` could not list the playlist.
#[derive(Debug, thiserror::Error)]
pub enum FlatError {
    /// It did not run, or did not end.
    #[error("and yt-dlp could not be asked")]
    Run(#[source] RunError),
    /// It failed, for this reason.
    #[error("and yt-dlp says: {0}")]
    Failed(Fault),
    /// It wrote something else than its JSON.
    #[error("and yt-dlp's answer is no JSON")]
    Json(#[source] serde_json::Error),
    /// Its JSON holds no playlist.
    #[error("and yt-dlp's answer holds no playlist")]
    Shape,
    /// It was not asked: the account's library is InnerTube's alone to list.
    #[error("and yt-dlp does not list the account's library")]
    Library,
}

impl FlatError {
    /// What `yt-dlp` met, if it is not for want of a `yt-dlp` that works.
    pub(super) fn met(&self) -> Option<Fault> {
        let fault = match self {
            Self::Run(error) => error.into(),
            Self::Failed(fault) => fault.clone(),
            Self::Json(_) | Self::Shape | Self::Library => return None,
        };
        (!matches!(fault.kind, FaultKind::Setup | FaultKind::Unclear)).then_some(fault)
    }
}

/// Why InnerTube did not list a playlist. What the catalogue makes of it is a [`ListError`].
#[derive(Debug)]
pub(super) enum BrowseError {
    Missing,
    /// YouTube's own words.
    Refused(String),
    /// The account's cookies are not taken; why.
    SignedOut(String),
    Unreachable(Unreachable),
    /// The second source may have certificates of its own, but the relay could not play its songs.
    NoCertificates(reqwest::Error),
    /// The second source may do better.
    Unusable(Unusable),
}

impl BrowseError {
    /// Why InnerTube's answer is of no use.
    ///
    /// # Errors
    /// When there is no point in asking the second source.
    pub(super) fn unusable(self) -> Result<Unusable, ListError> {
        match self {
            Self::Unusable(unusable) => Ok(unusable),
            Self::Missing => Err(ListError::Missing),
            Self::Refused(reason) => Err(ListError::Refused(reason)),
            Self::SignedOut(why) => Err(ListError::SignedOut(why)),
            Self::Unreachable(why) => Err(ListError::Unreachable(why)),
            Self::NoCertificates(why) => Err(ListError::NoCertificates(why)),
        }
    }
}

impl From<Unusable> for BrowseError {
    fn from(unusable: Unusable) -> Self {
        Self::Unusable(unusable)
    }
}
