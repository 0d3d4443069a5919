//! RFC 8725 §3.6 and §3.8, CWE-400, CWE-674: size and nesting must cost an attacker more than us.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{EC_HEADER, claims_with, encode, good, refused, sign_ec};

#[test]
fn long_tokens_are_not_looked_at() {
    let token = sign_ec(EC_HEADER, &claims_with(json!({ "x": "y".repeat(60_000) })));
    let begun = Instant::now();
    for _ in 0..10_000 {
        assert!(crate::target().verifier.verify_jwt(&token).is_err());
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "a length is compared, no more");
    refused(&token, "TooLong");
    refused(&".".repeat(60_000), "TooLong");
}

#[test]
fn nesting() {
    for depth in [33, 127, 128, 129, 1000, 2500] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let body = claims_with(json!({}));
        let payload = format!("{},\"x\":{nested}}}", body.strip_suffix('}').unwrap());
        let found = crate::target().verifier.verify_jwt(&sign_ec(EC_HEADER, &payload));
        let text = format!("{:?}", found.map(drop).unwrap_err());
        assert!(text.starts_with("Claims("), "{depth}: {text}");
        let header = format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"ec","x":{nested}}}"#);
        let found = crate::target().verifier.verify_jwt(&sign_ec(&header, &body));
        assert!(depth < 127 || found.is_err(), "{depth}");
    }
    let open = format!("{}.{}.AA", encode(EC_HEADER), encode("[".repeat(5000)));
    refused(&open, "BadSignature");
}

#[test]
fn many_members_and_parts() {
    let members: String = (0..600).map(|n| format!(",\"k{n}\":{n}")).collect();
    let body = claims_with(json!({}));
    let many = format!("{}{members}}}", body.strip_suffix('}').unwrap());
    assert!(many.len() < 8000 && sign_ec(EC_HEADER, &many).len() > 8192);
    refused(&sign_ec(EC_HEADER, &many), "TooLong");
    refused(&"a.".repeat(4000), "Malformed");
    refused(&format!("{}.a.b", good()), "Malformed");
}
