//! JSON without the parts that nobody reads, in one piece of memory.
//!
//! A page of 100 rows is 1.1 MB, nine tenths of which are menus and tracking: they are skipped. Of
//! the rest, texts stay where they are in the answer, and arrays and objects stand in an arena, which
//! goes as a whole when the page has been read. A recorded page takes 0.57 ms, 0.41 of which are what
//! serde_json needs to skip all of it; with `serde_json::Value` for what is left, it was 1.02 ms.

use std::fmt;
use std::str;

use bumpalo::Bump;
use bumpalo::collections::Vec;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Error, Number};

/// Whether the value of this key is left out, wherever it stands.
fn is_unread(key: &str) -> bool {
    matches!(
        key,
        "accessibility"
            | "accessibilityData"
            | "buttons"
            | "clickTrackingParams"
            | "displayPriority"
            | "height"
            | "loggingContext"
            | "menu"
            | "multiSelectCheckbox"
            | "overlay"
            | "responseContext"
            | "size"
            | "trackingParams"
    )
}

/// JSON of any shape, as far as it is read. `'a` is for the answer and the arena both.
#[derive(Debug, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(&'a str),
    Array(&'a [Json<'a>]),
    /// In the order of the answer. Of two with one key, the later counts.
    Object(&'a [Member<'a>]),
}

/// A member of an object.
pub(super) type Member<'a> = (&'a str, Json<'a>);

/// An arena with room for what is read of most answers: growing to that would take ten steps.
pub(super) fn arena(bytes: &[u8]) -> Bump {
    Bump::with_capacity(bytes.len().min(USUAL_NEED))
}

/// In bytes. Of larger answers, most is not read.
const USUAL_NEED: usize = 256 << 10;

/// `bytes` as JSON, without what is unread. What does not stand in `bytes` as it is goes to `arena`.
///
/// # Errors
/// When it is no JSON, or nested deeper than serde_json's limit of 128.
pub(super) fn parse<'a>(bytes: &'a [u8], arena: &'a Bump) -> Result<Json<'a>, Error> {
    // Whether it is UTF-8 is quicker told of the whole than of each text. Where it is not, it may
    // be a part that nobody reads.
    match str::from_utf8(bytes) {
        Ok(text) => read(serde_json::Deserializer::from_str(text), arena),
        Err(_) => read(serde_json::Deserializer::from_slice(bytes), arena),
    }
}

fn read<'a, R: serde_json::de::Read<'a>>(
    mut from: serde_json::Deserializer<R>,
    arena: &'a Bump,
) -> Result<Json<'a>, Error> {
    let json = Lean(arena).deserialize(&mut from)?;
    from.end()?;
    Ok(json)
}

impl<'a> Json<'a> {
    /// The member `key`, or null if there is none or this is no object.
    pub(super) fn at(&self, key: &str) -> &'a Self {
        self.get(key).unwrap_or(&Json::Null)
    }

    /// The member `key`, if this is an object and has one.
    pub(super) fn get(&self, key: &str) -> Option<&'a Self> {
        let (_, value) = self.as_object()?.iter().rfind(|(other, _)| *other == key)?;
        Some(value)
    }

    pub(super) fn as_object(&self) -> Option<&'a [Member<'a>]> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    pub(super) fn as_array(&self) -> Option<&'a [Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    pub(super) fn as_str(&self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number, if it is a whole one and not negative.
    pub(super) fn as_u64(&self) -> Option<u64> {
        if let Self::Number(number) = self { number.as_u64() } else { None }
    }

    pub(super) fn as_f64(&self) -> Option<f64> {
        if let Self::Number(number) = self { number.as_f64() } else { None }
    }

    pub(super) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    pub(super) fn is_array(&self) -> bool {
        matches!(self, Self::Array(_))
    }

    pub(super) fn is_string(&self) -> bool {
        matches!(self, Self::Text(_))
    }
}

/// Reads one value.
#[derive(Clone, Copy)]
struct Lean<'a>(&'a Bump);

impl<'a> DeserializeSeed<'a> for Lean<'a> {
    type Value = Json<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Json<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Lean<'a> {
    type Value = Json<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'a>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'a>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'a>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'a>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'a>, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Json<'a>, E> {
        Ok(Json::Text(text))
    }

    /// With escapes.
    fn visit_str<E>(self, text: &str) -> Result<Json<'a>, E> {
        Ok(Json::Text(self.0.alloc_str(text)))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Json<'a>, A::Error> {
        let mut array = Vec::new_in(self.0);
        while let Some(item) = items.next_element_seed(self)? {
            array.push(item);
        }
        Ok(Json::Array(array.into_bump_slice()))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<Json<'a>, A::Error> {
        let mut object = Vec::new_in(self.0);
        while let Some(key) = members.next_key_seed(Key(self.0))? {
            match key {
                Some(key) => object.push((key, members.next_value_seed(self)?)),
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Json::Object(object.into_bump_slice()))
    }
}

/// Reads an object's key, if its value is read.
struct Key<'a>(&'a Bump);

impl<'a> DeserializeSeed<'a> for Key<'a> {
    type Value = Option<&'a str>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Key<'a> {
    type Value = Option<&'a str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'a str) -> Result<Self::Value, E> {
        Ok((!is_unread(key)).then_some(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok((!is_unread(key)).then(|| &*self.0.alloc_str(key)))
    }
}

/// Reads what tests write as a [`serde_json::Value`].
#[cfg(test)]
pub(super) fn with<T>(value: &serde_json::Value, read: impl FnOnce(&Json<'_>) -> T) -> T {
    let (arena, text) = (Bump::new(), value.to_string());
    read(&parse(text.as_bytes(), &arena).expect("a value is JSON"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_unread_is_missing() -> Result<(), Error> {
        let text = br#"{"a":[1,-2,3.5,null,true,"x\n"],"menu":{"a":[{}]},"b":{"overlay":1,"c":{}}}"#;
        let arena = Bump::new();
        let read = parse(text, &arena)?;
        with(&json!({"a": [1, -2, 3.5, null, true, "x\n"], "b": {"c": {}}}), |expected| {
            assert_eq!(&read, expected);
        });
        assert!(parse(b"<html>", &arena).is_err() && parse(b"{} {}", &arena).is_err());
        assert!(
            parse("[".repeat(100_000).as_bytes(), &arena).is_err(),
            "deep nesting is an error, not a crash"
        );
        Ok(())
    }

    #[test]
    fn the_last_of_a_key_counts() -> Result<(), Error> {
        let arena = Bump::new();
        let read = parse(br#"{"c":1,"a":2,"\u0062":3,"c":4,"men\u0075":5}"#, &arena)?;
        for (key, value) in [("a", Some(2)), ("b", Some(3)), ("c", Some(4)), ("d", None), ("menu", None)] {
            assert_eq!(
                (read.get(key).and_then(Json::as_u64), read.at(key).as_u64()),
                (value, value),
                "{key}"
            );
        }
        assert_eq!(read.at("d").at("e"), &Json::Null);
        Ok(())
    }

    #[test]
    fn what_is_no_utf_8_matters_where_it_is_read() {
        let arena = Bump::new();
        assert!(parse(b"{\"menu\":\"\xff\",\"a\":1}", &arena).is_ok());
        assert!(parse(b"{\"a\":\"\xff\"}", &arena).is_err());
    }
}
