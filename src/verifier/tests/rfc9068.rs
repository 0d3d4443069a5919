//! The example of RFC 9068 §2.2: its header and claims as printed there, under a key of ours, for
//! the RFC shows no signature.

use std::time::Duration;

use super::support::{TestClock, sign_under};
use crate::{
    clock::Timestamp,
    id::KeyId,
    key::{Algorithm, SigningKey},
    verifier::{Verifier, VerifyError},
};

const CLAIMS: &str = r#"{
     "iss": "https://authorization-server.example.com/",
     "sub": "5ba552d67",
     "aud":   "https://rs.example.com/",
     "exp": 1639528912,
     "iat": 1618354090,
     "jti" : "dbe39bf3a3ba4238a513f51d6e1691c4",
     "client_id": "s6BhdRkqt3",
     "scope": "openid profile reademail"
   }"#;

#[test]
fn the_example_is_read_as_it_is_meant() {
    let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let key = key.with_kid(KeyId::parse("RjEwOwOA").unwrap());
    // `typ` in the RFC's own spelling.
    let token = sign_under(&key, r#"{"typ":"at+JWT","alg":"EdDSA","kid":"RjEwOwOA"}"#, CLAIMS);
    let clock = TestClock::new();
    clock.set_wall(Timestamp::from_unix_seconds(1_618_354_100));
    let verifier = |longest: u64| {
        Verifier::builder("https://authorization-server.example.com/")
            .audience("https://rs.example.com/")
            .key(key.verifying_key())
            .clock(clock.clone())
            .max_access_lifetime(Duration::from_secs(longest))
            .stateless()
            .build()
            .unwrap()
    };
    let who = verifier(246 * 24 * 60 * 60).verify_jwt(&*token).unwrap();
    assert_eq!((who.subject(), who.client_id()), ("5ba552d67", Some("s6BhdRkqt3")));
    // `profile` and `reademail` are bare names: to a verifier without a vocabulary only words that
    // OpenID Connect registers are words.
    assert!(who.scope().has_word("openid") && who.scope().has_word("profile"));
    // It lives for 245 days, which nothing here may unless the host says so.
    let refused = verifier(24 * 60 * 60).verify_jwt(&*token).unwrap_err();
    assert!(matches!(refused, VerifyError::LivesTooLong), "{refused}");
}
