//! The player, against what is not as MPD is. The clocks are paused: they go on when nobody has anything
//! to do.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::task::JoinSet;

use super::*;

/// No partition, no song, and always news.
async fn restless(client: UnixStream) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    client.write_all(b"OK MPD 0.23.5\n").await?;
    let mut line = String::new();
    while client.read_line(&mut line).await? > 0 {
        let news = if line.starts_with("idle") { "changed: options\n" } else { "" };
        client.write_all(format!("{news}OK\n").as_bytes()).await?;
        line.clear();
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_changes_is_no_burst_of_connections() {
    let (folder, listener) = listen();
    let begun = tokio::time::Instant::now();
    let running = Running::start_at(address(&folder), Vec::new(), "");
    let mut clients = JoinSet::new();
    // The first one idles, and the second one looks around.
    for _ in 0..2 + 20 {
        clients.spawn(restless(listener.accept().await.unwrap().0));
    }
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_mpd_that_does_not_greet_is_told_of() {
    let (folder, listener) = listen();
    let begun = tokio::time::Instant::now();
    let mut running = Running::start_at(address(&folder), Vec::new(), "");
    running.contact.changed().await.unwrap();
    let silent = Contact::Unreachable("no answer from MPD for 6 s".to_owned());
    assert_eq!(*running.contact.borrow_and_update(), silent);
    assert!(begun.elapsed() < Duration::from_secs(7), "{:?}", begun.elapsed());

    // It is still waited for, by the same connection.
    let mut clients = JoinSet::new();
    for _ in 0..2 {
        clients.spawn(restless(listener.accept().await.unwrap().0));
    }
    running.contact.changed().await.unwrap();
    assert_eq!(*running.contact.borrow(), Contact::Connected);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_an_end_is_told_of() {
    let (folder, listener) = listen();
    let mut running = Running::start_at(address(&folder), Vec::new(), "");
    let _idling = tokio::spawn(restless(listener.accept().await.unwrap().0));
    let (mut mpd, _) = listener.accept().await.unwrap();
    tokio::spawn(async move {
        mpd.write_all(b"OK MPD 0.23.5\n").await.unwrap();
        // What comes before the request is no answer.
        let _request = mpd.read_u8().await.unwrap();
        while mpd.write_all(&[b'x'; 64 * 1024]).await.is_ok() {}
    });
    running.contact.changed().await.unwrap();
    let endless = "unreachable: the connection to MPD broke: IO error: MPD's answer has no end";
    assert_eq!(running.contact.borrow().to_string(), endless);
    running.stop().await;
}
