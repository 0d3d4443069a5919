//! Knows `jsonwebtoken` on the same backend, as its documentation says to use it.
//! Must not know how we do the same.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hallpass::{Algorithm, jsonwebtoken_provider::PROVIDER};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::file;

/// The claims of our token, as a service would declare them.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: u64,
    iat: u64,
    jti: String,
    client_id: String,
    scope: String,
}

pub(super) struct Peer {
    header: Header,
    claims: Claims,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    token: String,
}

fn pem(name: &str) -> Vec<u8> {
    let text = String::from_utf8(file(name)).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('-'));
    STANDARD.decode(lines.collect::<String>()).unwrap()
}

/// A provider is installed once per process.
pub(super) fn install() {
    PROVIDER.install_default().unwrap();
}

impl Peer {
    pub(super) fn new(algorithm: Algorithm, token: &str, issuer: &str, audience: &str) -> Self {
        let (theirs, encoding, decoding) = match algorithm {
            Algorithm::HS256 => (
                jsonwebtoken::Algorithm::HS256,
                EncodingKey::from_secret(&[7; 32]),
                DecodingKey::from_secret(&[7; 32]),
            ),
            Algorithm::RS256 => (
                jsonwebtoken::Algorithm::RS256,
                EncodingKey::from_rsa_der(&file("rsa2048.pkcs1.der")),
                DecodingKey::from_rsa_der(&file("rsa2048.pkcs1-public.der")),
            ),
            Algorithm::ES256 => (
                jsonwebtoken::Algorithm::ES256,
                EncodingKey::from_ec_der(&file("p256.pkcs8.der")),
                DecodingKey::from_ec_der(&file("p256.spki.der")),
            ),
            _ => (
                jsonwebtoken::Algorithm::EdDSA,
                EncodingKey::from_ed_der(&file("ed25519.pkcs8.der")),
                DecodingKey::from_ed_der(&pem("ed25519.spki.pem")),
            ),
        };
        let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
        let header = serde_json::from_slice(&parts.next().unwrap()).unwrap();
        let claims = serde_json::from_slice(&parts.next().unwrap()).unwrap();
        let mut validation = Validation::new(theirs);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        let token = token.to_owned();
        Self { header, claims, encoding, decoding, validation, token }
    }

    pub(super) fn verify(&self) -> bool {
        let read = decode::<Claims>(&self.token, &self.decoding, &self.validation);
        read.is_ok_and(|data| data.claims.sub == "user-42")
    }

    pub(super) fn issue(&self) -> usize {
        encode(&self.header, &self.claims, &self.encoding).unwrap().len()
    }
}
