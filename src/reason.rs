//! Why something failed, for people: an error and its causes.

use std::error::Error;

/// The whole chain on one line: `what failed: why: and why that`.
pub fn on_one_line(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut level = Some(error);
    while let Some(error) = level {
        for word in error.to_string().split_whitespace() {
            if !text.is_empty() && !text.ends_with(' ') {
                text.push(' ');
            }
            text.push_str(word);
        }
        level = error.source();
        if level.is_some() {
            text.push_str(": ");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read\n  the file")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn causes_follow_on_the_same_line() {
        let error = Outer(std::io::Error::other("the disk is gone"));
        assert_eq!(on_one_line(&error), "cannot read the file: the disk is gone");
        assert_eq!(on_one_line(&std::io::Error::other("alone")), "alone");
    }
}
