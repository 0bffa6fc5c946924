//! The log: to standard error, and to the journal through it.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::{env, fs};

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, registry, reload};

use crate::config::is_log_filter;

/// The log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The text is no filter.
    #[error("`{0}` is no log filter: one such as `info` or `info,ytmpd::relay=debug` is")]
    Filter(String),
    /// There is a log already.
    #[error("the log was set up before")]
    Twice(#[from] TryInitError),
}

/// Sends the whole process's log through `filter` to standard error: with the time, unless the
/// journal adds its own, and with colours on a terminal, unless `$NO_COLOR` is set.
///
/// # Errors
/// When `filter` is none, or on a second call.
pub fn start(filter: &str) -> Result<Log, LogError> {
    let colours = if io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|no| no.is_empty()) {
        Colours::On
    } else {
        Colours::Off
    };
    let clock = if is_journal(env::var("JOURNAL_STREAM").ok().as_deref()) { Clock::Off } else { Clock::On };
    let (subscriber, log) = subscriber(filter, colours, clock, io::stderr)?;
    subscriber.try_init()?;
    Ok(log)
}

/// The running log, whose filter can be changed.
pub struct Log {
    filter: reload::Handle<EnvFilter, Registry>,
}

impl Log {
    /// Logs what `filter` lets through from now on.
    ///
    /// # Errors
    /// When it is no filter; the one before stays.
    pub fn set_filter(&self, filter: &str) -> Result<(), LogError> {
        check(filter)?;
        // It fails only if the log is gone, and then nobody misses a filter.
        let _ = self.filter.reload(EnvFilter::new(filter));
        Ok(())
    }
}

/// Whether [`start`] would take `filter`.
///
/// # Errors
/// When it is none.
pub fn check(filter: &str) -> Result<(), LogError> {
    if is_log_filter(filter) { Ok(()) } else { Err(LogError::Filter(filter.to_owned())) }
}

#[derive(Clone, Copy, PartialEq)]
enum Colours {
    On,
    Off,
}

#[derive(Clone, Copy)]
enum Clock {
    On,
    Off,
}

fn subscriber<W>(
    filter: &str,
    colours: Colours,
    clock: Clock,
    writer: W,
) -> Result<(impl Subscriber + use<W>, Log), LogError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter = check(filter).map(|()| EnvFilter::new(filter))?;
    let (filter, handle) = reload::Layer::new(filter);
    let lines = fmt::layer().with_ansi(colours == Colours::On).with_writer(writer);
    let lines = match clock {
        Clock::On => lines.boxed(),
        Clock::Off => lines.without_time().boxed(),
    };
    let subscriber = registry().with(filter).with(lines.with_filter(filter_fn(is_safe)));
    Ok((subscriber, Log { filter: handle }))
}

/// Whether what is logged there may be seen, whatever the filter says. Our own log is written with
/// secrets in mind; libraries put whole requests into theirs: headers with cookies, addresses with
/// the user's, and the MPD client `password` with its argument, in spans of any level.
fn is_safe(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let is_ours = target == "ytmpd" || target.starts_with("ytmpd::");
    let speaks_commands = ["mpd_client", "mpd_protocol"].iter().any(|library| target.starts_with(library));
    is_ours || (*metadata.level() <= Level::INFO && !speaks_commands)
}

/// Whether standard error is the journal: `$JOURNAL_STREAM` then holds its device and inode
/// (systemd.exec(5)), and may also be inherited from a parent that logs elsewhere.
fn is_journal(stream: Option<&str>) -> bool {
    let Some((device, inode)) = stream.and_then(|stream| stream.split_once(':')) else { return false };
    let Ok(descriptor) = io::stderr().as_fd().try_clone_to_owned() else { return false };
    fs::File::from(descriptor)
        .metadata()
        .is_ok_and(|metadata| device.parse() == Ok(metadata.dev()) && inode.parse() == Ok(metadata.ino()))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, log: impl FnOnce()) -> String {
        let captured = Captured::default();
        let writer = captured.clone();
        let writer = move || writer.clone();
        let (subscriber, _) = subscriber(filter, Colours::Off, Clock::Off, writer).unwrap();
        tracing::subscriber::with_default(subscriber, log);
        let bytes = captured.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_has_level_target_and_fields() {
        let log = logged("info", || tracing::info!(target: "ytmpd::test", port = 6601, "listening"));
        assert_eq!(log, " INFO ytmpd::test: listening port=6601\n");
    }

    #[test]
    fn no_filter_shows_what_libraries_send() {
        for filter in [
            "trace",
            "trace,mpd_client=trace,hyper_util=trace,mpd_protocol::connection=trace",
            "trace,[command]=trace",
        ] {
            let log = logged(filter, || {
                let span = tracing::debug_span!(target: "mpd_client::client", "command", text = "password x");
                let _entered = span.enter();
                tracing::trace!(target: "mpd_protocol::connection", "password x");
                tracing::debug!(target: "hyper_util::client", "cookie: password");
                tracing::trace!(target: "ytmpdx", "password");
                tracing::warn!(target: "ytmpd::player", "seen");
            });
            assert!(log.contains("seen") && !log.contains("password"), "{filter}: {log}");
        }
    }

    #[test]
    fn a_text_that_is_no_filter_is_refused() {
        assert!(subscriber("a=b=c", Colours::Off, Clock::Off, io::sink).is_err());
    }

    #[test]
    fn only_the_journals_own_stream_is_the_journal() {
        for stream in [None, Some(""), Some("1"), Some("x:y"), Some("1:1")] {
            assert!(!is_journal(stream), "{stream:?}");
        }
    }
}
