//! RFC 8725 §2.1 and §3.1, CVE-2016-5431, CVE-2016-10555: a public key is used as an HMAC secret.

use ring::signature::KeyPair as _;

use crate::{EC_HEADER, SECRET, claims, refused, sign_ec, sign_mac, target};

#[test]
fn the_key_fixes_the_algorithm() {
    let claims = claims().to_string();
    let public = target().pair.public_key().as_ref();
    let spki = {
        let prefix: &[u8] = &[
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
            0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        [prefix, public].concat()
    };
    for secret in [public, &spki[..], &public[1..], b"", b"ec", SECRET] {
        let header = r#"{"typ":"at+jwt","alg":"HS256","kid":"ec"}"#;
        refused(&sign_mac(secret, header, &claims), "AlgorithmMismatch");
        refused(&sign_mac(secret, EC_HEADER, &claims), "BadSignature");
    }
    // The other way round, and to another algorithm of the same family.
    refused(
        &sign_ec(r#"{"typ":"at+jwt","alg":"ES256","kid":"mac"}"#, &claims),
        "AlgorithmMismatch",
    );
    for alg in ["ES384", "ES512", "ES256K", "RS256", "EdDSA", "es256", "HS256", "dir", "A128KW"] {
        let header = format!(r#"{{"typ":"at+jwt","alg":"{alg}","kid":"ec"}}"#);
        refused(&sign_ec(&header, &claims), "AlgorithmMismatch");
    }
}
