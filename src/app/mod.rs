//! Builds everything from a [`Config`], runs it, and owns the shutdown.
//!
//! Three runtimes: the sessions have a thread of their own, so that no page of YouTube's that is
//! being parsed and no song on its way to MPD ever delays a client's answer; the sync has one, for
//! its pages; everything else shares the third.

mod daemon;
mod listening;
mod reload;
mod source;
mod supervised;

use std::io;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime;
use tokio::signal::unix::Signal;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::config::{Address, Config, PassedSocket};
use crate::control::{self, BindError};
use crate::cookies::{self, Cookies};
use crate::demo::{Demo, DemoError};
use crate::disk;
use crate::library::{self, Lock, LockError, PlaylistId, StoredPlaylists, Unavailable};
use crate::materialise::Materialiser;
use crate::net::{Inherited, Locality, Upstream};
use crate::player::{self, Contact, Player};
use crate::relay::{Relay, Sources};
use crate::resolver::{Resolver, describe};
use crate::service::Supervisor;
use crate::service::logging::Log;
use crate::service::signals;
use crate::session::{Providers, Sessions};
use crate::sync::Sync;
use crate::ytdlp;
use crate::zeroconf;

use daemon::Daemon;
use listening::{Listed, serve_sessions};
use reload::Reloader;
pub use reload::Reread;
use supervised::{keep_alive, tell_status};

