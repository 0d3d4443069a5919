//! Questions that other systems answer in other ways; each row is a difference someone met.

use hallpass::scope::{Require, Requirement, Scope};

#[test]
fn the_neighbour_table() {
    let table = [
        ("book:read", "book:1:read", Some(true)),
        ("book:*:read", "book:read", Some(true)),
        ("book:*:read", "book:1:read", Some(true)),
        ("book:*:read", "book:1:delete", Some(false)),
        ("book:*", "book:1:delete", Some(true)),
        ("book", "book:1:delete", Some(true)),
        ("book", "book:read", Some(true)),
        ("*", "book:1:read", Some(true)),
        ("*", "openid", Some(false)),
        ("book:1", "book:1:read", Some(false)),
        ("book:1:read", "book:1", Some(false)),
        ("book:1:*", "book:1:read", Some(true)),
        ("*:*:read", "book:1:read", Some(true)),
        ("book:readonly", "book:read", Some(false)),
        ("bookshelf:read", "shelf:read", Some(false)),
        ("Book:1:read", "book:1:read", Some(false)),
        ("book:", "book:1:delete", None),
        ("book:1:", "book:1:delete", None),
        ("book:1:read", "book:1:read:extra", None),
        ("book:1:read book:1:write", "book:1:*", Some(false)),
        ("book:*:read", "book:a:b:read", None),
        ("openid email", "email:1:delete", Some(false)),
    ];
    for (granted, required, answer) in table {
        let required = match required {
            "openid" => Ok(Require::word("openid")),
            text => Require::parse(text),
        };
        let decision = match (Scope::parse(granted), required) {
            (Ok(granted), Ok(required)) => Some(required.is_met_by(granted.view())),
            _ => None,
        };
        assert_eq!(decision, answer, "{granted}");
    }
}
