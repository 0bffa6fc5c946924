//! The account's library, from its first page to its last.

use super::*;

/// The library's playlists, and whether that is all of them.
async fn listed(catalogue: &Catalogue) -> Result<(String, Extent), ListError> {
    let library = catalogue.library().await?;
    let names: Vec<&str> = library.playlists.iter().map(PlaylistId::as_str).collect();
    Ok((names.join(" "), library.extent))
}

#[tokio::test]
async fn the_library_is_its_playlists_each_once() -> Result<(), Error> {
    let (base, requests) = serve(|_| {
        let mut page = grid(&["PLa", "LM", "SE", "PLb", "RDPN", "PLa"]);
        page["contents"]["gridRenderer"]["continuations"] =
            json!([{"nextContinuationData": {"continuation": "more"}}]);
        said(SIGNED_IN, &page)
    })
    .await;
    let account = Account::new();
    assert_eq!(listed(&account.catalogue(&base)).await?, ("PLa LM PLb".to_owned(), Extent::Whole));
    assert_eq!(requests.lock().unwrap().len(), 2, "a repeated token is the end");
    let nobody = catalogue(&base, &["false"]);
    assert_eq!((listed(&nobody).await?, nobody.sign_in()), ((String::new(), Extent::Whole), None));
    Ok(())
}

#[tokio::test]
async fn a_library_that_ends_in_nothing_is_what_came_before() -> Result<(), Error> {
    for (rest, extent) in [
        (json!({}), Some(Extent::Cut)),
        (json!({"onResponseReceivedActions": []}), Some(Extent::Cut)),
        (json!({"gridContinuation": {"items": []}}), Some(Extent::Whole)),
        (json!({"contents": {"novelRenderer": {}}}), None),
        (json!({"error": {"code": 400}}), None),
    ] {
        let nothing = rest.clone();
        let (base, requests) = serve(move |request| {
            let mut first = grid(&["PLa"]);
            first["contents"]["gridRenderer"]["items"].as_array_mut().unwrap().push(token("x"));
            said(SIGNED_IN, if request.what == LIBRARY { &first } else { &nothing })
        })
        .await;
        let listed = listed(&Account::new().catalogue(&base)).await;
        assert_eq!(listed.ok(), extent.map(|extent| ("PLa".to_owned(), extent)), "{rest}");
        let asked = if extent == Some(Extent::Cut) { 3 } else { 2 };
        assert_eq!(requests.lock().unwrap().len(), asked, "nothing is asked for twice: {rest}");
    }
    Ok(())
}

#[tokio::test]
async fn a_library_with_a_tile_of_an_unknown_kind_is_not_all() -> Result<(), Error> {
    let new = json!({"musicTwoRowItemRenderer": {"navigationEndpoint": {"createPlaylistEndpoint": {}}}});
    for (tile, extent) in [(new, Extent::Whole), (json!({"novelTile": {}}), Extent::Cut)] {
        let mut page = grid(&["PLa"]);
        page["contents"]["gridRenderer"]["items"].as_array_mut().unwrap().push(tile);
        let (base, _) = serve(move |_| said(SIGNED_IN, &page)).await;
        assert_eq!(listed(&Account::new().catalogue(&base)).await?, ("PLa".to_owned(), extent));
    }
    Ok(())
}

#[tokio::test]
async fn an_empty_library_is_what_youtube_says_to_be_one() -> Result<(), Error> {
    let account = Account::new();
    let (base, _) = serve(|_| said(SIGNED_IN, &grid(&["SE"]))).await;
    assert_eq!(listed(&account.catalogue(&base)).await?, (String::new(), Extent::Whole));
    let (base, _) = serve(|_| grid(&[]).to_string().into_response()).await;
    let error = account.catalogue(&base).library().await.expect_err("it does not say whose");
    assert!(matches!(error, ListError::SignedOut(_)), "{error}");
    let (base, _) = serve(|_| said(SIGNED_IN, &json!({"contents": {"novelRenderer": {}}}))).await;
    let error = account.catalogue(&base).library().await.expect_err("another shape");
    assert!(matches!(error, ListError::NotUnderstood(Unusable::Shape, FlatError::Library)), "{error}");
    let (base, requests) = serve(|_| said(SIGNED_IN, &grid(&["PLa"]))).await;
    let half = Account::with(&["SAPISID"]);
    let error = half.catalogue(&base).library().await.expect_err("no LOGIN_INFO");
    assert!(error.to_string().contains("lacks LOGIN_INFO") && requests.lock().unwrap().is_empty(), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_library_that_goes_on_and_on_ends() -> Result<(), Error> {
    let (base, requests) = serve(|request| {
        // A token that is new each time, and no playlist.
        let items = json!([token(&format!("{}x", request.what))]);
        let mut page = grid(&["PLa"]);
        if request.what == LIBRARY {
            page["contents"]["gridRenderer"]["items"].as_array_mut().unwrap().push(token("x"));
        } else {
            page = json!({"appendContinuationItemsAction": {"continuationItems": items}});
        }
        said(SIGNED_IN, &page)
    })
    .await;
    assert_eq!(listed(&Account::new().catalogue(&base)).await?.0, "PLa");
    assert_eq!(requests.lock().unwrap().len(), 5);
    Ok(())
}
