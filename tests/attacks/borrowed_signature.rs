//! CVE-2009-0217, CVE-2020-28042, RFC 7518 §3.2: a cut or an empty signature, or that of another token.

use ring::hmac;
use serde_json::json;

use crate::{EC_HEADER, MAC_HEADER, SECRET, claims_with, encode, good, refused, sign_ec, sign_mac};

#[test]
fn a_cut_hmac() {
    let input = format!("{}.{}", encode(MAC_HEADER), encode(claims_with(json!({}))));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), input.as_bytes());
    for length in 1..32 {
        refused(&format!("{input}.{}", encode(&tag.as_ref()[..length])), "BadSignature");
        refused(&format!("{input}.{}", encode(&tag.as_ref()[32 - length..])), "BadSignature");
    }
    refused(&format!("{input}.{}", encode([tag.as_ref(), b"\0"].concat())), "BadSignature");
    refused(&format!("{input}."), "Malformed");
    refused(&input, "Malformed");
}

#[test]
fn parts_of_two_genuine_tokens() {
    let other = sign_ec(EC_HEADER, &claims_with(json!({ "sub": "root" })));
    let mac = sign_mac(SECRET, MAC_HEADER, &claims_with(json!({ "sub": "root" })));
    let good = good();
    let part = |token: &str, at: usize| token.split('.').nth(at).unwrap().to_owned();
    for (a, b, c) in [(&good, &other, &good), (&good, &good, &other), (&mac, &good, &good)] {
        let mixed = format!("{}.{}.{}", part(a, 0), part(b, 1), part(c, 2));
        refused(&mixed, "BadSignature");
    }
    refused(&format!("{}.{}.{}", part(&mac, 0), part(&mac, 1), part(&good, 2)), "BadSignature");
}
