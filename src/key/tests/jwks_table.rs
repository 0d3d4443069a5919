//! A set of keys takes what it can, reports the rest, and has limits.

use serde_json::json;

use super::super::*;
use super::jwk_table::changed;

#[test]
fn a_set_takes_what_it_can_and_reports_the_rest() {
    let one = changed(Algorithm::ES256, &json!({"kid": "one"}));
    let two = changed(Algorithm::EdDSA, &json!({"kid": "two"}));
    let encryption = changed(Algorithm::RS256, &json!({"use": "enc", "kid": "one"}));
    let secret =
        r#"{"kty":"oct","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}"#;
    let private = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let set = format!(
        r#"{{"keys":[{one},{{"kty":"AKP"}},{encryption},{secret},7,{private},{{"kty":7}},{two}],"more":1}}"#
    );
    let set = Jwks::parse(&set).unwrap();
    let kids: Vec<_> = set.keys().iter().map(|key| key.verifying_key().kid().as_str()).collect();
    assert_eq!(kids, ["one", "two"]);
    let skipped: Vec<_> = set.skipped().iter().map(|key| key.index).collect();
    assert_eq!(skipped, [1, 2, 3, 4, 5, 6]);
    let keys = set.verifying_keys().unwrap();
    assert!(keys.contains(
        &crate::id::KeyId::parse("two").unwrap(),
        crate::Timestamp::MAX - std::time::Duration::from_millis(1)
    ));
    let again = Jwks::parse(&set.to_json()).unwrap();
    assert_eq!(again.to_json(), set.to_json());

    let twice = Jwks::parse(&format!(r#"{{"keys":[{one},{one}]}}"#));
    assert_eq!(
        twice.unwrap_err().to_string(),
        "two keys have the kid `one`; every key needs its own"
    );
}

#[test]
fn a_set_has_limits() {
    let many = |count| format!(r#"{{"keys":[{}]}}"#, vec![r#"{"kty":"x"}"#; count].join(","));
    assert_eq!(Jwks::parse(&many(100)).unwrap().skipped().len(), 100);
    assert_eq!(
        Jwks::parse(&many(101)).unwrap_err().to_string(),
        "the JWK set has 101 keys; the limit is 100"
    );
    let large = |bytes: usize| format!("{}{}", many(1), " ".repeat(bytes - many(1).len()));
    assert!(Jwks::parse(&large(256 * 1024)).is_ok());
    assert_eq!(
        Jwks::parse(&large(256 * 1024 + 1)).unwrap_err().to_string(),
        "the JWK set has 262145 bytes; the limit is 262144"
    );
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#, r#"{"keys":[]}x"#] {
        assert_eq!(
            Jwks::parse(text).unwrap_err().to_string(),
            "this is not a JWK set: expected one JSON object with an array `keys`",
            "{text}"
        );
    }
}
