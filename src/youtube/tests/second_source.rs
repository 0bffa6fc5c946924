//! Playlists of which InnerTube's answer is of no use, as `yt-dlp` has them.

use super::*;

#[tokio::test]
async fn an_answer_of_no_use_sends_us_to_the_second_source() -> Result<(), Error> {
    let bad = json!({"musicNewRowRenderer": {}});
    for (answer, unusable) in [
        ((403, None, String::new()), "HTTP 403"),
        ((200, None, "<!doctype html>".to_owned()), "a web page instead of JSON"),
        ((200, None, "{\"contents\":".to_owned()), "damaged JSON"),
        (ok(&json!({"contents": {}})), "no playlist in it"),
        (page(&json!({"contents": [bad]})), "1 of the 1 rows on a page make no sense"),
        (page(&json!({"contents": [row(1), bad, bad]})), "2 of the 3 rows on a page make no sense"),
    ] {
        let (base, _) = innertube(vec![answer.clone()]).await?;
        let listing = catalogue(&base, &["sh", "-c", YTDLP, "sh"]).playlist(&id("PLx")).await?;
        assert_eq!((listing.title.as_deref(), titles(&listing).as_str()), (Some("Flat"), "One"));

        let (base, _) = innertube(vec![answer]).await?;
        let broken = ["sh", "-c", "echo 'ERROR: too old' >&2; exit 1", "sh"];
        let error = catalogue(&base, &broken).playlist(&id("PLx")).await.expect_err(unusable);
        let second = std::error::Error::source(&error).map(ToString::to_string);
        assert!(
            error.to_string().starts_with(&format!("YouTube Music's answer is of no use: {unusable}")),
            "{error}"
        );
        assert_eq!(second.as_deref(), Some("and yt-dlp says: too old"));
    }
    Ok(())
}

#[tokio::test]
async fn what_ytdlp_has_only_a_part_of_is_cut() -> Result<(), Error> {
    let retried = "WARNING: [youtube:tab] Incomplete data received. Retrying (1/1)...";
    let gave_up = "WARNING: [youtube:tab] Incomplete data received. Giving up after 1 retries";
    for (warnings, extent) in [
        (vec![], Extent::Whole),
        (vec!["WARNING: [youtube:tab] 2 unavailable videos are hidden"], Extent::Whole),
        (vec![retried], Extent::Whole),
        (vec![retried, gave_up], Extent::Cut),
        (vec!["WARNING: [youtube:tab] Incomplete data received"], Extent::Cut),
    ] {
        let script = format!("echo '{}' >&2; {YTDLP}", warnings.join("\n"));
        let (base, _) = innertube(vec![(403, None, String::new())]).await?;
        let listing = catalogue(&base, &["sh", "-c", &script, "sh"]).playlist(&id("PLx")).await?;
        assert_eq!((titles(&listing).as_str(), listing.extent), ("One", extent), "{warnings:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_ytdlp_meets_is_told_apart() -> Result<(), Error> {
    let broken = || (200, None, "<!doctype html>".to_owned());
    let says = |line: &str| format!("echo \"{line}\" >&2; exit 1");
    for (line, expected) in [
        (
            "ERROR: [youtube:tab] PLx: YouTube said: This playlist is private.",
            "YouTube says: This playlist is private.",
        ),
        (
            "WARNING: [youtube:tab] HTTP Error 500: X\nERROR: [youtube:tab] PLx: Unable to download webpage",
            "YouTube Music cannot be reached: an error at YouTube (HTTP error 5xx)",
        ),
        (
            "ERROR: [youtube:tab] PLx: Sign in to confirm you are not a bot. Use --cookies",
            "YouTube Music cannot be reached: it wants to be left alone: Sign in to confirm you are not a bot.",
        ),
        (
            "yt-dlp: error: no such option: --x",
            "YouTube Music's answer is of no use: a web page instead of JSON: and yt-dlp says: yt-dlp does not take its arguments",
        ),
    ] {
        let (base, asked) = innertube(vec![broken(), page(&json!({"contents": [row(1)]}))]).await?;
        let script = says(line);
        let catalogue = catalogue(&base, &["sh", "-c", &script, "sh"]);
        let error = catalogue.playlist(&id("PLx")).await.expect_err(line);
        let told = crate::reason::on_one_line(&error);
        assert!(told.starts_with(expected), "{told}");
        // A bot check is everybody's: nothing more is asked.
        let bot = line.contains("bot");
        assert_eq!((error.concerns_all(), error.retry_after().is_some()), (bot, bot));
        assert_eq!(error.is_passing(), told.contains("cannot be reached"));
        let again = catalogue.playlist(&id("PLx")).await;
        assert_eq!((again.is_err(), asked.lock().unwrap().len()), if bot { (true, 1) } else { (false, 2) });
    }
    Ok(())
}

#[tokio::test]
async fn ytdlp_lists_one_playlist_at_a_time() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    // Fails if another one runs.
    let script = format!(
        "mkdir {0} || exit 3; sleep 0.05; rmdir {0}; echo '{{\"title\": \"Flat\", \"entries\": []}}'",
        folder.path().join("busy").display()
    );
    let (base, _) = innertube(vec![(403, None, String::new()); 4]).await?;
    let catalogue = catalogue(&base, &["sh", "-c", &script, "sh"]);
    let list = |name: &'static str| {
        let catalogue = catalogue.clone();
        async move { catalogue.playlist(&id(name)).await }
    };
    let all = tokio::join!(list("PLa"), list("PLb"), list("PLc"), list("PLd"));
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok() && all.3.is_ok(), "{all:?}");
    Ok(())
}

