//! RFC 7797 §5 and §8: the signature is over the payload as it is, which another reader takes for base64url.

use ring::hmac;

use crate::{SECRET, claims, encode, refused};

#[test]
fn a_genuine_signature_over_plain_claims() {
    let claims = claims().to_string();
    for (member, error) in [(r#","b64":false,"crit":["b64"]"#, "Extension"), ("", "BadSignature")] {
        let header = format!(r#"{{"typ":"at+jwt","alg":"HS256","kid":"mac"{member}}}"#);
        let input = format!("{}.{claims}", encode(&header));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), input.as_bytes());
        // As it was signed, encoded after all, and detached (RFC 7515, appendix F).
        let plain = format!("{input}.{}", encode(tag));
        assert!(crate::target().verifier.verify_jwt(&plain).is_err());
        refused(&format!("{}.{}.{}", encode(&header), encode(&claims), encode(tag)), error);
        refused(&format!("{}..{}", encode(&header), encode(tag)), "Malformed");
    }
}
