//! CVE-2022-39227, RFC 7515 §7.2: the JSON form of a token, or a text that is both forms at once, is
//! verified by one reader and read by another.

use serde_json::json;

use crate::{claims_with, encode, good, target};

#[test]
fn only_the_compact_form_is_read() {
    let token = good();
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let forged = encode(claims_with(json!({ "sub": "root" })));
    let one = json!({ "protected": header, "payload": payload, "signature": signature });
    let signatures = [json!({ "protected": header, "signature": signature })];
    let many = json!({ "payload": payload, "signatures": signatures });
    // The proof of the CVE: the compact reader splits at the points, the JSON reader takes the members.
    let both = format!(
        r#"{{"  {header}.{forged}.":"","protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#
    );
    for text in [one.to_string(), many.to_string(), both, format!("{{\"{token}\":0}}")] {
        assert!(target().verifier.verify_jwt(&text).is_err(), "{text}");
        assert!(target().verifier.verify_jwt(&format!("{token}{text}")).is_err(), "{text}");
        assert!(target().verifier.verify_jwt(&format!("{text}{token}")).is_err(), "{text}");
    }
}
