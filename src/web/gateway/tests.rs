//! Knows the tricks with paths, rules that cannot be, and what each proxy is answered.
//! Must not know a real proxy: `tests/web/nginx.rs` does.

use super::{path::CanonicalPath, *};

/// Every way known to us to write a path that somebody reads as another one.
#[test]
fn only_paths_that_mean_one_thing_are_read() {
    for good in
        ["/", "/a", "/a/", "/a/b.c", "/a%20b", "/%3A", "/%252A", "/%FF", "/a:b@c", "/..a", "/%3b"]
    {
        assert!(CanonicalPath::parse(good).is_some(), "{good}");
    }
    let tricks = [
        "",
        "a",
        "//",
        "//a",
        "/a//b",
        "/a//",
        "/.",
        "/..",
        "/a/.",
        "/a/..",
        "/a/../b",
        "/./a",
        "/%2e",
        "/%2E%2e/a",
        "/.%2e/a",
        "/a/%2e%2e%2fb",
        "/a%2fb",
        "/a%2Fb",
        "/a%5cb",
        "/a\\b",
        "/a;x=1",
        "/..;/a",
        "/a/..;/b",
        "/%61dmin",
        "/adm%69n",
        "/a%",
        "/a%2",
        "/a%zz",
        "/a%00",
        "/a\0",
        "/a\tb",
        "/a b",
        "/a%0d%0ab",
        "/a#b",
        "/\u{e9}",
        "/a\u{2215}b",
        "http://h/a",
        "*",
        "/a%7f",
        "/a|b",
        "/a\"b",
        "/a<b",
        // Another path to who decodes twice, or takes `;` for the start of parameters.
        "/a/%252e%252e/b",
        "/a/%25252e%25252e/b",
        "/a%252fb",
        "/a%255cb",
        "/a%2500",
        "/a/..%3b/b",
        "/a/..%253bx/b",
        "/a/.%3bx=1/b",
        "/a/..%23",
        "/a/..%3f",
        "/a/..%20/b",
    ];
    for trick in tricks {
        assert!(CanonicalPath::parse(trick).is_none(), "{trick:?}");
    }
    assert_eq!(CanonicalPath::of_target("/a?b=/../c").map(CanonicalPath::as_str), Some("/a"));
    assert_eq!(CanonicalPath::of_target("/a/..?b"), None);
}

#[track_caller]
fn fails(toml: &str, said: &str) {
    assert_eq!(Rules::from_toml(toml).unwrap_err().to_string(), said);
}

/// An error names the line on which the rule begins, or where the mistake is.
#[test]
fn errors_of_a_file_name_the_line() {
    let first = "[[rule]]\nmethods = [\"GET\"]\npath = \"/a/{id}\"\naccess = \"public\"\n";
    let rule = |methods: &str, path: &str, rest: &str| {
        format!("{first}\n[[rule]]\nmethods = {methods}\npath = \"{path}\"\n{rest}\n")
    };
    fails(
        &rule("[\"GET\"]", "/a/{id}", "access = \"public\""),
        "line 6: another rule is for `/a/{id}` with the same method",
    );
    fails(
        &rule("[\"PUT\"]", "/a/{nr}", "access = \"public\""),
        "line 6: the pattern fits the same paths as `/a/{id}`",
    );
    fails(
        &rule("[\"get\"]", "/b", "access = \"public\""),
        "line 6: `get` is not a method; methods have upper-case letters only",
    );
    fails(
        &rule("[]", "/b", "access = \"public\""),
        "line 6: a rule names at least one method; `*` stands for all",
    );
    fails(&rule("[\"GET\"]", "/b", ""), "line 6: a rule has either `access` or `require`");
    fails(
        &rule("[\"GET\"]", "/b/{id}", "require = { permission = \"b:{nr}:read\" }"),
        "line 6: the path has no part `{nr}` that is one id",
    );
    fails(
        &rule("[\"GET\"]", "/b/{*id}", "require = { permission = \"b:{id}:read\" }"),
        "line 6: the path has no part `{id}` that is one id",
    );
    fails(
        &rule("[\"GET\"]", "/b", "access = \"nobody\""),
        "line 9: unknown variant `nobody`, expected one of `public`, `optional`, `authenticated`",
    );
    let error = Rules::from_toml(&rule("[\"GET\"]", "/b", "require = { permission = \"email\" }"));
    let error = error.unwrap_err();
    assert_eq!(error.line, Some(6));
    assert!(matches!(error.problem, Problem::Permission(_)));
    let error = Rules::from_toml(&rule("[\"GET\"]", "/b", "acess = \"public\"")).unwrap_err();
    assert_eq!(error.line, Some(9), "{error}");
    assert_eq!(Rules::from_toml("[[rule]]\nmethods = [\n").unwrap_err().line, Some(2));
    for bad in ["a", "/a//b", "/a/../b", "/x{id}", "/{id}x", "/{*a}/b", "/%61", "/{}", "/a;b"] {
        let error = Rules::from_toml(&rule("[\"GET\"]", bad, "access = \"public\"")).unwrap_err();
        assert_eq!(
            (error.line, matches!(error.problem, Problem::Path { .. })),
            (Some(6), true),
            "{bad}"
        );
    }
}

