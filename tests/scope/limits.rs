//! What is exactly as large as a limit fits, and what is one larger does not.

use hallpass::scope::{
    Limits, Negotiation, OmittedScope, Permission, RequestedScope, RequirementTemplate, Scope,
    ScopeErrorKind, Vocabulary,
};

#[test]
fn each_limit_is_the_largest_that_fits() {
    let text = "ab:12:cd b:1:*";
    let limits = |bytes, items, item, id| {
        Limits::DEFAULT.bytes(bytes).items(items).item_bytes(item).id_bytes(id)
    };
    let fits = limits(text.len(), 2, 8, 2);
    let small = [
        (limits(text.len() - 1, 2, 8, 2), ScopeErrorKind::TooLong),
        (limits(text.len(), 1, 8, 2), ScopeErrorKind::TooManyItems),
        (limits(text.len(), 2, 7, 2), ScopeErrorKind::TooLong),
        (limits(text.len(), 2, 8, 1), ScopeErrorKind::TooLong),
    ];
    let read = |limits: &Limits| Scope::parse_within(text, limits);
    let stored = |limits: &Limits| Scope::parse_canonical_within(text, limits);
    let known = |limits: &Limits| Vocabulary::builder().limits(*limits).build()?.parse(text);
    for read in [&read as &dyn Fn(&_) -> _, &stored, &known] {
        assert_eq!(read(&fits).unwrap().as_str(), text);
        for (limits, kind) in &small {
            assert_eq!(read(limits).unwrap_err().kind(), *kind, "{limits:?}");
        }
    }
    let (all, scope) = (Scope::parse("*").unwrap(), Scope::parse(text).unwrap());
    let request = RequestedScope::from(&scope);
    let asked = |limits: &Limits| {
        Negotiation::new().limits(*limits).negotiate(Some(&request), &all).map(|_| ())
    };
    assert!(asked(&fits).is_ok() && scope.meet_within(&all, &fits).is_ok());
    for (limits, _) in &small[..3] {
        assert!(asked(limits).is_err() && scope.meet_within(&all, limits).is_err(), "{limits:?}");
    }
}

#[test]
fn limits_that_go_beyond_what_can_be_counted_are_cut() {
    assert_eq!(Limits::DEFAULT.bytes(usize::MAX), Limits::DEFAULT.bytes(1 << 30));
    assert_ne!(Limits::DEFAULT.bytes(usize::MAX), Limits::DEFAULT.bytes(0));
    assert_ne!(Limits::DEFAULT.item_bytes(usize::MAX), Limits::DEFAULT.item_bytes(0));
    assert_ne!(Limits::DEFAULT.bytes(1 << 29), Limits::DEFAULT.bytes(1 << 30));
    assert_eq!(Limits::DEFAULT.item_bytes(usize::MAX), Limits::DEFAULT.item_bytes(1 << 14));
    assert_ne!(Limits::DEFAULT.item_bytes(16_383), Limits::DEFAULT.item_bytes(16_384));
}

#[test]
fn the_longest_id_and_the_longest_item_can_be_asked_for() {
    let id = "i".repeat(255);
    let scope = Scope::parse(&format!("a:{id}:r")).unwrap();
    assert!(scope.view().covers_permission("a", &id, "r"));
    let template = RequirementTemplate::new("a:{id}:r").unwrap();
    assert!(template.is_met_by(scope.view(), |_| Some(id.as_str())).unwrap());
    assert!(Scope::parse("*").unwrap().view().covers_permission("a", &id, "r"));
    assert!(!Scope::parse("*").unwrap().view().covers_permission("a", &format!("{id}i"), "r"));
    for (length, fits) in [(508, true), (509, false)] {
        let name = "r".repeat(length);
        for text in [name.clone(), format!("{name}:a"), format!("{name}:*:a")] {
            assert_eq!(Scope::parse(&text).is_ok(), fits, "{}", text.len());
        }
    }
    let many = |count: usize| {
        let items: Vec<_> = (0..count).map(|n| format!("a{n}:*:r")).collect();
        serde_json::from_value::<Scope>(items.into())
    };
    assert_eq!(many(128).unwrap().len(), 128);
    let error = many(129).unwrap_err().to_string();
    assert_eq!(error, "scope has 129 items, the limit is 128");
    let error = serde_json::from_str::<Scope>("7").unwrap_err().to_string();
    assert!(error.contains("canonical scope text or an array of scope items"), "{error}");
    let error = serde_json::from_str::<Permission>("7").unwrap_err().to_string();
    assert!(error.contains("one permission as canonical text"), "{error}");
}

/// The place of a fault is counted from the start of the text, in whichever part it is.
#[test]
fn faults_are_shown_where_they_are() {
    for (text, kind, offset) in [
        ("book:7*:read", ScopeErrorKind::MisplacedWildcard, 6),
        ("bo*k:7:read", ScopeErrorKind::MisplacedWildcard, 2),
        ("book:7:re*d", ScopeErrorKind::MisplacedWildcard, 9),
        ("x book:a%zz:read", ScopeErrorKind::BadEscape, 8),
        ("book:ab%2A:read", ScopeErrorKind::BadEscape, 7),
        ("book:abc%FF:read", ScopeErrorKind::BadEscape, 8),
        ("book:7,8,9:read", ScopeErrorKind::ListSeparator, 6),
        ("book:7:", ScopeErrorKind::EmptyPart, 7),
        ("book::read", ScopeErrorKind::EmptyPart, 5),
    ] {
        let error = Scope::parse(text).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (kind, Some(offset)), "{text}: {error}");
    }
}

#[test]
fn small_questions_are_answered() {
    let (empty, scope) = (Scope::empty(), Scope::parse("a:1:r openid").unwrap());
    assert!(empty.view().is_empty() && !scope.view().is_empty());
    assert!(empty < scope);
    let vocabulary = Vocabulary::builder().resource("a").build().unwrap();
    assert_eq!(vocabulary.parse_items(["a:1:r", "openid"]).unwrap(), scope);
    assert!(vocabulary.parse_items(["b:1:r"]).is_err());
    assert_eq!(*vocabulary.limits(), Limits::DEFAULT);
    let undeclared = Vocabulary::builder().build().unwrap();
    assert!(
        undeclared.parse("*:r a:1:r *:7:r").is_ok(),
        "with nothing declared, nothing is checked"
    );
    let request = |text: &str| RequestedScope::parse(text).unwrap().or_omitted();
    assert_eq!(request("a:1:r").unwrap().scope().as_str(), "a:1:r");
    assert!(request("").is_none());
    let inherit = Negotiation::new().omitted(OmittedScope::Inherit);
    assert!(inherit.negotiate(None, &scope).unwrap().is_complete());
}
