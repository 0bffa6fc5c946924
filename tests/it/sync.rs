//! The sync of a running daemon: what follows YouTube, what its clients hear of it, and what is on
//! disk whenever it ends.

mod account;
mod files;
mod follow;
