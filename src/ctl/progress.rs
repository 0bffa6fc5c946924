//! `ytmpctl sync --wait`: a sync from its beginning to its end.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use super::arguments::Format;
use super::look::{self, Colour, Look};
use super::{Exit, Failure, print, status};
use crate::control::{Client, ClientError, Message, SYNC_TRIGGERED, read};
use crate::sync::{Progress, SyncResult};
use crate::words::count;

/// Has the daemon sync, or waits for the sync that runs. Its result is the exit code.
pub(super) async fn sync(daemon: &mut Client, format: Format) -> Result<Exit, Failure> {
    // It follows before it syncs, so that nothing is missed.
    daemon.send("follow").await?;
    daemon.send("sync").await?;
    let mut waiting = Waiting::default();
    let mut show = Show::new(format);
    loop {
        let line = match waiting.missed_end() {
            Some(line) => line,
            None if waiting.stage == Stage::Asked => daemon.answer().await?,
            None => daemon.line().await.map_err(abandoned)?,
        };
        match waiting.heed(&line)? {
            Heed::Nothing => {}
            Heed::Answer(message) => show.begin(&message)?,
            Heed::Event(event) => {
                show.event(&line, &event)?;
                if let Progress::Finished(result) = event {
                    show.end(&result)?;
                    return Ok(if result.success { Exit::Done } else { Exit::Refused });
                }
            }
        }
    }
}

fn abandoned(error: ClientError) -> Failure {
    match error {
        ClientError::Gone => Failure::Abandoned,
        error => error.into(),
    }
}

/// Tells the sync that is waited for from one that ran before.
#[derive(Debug, Default)]
struct Waiting {
    stage: Stage,
    /// A sync's end that came before the daemon answered: should the answer be that one runs, this
    /// was its end.
    end: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Stage {
    /// The daemon has not answered.
    #[default]
    Asked,
    /// Ours will begin; an end that comes first is another's.
    Triggered,
    /// What is waited for runs.
    Running,
}

/// What a line is about.
#[derive(Debug)]
enum Heed {
    /// Another sync, or something that only a later daemon says.
    Nothing,
    Answer(String),
    Event(Progress),
}

impl Waiting {
    fn missed_end(&mut self) -> Option<String> {
        if self.stage == Stage::Running { self.end.take() } else { None }
    }

    fn heed(&mut self, line: &str) -> Result<Heed, ClientError> {
        let value: Value = serde_json::from_str(line).map_err(ClientError::Answer)?;
        if value.get("event").is_none() {
            let message = read::<Message>(line)?.message;
            self.stage = if message == SYNC_TRIGGERED { Stage::Triggered } else { Stage::Running };
            return Ok(Heed::Answer(message.into_owned()));
        }
        let Ok(event) = serde_json::from_value(value) else { return Ok(Heed::Nothing) };
        let is_end = matches!(event, Progress::Finished(_));
        match self.stage {
            Stage::Asked => self.end = is_end.then(|| line.to_owned()),
            Stage::Triggered if is_end => {}
            Stage::Triggered | Stage::Running => {
                self.stage = Stage::Running;
                self.end = None;
                return Ok(Heed::Event(event));
            }
        }
        Ok(Heed::Nothing)
    }
}

/// How it is shown.
enum Show {
    Json,
    Lines,
    Bar(ProgressBar, Look),
}

impl Show {
    fn new(format: Format) -> Self {
        /// Between two pictures of the spinner.
        const TICK: Duration = Duration::from_millis(100);
        let look = Look::of_stdout();
        match format {
            Format::Json => Self::Json,
            Format::Text if look.width.is_none() => Self::Lines,
            Format::Text => {
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
                bar.set_style(style("{spinner} {wide_msg}"));
                bar.set_message("Waiting for ytmpd");
                bar.enable_steady_tick(TICK);
                Self::Bar(bar, look)
            }
        }
    }

    fn begin(&self, message: &str) -> Result<(), Failure> {
        match self {
            Self::Json => Ok(()),
            Self::Lines => print(&look::line(message)),
            Self::Bar(bar, _) => {
                bar.set_message(look::clean(message));
                Ok(())
            }
        }
    }

