//! Where clients are listened to: in a thread and a runtime that only the sessions have.

use std::fmt;
use std::thread;

use tokio::runtime;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::StartError;
use crate::config::Address;
use crate::net::Inherited;
use crate::session::Sessions;

/// Listens on all addresses in a thread of its own. Returns its runtime once that works; the
/// receiver hears of the thread's end.
pub(super) async fn serve_sessions(
    sessions: Sessions,
    addresses: Vec<Address>,
    mut inherited: Inherited,
    shutdown: CancellationToken,
) -> Result<(runtime::Handle, oneshot::Receiver<()>), StartError> {
    let (bound, is_bound) = oneshot::channel();
    let (running, ended) = oneshot::channel();
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name("sessions".to_owned()).spawn(move || {
        let _running: oneshot::Sender<()> = running;
        runtime.block_on(async {
            let mut listeners = Vec::new();
            for address in &addresses {
                match inherited.or_bind(address, &addresses).await {
                    Ok(found) => listeners.extend(found),
                    Err(error) => {
                        // Nobody waits any more if the start was given up.
                        let _ = bound.send(Err(StartError::Proxy(address.clone(), error)));
                        return;
                    }
                }
            }
            let _ = bound.send(Ok(()));
            sessions.serve(listeners, shutdown).await;
        });
    })?;
    is_bound.await.map_err(|_| StartError::Thread)??;
    Ok((handle, ended))
}

/// Addresses for the log.
pub(super) struct Listed<'a>(pub(super) &'a [Address]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, address) in self.0.iter().enumerate() {
            write!(f, "{}{address}", if number > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}