#[tokio::test]
async fn what_youtube_music_greys_out_youtube_may_play() -> Result<(), Error> {
    let greyed = |nth: usize| {
        let mut row = row(nth);
        let fixed = json!({"musicResponsiveListItemFixedColumnRenderer": {"text": {"simpleText": "3:33"}}});
        row["musicResponsiveListItemRenderer"]["fixedColumns"] = json!([fixed]);
        row["musicResponsiveListItemRenderer"]["musicItemRendererDisplayPolicy"] = json!("X_GREY_OUT");
        row
    };
    let flat = |entries: usize| {
        let entry = |nth| json!({"id": format!("{nth:011}"), "title": format!("Flat {nth}")});
        let entries: Vec<Value> = (0..entries).map(entry).collect();
        format!("echo '{}'", json!({"title": "Flat", "entries": entries}))
    };
    let whole = Extent::Whole;
    for (songs, grey, ytdlp, expected) in [
        (1, 2, flat(3), ("Song 0, Flat 1, Flat 2", whole, 0)),
        (0, 1, flat(1), ("Flat 0", whole, 0)),
        // Not asked: most of it plays.
        (2, 2, flat(4), ("Song 0, Song 1", whole, 2)),
        // Asked in vain.
        (1, 2, flat(1), ("Song 0", whole, 2)),
        (
            1,
            2,
            "echo 'ERROR: Sign in to confirm you are not a bot.' >&2; exit 1".to_owned(),
            ("Song 0", Extent::Cut, 2),
        ),
        (0, 2, "echo rubbish".to_owned(), ("", Extent::Cut, 2)),
    ] {
        let rows: Vec<Value> = (0..songs).map(row).chain((songs..songs + grey).map(greyed)).collect();
        let page = page(&json!({"contents": rows}));
        let (base, asked) = innertube(vec![page.clone(), page]).await?;
        let catalogue = catalogue(&base, &["sh", "-c", &ytdlp, "sh"]);
        let listing = catalogue.playlist(&id("PLx")).await?;
        assert_eq!((titles(&listing).as_str(), listing.extent, listing.unavailable), expected, "{ytdlp}");
        assert!(
            catalogue.playlist(&id("PLx")).await.is_ok() && asked.lock().unwrap().len() == 2,
            "nothing rests"
        );
    }
    Ok(())
}
