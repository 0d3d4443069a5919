//! Knows which names the crate exports, as `tests/public_names.txt` lists them: a name that comes or
//! goes is a decision, and shows in a review.
//! Must not know signatures; `cargo semver-checks` does, once there is a version to compare with.
//!
//! `HALLPASS_BLESS=1 cargo test --test public_names` writes the list anew.

#![cfg(test)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The file of a module, which is `x.rs` or `x/mod.rs`.
fn file_of(folder: &Path, module: &str) -> PathBuf {
    let flat = folder.join(format!("{module}.rs"));
    if flat.exists() { flat } else { folder.join(module).join("mod.rs") }
}

/// The names that a `pub use` brings: what follows the last `::`, or its list, or its new name.
fn brought(statement: &str) -> Vec<String> {
    let (_, list) = statement.split_once('{').unwrap_or(("", statement));
    let items = list.trim_end_matches(['}', ';', ' ', '\n']).split([',', '\n']);
    let name = |item: &str| {
        let item = item.rsplit(" as ").next().unwrap_or(item);
        let last = item.rsplit("::").next().unwrap_or(item);
        last.trim_matches(|c: char| !c.is_alphanumeric() && c != '_').to_owned()
    };
    items.map(name).filter(|name| !name.is_empty()).collect()
}

fn walk(path: &Path, name: &str, names: &mut BTreeSet<String>) {
    let text = fs::read_to_string(path).unwrap();
    let code: Vec<&str> = text
        .split("#[cfg(test)]\nmod ")
        .next()
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//") && !line.starts_with("#["))
        .collect();
    let code = code.join("\n");
    let is_root = path.file_name().is_some_and(|file| file == "mod.rs" || file == "lib.rs");
    let own = path.parent().unwrap();
    let folder = if is_root { own.to_owned() } else { own.join(path.file_stem().unwrap()) };
    for (at, _) in code.match_indices("\npub ") {
        let rest = code[at..].trim_start().strip_prefix("pub ").unwrap();
        let (word, more) = rest.split_once(' ').unwrap();
        match word {
            "use" => {
                let statement = &more[..more.find(';').unwrap()];
                names.extend(brought(statement).into_iter().map(|item| format!("{name}::{item}")));
            }
            "mod" => {
                let module = more.split([';', ' ', '{']).next().unwrap();
                let inner = format!("{name}::{module}");
                names.insert(inner.clone());
                if more.starts_with(&format!("{module};")) {
                    walk(&file_of(&folder, module), &inner, names);
                }
            }
            "struct" | "enum" | "trait" | "fn" | "type" | "const" | "static" | "async" => {
                let more = more.strip_prefix("fn ").unwrap_or(more);
                let item = more.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                names.insert(format!("{name}::{item}"));
            }
            other => panic!("{}: what is `pub {other}`?", path.display()),
        }
    }
}

#[test]
fn the_exported_names_are_those_of_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    walk(&root.join("src/lib.rs"), "hallpass", &mut names);
    // Pages of the documentation, which only `cargo doc` sees.
    names.retain(|name| !name.starts_with("hallpass::guide"));
    let list = root.join("tests/public_names.txt");
    let found = names.into_iter().collect::<Vec<_>>().join("\n") + "\n";
    if std::env::var_os("HALLPASS_BLESS").is_some() {
        fs::write(&list, &found).unwrap();
    }
    let listed = fs::read_to_string(&list).unwrap_or_default();
    let (found, listed): (BTreeSet<_>, BTreeSet<_>) =
        (found.lines().collect(), listed.lines().collect());
    let came: Vec<_> = found.difference(&listed).collect();
    let went: Vec<_> = listed.difference(&found).collect();
    assert!(came.is_empty() && went.is_empty(), "came: {came:#?}, went: {went:#?}");
}
