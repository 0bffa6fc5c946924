//! Where the listings come from, and how many of them at once.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use crate::config::{self, Config};
use crate::library::{Playlist, PlaylistId};
use crate::youtube::{Account, Catalogue, Extent, LIKED_MUSIC, ListError, Listing, Standing};

/// A catalogue for a configuration: made anew when that changes.
pub type MakeCatalogue = Arc<dyn Fn(&Config) -> Catalogue + Send + Sync>;

/// Listings, as they come in.
pub(super) type Listings = BoxStream<'static, (PlaylistId, Result<Listing, ListError>)>;

/// Where the listings come from.
#[derive(Clone)]
pub enum Source {
    /// YouTube: the account's playlists, and those that the configuration names.
    YouTube(MakeCatalogue),
    /// These and no others: the demo's.
    Fixed(Vec<Playlist>),
}

/// Lists, of one source as it is configured. Cheap to clone.
#[derive(Clone)]
pub(super) enum Lister {
    YouTube(Catalogue),
    Fixed(Arc<HashMap<PlaylistId, Playlist>>),
    #[cfg(test)]
    Scripted(Arc<super::tests::Script>),
}

/// Makes a [`Lister`] of a source, and keeps it for as long as it serves: it has connections, and
/// it knows how fast YouTube wants to be asked.
pub(super) struct Listers {
    source: Source,
    made: Option<(config::YouTube, config::Resolver, Lister)>,
    /// Takes the place of YouTube.
    #[cfg(test)]
    pub(super) script: Option<Arc<super::tests::Script>>,
}

impl Listers {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            made: None,
            #[cfg(test)]
            script: None,
        }
    }

    /// The lister for this configuration.
    pub(super) fn lister(&mut self, config: &Config) -> Lister {
        // What is listed, and under which name, is nothing to the catalogue.
        let youtube = config::YouTube {
            playlists: vec![],
            library: false,
            liked: false,
            prefix: String::new(),
            ..config.youtube.clone()
        };
        if let Some((made_of, resolver, lister)) = &self.made
            && (made_of, resolver) == (&youtube, &config.resolver)
        {
            return lister.clone();
        }
        let lister = self.make(config);
        self.made = Some((youtube, config.resolver.clone(), lister.clone()));
        lister
    }

    fn make(&self, config: &Config) -> Lister {
        #[cfg(test)]
        if let Some(script) = &self.script {
            return script.lister();
        }
        match &self.source {
            Source::YouTube(catalogue) => Lister::YouTube(catalogue(config)),
            Source::Fixed(playlists) => {
                let by_id = playlists.iter().map(|playlist| (playlist.id.clone(), playlist.clone()));
                Lister::Fixed(Arc::new(by_id.collect()))
            }
        }
    }

    /// The playlists that are asked for by name, in order.
    pub(super) fn named(&self, config: &Config) -> Vec<PlaylistId> {
        match &self.source {
            Source::Fixed(playlists) => playlists.iter().map(|playlist| playlist.id.clone()).collect(),
            Source::YouTube(_) => config.youtube.playlists.clone(),
        }
    }

    /// What of the account is wanted too.
    pub(super) fn of_account(&self, config: &Config) -> Wanted {
        let config::YouTube { cookies, library, liked, .. } = &config.youtube;
        let signed_in = cookies.is_some() && matches!(self.source, Source::YouTube(_));
        Wanted { library: signed_in && *library, liked: signed_in && *liked }
    }
}

/// What of the account is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Its own and saved playlists.
    pub(super) library: bool,
    /// Liked Music, which everybody has; the library may show it or not.
    pub(super) liked: bool,
}

impl Wanted {
    pub(super) fn is_any(self) -> bool {
        self.library || self.liked
    }

    /// Whether this playlist of the account's is.
    pub(super) fn has(self, id: &PlaylistId) -> bool {
        if id.as_str() == LIKED_MUSIC { self.liked } else { self.library }
    }
}

impl Lister {
    /// The account's library.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request.
    pub(super) async fn account(self) -> Result<Account, ListError> {
        match self {
            Self::YouTube(catalogue) => catalogue.library().await,
            Self::Fixed(_) => Ok(Account::default()),
            #[cfg(test)]
            Self::Scripted(script) => script.account().await,
        }
    }

    /// Whether YouTube takes the account's cookies, as far as is known; `None` where there are none.
    pub(super) fn sign_in(&self) -> Option<Standing> {
        match self {
            Self::YouTube(catalogue) => catalogue.sign_in(),
            Self::Fixed(_) => None,
            #[cfg(test)]
            Self::Scripted(script) => Some(script.sign_in()),
        }
    }

    /// Lists these, some at once; each comes as soon as it is done.
    ///
    /// # Cancel safety
    /// Dropping the stream ends what it waits for.
    pub(super) fn list(self, wanted: Vec<PlaylistId>) -> Listings {
        let listing = move |id: PlaylistId| {
            let lister = self.clone();
            async move {
                let listed = lister.list_one(&id).await;
                (id, listed)
            }
        };
        stream::iter(wanted).map(listing).buffer_unordered(Catalogue::IN_FLIGHT).boxed()
    }

    async fn list_one(&self, id: &PlaylistId) -> Result<Listing, ListError> {
        match self {
            Self::YouTube(catalogue) => catalogue.playlist(id).await,
            Self::Fixed(playlists) => {
                let Playlist { id, title, entries, updated } =
                    playlists.get(id).cloned().ok_or(ListError::Missing)?;
                let (title, extent) = (Some(title), Extent::Whole);
                Ok(Listing { id, title, entries, updated, extent, unavailable: 0, skipped: 0 })
            }
            #[cfg(test)]
            Self::Scripted(script) => script.list(id).await,
        }
    }
}
