//! RFC 7515 §4, RFC 7519 §4, RFC 8725 §2.4: two readers read a name that is written twice in two ways.

use crate::{EC_HEADER, claims, refused, sign_ec};

#[test]
fn headers() {
    let claims = claims().to_string();
    for header in [
        r#"{"typ":"at+jwt","alg":"none","alg":"ES256","kid":"ec"}"#,
        r#"{"typ":"at+jwt","alg":"ES256","kid":"mac","kid":"ec"}"#,
        r#"{"typ":"JWT","alg":"ES256","kid":"ec","t\u0079p":"at+jwt"}"#,
        r#"{"typ":"at+jwt","alg":"ES256","kid":"ec","x":1,"x":2}"#,
    ] {
        refused(&sign_ec(header, &claims), "DuplicateHeader");
    }
}

#[test]
fn claims_twice() {
    let good = claims().to_string();
    let body = good.strip_suffix('}').unwrap();
    for (member, name) in [
        (r#""sub":"root""#, "sub"),
        (r#""s\u0075b":"root""#, "sub"),
        (r#""scope":"*:*:*""#, "scope"),
        (r#""exp":9999999999"#, "exp"),
        (r#""aud":["x"]"#, "aud"),
    ] {
        let error = format!("Claims(Duplicate {{ claim: {name:?} }})");
        refused(&sign_ec(EC_HEADER, &format!("{body},{member}}}")), &error);
        refused(&sign_ec(EC_HEADER, &format!("{{{member},{}", good.get(1..).unwrap())), &error);
    }
}
