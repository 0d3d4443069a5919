//! Knows `josekit` on the system's OpenSSL, as its documentation says to use it.
//! Must not know how we do the same.

use std::time::{Duration, SystemTime};

use hallpass::Algorithm;
use hallpass_peers::{
    tokens::{self, file},
    turns::{Peer, serve_jwt},
    version,
};
use josekit::{
    jws::{ES256, EdDSA, HS256, JwsHeader, JwsSigner, JwsVerifier, RS256},
    jwt::{self, JwtPayload, JwtPayloadValidator},
};

struct Josekit {
    signer: Box<dyn JwsSigner>,
    verifier: Box<dyn JwsVerifier>,
    header: JwsHeader,
}

fn new(algorithm: Algorithm) -> Josekit {
    let (signer, verifier): (Box<dyn JwsSigner>, Box<dyn JwsVerifier>) = match algorithm {
        Algorithm::HS256 => (
            Box::new(HS256.signer_from_bytes(tokens::SECRET).unwrap()),
            Box::new(HS256.verifier_from_bytes(tokens::SECRET).unwrap()),
        ),
        Algorithm::RS256 => (
            Box::new(RS256.signer_from_pem(file("rsa2048.pkcs8.pem")).unwrap()),
            Box::new(RS256.verifier_from_pem(file("rsa2048.spki.pem")).unwrap()),
        ),
        Algorithm::ES256 => (
            Box::new(ES256.signer_from_pem(file("p256.pkcs8.pem")).unwrap()),
            Box::new(ES256.verifier_from_pem(file("p256.spki.pem")).unwrap()),
        ),
        _ => (
            Box::new(EdDSA.signer_from_pem(file("ed25519.pkcs8.pem")).unwrap()),
            Box::new(EdDSA.verifier_from_pem(file("ed25519.spki.pem")).unwrap()),
        ),
    };
    let mut header = JwsHeader::new();
    header.set_token_type("at+jwt");
    header.set_key_id(tokens::signing_key(algorithm).kid().to_string());
    Josekit { signer, verifier, header }
}

impl Peer for Josekit {
    fn accepts(&self, token: &str) -> bool {
        let Ok((payload, _)) = jwt::decode_with_verifier(token, &*self.verifier) else {
            return false;
        };
        // It holds the time, so it is made anew.
        let mut validator = JwtPayloadValidator::new();
        validator.set_issuer(tokens::ISSUER);
        validator.set_audience(tokens::AUDIENCE);
        validator.set_base_time(SystemTime::now());
        validator.validate(&payload).is_ok() && payload.subject() == Some(tokens::SUBJECT)
    }

    fn issue(&self) -> String {
        let mut payload = JwtPayload::new();
        let now = SystemTime::now();
        payload.set_issuer(tokens::ISSUER);
        payload.set_subject(tokens::SUBJECT);
        payload.set_audience(vec![tokens::AUDIENCE]);
        payload.set_issued_at(&now);
        payload.set_expires_at(&(now + Duration::from_secs(tokens::LIFETIME)));
        payload.set_jwt_id(tokens::new_id());
        payload.set_claim("client_id", Some(tokens::CLIENT.into())).unwrap();
        payload.set_claim("scope", Some(tokens::SCOPE.into())).unwrap();
        jwt::encode_with_signer(&payload, &self.header, &*self.signer).unwrap()
    }
}

fn main() {
    serve_jwt(&format!("josekit {}, OpenSSL", version("josekit")), new);
}
