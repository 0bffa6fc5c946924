//! The socket: who may open it, whose it is, and what is left of it.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::control::{BindError, Client, ClientError, Listing, Message, Server, read};

async fn serve(socket: &Path, daemon: &Arc<Fake>) -> (CancellationToken, JoinHandle<()>) {
    let shutdown = CancellationToken::new();
    let server = Server::bind(socket).await.unwrap();
    let serving = server.serve(Arc::clone(daemon) as Arc<dyn Daemon>, shutdown.clone());
    (shutdown, tokio::spawn(serving))
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn it_is_its_owners_alone_and_gone_at_the_end() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("new/folder/socket");
    let (shutdown, serving) = serve(&socket, &Fake::new()).await;
    assert_eq!((mode(&socket), mode(socket.parent().unwrap())), (0o600, 0o700));
    let mut client = Client::connect(&socket).await.unwrap();
    client.send("sync").await.unwrap();
    let answer = client.answer().await.unwrap();
    assert_eq!(read::<Message>(&answer).unwrap().message, "Sync triggered");
    shutdown.cancel();
    serving.await.unwrap();
    assert!(matches!(client.line().await, Err(ClientError::Gone)));
    assert!(!socket.exists());
    assert!(matches!(Client::connect(&socket).await, Err(ClientError::Absent(_))));
}

#[tokio::test]
async fn a_socket_that_is_not_ours_any_more_stays() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("socket");
    let (shutdown, serving) = serve(&socket, &Fake::new()).await;
    fs::remove_file(&socket).unwrap();
    let _another = UnixListener::bind(&socket).unwrap();
    shutdown.cancel();
    serving.await.unwrap();
    assert!(socket.exists());
}

#[tokio::test]
async fn a_killed_daemons_socket_is_replaced_and_a_live_one_is_not() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("socket");
    // The file outlives its listener.
    drop(UnixListener::bind(&socket).unwrap());
    let (_shutdown, _serving) = serve(&socket, &Fake::new()).await;
    let held = Server::bind(&socket).await.unwrap_err();
    let says = format!(
        "another ytmpd (process {}) holds {}: stop it, or set `control.socket`",
        std::process::id(),
        socket.display()
    );
    assert_eq!(held.to_string(), says);
    Client::connect(&socket).await.unwrap();
}

#[tokio::test]
async fn what_is_no_socket_is_not_touched() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "precious").unwrap();
    let link = folder.path().join("link");
    symlink(&file, &link).unwrap();
    let dangling = folder.path().join("dangling");
    symlink(folder.path().join("nothing"), &dangling).unwrap();
    for path in [&file, &link, &dangling, &folder.path().to_owned()] {
        let error = Server::bind(path).await.unwrap_err();
        assert!(matches!(error, BindError::NoSocket(_)), "{error}");
    }
    assert_eq!(fs::read_to_string(&link).unwrap(), "precious");

    let error = Server::bind(&file.join("socket")).await.unwrap_err();
    assert!(matches!(error, BindError::Socket(..)), "{error}");
    let long = folder.path().join("x".repeat(100));
    let error = Server::bind(&long).await.unwrap_err();
    assert!(
        error.to_string().contains("is too long for a socket's path, which has 107 bytes at most"),
        "{error}"
    );
}

#[tokio::test]
async fn the_longest_path_works() {
    let folder = TempDir::new().unwrap();
    let rest = 107 - folder.path().as_os_str().len() - 1;
    let socket = folder.path().join("x".repeat(rest));
    let (_shutdown, _serving) = serve(&socket, &Fake::new()).await;
    assert!(fs::metadata(&socket).unwrap().file_type().is_socket());
    Client::connect(&socket).await.unwrap();
}

/// So many clients, each of which has asked this.
async fn clients(socket: &Path, count: usize, request: &str) -> Vec<Client> {
    let mut clients = vec![];
    for _ in 0..count {
        let mut client = Client::connect(socket).await.unwrap();
        client.send(request).await.unwrap();
        clients.push(client);
    }
    clients
}

/// What one more client is told.
async fn asks_too(socket: &Path) -> Result<Listing, ClientError> {
    let mut client = Client::connect(socket).await?;
    // It may have been sent away already.
    let _ = client.send("list").await;
    read(&client.answer().await?)
}

#[tokio::test]
async fn many_clients_and_too_many() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("socket");
    let (_shutdown, _serving) = serve(&socket, &Fake::with_playlists(2_000)).await;
    let mut followers = clients(&socket, 64, "follow").await;
    let refused = asks_too(&socket).await.unwrap_err();
    assert_eq!(refused.to_string(), "Too many clients: at most 64 at once");
    // Who follows may ask, and who reads gets all of it.
    let mut last = followers.pop().unwrap();
    last.send("list").await.unwrap();
    let answer = last.answer().await.unwrap();
    assert_eq!(read::<Listing>(&answer).unwrap().playlists.len(), 2_000);
    // Who goes makes room for who waits.
    let going = async {
        tokio::task::yield_now().await;
        drop(followers);
    };
    let (answer, ()) = tokio::join!(asks_too(&socket), going);
    assert_eq!(answer.unwrap().playlists.len(), 2_000);
}

#[tokio::test]
async fn who_says_nothing_or_reads_nothing_keeps_nobody_out() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("socket");
    let (_shutdown, _serving) = serve(&socket, &Fake::with_playlists(2_000)).await;
    let _greedy = clients(&socket, 4, "follow\nlist\nlist").await;
    let _silent = clients(&socket, 60, "").await;
    assert_eq!(asks_too(&socket).await.unwrap().playlists.len(), 2_000);
}

#[tokio::test]
async fn more_than_may_wait_are_sent_away_at_once() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("socket");
    let (_shutdown, _serving) = serve(&socket, &Fake::new()).await;
    let followers = clients(&socket, 64, "follow").await;
    let mut waiting = clients(&socket, 64, "list").await;
    assert!(asks_too(&socket).await.is_err());
    drop(followers);
    let answer = waiting.pop().unwrap().answer().await.unwrap();
    assert_eq!(read::<Listing>(&answer).unwrap().playlists.len(), 1);
}

#[tokio::test]
async fn a_follower_that_closed_its_half_is_missed_when_it_goes() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("socket");
    let daemon = Fake::new();
    let (_shutdown, _serving) = serve(&socket, &daemon).await;
    let mut client = UnixStream::connect(&socket).await.unwrap();
    client.write_all(b"follow").await.unwrap();
    client.shutdown().await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while daemon.events.receiver_count() == 0 {
        assert!(Instant::now() < deadline, "it never follows");
        tokio::task::yield_now().await;
    }
    daemon.sync();
    let mut heard = vec![0; STARTED.len()];
    client.read_exact(&mut heard).await.unwrap();
    assert_eq!(heard, STARTED.as_bytes());
    drop(client);
    while daemon.events.receiver_count() > 0 {
        assert!(Instant::now() < deadline, "it is never missed");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
