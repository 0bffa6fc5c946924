//! Plays scripts to both MPDs, and tells what differs.

use super::script::{Script, Step, shortened};
use super::twins::{Twin, Twins};
use crate::support::wire::CLOSED;

/// A failure shows so many differences; more are of the same kind.
const SHOWN: usize = 10;

/// Fails if any script is answered differently, or has a different effect.
pub(super) fn compare(twins: &mut Twins, scripts: impl IntoIterator<Item = Script>) {
    let mut different = Vec::new();
    let mut count = 0;
    for script in scripts {
        count += 1;
        let mpd = play(&script, &mut twins.direct);
        let other = play(&script, &mut twins.other);
        let [mpd, other] = [twins.normal(&twins.direct, &mpd), twins.normal(&twins.other, &other)];
        if mpd != other && !(twins.have_playlists() && is_cut_by_a_jump(&script, &mpd, &other)) {
            different.push(report("answers", &script, &mpd, &other));
        }
        let [mpd, other] = twins.effects();
        let in_step = mpd == other;
        if !in_step {
            different.push(report("effects", &script, &mpd, &other));
        }
        // From here on all would differ.
        if !in_step || different.len() >= SHOWN {
            break;
        }
        let is_reset = twins.reset();
        assert!(is_reset, "MPD itself goes down at, or after, {}", shortened(&script.readable()));
    }
    assert!(different.is_empty(), "of {count} scripts these differ:\n{}", different.join("\n"));
}

fn play(script: &Script, twin: &mut Twin) -> Vec<u8> {
    let address = twin.address.clone();
    script.play(&address, twin)
}

/// Where there are songs of ours, ytmpd holds a jump back while it asks MPD which song that is; so
/// what stands before the jump reaches MPD earlier, as if the client had sent it earlier. That
/// shows if MPD then closes for a line that it cannot take: what it has not written yet, it never
/// writes.
fn is_cut_by_a_jump(script: &Script, mpd: &[u8], other: &[u8]) -> bool {
    let jumps = |line: &[u8]| {
        let verb = line.split(|byte| !byte.is_ascii_lowercase()).next().unwrap_or_default();
        [&b"next"[..], b"previous", b"play", b"playid", b"seek", b"seekcur", b"seekid"].contains(&verb)
    };
    let said =
        |step: &Step| matches!(step, Step::Send(bytes) if bytes.split(|&byte| byte == b'\n').any(jumps));
    let prefix = mpd.strip_suffix(CLOSED).zip(other.strip_suffix(CLOSED));
    script.steps.iter().any(said) && prefix.is_some_and(|(mpd, other)| other.starts_with(mpd))
}

fn report(what: &str, script: &Script, mpd: &[u8], other: &[u8]) -> String {
    let same = mpd.iter().zip(other).take_while(|(a, b)| a == b).count();
    // From the line before on.
    let from = mpd[..same].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at.saturating_sub(100));
    let shown = |bytes: &[u8]| shortened(&bytes[from..].escape_ascii().to_string());
    format!(
        "{what} of {}\n  from byte {from} of {} and {} on\n    MPD: {}\n  other: {}\n",
        shortened(&script.readable()),
        mpd.len(),
        other.len(),
        shown(mpd),
        shown(other)
    )
}
