//! Tests of the parts together, as the outside sees them: one binary, so that it links once.

// `cfg(test)` is what tells clippy that these are tests all over.
#[cfg(test)]
mod account;
#[cfg(test)]
mod account_job;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod covers;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod fake;
#[cfg(test)]
#[path = "../fake_youtube/mod.rs"]
mod fake_youtube;
#[cfg(test)]
mod install;
#[cfg(test)]
mod lan;
#[cfg(test)]
mod links;
#[cfg(test)]
mod main_job;
#[cfg(test)]
mod materialise;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod player;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod setups;
#[cfg(test)]
mod start;
#[cfg(test)]
mod support;
#[cfg(test)]
mod sync;
#[cfg(test)]
mod systemd;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod ytmpctl;
