//! A YouTube on loopback that the real `yt-dlp`, ytmpd's own InnerTube client and its relay can
//! talk to: no test needs the network, and every failure happens when a test says so.
//!
//! It is three servers over one [`World`](world::World), with one [`account`]:
//!
//! * `music_url`: InnerTube as music.youtube.com has it, over plain HTTP ([`music`]);
//! * `proxy_url`: an HTTP proxy that ends TLS for any host and answers as www.youtube.com
//!   ([`proxy`], [`www`]), for `yt-dlp --proxy URL --no-check-certificates`;
//! * `media_url`: googlevideo's audio, with its rule about bounded ranges ([`media`]).
//!
//! It is not a model of YouTube's pages beyond what those readers look at. The answers' shapes
//! come from recorded pages and from what yt-dlp 2026.10.26 was seen to ask; their content is
//! made up. Integration tests and the `fake-youtube` example include this module by path.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each program that includes this module uses another part of it, and none exports it"
)]

pub mod account;
mod audio;
pub mod catalogue;
mod clock;
mod json;
pub mod knobs;
mod limited;
mod media;
mod music;
mod music_rows;
mod player;
mod proxy;
mod tab;
mod world;
mod www;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub use account::Refusal;
pub use audio::{Audio, Format};
pub use catalogue::Catalogue;
pub use knobs::{Knob, Language, MediaRule, MusicFault, MusicRule, Says};
use world::Shared;
pub use world::{Counters, MediaRequest};

/// The fake, running until it is dropped.
///
/// It has its own runtime: a test may pause its clock, or block, without stopping YouTube, and
/// dropping the fake ends every connection, task and thread of it, stalled ones too.
pub struct FakeYouTube {
    /// `youtube.music_url`: no trailing slash.
    pub music_url: String,
    /// For `yt-dlp --proxy`.
    pub proxy_url: String,
    /// Where the URLs of resolved songs point to.
    pub media_url: String,
    world: Shared,
    /// `Some` until dropped.
    runtime: Option<Runtime>,
}

impl FakeYouTube {
    /// Starts one with the default catalogue, on free ports of 127.0.0.1.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Catalogue::default()).await
    }

    /// Starts one with this catalogue.
    pub async fn start_with(catalogue: Catalogue) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("fake-youtube")
            .enable_all()
            .build()?;
        let (media_url, media) = bind(&runtime).await?;
        let (music_url, music) = bind(&runtime).await?;
        let (proxy_url, proxy) = bind(&runtime).await?;
        let world = Shared::new(catalogue, media_url.clone());

        serve(&runtime, media, media::router(world.clone()));
        serve(&runtime, music, music::router(world.clone()));
        let tls = proxy::tls().map_err(io::Error::other)?;
        runtime.spawn(proxy::run(proxy, Arc::new(tls), world.clone()));
        Ok(Self { music_url, proxy_url, media_url, world, runtime: Some(runtime) })
    }

    /// Changes how YouTube behaves, from the next request on.
    pub fn turn(&self, knob: Knob) {
        self.world.turn(knob);
    }

    /// What was asked so far.
    pub fn counters(&self) -> Counters {
        self.world.lock().counters.clone()
    }

    /// The account's cookies as of now, as a browser exports them: Netscape's format.
    pub fn cookies_txt(&self) -> String {
        self.world.lock().account.cookies_txt()
    }

    /// The headers of a request to InnerTube that the account's owner signed just now.
    pub fn signed_headers(&self) -> Vec<(&'static str, String)> {
        self.world.lock().account.headers()
    }

    /// The latest requests for audio, oldest first; at most [`world::LOG_LENGTH`].
    pub fn media_log(&self) -> Vec<MediaRequest> {
        self.world.lock().media_log.iter().cloned().collect()
    }

    /// Serves recorded pages, the playlist's first and its continuations, in place of a playlist.
    /// False where the folder of recordings is not there: they belong to others and are not in
    /// this repository.
    pub fn serve_recorded(&self, playlist: &str, pages: &[&str]) -> bool {
        self.world.lock().record(playlist, pages)
    }

    /// A URL of `video`'s audio as a resolve would give it now, without a resolve.
    pub fn media_url_of(&self, video: &str) -> Option<String> {
        self.world.lock().stream_url(video, audio::Format::WebmOpus)
    }

    /// The thing that control surfaces outside this process hold.
    pub fn remote(&self) -> Remote {
        Remote(self.world.clone())
    }
}

impl Drop for FakeYouTube {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting for it is not allowed inside another runtime, which most tests are.
            runtime.shutdown_background();
        }
    }
}

/// A cheap handle to a running fake's knobs and counters.
#[derive(Clone)]
pub struct Remote(Shared);

impl Remote {
    /// As [`FakeYouTube::turn`].
    pub fn turn(&self, knob: Knob) {
        self.0.turn(knob);
    }

    /// As [`FakeYouTube::counters`].
    pub fn counters(&self) -> Counters {
        self.0.lock().counters.clone()
    }

    /// As [`FakeYouTube::cookies_txt`].
    pub fn cookies_txt(&self) -> String {
        self.0.lock().account.cookies_txt()
    }
}

/// A listener on a free port that belongs to `runtime`'s reactor, and its URL.
async fn bind(runtime: &Runtime) -> io::Result<(String, TcpListener)> {
    let listener =
        runtime.spawn(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).await.map_err(io::Error::other)??;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((url, listener))
}

fn serve(runtime: &Runtime, listener: TcpListener, router: Router) {
    // Small answers must not wait for the peer's delayed ACK.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    runtime.spawn(async move { axum::serve(listener, service).await });
}
