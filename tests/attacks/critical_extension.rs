//! RFC 7515 §4.1.11, RFC 7797 §6: `crit` and `b64` change how a token is read.

use crate::{claims, refused, sign_ec};

#[test]
fn extensions_are_refused_whatever_they_say() {
    let claims = claims().to_string();
    for member in [
        r#""crit":["exp"]"#,
        r#""crit":["b64"],"b64":false"#,
        r#""b64":false"#,
        r#""b64":true"#,
        r#""crit":[]"#,
        r#""crit":null"#,
        r#""cr\u0069t":["x"],"x":1"#,
    ] {
        let header = format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"ec",{member}}}"#);
        refused(&sign_ec(&header, &claims), "Extension");
    }
}
