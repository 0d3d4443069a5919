//! Knows that `docs/features.md` leaves no statement out and names tests that there are.
//! Must not know what they test.

#![cfg(test)]

use std::{collections::HashMap, fs, path::Path};

/// The ids of the statements, in order.
fn ids() -> impl Iterator<Item = String> {
    let listed = (1..=147).map(|n| format!("F{n:02}"));
    let defects = (1..=17).map(|n| n.to_string());
    listed.chain(defects).chain((1..=20).map(|n| format!("B{n:02}")))
}

#[test]
fn every_statement_names_tests_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/features.md")).unwrap();
    let lines: Vec<Vec<&str>> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|line| line.split(" | ").collect::<Vec<_>>())
        .filter(|cells| cells[0].contains(|c: char| c.is_ascii_digit()))
        .collect();
    let found: Vec<&str> = lines.iter().map(|cells| cells[0]).collect();
    assert_eq!(found, ids().collect::<Vec<_>>());

    let mut sources = HashMap::new();
    for cells in &lines {
        let (id, shown) = (cells[0], cells.last().unwrap());
        let tests: Vec<(&str, &str)> =
            shown.split('`').skip(1).step_by(2).filter_map(|name| name.rsplit_once("::")).collect();
        let said = ["no, on purpose", "missing", "no test in the crate"];
        let is_said = said.iter().any(|words| shown.starts_with(words));
        assert!(!tests.is_empty() || is_said, "{id} names no test and does not say why");
        for (file, function) in tests {
            let source = sources.entry(file).or_insert_with(|| {
                fs::read_to_string(root.join(file)).unwrap_or_else(|e| panic!("{id}: {file}: {e}"))
            });
            assert!(source.contains(&format!("fn {function}(")), "{id}: no {file}::{function}");
        }
    }
}
