//! What a vocabulary adds and what it must not change: laws 47 and 48.

use hallpass::scope::{BareWords, ReservedPreset, Scope, ScopeErrorKind, Vocabulary};
use proptest::prelude::*;

use crate::oracle::any_scope;

fn vocabularies() -> Vec<Vocabulary> {
    let start = || Vocabulary::builder().resources(["a", "b"]).actions(["r", "w"]);
    vec![
        start().build().unwrap(),
        start().bare_words(BareWords::Deny).build().unwrap(),
        start().bare_words(BareWords::Resource).build().unwrap(),
        Vocabulary::builder().build().unwrap(),
        Vocabulary::builder().resource("other").resource_with("b", ["x"]).build().unwrap(),
    ]
}

proptest! {
    #[test]
    fn strict_success_is_plain_success_47(
        pieces in prop::collection::vec(
            prop::sample::select(vec!["a", "b", "c", "a:r", "b:1:w", "*", "*:r", "openid", "a:x", "r:a", "other"]),
            0..6,
        ),
    ) {
        let text = pieces.join(" ");
        for vocabulary in vocabularies() {
            if let Ok(scope) = vocabulary.parse(&text) {
                prop_assert_eq!(&Scope::parse(&text).unwrap(), &scope);
                prop_assert_eq!(&vocabulary.parse_lossy(&text).scope, &scope);
            }
        }
    }

    #[test]
    fn canonical_text_reads_the_same_everywhere_48(scope in any_scope()) {
        for vocabulary in vocabularies() {
            prop_assert_eq!(&vocabulary.parse_canonical(scope.as_str()).unwrap(), &scope);
        }
    }
}

#[test]
fn declarations_that_would_give_two_meanings_are_refused() {
    let kind = |builder: hallpass::scope::VocabularyBuilder| builder.build().unwrap_err().kind();
    let start = Vocabulary::builder;
    for opaque in
        ["write:orders", "a:1:b", "*", "a b", "", "\u{e9}", "Openid", "book", "*:*", "\"x\""]
    {
        let builder = start().resource("book").opaque(opaque);
        assert_eq!(kind(builder), ScopeErrorKind::AmbiguousOpaque, "{opaque:?}");
    }
    for name in ["openid", "email", "Phone", "offline_access"] {
        assert_eq!(kind(start().resource(name)), ScopeErrorKind::ReservedResource, "{name}");
        assert!(start().resource(name).allow_reserved_name(name).build().is_ok());
    }
    let builder = start().resource("groups").reserve(ReservedPreset::Groups);
    assert_eq!(kind(builder), ScopeErrorKind::ReservedResource);
    for name in ["", "*", "a:b", "a b", "\u{e9}", "-a"] {
        assert_eq!(kind(start().resource(name)), ScopeErrorKind::InvalidCharacter, "{name:?}");
        assert_eq!(kind(start().actions([name])), ScopeErrorKind::InvalidCharacter, "{name:?}");
    }
}

#[test]
fn opaque_words_are_words_to_those_who_know_them() {
    let urn = "urn:example:channel=HBO&urn:example:rating=G/PG-13";
    let url = "https://www.googleapis.com/auth/drive";
    let vocabulary =
        Vocabulary::builder().opaque(urn).opaque(url).resource("book").build().unwrap();
    let scope = vocabulary.parse(&format!("book {urn} {url}")).unwrap();
    assert_eq!(scope.as_str(), format!("{url} {urn} book:*:*"));
    assert_eq!(vocabulary.parse_canonical(scope.as_str()).unwrap(), scope);
    assert!(scope.view().has_word(url) && scope.view().has_word(urn));
    assert!(!Scope::parse("*").unwrap().covers(&scope));
    assert!(Scope::parse_canonical(scope.as_str()).is_err());
    assert!(vocabulary.parse_requirement(url).is_ok());
}

#[test]
fn presets_add_reserved_words() {
    let vocabulary = Vocabulary::builder()
        .reserve(ReservedPreset::Smart)
        .reserve(ReservedPreset::Offline)
        .build()
        .unwrap();
    assert_eq!(
        vocabulary.parse("launch fhirUser offline").unwrap().as_str(),
        "fhirUser launch offline"
    );
    assert_eq!(vocabulary.parse("fhiruser").unwrap_err().kind(), ScopeErrorKind::ReservedCase);
    assert!(vocabulary.parse_requirement("launch").is_err());
}

#[test]
fn bare_names_can_be_denied() {
    let vocabulary =
        Vocabulary::builder().resource("book").bare_words(BareWords::Deny).build().unwrap();
    assert_eq!(
        vocabulary.parse("book").unwrap_err().to_string(),
        "scope item 1 (`book`): bare names are not accepted; write `book:*` for every operation on the resource"
    );
    assert_eq!(vocabulary.parse("* openid book:*").unwrap().as_str(), "openid *:*:*");
}

#[test]
fn a_resource_may_have_actions_of_its_own() {
    let vocabulary = Vocabulary::builder()
        .resource("book")
        .resource_with("report", ["run"])
        .actions(["read"])
        .build()
        .unwrap();
    for (text, known) in [
        ("report:run", true),
        ("report:read", true),
        ("book:run", false),
        ("*:run", true),
        ("*:walk", false),
        ("report:*", true),
        ("book:1:run", false),
    ] {
        assert_eq!(vocabulary.parse(text).is_ok(), known, "{text}");
    }
}

#[test]
fn only_what_fits_the_other_way_round_counts_as_swapped() {
    let vocabulary =
        Vocabulary::builder().resources(["book", "page"]).actions(["read"]).build().unwrap();
    for (text, kind) in [
        ("read:book", ScopeErrorKind::SwappedParts),
        ("read:1:book", ScopeErrorKind::UnknownResource),
        ("walk:book", ScopeErrorKind::UnknownResource),
        ("read:shelf", ScopeErrorKind::UnknownResource),
        ("book:walk", ScopeErrorKind::UnknownAction),
    ] {
        assert_eq!(vocabulary.parse(text).unwrap_err().kind(), kind, "{text}");
    }
}

/// A word that looks like a reserved one is told so; any other is not.
#[test]
fn a_look_alike_differs_in_case_alone() {
    let vocabulary = Vocabulary::builder()
        .reserve(ReservedPreset::Smart)
        .resources(["book", "shelf"])
        .build()
        .unwrap();
    for (word, like) in [("fhiruser", "fhirUser"), ("LAUNCH", "launch"), ("Openid", "openid")] {
        let error = vocabulary.parse(word).unwrap_err();
        assert_eq!(error.kind(), ScopeErrorKind::ReservedCase, "{word}");
        assert!(error.to_string().contains(like), "{error}");
    }
    assert_eq!(vocabulary.parse("shelf book launch").unwrap().len(), 3);
    assert_eq!(vocabulary.parse("shop").unwrap_err().kind(), ScopeErrorKind::UnknownBareWord);
    let taken = Vocabulary::builder().reserve(ReservedPreset::Smart).opaque("FHIRUSER").build();
    assert_eq!(taken.unwrap_err().kind(), ScopeErrorKind::AmbiguousOpaque);
    assert!(
        Vocabulary::builder().reserve(ReservedPreset::Smart).opaque("https://a/b").build().is_ok()
    );
}
