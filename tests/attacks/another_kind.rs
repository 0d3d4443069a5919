//! RFC 9068 §4, RFC 8725 §2.8 and §3.11: a token of another kind, genuinely signed, is shown as an
//! access token.

use crate::{claims, refused, sign_ec};

#[test]
fn other_types() {
    let claims = claims().to_string();
    for typ in [
        "JWT",
        "jwt",
        "id_token+jwt",
        "dpop+jwt",
        "logout+jwt",
        "secevent+jwt",
        "",
        "at+jwt ",
        "token-introspection+jwt",
        "application/jwt",
        "application/application/at+jwt",
        "at%2Bjwt",
    ] {
        let header = format!(r#"{{"typ":"{typ}","alg":"ES256","kid":"ec"}}"#);
        refused(&sign_ec(&header, &claims), "UnexpectedType");
    }
    refused(&sign_ec(r#"{"alg":"ES256","kid":"ec"}"#, &claims), "UnexpectedType");
    refused(&sign_ec(r#"{"typ":["at+jwt"],"alg":"ES256","kid":"ec"}"#, &claims), "Header");
}

#[test]
fn opaque_tokens() {
    for token in ["hp_rt_AAAA", "hp_ac_AAAA", "hp_cs_AAAA", "hp_ak_AAAA"] {
        refused(token, "WrongKind");
    }
}
