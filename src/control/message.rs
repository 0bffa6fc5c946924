//! What passes over the control socket, apart from the `success` that every answer has.
//!
//! The keys are those of the Python daemon, and more; none is ever renamed.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

/// What `sync` answers when one begins.
pub const SYNC_TRIGGERED: &str = "Sync triggered";

/// The answer to `sync` and to `quit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What happens now, for people.
    pub message: Cow<'static, str>,
}

/// The answer to `status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// When the last sync ended.
    #[serde(serialize_with = "whole_second_if_any")]
    pub last_sync: Option<Timestamp>,
    /// When the daemon started.
    #[serde(serialize_with = "whole_second")]
    pub daemon_start_time: Timestamp,
    /// Whether one is under way.
    pub sync_in_progress: bool,
    /// Of the last sync; false when there was none.
    pub last_sync_success: bool,
    /// As [`SyncResult::playlists_synced`](crate::sync::SyncResult), of the last sync. So are the next five.
    pub playlists_synced: usize,
    /// See [`SyncResult`](crate::sync::SyncResult).
    pub playlists_failed: usize,
    /// See [`SyncResult`](crate::sync::SyncResult).
    pub tracks_added: usize,
    /// See [`SyncResult`](crate::sync::SyncResult).
    pub tracks_failed: usize,
    /// See [`SyncResult`](crate::sync::SyncResult).
    pub duration_seconds: f64,
    /// The last sync's, and what is wrong now.
    pub errors: Vec<String>,
    /// When the next sync begins; `None` while one is under way, or without a timer.
    #[serde(serialize_with = "whole_second_if_any")]
    pub next_sync: Option<Timestamp>,
    /// Whether YouTube takes the account's cookies.
    pub auth: Auth,
    /// `connected`, or `unreachable: ` and why.
    pub mpd: String,
    /// Clients of the proxy.
    pub clients: usize,
    /// Virtual playlists.
    pub playlists: usize,
    /// Songs in them, each row counted.
    pub tracks: usize,
    /// The daemon's version.
    pub version: String,
}

/// What is known of the account's cookies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// None are configured.
    #[default]
    None,
    /// YouTube has not refused them.
    Valid,
    /// YouTube does not take them.
    Expired,
    /// What another version of the daemon says.
    #[serde(other)]
    Unknown,
}

/// The answer to `list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// In the order in which MPD's clients see them.
    pub playlists: Vec<Listed>,
}

/// One playlist of the answer to `list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its title, as YouTube has it.
    pub name: String,
    /// YouTube's id.
    pub id: String,
    /// How many rows it has.
    pub track_count: usize,
    /// Its name in MPD.
    pub virtual_name: String,
    /// When its content last changed.
    #[serde(serialize_with = "whole_second")]
    pub updated: Timestamp,
}

/// In the answer to `reload`: configuration keys, such as `sync.interval_minutes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// Those that changed and are in effect.
    pub changed: Vec<String>,
    /// Those that changed and need a restart.
    pub restart_needed: Vec<String>,
}

/// The answer to `reload`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadDone {
    /// What happens now, for people.
    pub message: Cow<'static, str>,
    /// What it was about.
    #[serde(flatten)]
    pub reloaded: Reloaded,
}

/// `2025-10-17T14:30:00Z`: the state file of the Python daemon has no fractions.
fn whole_second<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.0}"))
}

fn whole_second_if_any<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => whole_second(at, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_version_says_of_the_sign_in_is_read() {
        let words = [(Auth::None, "none"), (Auth::Valid, "valid"), (Auth::Expired, "expired")];
        for (auth, word) in words {
            assert_eq!(serde_json::to_value(auth).unwrap(), word);
        }
        for (auth, word) in words.into_iter().chain([(Auth::Unknown, "renewing")]) {
            assert_eq!(serde_json::from_value::<Auth>(word.into()).unwrap(), auth);
        }
    }
}
