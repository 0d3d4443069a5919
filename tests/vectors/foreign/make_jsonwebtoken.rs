//! Makes jsonwebtoken.json. See README.md for the versions and the commands.

use std::{collections::BTreeMap, env, fs};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

const NOON: u64 = 1_767_268_800; // 2026-01-01T12:00:00Z

fn claims() -> Value {
    json!({
        "iss": "https://partner.example",
        "sub": "ada",
        "aud": "https://api.example.com",
        "iat": NOON - 60,
        "exp": NOON + 600,
        "jti": "b7f1",
        "client_id": "partner-web",
        "scope": "invoice:*:read invoice:7:write",
    })
}

fn header(algorithm: Algorithm, typ: &str, kid: Option<&str>) -> Header {
    Header { typ: Some(typ.into()), kid: kid.map(Into::into), ..Header::new(algorithm) }
}

fn main() {
    let folder = env::args().nth(1).expect("the folder of this file");
    let key = |name: &str| fs::read(format!("{folder}/../keys/{name}")).unwrap();
    let rsa = EncodingKey::from_rsa_pem(&key("rsa2048.pkcs8.pem")).unwrap();
    let p256 = EncodingKey::from_ec_pem(&key("p256.pkcs8.pem")).unwrap();
    let ed25519 = EncodingKey::from_ed_pem(&key("ed25519.pkcs8.pem")).unwrap();
    let secret = EncodingKey::from_secret(b"a secret of the old service, shared with nobody");
    let old = json!({
        "iss": "old-service",
        "sub": "ada",
        "aud": "https://api.example.com",
        "exp": NOON + 600,
        "scope": "invoice:*:read admin",
    });
    let at = |algorithm, kid| header(algorithm, "at+jwt", Some(kid));
    let make = |header: &Header, claims: &Value, key: &EncodingKey| encode(header, claims, key).unwrap();
    let tokens = BTreeMap::from([
        ("rs256", make(&at(Algorithm::RS256, "partner-rsa"), &claims(), &rsa)),
        ("es256", make(&at(Algorithm::ES256, "partner-p256"), &claims(), &p256)),
        ("eddsa", make(&at(Algorithm::EdDSA, "partner-ed"), &claims(), &ed25519)),
        ("alg_swapped", make(&at(Algorithm::RS384, "partner-rsa"), &claims(), &rsa)),
        ("old_hs256", make(&Header::new(Algorithm::HS256), &old, &secret)),
        ("old_kid", make(&header(Algorithm::HS256, "JWT", Some("nobody")), &old, &secret)),
    ]);
    let text = serde_json::to_string_pretty(&tokens).unwrap();
    fs::write(format!("{folder}/jsonwebtoken.json"), text + "\n").unwrap();
}
