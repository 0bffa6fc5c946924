//! A rule that holds for ever, or for a number of requests.

use super::knobs::{MediaRule, MusicRule};

/// A rule that says how many requests it holds for.
pub trait Limited: Clone + Default {
    fn times(&mut self) -> &mut Option<u32>;
}

impl Limited for MediaRule {
    fn times(&mut self) -> &mut Option<u32> {
        &mut self.times
    }
}

impl Limited for MusicRule {
    fn times(&mut self) -> &mut Option<u32> {
        &mut self.times
    }
}

/// The rule for one request: `rule`, which is then used up by one; the default when it is spent.
pub fn apply<R: Limited>(rule: &mut R) -> R {
    match rule.times() {
        Some(0) => *rule = R::default(),
        Some(left) => *left -= 1,
        None => {}
    }
    rule.clone()
}
