//! CVE-2023-51774, CVE-2022-36083, CVE-2024-28176, CVE-2021-29500: an encrypted token makes the server
//! derive a key a billion times, or inflate a bomb, before it knows who sent it.

use std::time::{Duration, Instant};

use crate::{encode, refused};

#[test]
fn nothing_is_derived_or_inflated() {
    let begun = Instant::now();
    for header in [
        r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AAAA","kid":"mac"}"#,
        r#"{"typ":"at+jwt","alg":"dir","enc":"A256GCM","zip":"DEF","kid":"mac"}"#,
        r#"{"typ":"at+jwt","alg":"RSA1_5","enc":"A128CBC-HS256","kid":"ec"}"#,
        r#"{"typ":"at+jwt","alg":"ECDH-ES","enc":"A128GCM","epk":{"kty":"EC"},"kid":"ec"}"#,
    ] {
        let header = encode(header);
        refused(&format!("{header}.AAAA.AAAA.AAAA.AAAA"), "Malformed");
        refused(&format!("{header}..AAAA.AAAA.AAAA"), "Malformed");
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
}

/// As three parts it is a signed token, of an algorithm that signs nothing.
#[test]
fn an_algorithm_of_encryption_signs_nothing() {
    for alg in ["PBES2-HS256+A128KW", "dir", "RSA-OAEP", "RSA1_5", "ECDH-ES", "A128KW"] {
        let header = format!(r#"{{"typ":"at+jwt","alg":"{alg}","kid":"mac","p2c":2147483647}}"#);
        refused(&crate::sign_mac(b"", &header, &crate::claims().to_string()), "AlgorithmMismatch");
    }
}
