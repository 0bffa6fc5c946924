//! Pictures, as sessions and the player ask for them.

use std::sync::atomic::Ordering;

use super::*;
use crate::library::{Look, Picture};
use crate::relay::cover::{Covers, Gallery};

fn picture() -> Picture {
    Picture { kind: "image/jpeg".into(), bytes: "picture".into() }
}

impl Rig {
    /// What a relay has that is started now in the same folder.
    fn restarted(&self) -> Arc<dyn Pictures> {
        let deck = Arc::clone(&self.relay.site.deck);
        Arc::new(Gallery(Covers::new(deck, self.covers.path().to_owned())))
    }

    fn fetched(&self) -> u64 {
        self.fake.pictures.load(Ordering::SeqCst)
    }

    fn files(&self) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(self.covers.path()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "cover")).collect()
    }
}

#[tokio::test]
async fn the_second_ask_has_it_and_so_has_the_next_start() {
    let rig = Rig::with_pace(PATIENT, 1000, &[]).await;
    let pictures = rig.relay.pictures();
    assert_eq!(pictures.read(video(VIDEO)).await, None);
    pictures.want(video(VIDEO));
    until(async || pictures.look(video(VIDEO)) == Look::There(picture())).await;
    until(async || rig.files().len() == 1).await;

    let restarted = rig.restarted();
    assert_eq!(restarted.look(video(VIDEO)), Look::OnDisk);
    assert_eq!(restarted.read(video(VIDEO)).await, Some(picture()));
    assert_eq!(restarted.look(video(VIDEO)), Look::There(picture()));
    assert_eq!(rig.fetched(), 1);
}

#[tokio::test]
async fn a_damaged_file_is_fetched_anew() {
    let rig = Rig::with_pace(PATIENT, 1000, &[]).await;
    let pictures = rig.relay.pictures();
    assert_eq!(pictures.read(video(VIDEO)).await, None);
    pictures.want(video(VIDEO));
    until(async || rig.files().len() == 1).await;
    std::fs::write(&rig.files()[0], "ytmpd-cover-1 image/jpeg 7 0000000000000000\npicture").unwrap();

    let restarted = rig.restarted();
    assert_eq!(restarted.read(video(VIDEO)).await, None);
    restarted.want(video(VIDEO));
    until(async || restarted.look(video(VIDEO)) == Look::There(picture())).await;
    assert_eq!(rig.fetched(), 2);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_costs_the_next_start_only() {
    let rig = Rig::with_pace(PATIENT, 1000, &[]).await;
    let file = rig.covers.path().join("file");
    std::fs::write(&file, "").unwrap();
    let deck = Arc::clone(&rig.relay.site.deck);
    let pictures = Gallery(Covers::new(deck, file.join("covers")));
    assert_eq!(pictures.read(video(VIDEO)).await, None);
    pictures.want(video(VIDEO));
    until(async || pictures.look(video(VIDEO)) == Look::There(picture())).await;
}

#[tokio::test]
async fn nobody_waits_for_youtube() {
    // Nobody lives to see the end of that.
    let pace = Pace { stall: Duration::from_secs(24 * 60 * 60), ..PATIENT };
    let rig = Rig::with_pace(pace, 1000, &[]).await;
    *rig.fake.picture_mishap.lock().unwrap() = Some(Mishap::Silence);
    let pictures = rig.relay.pictures();
    for _ in 0..100 {
        let read = timeout(Duration::from_secs(30), pictures.read(video(VIDEO)));
        assert_eq!(read.await, Ok(None));
        let cover =
            rig.client.get(format!("{}/{VIDEO}/cover.jpg", rig.base)).timeout(Duration::from_secs(30));
        assert_eq!(cover.send().await.unwrap().status(), 404);
    }
    until(async || rig.fetched() == 1).await;
}

#[tokio::test]
async fn followed_songs_have_their_pictures_fetched_once() {
    let rig = Rig::with_pace(PATIENT, 1000, &[]).await;
    let pictures = rig.relay.pictures();
    let songs: Vec<_> = (0..5).map(|number| video(&song_id(number))).collect();
    pictures.follow(songs.clone());
    for &song in &songs {
        until(async || pictures.look(song) == Look::There(picture())).await;
    }
    until(async || rig.files().len() == 5).await;
    let restarted = rig.restarted();
    restarted.follow(songs.into_iter().chain([video(VIDEO)]).collect());
    until(async || rig.files().len() == 6).await;
    assert_eq!(rig.fetched(), 6);
}

#[tokio::test]
async fn an_ask_does_not_wait_for_what_is_followed() {
    let rig = Rig::with_pace(PATIENT, 1000, &[]).await;
    let pictures = rig.relay.pictures();
    *rig.fake.picture_mishap.lock().unwrap() = Some(Mishap::Silence);
    pictures.follow((0..5).map(|number| video(&song_id(number))).collect());
    until(async || rig.fetched() == 1).await;
    *rig.fake.picture_mishap.lock().unwrap() = None;
    assert_eq!(pictures.read(video(VIDEO)).await, None);
    pictures.want(video(VIDEO));
    until(async || pictures.look(video(VIDEO)) == Look::There(picture())).await;
}
