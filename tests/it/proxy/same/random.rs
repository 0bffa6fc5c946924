//! Sequences by seed: of good and bad lines, cut anywhere, and damaged.

use super::script::{Script, Step, replace, send};
use super::sizes::{Chance, Size};
use super::table;

/// Mixed in between the table's lines.
const BETWEEN: [&[u8]; 8] = [
    b"noidle\n",
    b"ping\r\n",
    b"foobar\n",
    b"password \"x\n",
    b"command_list_end\n",
    b"seek 1 10\n",
    b"seekcur 5\n",
    b"idle nonsense\n",
];

/// At which MPD closes.
const CLOSING: [&[u8]; 5] = [b"close\n", b"\n", b"PING\n", b"pi-ng\n", b" ping\n"];

/// What damage consists of.
const DAMAGE: [u8; 14] = [0, 1, b'\t', b'\n', b'\r', b' ', b'"', b'\'', b'-', b'0', b':', b'\\', b'a', 0xff];

pub(super) fn scripts(size: Size) -> Vec<Script> {
    let lines = table::mixable_lines();
    let seeds = |count: usize| (size.seed()..).take(count);
    let mut scripts = Vec::new();
    scripts.extend(seeds(size.of(800, 5000)).map(|seed| walk(&lines, seed)));
    scripts.extend(seeds(size.of(400, 2500)).map(|seed| cut(&lines, seed)));
    scripts.extend(seeds(size.of(400, 2500)).map(|seed| damaged(&lines, seed)));
    scripts
}

/// A sequence, sent at once.
fn walk(lines: &[Vec<u8>], seed: u64) -> Script {
    let mut chance = Chance::new(seed);
    let mut said = sequence(lines, &mut chance).concat();
    if chance.below(4) == 0 {
        said.extend_from_slice(chance.one_of::<&[u8]>(&CLOSING));
        said.extend(sequence(lines, &mut chance).concat());
    }
    let mut steps = vec![send(said)];
    if chance.below(8) == 0 {
        steps.push(Step::HalfClose);
    }
    Script::new(format!("walk with seed {seed}"), steps)
}

/// A sequence, cut anywhere. It is one at which MPD does not close (as 0.24 does at a `noidle` in a
/// list): what it has not written then is lost, and where the cuts fall decides what that is.
fn cut(lines: &[Vec<u8>], seed: u64) -> Script {
    let mut chance = Chance::new(seed);
    let mut said = replace(&sequence(lines, &mut chance).concat(), b"noidle\n", b"ping\n");
    let longest = *chance.one_of(&[1, 2, 10, 100, 1000]);
    // A write for each byte takes its time.
    said.truncate(longest * 400);
    let sizes = (0..100).map(|_| 1 + chance.below(longest)).collect();
    // Ends the line that was cut short, and the list.
    let steps = [Step::Pieces(said, sizes), send("x\ncommand_list_end\n")];
    Script::new(format!("cut with seed {seed}"), steps)
}

/// A sequence with bytes changed, added and left out.
fn damaged(lines: &[Vec<u8>], seed: u64) -> Script {
    let mut chance = Chance::new(seed);
    let mut said = sequence(lines, &mut chance).concat();
    for _ in 0..=chance.below(4) {
        let at = chance.below(said.len());
        match chance.below(4) {
            0 => drop(said.remove(at)),
            1 => said.insert(at, *chance.one_of(&DAMAGE)),
            2 => said[at] = *chance.one_of(&DAMAGE),
            _ => said[at] ^= 1 << chance.below(8),
        }
    }
    said.extend_from_slice(b"\ncommand_list_end\n");
    Script::whole(format!("damaged with seed {seed}"), said)
}

/// Lines, and lists of lines.
fn sequence(lines: &[Vec<u8>], chance: &mut Chance) -> Vec<Vec<u8>> {
    let mut said = Vec::new();
    for _ in 0..=chance.below(12) {
        let mut some = |most| -> Vec<u8> {
            let count = 1 + chance.below(most);
            (0..count)
                .flat_map(|_| {
                    if chance.below(6) == 0 {
                        chance.one_of(&BETWEEN).to_vec()
                    } else {
                        chance.one_of(lines).clone()
                    }
                })
                .collect()
        };
        let lines = some(5);
        match chance.below(4) {
            0 => said.push([b"command_list_begin\n", &lines[..], b"command_list_end\n"].concat()),
            1 => said.push([b"command_list_ok_begin\n", &lines[..], b"command_list_end\n"].concat()),
            _ => said.push(lines),
        }
    }
    said
}
