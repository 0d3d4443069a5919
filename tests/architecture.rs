//! The shape of the source: who may use whom, who may name what, and how long a file may be.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "helpers of tests are tests"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A module uses modules of a lower rank only. Of one rank, only the listed pairs know each other.
const RANKS: &[(u8, &[&str])] = &[
    (0, &["id", "clock", "secret", "crypto", "event", "base64url"]),
    (1, &["scope", "key"]),
    (2, &["token"]),
    (3, &["store"]),
    (4, &["verifier", "sqlite", "postgres", "redis"]),
    (5, &["authority", "remote"]),
    (6, &["web"]),
    // The endpoints take a `RequestHead` and give an `Answer`, as the web edge does.
    (7, &["oauth", "url"]),
    (8, &["testing", "guide", "error"]),
];

/// Within rank 0, `secret` derives keys, and an id has a text and says when it was born.
const NEIGHBOURS: &[(&str, &str)] = &[("secret", "crypto"), ("id", "clock"), ("id", "base64url")];

/// Names at the top of the crate, and where they live.
const AT_THE_TOP: &[(&str, &str)] = &[
    ("Timestamp", "clock"),
    ("Algorithm", "key"),
    ("SigningKey", "key"),
    ("Permission", "scope"),
    ("Scope", "scope"),
    ("MemoryStore", "store"),
    ("Verified", "verifier"),
    ("Verifier", "verifier"),
    ("Authority", "authority"),
    ("Grant", "authority"),
];

const LONGEST_FILE: usize = 320;

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, found),
                false if path.extension().is_some_and(|ext| ext == "rs") => found.push(path),
                false => {}
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    found.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// Whether a file is no code of the library: tests, and the hidden lines of examples.
fn is_test(file: &str) -> bool {
    file.contains("/tests/") || file.ends_with("/tests.rs") || file == "example.rs"
}

/// The code of a file without comments and without its tests at the end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The engines of the store folder have a rank of their own, and what opens them by a URL.
fn module_of(file: &str) -> &str {
    let mut parts = file.trim_end_matches(".rs").split('/');
    match (parts.next().unwrap(), parts.next()) {
        ("store", Some(part @ ("sqlite" | "postgres" | "redis" | "url"))) => part,
        (first, _) => first,
    }
}

fn rank(module: &str) -> Option<u8> {
    RANKS.iter().find(|(_, modules)| modules.contains(&module)).map(|(rank, _)| *rank)
}

/// The modules of this crate that the code names: `crate::x`, and what a `use crate::{…}` lists.
fn used(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let first = |text: &str| -> String {
            text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        let Some(group) = rest.strip_prefix('{') else {
            used.push(first(rest));
            continue;
        };
        let (mut depth, mut start) = (0, 0);
        for (index, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' | ',' if depth == 0 => {
                    used.push(first(&group[start..index]));
                    start = index + 1;
                    if c == '}' {
                        break;
                    }
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
    }
    used.retain(|name| !name.is_empty());
    used
}

/// What breaks the table, if anything does.
fn arrows(file: &str, text: &str) -> Vec<String> {
    let module = module_of(file);
    if matches!(module, "lib" | "guide") || is_test(file) {
        return Vec::new();
    }
    let own = rank(module).unwrap_or_else(|| panic!("{file}: `{module}` has no rank yet"));
    let mut broken = Vec::new();
    for name in used(&code(text)) {
        let at_the_top = AT_THE_TOP.iter().find(|(top, _)| *top == name);
        let target = at_the_top.map_or(&*name, |(_, home)| home);
        let Some(rank) = rank(target) else { continue };
        let known = NEIGHBOURS.contains(&(module, target));
        if target != module && rank >= own && !known {
            broken.push(format!("{file}: {module} ({own}) → {target} ({rank})"));
        }
    }
    broken
}

#[test]
fn modules_use_lower_ranks_only() {
    let broken: Vec<_> = sources().iter().flat_map(|(file, text)| arrows(file, text)).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn a_planted_arrow_is_seen() {
    for planted in [
        "use crate::authority::Authority;",
        "use crate::{\n    clock::Timestamp,\n    verifier::{Verified, Denied},\n};",
        "fn f() -> crate::Grant { crate::Grant::x() }",
    ] {
        assert!(!arrows("store/session.rs", planted).is_empty(), "{planted}");
    }
    assert!(arrows("authority/issue.rs", "use crate::store::sqlite::X;").is_empty());
    assert!(!arrows("key/jwk.rs", "use crate::scope::Scope;").is_empty());
    assert!(arrows("store/session.rs", "use crate::{clock::Timestamp, scope::Scope};").is_empty());
}

/// One place for each foreign crate that decides something.
#[test]
fn foreign_crates_are_named_in_one_place() {
    const HOMES: &[(&str, &[&str])] = &[
        // `key/mod.rs` has a module of its own of this name.
        ("ring::", &["crypto/", "key/jsonwebtoken_provider.rs", "key/mod.rs"]),
        ("aws_lc_rs", &["crypto/aws_lc/"]),
        ("jsonwebtoken::", &["key/"]),
        ("rusqlite", &["store/sqlite/"]),
        ("tokio_postgres", &["store/postgres/"]),
        // The parts of a path, where axum's router has found them.
        ("axum::", &["web/axum", "web/tower/routed.rs", "testing/axum.rs", "oauth/axum.rs"]),
        ("actix_web", &["web/actix", "testing/actix.rs", "oauth/actix.rs"]),
        ("hyper_util", &["remote/http.rs"]),
        ("hyper_rustls", &["remote/http.rs"]),
        ("rustls", &["remote/http.rs"]),
    ];
    for (file, text) in sources() {
        let code = code(&text);
        for (name, homes) in HOMES {
            let is_named = code.match_indices(name).any(|(at, _)| {
                let before = code[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
            });
            let home = homes.iter().any(|home| file.starts_with(home));
            assert!(!is_named || home || is_test(&file), "{file} names `{name}`");
        }
    }
}

#[test]
fn only_the_engines_and_the_spawning_files_know_a_runtime() {
    for (file, text) in sources() {
        let allowed = is_test(&file)
            || file.ends_with("spawn.rs")
            || ["store/sqlite/", "store/postgres/", "store/redis/", "remote/", "web/", "testing/"]
                .iter()
                .any(|home| file.starts_with(home));
        assert!(allowed || !code(&text).contains("tokio::"), "{file} names tokio");
    }
}

#[test]
fn files_are_short_and_say_what_they_know() {
    let (mut long, mut silent) = (Vec::new(), Vec::new());
    for (file, text) in sources() {
        let lines = text.split("#[cfg(test)]\nmod tests {").next().unwrap().lines().count();
        let is_suite = is_test(&file) || file.starts_with("testing/conformance/");
        if lines > LONGEST_FILE && !is_suite {
            long.push(format!("{file}: {lines} lines"));
        }
        if !text.starts_with("//!") {
            silent.push(file);
        }
    }
    assert!(long.is_empty(), "above {LONGEST_FILE}: {long:#?}");
    assert!(silent.is_empty(), "without a first line `//!`: {silent:#?}");
}
