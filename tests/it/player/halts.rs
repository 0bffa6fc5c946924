//! MPD is stopped before a song's request fails, and not otherwise.

use tokio::io::AsyncWriteExt;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_halt_stops_the_song_and_no_other() {
    // A relay that accepts and says nothing: MPD waits, in state `play`.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", silent.local_addr().unwrap());
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd, Vec::new());
    let playing =
        |partition: &str| mpd.talk(&format!("partition {partition}\nstatus")).contains("state: play\n");
    mpd.talk("newpartition kitchen");
    for partition in ["default", "kitchen"] {
        let add = format!("addid {}", uri::audio_uri(&base, video(1)));
        mpd.talk(&format!("partition {partition}\n{add}\nplay"));
        assert!(playing(partition));
        assert_eq!(running.halt(video(2)).await, Halted::Stopped);
        assert!(playing(partition));
        let old = tokio::time::Instant::now().checked_sub(Duration::from_secs(20)).unwrap();
        assert_eq!(running.halt_since(old, video(1)).await, None);
        assert!(playing(partition), "the user may have started it again");
        assert_eq!(running.halt(video(1)).await, Halted::Stopped);
        assert!(!playing(partition));
    }
    assert_eq!(mpd.talk("delpartition kitchen"), "OK\n");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halt_for_a_song_whose_turn_comes_stops_nothing() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd, Vec::new());
    mpd.talk(&format!("addid \"file://{}\"\n{}{}play 0", silence(&mpd).display(), addid(1), addid(2)));
    let playing = || mpd.talk("status").contains("state: play\n");
    eventually(playing, |playing| *playing).await;
    assert_eq!(running.halt(video(1)).await, Halted::Later);
    assert_eq!(running.halt(video(2)).await, Halted::Stopped);
    assert!(playing());
    mpd.talk("pause 1");
    assert_eq!(running.halt(video(1)).await, Halted::Later);
    mpd.talk("stop");
    assert_eq!(running.halt(video(1)).await, Halted::Stopped);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_partition_was_stopped_for_is_told_until_it_plays_or_is_gone() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", silent.local_addr().unwrap());
    let Some(mpd) = TestMpd::start("") else { return };
    let tracks = vec![track(1, "One", &[], None), track(2, "Two", &[], None)];
    let snapshot = Library::new("", vec![], tracks.iter().cloned().map(Arc::new).collect()).snapshot();
    let running = Running::start(&mpd, tracks);
    let stop_of = |partition| running.unavailable.stop_of(partition, &snapshot);
    let why = Some("\"One\" cannot be played: no network".to_owned());
    mpd.talk("newpartition kitchen");
    let add = format!("addid {}\nplay", uri::audio_uri(&base, video(1)));
    for partition in ["default", "kitchen"] {
        mpd.talk(&format!("partition {partition}\n{add}"));
        // Nothing is stopped for a song that nobody plays.
        running.halt(video(2)).await;
        assert_eq!(stop_of(partition), None);
        running.halt(video(1)).await;
        assert_eq!(stop_of(partition), why);
    }
    assert_eq!(running.unavailable.stops(&snapshot).len(), 1, "it is one song");
    mpd.talk(&format!("clear\naddid \"file://{}\"\nplay", silence(&mpd).display()));
    eventually(|| stop_of("default"), Option::is_none).await;
    assert_eq!(stop_of("kitchen"), why);
    mpd.talk("delpartition kitchen");
    eventually(|| stop_of("kitchen"), Option::is_none).await;
    running.stop().await;
}

