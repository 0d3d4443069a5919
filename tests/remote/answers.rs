//! Knows that a bad answer changes nothing, and which keys of a good one are taken.
//! Must not know how long an answer is fresh.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use hallpass::{
    Algorithm, SigningKey, remote::RemoteJwks, testing::TestAuthority, verifier::VerifyError,
};

use crate::{
    server::{Reply, Server, reply},
    world::*,
};

fn many(keys: usize) -> String {
    let key = SigningKey::generate(Algorithm::EdDSA).unwrap().verifying_key();
    let jwk = key.jwk().unwrap().to_json();
    let keys: Vec<_> =
        (0..keys).map(|n| jwk.replace(key.kid().as_str(), &format!("key-{n}"))).collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

/// Every answer that is none, and what is said of it.
async fn bad_answers(elsewhere: &Server) -> Vec<(Reply, &'static str)> {
    let own = jwks();
    let own_key = own.strip_prefix(r#"{"keys":["#).unwrap().strip_suffix("]}").unwrap();
    let to = |status| reply(status, jwks()).header("Location", &elsewhere.url("/jwks"));
    vec![
        (reply(404, jwks()), "the status was 404"),
        (reply(500, jwks()), "the status was 500"),
        (reply(204, jwks()), "the status was 204"),
        (to(301), "a redirect, which is not followed"),
        (to(302), "a redirect, which is not followed"),
        (to(307), "a redirect, which is not followed"),
        (to(308), "a redirect, which is not followed"),
        (reply(200, ""), "no JWK Set"),
        (reply(200, "<html>"), "no JWK Set"),
        (reply(200, "{"), "no JWK Set"),
        (reply(200, r#"{"keys":{}}"#), "no JWK Set"),
        (reply(200, r#"{"keys":[],"keys":[]}"#), "no JWK Set"),
        (reply(200, format!("{own} x")), "no JWK Set"),
        (reply(200, [own.as_bytes(), &[0xff]].concat()), "no JWK Set"),
        (reply(200, format!(r#"{{"keys":[{own_key},{own_key}]}}"#)), "no JWK Set"),
        (reply(200, many(101)), "no JWK Set"),
        (reply(200, many(10_000)), "more than 262144 bytes"),
        (reply(200, vec![b' '; 262_145]), "more than 262144 bytes"),
        (reply(200, vec![b' '; 65_536]).endless(), "more than 262144 bytes"),
    ]
}

#[tokio::test]
async fn a_bad_answer_gives_no_key_and_takes_none_away() {
    let elsewhere = serving(keys).await;
    for (bad, says) in bad_answers(&elsewhere).await {
        let answer = shared(Mutex::new(bad.clone()));
        let served = answer.clone();
        let server = serving(move || served.lock().unwrap().clone()).await;
        let (auth, verifier) = pair(&server);
        let token = token(&auth);
        let text = trouble(verifier.verify(&token).await);
        assert!(text.contains(says), "{says}: {text}");
        trouble(verifier.verify_jwt(&token));

        *answer.lock().unwrap() = keys();
        auth.clock().advance(SECOND);
        assert!(verifier.verify(&token).await.is_ok(), "{says}");
        *answer.lock().unwrap() = bad;
        auth.clock().advance(10 * MINUTE);
        verifier.tick().await;
        assert_eq!(server.requests(), 3);
        assert!(verifier.verify_jwt(&token).is_ok(), "{says}");
    }
    assert_eq!(elsewhere.requests(), 0, "no redirect is followed");
}

#[tokio::test]
async fn a_slow_server_is_given_up() {
    let hour = Duration::from_secs(3600);
    let server = serving(move || keys().after(hour)).await;
    let auth = TestAuthority::new();
    let keys = RemoteJwks::at(server.url("/jwks")).timeout(Duration::from_millis(100));
    let verifier = verifier(auth.clock(), keys);
    let began = Instant::now();
    assert!(trouble(verifier.verify(&token(&auth)).await).contains("took too long"));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

/// The time is for all of the answer.
#[tokio::test]
async fn a_server_that_stops_in_the_middle_is_given_up() {
    let server = serving(|| keys().stalling()).await;
    let auth = TestAuthority::new();
    let keys = RemoteJwks::at(server.url("/jwks")).timeout(Duration::from_millis(200));
    let verifier = verifier(auth.clock(), keys);
    assert!(trouble(verifier.verify(&token(&auth)).await).contains("took too long"));
}

/// RFC 7517 §5: keys that are not understood are ignored. A key that whoever reads the set could
/// sign with is none.
#[tokio::test]
async fn keys_that_are_private_shared_or_for_something_else_are_skipped() {
    const SECRET: &str =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    const OTHERS: [&str; 8] = [
        r#"{"kty":"OKP","crv":"Ed25519","kid":"private","d":"TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs","x":"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"}"#,
        r#"{"kty":"oct","alg":"HS256","kid":"shared","k":"SECRET"}"#,
        r#"{"kty":"OKP","crv":"Ed25519","kid":"enc","use":"enc","x":"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"}"#,
        r#"{"kty":"OKP","crv":"Ed448","kid":"448","x":"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"}"#,
        r#"{"kty":"EC","crv":"P-384","alg":"ES256","kid":"mixed","x":"AA","y":"AA"}"#,
        r#"{"kty":"LMS","kid":"future"}"#,
        r#"{"kid":"nothing"}"#,
        "7",
    ];
    let own = jwks();
    let body = OTHERS.join(",").replace("SECRET", SECRET);
    let body = own.replacen('[', &format!("[{body},"), 1);
    let server = serving(move || reply(200, body.clone())).await;
    let (auth, verifier) = pair(&server);
    assert!(verifier.verify(&token(&auth)).await.is_ok());

    let secret =
        base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, SECRET).unwrap();
    let key = SigningKey::hmac(Algorithm::HS256, &secret).unwrap();
    let forged = hallpass::Authority::builder(TestAuthority::ISSUER)
        .audience(TestAuthority::AUDIENCE)
        .signing_key(key.with_kid("shared".parse().unwrap()))
        .store(hallpass::MemoryStore::new())
        .clock(auth.clock().clone())
        .build()
        .unwrap();
    let grant = hallpass::Grant::new("ada", "invoice:*:read".parse().unwrap()).client("web");
    let forged = forged.issue_access(grant).await.unwrap();
    let error = verifier.verify(forged.access_token()).await.unwrap_err();
    assert!(matches!(error, VerifyError::UnknownKey), "{error}");
    for kid in ["private", "shared", "enc", "448", "mixed", "future", "nothing"] {
        let error = verifier.verify(&naming(kid)).await.unwrap_err();
        assert!(matches!(error, VerifyError::UnknownKey), "{kid}: {error}");
    }
}
