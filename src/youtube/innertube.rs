//! Requests to InnerTube, the API behind YouTube Music's pages.
//!
//! Knows how to ask, as whom, how often and for how long; what an answer means is for
//! [`super::page`] and [`super::tiles`]. All requests go through the [`Gate`].

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::Bytes;
use jiff::Timestamp;
use reqwest::{Client, ClientBuilder, RequestBuilder, Url, redirect};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};
use tracing::debug;
use url::Host;
use url::form_urlencoded::byte_serialize;

use super::LIBRARY;
use super::answer::{Refusal, answer, set_cookies};
use super::error::{BrowseError, Unreachable};
use super::gate::{Gate, LONGEST_WAIT};
use super::page::{Continuation, is_web_page};
use super::sign::{self, ORIGIN, Seen};
use crate::cookies::{Cookies, Session, Standing};
use crate::reason::on_one_line;
use crate::tls;

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long one request may take, to the last byte of its answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// An answer that is this long in coming has its connection asked whether anybody is there. Over
/// HTTP/2, a request that runs out of time leaves its connection open for the next ones: after the
/// machine has slept, or changed networks, each of them would wait for the same dead one.
const DOUBT_AFTER: Duration = Duration::from_secs(5);

/// How long it may take to say so; it does however long the answer takes. The two are less than
/// [`REQUEST_TIMEOUT`], so that already the first request finds out.
const PONG_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a request is tried again when it fails in passing.
const RETRIES: usize = 4;

/// It is not tried again once it has taken as long as this many that get no answer: a YouTube that
/// stalls would keep us for minutes with each playlist.
const MOST_STALLS: u32 = 2;

/// Before the first retry; doubles with each.
const FIRST_RETRY: Duration = Duration::from_millis(500);

/// YouTube sends those that are no browser to another page.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A connection to InnerTube. Cheap to clone: clones share the connections and the gate.
#[derive(Clone)]
pub(super) struct InnerTube {
    /// Without a trailing slash.
    base: String,
    /// Which of the browser's accounts.
    account: u32,
    cookies: Cookies,
    /// Made by the first request: it reads the system's certificates, which may be missing, and
    /// plain configuration should not fail for that.
    client: Arc<OnceCell<Client>>,
    gate: Arc<Gate>,
    first_retry: Duration,
    /// [`REQUEST_TIMEOUT`], but in a test.
    timeout: Duration,
}

/// What to ask for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Browse<'a> {
    /// A page by its browse id, such as `VLPL...`.
    Page(&'a str),
    /// What follows on the page with that id.
    More(&'a str, &'a Continuation),
}

impl Browse<'_> {
    /// Whether this status refuses who asks. A 403 may also refuse what is asked for, unless that
    /// is the library, which everybody has who is signed in.
    fn is_for_the_cookies(self, status: u16) -> bool {
        let of_library = matches!(self, Self::Page(id) | Self::More(id, _) if id == LIBRARY);
        status == 401 || status == 403 && of_library
    }
}

/// As whom to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whom {
    /// As the account's owner, if there are cookies.
    Owner,
    /// As anybody.
    Anybody,
}

/// An answer: what it means is for [`super::page`] to judge.
pub(super) struct Answer {
    pub(super) body: Bytes,
    /// Whom YouTube saw; [`Seen::Unsaid`] where nobody was to be seen.
    pub(super) seen: Seen,
}

/// Why one try failed.
pub(super) enum Failure {
    /// Another try may help.
    Passing(Unreachable),
    /// The cookies were not taken, and there are others by now: YouTube rotated them in answer to
    /// another request, or the user has exported them anew.
    Outdated,
    Final(BrowseError),
}

