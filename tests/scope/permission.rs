//! One permission: put together, compared, met.

use std::collections::HashSet;

use hallpass::scope::{Part, Permission, Scope, ScopeErrorKind};

fn all() -> Vec<Permission> {
    let mut all = Vec::new();
    for resource in ["a", "ab", "*"] {
        for id in ["1", "c:d", "*"] {
            for action in ["r", "rw", "*"] {
                let permission = Permission::new(resource, id, action).unwrap();
                let part = |text: &'static str| match text {
                    "*" => Part::Any,
                    text => Part::Is(text.into()),
                };
                assert_eq!(permission.resource(), part(resource));
                assert_eq!(permission.id(), part(id));
                assert_eq!(permission.action(), part(action));
                all.push(permission);
            }
        }
    }
    all
}

/// What two permissions share is a permission like any other: it says what its text says.
#[test]
fn a_meet_is_what_its_text_says() {
    let all = all();
    for one in &all {
        for other in &all {
            let both = one.meet(other);
            assert_eq!(one.overlaps(other), both.is_some(), "{one:?} {other:?}");
            for third in &all {
                let held = one.covers(third) && other.covers(third);
                assert_eq!(both.as_ref().is_some_and(|both| both.covers(third)), held);
            }
            let Some(both) = both else { continue };
            let read: Permission = both.as_str().parse().unwrap();
            assert_eq!(both, read);
            assert_eq!(
                (both.resource(), both.id(), both.action()),
                (read.resource(), read.id(), read.action())
            );
            assert!(all.iter().all(|third| third.covers(&both) == third.covers(&read)));
            let [mine, theirs] =
                [one, other].map(|p| Scope::from_permissions([p.clone()]).unwrap());
            let meet = mine.meet(&theirs).unwrap();
            assert_eq!(meet.as_str(), both.as_str());
        }
    }
    let distinct: HashSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
    assert!(all.iter().enumerate().all(|(n, one)| all.iter().position(|p| p == one) == Some(n)));
}

#[test]
fn a_fault_is_shown_where_it_is() {
    let fault = |resource: &str, id: &str, action: &str| {
        let error = Permission::new(resource, id, action).unwrap_err();
        assert_eq!(error.item(), None, "it stands in no list");
        (error.kind(), error.offset())
    };
    let character = ScopeErrorKind::InvalidCharacter;
    assert_eq!(fault("bo ok", "7", "read"), (character, Some(2)));
    assert_eq!(fault("book", "7", "re ad"), (character, Some(9)));
    assert_eq!(fault("book", "seven", "re ad"), (character, Some(13)));
    assert_eq!(fault("book", "a\u{1}", "read"), (character, Some(6)));
    assert_eq!(fault("book", "7*", "read"), (ScopeErrorKind::MisplacedWildcard, Some(6)));
    assert_eq!(fault("book", "", "read"), (ScopeErrorKind::EmptyPart, Some(5)));
    let long = |length: usize| Permission::new(&"r".repeat(length - 4), "1", "a");
    assert_eq!(long(512).unwrap().as_str().len(), 512);
    assert_eq!(long(513).unwrap_err().kind(), ScopeErrorKind::TooLong);
}
