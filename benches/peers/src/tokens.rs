//! Knows the token that everyone verifies and issues: an RFC 9068 access token with six items of
//! scope, and what is wrong with the tokens that everyone must refuse.
//! Must not know who handles it.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{Algorithm, SigningKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::floor::Floor;

pub const ISSUER: &str = "https://auth.example.com";
pub const AUDIENCE: &str = "https://api.example.com";
pub const SUBJECT: &str = "user-42";
pub const CLIENT: &str = "web";
pub const SCOPE: &str = "invoice:*:read invoice:7:write order:*:list order:*:read report:*:read \
                         user:42:read";
pub const SECRET: &[u8; 32] = &[7; 32];
pub const LIFETIME: u64 = 24 * 60 * 60;
pub const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

/// A test key of the crate: everybody has it.
#[must_use]
pub fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../tests/vectors/keys/{name}", env!("CARGO_MANIFEST_DIR")))
        .unwrap()
}

#[must_use]
pub fn text(name: &str) -> String {
    String::from_utf8(file(name)).unwrap()
}

/// The claims as a service declares them that reads them.
#[derive(Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub sub: String,
    pub aud: String,
    pub exp: u64,
    pub iat: u64,
    pub jti: String,
    pub client_id: String,
    pub scope: String,
}

/// The claims as a service writes them that issues: RFC 9068 asks for the times and a new `jti`.
#[derive(Serialize)]
pub struct NewClaims {
    pub iss: &'static str,
    pub sub: &'static str,
    pub aud: &'static str,
    pub exp: u64,
    pub iat: u64,
    pub jti: String,
    pub client_id: &'static str,
    pub scope: &'static str,
}

impl NewClaims {
    #[must_use]
    pub fn new() -> Self {
        let iat = now();
        Self {
            iss: ISSUER,
            sub: SUBJECT,
            aud: AUDIENCE,
            exp: iat + LIFETIME,
            iat,
            jti: new_id(),
            client_id: CLIENT,
            scope: SCOPE,
        }
    }
}

impl Default for NewClaims {
    fn default() -> Self {
        Self::new()
    }
}

#[must_use]
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// 24 characters, as ours has them.
#[must_use]
pub fn new_id() -> String {
    let mut bytes = [0; 18];
    SystemRandom::new().fill(&mut bytes).unwrap();
    URL_SAFE_NO_PAD.encode(bytes)
}

#[must_use]
pub fn signing_key(algorithm: Algorithm) -> SigningKey {
    match algorithm {
        Algorithm::HS256 => SigningKey::hmac(algorithm, SECRET),
        Algorithm::RS256 => SigningKey::from_der(algorithm, &file("rsa2048.pkcs1.der")),
        Algorithm::ES256 => SigningKey::from_der(algorithm, &file("p256.pkcs8.der")),
        _ => SigningKey::from_der(algorithm, &file("ed25519.pkcs8.der")),
    }
    .unwrap()
}

/// Tokens that must be refused, and why.
#[must_use]
pub fn refused(algorithm: Algorithm, good: &str) -> Vec<(&'static str, String)> {
    let mut parts = good.splitn(3, '.');
    let [header, payload, signature] = [(); 3].map(|()| parts.next().unwrap());
    let other = SUBJECT.replace("42", "43");
    let decoded = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let altered = URL_SAFE_NO_PAD.encode(decoded.replace(SUBJECT, &other));
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    bytes[3] ^= 1;
    let broken = URL_SAFE_NO_PAD.encode(bytes);
    let floor = Floor::new(algorithm, good);
    let signed = |change: &dyn Fn(&mut Claims)| {
        let mut claims: Claims = serde_json::from_str(&decoded).unwrap();
        change(&mut claims);
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).unwrap());
        let input = format!("{header}.{payload}");
        let signature = URL_SAFE_NO_PAD.encode(floor.signature(input.as_bytes()));
        format!("{input}.{signature}")
    };
    vec![
        ("a changed payload", format!("{header}.{altered}.{signature}")),
        ("a changed signature", format!("{header}.{payload}.{broken}")),
        ("no signature", format!("{header}.{payload}.")),
        ("another audience", signed(&|claims| claims.aud = "https://other.example.com".into())),
        ("another issuer", signed(&|claims| claims.iss = "https://evil.example.com".into())),
        ("its time is over", signed(&|claims| claims.exp = claims.iat - 3600)),
    ]
}
