//! The table.

use std::fmt;
use std::time::Duration;

/// The columns' names.
pub(crate) const HEADER: &str =
    "what                                                 ours       peer   ratio unit target";

/// One line of the table.
pub(crate) struct Row {
    /// What was measured, and against what.
    pub(crate) what: String,
    /// ytmpd's figure.
    pub(crate) ours: f64,
    /// The same of whom it is compared with.
    pub(crate) peer: Option<f64>,
    /// Of both figures.
    pub(crate) unit: &'static str,
    /// What is to be reached.
    pub(crate) target: Target,
}

/// What is to be reached.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// Ours is at most this many times the peer's.
    Ratio(f64),
    /// Ours is at least this many times the peer's.
    Share(f64),
    /// Ours is at most this, in the row's unit.
    Most(f64),
    /// Nothing: the row explains another.
    None,
}

impl Row {
    /// A row of two medians, in microseconds.
    pub(crate) fn micros(what: &str, medians: (Duration, Duration), target: Target) -> Self {
        Self::of_times(what, medians, 1e6, "us", target)
    }

    /// A row of two medians, in milliseconds.
    pub(crate) fn millis(what: &str, medians: (Duration, Duration), target: Target) -> Self {
        Self::of_times(what, medians, 1e3, "ms", target)
    }

    fn of_times(
        what: &str,
        (ours, peer): (Duration, Duration),
        scale: f64,
        unit: &'static str,
        target: Target,
    ) -> Self {
        let figure = |time: Duration| time.as_secs_f64() * scale;
        Self { what: what.to_owned(), ours: figure(ours), peer: Some(figure(peer)), unit, target }
    }

    fn ratio(&self) -> Option<f64> {
        self.peer.map(|peer| self.ours / peer)
    }

    fn verdict(&self) -> Option<bool> {
        match self.target {
            Target::Ratio(most) => self.ratio().map(|ratio| ratio <= most),
            Target::Share(least) => self.ratio().map(|ratio| ratio >= least),
            Target::Most(most) => Some(self.ours <= most),
            Target::None => None,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, ours, peer, unit, .. } = self;
        let peer = peer.map_or("-".to_owned(), |peer| format!("{peer:.1}"));
        let ratio = self.ratio().map_or("-".to_owned(), |ratio| format!("{ratio:.3}"));
        let target = match self.target {
            Target::Ratio(most) => format!("{most} or less"),
            Target::Share(least) => format!("{least} or more"),
            Target::Most(most) => format!("{most} {unit} or less"),
            Target::None => "-".to_owned(),
        };
        let verdict = match self.verdict() {
            Some(true) => "pass",
            Some(false) => "FAIL",
            None => "",
        };
        write!(f, "{what:<47} {ours:>9.1} {peer:>10} {ratio:>7} {unit:<4} {target:<14} {verdict}")
    }
}

/// How busy the machine is.
pub(crate) fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(2).collect();
    format!("{processors} processors, load {}", load.join(" "))
}
