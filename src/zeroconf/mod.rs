//! Announces the proxy on the local network, as `_mpd._tcp` (DNS-SD over multicast DNS, RFC 6763
//! and 6762), for the clients that look for MPDs.
//!
//! The responder is `mdns-sd`'s, in a thread of its own: it asks whether the name is free and takes
//! another if it is not, and follows the network as it comes, goes and changes. [`crate::app`] runs
//! [`announce`] as one task, which ends that thread.
//!
//! An Avahi on this machine shares the port with it (`SO_REUSEPORT`). The two must not own one
//! name, or each would correct, and in the end withdraw, what the other says of it: so the
//! announcement has a host name of its own, `HOST-ytmpd-PORT.local`, beside Avahi's `HOST.local`.

mod offer;

use std::net::IpAddr;
use std::time::Duration;

use mdns_sd::{DaemonEvent, Error, IfKind, IfPredicate, Receiver, ServiceDaemon, ServiceInfo};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use self::offer::Offer;
use crate::config::Proxy;

/// What follows the name.
const TYPE: &str = "._mpd._tcp.local.";

/// Asking three times whether the name is free takes a second, and again for each that is not.
const ANNOUNCED_WITHIN: Duration = Duration::from_secs(10);

/// A responder that announced nothing for so long makes room for a new one: a network that comes
/// it would follow, but not a port that was another program's when it began.
const ANEW_AFTER: Duration = Duration::from_secs(60);

/// Before a new one, so that whatever goes wrong does not keep us busy.
const PAUSE: Duration = Duration::from_secs(5);

/// How long the responder may take to do what it is told when we end: whoever stops us waits.
const OBEYED_WITHIN: Duration = Duration::from_millis(300);

/// The withdrawal is said again after 120 ms, for those who missed it.
const SAID_TWICE: Duration = Duration::from_millis(200);

/// Announces the proxy until `shutdown`, and then withdraws that. Where nobody else could
/// connect, says so and does nothing.
pub async fn announce(proxy: Proxy, shutdown: CancellationToken) {
    let Some(offer) = Offer::of(&proxy.listen).await else {
        warn!(
            "`proxy.zeroconf` has nothing to announce: `proxy.listen` has no address that other hosts reach; \
             add one, such as \"0.0.0.0:6601\""
        );
        return;
    };
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let name = offer::instance(&proxy.zeroconf_name, &host);
    let mut log = Log::default();
    loop {
        match Responder::start(&offer, &name, &host) {
            Ok(responder) => {
                let ended = shutdown.run_until_cancelled(responder.serve(&mut log)).await;
                responder.end().await;
                if ended.is_none() {
                    return;
                }
            }
            Err(error) => log.failed(&error.to_string()),
        }
        if shutdown.run_until_cancelled(sleep(PAUSE)).await.is_none() {
            return;
        }
    }
}

/// A running thread of `mdns-sd`'s, with the announcement; to be ended with [`Self::end`].
struct Responder {
    daemon: ServiceDaemon,
    /// Under which it was registered, which a conflict does not change.
    name: String,
    events: Receiver<DaemonEvent>,
}

impl Responder {
    fn start(offer: &Offer, name: &str, host: &str) -> Result<Self, Error> {
        let daemon = ServiceDaemon::new()?;
        let announced = Self::register(&daemon, offer, name, host);
        if announced.is_err() {
            // There is nothing to withdraw.
            let _ = daemon.shutdown();
        }
        announced.map(|(name, events)| Self { daemon, name, events })
    }

    fn register(
        daemon: &ServiceDaemon,
        offer: &Offer,
        name: &str,
        host: &str,
    ) -> Result<(String, Receiver<DaemonEvent>), Error> {
        let events = daemon.monitor()?;
        // The last that matches an address counts.
        daemon.disable_interface(IfKind::All)?;
        daemon.enable_interface(offer.interfaces())?;
        daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
        // Clients have no place for the interface's name that these need.
        let needs_scope = IfPredicate::new(|interface| match interface.ip() {
            IpAddr::V6(address) => address.is_unicast_link_local(),
            IpAddr::V4(_) => false,
        });
        daemon.disable_interface(IfKind::Predicate(needs_scope))?;
        let no_addresses: &[IpAddr] = &[];
        let service = ServiceInfo::new(
            TYPE.trim_start_matches('.'),
            name,
            &offer::host_name(host, offer.port),
            no_addresses,
            offer.port,
            None,
        )?
        .enable_addr_auto();
        let name = service.get_fullname().to_owned();
        daemon.register(service)?;
        Ok((name, events))
    }

    /// Tells the log what happens to the announcement, until it has failed for good.
    ///
    /// # Cancel safety
    /// No event is lost.
    async fn serve(&self, log: &mut Log) {
        let started = Instant::now();
        let mut announced = false;
        loop {
            let deadline = started + if log.failed { ANEW_AFTER } else { ANNOUNCED_WITHIN };
            tokio::select! {
                event = self.events.recv_async() => match event {
                    Ok(DaemonEvent::Announce(name, place)) => {
                        announced = true;
                        log.announced(&name, &place);
                    }
                    Ok(DaemonEvent::NameChange(change)) => {
                        info!(old = change.original, new = change.new_name, "the announced name is taken");
                    }
                    Ok(DaemonEvent::Error(error)) => debug!(%error, "trouble with an announcement"),
                    // Addresses that come and go, and answers.
                    Ok(_) => {}
                    Err(_) => return log.failed("its thread has ended"),
                },
                () = sleep_until(deadline), if !announced => {
                    if log.failed {
                        return;
                    }
                    log.failed("there is no network, or another program has UDP port 5353 for itself");
                }
            }
        }
    }

    /// Withdraws the announcement, and ends the thread.
    async fn end(&self) {
        let Self { daemon, name, .. } = self;
        // Whatever does not work here ends with the process.
        if let Ok(withdrawn) = daemon.unregister(name)
            && let Ok(Ok(_)) = timeout(OBEYED_WITHIN, withdrawn.recv_async()).await
        {
            sleep(SAID_TWICE).await;
        }
        if let Ok(ended) = daemon.shutdown() {
            let _ = timeout(OBEYED_WITHIN, ended.recv_async()).await;
        }
    }
}

/// Each change is told once.
#[derive(Default)]
struct Log {
    /// The name that was announced last, in any network.
    name: Option<String>,
    failed: bool,
}

impl Log {
    fn announced(&mut self, name: &str, place: &str) {
        let name = name.strip_suffix(TYPE).unwrap_or(name);
        debug!(name, place, "announced");
        let is_same = self.name.as_deref() == Some(name);
        if std::mem::take(&mut self.failed) || !is_same {
            info!(name, "the proxy is announced on the local network");
            self.name = Some(name.to_owned());
        }
    }

    fn failed(&mut self, reason: &str) {
        if !std::mem::replace(&mut self.failed, true) {
            warn!(reason, "could not announce the proxy on the local network; trying again until it can be");
        }
    }
}
