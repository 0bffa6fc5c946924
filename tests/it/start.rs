//! The process's edges: how it starts, what it does without what it needs, what it leaves behind.

mod children;
mod command_line;
mod hangup;
mod library;
mod reload;
mod stop;
mod upstream;
