//! Knows `jwt-simple` with its default features, as its documentation says to use it.
//! Must not know how we do the same.

use hallpass::Algorithm;
use hallpass_peers::{
    tokens::{self, text},
    turns::{Peer, serve_jwt},
    version,
};
use jwt_simple::{common::HeaderOptions, prelude::*};

#[derive(Serialize, Deserialize)]
struct Own {
    client_id: String,
    scope: String,
}

enum Key {
    Hs(HS256Key),
    Rs(RS256KeyPair, RS256PublicKey),
    Es(ES256KeyPair, ES256PublicKey),
    Ed(Ed25519KeyPair, Ed25519PublicKey),
}

struct JwtSimple {
    key: Key,
    options: VerificationOptions,
    header: HeaderOptions,
}

fn new(algorithm: Algorithm) -> JwtSimple {
    let kid = tokens::signing_key(algorithm).kid().to_string();
    let key = match algorithm {
        Algorithm::HS256 => Key::Hs(HS256Key::from_bytes(tokens::SECRET).with_key_id(&kid)),
        Algorithm::RS256 => {
            let pair = RS256KeyPair::from_pem(&text("rsa2048.pkcs8.pem")).unwrap();
            let pair = pair.with_key_id(&kid);
            let public = pair.public_key();
            Key::Rs(pair, public)
        }
        Algorithm::ES256 => {
            let pair = ES256KeyPair::from_pem(&text("p256.pkcs8.pem")).unwrap();
            let pair = pair.with_key_id(&kid);
            let public = pair.public_key();
            Key::Es(pair, public)
        }
        _ => {
            let pair = Ed25519KeyPair::from_pem(&text("ed25519.pkcs8.pem")).unwrap();
            let pair = pair.with_key_id(&kid);
            let public = pair.public_key();
            Key::Ed(pair, public)
        }
    };
    let options = VerificationOptions {
        allowed_issuers: Some([tokens::ISSUER.to_owned()].into()),
        allowed_audiences: Some([tokens::AUDIENCE.to_owned()].into()),
        ..VerificationOptions::default()
    };
    let header =
        HeaderOptions { signature_type: Some("at+jwt".into()), ..HeaderOptions::default() };
    JwtSimple { key, options, header }
}

impl Peer for JwtSimple {
    fn accepts(&self, token: &str) -> bool {
        // It takes its options by value each time.
        let options = Some(self.options.clone());
        let read = match &self.key {
            Key::Hs(key) => key.verify_token::<Own>(token, options),
            Key::Rs(_, key) => key.verify_token::<Own>(token, options),
            Key::Es(_, key) => key.verify_token::<Own>(token, options),
            Key::Ed(_, key) => key.verify_token::<Own>(token, options),
        };
        read.is_ok_and(|claims| claims.subject.as_deref() == Some(tokens::SUBJECT))
    }

    fn issue(&self) -> String {
        let own = Own { client_id: tokens::CLIENT.into(), scope: tokens::SCOPE.into() };
        let claims = Claims::with_custom_claims(own, Duration::from_secs(tokens::LIFETIME))
            .with_issuer(tokens::ISSUER)
            .with_subject(tokens::SUBJECT)
            .with_audience(tokens::AUDIENCE)
            .with_jwt_id(tokens::new_id());
        match &self.key {
            Key::Hs(key) => key.authenticate_with_options(claims, &self.header),
            Key::Rs(key, _) => key.sign_with_options(claims, &self.header),
            Key::Es(key, _) => key.sign_with_options(claims, &self.header),
            Key::Ed(key, _) => key.sign_with_options(claims, &self.header),
        }
        .unwrap()
    }
}

fn main() {
    serve_jwt(&format!("jwt-simple {}, BoringSSL", version("jwt-simple")), new);
}
