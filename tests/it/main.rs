//! Tests of the parts together, as the outside sees them: one binary, so that it links once.

#[cfg(test)]
mod player;
#[cfg(test)]
mod support;
