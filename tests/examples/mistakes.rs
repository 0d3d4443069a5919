//! What the examples say of an operator's mistake: what it is, in words, and exit code 1.

use std::process::Command;

use crate::support::example;

#[track_caller]
fn says(command: &mut Command, expected: &str) {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("Malformed") && !text.contains("Error"), "not `Debug`: {text}");
}

#[test]
fn a_wrong_secret_key_or_file_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/keys/ed25519.pkcs8.pem");
    let mut api = example("axum_api");
    api.env("LISTEN", "127.0.0.1:0").env("TOKENS_DB", file("tokens.db"));
    says(api.env_remove("SIGNING_KEY"), "SIGNING_KEY names no file");
    says(api.env("SIGNING_KEY", file("none.pem")), "none.pem: ");
    api.env("SIGNING_KEY", key);
    says(api.env_remove("HALLPASS_SECRET"), "`HALLPASS_SECRET` is not set");
    let secret = api.env("HALLPASS_SECRET", "of a few bytes");
    says(secret, "the master secret is not 32 bytes in base64, base64url or hex");

    std::fs::write(file("rules.toml"), "[[rule]]\npath = 7\n").unwrap();
    let mut gateway = example("gateway");
    gateway.env("LISTEN", "127.0.0.1:0").env("SERVICE", "127.0.0.1:0");
    says(gateway.env("RULES", file("rules.toml")), "rules.toml: ");
    says(gateway.env_remove("RULES").env("PROXY", "squid"), "PROXY: `squid` is none of them");
    says(example("service_to_service").env("ISSUER", "no address"), "service_to_service: ");
}
