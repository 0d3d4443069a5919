//! ID tokens: OpenID Connect Core §2, §3.1.3.6.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    Algorithm, SigningKey, authority::CodeRedemption, clock::Clock, testing::TestAuthority,
};
use serde_json::{Value, json};

use crate::{
    code::claims,
    support::{REDIRECT, VERIFIER, authority, authority_with, binding, grant, id},
};

fn header(token: &str) -> Value {
    let part = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Computed with ring itself, not by what is tested.
fn left_half(algorithm: &'static ring::digest::Algorithm, text: &str) -> String {
    let digest = ring::digest::digest(algorithm, text.as_bytes());
    URL_SAFE_NO_PAD.encode(&digest.as_ref()[..digest.as_ref().len() / 2])
}

#[tokio::test]
async fn its_claims_are_those_of_the_login() {
    let (auth, partner) = (authority(), id("partner"));
    let login = auth.clock().now();
    auth.clock().advance(std::time::Duration::from_secs(40));
    let grant = grant("openid invoice:*:read").auth_time(login).acr("high").amr(["pwd", "otp"]);
    let code = auth.issue_code(grant, binding().nonce("n-0S6_WzA2Mj")).await.unwrap();
    auth.clock().advance(std::time::Duration::from_secs(3));
    let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
    let redeemed = auth.redeem_code(&code, given).await.unwrap();
    let issued = redeemed.issued();
    let token = redeemed.id_token().unwrap().expose_secret();

    assert_eq!(header(token)["typ"], "JWT");
    assert_eq!(header(token)["alg"], "EdDSA");
    let now = auth.clock().now().as_unix_seconds();
    let expected = json!({
        "iss": TestAuthority::ISSUER, "sub": "ada", "aud": "partner", "azp": "partner",
        "iat": now, "exp": now + 300, "auth_time": login.as_unix_seconds(),
        "nonce": "n-0S6_WzA2Mj", "acr": "high", "amr": ["pwd", "otp"],
        "sid": issued.session_id().to_string(),
        "at_hash": left_half(&ring::digest::SHA512, issued.access_token().expose_secret()),
    });
    assert_eq!(claims(token), expected);
    assert!(redeemed.into_response().body().contains("\"id_token\":\""));
}

/// OpenID Connect Core §3.1.3.6: by the hash of the algorithm that signs.
#[tokio::test]
async fn at_hash_takes_the_hash_of_the_signature() {
    use ring::digest::{SHA256, SHA384, SHA512};
    for (algorithm, hash) in [
        (Algorithm::EdDSA, &SHA512),
        (Algorithm::ES256, &SHA256),
        (Algorithm::ES384, &SHA384),
        (Algorithm::HS256, &SHA256),
        (Algorithm::HS384, &SHA384),
        (Algorithm::HS512, &SHA512),
    ] {
        let key = SigningKey::generate(algorithm).unwrap();
        let auth = authority_with(|builder| builder.signing_key(key));
        let code = auth.issue_code(grant("openid"), binding()).await.unwrap();
        let partner = id("partner");
        let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
        let redeemed = auth.redeem_code(&code, given).await.unwrap();
        let claims = claims(redeemed.id_token().unwrap().expose_secret());
        let access = redeemed.issued().access_token().expose_secret();
        assert_eq!(claims["at_hash"], left_half(hash, access), "{algorithm:?}");
        assert_eq!(claims.get("nonce"), None);
    }
}

#[tokio::test]
async fn it_comes_only_with_openid_and_is_no_access_token() {
    let (auth, partner) = (authority(), id("partner"));
    for (scope, comes) in [("a:1:read", false), ("openid", true), ("openid a:1:read", true)] {
        let code = auth.issue_code(grant(scope), binding()).await.unwrap();
        let given = CodeRedemption::new(&partner, VERIFIER).redirect_uri(REDIRECT);
        let redeemed = auth.redeem_code(&code, given).await.unwrap();
        assert_eq!(redeemed.id_token().is_some(), comes, "{scope}");
        if let Some(token) = redeemed.id_token() {
            assert!(auth.verify(token.expose_secret()).await.is_err());
            let _ = auth.revoke(token.expose_secret()).await.unwrap();
            assert!(auth.verify(redeemed.issued().access_token()).await.is_ok());
        }
    }
}
