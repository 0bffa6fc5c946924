//! What the player does whenever something changed in MPD or in the library.
//!
//! Each pass has a connection of its own, which is never idle and may go to any partition.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use mpd_client::protocol::command::Command;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{debug, warn};

use super::likely::{MOST_SHOWN, likely, merge, playing, shown};
use super::queue::{MOST_PLACES, Placed, Queue, places, songs, windows};
use super::tags::{Line, behind};
use crate::config::Config;
use crate::library::{Cue, Pictures, Snapshot, Unavailable, VideoId};
use crate::mpd::{Changes, Connection, DEFAULT_PARTITION, Error, HEARTBEAT, code, command};
use crate::net::Upstream;
use crate::proto::{Playback, Status, Version};

/// `idle` tells nothing of other partitions' queues, so these are looked at so often.
const OTHER_PARTITIONS: Duration = Duration::from_secs(5);

/// The subsystems of `idle` that tell of something to do.
const SUBSYSTEMS: &[&str] = &["partition", "playlist", "player", "options"];

/// MPD knows `partition` from here on; an older one would refuse the whole `idle`.
const V0_22: Version = Version(0, 22, 0);

/// The work, and what it needs.
pub(super) struct Work {
    pub(super) config: watch::Receiver<Arc<Config>>,
    pub(super) upstream: Upstream,
    pub(super) library: watch::Receiver<Arc<Snapshot>>,
    pub(super) cue: Arc<dyn Cue>,
    pub(super) pictures: Arc<dyn Pictures>,
    pub(super) unavailable: Unavailable,
    pub(super) memory: Memory,
}

/// What is remembered of MPD for as long as it can be reached.
#[derive(Default)]
pub(super) struct Memory {
    partitions: BTreeMap<String, Partition>,
    tagging: Tagging,
    /// What `cue` was told last.
    cued: Option<Vec<VideoId>>,
    /// What plays, as `cue` was told.
    playing: Vec<VideoId>,
    /// What `pictures` was told last.
    followed: Option<Vec<VideoId>>,
    /// When all partitions were last looked at.
    looked_around: Option<Instant>,
}

#[derive(Default)]
struct Partition {
    queue: Queue,
    status: Status,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Tagging {
    #[default]
    Allowed,
    /// MPD does not let us.
    Refused,
}

/// Why there is work.
#[derive(Debug)]
pub(super) enum Wake {
    /// MPD can be reached, and nothing is known of it.
    Start,
    /// MPD told of changes.
    Changed(Changes),
    /// There is a new snapshot of the library.
    Library,
    /// It is time to look around.
    Timer,
}

impl Wake {
    fn is_about(&self, subsystem: &str) -> bool {
        match self {
            Self::Start => true,
            Self::Changed(changes) => changes.iter().any(|change| change == subsystem),
            Self::Library | Self::Timer => false,
        }
    }

    /// Whether it may concern the queues of all partitions.
    fn is_about_all(&self) -> bool {
        !matches!(self, Self::Changed(_)) || self.is_about("partition")
    }
}

impl Work {
    /// A new connection.
    pub(super) async fn connect(&self) -> Result<Connection, Error> {
        let config = self.config.borrow().clone();
        Connection::open_patiently(&self.upstream, &config).await
    }

    /// A new connection that tells of what there is to do; of an MPD before 0.22, of all else too.
    pub(super) async fn idle(&self) -> Result<Connection, Error> {
        let mpd = self.connect().await?;
        let is_old = Version::parse(mpd.version()).is_some_and(|version| version < V0_22);
        mpd.idle_for(if is_old { &[] } else { SUBSYSTEMS }).await
    }

    /// When to look around next.
    pub(super) fn next_round(&self) -> Instant {
        let every = if self.memory.partitions.len() > 1 { OTHER_PARTITIONS } else { HEARTBEAT };
        self.memory.looked_around.unwrap_or_else(Instant::now) + every
    }

    /// Does all that `wake` calls for.
    ///
    /// # Errors
    /// When MPD cannot be reached any more.
    pub(super) async fn pass(&mut self, wake: &Wake) -> Result<(), Error> {
        let mut mpd = self.connect().await?;
        if wake.is_about("partition") {
            self.list_partitions(&mut mpd).await?;
        }
        let names: Vec<String> = self.memory.partitions.keys().cloned().collect();
        if wake.is_about_all() {
            for name in &names {
                self.look(&mut mpd, name).await?;
            }
            self.memory.looked_around = Some(Instant::now());
        } else {
            self.look(&mut mpd, DEFAULT_PARTITION).await?;
        }
        self.tell_cue();
        self.tell_what_plays();
        self.tell_pictures();
        if matches!(wake, Wake::Library) {
            self.memory.partitions.values_mut().for_each(|partition| partition.queue.look_again());
        }
        for name in &names {
            self.tag(&mut mpd, name).await?;
        }
        Ok(())
    }

    /// A partition may have been deleted and made again under its name: all but the default one,
    /// which stays for ever, are looked at afresh.
    async fn list_partitions(&mut self, mpd: &mut Connection) -> Result<(), Error> {
        let names = mpd.partitions().await?;
        self.unavailable.keep_partitions(&names);
        self.memory.partitions.retain(|name, _| name == DEFAULT_PARTITION);
        for name in names {
            self.memory.partitions.entry(name).or_default();
        }
        Ok(())
    }

