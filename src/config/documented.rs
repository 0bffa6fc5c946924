//! docs/configuration.md and docs/config.example.toml against the code.

use std::collections::BTreeMap;

use toml::Value;

use super::change::at_restart;
use super::raw::RawConfig;
use super::{ConfigError, Environment, Secret};

const PAGE: &str = include_str!("../../docs/configuration.md");
const EXAMPLE: &str = include_str!("../../docs/config.example.toml");

/// Every key there is, with its default.
fn keys() -> BTreeMap<String, Value> {
    pairs(&RawConfig::default().to_table())
}

fn pairs(table: &toml::Table) -> BTreeMap<String, Value> {
    let mut pairs = BTreeMap::new();
    for (section, keys) in table {
        for (key, value) in keys.as_table().unwrap() {
            pairs.insert(format!("{section}.{key}"), value.clone());
        }
    }
    pairs
}

/// What the page says of each key on the line of facts below its heading.
fn facts() -> BTreeMap<String, &'static str> {
    let sections = PAGE.split("\n### `").skip(1);
    let facts = sections.map(|section| {
        let (key, rest) = section.split_once("`\n\n").unwrap();
        (key.to_owned(), rest.lines().next().unwrap())
    });
    facts.collect()
}

#[test]
fn the_page_has_every_key_with_its_default_and_whether_it_needs_a_restart() {
    let facts = facts();
    assert_eq!(facts.keys().collect::<Vec<_>>(), keys().keys().collect::<Vec<_>>());
    for (key, default) in keys() {
        let facts = facts[&key];
        assert!(facts.contains(&format!("; default `{default}`")), "{key} = {default}: {facts}");
        assert_eq!(facts.ends_with("; at restart."), at_restart(&key), "{key}: {facts}");
        let kind = match &default {
            _ if key == "sync.materialise" => "`\"mpd\"`, `\"files\"` or `\"off\"`;",
            Value::Boolean(_) => "True or false;",
            Value::Array(_) if key == "proxy.listen" => "Address or list of addresses;",
            Value::Array(_) => "ist of texts;",
            Value::Integer(_) => " to ",
            _ => "",
        };
        assert!(facts.contains(kind), "{key}: {facts}");
    }
}

#[test]
fn the_page_has_the_bounds_of_every_number() {
    for (key, default) in keys() {
        let Value::Integer(_) = default else { continue };
        let text = format!("{key} = {}", i64::MIN);
        let raw: RawConfig = toml::from_str(&text).unwrap();
        let refused = raw.meaning(Some("/".as_ref()), &Environment::default()).unwrap_err();
        let refused = ConfigError::value(None, refused).to_string();
        let bounds = refused.split("out of bounds: ").nth(1).unwrap().trim_end_matches(" is expected");
        assert!(facts()[&key].contains(&format!(", {bounds}; ")), "{key}: {bounds}: {}", facts()[&key]);
    }
}

#[test]
fn the_example_has_every_key_with_its_default() {
    let example: toml::Table = toml::from_str(EXAMPLE).unwrap();
    let mut expected = keys();
    // What stands for a secret is no default.
    expected.insert("mpd.password".to_owned(), Value::String(Secret::default().reveal().to_owned()));
    assert_eq!(pairs(&example), expected);
}
