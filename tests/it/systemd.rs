//! What systemd does for a service and asks of it, played by the tests: sockets that are opened
//! beforehand, folders, the notify socket and the watchdog; and the units themselves.

mod folders;
mod manager;
mod notify;
mod sockets;
mod units;
