//! Scopes, permissions, requirements and templates as text: what is read prints to what is read
//! again, and every way of reading agrees.

use hallpass::{
    Permission, Scope,
    scope::{Limits, Require, RequirementTemplate},
};

/// The target.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let parsed = Scope::parse(text);
    let lossy = Scope::parse_lossy(text);
    if let Ok(scope) = &parsed {
        let printed = scope.to_string();
        assert_eq!(printed, scope.as_str());
        assert_eq!(Scope::parse(&printed).as_ref(), Ok(scope), "{text:?}");
        assert_eq!(Scope::parse_canonical(&printed).as_ref(), Ok(scope), "{text:?}");
        assert_eq!(
            Scope::parse_items(text.split(' ').filter(|item| !item.is_empty())).as_ref(),
            Ok(scope),
            "{text:?}"
        );
        assert_eq!(&lossy.scope, scope, "{text:?}");
        let json = serde_json::to_string(scope).expect("a scope is a string");
        assert_eq!(serde_json::from_str::<Scope>(&json).ok().as_ref(), Some(scope));
        assert!(scope.covers(scope));
        assert_eq!(scope.len(), scope.iter().count());
        assert_eq!(scope.is_empty(), printed.is_empty());
        assert_eq!(scope.is_empty(), text.split(' ').all(str::is_empty), "{text:?}");
        // Shuffled and doubled it is the same.
        let reversed: Vec<&str> = text.rsplit(' ').chain(text.split(' ')).collect();
        if let Ok(again) = Scope::parse(&reversed.join(" ")) {
            assert_eq!(&again, scope, "{text:?}");
        }
        // What each item says is covered by the whole.
        for item in text.split(' ').filter(|item| item.contains(':')) {
            let item: Permission = item.parse().expect("a part of a scope that was read");
            assert!(
                Scope::from_permissions([item]).is_ok_and(|item| scope.covers(&item)),
                "{text:?}"
            );
        }
    }
    // What can be read in part never gives what the text does not say.
    for item in lossy.scope.iter() {
        let named = item.as_str().split(':').filter(|part| *part != "*");
        for part in named {
            // Escapes that need not be one are written plainly.
            assert!(text.contains(part) || text.contains('%'), "{text:?} gave {part:?}");
        }
    }
    // A bare name in canonical text is a word and grants no resource; in a request it is one.
    if let Ok(canonical) = Scope::parse_canonical(text) {
        assert_eq!(canonical.as_str(), text);
        if let (Ok(scope), true) = (&parsed, text.split(' ').all(|item| item.contains(':'))) {
            assert_eq!(scope, &canonical);
        }
    }
    let _ = Scope::parse_within(text, &Limits::default());
    if let Ok(permission) = text.parse::<Permission>() {
        let again: Permission = permission.as_str().parse().expect("what was printed");
        assert_eq!(again, permission);
        assert!(permission.covers(&permission));
        assert_eq!(permission.meet(&permission), Some(permission));
    }
    let _ = Require::parse(text);
    if let Ok(template) = RequirementTemplate::new(text) {
        let names: Vec<&str> = template.parameters().collect();
        assert!(names.iter().all(|name| text.contains(name)));
        // A wildcard never comes in through a value.
        if !names.is_empty() {
            assert!(template.bind(|_| Some("*")).is_err(), "{text:?}");
            assert!(template.bind(|_| Some("")).is_err(), "{text:?}");
            // A separator in a value stays inside it.
            if let Ok(bound) = template.bind(|_| Some("a:b c")) {
                assert!(!Scope::empty().view().meets(&bound), "{text:?}");
            }
            assert!(template.bind(|_| None).is_err(), "{text:?}");
        }
    }
}
