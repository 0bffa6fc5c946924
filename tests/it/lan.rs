//! ytmpd on a network: clients and MPD on other hosts.

mod announced;
mod elsewhere;
mod hosts;
