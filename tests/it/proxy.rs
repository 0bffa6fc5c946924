//! The proxy between real clients' bytes and a real MPD: what must not change, and what must.

mod clients;
mod names;
mod queue;
mod relay_uris;
mod same;