    /// `line` is what the daemon wrote of `event`.
    fn event(&mut self, line: &str, event: &Progress) -> Result<(), Failure> {
        match (self, event) {
            (Self::Json, _) => print(&look::json_line(line)),
            (Self::Lines, Progress::Started { total: Some(total) }) => {
                print(&format!("{} to list\n", count(*total, "playlist")))
            }
            (Self::Lines, Progress::Done { name, done, total }) => {
                let places = total.to_string().len();
                print(&look::line(&format!("[{done:>places$}/{total}] {name}")))
            }
            (Self::Bar(bar, look), Progress::Started { total: Some(total) }) => {
                measure(bar, look, *total);
                Ok(())
            }
            (Self::Bar(bar, look), Progress::Done { name, done, total }) => {
                measure(bar, look, *total);
                bar.set_position(u64::try_from(*done).unwrap_or(u64::MAX));
                bar.set_message(look::clean(name));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end(&self, result: &SyncResult) -> Result<(), Failure> {
        match self {
            Self::Json => Ok(()),
            Self::Lines => print(&summary(result, &Look::of_stdout())),
            Self::Bar(bar, look) => {
                bar.finish_and_clear();
                print(&summary(result, look))
            }
        }
    }
}

/// Makes a bar of the spinner, once it is known how long it is.
fn measure(bar: &ProgressBar, look: &Look, total: usize) {
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    if bar.length() != Some(total) {
        bar.set_length(total);
        bar.set_style(style(match look.colour {
            Colour::Always => "{spinner} {bar:30.green/dim} {pos}/{len}  {wide_msg}",
            Colour::Never => "{spinner} {bar:30} {pos}/{len}  {wide_msg}",
        }));
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).expect("the templates here are right");
    style.progress_chars("━━─")
}

/// What came of it, with all that went wrong.
fn summary(result: &SyncResult, look: &Look) -> String {
    let what = [count(result.playlists_synced, "playlist"), count(result.tracks_added, "song")].join(", ");
    format!(
        "{what} in {:.1} s: {}\n{}",
        result.duration_seconds,
        status::outcome(result),
        status::errors(&result.errors, look)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: &str = r#"{"event":"sync_started","total":2}"#;
    const DONE: &str = r#"{"event":"playlist_done","name":"a","done":1,"total":2}"#;
    const END: &str = r#"{"event":"sync_finished","success":true,"playlists_synced":2,"playlists_failed":0,
        "tracks_added":3,"tracks_failed":0,"duration_seconds":0.5,"errors":[]}"#;
    const TRIGGERED: &str = r#"{"success":true,"message":"Sync triggered"}"#;
    const RUNNING: &str = r#"{"success":true,"message":"Sync already in progress"}"#;

    /// The numbers of the lines that are shown as events.
    fn shown(lines: &[&str]) -> Vec<usize> {
        let mut waiting = Waiting::default();
        let mut shown = vec![];
        for (at, line) in lines.iter().enumerate() {
            if matches!(waiting.heed(line).unwrap(), Heed::Event(_)) {
                shown.push(at);
            }
            if let Some(missed) = waiting.missed_end() {
                assert!(matches!(waiting.heed(&missed).unwrap(), Heed::Event(Progress::Finished(_))));
                shown.push(at);
            }
        }
        shown
    }

    #[test]
    fn the_right_sync_is_waited_for() {
        for (lines, events) in [
            (&[TRIGGERED, BEGIN, DONE, END][..], &[1, 2, 3][..]),
            (&[RUNNING, DONE, END], &[1, 2]),
            (&[BEGIN, RUNNING, DONE, END], &[2, 3]),
            // One ended just before ours began.
            (&[BEGIN, END, TRIGGERED, BEGIN, END], &[3, 4]),
            (&[BEGIN, TRIGGERED, END, BEGIN, END], &[3, 4]),
            // It ended while the daemon still said that it ran.
            (&[BEGIN, END, RUNNING], &[2]),
            // A slow follower misses events, but not the last.
            (&[TRIGGERED, DONE, END], &[1, 2]),
            // Of a later daemon.
            (&[TRIGGERED, BEGIN, r#"{"event":"coffee_made"}"#, END], &[1, 3]),
        ] {
            assert_eq!(shown(lines), events, "{lines:?}");
        }
        for line in ["{\"success\":false,\"error\":\"no\"}", "rubbish", "{}"] {
            Waiting::default().heed(line).unwrap_err();
        }
    }
}
