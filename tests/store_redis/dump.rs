//! Invariant 41: everything that lies on the server, and none of it opens anything.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    Algorithm, Authority, Grant, Scope, SigningKey, secret::MasterSecret, store::RedisOptions,
};
use redis::aio::MultiplexedConnection;

use crate::support::{prefix, raw, url};

/// Every key, field, member and value under a prefix.
pub(crate) async fn dump(raw: &mut MultiplexedConnection, prefix: &str) -> Vec<Vec<u8>> {
    let keys: Vec<String> =
        redis::cmd("KEYS").arg(format!("{prefix}*")).query_async(raw).await.unwrap();
    let mut found = Vec::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(raw).await.unwrap();
        let mut read = match kind.as_str() {
            "string" => redis::cmd("GET"),
            "hash" => redis::cmd("HGETALL"),
            "zset" => redis::cmd("ZRANGE"),
            other => panic!("{key} is a {other}"),
        };
        read.arg(&key);
        if kind == "zset" {
            read.arg(0).arg(-1);
        }
        let values: Vec<Vec<u8>> = if kind == "string" {
            vec![read.query_async(raw).await.unwrap()]
        } else {
            read.query_async(raw).await.unwrap()
        };
        found.push(key.into_bytes());
        found.extend(values);
    }
    found
}

#[tokio::test]
async fn nothing_that_lies_on_the_server_can_be_presented() {
    let prefix = prefix();
    let store = RedisOptions::new().prefix(&prefix).connect(&url()).await.unwrap();
    let authority = Authority::builder("https://auth.example.com")
        .audience("https://api.example.com")
        .signing_key(SigningKey::generate(Algorithm::EdDSA).unwrap())
        .master_secret(MasterSecret::generate().unwrap())
        .store(store)
        .build()
        .unwrap();
    let scope: Scope = "invoice:*:read".parse().unwrap();
    let grant = || Grant::new("ada", scope.clone()).client("web");
    let issued = authority.issue(grant()).await.unwrap();
    let next = authority.refresh(issued.refresh_token()).await.unwrap();
    let ended = authority.issue(grant()).await.unwrap();
    let _revocation = authority.revoke(ended.refresh_token()).await.unwrap();
    let key = authority.issue_api_key(grant(), "ci", None).await.unwrap();

    let found = dump(&mut raw(&url()).await, &prefix).await;
    assert!(found.len() > 50, "{}", found.len());
    let all = found.concat();
    let tokens = [
        issued.access_token().expose_secret(),
        issued.refresh_token().expose_secret(),
        next.access_token().expose_secret(),
        next.refresh_token().expose_secret(),
        key.api_key().expose_secret(),
    ];
    let holds = |part: &[u8]| all.windows(part.len()).any(|window| window == part);
    for token in tokens {
        assert!(!holds(token.as_bytes()));
        // Nor its secret, in any form: sixteen bytes after version, key id and birth.
        if let Some(body) = token.strip_prefix("hp_").and_then(|rest| rest.get(3..rest.len() - 6)) {
            let bytes = URL_SAFE_NO_PAD.decode(body).unwrap();
            let secret = &bytes[8..24];
            let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(!holds(secret) && !holds(hex.as_bytes()) && !holds(&body.as_bytes()[11..31]));
        }
    }
    // And what is there is refused at every door, alone and dressed up as a token.
    for text in found.iter().map(|bytes| String::from_utf8_lossy(bytes)) {
        for dressed in [text.clone().into_owned(), format!("hp_rt_{text}"), format!("hp_ak_{text}")]
        {
            assert!(authority.verify(dressed.as_str()).await.is_err());
            assert!(authority.refresh(dressed.as_str()).await.is_err());
        }
    }
    assert!(authority.verify(next.access_token()).await.is_ok());
    assert!(authority.verify(key.api_key()).await.is_ok());
    assert!(authority.verify(ended.access_token()).await.is_err());
}
