//! Scopes in JSON.

use hallpass::scope::{Permission, Scope};

#[test]
fn a_scope_is_canonical_text() {
    let scope = Scope::parse("openid book:read").unwrap();
    let json = serde_json::to_string(&scope).unwrap();
    assert_eq!(json, "\"openid book:*:read\"");
    assert_eq!(serde_json::from_str::<Scope>(&json).unwrap(), scope);
    assert!(serde_json::from_str::<Scope>("\"book:read\"").is_err());
    let permission = Permission::new("doc", "\u{e9}", "read").unwrap();
    let json = serde_json::to_string(&permission).unwrap();
    assert_eq!(json, "\"doc:%C3%A9:read\"");
    assert_eq!(serde_json::from_str::<Permission>(&json).unwrap(), permission);
    for text in ["\"openid\"", "\"book:read\"", "\"\"", "\"a:*:b c:*:d\"", "7"] {
        assert!(serde_json::from_str::<Permission>(text).is_err(), "{text}");
    }
}

#[test]
fn an_array_has_one_item_in_each_element() {
    let read = |json: &str| serde_json::from_str::<Scope>(json);
    assert_eq!(read(r#"["book:read","openid"]"#).unwrap().as_str(), "openid book:*:read");
    assert_eq!(read("[]").unwrap(), Scope::empty());
    assert_eq!(read("\"\"").unwrap(), Scope::empty());
    for json in [r#"["a:r b:r"]"#, r#"[""]"#, "[1]", "null", "{}", r#"["a",["b"]]"#] {
        assert!(read(json).is_err(), "{json}");
    }
    // As a string this is a word; as an element it would be a resource. So it is neither.
    assert_eq!(read("\"book\"").unwrap().as_str(), "book");
    assert!(read(r#"["book"]"#).is_err());
}
