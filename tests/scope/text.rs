//! What is printed and read: laws 31 to 40.

use hallpass::scope::{Limits, Permission, Scope, ScopeErrorKind, Vocabulary};
use proptest::prelude::*;

use crate::oracle::{any_scope, items, text_of};

fn is_safe(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

/// Text that comes near the grammar.
fn scopish() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", "book", "1", "*", ":", ":", " ", ",", "%", "%3A", "%2a", "%c3%a9", "%FF", "!", "-",
        "_", ".", "/", "{", "}", "\"", "\\", "\u{e9}", "\u{a0}", "\t", "\n", "\0", "openid",
        "Email", "`", "::",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn ids() -> impl Strategy<Value = String> {
    let hard = prop::sample::select(vec![
        ':',
        '%',
        ',',
        ' ',
        '"',
        '\\',
        '\'',
        '\u{e9}',
        '\u{10FFFF}',
        'a',
        '1',
        '-',
        '/',
        '{',
        '2',
        'A',
    ]);
    prop_oneof![
        prop::collection::vec(hard, 1..40).prop_map(String::from_iter),
        any::<String>().prop_map(|text| text.chars().take(40).collect()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn canonical_text_round_trips_31_to_33(scope in any_scope()) {
        let shown = scope.to_string();
        let back = Scope::parse_canonical(&shown).unwrap();
        prop_assert_eq!(&back, &scope);
        prop_assert_eq!(back.to_string(), shown);
        // Reserved words are written as they are read, so even scopes with words come back.
        prop_assert_eq!(Scope::parse(&format!("{scope:#}")).unwrap(), scope);
    }

    #[test]
    fn order_and_spacing_do_not_matter_34(list in items(), spaces in 1..4usize) {
        let mut turned = list.clone();
        turned.reverse();
        let gap = " ".repeat(spaces);
        let text = turned.iter().map(|item| item.text()).collect::<Vec<_>>().join(&gap);
        let scope = Scope::parse(&text_of(&list)).unwrap();
        prop_assert_eq!(Scope::parse(&format!("{gap}{text}{gap}")).unwrap(), scope.clone());
        prop_assert_eq!(Scope::parse_items(list.iter().map(|item| item.text())).unwrap(), scope);
    }

    #[test]
    fn what_is_read_is_plain_and_what_is_not_is_said_safely_35_to_40(text in scopish()) {
        let lossy = Scope::parse_lossy(&text);
        match Scope::parse(&text) {
            Ok(scope) => {
                prop_assert_eq!(&lossy.scope, &scope);
                prop_assert!(lossy.dropped.is_empty());
                for item in text.split(' ').filter(|item| !item.is_empty()) {
                    prop_assert!(!item.contains("::"));
                    prop_assert!(!item.starts_with(':') && !item.ends_with(':'));
                }
                prop_assert!(is_safe(scope.as_str()));
                prop_assert_eq!(Scope::parse_canonical(scope.as_str()).unwrap(), scope);
            }
            Err(error) => {
                prop_assert!(is_safe(&error.to_string()), "{}", error);
                prop_assert!(error.offset().is_none_or(|at| at <= text.len()));
                prop_assert!(!lossy.dropped.is_empty());
            }
        }
        match Scope::parse_canonical(&text) {
            // Canonical text means what it says: itself.
            Ok(scope) => prop_assert_eq!(scope.as_str(), text.as_str()),
            Err(error) => prop_assert!(is_safe(&error.to_string()), "{}", error),
        }
    }

    #[test]
    fn any_text_at_all_is_survived_40(text in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let vocabulary = Vocabulary::builder().resource("book").actions(["read"]).build().unwrap();
        for text in [text, String::from_utf8_lossy(&bytes).into_owned()] {
            for error in [
                Scope::parse(&text).err(),
                Scope::parse_canonical(&text).err(),
                vocabulary.parse(&text).err(),
                text.parse::<Permission>().err(),
                hallpass::scope::Require::parse(&text).err(),
                hallpass::scope::RequirementTemplate::new(&text).err(),
                Permission::new(&text, &text, &text).err(),
            ].into_iter().flatten() {
                prop_assert!(is_safe(&error.to_string()), "{}", error);
            }
        }
    }

    #[test]
    fn an_id_comes_back_as_it_went_in_37(id in ids()) {
        match Permission::new("doc", &id, "read") {
            Ok(permission) => {
                let back: Permission = permission.to_string().parse().unwrap();
                let read = back.id();
                prop_assert_eq!(&back, &permission);
                prop_assert!(is_safe(permission.as_str()));
                let scope = Scope::parse_canonical(permission.as_str()).unwrap();
                prop_assert!(scope.view().covers_permission("doc", &id, "read"));
                if id == "*" {
                    prop_assert_eq!(read.as_str(), None);
                } else {
                    prop_assert_eq!(read.as_str(), Some(id.as_str()));
                }
            }
            Err(error) => {
                prop_assert!(is_safe(&error.to_string()));
                let odd = id.is_empty() || id.len() > 255 || id.contains('*');
                prop_assert!(odd || id.contains(char::is_control));
            }
        }
    }
}

#[test]
fn ids_are_ordered_by_what_they_stand_for() {
    // `%3A` sorts before `0` as text, but a colon stands after it.
    let scope = Scope::parse("doc:%3A:read doc:0:read doc:!:read doc:*:write").unwrap();
    assert_eq!(scope.as_str(), "doc:*:write doc:!:read doc:0:read doc:%3A:read");
    assert_eq!(Scope::parse_canonical(scope.as_str()).unwrap(), scope);
}

#[test]
fn only_canonical_text_is_taken_for_canonical() {
    for text in [
        "book:read",
        "*",
        "*:*",
        "book:1:read book:*:read",
        "b:*:x a:*:x",
        "a:*:x a:*:x",
        " a:*:x",
        "a:*:x ",
        "a:*:x  b:*:x",
        "a:*:* a:1:x",
        "a:%3a:x",
        "a:%41:x",
        "a:*:x openid",
        " ",
        "a:0:x a:!:x",
        "*:1:* a:1:x",
    ] {
        let error = Scope::parse_canonical(text).unwrap_err();
        assert_eq!(error.kind(), ScopeErrorKind::NotCanonical, "{text:?}");
    }
    // The same, spread over more items than are searched one by one.
    let many: Vec<_> = (100..120).map(|n| format!("a:{n}:x")).collect();
    let text = many.join(" ");
    assert_eq!(Scope::parse_canonical(&text).unwrap().len(), 20);
    assert!(Scope::parse_canonical(&format!("*:105:x {text}")).is_err());
    assert!(Scope::parse_canonical(&format!("{text} a:99:x")).is_ok());
    assert!(Scope::parse_canonical(&format!("{text} a:1:x")).is_err());
    assert!(Scope::parse_canonical("Openid").is_err());
    assert_eq!(Scope::parse_canonical("book").unwrap().as_str(), "book");
    assert!(!Scope::parse_canonical("book").unwrap().view().covers_permission("book", "1", "read"));
}

#[test]
fn limits_are_checked_before_anything_else() {
    let items = |n: usize| vec!["::"; n].join(" ");
    assert_eq!(
        Scope::parse(&items(5000)).unwrap_err().to_string(),
        "scope is 14999 bytes, the limit is 4096"
    );
    assert_eq!(
        Scope::parse(&items(129)).unwrap_err().to_string(),
        "scope has 129 items, the limit is 128"
    );
    assert_eq!(
        Scope::parse(&"x".repeat(5001)).unwrap_err().to_string(),
        "scope is 5001 bytes, the limit is 4096"
    );
    assert_eq!(Scope::parse(&items(128)).unwrap_err().kind(), ScopeErrorKind::EmptyPart);
    assert!(Scope::parse(&format!("{}book", " ".repeat(4000))).is_ok());
    let id = "x".repeat(256);
    let error = Scope::parse(&format!("a:{id}:r")).unwrap_err();
    assert_eq!(error.to_string(), "scope item 1: the id is 256 bytes, the limit is 255");
    // What is read must be readable again: canonical text is longer than `a`.
    let bare: Vec<_> = (0..128).map(|n| format!("{:028}{n:03}", 0)).collect();
    let error = Scope::parse(&bare.join(" ")).unwrap_err();
    assert_eq!(error.kind(), ScopeErrorKind::TooLong);
}

#[test]
fn five_thousand_items_and_sixty_kilobytes_are_read_when_allowed() {
    let limits = Limits::default().items(10_000).bytes(1 << 20);
    let text: Vec<_> = (0..5000).map(|n| format!("res{}:{n}:read", n % 7)).collect();
    let text = text.join(" ");
    assert!(text.len() > 60_000);
    let scope = Scope::parse_within(&text, &limits).unwrap();
    assert_eq!(scope.len(), 5000);
    assert_eq!(Scope::parse_canonical_within(scope.as_str(), &limits).unwrap(), scope);
    for n in 0..5000 {
        let id = n.to_string();
        assert!(scope.view().covers_permission(&format!("res{}", n % 7), &id, "read"));
        assert!(!scope.view().covers_permission(&format!("res{}", n % 7), &id, "write"));
    }
    let all = Scope::parse("*:*:read").unwrap();
    assert_eq!(scope.meet_within(&all, &limits).unwrap(), scope);
    assert_eq!(scope.join_within(&all, &limits).unwrap(), all);
}

#[test]
fn an_array_claim_is_read_item_by_item() {
    assert_eq!(Scope::parse_items(["book:read", "openid"]).unwrap().as_str(), "openid book:*:read");
    let error = Scope::parse_items(["openid", "book:read page:read"]).unwrap_err();
    assert_eq!((error.kind(), error.item()), (ScopeErrorKind::InvalidCharacter, Some(2)));
    assert_eq!(Scope::parse_items([""]).unwrap_err().kind(), ScopeErrorKind::EmptyPart);
}

/// The fast way of reading stored text and the slow one draw the same line.
#[test]
fn canonical_text_has_the_same_limits() {
    let id = |length: usize| format!("a:{}:r", "x".repeat(length));
    assert!(Scope::parse_canonical(&id(255)).is_ok());
    let error = Scope::parse_canonical(&id(256)).unwrap_err();
    assert!(error.to_string().contains("the limit is 255"), "{error}");
    let item = |length: usize| format!("{}:*:r", "n".repeat(length - 4));
    assert!(Scope::parse_canonical(&item(512)).is_ok());
    let error = Scope::parse_canonical(&item(513)).unwrap_err();
    assert!(error.to_string().contains("the limit is 512"), "{error}");
    let error = Scope::parse_canonical("a:*:* a:1:x").unwrap_err();
    assert!(error.to_string().contains("item 2"), "{error}");
}

/// Items from a list are counted and measured as those of a text are.
#[test]
fn lists_of_items_have_the_same_limits() {
    let named = |count: usize| (0..count).map(|n| format!("a{n}:*:r")).collect::<Vec<_>>();
    assert_eq!(Scope::parse_items(named(128)).unwrap().len(), 128);
    let error = Scope::parse_items(named(129)).unwrap_err();
    assert_eq!(error.to_string(), "scope has 129 items, the limit is 128");
    let long = |last: usize| (0..11).map(move |at| "n".repeat(if at < 10 { 400 } else { last }));
    assert!(Scope::parse_items(long(96)).is_ok());
    let error = Scope::parse_items(long(97)).unwrap_err();
    assert_eq!(error.to_string(), "scope is 4097 bytes, the limit is 4096");
}