/// Something that is needed is not there.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No runtime, no thread or no signals.
    #[error("cannot start")]
    Runtime(#[from] io::Error),
    /// An address of the proxy is taken, or not ours.
    #[error("cannot listen on `{0}`; {taken}set `proxy.listen`", taken = if_taken(.1, FREE_IT))]
    Proxy(Address, #[source] io::Error),
    /// The relay's address is taken, or not ours.
    #[error("cannot listen on `{0}`; {taken}set `relay.listen`", taken = if_taken(.1, FREE_IT))]
    Relay(Address, #[source] io::Error),
    /// Another daemon answers at the control socket, or it cannot be made.
    #[error(transparent)]
    Control(#[from] BindError),
    /// Another daemon keeps its library in our folder.
    #[error("{0}: stop it, or set `state.directory`")]
    State(LockError),
    /// A thread ended before its time.
    #[error("the sessions' thread ended unexpectedly")]
    Thread,
    /// There is no demo.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// An address of a demo is taken, or not ours. It reads no configuration unless one is
    /// named.
    #[error("cannot listen on `{0}`; {taken}name a file with --config that sets `{1}`", taken = if_taken(.2, STOP_IT))]
    DemoAddress(Address, &'static str, #[source] io::Error),
}

impl StartError {
    /// What helps whoever tries the demo out.
    fn of_demo(self) -> Self {
        match self {
            Self::Proxy(address, error) => Self::DemoAddress(address, "proxy.listen", error),
            Self::Relay(address, error) => Self::DemoAddress(address, "relay.listen", error),
            other => other,
        }
    }
}

/// `todo`, if that is what is wrong with an address.
fn if_taken(error: &io::Error, todo: &'static str) -> &'static str {
    if error.kind() == io::ErrorKind::AddrInUse { todo } else { "" }
}

const FREE_IT: &str = "free it (is another ytmpd running?), or ";

/// Whoever tries the demo out is likely to have ytmpd as a service, maybe with sockets.
const STOP_IT: &str = "stop the ytmpd that runs (`systemctl --user stop 'ytmpd*'`), or ";

/// The threads of the general runtime: one may be busy with a library while the other feeds MPD.
const WORKERS: usize = 2;

/// Songs that the relay may give up on at the same moment: MPD opens two at most.
const HALTS: usize = 8;

/// How long the end may take, altogether: whoever stops us waits.
const GRACE: Duration = Duration::from_millis(4500);

/// How long work that no task waits for may take then, such as a file on a disk that hangs.
const LAST_WORK: Duration = Duration::from_millis(300);

/// Reloads that wait for the one under way.
const RELOADS: usize = 4;

/// Which stored playlists of MPD's are ours, in the state directory.
const MATERIALISED_FILE: &str = "materialised.json";

/// Runs the daemon until it is asked to stop. `inherited` are sockets that were passed to it, at
/// addresses that are `config`'s; `reread` reads the configuration again, when that is asked for;
/// `log` follows its filter.
///
/// # Errors
/// When something that is needed is not there; nothing is left running then.
pub fn main(config: &Config, inherited: Inherited, reread: Reread, log: Log) -> Result<(), StartError> {
    // Until the last file is written, also by a thread that nobody waits for.
    let _held = hold_state(config)?;
    let general = general_runtime()?;
    let _entered = general.enter();
    let stop_asked = signals::stop_signal()?;
    let rereading = Rereading { reread, log, hangups: signals::reload_signal()? };
    let service = Service { inherited, supervisor: Supervisor::of_process() };
    let ended = general.block_on(run(config, Mode::Daemon(rereading), service, stop_asked, || ()));
    general.shutdown_timeout(LAST_WORK);
    ended
}

/// Runs a demo of `base` and `playlist` until it is asked to stop, or its terminal is closed.
/// `listening` is called once, when clients can connect.
///
/// # Errors
/// As [`main`]'s, and when there is no demo.
pub fn demo(
    base: Config,
    playlist: Option<PlaylistId>,
    listening: impl FnOnce(&Demo),
) -> Result<(), StartError> {
    let general = general_runtime()?;
    let _entered = general.enter();
    let mut stop_asked = pin!(signals::end_signal()?);
    let demo = general.block_on(async {
        tokio::select! {
            demo = spawn_blocking(|| Demo::start(base, playlist)) => Some(demo),
            // The runtime's end waits for the other thread, and so for the demo's removal.
            () = &mut stop_asked => None,
        }
    });
    let demo = match demo {
        None => return Ok(()),
        Some(Ok(demo)) => demo?,
        Some(Err(bug)) => resume_unwind(bug.into_panic()),
    };
    let alone = Service::default();
    let ended = run(demo.config(), Mode::Demo(&demo), alone, stop_asked, || listening(&demo));
    general.block_on(ended).map_err(StartError::of_demo)
}

/// The sync, in a thread where nothing waits for it: it reads megabytes of pages, and goes to and
/// fro between threads for each piece of them if it can.
fn in_a_thread_of_its_own(sync: Sync, stop: CancellationToken) -> io::Result<impl FnOnce() + Send + 'static> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(move || runtime.block_on(sync.run(stop)))
}

fn general_runtime() -> io::Result<runtime::Runtime> {
    runtime::Builder::new_multi_thread().worker_threads(WORKERS).thread_name("ytmpd").enable_all().build()
}

/// What is run.
enum Mode<'a> {
    Daemon(Rereading),
    /// It replaces YouTube, if it has a catalogue.
    Demo(&'a Demo),
}

/// What there is of a service manager.
#[derive(Default)]
struct Service {
    inherited: Inherited,
    supervisor: Supervisor,
}

/// How the configuration is read again.
struct Rereading {
    reread: Reread,
    log: Log,
    /// SIGHUP.
    hangups: Signal,
}

/// Runs until `stop_asked`, or `quit` comes over the control socket.
async fn run(
    config: &Config,
    mode: Mode<'_>,
    service: Service,
    stop_asked: impl Future<Output = ()>,
    listening: impl FnOnce(),
) -> Result<(), StartError> {
    let app = App::start(config, mode, service).await?;
    listening();
    app.supervisor.ready();
    tokio::select! {
        () = stop_asked => {}
        () = app.quit.cancelled() => {}
    }
    app.stop().await;
    Ok(())
}

/// Keeps other daemons off the library's file, which the last writer would win.
fn hold_state(config: &Config) -> Result<Option<Lock>, StartError> {
    match library::lock(&config.state_directory, &config.control_socket) {
        Ok(held) => {
            disk::sweep(&config.state_directory, Duration::ZERO);
            Ok(Some(held))
        }
        Err(held @ LockError::Held { .. }) => Err(StartError::State(held)),
        Err(error @ LockError::Folder(..)) => {
            warn!(
                error = &error as &dyn std::error::Error,
                "cannot see whether another ytmpd uses the state folder: make it writable"
            );
            Ok(None)
        }
    }
}

/// What runs.
struct App {
    /// Ends those who have clients: sessions and the control socket.
    closing: CancellationToken,
    /// Ends everything else.
    shutdown: CancellationToken,
    /// The control socket's wish to stop.
    quit: CancellationToken,
    tasks: TaskTracker,
    /// As it was read last: MPD's password is wanted at the end as well.
    configured: watch::Receiver<Arc<Config>>,
    upstream: Upstream,
    /// Dropped by the sessions' thread when it ends.
    sessions: oneshot::Receiver<()>,
    supervisor: Supervisor,
    control: JoinHandle<()>,
}

impl App {
    async fn start(config: &Config, mode: Mode<'_>, service: Service) -> Result<Self, StartError> {
        let shutdown = CancellationToken::new();
        // Whatever has been started ends if the rest cannot be.
        let undo = shutdown.clone().drop_guard();
        let closing = shutdown.child_token();
        let tasks = TaskTracker::new();
        let Service { mut inherited, supervisor } = service;
        for PassedSocket { name, address } in inherited.sockets() {
            info!(name, %address, "a socket was passed: it counts in place of the configured address");
        }
        let control = match inherited.take(&Address::Unix(config.control_socket.clone()))? {
            Some(listener) => control::Server::on(listener),
            None => control::Server::bind(&config.control_socket).await?,
        };
        let demo = match mode {
            Mode::Demo(demo) => Some(demo),
            Mode::Daemon(_) => None,
        };

        let (configure, configured) = watch::channel(Arc::new(config.clone()));
        let (stored, stored_known) = watch::channel(StoredPlaylists::Unknown);
        let unavailable = Unavailable::default();
        let upstream = Upstream::new(&config.mpd.addresses);
        let kept_cookies = config.state_directory.join(cookies::FILE);
        let cookies = Cookies::new(config.youtube.cookies.as_deref(), kept_cookies);

        warn_of_local_permissions(config, &upstream);
        let sync = Sync::new(configured.clone(), stored_known, source::playlists(demo, &cookies));
        let library = sync.subscribe();

        let extract = source::songs(demo, &cookies, sync.songs());
        let workers = config.resolver.workers;
        let resolver = Resolver::start(extract(config), workers, shutdown.clone(), &tasks);
        tasks.spawn(describe(library.clone(), resolver.clone(), shutdown.clone()));
        tasks.spawn_blocking(ytdlp::sweep);
        let (halt, halts) = mpsc::channel(HALTS);
        let sources = Sources {
            library: library.clone(),
            resolver: resolver.clone(),
            unavailable: unavailable.clone(),
            halt,
        };
        let relay = Relay::new(&config.relay, config.covers_directory.clone(), sources);
        let (cue, pictures) = (relay.cue(), relay.pictures());

        let sessions = Sessions::new(
            upstream.clone(),
            library.clone(),
            &config.relay.base_url,
            unavailable.clone(),
            Providers {
                cue: Arc::clone(&cue),
                pictures: Arc::clone(&pictures),
                guests: Arc::new(sync.guests()),
            },
            config.proxy.max_clients,
        );
        // Before MPD is told of any song.
        let listener = inherited
            .or_bind_tcp(&config.relay.listen)
            .await
            .map_err(|error| StartError::Relay(config.relay.listen.clone(), error))?;
        let addresses = config.proxy.listen.clone();
        let (sessions_runtime, running) =
            serve_sessions(sessions.clone(), addresses, inherited, closing.clone()).await?;
        tasks.spawn(relay.serve(listener, config.mpd.addresses.clone(), shutdown.clone()));
        let (contact, contact_known) = watch::channel(Contact::default());
        let player = Player {
            config: configured.clone(),
            upstream: upstream.clone(),
            library: library.clone(),
            cue,
            pictures,
            unavailable: unavailable.clone(),
            halt: halts,
            contact,
        };
        tasks.spawn(player.run(shutdown.clone()));
        let (problems, problems_known) = watch::channel(vec![]);
        let materialiser = Materialiser {
            config: configured.clone(),
            upstream: upstream.clone(),
            library: library.clone(),
            stored,
            problems,
            file: config.state_directory.join(MATERIALISED_FILE),
        };
        tasks.spawn(materialiser.run(shutdown.clone()));

        let (reload, reloads) = mpsc::channel(RELOADS);
        let quit = CancellationToken::new();
        let daemon = Arc::new(Daemon {
            sync: sync.handle(),
            library,
            sessions,
            unavailable,
            contact: contact_known,
            problems: problems_known,
            reloads: reload,
            quit: quit.clone(),
        });
        if supervisor.is_there() {
            tasks.spawn(tell_status(supervisor.clone(), Arc::clone(&daemon), shutdown.clone()));
        }
        if let Some(period) = supervisor.watchdog() {
            tasks.spawn(keep_alive(supervisor.clone(), period, sessions_runtime, shutdown.clone()));
        }
        let control = tasks.spawn(control.serve(daemon, closing.clone()));
        if let Mode::Daemon(Rereading { reread, log, hangups }) = mode {
            let supervisor = supervisor.clone();
            let reloader =
                Reloader { reread, log, supervisor, configure, cookies, resolver, extract, reloads, hangups };
            tasks.spawn(reloader.run(shutdown.clone()));
        }
        tasks.spawn_blocking(in_a_thread_of_its_own(sync, shutdown.clone())?);
        if config.proxy.zeroconf {
            tasks.spawn(zeroconf::announce(config.proxy.clone(), closing.clone()));
        }

        info!(listen = %Listed(&config.proxy.listen), relay = %config.relay.listen, "ready");
        undo.disarm();
        Ok(Self {
            closing,
            shutdown,
            quit,
            tasks,
            configured,
            upstream,
            sessions: running,
            supervisor,
            control,
        })
    }

    /// First those who have clients, whose answers in flight may need the rest; then the rest.
    async fn stop(self) {
        info!("stopping");
        self.supervisor.stopping();
        let Self { closing, shutdown, tasks, configured, upstream, sessions, control, .. } = self;
        let password = configured.borrow().mpd.password.clone();
        let all_ended = async {
            closing.cancel();
            // Only their ends are waited for: the thread sends nothing, the task returns nothing.
            let served = async { tokio::join!(sessions, control) };
            // MPD is stopped while there is still something to read.
            let _ = tokio::join!(player::stop_songs(&upstream, &password), served);
            shutdown.cancel();
            tasks.close();
            tasks.wait().await;
        };
        if timeout(GRACE, all_ended).await.is_err() {
            warn!("not everything ended in time");
            shutdown.cancel();
        }
    }
}

/// Of a client over TCP, or of another user's, that we connect by a Unix socket, MPD believes that it
/// is local and ours. Which users may come is for the folders of our own sockets to say.
fn warn_of_local_permissions(config: &Config, upstream: &Upstream) {
    let over_tcp = config.proxy.listen.iter().any(|address| !address.is_local());
    if over_tcp && !upstream.offers(Locality::Remote) {
        warn!(
            "MPD is reached over a Unix socket only: all clients get its `local_permissions`, if it has any"
        );
    }
}
