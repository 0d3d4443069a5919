//! Knows what this crate may bring into a program: which packages never, which twice, and how new
//! a compiler they may ask for.
//! Must not know what they do.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests are tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

/// Whatever the features, nobody gets one of these: RSA whose timing tells its key (RUSTSEC-2023-0071),
/// a TLS library of the system's, a second runtime.
const NEVER: [&str; 9] = [
    "rsa",
    "openssl",
    "openssl-sys",
    "native-tls",
    "boring",
    "boring-sys",
    "async-std",
    "smol",
    "sqlx",
];

/// The other backend, which only its feature brings.
const BY_FEATURE: (&str, [&str; 2]) = ("aws-lc-rs", ["aws-lc-rs", "aws-lc-sys"]);

/// In two versions, for which the crates that ask for them are the reason: `syn` only while
/// building, `http` for axum and actix-web, the others for engines.
const TWICE: [&str; 4] = ["fallible-iterator", "getrandom", "http", "syn"];
const TWICE_BY_DEFAULT: [&str; 1] = ["syn"];

/// Packages of the default tree, this one included. Fewer is better; more is a decision.
const DEFAULT_SIZE: usize = 36;

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let mut cargo = Command::new(cargo);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).arg(arguments[0]).arg("--locked");
    let output = cargo.args(&arguments[1..]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn metadata(arguments: &[&str]) -> Value {
    let text = cargo(&[&["metadata", "--format-version=1"], arguments].concat());
    serde_json::from_str(&text).unwrap()
}

type Tree = BTreeMap<String, BTreeSet<String>>;

/// Names and versions of what a user of the crate compiles: not what only our tests need.
fn tree(features: &[&str]) -> Tree {
    let which = ["tree", "-e", "normal,build", "--prefix", "none", "--no-dedupe"];
    let mut tree = Tree::new();
    for line in cargo(&[&which, features].concat()).lines() {
        let mut words = line.split(' ').map(str::to_owned);
        let (name, version) = (words.next().unwrap(), words.next().unwrap());
        tree.entry(name).or_default().insert(version);
    }
    tree
}

fn twice(tree: &Tree) -> Vec<&str> {
    let twice = tree.iter().filter(|(_, versions)| versions.len() > 1);
    twice.map(|(name, _)| name.as_str()).collect()
}

#[test]
fn the_default_tree_is_small_and_knows_no_runtime() {
    let tree = tree(&[]);
    for name in NEVER.iter().chain(&BY_FEATURE.1).chain(&["tokio", "hyper", "rustls"]) {
        assert!(!tree.contains_key(*name), "{name}");
    }
    assert_eq!(twice(&tree), TWICE_BY_DEFAULT);
    let count: usize = tree.values().map(BTreeSet::len).sum();
    assert_eq!(count, DEFAULT_SIZE, "{:?}", tree.keys());
}

#[test]
fn no_feature_brings_what_is_never_to_come() {
    let metadata = metadata(&["--no-deps"]);
    let most = metadata["packages"][0]["features"].as_object().unwrap().keys();
    let most: Vec<_> = most.map(String::as_str).filter(|name| *name != BY_FEATURE.0).collect();
    let (all, most) = (tree(&["--all-features"]), tree(&["--features", &most.join(",")]));
    for name in NEVER {
        assert!(!all.contains_key(name), "{name}");
    }
    for name in BY_FEATURE.1 {
        assert!(!most.contains_key(name), "{name} without its feature");
    }
    assert_eq!(twice(&most), TWICE);
}

/// Nor do our own tests: they are locked with the rest, and a scanner of lock files reads them.
#[test]
fn the_lock_file_names_none_of_them() {
    let lock = include_str!("../Cargo.lock");
    for name in NEVER {
        assert!(!lock.contains(&format!("\nname = \"{name}\"\n")), "{name}");
    }
}

/// A compiler of that age is not at hand everywhere; what each package says of itself is. `clippy`
/// holds our own code to it (`incompatible_msrv`).
#[test]
fn no_package_asks_for_a_newer_compiler_than_we_do() {
    let version = |text: &str| -> Vec<u32> {
        let mut numbers: Vec<u32> = text.split('.').map(|part| part.parse().unwrap()).collect();
        numbers.resize(3, 0);
        numbers
    };
    let metadata = metadata(&["--all-features"]);
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 200, "not all of them");
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    for package in packages {
        if let Some(theirs) = package["rust_version"].as_str() {
            assert!(version(theirs) <= ours, "{} needs Rust {theirs}", package["id"]);
        }
    }
}