/// What is held up is tried anew then.
#[tokio::test(flavor = "multi_thread")]
async fn the_relay_hears_when_mpd_comes_to_play_a_song() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", silent.local_addr().unwrap());
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd, vec![track(1, "One", &[], None), track(2, "Two", &[], None)]);
    running.wait_for_cue(&[]).await;
    let plays = || running.cue.1.lock().unwrap().clone();
    mpd.talk(&format!("addid {}\n{}", uri::audio_uri(&base, video(1)), addid(2)));
    // The one that plays comes last.
    for (command, cued, told) in [
        ("play", [video(2), video(1)], 1),
        ("pause 1", [video(1), video(2)], 1),
        ("pause 0", [video(2), video(1)], 2),
    ] {
        mpd.talk(command);
        running.wait_for_cue(&cued).await;
        eventually(plays, |plays| *plays == vec![video(1); told]).await;
    }
    running.stop().await;
}

/// MPD would lose what it has in hand.
#[tokio::test(flavor = "multi_thread")]
async fn a_halt_stops_nothing_that_is_heard() {
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd, Vec::new());
    let base = serve_half(wav(8, 44_100)).await;
    mpd.talk(&format!("addid {}\nplay", uri::audio_uri(&base, video(1))));
    let elapsed = || {
        let status = mpd.talk("status");
        let elapsed = status.lines().find_map(|line| line.strip_prefix("elapsed: "));
        elapsed.map_or(0.0, |elapsed| elapsed.parse::<f64>().unwrap())
    };
    eventually(elapsed, |elapsed| *elapsed > 0.5).await;
    let halted = running.halt(video(1)).await;
    assert!(matches!(halted, Halted::Heard(elapsed) if elapsed.as_secs_f64() > 0.5), "{halted:?}");
    while running.halt(video(1)).await != Halted::Stopped {}
    // It has played all that there was.
    assert!(!mpd.talk("status").contains("state: play\n"));
    running.stop().await;
}

/// Serves the first half of a song, as one whose second half does not come; where that is.
async fn serve_half(song: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut mpd, _) = listener.accept().await.unwrap();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: {}\r\n\r\n", song.len());
        mpd.write_all(head.as_bytes()).await.unwrap();
        mpd.write_all(&song[..song.len() / 2]).await.unwrap();
        std::future::pending::<()>().await;
    });
    base
}

/// A minute of silence that MPD can play.
fn silence(mpd: &TestMpd) -> PathBuf {
    let path = mpd.playlists().with_file_name("silence.wav");
    std::fs::write(&path, wav(60, 8000)).unwrap();
    path
}

/// Silence that lasts for some seconds, at so many samples a second.
fn wav(seconds: u32, rate: u32) -> Vec<u8> {
    let length = seconds * rate;
    let header: Vec<u8> = [
        b"RIFF".as_slice(),
        &(36 + length).to_le_bytes(),
        // PCM, one channel, 8 bits each.
        b"WAVEfmt \x10\0\0\0\x01\0\x01\0",
        &rate.to_le_bytes(),
        &rate.to_le_bytes(),
        b"\x01\0\x08\0data",
        &length.to_le_bytes(),
    ]
    .concat();
    [header, vec![0x80; usize::try_from(length).unwrap()]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halt_outlasts_an_mpd_that_stands_still() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", silent.local_addr().unwrap());
    let Some(mpd) = TestMpd::start("") else { return };
    let running = Running::start(&mpd, vec![track(2, "T", &[], None)]);
    running.wait_for_cue(&[]).await;
    mpd.talk(&format!("addid {}\nplay", uri::audio_uri(&base, video(1))));
    mpd.freeze();
    let (done, mut answered) = oneshot::channel();
    running
        .halts
        .send(Halt {
            video: video(1),
            reason: "no network".to_owned(),
            since: tokio::time::Instant::now(),
            done,
        })
        .await
        .unwrap();
    let early = tokio::time::timeout(Duration::from_millis(300), &mut answered).await;
    assert!(early.is_err());
    mpd.thaw();
    tokio::time::timeout(PATIENCE, answered).await.unwrap().unwrap();
    assert!(!mpd.talk("status").contains("state: play\n"));
    mpd.talk(&addid(2));
    wait_for_tags(&mpd, "default", &["Title: T"]).await;
    running.stop().await;
}
