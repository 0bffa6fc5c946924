//! The signals that a daemon answers to.

use std::{io, process};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a shell reports for a program that SIGINT ended; a second signal means as much.
const FORCED: i32 = 130;

/// Waits for SIGTERM or SIGINT, from this call on. That is the request to stop; another one, while
/// the stop takes its time, ends the process at once.
///
/// Call it once, inside a runtime.
///
/// # Errors
/// When the runtime has no signals.
///
/// # Cancel safety
/// Dropping the future leaves the signals without any effect.
pub fn stop_signal() -> io::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        either(&mut terminate, &mut interrupt).await;
        tokio::spawn(async move {
            either(&mut terminate, &mut interrupt).await;
            process::exit(FORCED);
        });
    })
}

/// As [`stop_signal`], and SIGHUP asks to stop as well: for a process that is nothing without its
/// terminal.
///
/// # Errors
/// When the runtime has no signals.
///
/// # Cancel safety
/// As [`stop_signal`]'s.
pub fn end_signal() -> io::Result<impl Future<Output = ()> + Send> {
    let stop = stop_signal()?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            () = stop => {}
            _ = hangup.recv() => {}
        }
    })
}

/// SIGHUP: each is a request to read the configuration again. Without this, it ends the process.
///
/// # Errors
/// When the runtime has no signals.
pub fn reload_signal() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_signal_asks_to_stop() {
        let stop = stop_signal().unwrap();
        let own = rustix::process::getpid();
        rustix::process::kill_process(own, rustix::process::Signal::TERM).unwrap();
        stop.await;
    }
}
