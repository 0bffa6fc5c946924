//! Addresses, listening and connecting: the only module that names a socket type.

mod inherited;
mod keepalive;
mod listener;
mod stream;
mod tcp;
mod upstream;

pub use inherited::{InheritError, Inherited};
pub use keepalive::end_if_peer_vanishes;
#[cfg(test)]
pub(crate) use keepalive::gone_after;
pub use listener::{Listener, Occupant, occupant};
pub use stream::Stream;
pub use upstream::{ConnectError, Locality, Turn, Upstream, connect_unix};
