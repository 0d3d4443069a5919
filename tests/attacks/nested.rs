//! RFC 7519 §5.2, RFC 8725 §2.7 and §3.12: a token inside a token, of which one reader opens the outer
//! one and another the inner.

use serde_json::json;

use crate::{EC_HEADER, MAC_HEADER, SECRET, claims_with, good, refused, sign_ec, sign_mac};

#[test]
fn the_payload_is_claims_and_no_token() {
    let outer = r#"{"typ":"at+jwt","cty":"JWT","alg":"ES256","kid":"ec"}"#;
    for payload in [good(), format!("\"{}\"", good()), format!("[\"{}\"]", good())] {
        for header in [outer, EC_HEADER] {
            refused(&sign_ec(header, &payload), "Claims(NotAnObject)");
        }
        refused(&sign_mac(SECRET, MAC_HEADER, &payload), "Claims(NotAnObject)");
    }
}

/// Whatever a claim holds stays data.
#[test]
fn a_token_in_a_claim_says_nothing() {
    let inner = json!({ "sub": "root", "token": good(), "jwt": { "sub": "root" } });
    let token = sign_ec(EC_HEADER, &claims_with(json!({ "act": inner, "payload": good() })));
    let verified = crate::target().verifier.verify_jwt(&token).unwrap();
    assert_eq!(verified.subject(), "ada");
}
