//! Knows the order of the checks: one token per failure, each otherwise good.
//! Must not know revocation.

use std::time::Duration;

use serde_json::json;

use super::support::*;
use crate::{
    Timestamp,
    id::KeyId,
    key::{Algorithm, SigningKey, VerifyingKeys},
    token::{ClaimsError, OpaqueError, jwt},
    verifier::{
        ConfigError, FailureKind, KeySourceError, RelaxedProfile, RevokedBy, TokenKind, Verifier,
        VerifyError,
    },
};

#[track_caller]
fn refused(verifier: &Verifier, token: &str, expected: &str) {
    let error = verifier.verify_jwt(token).unwrap_err();
    assert_eq!(format!("{error:?}"), expected);
    assert_eq!(error.kind(), FailureKind::BadCredential);
    let described = block_on(verifier.verify(token)).unwrap_err();
    assert_eq!(format!("{described:?}"), expected, "both verbs say the same");
    let (text, public) = (error.to_string(), error.public_description());
    assert!(text.starts_with(char::is_lowercase) && !text.ends_with('.'), "{text}");
    assert!(public.is_ascii() && !public.contains(['"', '\\']), "RFC 6750 §3: {public}");
}

#[test]
fn a_good_token_says_what_it_was_given() {
    let verifier = stateless().build().unwrap();
    let who = verifier.verify_jwt(&good()).unwrap();
    assert_eq!(who.kind(), TokenKind::Jwt);
    assert_eq!((who.subject(), who.client_id(), who.issuer()), ("ada", Some("web"), ISSUER));
    assert_eq!(who.audiences().collect::<Vec<_>>(), [AUDIENCE]);
    assert_eq!((who.session_id(), who.token_id()), (Some(session()), Some(token_id())));
    assert_eq!((who.generation(), who.born()), (Some(3), session().born()));
    assert_eq!(who.issued_at(), Some(Timestamp::from_unix_seconds(NOW)));
    assert_eq!(who.expires_at(), Some(Timestamp::from_unix_seconds(NOW + 600)));
    assert_eq!((who.auth_time(), who.acr(), who.roles().count()), (None, None, 0));
    assert!(who.allows(&("invoice", "7", "read")));
    let denied = who.require(("invoice", "7", "write")).unwrap_err();
    assert_eq!(denied.required_scope(), "invoice:7:write");
    assert_eq!(denied.to_string(), "the scope does not cover what is required: `invoice:7:write`");
    let shown = format!("{who:?}");
    assert!(!shown.contains("exp") && !shown.contains(ISSUER), "{shown}");
}

#[test]
fn form() {
    let verifier = stateless().build().unwrap();
    let token = good();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    refused(&verifier, &"a".repeat(8193), "TooLong");
    refused(&verifier, "", "Malformed");
    refused(&verifier, signed, "Malformed");
    refused(&verifier, &format!("{token}."), "Malformed");
    refused(&verifier, &format!("{signed}."), "Malformed");
    refused(&verifier, &format!("{header}..{signature}"), "Malformed");
    refused(&verifier, &format!("{header}=.{payload}.{signature}"), "NotCanonical");
    refused(&verifier, &format!("{signed}.{signature}="), "NotCanonical");
    refused(&verifier, &format!("{signed}.+{}", signature.get(1..).unwrap()), "NotCanonical");
    refused(&verifier, &format!("{signed}.{}", signature.get(1..).unwrap()), "NotCanonical");
    refused(&verifier, "hp_rt_AAAA", "WrongKind");
    refused(&verifier, "hp_ak_AAAA", "WrongKind");
    let none = format!("{header}.{payload}.AAAA");
    refused(&verifier, &none, "BadSignature");
    let long = format!("{signed}.{}", "A".repeat(4000));
    refused(&verifier, &long, "BadSignature");
    let payload = &with(json!({ "sub": "eve" }));
    let other = sign(payload);
    let mixed = format!("{}.{signature}", other.rsplit_once('.').unwrap().0);
    refused(&verifier, &mixed, "BadSignature");
}

