//! Sizes and offsets in arguments.

/// A text that MPD takes for no size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotUnsigned {
    /// It is no whole number.
    NoInteger,
    /// It does not fit 32 bits, or is negative.
    TooLarge,
}

/// A size or an offset, as `ParseCommandArgUnsigned` reads it (`protocol/ArgParser.cxx`): with C's
/// `strtoul`, so that `+5`, ` 5` and `-0` are numbers.
///
/// # Errors
/// As MPD tells them apart.
pub fn unsigned(arg: &[u8]) -> Result<u32, NotUnsigned> {
    let text = std::str::from_utf8(arg).map_err(|_| NotUnsigned::NoInteger)?;
    // Vertical tabs are white space in C.
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\x0B');
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotUnsigned::NoInteger);
    }
    let number: u64 = digits.parse().map_err(|_| NotUnsigned::TooLarge)?;
    let number = if negative { number.wrapping_neg() } else { number };
    u32::try_from(number).map_err(|_| NotUnsigned::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asked of MPD 0.23.12.
    #[test]
    fn numbers_are_mpds() {
        for (arg, expect) in [
            ("0", Ok(0)),
            ("007", Ok(7)),
            ("+5", Ok(5)),
            (" 5", Ok(5)),
            ("-0", Ok(0)),
            ("2147483648", Ok(1 << 31)),
            ("4294967295", Ok(u32::MAX)),
            ("4294967296", Err(NotUnsigned::TooLarge)),
            ("-1", Err(NotUnsigned::TooLarge)),
            ("99999999999999999999999", Err(NotUnsigned::TooLarge)),
            ("x", Err(NotUnsigned::NoInteger)),
            ("", Err(NotUnsigned::NoInteger)),
            ("5x", Err(NotUnsigned::NoInteger)),
            ("0x10", Err(NotUnsigned::NoInteger)),
            ("1.5", Err(NotUnsigned::NoInteger)),
            ("- 5", Err(NotUnsigned::NoInteger)),
        ] {
            assert_eq!(unsigned(arg.as_bytes()), expect, "{arg}");
        }
    }
}