impl InnerTube {
    /// InnerTube at `base`, such as `https://music.youtube.com`, for this account of the cookies.
    pub(super) fn new(base: &str, cookies: Cookies, account: u32) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        let (client, gate) = (Arc::default(), Arc::new(Gate::new()));
        let (first_retry, timeout) = (FIRST_RETRY, REQUEST_TIMEOUT);
        Self { base, account, cookies, client, gate, first_retry, timeout }
    }

    /// The same, in a hurry.
    #[cfg(test)]
    pub(super) fn in_a_hurry(self) -> Self {
        let gate = Arc::new(Gate::every(Duration::ZERO));
        Self { gate, first_retry: Duration::from_millis(1), ..self }
    }

    /// The same, which waits for no answer longer than this.
    #[cfg(test)]
    pub(super) fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Whether YouTube takes the account's cookies; `None` without any.
    pub(super) fn standing(&self) -> Option<Standing> {
        self.cookies.is_configured().then(|| self.cookies.standing())
    }

    /// Nothing is asked for this long, as YouTube wants to be left alone.
    pub(super) fn rest(&self, pause: Duration, why: &str) {
        self.gate.rest(pause, why);
    }

    /// Asks until there is an answer or no hope.
    ///
    /// # Errors
    /// `SignedOut` when it is to be asked as the account's owner, and the cookies cannot be used or
    /// the request is refused for them.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request.
    pub(super) async fn ask(&self, browse: Browse<'_>, whom: Whom) -> Result<Answer, BrowseError> {
        let mut pauses = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.first_retry)
            .with_max_delay(LONGEST_WAIT)
            .with_max_times(RETRIES)
            .build();
        let began = Instant::now();
        loop {
            let why = match self.try_once(browse, whom).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Outdated) if pauses.next().is_some() => continue,
                Err(Failure::Outdated) => return Err(BrowseError::SignedOut(self.refusal(STRANGER))),
                Err(Failure::Passing(why)) => why,
            };
            let pause = pauses.next();
            if let Unreachable::Busy { status, retry_after } = why
                && (status == 429 || retry_after.is_some())
            {
                // It means all of us, not only this request.
                let rest = retry_after.unwrap_or_default().max(pause.unwrap_or_default());
                self.gate.rest(rest, &why.to_string());
            }
            let too_long = why.retry_after().is_some_and(|asked| asked > LONGEST_WAIT)
                || began.elapsed() >= self.timeout * MOST_STALLS;
            let (Some(pause), false) = (pause, too_long) else {
                return Err(BrowseError::Unreachable(why));
            };
            debug!(%why, ?pause, "InnerTube did not answer; trying again");
            sleep(pause).await;
        }
    }

    async fn try_once(&self, browse: Browse<'_>, whom: Whom) -> Result<Answer, Failure> {
        let pass = self.gate.enter().await.map_err(|why| Failure::Final(BrowseError::Unreachable(why)))?;
        let session = match whom {
            // Anew for each request: an answer may have rotated them.
            Whom::Owner => self.session().await?,
            Whom::Anybody => None,
        };
        let mut request = self.request(browse).await?;
        if let Some(session) = &session {
            request = request.headers(sign::headers(session, self.account, Timestamp::now()));
        }
        let response = request.send().await?;
        let set_cookies = set_cookies(response.headers());
        let answer = answer(response).await;
        drop(pass);
        let Some(session) = session else {
            return answer.map(|body| Answer { body, seen: Seen::Unsaid }).map_err(Refusal::of_anybody);
        };
        let (seen, why) = match &answer {
            Ok(body) => (sign::seen(body), self.refusal(STRANGER)),
            Err(Refusal::SignIn) => (Seen::Stranger, self.refusal(SIGN_IN_PAGE)),
            Err(Refusal::Status(status)) if browse.is_for_the_cookies(*status) => {
                (Seen::Stranger, self.refusal(&format!("YouTube answers HTTP {status}")))
            }
            Err(_) => (Seen::Unsaid, String::new()),
        };
        // Errors do not say whom they are for: what is missing to a stranger may well be there.
        let doubtful = matches!(answer, Err(Refusal::Status(_) | Refusal::Other(Failure::Final(_))));
        if (doubtful || seen == Seen::Stranger) && !self.is_current(&session).await {
            return Err(Failure::Outdated);
        }
        match seen {
            Seen::Owner => self.cookies.note(&session, Standing::Taken),
            Seen::Stranger => {
                debug!(why, "the account's cookies are not taken");
                self.cookies.note(&session, Standing::Refused(why.clone()));
            }
            Seen::Unsaid => {}
        }
        // What a stranger is told is of no use, and neither is what comes with an error.
        if seen != Seen::Stranger && matches!(&answer, Ok(body) if !is_web_page(body)) {
            self.cookies.rotate(&session, set_cookies).await;
        }
        match answer {
            Ok(body) => Ok(Answer { body, seen }),
            Err(refusal) if seen == Seen::Unsaid => Err(refusal.of_anybody()),
            Err(_) => Err(Failure::Final(BrowseError::SignedOut(why))),
        }
    }

    /// Why the cookies are not taken. Of all accounts but the first, there may be none.
    fn refusal(&self, why: &str) -> String {
        match self.account {
            0 => why.to_owned(),
            other => format!("{why}, or `youtube.account = {other}` is wrong"),
        }
    }

    /// The account's cookies, if there are any.
    async fn session(&self) -> Result<Option<Arc<Session>>, Failure> {
        let signed_out = |why| Failure::Final(BrowseError::SignedOut(why));
        if self.cookies.is_configured() && !is_youtubes(&self.base) {
            return Err(signed_out(format!("{} is not YouTube, and is shown no cookies", self.base)));
        }
        self.cookies.session().await.map_err(|error| signed_out(on_one_line(&error)))
    }

    /// Whether these are the account's cookies still.
    async fn is_current(&self, session: &Session) -> bool {
        matches!(self.cookies.session().await, Ok(Some(now)) if now.is_same_sign_in(session))
    }

    /// The request, with all headers but those that sign it.
    async fn request(&self, browse: Browse<'_>) -> Result<RequestBuilder, Failure> {
        // It is for want of certificates: all the other settings are our own.
        let no_certificates = |error| Failure::Final(BrowseError::NoCertificates(error));
        let client = self.client.get_or_try_init(async || client().build()).await.map_err(no_certificates)?;
        let mut url = format!("{}/youtubei/v1/browse?alt=json&prettyPrint=false", self.base);
        if let Browse::More(_, Continuation::Query(token)) = browse {
            let token: String = byte_serialize(token.as_bytes()).collect();
            let _ = write!(url, "&ctoken={token}&continuation={token}");
        }
        let body = request_body(browse, Timestamp::now());
        let request = client.post(url).timeout(self.timeout);
        Ok(request.header("Origin", ORIGIN).header("X-Origin", ORIGIN).json(&body))
    }
}

