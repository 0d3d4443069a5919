//! RFC 7519 §2 and §4.1.4 to §4.1.6: dates at, before and beyond every edge.

use serde_json::{Value, json};

use crate::{EC_HEADER, claims, claims_with, now, refused, sign_ec, target};

fn with_text(name: &str, number: &str) -> String {
    let mut claims = claims();
    claims[name] = json!("@");
    claims.to_string().replace("\"@\"", number)
}

#[test]
fn expiry() {
    let token = |exp: Value| sign_ec(EC_HEADER, &claims_with(json!({ "exp": exp })));
    refused(&token(json!(now() - 30)), "Expired");
    refused(&token(json!((now() - 31) as f64 + 0.5)), "Expired");
    assert!(target().verifier.verify_jwt(&token(json!(now() + 60))).is_ok());
    assert!(target().verifier.verify_jwt(&token(json!(now() as f64 + 60.5))).is_ok());
    for past in ["0", "-1", "-0", "-1e308", "1e-308", "0.1", "-9223372036854775808"] {
        refused(&sign_ec(EC_HEADER, &with_text("exp", past)), "Expired");
    }
    for far in [
        "253402300799",
        "253402300800",
        "1e12",
        "1e308",
        "18446744073709551616",
        "99999999999999999999",
    ] {
        refused(&sign_ec(EC_HEADER, &with_text("exp", far)), "LivesTooLong");
    }
    for none in ["1e309", "1e400", "-1e400", "NaN", "Infinity", "0x10", "01", "+1", "1_000"] {
        refused(&sign_ec(EC_HEADER, &with_text("exp", none)), "Claims(NotAnObject)");
    }
    for text in
        [json!("9999999999"), json!(null), json!(true), json!([9_999_999_999_u64]), json!({})]
    {
        refused(&token(text), "Claims(WrongType { claim: \"exp\" })");
    }
}

#[test]
fn not_before_and_issued_at() {
    for name in ["nbf", "iat"] {
        for ahead in [(now() + 60).to_string(), "253402300800".into(), "1e308".into()] {
            refused(&sign_ec(EC_HEADER, &with_text(name, &ahead)), "NotYetValid");
        }
    }
    assert!(target().verifier.verify_jwt(&sign_ec(EC_HEADER, &with_text("nbf", "-1e308"))).is_ok());
    // Old enough that expiry would be later than any token may live.
    refused(&sign_ec(EC_HEADER, &with_text("iat", "0")), "LivesTooLong");
}
