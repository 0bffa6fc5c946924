//! The fake YouTube keeps the rules that the other tests rely on, and the real `yt-dlp` takes it
//! for YouTube.

mod account;
mod media;
mod music;
mod ytdlp;

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::fake_youtube::FakeYouTube;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// What a client may wait at most; far more than anything here needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client that talks to loopback only.
fn client() -> reqwest::Client {
    client_at(Ipv4Addr::LOCALHOST)
}

/// The same, at another of loopback's addresses.
fn client_at(address: Ipv4Addr) -> reqwest::Client {
    // The second test to come here finds it installed.
    drop(rustls::crypto::ring::default_provider().install_default());
    // Reading the system's certificates takes longer than most of these tests.
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(PATIENCE)
        .local_address(Some(address.into()))
        .build()
        .expect("nothing in it can fail")
}

#[tokio::test]
async fn dropping_it_ends_everything() -> Outcome {
    use crate::fake_youtube::{Knob, MediaRule};

    let fake = FakeYouTube::start().await?;
    fake.turn(Knob::Media { id: None, rule: MediaRule { stall_after: Some(10), ..MediaRule::default() } });
    let url = fake.media_url_of("focus000001").ok_or("a default song")?;
    let addresses = [&fake.music_url, &fake.proxy_url, &fake.media_url].map(|url| url.replace("http://", ""));

    let mut stalled = client().get(url).header("Range", "bytes=0-99").send().await?;
    assert_eq!(stalled.chunk().await?.as_deref().map(<[u8]>::len), Some(10));
    drop(fake);

    assert!(stalled.chunk().await.is_err(), "the stalled body ends without its other 90 bytes");
    for address in addresses {
        wait_for_refusal(&address).await;
    }
    Ok(())
}

/// The runtime's threads close their sockets a moment after they were told to.
async fn wait_for_refusal(address: &str) {
    let refused = async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, refused).await.is_ok(), "{address} still listens");
}
