//! What the operating system asks of a daemon: signals and a log.
//!
//! Nothing else in the program listens to signals or knows where the log goes.

pub mod logging;
pub mod signals;
