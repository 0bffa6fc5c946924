//! MPD is stopped before a song's request fails, and not otherwise.

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

/// A minute of silence that MPD can play.
fn silence(mpd: &TestMpd) -> PathBuf {
    const SECONDS: u32 = 60;
    let length = SECONDS * 8000;
    let header: Vec<u8> = [
        b"RIFF".as_slice(),
        &(36 + length).to_le_bytes(),
        // PCM, one channel of 8000 samples a second, 8 bits each.
        b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data",
        &length.to_le_bytes(),
    ]
    .concat();
    let path = mpd.playlists().with_file_name("silence.wav");
    std::fs::write(&path, [header, vec![0x80; usize::try_from(length).unwrap()]].concat()).unwrap();
    path
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
