//! What happens at the same moment: a line behind the one at which MPD closes, and a `noidle`
//! against an event. What comes first is chance; what a client may count on is not.

use std::thread::{self, sleep};
use std::time::Duration;

use super::sizes::{Chance, Size};
use super::twins::{Twins, Way};
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::mpd::TestMpd;
use crate::support::wire::Wire;

/// MPD has answered and closed, and the client has not heard yet and goes on.
#[test]
fn the_last_answer_arrives_however_much_follows() {
    let Some(twins) = Twins::start(TestMpd::start, Way::Ytmpd(&[FOCUS])) else { return };
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
                assert!(
                    heard.starts_with(seen.as_bytes()),
                    "{first:?}, round {round}: {}",
                    heard.escape_ascii()
                );
            }
        }
    }
}

/// Whether the `noidle` or the event wins: each `idle` has one answer, and the event is told once.
#[test]
fn an_event_is_told_once_whoever_wins() {
    let Some(mut twins) = Twins::start(TestMpd::start, Way::Ytmpd(&[FOCUS])) else { return };
    let mut chance = Chance::new(Size::wanted().seed());
    let mut won = [0, 0];
    for round in 0..Size::wanted().of(300, 3000) {
        for twin in [&mut twins.direct, &mut twins.other] {
            let mut wire = Wire::connect(&twin.address).unwrap();
            wire.line();
            wire.send(b"idle options\n");
            let pauses =
                [chance.below(400), chance.below(400)].map(|pause| Duration::from_micros(pause as u64));
            thread::scope(|scope| {
                scope.spawn(|| {
                    sleep(pauses[0]);
                    twin.ask("repeat 1\nrepeat 0\n");
                });
                sleep(pauses[1]);
                wire.send(b"noidle\n");
            });
            // The event has happened, and is told to all before MPD hears anything more.
            twin.ask("ping\n");
            let first = wire.line();
            let told_first = first == b"changed: options\n";
            won[usize::from(told_first)] += 1;
            if told_first {
                assert_eq!(wire.line(), b"OK\n", "round {round}");
            }
            let rest = wire.rest_after(b"idle options\nnoidle\nping\n");
            let told = if told_first { &b"OK\nOK\n<open>"[..] } else { b"changed: options\nOK\nOK\n<open>" };
            assert_eq!(rest.escape_ascii().to_string(), told.escape_ascii().to_string(), "round {round}");
        }
    }
    assert!(won.iter().all(|&times| times > 0), "this was no race: {won:?}");
}
