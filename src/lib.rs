//! ytmpd: an MPD proxy that adds YouTube and YouTube Music playlists to MPD's own.
//!
//! Clients connect here instead of to MPD. Each gets its own connection to the real MPD, over
//! which nearly everything passes untouched; the user's YouTube playlists appear beside MPD's
//! stored playlists. MPD reads the songs from an HTTP relay in this same process, which has
//! `yt-dlp` find the audio when a song is about to play.
//!
//! The modules, in reading order. Each imports only from those above it that its line names;
//! `tests/` checks this table.
//!
//! | module | what it is | may import |
//! |---|---|---|
//! | [`proto`] | MPD's wire format, without I/O | - |
//! | [`reason`] | why something failed, on one line for people | - |
//! | [`words`] | numbers and times, as people say them | - |
//! | [`tls`] | the cryptography that requests over HTTPS use | - |
//! | [`disk`] | files that are replaced as a whole | - |
//! | [`library`] | tracks, playlists and the snapshot that everyone reads | disk |
//! | [`config`] | what the user asked for, always valid | library |
//! | [`net`] | addresses, listening and connecting | config |
//! | [`mpd`] | the daemon's own connections to MPD | net, config |
//! | [`cookies`] | the account's cookies | disk, reason |
//! | [`ytdlp`] | runs `yt-dlp` as a child that never outlives us | config, cookies, disk |
//! | [`youtube`] | listing playlists | config, library, cookies, ytdlp, reason, tls |
//! | [`resolver`] | a video id to a stream URL | config, library, ytdlp |
//! | [`relay`] | the HTTP server that MPD reads from | library, resolver, config, net, disk, reason, tls |
//! | [`session`] | one client, from accept to close | proto, net, library, config |
//! | [`player`] | tags, prepares and stops songs in MPD's queues | proto, net, mpd, library, config, reason |
//! | [`materialise`] | the virtual playlists as real ones, and whose MPD's playlists are | net, mpd, library, config, disk, reason |
//! | [`sync`] | keeps the library in step with YouTube | youtube, library, config, disk, reason |
//! | [`control`] | the control socket: messages, server and client | library, net, config, sync |
//! | [`doctor`] | looks for what keeps music from playing | config, net, proto, mpd, cookies, ytdlp, relay, sync, control, disk, reason, words, tls |
//! | [`ctl`] | what `ytmpctl` does and prints | config, control, doctor, sync, reason, words |
//! | [`service`] | signals, the log, systemd | config |
//! | [`zeroconf`] | announces the proxy on the local network | config |
//! | [`demo`] | a private MPD and a catalogue of tones | library, resolver, config |
//! | [`app`] | builds all of it and owns the shutdown | all |

pub mod proto;
pub mod reason;
pub mod words;
pub mod tls;
pub mod disk;
pub mod library;
pub mod config;
pub mod net;
pub mod mpd;
pub mod cookies;
pub mod ytdlp;
pub mod youtube;
pub mod resolver;
pub mod relay;
pub mod session;
pub mod player;
pub mod materialise;
pub mod sync;
pub mod control;
pub mod doctor;
pub mod ctl;
pub mod service;
pub mod zeroconf;
pub mod demo;
pub mod app;
