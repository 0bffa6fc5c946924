//! `status`, as the player's own connections read it.

use mpd_client::protocol::response::Frame;

use crate::proto::Status;

impl From<&Frame> for Status {
    fn from(frame: &Frame) -> Self {
        let mut status = Self::default();
        for (name, value) in frame {
            status.read(name.as_bytes(), value.as_bytes());
        }
        status
    }
}
