//! `examples/verify_foreign.rs` as a process: what other libraries made is taken or refused as it
//! tells, and what it issues for them is taken by us as well.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::{
    path::PathBuf,
    process::{Command, Output},
};

use hallpass::{Verifier, key::Jwks};
use serde_json::Value;

/// `cargo test` builds the examples beside the tests: `deps/` and `examples/` are siblings.
fn run(arguments: &[&str]) -> Output {
    let test = std::env::current_exe().unwrap();
    let folder: PathBuf = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples");
    let path = folder.join(format!("verify_foreign{}", std::env::consts::EXE_SUFFIX));
    if !path.exists() {
        // A single test target was asked for, which does not build examples.
        let profile = folder.parent().and_then(|folder| folder.file_name()).unwrap();
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args(["build", "--quiet", "--example", "verify_foreign"]);
        if profile == "release" {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success());
    }
    Command::new(path).args(arguments).output().unwrap()
}

#[test]
fn tokens_of_other_libraries_are_taken_and_refused_as_told() {
    let output = run(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.matches("ada through partner-web, may write 7 not 8").count(), 9, "{text}");
    assert_eq!(text.matches("ada may invoice:*:read").count(), 3, "{text}");
    for refusal in [
        "id_token        the token's type is not that of an access token",
        "old_none        the token is malformed",
        "own_key         the token's header brings a key of its own",
        "extension       the token's header asks for an extension",
        "alg_swapped     the token's algorithm is not that of its key",
        "es256, changed  the signature does not hold",
    ] {
        assert!(text.contains(refusal), "{refusal}\n{text}");
    }
}

#[test]
fn what_it_issues_for_others_verifies_with_the_published_keys() {
    let output = run(&["--issue"]);
    assert!(output.status.success());
    let issued: Value = serde_json::from_slice(&output.stdout).unwrap();
    let keys = Jwks::parse(&issued["jwks"].to_string()).unwrap().verifying_keys().unwrap();
    let verifier = Verifier::builder(issued["issuer"].as_str().unwrap())
        .audience(issued["audience"].as_str().unwrap())
        .keys(&keys)
        .stateless()
        .build()
        .unwrap();
    let tokens = issued["tokens"].as_object().unwrap();
    assert_eq!(tokens.len(), 12);
    for (algorithm, token) in tokens {
        let verified = verifier.verify_jwt(token.as_str().unwrap());
        assert_eq!(verified.is_ok(), !algorithm.starts_with('H'), "{algorithm}: {verified:?}");
    }
}

#[test]
fn other_arguments_are_refused() {
    assert!(!run(&["--help-me"]).status.success());
}
