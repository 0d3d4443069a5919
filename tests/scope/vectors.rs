//! Every group of `tests/vectors/scope-vectors.json`, table by table.

use hallpass::scope::{Mode, Negotiated, Negotiation};
use hallpass::scope::{
    RequestedScope, Require, Requirement, Scope, ScopeError, ScopeErrorKind, Vocabulary,
};
use serde_json::Value;

const RESERVED: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors/scope-vectors.json")).unwrap()
}

fn rows(value: &Value) -> Vec<&Value> {
    let rows: Vec<_> = value.as_array().unwrap().iter().collect();
    assert!(!rows.is_empty());
    rows
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_else(|| panic!("{key} of {row}"))
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

fn kind(error: &ScopeError) -> String {
    format!("{:?}", error.kind())
}

/// Reserved words in a `required` column stand for `Require::word`.
fn requirement(text: &str, read: impl Fn(&str) -> Result<Require, ScopeError>) -> Require {
    let items = text.split(' ').filter(|item| !item.is_empty());
    Require::all(items.map(|item| {
        if RESERVED.contains(&item) { Require::word(item) } else { read(item).unwrap() }
    }))
}

fn decide(rows: &[&Value], read: impl Fn(&str) -> Scope, need: impl Fn(&str) -> Require) {
    for row in rows {
        let (name, granted) = (text(row, "name"), read(text(row, "granted")));
        let required = need(text(row, "required"));
        let allowed = row["allowed"].as_bool().unwrap();
        assert_eq!(required.is_met_by(granted.view()), allowed, "{name}");
        let as_scope = read(text(row, "required"));
        assert_eq!(granted.covers(&as_scope), allowed, "{name} as scope");
        assert_eq!(as_scope.is_met_by(granted.view()), allowed, "{name} as requirement");
        assert_eq!(required.required_scope().is_empty(), as_scope.is_empty(), "{name}");
    }
}

#[test]
fn decisions() {
    let all = vectors();
    let read = |text: &str| Scope::parse(text).unwrap();
    decide(&rows(&all["decisions"]), read, |text| requirement(text, Require::parse));
}

#[test]
fn strict_decisions() {
    let all = vectors();
    let group = &all["strict_decisions"];
    let vocabulary = Vocabulary::builder()
        .resources(names(&group["resources"]))
        .allow_reserved_name("email")
        .build()
        .unwrap();
    let read = |text: &str| vocabulary.parse(text).unwrap();
    decide(&rows(&group["vectors"]), read, |text| {
        requirement(text, |item| vocabulary.parse_requirement(item))
    });
}

#[test]
fn strict_parsing() {
    let all = vectors();
    let group = &all["strict_parsing"];
    let declared = Vocabulary::builder()
        .resources(names(&group["resources"]))
        .actions(names(&group["actions"]))
        .allow_reserved_name("email");
    let declared = names(&group["opaque_words"]).into_iter().fold(declared, |v, w| v.opaque(w));
    let vocabulary = declared.build().unwrap();
    for row in rows(&group["vectors"]) {
        match (vocabulary.parse(text(row, "input")), row.get("error")) {
            (Ok(scope), None) => assert_eq!(scope.as_str(), text(row, "canonical"), "{row}"),
            (Err(error), Some(wanted)) => {
                assert_eq!(kind(&error), wanted.as_str().unwrap(), "{row}")
            }
            (read, _) => panic!("{row}: {read:?}"),
        }
    }
}

#[test]
fn errors() {
    for row in rows(&vectors()["errors"]) {
        let input = text(row, "input");
        let error = Scope::parse(input).expect_err(input);
        assert_eq!(kind(&error), text(row, "error"), "{input}");
        let error = Require::parse(input).expect_err(input);
        assert_eq!(kind(&error), text(row, "error"), "{input} as requirement");
        let lossy = Scope::parse_lossy(input);
        assert!(!lossy.dropped.is_empty(), "{input}");
    }
}

#[test]
fn meet() {
    for row in rows(&vectors()["meet"]) {
        let [a, b] = ["a", "b"].map(|key| Scope::parse(text(row, key)).unwrap());
        assert_eq!(a.meet(&b).unwrap().as_str(), text(row, "meet"), "{row}");
        assert_eq!(b.meet(&a).unwrap().as_str(), text(row, "meet"), "{row} swapped");
        assert_eq!(a.overlaps(&b), !text(row, "meet").is_empty(), "{row}");
    }
}

#[test]
fn difference() {
    for row in rows(&vectors()["difference"]) {
        let [a, b] = ["a", "b"].map(|key| Scope::parse(text(row, key)).unwrap());
        assert_eq!(a.not_covered_by(&b).as_str(), text(row, "not_covered_by"), "{row}");
        assert_eq!(a.strip_overlapping(&b).as_str(), text(row, "strip_overlapping"), "{row}");
    }
}

#[test]
fn forms() {
    for row in rows(&vectors()["forms"]) {
        let scope = Scope::parse(text(row, "input")).unwrap();
        assert_eq!(scope.to_string(), text(row, "canonical"), "{row}");
        assert_eq!(format!("{scope:#}"), text(row, "compact"), "{row}");
        let permission: hallpass::scope::Permission = text(row, "input").parse().unwrap();
        assert_eq!(permission.to_string(), text(row, "canonical"), "{row}");
        assert_eq!(format!("{permission:#}"), text(row, "compact"), "{row}");
    }
}

#[test]
fn normalise() {
    for row in rows(&vectors()["normalise"]) {
        let scope = Scope::parse(text(row, "input")).unwrap();
        assert_eq!(scope.as_str(), text(row, "canonical"), "{row}");
        assert_eq!(Scope::parse_canonical(scope.as_str()).unwrap(), scope, "{row}");
        if scope.as_str() != text(row, "input") {
            let error = Scope::parse_canonical(text(row, "input")).unwrap_err();
            assert_eq!(error.kind(), ScopeErrorKind::NotCanonical, "{row}");
        }
    }
}

#[test]
fn negotiation() {
    for row in rows(&vectors()["negotiation"]) {
        let requested = RequestedScope::parse(text(row, "requested")).unwrap();
        let allowed = Scope::parse(text(row, "allowed")).unwrap();
        let ask = |mode: Mode| -> Negotiated {
            let negotiation = Negotiation::new().mode(mode).allow_empty(true);
            negotiation.negotiate(Some(&requested), &allowed).unwrap()
        };
        let filter = ask(Mode::Filter);
        assert_eq!(filter.response_scope(), text(row, "filter_granted"), "{row}");
        assert_eq!(filter.rejected_scope(), text(row, "filter_rejected"), "{row}");
        assert_eq!(*filter.granted(), Scope::parse(text(row, "filter_granted")).unwrap(), "{row}");
        let narrow = ask(Mode::Narrow);
        assert_eq!(narrow.granted().as_str(), text(row, "narrow_granted"), "{row}");
        assert_eq!(narrow.rejected_scope(), text(row, "narrow_rejected"), "{row}");
    }
}