/// What is said of cookies that YouTube does not take.
const STRANGER: &str = "YouTube no longer knows who we are";
const SIGN_IN_PAGE: &str = "YouTube wants a new sign-in";

fn client() -> ClientBuilder {
    tls::provide();
    Client::builder()
        .user_agent(USER_AGENT)
        // They lead to web pages, and a signed request is for YouTube Music only.
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        // Not while it idles: the pool lets go of idle connections after 90 s.
        .http2_keep_alive_interval(DOUBT_AFTER)
        .http2_keep_alive_timeout(PONG_TIMEOUT)
}

/// Whether cookies may be shown at this address: YouTube's, or this machine's for tests.
fn is_youtubes(base: &str) -> bool {
    let Ok(url) = Url::parse(base) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => {
            let own = name == "youtube.com" || name.ends_with(".youtube.com");
            name == "localhost" || own && url.scheme() == "https"
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn request_body(browse: Browse<'_>, now: Timestamp) -> Value {
    let version = now.strftime("1.%Y%m%d.01.00").to_string();
    // `hl`: so that YouTube's refusals are in the language of ours. The account's may win.
    let client = json!({"clientName": "WEB_REMIX", "clientVersion": version, "hl": "en"});
    let context = json!({"client": client, "user": {}});
    match browse {
        Browse::More(_, Continuation::Body(token)) => json!({"context": context, "continuation": token}),
        Browse::Page(id) | Browse::More(id, Continuation::Query(_)) => {
            json!({"context": context, "browseId": id})
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn the_client_is_of_today() -> Result<(), jiff::Error> {
        let now: Timestamp = "2026-03-09T23:59:59Z".parse()?;
        let body = request_body(Browse::Page("VLPLx"), now);
        assert_eq!(body["context"]["client"]["clientVersion"], "1.20260309.01.00");
        assert_eq!(body["browseId"], "VLPLx");
        Ok(())
    }

    /// With a YouTube that has vanished: what it gets is not even acknowledged.
    #[tokio::test]
    async fn a_dead_connection_is_found_out_by_its_first_request() -> Result<(), Box<dyn std::error::Error>> {
        let youtube = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/", youtube.local_addr()?);
        // Without TLS, which would have the two agree on HTTP/2.
        let client = client().no_proxy().http2_prior_knowledge().build()?;
        let ask = || tokio::spawn(client.post(&url).timeout(REQUEST_TIMEOUT).send());
        let asked = ask();
        let (mut dead, _) = youtube.accept().await?;
        // It has begun with its settings: an empty frame of type 4 (RFC 9113, 4.1 and 6.5).
        dead.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await?;
        dead.read_exact(&mut [0; 24]).await?;
        tokio::time::pause();
        let began = Instant::now();
        assert!(asked.await?.is_err());
        assert!(began.elapsed() < REQUEST_TIMEOUT);
        tokio::time::resume();
        // The next one has a connection of its own.
        let _asked = ask();
        youtube.accept().await?;
        Ok(())
    }

    #[test]
    fn cookies_are_for_youtube() {
        for (base, expected) in [
            ("https://music.youtube.com", true),
            ("https://youtube.com", true),
            ("http://127.0.0.1:4711", true),
            ("http://[::1]:4711", true),
            ("http://localhost:4711", true),
            ("http://music.youtube.com", false),
            ("https://music.youtube.com.evil.example", false),
            ("https://notyoutube.com", false),
            ("http://192.168.1.2", false),
            ("nonsense", false),
        ] {
            assert_eq!(is_youtubes(base), expected, "{base}");
        }
    }
}
