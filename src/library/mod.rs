//! The library: what is known of YouTube's playlists and songs.
//!
//! Nothing here talks to anyone. [`crate::sync`] owns the one [`Library`] and changes it; every
//! change publishes a new immutable [`Snapshot`] that the sessions, the relay and the player read
//! without a lock. What is seen once stays known: MPD's saved playlists may name a video for
//! years.

mod address;
mod cue;
mod guests;
mod ids;
mod known;
mod line;
mod lock;
mod merge;
mod names;
mod owner;
mod picture;
mod snapshot;
mod store;
mod track;
mod unavailable;
pub mod uri;

pub use address::{Link, NotAPlaylist, link, playlist_id};
pub use cue::{Cue, Halt, Halted, Portion, Readiness};
pub use guests::{Guests, Refused};
pub use ids::{InvalidId, PlaylistId, VideoId};
pub use line::line;
pub use lock::{Lock, LockError, holders_socket, lock};
pub use names::{StoredPlaylists, UNFINISHED, set_aside_name, valid_name};
pub use owner::Library;
pub use picture::{Look, Picture, Pictures};
pub use snapshot::{Snapshot, VirtualPlaylist};
pub use store::{SaveError, Stored, Tracks, load, save};
pub use track::{Entry, Playlist, Track, whole_seconds};
pub use unavailable::Unavailable;
