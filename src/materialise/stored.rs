//! MPD's stored playlists, changed so that no client ever sees half of one.
//!
//! A playlist is written under a name that says so, [`UNFINISHED`], and takes its own name when it
//! is complete: within the same command list, as a rule, and MPD runs those without a break for
//! anyone else. What MPD refuses leaves the old playlist as it was. MPD renames onto nothing, so
//! the old one is removed in between.

use std::collections::VecDeque;

use mpd_client::protocol::command::Command;
use mpd_client::protocol::response::Error as Ack;

use super::content::{Content, Makers};
use super::place::{Job, Outcome, Place};
use super::plan::{Act, Before, Found, Readings};
use crate::library::{UNFINISHED, VideoId, set_aside_name, uri};
use crate::mpd::{Connection, Error, code, command, octets};

/// Changes share a command list up to this, in bytes: direct clients hear of them once, and MPD
/// stands still for some milliseconds only.
const SHARED: usize = 512 * 1024;

/// A change that is longer is sent in several command lists. MPD closes a connection whose list
/// exceeds `max_command_list_size`, 2 MiB by default.
const WHOLE: usize = 1024 * 1024;

/// MPD, while it lets us.
pub(super) struct Stored {
    pub(super) mpd: Connection,
    /// What its playlists' addresses begin with.
    pub(super) base: String,
}

/// What MPD has.
pub(super) enum Listing {
    /// No stored playlists: `playlist_directory` is not set.
    Disabled,
    /// None that it can read; why.
    Unreadable(String),
    /// These.
    Found(Found),
}

impl Stored {
    /// What is there.
    pub(super) async fn list(&mut self) -> Result<Listing, Error> {
        let frame = match self.mpd.ask_one(command("listplaylists", &[])).await? {
            Ok(frame) => frame,
            Err(ack) if ack.code == code::UNKNOWN => return Ok(Listing::Disabled),
            Err(ack) => return why(ack, "listplaylists").map(Listing::Unreadable),
        };
        let mut found = Found::new();
        let mut name = None;
        for (key, value) in frame.fields() {
            match key {
                "playlist" => name = Some(octets(value)),
                "Last-Modified" => {
                    if let Some(name) = name.take() {
                        found.insert(name.into(), value.into());
                    }
                }
                _ => {}
            }
        }
        Ok(Listing::Found(found))
    }

    /// Removes what an earlier connection could not complete. Whoever has put something into it
    /// keeps that.
    pub(super) async fn clear_leftover(&mut self, found: &Found) -> Result<(), Error> {
        let read = self.read(vec![UNFINISHED.into()]).await?;
        if read.values().any(|content| content.makers == Makers::User) {
            let aside = set_aside_name(UNFINISHED, |name| !found.contains_key(name.as_bytes()));
            drop(self.mpd.ask_one(command("rename", &[UNFINISHED, &aside])).await?);
        }
        self.tidy().await
    }

    /// Removes what was not completed.
    async fn tidy(&mut self) -> Result<(), Error> {
        // Where it is not there, all is well; where it cannot be, the next write tells.
        drop(self.mpd.ask_one(command("rm", &[UNFINISHED])).await?);
        Ok(())
    }
}

impl Place for Stored {
    type Error = Error;

    async fn read(&mut self, names: Vec<Box<str>>) -> Result<Readings, Error> {
        let mut readings = Readings::new();
        for name in names {
            let Ok(frame) = self.mpd.ask_one(command("listplaylist", &[&name])).await? else { continue };
            let mut lines = Vec::new();
            for (_, uri) in frame.fields().filter(|(key, _)| *key == "file") {
                lines.extend(octets(uri));
                lines.push(b'\n');
            }
            readings.insert(name, Content::of_lines(&lines));
        }
        Ok(readings)
    }

    async fn may_change(&mut self) -> Result<(), Error> {
        // It needs what all changes need, and there is no playlist without a name.
        match self.mpd.ask_one(command("rm", &[""])).await? {
            Err(ack) if ack.code == code::PERMISSION => {
                Err(Error::Refused { command: "rm", message: ack.message })
            }
            _ => Ok(()),
        }
    }

    async fn carry_out(&mut self, jobs: Vec<Job>) -> Result<Vec<Outcome>, Error> {
        let mut writer = Writer { stored: self, waiting: VecDeque::new(), size: 0, outcomes: Vec::new() };
        for job in jobs {
            writer.add(job).await?;
        }
        writer.flush().await?;
        Ok(writer.outcomes)
    }
}

/// Collects changes and sends them together.
struct Writer<'a> {
    stored: &'a mut Stored,
    /// What goes into the next command list, and about how long that is.
    waiting: VecDeque<Change>,
    size: usize,
    outcomes: Vec<Outcome>,
}

struct Change {
    job: Job,
    songs: Songs,
}

/// Whether a change writes its songs itself.
#[derive(PartialEq, Eq)]
enum Songs {
    Here,
    SentAhead,
}

