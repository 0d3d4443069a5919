//! Knows the JOSE header our issuer writes (RFC 7515 §4, RFC 9068 §2.1).
//! Must not know a token's claims.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::id::KeyId;

use super::Algorithm;

/// The encoded header of a token of this `typ` under this key: always these three members in
/// this order, so that a verifier recognises it by comparing bytes.
pub(crate) fn encode_header(typ: &str, algorithm: Algorithm, kid: &KeyId) -> Box<str> {
    let json = format!(
        r#"{{"typ":{},"alg":"{}","kid":{}}}"#,
        JsonText(typ),
        algorithm.name(),
        JsonText(kid.as_str())
    );
    URL_SAFE_NO_PAD.encode(json).into()
}

/// A JSON string. A foreign `kid` may hold quotes and backslashes, nothing else to escape:
/// a [`KeyId`] is printable ASCII.
struct JsonText<'a>(&'a str);

impl std::fmt::Display for JsonText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = serde_json::to_string(self.0).map_err(|_| std::fmt::Error)?;
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_members_in_order_and_escaped() {
        let header = |kid| {
            let kid = KeyId::parse(kid).unwrap();
            let text = encode_header("at+jwt", Algorithm::ES256, &kid);
            String::from_utf8(URL_SAFE_NO_PAD.decode(&*text).unwrap()).unwrap()
        };
        assert_eq!(header("one"), r#"{"typ":"at+jwt","alg":"ES256","kid":"one"}"#);
        assert_eq!(header(r#"a"\b"#), r#"{"typ":"at+jwt","alg":"ES256","kid":"a\"\\b"}"#);
    }
}
