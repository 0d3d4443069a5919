//! Knows which types of other crates the public signatures name, as `Cargo.toml` lists them for
//! `cargo check-external-types`: a crate that is named there cannot change its major version without ours.
//! Must not know why each is named.
//!
//! `cargo test --test external_types -- --ignored` reads what rustdoc says of the crate with all features.
//! With `HALLPASS_SHOW=1` it tells where each is named.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests are tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use serde_json::Value;

/// What rustdoc wrote, and what is looked for in it.
struct Docs {
    json: Value,
    /// Each foreign type with the modules of ours that name it.
    found: BTreeMap<String, BTreeSet<String>>,
    seen: BTreeSet<String>,
}

fn id(value: &Value) -> String {
    value.as_u64().unwrap().to_string()
}

impl Docs {
    fn written() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        let status = Command::new(cargo)
            .current_dir(root)
            .env("CARGO_TARGET_DIR", folder)
            .env("RUSTDOC", root.join("tests/rustdoc-json"))
            .args(["rustdoc", "--quiet", "--locked", "--lib", "--all-features", "--"])
            .args(["-Z", "unstable-options", "--output-format", "json"])
            .status();
        assert!(status.unwrap().success());
        let text = fs::read_to_string(folder.join("doc/hallpass.json")).unwrap();
        let json = serde_json::from_str(&text).unwrap();
        Self { json, found: BTreeMap::new(), seen: BTreeSet::new() }
    }

    /// An item with all that can be reached through it.
    fn visit(&mut self, item: &str, module: &str) {
        let Some(found) = self.json["index"].get(item) else { return };
        let is_public = matches!(found["visibility"].as_str(), Some("public" | "default"));
        if !is_public || !self.seen.insert(item.to_owned()) {
            return;
        }
        let (kind, inner) = found["inner"].as_object().unwrap().iter().next().unwrap();
        let (kind, inner) = (kind.clone(), inner.clone());
        if kind == "impl" && (inner["is_synthetic"] == true || !inner["blanket_impl"].is_null()) {
            return;
        }
        let own = match (&*kind, found["name"].as_str()) {
            ("module", Some(name)) if name != "hallpass" => format!("{module}::{name}"),
            _ => module.to_owned(),
        };
        if kind == "use" {
            return self.reexport(&inner, &own);
        }
        self.names(&inner, &own);
        let members = match &*kind {
            "struct" | "union" => ["impls", "kind"].map(|part| &inner[part]),
            "enum" => ["impls", "variants"].map(|part| &inner[part]),
            "variant" => ["kind", "-"].map(|part| &inner[part]),
            _ => ["items", "-"].map(|part| &inner[part]),
        };
        for member in members {
            self.members(member, &own);
        }
    }

    fn reexport(&mut self, inner: &Value, module: &str) {
        match inner["id"].as_u64() {
            Some(target) if self.json["index"].get(target.to_string()).is_some() => {
                self.visit(&target.to_string(), module);
            }
            _ => self.name(inner, module),
        }
    }

    /// Ids of items, however deep they lie: `kind` has them in lists under names of its own.
    fn members(&mut self, value: &Value, module: &str) {
        match value {
            Value::Number(_) => self.visit(&id(value), module),
            Value::Array(items) => items.iter().for_each(|item| self.members(item, module)),
            Value::Object(members) => {
                members.values().for_each(|member| self.members(member, module));
            }
            _ => {}
        }
    }

    /// Every path to a type or trait in a signature has its own `id` beside it.
    fn names(&mut self, value: &Value, module: &str) {
        match value {
            Value::Object(members) => {
                if members.contains_key("path") && members.contains_key("args") {
                    self.name(value, module);
                }
                members.values().for_each(|member| self.names(member, module));
            }
            Value::Array(items) => items.iter().for_each(|item| self.names(item, module)),
            _ => {}
        }
    }

    fn name(&mut self, path: &Value, module: &str) {
        let Some(known) = self.json["paths"].get(id(&path["id"])) else { return };
        let full: Vec<_> =
            known["path"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
        if !["hallpass", "core", "alloc", "std"].contains(&full[0]) {
            // What a macro leaves behind is nobody's to name.
            if full.contains(&"__private") {
                return;
            }
            self.found.entry(full.join("::")).or_default().insert(module.to_owned());
        }
    }
}

/// The list in `Cargo.toml`.
fn allowed() -> BTreeSet<String> {
    let text = include_str!("../Cargo.toml");
    let (_, list) = text.split_once("allowed_external_types = [").unwrap();
    let (list, _) = list.split_once("\n]").unwrap();
    let lines = list.lines().map(str::trim).filter(|line| line.starts_with('"'));
    lines.map(|line| line.trim_matches(['"', ',']).to_owned()).collect()
}

#[test]
#[ignore = "it has the documentation written anew, as JSON: `.ci/run` runs it"]
fn the_foreign_types_in_signatures_are_those_of_the_list() {
    let mut docs = Docs::written();
    let root = id(&docs.json["root"]);
    docs.visit(&root, "hallpass");
    if std::env::var_os("HALLPASS_SHOW").is_some() {
        println!("format {}: {:#?}", docs.json["format_version"], docs.found);
    }
    let found: BTreeSet<_> = docs.found.into_keys().collect();
    let allowed = allowed();
    let came: Vec<_> = found.difference(&allowed).collect();
    let went: Vec<_> = allowed.difference(&found).collect();
    assert!(came.is_empty() && went.is_empty(), "came: {came:#?}, went: {went:#?}");
}
