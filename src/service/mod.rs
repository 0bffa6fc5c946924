//! What the operating system asks of a daemon: signals, a log, and word to a service manager.
//!
//! Nothing else in the program listens to signals, knows where the log goes or what systemd wants.

pub mod logging;
pub mod signals;
mod supervisor;

pub use supervisor::Supervisor;
