//! `add https://youtu.be/...` and the like: what is named is let in before MPD hears of it.
//!
//! Only for who may add it: MPD is asked first, by a command of the same permission. Within a list
//! that question has to go before the list, so a list is withheld from MPD, which would do nothing
//! with it before its end anyway.

use super::{Conversation, Expected, Held, Reply, SendingList};
use crate::library::Refused;
use crate::proto::{Ack, AckCode};
use crate::session::answer::Answer;
use crate::session::route::{Guest, Invitation};

/// A list that is longer, in bytes, goes to MPD as it comes: MPD itself takes 2 MiB, and this is
/// thousands of songs.
const MOST_WITHHELD: usize = 256 * 1024;

/// A client's line that is held back.
#[derive(Debug)]
pub(super) struct Inviting {
    verb: Box<[u8]>,
    invitation: Invitation,
    /// Whether MPD has agreed.
    stage: Stage,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    /// MPD was asked.
    Asked,
    /// It is being let in.
    LettingIn,
}

impl Inviting {
    pub(super) fn waits_for(&self) -> Option<Guest> {
        (self.stage == Stage::LettingIn).then(|| self.invitation.guest.clone())
    }
}

impl Conversation {
    /// Holds the line back, and asks MPD whether the client may do that.
    pub(super) fn invite(&mut self, verb: &[u8], invitation: Invitation) {
        let gate = invitation.gate;
        let stage = match &mut self.sending_list {
            Some(list) if list.permitted.contains(&gate) => Stage::LettingIn,
            Some(SendingList { withheld: None, .. }) => {
                let text = "an address of YouTube's is too far behind in a long list";
                return self.answer(verb, gate, Answer::refuse(AckCode::Arg, text));
            }
            None | Some(_) => {
                self.ask_first(gate.line(), Reply::Permission);
                Stage::Asked
            }
        };
        self.held = Some(Held::Guest(Inviting { verb: verb.into(), invitation, stage }));
    }

    /// MPD has said whether the client may do that.
    pub(super) fn permission(&mut self, permitted: bool) {
        let Some(Held::Guest(Inviting { verb, invitation, .. })) = self.held.take() else { return };
        if permitted {
            if let Some(list) = &mut self.sending_list {
                list.permitted.push(invitation.gate);
            }
            self.held = Some(Held::Guest(Inviting { verb, invitation, stage: Stage::LettingIn }));
        } else {
            // The gate is refused likewise, and MPD's words take the place of these.
            let answer = Answer::refuse(AckCode::Permission, Ack::no_permission(&verb));
            self.answer(&verb, invitation.gate, answer);
        }
    }

    /// It was let in, or not.
    pub(super) fn invited(&mut self, inviting: Inviting, outcome: Result<(), Refused>) {
        let Inviting { verb, invitation, .. } = inviting;
        match outcome {
            // A playlist that is added goes as `load`.
            Ok(()) => self.forward(&invitation.line, Reply::Detour(verb)),
            Err(Refused(why)) => {
                self.answer(&verb, invitation.gate, Answer::refuse(AckCode::System, why));
            }
        }
    }

    /// Asks MPD something of ours: before the list that is withheld, if one is.
    pub(super) fn ask_first(&mut self, line: &[u8], reply: Reply) {
        let begins = |expected: &Expected| matches!(expected, Expected::ListBegin(_));
        let list = self.sending_list.as_ref().and_then(|_| self.expected.iter().rposition(begins));
        let at = list.unwrap_or(self.expected.len());
        self.expected.insert(at, Expected::Single(reply));
        self.to_mpd.extend_from_slice(line);
    }

    /// Where lines for MPD go.
    pub(super) fn outbox(&mut self) -> &mut Vec<u8> {
        let too_long = |withheld: &Vec<u8>| withheld.len() > MOST_WITHHELD;
        if self.sending_list.as_ref().and_then(|list| list.withheld.as_ref()).is_some_and(too_long) {
            self.release();
        }
        match &mut self.sending_list {
            Some(SendingList { withheld: Some(withheld), .. }) => withheld,
            _ => &mut self.to_mpd,
        }
    }

    /// The list, or its beginning, goes to MPD.
    pub(in crate::session) fn release(&mut self) {
        if let Some(list) = &mut self.sending_list
            && let Some(mut withheld) = list.withheld.take()
        {
            self.to_mpd.append(&mut withheld);
        }
    }

    /// Whether MPD has not heard of the list that is to be answered next.
    pub(super) fn is_withheld(&self) -> bool {
        let withheld = matches!(self.sending_list, Some(SendingList { withheld: Some(_), .. }));
        withheld && !self.expected.iter().skip(1).any(|expected| matches!(expected, Expected::ListBegin(_)))
    }
}
