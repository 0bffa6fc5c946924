//! An HTTP proxy that takes every `CONNECT`, ends the TLS itself and has [`super::www`] answer,
//! whatever the host: `yt-dlp` knows YouTube's hosts by heart, and this is the way between.

use std::future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::Listener;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

use super::world::Shared;
use super::www;

/// A `CONNECT` request is longer than this only by mistake.
const LONGEST_HEAD: usize = 8192;

/// Handshaken connections that the server has not taken yet.
const WAITING: usize = 16;

/// A server side with a certificate of its own that nobody trusts.
pub fn tls() -> Result<ServerConfig, Box<dyn std::error::Error + Send + Sync>> {
    let hosts = ["youtube.com", "*.youtube.com", "i.ytimg.com", "*.googlevideo.com", "localhost"];
    let own = rcgen::generate_simple_self_signed(hosts.map(str::to_owned))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Serves the proxy until its runtime ends.
pub async fn run(listener: TcpListener, tls: Arc<ServerConfig>, world: Shared) {
    let (sender, handshaken) = mpsc::channel(WAITING);
    let router = www::router(world.clone());
    tokio::spawn(async move { axum::serve(Handshaken(handshaken), router).await });
    let acceptor = TlsAcceptor::from(tls);
    while let Ok((stream, peer)) = listener.accept().await {
        world.lock().counters.proxy += 1;
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        tokio::spawn(async move {
            // A client that gives up halfway is no failure of the fake.
            if let Ok(stream) = connect(stream, acceptor).await {
                drop(sender.send((stream, peer)).await);
            }
        });
    }
}

async fn connect(mut stream: TcpStream, acceptor: TlsAcceptor) -> io::Result<TlsStream<TcpStream>> {
    stream.set_nodelay(true)?;
    let head = read_head(&mut stream).await?;
    if !head.starts_with(b"CONNECT ") {
        stream.write_all(b"HTTP/1.1 405 only CONNECT is served here\r\nContent-Length: 0\r\n\r\n").await?;
        return Err(io::ErrorKind::InvalidInput.into());
    }
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    acceptor.accept(stream).await
}

/// The request up to its empty line. The client sends nothing after it before it has its answer.
async fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > LONGEST_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(head)
}

/// The connections that are through with CONNECT and TLS, as axum takes them.
struct Handshaken(mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>);

impl Listener for Handshaken {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.0.recv().await {
            Some(connection) => connection,
            None => future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