    /// Brings what is remembered of a partition up to date.
    async fn look(&mut self, mpd: &mut Connection, name: &str) -> Result<(), Error> {
        let Some(partition) = self.memory.partitions.get_mut(name) else {
            return Ok(());
        };
        let Some(answer) = mpd.ask_in(name, vec![command("status", &[])]).await? else {
            self.memory.partitions.remove(name);
            return Ok(());
        };
        if let Some(ack) = answer.ack {
            return Err(Error::Refused { command: "status", message: ack.message });
        }
        partition.status = answer.frames.first().map(Status::from).unwrap_or_default();
        if partition.queue.is_behind(&partition.status) {
            catch_up(mpd, name, partition).await?;
        }
        let Partition { queue, status } = partition;
        queue.forget_load_if_playing(status);
        if status.playback != Playback::Stopped {
            self.unavailable.plays(name);
        }
        Ok(())
    }

    fn tell_cue(&mut self) {
        let library = self.library.borrow().clone();
        let prefetch = self.config.borrow().resolver.prefetch;
        let partitions: Vec<Vec<VideoId>> = self
            .memory
            .partitions
            .values()
            .map(|Partition { queue, status }| {
                let mut videos = likely(queue, status, prefetch);
                videos.retain(|&video| library.track(video).is_some());
                videos
            })
            .collect();
        let videos = merge(&partitions, prefetch);
        if self.memory.cued.as_ref() != Some(&videos) {
            self.cue.keep_ready(videos.clone());
            self.memory.cued = Some(videos);
        }
    }

    fn tell_what_plays(&mut self) {
        let partitions = self.memory.partitions.values();
        let playing: Vec<VideoId> =
            partitions.filter_map(|Partition { queue, status }| playing(queue, status)).collect();
        for &video in playing.iter().filter(|video| !self.memory.playing.contains(video)) {
            self.cue.plays(video);
        }
        self.memory.playing = playing;
    }

    fn tell_pictures(&mut self) {
        let library = self.library.borrow().clone();
        let partitions = self.memory.partitions.values();
        let partitions: Vec<Vec<VideoId>> =
            partitions.map(|Partition { queue, status }| shown(queue, status)).collect();
        let mut videos = merge(&partitions, MOST_SHOWN);
        videos.retain(|&video| library.track(video).is_some());
        if self.memory.followed.as_ref() != Some(&videos) {
            self.pictures.follow(videos.clone());
            self.memory.followed = Some(videos);
        }
    }

    /// Gives the partition's songs the tags that they lack.
    async fn tag(&mut self, mpd: &mut Connection, name: &str) -> Result<(), Error> {
        let library = self.library.borrow().clone();
        while self.memory.tagging == Tagging::Allowed {
            let Some(partition) = self.memory.partitions.get_mut(name) else {
                return Ok(());
            };
            let lines = partition.queue.next_tags(&library);
            if lines.is_empty() {
                return Ok(());
            }
            self.send_tags(mpd, name, &lines).await?;
        }
        Ok(())
    }

    async fn send_tags(&mut self, mpd: &mut Connection, name: &str, lines: &[Line]) -> Result<(), Error> {
        let commands = lines.iter().map(Command::from).collect();
        let Some(answer) = mpd.ask_in(name, commands).await? else {
            self.memory.partitions.remove(name);
            return Ok(());
        };
        match answer.ack {
            None => debug!(partition = name, lines = lines.len(), "gave tags to songs in MPD's queue"),
            Some(ack) if ack.code == code::PERMISSION => {
                warn!(ack = %ack.message, "MPD does not let us tag songs; `mpd.password` may help");
                self.memory.tagging = Tagging::Refused;
            }
            // The song has left the queue, others with it maybe: what is left is tagged after
            // another look, or clearing a long queue would cost an ACK for each song.
            Some(ack) => {
                debug!(partition = name, ack = %ack.message, "a song took no tag; most likely it is gone");
                let refused = usize::try_from(ack.command_index).unwrap_or(usize::MAX);
                if let Some(partition) = self.memory.partitions.get_mut(name) {
                    partition.queue.put_back(behind(lines, refused));
                }
                self.look(mpd, name).await?;
            }
        }
        Ok(())
    }
}

/// Brings the mirror of a queue up to date: in one list the version and which songs are where,
/// so that both are of one moment; then what is not known of them.
async fn catch_up(mpd: &mut Connection, name: &str, partition: &mut Partition) -> Result<(), Error> {
    let Partition { queue, status } = partition;
    // Everything is newer than version 0.
    let since = queue.version().unwrap_or_default().to_string();
    let mut placed = Vec::new();
    let mut unread: Vec<Range<usize>> = windows(status.length).collect();
    if queue.version().is_some() {
        let range = format!("0:{MOST_PLACES}");
        let asked = vec![command("status", &[]), command("plchangesposid", &[&since, &range])];
        let answer = mpd.ask_in(name, asked).await?;
        if let Some([now, moved]) = answer.as_ref().map(|answer| &*answer.frames) {
            *status = Status::from(now);
            placed = places(moved);
            unread = queue.unread(status, &placed);
        }
    }
    let mut changed: Vec<Placed> = Vec::new();
    for Range { start, end } in unread {
        let asked = vec![command("plchanges", &[&since, &format!("{start}:{end}")])];
        let answer = mpd.ask_in(name, asked).await?;
        changed.extend(answer.iter().flat_map(|answer| &answer.frames).flat_map(songs));
    }
    queue.update(status, &placed, &changed);
    Ok(())
}
