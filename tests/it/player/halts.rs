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
