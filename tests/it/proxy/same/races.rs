//! What happens at the same moment: a line behind the one at which MPD closes, and a `noidle`
//! against an event. What comes first is chance; what a client may count on is not.

use std::thread::sleep;
use std::time::Duration;

use super::sizes::Size;
use super::twins::{Twins, Way};
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::wire::Wire;

/// MPD has answered and closed, and the client has not heard yet and goes on.
#[test]
fn the_last_answer_arrives_however_much_follows() {
    let Some(twins) = Twins::start(Way::Ytmpd(&[FOCUS])) else { return };
    let last = "ACK [5@0] {} Invalid word character\n<closed>";
    for round in 0..Size::wanted().of(300, 3000) {
        for twin in [&twins.direct, &twins.other] {
            for (first, seen) in [("pi-ng\n", last), ("ping\n", "OK\n"), ("close\n", "<closed>")] {
                let mut wire = Wire::connect(&twin.address).unwrap();
                wire.line();
                wire.send(first.as_bytes());
                sleep(Duration::from_micros(u64::try_from(round % 300).unwrap()));
                wire.send(b"ping\n");
                let heard = wire.rest();
                assert!(heard.starts_with(seen.as_bytes()), "{first:?}, round {round}: {}", heard.escape_ascii());
            }
        }
    }
}
