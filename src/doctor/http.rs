//! Requests to the relay and to YouTube.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, redirect};

use crate::reason::on_one_line;
use crate::tls;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// A client for `url` that follows nobody and waits for no one.
pub(super) fn client(url: &str) -> ClientBuilder {
    tls::provide();
    let client =
        Client::builder().redirect(redirect::Policy::none()).connect_timeout(PATIENCE).timeout(PATIENCE);
    // Reading the system's certificates takes longer than all else, and the relay has none.
    if url.starts_with("https:") { client } else { client.tls_certs_only([]) }
}

/// Why a request failed, on one line, without its address, which whoever asked names better.
pub(super) fn why(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer for {} s", PATIENCE.as_secs());
    }
    let error = error.without_url();
    // The innermost cause is the system's own, such as "Connection refused".
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    on_one_line(cause)
}
