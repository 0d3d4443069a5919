//! The JOSE files of Project Wycheproof: whole tokens and keys, not only signatures.
//!
//! They are in no package that could be depended on, and not here either: name a folder that has
//! them (`testvectors_v1` of a checkout of C2SP/wycheproof), and run the ignored test.

use serde_json::Value;

use crate::{
    key::{Backend, Jwks, VerifyingKey},
    token::jwt::{self, Header, Parts},
};

/// The steps of a verifier before it looks at claims: the payloads here are no claims.
fn accepts(keys: &[VerifyingKey], token: &str) -> bool {
    let Ok(parts) = Parts::split(token, jwt::HARD_MAX_LENGTH) else { return false };
    let Ok(header) = Header::parse(parts.header) else { return false };
    let mut buffer = vec![0; 3 * token.len()];
    let Ok(length) = jwt::decode_part(parts.payload, &mut buffer).map(<[u8]>::len) else {
        return false;
    };
    let Ok(signature) = jwt::decode_part(parts.signature, &mut buffer[length..]) else {
        return false;
    };
    let named = |key: &&VerifyingKey| {
        header.kid.as_deref().is_none_or(|kid| key.kid().as_str() == kid)
            && key.algorithm().name() == header.algorithm
    };
    let mut named = keys.iter().filter(named);
    match (named.next(), named.next()) {
        (Some(key), None) => key.verify(parts.signing_input, signature),
        _ => false,
    }
}

/// The keys of a group as a host would load them: the public half where there is one.
fn keys(group: &Value) -> Vec<VerifyingKey> {
    let loaded = group.get("public").unwrap_or(&group["private"]);
    let one = std::slice::from_ref(loaded);
    let jwks = loaded.get("keys").and_then(Value::as_array).map_or(one, Vec::as_slice);
    if group.get("public").is_some() && loaded.get("keys").is_some() {
        let set = Jwks::parse(&loaded.to_string());
        return set
            .map(|set| set.keys().iter().map(|key| key.verifying_key().clone()).collect())
            .unwrap_or_default();
    }
    jwks.iter()
        .filter_map(|jwk| {
            let private = || crate::key::SigningKey::from_jwk(&jwk.to_string());
            VerifyingKey::from_jwk(&jwk.to_string())
                .or_else(|_| private().map(|key| key.verifying_key()))
                .ok()
        })
        .collect()
}

/// Where we differ, and why.
const DIFFERING: [(&str, &[u64], &str); 7] = [
    ("signature", &[259, 264, 268, 272, 320, 325], "an empty payload is no token"),
    ("signature", &[346, 350], "the key says PS256, the token PS384: the key fixes the algorithm"),
    ("signature", &[347, 351], "ES512 is not offered"),
    ("signature", &[367, 370], "byte for byte the token of 357, which is valid"),
    ("signature", &[372, 373], "`?` is no character of base64url (RFC 7515 §2)"),
    (
        "key",
        &[1, 4],
        "keys of two kinds, or two secrets of one name: a JWK Set gives us no secrets at all, and \
         the second one here is not canonical base64url",
    ),
    ("key", &[7], "keys made by a faulty chip (CVE-2017-15361) are not looked for"),
];

#[test]
#[ignore = "needs HALLPASS_WYCHEPROOF: the folder testvectors_v1 of C2SP/wycheproof"]
fn tokens_and_keys_of_wycheproof() {
    let folder = std::env::var("HALLPASS_WYCHEPROOF").expect("HALLPASS_WYCHEPROOF names a folder");
    let backends = Backend::ALL.iter();
    for (file, &backend) in
        ["signature", "key"].into_iter().flat_map(|file| backends.clone().map(move |b| (file, b)))
    {
        let path = format!("{folder}/json_web_{file}_test.json");
        let text = std::fs::read_to_string(path).unwrap();
        let suite: Value = serde_json::from_str(&text).unwrap();
        let mut differing = Vec::new();
        let mut total = 0;
        for group in suite["testGroups"].as_array().unwrap() {
            let keys: Vec<_> =
                keys(group).iter().map(|key| key.with_backend(backend).unwrap()).collect();
            for test in group["tests"].as_array().unwrap() {
                total += 1;
                let token = test["jws"].as_str().unwrap();
                let expected = test["result"] == "valid";
                if accepts(&keys, token) != expected {
                    differing.push(test["tcId"].as_u64().unwrap());
                }
            }
        }
        let known = DIFFERING.iter().filter(|(of, ..)| *of == file).flat_map(|(_, ids, _)| *ids);
        let mut known: Vec<u64> = known.copied().collect();
        known.sort_unstable();
        assert_eq!(differing, known, "{file} on {backend}, of {total}");
        assert_eq!(total, if file == "key" { 26 } else { 401 });
    }
}
