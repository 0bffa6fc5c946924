//! `albumart` and `readpicture` of a song of ours.
//!
//! Whether the answer is a picture or an `ACK` decides which command goes to MPD in its place, so
//! the picture is looked up first. What is in memory or absent is answered at once; a file is
//! waited for, with this client's line held back and no other's. In a list that works as well: MPD
//! begins with it only when all of it is there.

use super::{Conversation, View};
use crate::library::{Look, Picture};
use crate::proto::AckCode;
use crate::session::answer::Answer;
use crate::session::route::{Gate, Source, Wanted};

impl Conversation {
    /// Answers, or holds the request back until the picture is read.
    pub(super) fn look(&mut self, wanted: Wanted, view: &View<'_>) {
        match view.pictures.look(wanted.video) {
            Look::There(picture) => self.show(wanted, Some(picture)),
            Look::Absent => self.show(wanted, None),
            Look::OnDisk => self.looking = Some(wanted),
        }
    }

    /// The wait for the picture is over.
    pub(in crate::session) fn looked(&mut self, picture: Option<Picture>) {
        if let Some(wanted) = self.looking.take() {
            self.show(wanted, picture);
        }
    }

    fn show(&mut self, wanted: Wanted, picture: Option<Picture>) {
        let verb: &[u8] = match wanted.source {
            Source::Folder => b"albumart",
            Source::Song => b"readpicture",
        };
        let (gate, answer) = answer(wanted, picture);
        self.answer(verb, gate, answer);
    }
}

/// In MPD's words (`FileCommands.cxx`), which differ between the two commands.
fn answer(wanted: Wanted, picture: Option<Picture>) -> (Gate, Answer) {
    let refuse = |code, text| (Gate::RefuseRead, Answer::refuse(code, text));
    match (picture, wanted.source) {
        (None, Source::Folder) => refuse(AckCode::NoExist, "No file exists"),
        (None, Source::Song) => (Gate::Read, Answer::Nothing),
        (Some(picture), source) => match usize::try_from(wanted.offset) {
            Ok(offset) if offset <= picture.bytes.len() => {
                (Gate::Read, Answer::Picture(picture, source, offset))
            }
            _ if source == Source::Folder => refuse(AckCode::Arg, "Offset too large"),
            _ => refuse(AckCode::Arg, "Bad file offset"),
        },
    }
}
