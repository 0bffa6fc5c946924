//! `idle` and `noidle`, with events of the client's own and of another's at known moments.
//!
//! An event that comes before the `idle` is kept for it, so that neither MPD's nor ytmpd's haste
//! shows; a script waits where it would.

use super::script::Step::{HalfClose, Lines, Meanwhile};
use super::script::{Script, Step, send};

const TOGGLE: &str = "repeat 1\nrepeat 0\n";

pub(super) fn scripts() -> Vec<Script> {
    let whole = [
        "idle\nnoidle\nping\n",
        "noidle\nnoidle\nping\nnoidle\n",
        "idle\nping\n",
        "idle\nidle\n",
        "idle\nclose\n",
        "idle\nnoidle foo\n",
        "idle\ncommand_list_begin\n",
        "idle\n\n",
        "idle PLAYER \"mixer\" player\nnoidle\n",
        "idle\nnoidle\nnoidle\nidle mixer\nnoidle\nping\n",
        "idle\nNOIDLE\n",
        "idle\nnoidle\r\nping\n",
        "idle \nnoidle \nping\n",
    ];
    let mut scripts: Vec<Script> = whole.map(|lines| Script::whole("idle", lines)).to_vec();
    scripts.push(Script::whole("idle", "idle\nnoidle\n".repeat(200)));
    scripts.extend(steps().into_iter().map(|steps| Script::new("idle", steps)));
    // Each subsystem, asked for alone, among others, and not at all.
    for (subsystem, event) in EVENTS {
        for asked in [subsystem.to_owned(), format!("{subsystem} neighbor"), String::new()] {
            let steps =
                vec![send(format!("idle {asked}\n")), Meanwhile(event), Lines(2), send("noidle\nping\n")];
            scripts.push(Script::new(format!("idle {subsystem}"), steps));
        }
        let other = [send("idle neighbor\n"), Meanwhile(event), send("noidle\nping\n")];
        scripts.push(Script::new(format!("idle, and no {subsystem}"), other));
        let before = [
            send("ping\n"),
            Lines(1),
            Meanwhile(event),
            send(format!("idle {subsystem}\n")),
            Lines(2),
            send("ping\n"),
        ];
        scripts.push(Script::new(format!("{subsystem}, then idle"), before));
    }
    scripts
}

/// What sets off one event, and no other.
const EVENTS: [(&str, &str); 8] = [
    ("stored_playlist", "save zz\n"),
    ("playlist", "clear\n"),
    ("mixer", "setvol 50\n"),
    ("output", "disableoutput 0\n"),
    ("options", TOGGLE),
    ("sticker", "sticker set song one.flac s v\n"),
    ("subscription", "subscribe zz\nunsubscribe zz\n"),
    ("partition", "newpartition pp\ndelpartition pp\n"),
];

fn steps() -> Vec<Vec<Step>> {
    vec![
        vec![send("repeat 1\nrepeat 0\n"), Lines(2), send("idle\n"), Lines(2), send("ping\n")],
        // Up to 0.23, an answer forgets what was not asked for.
        vec![
            send("repeat 1\nrepeat 0\n"),
            Lines(2),
            send("idle mixer\nnoidle\n"),
            Lines(1),
            send("idle options\nnoidle\n"),
        ],
        vec![
            send("command_list_ok_begin\nping\nidle\nping\ncommand_list_end\n"),
            Lines(1),
            send("noidle\nping\n"),
        ],
        vec![
            send("command_list_begin\nping\nidle options\nping\ncommand_list_end\n"),
            Meanwhile(TOGGLE),
            Lines(2),
            send("ping\n"),
        ],
        vec![send("command_list_ok_begin\nping\nidle\ncommand_list_end\n"), Lines(1), send("ping\n")],
        vec![send("idle options\n"), Meanwhile(TOGGLE), Lines(2), send("noidle\nnoidle\nping\n")],
        vec![
            send("idle options\n"),
            Meanwhile(TOGGLE),
            Lines(2),
            send("idle options\n"),
            Meanwhile(TOGGLE),
            Lines(2),
            send("ping\n"),
        ],
        vec![send("idle options\n"), Meanwhile(TOGGLE), Lines(2), HalfClose],
        vec![send("idle options\n"), HalfClose],
        vec![send("ping\n"), Lines(1), Meanwhile(TOGGLE), send("idle mixer\nnoidle\nidle\nnoidle\n")],
        vec![
            send("subscribe news\n"),
            Lines(1),
            send("idle message\n"),
            Meanwhile("sendmessage news \"OK\"\n"),
            Lines(2),
            send("readmessages\n"),
        ],
        vec![send("subscribe news\n"), Lines(1), Meanwhile("sendmessage news x\n"), send("readmessages\n")],
    ]
}
