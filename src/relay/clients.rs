//! The HTTP clients that media servers are read with: one for each [`Way`] that a stream asks for.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, ClientBuilder, NoProxy, Proxy, Response};

use super::media::ReadError;
use crate::resolver::Way;
use crate::tls;

/// A media server that does not even accept within this is not reachable.
const CONNECT: Duration = Duration::from_secs(10);

/// Connections kept for the next range: one song plays, the next is opened before its end.
const IDLE_CONNECTIONS: usize = 4;

/// Ways with a client of their own: both families, and one more when the proxy is changed.
const MOST_WAYS: usize = 3;

/// What no proxy is asked for: its own machine is not this one.
const THIS_MACHINE: &str = "localhost,127.0.0.0/8,::1";

/// The clients, each made when it is first needed: it reads every certificate of the system.
pub(super) struct Clients {
    settings: Box<dyn Fn() -> ClientBuilder + Send + Sync>,
    plain: OnceLock<Client>,
    /// The latest is the last.
    others: Mutex<Vec<(Way, Client)>>,
}

impl Clients {
    /// An answer that stalls for `stall` is an error.
    pub(super) fn new(stall: Duration) -> Self {
        Self::with(move || {
            tls::provide();
            Client::builder()
                // One connection per read in flight: an abandoned read takes nobody else's window.
                .http1_only()
                .gzip(false)
                .connect_timeout(CONNECT)
                .read_timeout(stall)
                .pool_max_idle_per_host(IDLE_CONNECTIONS)
        })
    }

    fn with(settings: impl Fn() -> ClientBuilder + Send + Sync + 'static) -> Self {
        Self { settings: Box::new(settings), plain: OnceLock::new(), others: Mutex::default() }
    }

    /// The client for what may be read from anywhere.
    pub(super) fn plain(&self) -> &Client {
        self.plain.get_or_init(|| build(&self.settings))
    }

    /// Asks for `url` the way that it is for.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request.
    pub(super) async fn get(&self, way: &Way, url: &str, headers: HeaderMap) -> Result<Response, ReadError> {
        let ask = |client: &Client| client.get(url).headers(headers.clone()).send();
        let answer = ask(&self.of(way).ok_or(ReadError::BadRequest)?).await;
        match answer {
            // The URL's family may not be the one that we leave by: behind NAT64, or with a proxy
            // of the environment.
            Err(error) if error.is_connect() && way.proxy.is_none() && way.from.is_some() => {
                ask(self.plain()).await
            }
            answer => answer,
        }
        .map_err(ReadError::from)
    }

    /// The client for this way; `None` if its proxy is none.
    fn of(&self, way: &Way) -> Option<Client> {
        if *way == Way::default() {
            return Some(self.plain().clone());
        }
        // One is added or removed at a time: a panic elsewhere leaves nothing half done.
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = others.iter().find(|(other, _)| other == way) {
            return Some(client.clone());
        }
        let proxy = match &way.proxy {
            Some(proxy) if !proxy.is_empty() => {
                Some(Proxy::all(proxy.reveal()).ok()?.no_proxy(NoProxy::from_string(THIS_MACHINE)))
            }
            _ => None,
        };
        let client = build(|| {
            let settings = (self.settings)().local_address(way.from);
            match &proxy {
                Some(proxy) => settings.proxy(proxy.clone()),
                None if way.proxy.is_some() => settings.no_proxy(),
                None => settings,
            }
        });
        if others.len() == MOST_WAYS {
            others.remove(0);
        }
        others.push((way.clone(), client.clone()));
        Some(client)
    }
}

