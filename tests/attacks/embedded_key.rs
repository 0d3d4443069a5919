//! RFC 8725 §3.10, CVE-2018-0114: the token brings, or points to, the key it is to be checked with.

use crate::{claims, refused, sign_ec, sign_mac};

#[test]
fn the_token_never_chooses_the_key() {
    let claims = claims().to_string();
    let own = r#"{"kty":"oct","k":"YXR0YWNrZXI"}"#;
    for member in [
        format!(r#""jwk":{own}"#),
        r#""jku":"https://evil.example/jwks.json""#.into(),
        r#""x5u":"https://evil.example/cert.pem""#.into(),
        r#""x5c":["MIIB"]"#.into(),
        r#""jwk":null"#.into(),
        r#""\u006a\u0077\u006b":{}"#.into(),
    ] {
        let header = format!(r#"{{"typ":"at+jwt","alg":"HS256","kid":"mac",{member}}}"#);
        refused(&sign_mac(b"attacker", &header, &claims), "EmbeddedKey");
        // Even where the signature holds.
        let header = format!(r#"{{{member},"typ":"at+jwt","alg":"ES256","kid":"ec"}}"#);
        refused(&sign_ec(&header, &claims), "EmbeddedKey");
    }
}
