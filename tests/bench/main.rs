//! The benchmark: real MPD, HAProxy and nginx beside ytmpd, on loopback, run by hand.
//!
//! `cargo bench` runs every row, `cargo bench -- relay` those whose names hold a word. What the
//! rows mean, and what was measured, is in `docs/benchmarks.md`. It is no test: it judges, and
//! ends with 0 whatever it finds.
#![allow(clippy::print_stdout, reason = "it prints its table")]

mod control;
mod cost;
#[path = "../fake_youtube/mod.rs"]
mod fake_youtube;
mod latency;
mod library;
mod lists;
mod load;
mod materialise;
mod media;
mod programs;
mod report;
mod sync;

use std::path::Path;

use anyhow::Context;
use report::Row;
use tempfile::TempDir;

/// What makes some rows of the table. The folder is its own.
type Section = fn(&Path, &mut dyn FnMut(Row)) -> anyhow::Result<()>;

const SECTIONS: &[(&str, Section)] = &[
    ("latency", latency::commands),
    ("queue", lists::ordinary),
    ("overlay", lists::overlay),
    ("stored", lists::stored),
    ("load", lists::load),
    ("materialise", materialise::written),
    ("relay", media::relay),
    ("next", latency::next),
    ("crowd", latency::crowd),
    ("control", control::status),
    ("memory", cost::memory),
    ("start", cost::start),
    ("sync", sync::sync),
];

fn main() -> anyhow::Result<()> {
    // Cargo itself adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let folder = TempDir::new().context("no temporary folder")?;
    println!("{}", report::machine());
    println!("{}", report::HEADER);
    for (name, section) in SECTIONS {
        if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
            let own = folder.path().join(name);
            std::fs::create_dir(&own)?;
            section(&own, &mut |row| println!("{row}")).with_context(|| format!("in `{name}`"))?;
        }
    }
    println!("{}", report::machine());
    Ok(())
}
