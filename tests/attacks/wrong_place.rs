//! RFC 9068 §4, RFC 8725 §3.8 and §3.9: a genuine token of another issuer, or for another audience.

use serde_json::json;

use crate::{AUDIENCE, EC_HEADER, ISSUER, claims_with, refused, sign_ec, target};

#[test]
fn issuers() {
    for issuer in [
        "",
        "https://evil.example",
        "https://auth.example.com/",
        "https://auth.example.com.evil.example",
        "http://auth.example.com",
        "HTTPS://auth.example.com",
        "https://AUTH.example.com",
        "https://auth.example.com\u{0}",
        " https://auth.example.com",
        "auth.example.com",
    ] {
        refused(&sign_ec(EC_HEADER, &claims_with(json!({ "iss": issuer }))), "Issuer");
    }
    for issuer in [json!([ISSUER]), json!(null), json!({ "a": ISSUER }), json!(1)] {
        let token = sign_ec(EC_HEADER, &claims_with(json!({ "iss": issuer })));
        refused(&token, "Claims(WrongType { claim: \"iss\" })");
    }
}

#[test]
fn audiences() {
    for audience in [
        json!(""),
        json!([]),
        json!("https://api.example.com/"),
        json!(["https://api.example.com/x"]),
        json!("https://api.example.com https://api.example.org"),
        json!(["a", "b"]),
        json!("web"),
    ] {
        refused(&sign_ec(EC_HEADER, &claims_with(json!({ "aud": audience }))), "Audience");
    }
    for audience in
        [json!(null), json!({ "0": AUDIENCE }), json!([AUDIENCE, 1]), json!([[AUDIENCE]])]
    {
        let token = sign_ec(EC_HEADER, &claims_with(json!({ "aud": audience })));
        refused(&token, "Claims(WrongType { claim: \"aud\" })");
    }
    let several = claims_with(json!({ "aud": ["https://other.example", AUDIENCE] }));
    assert!(target().verifier.verify_jwt(&sign_ec(EC_HEADER, &several)).is_ok());
}
