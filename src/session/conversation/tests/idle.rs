//! `idle` and our own events.

use super::*;

#[test]
fn who_idles_hears_of_changed_playlists() {
    let event = "changed: stored_playlist\nOK\n";
    // While idling: MPD's idle is ended, and one answer comes.
    let mut talk = Talk::with_mpd_0_23();
    talk.client("idle\n", "idle\n").library_changes("noidle\n").mpd("OK\n", event);
    talk.client("ping\n", "ping\n").mpd("OK\n", "OK\n");
    // MPD's answer crossed our `noidle`.
    let mut talk = Talk::with_mpd_0_23();
    talk.client("idle\n", "idle\n").library_changes("noidle\n");
    talk.mpd("changed: player\nOK\n", "changed: stored_playlist\nchanged: player\nOK\n");
    // The client's `noidle` crossed ours.
    let mut talk = Talk::with_mpd_0_23();
    talk.client("idle\n", "idle\n").library_changes("noidle\n");
    talk.client("noidle\nstatus\n", "noidle\nstatus\n").mpd("OK\na: b\nOK\n", &format!("{event}a: b\nOK\n"));
    // Between two idles: the next one is answered at once, and only one.
    let mut talk = Talk::with_mpd_0_23();
    talk.library_changes("").client("idle\n", "idle\nnoidle\n").mpd("OK\n", event);
    talk.client("idle\n", "idle\n").mpd("changed: mixer\nOK\n", "changed: mixer\nOK\n");
    // Who did not ask does not hear, until it asks.
    let mut talk = Talk::with_mpd_0_23();
    talk.client("idle player\n", "idle player\n").library_changes("").client("noidle\n", "noidle\n");
    talk.mpd("OK\n", "OK\n")
        .client("idle stored_playlist\n", "idle stored_playlist\nnoidle\n")
        .mpd("OK\n", event);
    // A `noidle` outside of idle has no answer.
    Talk::with_mpd_0_23().client("noidle\nping\n", "noidle\nping\n").mpd("OK\n", "OK\n");
    // Who may not idle hears nothing, and keeps it for later.
    let mut talk = Talk::with_mpd_0_23();
    talk.library_changes("").client("idle\n", "idle\nnoidle\n");
    let refusal = "ACK [4@0] {idle} you don't have permission for \"idle\"\n";
    talk.mpd(refusal, refusal).client("idle\n", "idle\nnoidle\n").mpd("OK\n", event);
}

#[test]
fn two_idles_are_answered_as_two() {
    let mut talk = Talk::with_mpd_0_23();
    talk.client("idle\n", "idle\n").client("noidle\nidle\n", "noidle\nidle\n").library_changes("");
    talk.mpd("OK\n", "changed: stored_playlist\nOK\n");
    talk.client("noidle\n", "noidle\n").mpd("OK\n", "OK\n");
}
