//! Why a run brought nothing, in classes that say what to do about it.

use std::error::Error;
use std::time::Duration;

use super::RunError;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Fault {
    /// What to do about it.
    pub kind: FaultKind,
    /// YouTube's reason, in words for the user, on one line.
    pub reason: String,
}

/// What a fault means for this song, or playlist, and for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// This one cannot be had: private, removed, blocked here. Others can.
    Gone,
    /// An account is needed (a paying one for Premium and members' songs), or its sign-in has
    /// expired.
    SignIn,
    /// May work soon: no network, an error at YouTube.
    Passing,
    /// YouTube wants everyone to wait this long; [`crate::resolver::Resolver::resolve`] says how
    /// much is left.
    BackOff(Duration),
    /// `yt-dlp` is missing or does not work here.
    Setup,
    /// YouTube refuses this one in words that it could say of any.
    /// [`crate::resolver::Resolver::resolve`] says `Gone` instead, or `Setup` if it has said so of one
    /// song after the other.
    Refused,
    /// This song's or the setup's: who sees one song only cannot tell.
    /// [`crate::resolver::Resolver::resolve`] can, and says `Gone` or `Setup` instead.
    Unclear,
}

impl From<&RunError> for Fault {
    fn from(error: &RunError) -> Self {
        let (kind, hint) = match error {
            RunError::TimedOut(..) => (FaultKind::Passing, String::new()),
            RunError::TooMuch(..) | RunError::LeftOpen(_) => {
                (FaultKind::Setup, "; check `resolver.command`".to_owned())
            }
            RunError::Spawn(..) => {
                let cause = error.source().map(ToString::to_string).unwrap_or_default();
                (FaultKind::Setup, format!(": {cause}; install yt-dlp or set `resolver.command`"))
            }
        };
        Self { kind, reason: format!("{error}{hint}") }
    }
}
