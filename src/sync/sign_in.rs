//! Whether the account's cookies are taken, as far as is known from one daemon to the next.

use super::handle::{SignIn, SyncResult};
use super::lister::Lister;
use super::round::Round;
use crate::config::Config;
use crate::reason::on_one_line;
use crate::youtube::{ListError, SIGNED_OUT, Standing};

/// Before they are tried: as the last sync left it, also of another daemon.
pub(super) fn believed(config: &Config, last: Option<&SyncResult>) -> SignIn {
    let expired = last.and_then(|last| last.errors.iter().find(|error| error.starts_with(SIGNED_OUT)));
    match expired {
        _ if config.youtube.cookies.is_none() => SignIn::None,
        Some(why) => SignIn::Expired(why.clone()),
        None => SignIn::Valid,
    }
}

/// What is known by now, in or after `round`. Whatever else fails, a sign-in that had expired is
/// valid again only when YouTube has said so, or when nobody wants to know any more.
pub(super) fn known(before: SignIn, round: &Round, lister: &Lister, config: &Config) -> SignIn {
    let standing = lister.sign_in();
    let refused = match &standing {
        Some(Standing::Refused(why)) => Some(on_one_line(&ListError::SignedOut(why.clone()))),
        Some(Standing::Unknown | Standing::Taken) | None => None,
    };
    let is_asked = config.youtube.library || round.total() > 0;
    match (round.signed_out().or(refused), before) {
        _ if config.youtube.cookies.is_none() => SignIn::None,
        (Some(why), _) => SignIn::Expired(why),
        (None, expired @ SignIn::Expired(_)) if standing != Some(Standing::Taken) && is_asked => expired,
        (None, _) => SignIn::Valid,
    }
}

/// `result`, which also tells of a sign-in that has expired: the next daemon knows it from there.
pub(super) fn told(sign_in: &SignIn, mut result: SyncResult) -> SyncResult {
    if let SignIn::Expired(why) = sign_in
        && !result.errors.contains(why)
    {
        result.errors.insert(0, why.clone());
    }
    result
}
