//! RFC 8725 §2.2 and §3.5, RFC 7518 §3.2, CVE-2019-7644, CVE-2020-28637: a shared secret that can be guessed,
//! or an empty one.

use hallpass::key::{Algorithm, SigningKey, VerifyingKey};

use crate::{MAC_HEADER, claims, refused, sign_mac};

#[test]
fn secrets_shorter_than_the_hash_are_no_keys() {
    for (algorithm, least) in
        [(Algorithm::HS256, 32), (Algorithm::HS384, 48), (Algorithm::HS512, 64)]
    {
        for length in [0, 1, 8, 16, least - 1] {
            assert!(VerifyingKey::hmac(algorithm, &vec![7; length]).is_err(), "{length}");
            assert!(SigningKey::hmac(algorithm, &vec![7; length]).is_err(), "{length}");
        }
        assert!(VerifyingKey::hmac(algorithm, &vec![7; least]).is_ok());
        let short = r#"{"kty":"oct","alg":"HS256","kid":"a","k":"c2VjcmV0"}"#;
        assert!(VerifyingKey::from_jwk(short).is_err());
    }
}

#[test]
fn secrets_of_word_lists() {
    for secret in ["", "secret", "your-256-bit-secret", "changeme", "null", "mac", "\0"] {
        let token = sign_mac(secret.as_bytes(), MAC_HEADER, &claims().to_string());
        refused(&token, "BadSignature");
    }
}
