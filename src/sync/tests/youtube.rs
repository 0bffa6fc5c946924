//! With the real catalogue, and an InnerTube that can do next to nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::*;

type Error = Box<dyn std::error::Error>;

fn youtube() -> Source {
    Source::YouTube(Arc::new(catalogue))
}

/// An InnerTube that knows one playlist.
async fn innertube() -> Result<String, Error> {
    let answer = async |body: axum::body::Bytes| {
        if !String::from_utf8_lossy(&body).contains("VLPLgood") {
            return (axum::http::StatusCode::NOT_FOUND, String::new());
        }
        let title = json!({"musicResponsiveListItemFlexColumnRenderer": {"text": {"simpleText": "one"}}});
        let row = json!({"musicResponsiveListItemRenderer": {
            "playlistItemData": {"videoId": "one________"}, "flexColumns": [title]}});
        (axum::http::StatusCode::OK, json!({"musicPlaylistShelfRenderer": {"contents": [row]}}).to_string())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    Ok(base)
}

#[tokio::test]
async fn a_youtube_that_has_had_enough_is_not_asked_for_the_next_playlist() -> Result<(), Error> {
    let asked = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&asked);
    let answer = async move || {
        counted.fetch_add(1, Ordering::Relaxed);
        (axum::http::StatusCode::TOO_MANY_REQUESTS, [("Retry-After", "3600")])
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let folder = tempfile::tempdir()?;
    let mut config = config(folder.path(), &["PLa", "PLb", "PLc", "PLd", "PLe"]);
    config.youtube.music_url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    let (sync, _config, _stored) = sync(config, youtube());
    let handle = sync.handle();
    let shutdown = CancellationToken::new();
    let mut following = handle.follow();
    let task = tokio::spawn(sync.run(shutdown.clone()));
    let result = loop {
        if let Progress::Finished(result) = timeout(Duration::from_secs(10), following.recv()).await?? {
            break result;
        }
    };
    assert_eq!((result.playlists_failed, result.errors.len()), (5, 2), "{result:?}");
    // Those that were under way at the same time.
    assert!(asked.load(Ordering::Relaxed) <= 2);
    let status = handle.status();
    let pause = status.next.zip(status.last).map(|(next, (at, _))| next.duration_since(at).as_secs());
    assert_eq!(pause, Some(3600));
    shutdown.cancel();
    task.await?;
    Ok(())
}

#[tokio::test]
async fn a_playlist_that_fails_stays_and_stops_no_other() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let known = Source::Fixed(vec![playlist("PLgone", &["kept"])]);
    let names = ["PLgone", "PLgood"];
    for (source, expected) in [(known, "YT: PLgone=kept"), (youtube(), "YT: PLgone=kept YT: PLgood=one")] {
        let mut config = config(folder.path(), &names);
        config.youtube.music_url = innertube().await?;
        let (sync, _config, _stored) = sync(config, source);
        let handle = sync.handle();
        let (mut library, mut following) = (sync.subscribe(), handle.follow());
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(sync.run(shutdown.clone()));
        timeout(Duration::from_secs(10), library.wait_for(|snapshot| shown(snapshot) == expected)).await??;
        while !matches!(following.recv().await?, Progress::Finished(_)) {}
        shutdown.cancel();
        task.await?;
    }
    Ok(())
}
