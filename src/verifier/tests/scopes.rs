//! Knows how the scope of a token is read.
//! Must not know the grammar itself.

use serde_json::json;

use super::support::*;
use crate::scope::{Scope, Vocabulary};

#[test]
fn canonical_scopes_stay_in_place_and_others_only_lose() {
    let verifier = stateless().build().unwrap();
    let read = |scope: &str| {
        let who = verifier.verify_jwt(&sign(&with(json!({ "scope": scope })))).unwrap();
        who.scope().as_str().to_owned()
    };
    assert_eq!(read("openid invoice:*:read"), "openid invoice:*:read");
    assert_eq!(read("invoice:read"), "invoice:*:read");
    assert_eq!(read(""), "");
    // Neither a bare word nor a foreign scope becomes a permission.
    assert_eq!(read("z:read reports a:1:read"), "a:1:read z:*:read");
    assert_eq!(read("https://a/b a:1:read"), "a:1:read");
    assert_eq!(read(&"a:1:read ".repeat(600)), "");

    let vocabulary = Vocabulary::builder().opaque("https://a/b").build().unwrap();
    let verifier = stateless().vocabulary(vocabulary).build().unwrap();
    let token = sign(&with(json!({ "scope": "https://a/b a:1:read" })));
    assert!(verifier.verify_jwt(&token).unwrap().scope().has_word("https://a/b"));
}

#[test]
fn narrowing_never_widens_and_leaves_the_original_alone() {
    let verifier = stateless().build().unwrap();
    let who = verifier.verify_jwt(&sign(&with(json!({ "scope": "openid a:*:read" })))).unwrap();
    let now = Scope::parse("a:1:* b:read").unwrap();
    let less = who.restrict_to(&now);
    assert_eq!(less.scope().as_str(), "a:1:read");
    assert!(less.allows(&("a", "1", "read")) && !less.allows(&("b", "1", "read")));
    assert_eq!(less.restrict_to(&Scope::parse("*").unwrap()).scope().as_str(), "a:1:read");
    assert_eq!(who.scope().as_str(), "openid a:*:read");
    assert_eq!(who.restrict_to(&Scope::empty()).scope().as_str(), "");
}

#[test]
fn many_items() {
    let verifier = stateless().build().unwrap();
    let items = (0..100).map(|n| format!("r{n}:{n}:read")).collect::<Vec<_>>().join(" ");
    let scope = Scope::parse(&items).unwrap();
    let who = verifier.verify_jwt(&sign(&with(json!({ "scope": scope.as_str() })))).unwrap();
    assert_eq!(who.scope().len(), 100);
    assert!(who.allows(&("r77", "77", "read")) && !who.allows(&("r77", "78", "read")));
}
