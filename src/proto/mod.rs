//! MPD's wire format, without any I/O.
//!
//! Everything here takes bytes and returns values or bytes. The sources of its facts are MPD's
//! protocol documentation and the files of MPD that each item names, as they are from 0.23.12 on.

mod ack;
mod command;
mod number;
mod request;
mod response;
mod status;
mod subsystem;
mod version;

pub use ack::{Ack, AckCode};
pub use command::{Arity, arity};
pub use number::{NotUnsigned, Range, integer, range, seconds, unsigned};
pub(crate) use request::verb;
pub use request::{Malformed, Request, line_content, quote};
pub use response::{Payload, Piece, Splitter, lines, pair};
pub use status::{Consume, Playback, Status};
pub use subsystem::{Subscription, merge_changed};
pub use version::Version;
