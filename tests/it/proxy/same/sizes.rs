//! How much is tried, and with which chance.

use std::env;
use std::time::UNIX_EPOCH;

/// What every run does is bounded; `tests/run.sh --all` does many times that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Usual,
    All,
}

impl Size {
    /// As the environment says.
    pub(super) fn wanted() -> Self {
        if env::var_os("YTMPD_TESTS_ALL").is_some() { Self::All } else { Self::Usual }
    }

    /// One number or the other.
    pub(super) fn of(self, usual: usize, all: usize) -> usize {
        match self {
            Self::Usual => usual,
            Self::All => all,
        }
    }

    /// The first seed of what is left to chance: `$YTMPD_SAME_SEED`, to play again what a failure
    /// has named; else always the same, or with `--all` always another.
    pub(super) fn seed(self) -> u64 {
        let named = env::var("YTMPD_SAME_SEED").ok().map(|seed| seed.parse().expect("a number"));
        named.unwrap_or_else(|| match self {
            Self::Usual => 1,
            Self::All => UNIX_EPOCH.elapsed().unwrap().as_secs() * 1_000_000,
        })
    }
}

/// Numbers that look like chance (SplitMix64).
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }

    /// One of them.
    pub(super) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
