//! Parameters of a route are data, and literals are checked when compiled.

use hallpass::scope::{
    BindError, Permission, Requirement, RequirementTemplate, Scope, ScopeErrorKind, ValueFault,
};
use hallpass::{permission, scope};

#[test]
fn a_value_goes_into_the_id_and_nowhere_else() {
    let template = RequirementTemplate::new("book:{id}:read").unwrap();
    assert_eq!(template.parameters().collect::<Vec<_>>(), ["id"]);
    for (value, required) in [
        ("7", "book:7:read"),
        ("a:b", "book:a%3Ab:read"),
        ("7:write", "book:7%3Awrite:read"),
        ("a b", "book:a%20b:read"),
        ("{id}", "book:{id}:read"),
        ("%2A", "book:%252A:read"),
        ("../../x", "book:../../x:read"),
    ] {
        let bound = template.bind(|_| Some(value)).unwrap();
        assert_eq!(bound.required_scope(), required);
        let grant = Scope::parse(required).unwrap();
        assert!(bound.is_met_by(grant.view()));
        assert!(template.is_met_by(grant.view(), |_| Some(value)).unwrap());
        assert!(!template.is_met_by(Scope::empty().view(), |_| Some(value)).unwrap());
    }
}

#[test]
fn a_value_that_cannot_be_an_id_is_refused_even_to_the_mighty() {
    let template = RequirementTemplate::new("shelf:read book:{id}:read").unwrap();
    let all = Scope::parse("*").unwrap();
    let long = "x".repeat(256);
    for (value, wanted) in [
        ("", ValueFault::Empty),
        ("*", ValueFault::Wildcard),
        ("1*", ValueFault::Wildcard),
        ("a\nb", ValueFault::Control),
        ("a\u{85}b", ValueFault::Control),
        ("a\u{FFFD}", ValueFault::NotUtf8),
        (long.as_str(), ValueFault::TooLong),
    ] {
        for error in [
            template.bind(|_| Some(value)).unwrap_err(),
            template.is_met_by(all.view(), |_| Some(value)).unwrap_err(),
        ] {
            let BindError::Value { parameter, fault } = error else { panic!("{error}") };
            assert_eq!((&*parameter, fault), ("id", wanted));
        }
    }
    assert!(matches!(template.bind(|_| None), Err(BindError::Missing { .. })));
}

#[test]
fn a_template_is_read_like_a_requirement() {
    for (text, kind) in [
        ("book:{id:read", ScopeErrorKind::MisplacedParameter),
        ("book:x{id}:read", ScopeErrorKind::MisplacedParameter),
        ("book:{}:read", ScopeErrorKind::MisplacedParameter),
        ("book:{*path}:read", ScopeErrorKind::MisplacedParameter),
        ("{resource}:1:read", ScopeErrorKind::MisplacedParameter),
        ("book:{id}:{action}", ScopeErrorKind::MisplacedParameter),
        ("book:{id}", ScopeErrorKind::MisplacedParameter),
        ("bo*k:{id}:read", ScopeErrorKind::MisplacedWildcard),
        ("book:{id}:", ScopeErrorKind::EmptyPart),
        ("a:read email", ScopeErrorKind::ReservedWordInRequirement),
    ] {
        assert_eq!(RequirementTemplate::new(text).unwrap_err().kind(), kind, "{text}");
    }
    let error = RequirementTemplate::new("a:read b:{x}:r,w").unwrap_err();
    assert_eq!((error.item(), error.offset()), (Some(2), Some(14)));
    let fixed = RequirementTemplate::new("book:read shelf").unwrap();
    assert_eq!(fixed.parameters().count(), 0);
    assert_eq!(fixed.bind(|_| None).unwrap().required_scope(), "book:*:read shelf:*:*");
}

#[test]
fn literals_are_what_parsing_would_give() {
    const ESCAPED: Permission = permission!("doc:urn%3Aisbn%3A1:read");
    for (literal, text) in [
        (permission!("book:1:read"), "book:1:read"),
        (permission!("book:*:read"), "book:read"),
        (permission!("book:read"), "book:read"),
        (permission!("book"), "book"),
        (permission!("*"), "*"),
        (permission!("*:*"), "*"),
        (permission!("email:*"), "email:*"),
        (permission!("user:alice@example.com:read"), "user:alice@example.com:read"),
        (permission!("doc:caf%C3%A9:read"), "doc:caf%C3%A9:read"),
        (ESCAPED, "doc:urn%3Aisbn%3A1:read"),
    ] {
        let parsed: Permission = text.parse().unwrap();
        assert_eq!(literal, parsed);
        assert_eq!(literal.as_str(), parsed.as_str());
        assert_eq!(literal.id(), parsed.id());
        assert!(literal.covers(&parsed) && parsed.covers(&literal));
        let scope = Scope::from_permissions([literal.clone()]).unwrap();
        assert!(literal.is_met_by(scope.view()));
    }
    assert_eq!(scope!(), Scope::empty());
    assert_eq!(scope!("b:read", "a:read", "a:1:read").as_str(), "a:*:read b:*:read");
}

#[test]
fn permissions_meet_as_scopes_do() {
    let (a, b) = (permission!("book:read"), permission!("*:1:*"));
    assert_eq!(a.meet(&b).unwrap().as_str(), "book:1:read");
    assert!(a.overlaps(&b) && !a.covers(&b));
    assert_eq!(a.meet(&permission!("page:read")), None);
    let (a, b) = (permission!("a:%3A:r"), permission!("a:0:r"));
    assert!(b < a, "ids are ordered by what they stand for");
}

/// What a `required_scope` says, read back, is what was asked for, whoever asks.
#[test]
fn every_requirement_says_what_it_needs() {
    let grant = Scope::parse("book:7:read openid").unwrap();
    let other = Scope::parse("book:8:read").unwrap();
    let permission = permission!("book:7:read");
    let scope = Scope::parse("openid book:7:read").unwrap();
    let triple = ("book", "7", "read");
    let escaped = ("book", "a b", "read");
    assert_eq!(escaped.required_scope(), "book:a%20b:read");
    assert_eq!(("book", "*", "read").required_scope(), "book:*:read");
    assert_eq!(("book", "", "read").required_scope(), "");
    for (requirement, text) in [
        (&triple as &dyn Requirement, "book:7:read"),
        (&permission, "book:7:read"),
        (&scope, "openid book:7:read"),
        (&&permission, "book:7:read"),
    ] {
        assert_eq!(requirement.required_scope(), text);
        assert!(requirement.is_met_by(grant.view()));
        assert!(!requirement.is_met_by(other.view()));
        assert!((&requirement).is_met_by(grant.view()) && !(&requirement).is_met_by(other.view()));
        assert_eq!((&requirement).required_scope(), text);
    }
}