#[test]
fn a_json_file_says_the_same_and_names_the_line() {
    let good = r#"{ "rule": [
        { "methods": ["GET"], "path": "/a", "access": "public" },
        { "methods": ["GET"], "path": "/b/{id}",
          "require": { "all": [ { "permission": "b:{id}:read" },
                                { "not": { "group": "out" } } ] } }
    ] }"#;
    assert!(Rules::from_json(good).is_ok());
    let said = |text: String| Rules::from_json(&text).unwrap_err().to_string();
    assert_eq!(
        said(good.replace("/b/{id}", "/b")),
        "line 3: the path has no part `{id}` that is one id"
    );
    let unknown = said(good.replace("\"group\"", "\"grup\""));
    assert!(unknown.starts_with("line 5: unknown variant `grup`"), "{unknown}");
    let broken = said(good.replace("\"/a\",", "\"/a\""));
    assert!(broken.starts_with("line 2: "), "{broken}");
}

#[test]
fn the_more_literal_rule_is_for_a_request() {
    let rules = Rules::new([
        Rule::public(["GET"], "/a/{id}"),
        Rule::public(["POST"], "/a/new"),
        Rule::public(["*"], "/files/{*rest}"),
        Rule::optional(["HEAD"], "/files/{*rest}"),
    ])
    .unwrap();
    let finds = |method: &str, path: &str| {
        rules.find(method, CanonicalPath::parse(path).unwrap()).is_some()
    };
    assert!(finds("GET", "/a/7") && finds("HEAD", "/a/7"));
    assert!(finds("POST", "/a/new") && finds("DELETE", "/files/x/y"));
    for (method, path) in [
        ("GET", "/a/new"), // the literal pattern is the one, and it is for POST
        ("get", "/a/7"),
        ("POST", "/a/7"),
        ("GET", "/a"),
        ("GET", "/a/"),
        ("GET", "/a/7/"),
        ("GET", "/a/7/b"),
        ("GET", "/A/7"),
        ("GET", "/"),
        ("GET", "/filesx"),
        ("GET", "/files/"),
    ] {
        assert!(!finds(method, path), "{method} {path}");
    }
}

#[test]
fn a_name_is_that_of_one_header() {
    assert!(Identity::new("X-User").and_then(|names| names.groups("X-Groups")).is_ok());
    for bad in ["", "X User", "X-User\r\n", "Host", "Authorization", "x-\u{e9}"] {
        assert!(Identity::new(bad).is_err(), "{bad:?}");
    }
    assert!(Identity::new("Remote-User").is_ok());
    assert!(Identity::new("X_User").is_err(), "some services take it for `X-User`");
    assert!(Identity::new("X-User").and_then(|names| names.client("x-user")).is_err());
}

/// F127: the file names the headers, in both of its forms, and a mistake is found on its line.
#[test]
fn a_file_names_the_identity_headers() {
    let identity = |identity: &Identity| identity.clone();
    let expected = Identity::new("Remote-User")
        .and_then(|names| names.groups("Remote-Groups"))
        .and_then(|names| names.roles("X-Roles"))
        .and_then(|names| names.permissions("X-Scope"))
        .map(|names| names.user_claim("uid").trust_inbound())
        .unwrap();
    for name in ["remote-user", "remote-groups", "x-roles", "x-scope"] {
        assert!(format!("{expected:?}").to_lowercase().contains(name), "{expected:?}");
    }
    let toml = "[identity]\nsubject = \"Remote-User\"\nuser_claim = \"uid\"\n\
                groups = \"Remote-Groups\"\nroles = \"X-Roles\"\npermissions = \"X-Scope\"\ntrust_inbound = true\n";
    let json = r#"{ "rule": [],
        "identity": { "subject": "Remote-User", "user_claim": "uid", "groups": "Remote-Groups",
                      "roles": "X-Roles", "permissions": "X-Scope", "trust_inbound": true } }"#;
    for rules in [Rules::from_toml(toml).unwrap(), Rules::from_json(json).unwrap()] {
        assert_eq!(rules.identity().map(identity), Some(expected.clone()));
    }
    assert!(Rules::from_toml("").unwrap().identity().is_none());
    let said = "`Host` is not a header name, is used twice, or has a meaning of its own";
    fails(&toml.replace("X-Roles", "Host"), &format!("line 1: {said}"));
    let error = Rules::from_json(&json.replace("X-Roles", "Host")).unwrap_err();
    assert_eq!(error.to_string(), format!("line 2: {said}"));
    let error = Rules::from_json(&json.replace("\"roles\"", "\"rolls\"")).unwrap_err();
    assert_eq!(error.line, Some(3), "{error}");
    assert_eq!(Rules::from_toml("[identity]\ngroups = \"X-G\"\n").unwrap_err().line, Some(1));
}

/// The names of parameters, and where `{*rest}` may stand.
#[test]
fn paths_of_rules_are_plain_parts_and_parameters() {
    for good in ["/", "/a/{id}", "/{a_b}/{c-d}/{E9}", "/a/{*rest}", "/{id}/b/{*rest}"] {
        assert!(Rule::public(["GET"], good).check().is_ok(), "{good}");
    }
    for bad in
        ["", "a", "/{}", "/{a b}", "/{a.b}", "/{*}", "/{*rest}/a", "/{a{}", "/x{id}", "/{id}x"]
    {
        assert!(Rule::public(["GET"], bad).check().is_err(), "{bad}");
    }
}