#[test]
fn header() {
    let verifier = stateless().build().unwrap();
    let key = key();
    let kid = key.kid().as_str();
    let claims = with(json!({}));
    let under = |header: &str| sign_under(&key, header, &claims);
    for typ in ["at+jwt", "application/at+jwt", "AT+JWT"] {
        let header = format!(r#"{{ "kid":"{kid}", "alg":"HS256", "typ":"{typ}", "x":[] }}"#);
        assert!(verifier.verify_jwt(&under(&header)).is_ok(), "another order of members");
    }
    for (header, error) in [
        (format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#), "UnexpectedType"),
        (format!(r#"{{"typ":"JWT","alg":"HS256","kid":"{kid}"}}"#), "UnexpectedType"),
        (r#"{"typ":"at+jwt","alg":"HS256"}"#.into(), "UnknownKey"),
        (r#"{"typ":"at+jwt","alg":"HS256","kid":"?"}"#.into(), "UnknownKey"),
        (format!(r#"{{"typ":"at+jwt","alg":"HS384","kid":"{kid}"}}"#), "AlgorithmMismatch"),
        (format!(r#"{{"typ":"at+jwt","alg":"none","kid":"{kid}"}}"#), "AlgorithmMismatch"),
        (format!(r#"{{"typ":"at+jwt","alg":"hs256","kid":"{kid}"}}"#), "AlgorithmMismatch"),
        (format!(r#"{{"typ":"at+jwt","kid":"{kid}"}}"#), "Header"),
        (format!(r#"{{"typ":"at+jwt","alg":"HS256","kid":"{kid}","crit":["x"]}}"#), "Extension"),
        (format!(r#"{{"typ":"at+jwt","alg":"HS256","kid":"{kid}","jwk":{{}}}}"#), "EmbeddedKey"),
        (format!(r#"{{"typ":"at+jwt","alg":"HS256","kid":"?","kid":"{kid}"}}"#), "DuplicateHeader"),
    ] {
        refused(&verifier, &under(&header), error);
    }
}

#[test]
fn claims_and_rules() {
    let verifier = stateless().build().unwrap();
    for (changes, error) in [
        (json!({ "iss": null }), r#"MissingClaim { claim: "iss" }"#),
        (json!({ "iss": "https://auth.example.com/" }), "Issuer"),
        (json!({ "aud": null }), r#"MissingClaim { claim: "aud" }"#),
        (json!({ "aud": "https://api.example.com/" }), "Audience"),
        (json!({ "aud": [] }), "Audience"),
        (json!({ "exp": null }), r#"MissingClaim { claim: "exp" }"#),
        (json!({ "exp": NOW - 30 }), "Expired"),
        (json!({ "exp": -1 }), "Expired"),
        (json!({ "exp": NOW as f64 - 30.001 }), "Expired"),
        (json!({ "nbf": NOW + 31 }), "NotYetValid"),
        (json!({ "nbf": 1e308 }), "NotYetValid"),
        (json!({ "iat": NOW + 31 }), "NotYetValid"),
        (json!({ "iat": null }), r#"MissingClaim { claim: "iat" }"#),
        (json!({ "exp": NOW + 24 * 3600 + 1 }), "LivesTooLong"),
        (json!({ "exp": 253_402_300_799_u64 }), "LivesTooLong"),
        (json!({ "exp": 1e308 }), "LivesTooLong"),
        (json!({ "iat": -1 }), "LivesTooLong"),
        (json!({ "sub": null }), r#"MissingClaim { claim: "sub" }"#),
        (json!({ "sub": "" }), r#"UnacceptableClaim { claim: "sub" }"#),
        (json!({ "jti": null }), r#"MissingClaim { claim: "jti" }"#),
        (json!({ "client_id": null }), r#"MissingClaim { claim: "client_id" }"#),
        (json!({ "scope": ["a"] }), r#"UnacceptableClaim { claim: "scope" }"#),
        (json!({ "sub": 7 }), r#"Claims(WrongType { claim: "sub" })"#),
        (json!({ "exp": "9" }), r#"Claims(WrongType { claim: "exp" })"#),
        (json!({ "gen": 1.5 }), "Claims(OutOfRange)"),
    ] {
        refused(&verifier, &sign(&with(changes)), error);
    }
    for (payload, error) in [
        ("[]", "Claims(NotAnObject)"),
        ("{", "Claims(NotAnObject)"),
        (r#"{"sub":"a","s\u0075b":"b"}"#, r#"Claims(Duplicate { claim: "sub" })"#),
        (r#"{"exp":1e400}"#, "Claims(NotAnObject)"),
    ] {
        refused(&verifier, &sign(payload), error);
    }
    for good in [
        json!({ "exp": NOW - 29 }),
        json!({ "exp": NOW as f64 + 0.5 }),
        json!({ "nbf": NOW + 30, "iat": NOW + 30 }),
        json!({ "aud": ["other", AUDIENCE] }),
        json!({ "sub": "quote \" slash \\ é" }),
        json!({ "scope": null }),
    ] {
        assert!(verifier.verify_jwt(&sign(&with(good))).is_ok());
    }
    let escaped = verifier.verify_jwt(&sign(&with(json!({ "sub": "a\"b", "x": 1 })))).unwrap();
    assert_eq!(escaped.subject(), "a\"b");
    assert_eq!(escaped.claims::<serde_json::Value>().unwrap()["x"], 1);
    let big = with(json!({ "x": "y".repeat(5000), "sub": "\n".repeat(200) }));
    assert_eq!(verifier.verify_jwt(&sign(&big)).unwrap().subject(), "\n".repeat(200));
}

#[test]
fn the_deadline_itself_is_expired() {
    let clock = TestClock::new();
    let verifier = builder(&clock).leeway(Duration::ZERO).stateless().build().unwrap();
    let token = good();
    clock.set_wall(Timestamp::from_unix_millis((NOW + 600) * 1000 - 1));
    assert!(verifier.verify_jwt(&token).is_ok());
    clock.set_wall(Timestamp::from_unix_seconds(NOW + 600));
    refused(&verifier, &token, "Expired");
}

#[test]
fn builder_refuses_what_does_not_fit() {
    let clock = TestClock::new();
    let error =
        |builder: crate::verifier::VerifierBuilder<_>| builder.stateless().build().unwrap_err();
    let base = || Verifier::builder(ISSUER);
    let key = || key().verifying_key();
    assert!(matches!(error(Verifier::builder("auth")), ConfigError::Issuer(_)));
    assert_eq!(error(base().key(key())), ConfigError::NoAudience);
    assert_eq!(error(base().audience("a")), ConfigError::NoKey);
    assert!(matches!(error(base().audience("")), ConfigError::Audience(_)));
    assert!(matches!(error(builder(&clock).key(key())), ConfigError::Keys { .. }));
    for bytes in [0, 16 * 1024 + 1] {
        assert!(matches!(error(builder(&clock).max_length(bytes)), ConfigError::MaxLength { .. }));
    }
    let (millisecond, hour) = (Duration::from_millis(1), Duration::from_secs(3600));
    assert!(matches!(error(builder(&clock).leeway(hour)), ConfigError::TooLong { .. }));
    let longer = hour / 6 + millisecond;
    assert!(matches!(error(builder(&clock).leeway(longer)), ConfigError::TooLong { .. }));
    let early = builder(&clock).poll_interval(hour + millisecond).max_staleness(hour);
    assert_eq!(error(early), ConfigError::Staleness);
    let edge = builder(&clock).max_length(16 * 1024).leeway(hour / 6);
    assert!(edge.poll_interval(hour).max_staleness(hour).stateless().build().is_ok());
    assert!(matches!(error(builder(&clock).prefix("A")), ConfigError::Prefix(_)));
    let own = VerifyingKeys::new([key()]).unwrap();
    let profile = RelaxedProfile::new("old", own, Timestamp::MAX, hour);
    assert_eq!(error(builder(&clock).relaxed(profile)), ConfigError::RelaxedOwnKey);
    // The same key under another name, which only a public key can be told by.
    let one = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let named = one.with_kid(KeyId::parse("old").unwrap());
    for (foreign, is_own) in
        [(named, true), (SigningKey::generate(Algorithm::EdDSA).unwrap(), false)]
    {
        let keys = VerifyingKeys::new([foreign.verifying_key()]).unwrap();
        let profile = RelaxedProfile::new("old", keys, Timestamp::MAX, hour);
        let built = builder(&clock).key(one.verifying_key()).relaxed(profile).stateless().build();
        assert_eq!(built.err(), is_own.then_some(ConfigError::RelaxedOwnKey));
    }
}

/// Signatures of every length, through the whole of a verifier.
#[test]
fn every_algorithm_is_verified() {
    let rsa = include_str!("../../../tests/vectors/keys/rsa2048.pkcs8.pem");
    for algorithm in Algorithm::ALL.iter().copied() {
        let key = match algorithm.name() {
            name if name.starts_with(['R', 'P']) => SigningKey::from_pem(algorithm, rsa),
            _ => SigningKey::generate(algorithm),
        };
        let key = key.unwrap();
        let builder = Verifier::builder(ISSUER).audience(AUDIENCE).clock(TestClock::new());
        let verifier = builder.key(key.verifying_key()).stateless().build().unwrap();
        let claims = with(json!({}));
        let token =
            jwt::encode_payload(key.encoded_header(), claims.as_bytes(), |input| key.sign(input));
        let token = token.unwrap();
        assert_eq!(verifier.verify_jwt(token.as_str()).unwrap().subject(), "ada", "{algorithm}");
        let at = token.rfind('.').unwrap() + 1;
        let mut changed = token;
        let other = if changed.as_bytes()[at] == b'A' { "B" } else { "A" };
        changed.replace_range(at..=at, other);
        assert!(matches!(verifier.verify_jwt(changed.as_str()), Err(VerifyError::BadSignature)));
    }
}

/// Claims of every length, escaped and not, are read whole: no buffer on the way is too small.
#[test]
fn claims_of_any_length_are_read_whole() {
    let verifier = stateless().max_length(16 * 1024).build().unwrap();
    for length in (0..1300).step_by(3).chain((1300..11_000).step_by(487)) {
        for subject in ["s".repeat(length + 1), format!("{}{}", "\"".repeat(9), "s".repeat(length))]
        {
            let token = sign(&with(json!({ "sub": subject })));
            assert_eq!(verifier.verify_jwt(&token).unwrap().subject(), subject, "{length}");
        }
    }
}

/// RFC 6750 §3: what a client may read, one text for what it should do about it.
#[test]
fn what_clients_may_read_is_fixed() {
    for (error, text) in [
        (VerifyError::Stale, "the service cannot check tokens at the moment"),
        (
            VerifyError::Keys(KeySourceError::new("x")),
            "the service cannot check tokens at the moment",
        ),
        (VerifyError::Expired, "the token has expired"),
        (VerifyError::Opaque(OpaqueError::Expired), "the token has expired"),
        (VerifyError::NotYetValid, "the token is not valid yet"),
        (VerifyError::Revoked { by: RevokedBy::Subject }, "the token was revoked"),
        (VerifyError::UnknownToken, "the token was revoked"),
        (VerifyError::Audience, "the token is for another audience"),
        (VerifyError::UnexpectedType, "this kind of token is not accepted here"),
        (VerifyError::WrongKind, "this kind of token is not accepted here"),
        (VerifyError::ProfileEnded, "this kind of token is not accepted here"),
        (VerifyError::BadSignature, "the token is invalid"),
        (VerifyError::UnknownKey, "the token is invalid"),
    ] {
        assert_eq!(error.public_description(), text, "{error}");
    }
}

#[test]
fn the_relaxed_profile_takes_old_tokens_and_nothing_else() {
    let hour = Duration::from_secs(3600);
    let ends = Timestamp::from_unix_seconds(NOW + 86_400);
    let old = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let ec = SigningKey::generate(Algorithm::ES256).unwrap();
    let keys = VerifyingKeys::new([old.verifying_key(), ec.verifying_key()]).unwrap();
    let clock = TestClock::new();
    let relaxed = || RelaxedProfile::new("legacy", keys.clone(), ends, hour);
    let verifier = builder(&clock).relaxed(relaxed()).stateless().build().unwrap();

    let claims = |changes: serde_json::Value| {
        let mut claims = json!({ "iss": "legacy", "sub": "ada", "aud": AUDIENCE, "exp": NOW + 60 });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.to_string()
    };
    let token = |changes| sign_under(&old, r#"{"alg":"EdDSA"}"#, &claims(changes));
    let who = verifier.verify_jwt(&token(json!({ "scope": ["a:1:read", "bare", "b c"] }))).unwrap();
    assert_eq!((who.born(), who.token_id(), who.session_id()), (Timestamp::EPOCH, None, None));
    assert_eq!(who.scope().as_str(), "a:1:read");
    let dated = verifier.verify_jwt(&token(json!({ "iat": NOW - 9, "jti": token_id() }))).unwrap();
    assert_eq!((dated.born(), dated.token_id()), (Timestamp::from_unix_seconds(NOW - 9), None));
    let kid = format!(r#"{{"typ":"JWT","alg":"ES256","kid":"{}"}}"#, ec.kid());
    assert!(verifier.verify_jwt(&sign_under(&ec, &kid, &claims(json!({})))).is_ok());

    for (changes, error) in [
        (json!({ "nonce": "n" }), r#"UnacceptableClaim { claim: "nonce" }"#),
        (json!({ "at_hash": "n" }), r#"UnacceptableClaim { claim: "at_hash" }"#),
        (json!({ "events": {} }), r#"UnacceptableClaim { claim: "events" }"#),
        (json!({ "iss": ISSUER }), "Issuer"),
        (json!({ "aud": "x" }), "Audience"),
        (json!({ "exp": NOW - 30 }), "Expired"),
        (json!({ "exp": NOW + 3601 }), "LivesTooLong"),
        (json!({ "exp": NOW + 60, "iat": NOW - 3600 }), "LivesTooLong"),
    ] {
        refused(&verifier, &token(changes), error);
    }
    let longest = token(json!({ "exp": NOW + 3000, "iat": NOW - 600 }));
    assert!(verifier.verify_jwt(&longest).is_ok());
    // Two keys with one algorithm: a token without `kid` names neither.
    let other = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let two = VerifyingKeys::new([old.verifying_key(), other.verifying_key()]).unwrap();
    let profile = RelaxedProfile::new("legacy", two, ends, hour);
    let ambiguous = builder(&clock).relaxed(profile).stateless().build().unwrap();
    refused(&ambiguous, &token(json!({})), "UnknownKey");
    // Our own key stays out of it, whatever the type says.
    let kid = format!(r#"{{"typ":"JWT","alg":"HS256","kid":"{}"}}"#, key().kid());
    refused(&verifier, &sign_under(&key(), &kid, &claims(json!({}))), "UnexpectedType");
    refused(
        &verifier,
        &sign_under(&old, r#"{"typ":"dpop+jwt","alg":"EdDSA"}"#, "{}"),
        "UnexpectedType",
    );
    clock.set_wall(ends);
    refused(&verifier, &token(json!({ "exp": NOW + 90_000 })), "ProfileEnded");
}

#[test]
fn errors_keep_their_source() {
    let verifier = stateless().build().unwrap();
    let error = verifier.verify_jwt(&sign("[]")).unwrap_err();
    assert!(matches!(error, VerifyError::Claims(ClaimsError::NotAnObject)));
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn every_date_is_its_own() {
    let dates = json!({ "iat": NOW - 4, "nbf": NOW - 3, "auth_time": NOW - 900 });
    let who = stateless().build().unwrap().verify_jwt(&sign(&with(dates))).unwrap();
    let at = |seconds| Some(Timestamp::from_unix_seconds(seconds));
    assert_eq!((who.issued_at(), who.auth_time()), (at(NOW - 4), at(NOW - 900)));
    assert_eq!(who.expires_at(), at(NOW + 600));
}
