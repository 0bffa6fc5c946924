//! Which MPD asks, and how a body must be framed for it.

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// By `Content-Length`. A body that cannot be completed breaks the connection.
    Sized,
    /// In chunks. A body that cannot be completed ends early, and looks complete.
    Chunked,
}

/// The newest MPD that spins for ever, with every client stuck, when a body under a
/// `Content-Length` is cut short (issue 1727; fixed in 0.23.13, `input/async`). Debian 12 has it.
/// Without a length it does not buffer the whole file, and takes a cut for the song's end.
const LAST_TO_HANG: (u32, u32, u32) = (0, 23, 12);

/// An MPD that knows the length of a file, and can seek in it, reads all of it into memory if it
/// is no longer than this, in bytes.
const MOST_BUFFERED: u64 = 128 << 20;

const MPD: &str = "Music Player Daemon ";

/// Whether the client of this `User-Agent` keeps all of a file of `total` bytes while it plays it.
pub(super) fn keeps_all(user_agent: &str, total: u64) -> bool {
    user_agent.starts_with(MPD) && Framing::of(user_agent) == Framing::Sized && total <= MOST_BUFFERED
}

impl Framing {
    /// What suits the client of this `User-Agent`.
    pub(super) fn of(user_agent: &str) -> Self {
        match user_agent.strip_prefix(MPD) {
            Some(text) if version(text).is_none_or(|version| version <= LAST_TO_HANG) => Self::Chunked,
            _ => Self::Sized,
        }
    }
}

/// `0.23.12` or `0.24~git` as numbers; none if there is no major and minor.
fn version(text: &str) -> Option<(u32, u32, u32)> {
    let mut numbers = text.split('.').map(|part| {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part.get(..digits).and_then(|digits| digits.parse().ok())
    });
    Some((numbers.next()??, numbers.next()??, numbers.next().flatten().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_mpd_that_would_hang_gets_chunks() {
        for (agent, framing) in [
            ("Music Player Daemon 0.23.12", Framing::Chunked),
            ("Music Player Daemon 0.21", Framing::Chunked),
            ("Music Player Daemon 0.23~git", Framing::Chunked),
            ("Music Player Daemon ", Framing::Chunked),
            ("Music Player Daemon 0.23.13", Framing::Sized),
            ("Music Player Daemon 0.24", Framing::Sized),
            ("Music Player Daemon 0.25-dev", Framing::Sized),
            ("Music Player Daemon 1.0.0", Framing::Sized),
            ("curl/7.88.1", Framing::Sized),
            ("", Framing::Sized),
        ] {
            assert_eq!(Framing::of(agent), framing, "{agent}");
        }
    }

    #[test]
    fn only_an_mpd_that_knows_the_length_keeps_what_it_reads() {
        for (agent, total, keeps) in [
            ("Music Player Daemon 0.24.4", MOST_BUFFERED, true),
            ("Music Player Daemon 0.24.4", MOST_BUFFERED + 1, false),
            ("Music Player Daemon 0.23.12", 1, false),
            ("curl/7.88.1", 1, false),
        ] {
            assert_eq!(keeps_all(agent, total), keeps, "{agent}, {total}");
        }
    }
}
