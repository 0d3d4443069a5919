//! Knows that the table of `docs/invariants.md` names tests that there are.
//! Must not know what they test.

#![cfg(test)]

use std::{fs, path::Path};

/// Invariants 47 to 60: a line each, no cell of an engine empty, and every name a function.
#[test]
fn every_store_is_held_to_every_invariant_by_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/invariants.md")).unwrap();
    let (_, table) = text.split_once("## Where every store is held").unwrap();
    let lines: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| {
            line.strip_prefix("| ").is_some_and(|rest| rest.starts_with(|c: char| c.is_numeric()))
        })
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(lines.len(), 14);
    for (cells, number) in lines.iter().zip(47..) {
        assert_eq!((cells.len(), cells[0]), (6, number.to_string().as_str()));
        for cell in &cells[2..] {
            assert!(!cell.is_empty(), "{number} says nothing of an engine");
        }
        let names = cells.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2));
        let names: Vec<&str> = names.collect();
        assert!(!names.is_empty(), "{number} names no test");
        for name in names {
            let (file, function) = name.split_once("::").unwrap();
            let source = fs::read_to_string(root.join(file))
                .unwrap_or_else(|error| panic!("{file}, which {number} names: {error}"));
            let stands = [format!("fn {function}("), format!("fn {function}<")];
            assert!(stands.iter().any(|stands| source.contains(stands)), "{number}: no {name}");
        }
    }
}
