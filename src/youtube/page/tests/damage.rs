//! Damaged pages.

use proptest::prelude::*;

use super::*;
use crate::youtube::lean::with;

/// All subtrees of `value`, as JSON pointers.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(nth, item)| pointers(item, &format!("{at}/{nth}"), found));
        }
        Value::Object(members) => {
            members.iter().for_each(|(key, member)| pointers(member, &format!("{at}/{key}"), found));
        }
        _ => {}
    }
}

/// Damages one subtree under `root`: replaces it, empties it, doubles or removes it.
fn damage(page: &mut Value, root: &str, choice: usize, how: usize) {
    let Some(under) = page.pointer(root) else { return };
    let mut all = vec![];
    pointers(under, root, &mut all);
    let at = &all[choice % all.len()];
    let replacements =
        [json!(null), json!(7), json!("\n"), json!([]), json!({}), json!([[{}]]), json!({"runs": [3]})];
    if let Some(replacement) = replacements.get(how % 10) {
        if let Some(target) = page.pointer_mut(at) {
            *target = replacement.clone();
        }
        return;
    }
    let Some((parent, key)) = at.rsplit_once('/').filter(|_| at != root) else { return };
    match page.pointer_mut(parent) {
        Some(Value::Array(items)) => {
            let nth: usize = key.parse().expect("an index");
            match how % 10 {
                7 => drop(items.remove(nth)),
                8 => items.insert(nth, items[nth].clone()),
                _ => items.reverse(),
            }
        }
        Some(Value::Object(members)) => {
            if let Some(member) = members.remove(key)
                && how % 10 > 7
            {
                members.insert(format!("{key}X"), member);
            }
        }
        _ => {}
    }
}

const ROWS: &str = "/contents/twoColumnBrowseResultsRenderer/secondaryContents/sectionListRenderer/contents/0/musicPlaylistShelfRenderer/contents";

proptest! {
    #[test]
    fn damage_anywhere_is_survived(damages in prop::collection::vec(any::<(usize, usize)>(), 1..6)) {
        for bytes in [FIRST, BODY, QUERY, SINGLE_COLUMN] {
            let mut page: Value = serde_json::from_slice(bytes).expect("our own");
            for (choice, how) in &damages {
                damage(&mut page, "", *choice, *how);
            }
            crate::youtube::fuzz_answers(page.to_string().as_bytes());
        }
    }

    #[test]
    fn damage_to_one_row_costs_that_row_only(nth in 0usize..9, damages in prop::collection::vec(any::<(usize, usize)>(), 1..4)) {
        let mut page: Value = serde_json::from_slice(FIRST).expect("our own");
        for (choice, how) in &damages {
            damage(&mut page, &format!("{ROWS}/{nth}"), *choice, *how);
        }
        let rest = |page: &Value| -> Vec<Value> {
            let mut rows = page.pointer(ROWS).and_then(Value::as_array).cloned().expect("rows");
            rows.remove(nth);
            rows
        };
        let page = first(page.to_string().as_bytes(), None).expect("a page with one bad row");
        let whole: Value = serde_json::from_slice(FIRST).expect("our own");
        let good: Vec<_> = rest(&whole).iter().map(|row| with(row, row::read)).filter_map(|row| match row {
            crate::youtube::Row::Song(entry) => Some(entry),
            _ => None,
        }).collect();
        let mut left = page.rows.entries.iter();
        prop_assert!(good.iter().all(|entry| left.any(|other| other == entry)), "a good row is missing");
        prop_assert_eq!(page.next, body("NEW-1"));
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..9000) {
        crate::youtube::fuzz_answers(&bytes);
        let mut page = BODY.to_vec();
        page.iter_mut().skip(at).zip(&bytes).for_each(|(old, new)| *old = *new);
        crate::youtube::fuzz_answers(&page);
    }
}
