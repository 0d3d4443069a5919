//! The exact words of every error.

use hallpass::scope::{Require, Scope, ScopeError, Vocabulary};

#[track_caller]
fn says(result: Result<impl std::fmt::Debug, ScopeError>, message: &str) {
    assert_eq!(result.unwrap_err().to_string(), message);
}

#[test]
fn what_cannot_be_read() {
    for (input, message) in [
        ("book::read", "scope item 1 (`book::read`): the id is empty; write `*` for every id"),
        ("book:", "scope item 1 (`book:`): the action is empty; write `book:*` for every action"),
        (
            "book:1:",
            "scope item 1 (`book:1:`): the action is empty; write `book:1:*` for every action",
        ),
        (":read", "scope item 1 (`:read`): the resource is empty; write `*` for every resource"),
        (
            "book:1:read:",
            "scope item 1 (`book:1:read:`): part 4 is empty; at most 3 parts are allowed",
        ),
        (
            "doc:urn:isbn:1:read",
            "scope item 1 (`doc:urn:isbn:1:read`): 5 parts, at most 3 are allowed; inside an id write a colon as %3A",
        ),
        ("caf\u{e9}:read", "scope item 1: character U+00E9 at byte 3 is not allowed in a scope"),
        ("bo*k:read", "scope item 1 (`bo*k:read`): `*` must stand alone as a whole part"),
        (
            "book:read,write",
            "scope item 1 (`book:read,write`): `,` is not allowed; separate items with spaces, inside an id write %2C",
        ),
        (
            "!book:read",
            "scope item 1 (`!book:read`): a scope can only grant; there are no negative scopes",
        ),
        ("book:%4:read", "scope item 1 (`book:%4:read`): % must be followed by two hex digits"),
        (
            "book:%2A:read",
            "scope item 1 (`book:%2A:read`): an id cannot contain `*` or a control character, escaped or not",
        ),
        ("book:%ff:read", "scope item 1 (`book:%ff:read`): the escaped bytes are not UTF-8"),
        ("Openid", "scope item 1 (`Openid`): differs from the word `openid` only in case"),
        (
            "https://www.googleapis.com/auth/drive",
            "scope item 1 (`https://www.googleapis.com/auth/drive`): character U+002F at byte 6 is not allowed in a name; a foreign scope can be registered as an opaque word",
        ),
        ("a:read b:\u{e9}", "scope item 2: character U+00E9 at byte 9 is not allowed in a scope"),
    ] {
        says(Scope::parse(input), message);
    }
}

#[test]
fn what_the_vocabulary_does_not_know() {
    let vocabulary = Vocabulary::builder()
        .resources(["book", "article"])
        .actions(["read", "write", "create", "delete"])
        .build()
        .unwrap();
    for (input, message) in [
        ("boook", "scope item 1 (`boook`): not a declared resource or word; did you mean `book`?"),
        ("spaceship", "scope item 1 (`spaceship`): not a declared resource or word"),
        ("bok:read", "scope item 1 (`bok:read`): `bok` is not a declared resource"),
        (
            "book:1",
            "scope item 1 (`book:1`): `1` is not an action of `book`; for the book numbered 1 write `book:1:*`",
        ),
        ("book:1:sell", "scope item 1 (`book:1:sell`): `sell` is not an action of `book`"),
        ("*:publish", "scope item 1 (`*:publish`): `publish` is not an action of any resource"),
        (
            "write:article",
            "scope item 1 (`write:article`): the resource comes first; did you mean `article:write`?",
        ),
    ] {
        says(vocabulary.parse(input), message);
    }
}

#[test]
fn stored_text_declarations_and_requirements() {
    says(
        Scope::parse_canonical("book:read"),
        "stored scope item 1 (`book:read`): expected a word or three parts",
    );
    says(
        Vocabulary::builder().resource("email").build(),
        "a resource may not be called email: the bare word means the OpenID Connect scope",
    );
    says(
        Vocabulary::builder().opaque("write:orders").build(),
        "the word `write:orders` cannot be registered: it can be read as a permission",
    );
    says(
        Require::parse("email"),
        "requirement `email`: write `email:*` for the resource or use Require::word",
    );
}

#[test]
fn long_input_is_cut() {
    let message = Scope::parse(&format!("{}*", "x".repeat(200))).unwrap_err().to_string();
    assert_eq!(
        message,
        format!("scope item 1 (`{}...`): `*` must stand alone as a whole part", "x".repeat(64))
    );
}