impl Writer<'_> {
    async fn add(&mut self, job: Job) -> Result<(), Error> {
        let line = line_length(&self.stored.base);
        let songs = job.playlist.as_ref().map_or(0, |playlist| playlist.entries.len());
        let mut change = Change { job, songs: Songs::Here };
        let mut size = songs.saturating_mul(line);
        if self.size + size > SHARED {
            self.flush().await?;
        }
        if size > WHOLE {
            if let Some(why) = self.send_ahead(&change, SHARED / line).await? {
                self.outcomes.push(Outcome { name: change.job.name, result: Err(why) });
                return Ok(());
            }
            change.songs = Songs::SentAhead;
            size = 0;
        }
        self.size += size + line;
        self.waiting.push_back(change);
        Ok(())
    }

    /// Writes all songs of a long playlist, so many at once. Why that failed, if it did.
    async fn send_ahead(&mut self, change: &Change, at_once: usize) -> Result<Option<String>, Error> {
        let songs = songs(&self.stored.base, &change.job);
        for part in songs.chunks(at_once.max(1)) {
            if let Some(ack) = self.stored.mpd.ask(part.to_vec()).await?.ack {
                let why = why(ack, "playlistadd")?;
                self.stored.tidy().await?;
                return Ok(Some(why));
            }
        }
        Ok(None)
    }

    /// Sends what was collected, again without the one that fails.
    async fn flush(&mut self) -> Result<(), Error> {
        self.size = 0;
        while !self.waiting.is_empty() {
            let changes = self.waiting.iter().map(|change| change.commands(&self.stored.base));
            let changes: Vec<Vec<Command>> = changes.collect();
            let lengths: Vec<usize> = changes.iter().map(Vec::len).collect();
            let ack = self.stored.mpd.ask(changes.into_iter().flatten().collect()).await?.ack;
            let failed = ack.as_ref().map(|ack| usize::try_from(ack.command_index).unwrap_or(usize::MAX));
            let mut passed = 0;
            for length in lengths {
                passed += length;
                if failed.is_some_and(|failed| failed < passed) {
                    break;
                }
                let done = self.waiting.pop_front();
                self.outcomes.extend(done.map(|done| Outcome { name: done.job.name, result: Ok(None) }));
            }
            if let (Some(ack), Some(change)) = (ack, self.waiting.pop_front()) {
                self.outcomes.push(Outcome { name: change.job.name, result: Err(why(ack, "playlistadd")?) });
                self.stored.tidy().await?;
            }
        }
        Ok(())
    }
}

impl Change {
    fn commands(&self, base: &str) -> Vec<Command> {
        let Job { name, act, .. } = &self.job;
        let mut commands = match (act, &self.songs) {
            (Act::Write(_), Songs::Here) => songs(base, &self.job),
            _ => vec![],
        };
        let finish = command("rename", &[UNFINISHED, name]);
        match act {
            Act::Write(Before::Nothing) => commands.push(finish),
            Act::Write(Before::Ours) => commands.extend([command("rm", &[name]), finish]),
            Act::Write(Before::Edited(aside)) => {
                commands.extend([command("rename", &[name, aside]), finish]);
            }
            Act::Remove => commands.push(command("rm", &[name])),
            Act::SetAside(aside) => commands.push(command("rename", &[name, aside])),
            Act::Keep | Act::Forget => {}
        }
        commands
    }
}

/// The commands that write a playlist's songs under [`UNFINISHED`].
fn songs(base: &str, job: &Job) -> Vec<Command> {
    let entries = job.playlist.iter().flat_map(|playlist| &playlist.entries);
    let add = |video| command("playlistadd", &[UNFINISHED, &uri::audio_uri(base, video)]);
    let songs: Vec<Command> = entries.map(|entry| add(entry.track.id)).collect();
    if songs.is_empty() {
        // MPD clears only what is there.
        let any = format!("{base}/");
        return vec![command("playlistadd", &[UNFINISHED, &any]), command("playlistclear", &[UNFINISHED])];
    }
    songs
}

/// How long the line is that adds a song: all are of the same length.
fn line_length(base: &str) -> usize {
    "playlistadd \"\" \"\"\n".len() + UNFINISHED.len() + base.len() + "//audio".len() + VideoId::LEN
}

/// Why MPD did not do it, and what to do; that we may not at all is an error.
fn why(ack: Ack, command: &'static str) -> Result<String, Error> {
    match ack.code {
        code::PERMISSION => Err(Error::Refused { command, message: ack.message }),
        code::SYSTEM => Ok(format!(
            "{}; see that MPD's `playlist_directory` is there, has room, and is writable for MPD's user",
            ack.message
        )),
        code::PLAYLIST_MAX => {
            Ok(format!("{}; `max_playlist_length` in mpd.conf allows no more", ack.message))
        }
        _ => Ok(ack.message.into()),
    }
}
