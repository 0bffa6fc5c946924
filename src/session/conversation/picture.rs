//! `albumart` and `readpicture` of a song of ours.
//!
//! Whether the answer is a picture or an `ACK` decides which command goes to MPD in its place, so
//! the picture is looked up first. What is in memory or absent is answered at once; a file is
//! waited for, with this client's line held back and no other's. In a list that works as well: MPD
//! begins with it only when all of it is there. What is absent is fetched once MPD has agreed.

use std::sync::Arc;

use super::{Conversation, Held, View};
use crate::library::{Look, Picture};
use crate::proto::AckCode;
use crate::session::answer::Answer;
use crate::session::route::{Gate, Source, Wanted};

/// So many answers with pictures wait for MPD; no more is heard of a client then. A list is heard
/// to its end, since MPD does not begin with it before: further pictures in it are absent.
const MOST_PICTURES: usize = 32;

impl Conversation {
    /// Answers, or holds the request back until the picture is read.
    pub(super) fn look(&mut self, wanted: Wanted, view: &View<'_>) {
        if self.holds_many_pictures() {
            return self.show(wanted, None);
        }
        match view.pictures.look(wanted.video) {
            Look::There(picture) => self.show(wanted, Some(picture)),
            Look::Absent => self.show(wanted, None),
            Look::OnDisk => self.held = Some(Held::Picture(wanted)),
        }
    }

    pub(super) fn holds_many_pictures(&self) -> bool {
        // The conversation's own is one more.
        Arc::strong_count(&self.pictures) > MOST_PICTURES
    }

    /// Answers with this picture, or that there is none.
    pub(super) fn show(&mut self, wanted: Wanted, picture: Option<Picture>) {
        let verb: &[u8] = match wanted.source {
            Source::Folder => b"albumart",
            Source::Song => b"readpicture",
        };
        let (gate, answer) = answer(wanted, picture, &self.pictures);
        self.answer(verb, gate, answer);
    }
}

/// In MPD's words (`FileCommands.cxx`), which differ between the two commands.
fn answer(wanted: Wanted, picture: Option<Picture>, counted: &Arc<()>) -> (Gate, Answer) {
    let refuse = |text| (Gate::RefuseRead, Answer::refuse(AckCode::Arg, text));
    match (picture, wanted.source) {
        (None, Source::Folder) => (Gate::RefuseRead, Answer::NoPicture(wanted.video)),
        (None, Source::Song) => (Gate::Read, Answer::NoPicture(wanted.video)),
        (Some(picture), source) => match usize::try_from(wanted.offset) {
            Ok(offset) if offset <= picture.bytes.len() => {
                (Gate::Read, Answer::Picture(picture, source, offset, Arc::clone(counted)))
            }
            _ if source == Source::Folder => refuse("Offset too large"),
            _ => refuse("Bad file offset"),
        },
    }
}