fn build(settings: impl Fn() -> ClientBuilder) -> Client {
    settings().build().unwrap_or_else(|error| {
        tracing::error!(%error, "no certificates to trust: YouTube cannot be read; install ca-certificates");
        settings().tls_certs_only([]).build().unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

    use axum::Router;
    use axum::extract::{ConnectInfo, Query};
    use axum::http::StatusCode;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::super::media::Blame;
    use super::*;
    use crate::config::Secret;

    const STALL: Duration = Duration::from_secs(10);

    /// googlevideo, at this address: its URLs are for the address in them.
    async fn media(at: IpAddr) -> SocketAddr {
        type Peer = ConnectInfo<SocketAddr>;
        let answer = async |Peer { 0: peer }: Peer, Query(url): Query<HashMap<String, IpAddr>>| {
            if url["ip"] == peer.ip() { StatusCode::OK } else { StatusCode::FORBIDDEN }
        };
        let listener = TcpListener::bind((at, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = Router::new().fallback(answer).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        address
    }

    /// As if `media.example` had these addresses, in this order.
    fn clients(addresses: Vec<SocketAddr>) -> Clients {
        let usual = Clients::new(STALL);
        Clients::with(move || (usual.settings)().no_proxy().resolve_to_addrs("media.example", &addresses))
    }

    async fn status(clients: &Clients, way: &Way, ip: IpAddr) -> StatusCode {
        ask(clients, way, &format!("http://media.example/videoplayback?ip={ip}")).await.unwrap()
    }

    async fn ask(clients: &Clients, way: &Way, url: &str) -> Result<StatusCode, ReadError> {
        clients.get(way, url, HeaderMap::new()).await.map(|answer| answer.status())
    }

    #[tokio::test]
    async fn a_url_is_read_from_the_family_that_it_is_for() {
        let [v4, v6] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let (over_v4, over_v6) = (media(v4).await, media(v6).await);
        for addresses in [vec![over_v6, over_v4], vec![over_v4, over_v6]] {
            let clients = clients(addresses);
            for ip in [v4, v6] {
                assert_eq!(status(&clients, &Way::of_family(ip), ip).await, StatusCode::OK, "{ip}");
            }
            // What it is about.
            let any = Way::default();
            assert_ne!(status(&clients, &any, v4).await, status(&clients, &any, v6).await);
        }
    }

    #[tokio::test]
    async fn a_family_that_leads_nowhere_is_left() {
        let v4 = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let media = media(v4).await;
        let clients = clients(vec![media]);
        let way = Way::of_family(Ipv6Addr::LOCALHOST.into());
        for host in ["media.example".to_owned(), media.to_string()] {
            let url = format!("http://{host}/videoplayback?ip={v4}");
            assert_eq!(ask(&clients, &way, &url).await.unwrap(), StatusCode::OK, "{host}");
        }

        // A proxy of the environment that knows another family than we do.
        let listener = TcpListener::bind((v4, 0)).await.unwrap();
        let proxy = Proxy::all(format!("socks5h://{}", listener.local_addr().unwrap())).unwrap();
        let usual = Clients::new(STALL);
        let clients = Clients::with(move || (usual.settings)().no_proxy().proxy(proxy.clone()));
        let proxy = tokio::spawn(socks5(listener));
        assert_eq!(status(&clients, &way, v4).await, StatusCode::PARTIAL_CONTENT);
        drop(proxy.await);
    }

    /// Takes one connection, to `media.example:80`, and answers the request on it.
    async fn socks5(listener: TcpListener) -> TcpStream {
        let (mut peer, _) = listener.accept().await.unwrap();
        // RFC 1928: one method is offered, which is to give no name.
        let mut hello = [0; 3];
        peer.read_exact(&mut hello).await.unwrap();
        assert_eq!(hello, [5, 1, 0]);
        peer.write_all(&[5, 0]).await.unwrap();
        let expected = b"\x05\x01\x00\x03\x0dmedia.example\x00\x50";
        let mut asked = [0; 20];
        peer.read_exact(&mut asked).await.unwrap();
        assert_eq!(&asked, expected);
        peer.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        peer.write_all(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        peer
    }

    #[tokio::test]
    async fn the_users_proxy_is_asked() {
        let v4 = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let direct = media(v4).await;
        // Nobody is there.
        let clients = clients(vec![]);
        let way = |proxy: String| Way { proxy: Some(Secret::new(proxy)), from: None };

        let listener = TcpListener::bind((v4, 0)).await.unwrap();
        let over_socks = way(format!("socks5h://{}", listener.local_addr().unwrap()));
        let proxy = tokio::spawn(socks5(listener));
        assert_eq!(status(&clients, &over_socks, v4).await, StatusCode::PARTIAL_CONTENT);
        drop(proxy.await);

        let proxy = Router::new().fallback(async || StatusCode::PARTIAL_CONTENT);
        let listener = TcpListener::bind((v4, 0)).await.unwrap();
        let over_http = way(format!("http://{}", listener.local_addr().unwrap()));
        tokio::spawn(async move { axum::serve(listener, proxy).await });
        assert_eq!(status(&clients, &over_http, v4).await, StatusCode::PARTIAL_CONTENT);

        // This machine is not asked for at another.
        let here = format!("http://{direct}/videoplayback?ip={v4}");
        assert_eq!(ask(&clients, &over_http, &here).await.unwrap(), StatusCode::OK);

        // Where the proxy is gone, nobody else is asked.
        let nobody = TcpListener::bind((v4, 0)).await.unwrap().local_addr().unwrap();
        let gone = ask(&clients, &way(format!("http://me:hunter2@{nobody}")), "http://media.example/").await;
        assert!(!format!("{gone:?}").contains("hunter2"));
        assert_eq!(gone.map_err(|error| error.blame()), Err(Blame::Server));
        let none = ask(&clients, &way("no proxy".to_owned()), &here).await;
        assert!(matches!(none, Err(ReadError::BadRequest)));
    }

    #[tokio::test]
    async fn without_a_network_no_server_is_to_blame() {
        let gone = ask(&clients(vec![]), &Way::default(), "http://media.example/").await.unwrap_err();
        assert_eq!(gone.blame(), Blame::Network);
        assert_eq!(gone.to_string(), "YouTube's media server cannot be reached");
    }

    #[test]
    fn clients_are_few() {
        let clients = Clients::new(STALL);
        for from in 0..10 {
            let way = Way { proxy: None, from: Some(Ipv4Addr::new(127, 0, 0, from).into()) };
            assert!(clients.of(&way).is_some() && clients.of(&way).is_some());
        }
        assert_eq!(clients.others.lock().unwrap().len(), MOST_WAYS);
        assert!(clients.plain.get().is_none());
    }
}
