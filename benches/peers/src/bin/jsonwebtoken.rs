//! Knows `jsonwebtoken`, as its documentation says to use it; its feature chooses the backend.
//! Must not know how we do the same.

use hallpass::Algorithm;
use hallpass_peers::{
    tokens::{self, Claims, NewClaims, file, text},
    turns::{Peer, serve_jwt},
    version,
};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, encode};

struct Jsonwebtoken {
    header: Header,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

fn new(algorithm: Algorithm) -> Jsonwebtoken {
    let (theirs, encoding, decoding) = match algorithm {
        Algorithm::HS256 => (
            jsonwebtoken::Algorithm::HS256,
            EncodingKey::from_secret(tokens::SECRET),
            DecodingKey::from_secret(tokens::SECRET),
        ),
        Algorithm::RS256 => (
            jsonwebtoken::Algorithm::RS256,
            EncodingKey::from_rsa_pem(&file("rsa2048.pkcs8.pem")).unwrap(),
            DecodingKey::from_rsa_pem(&file("rsa2048.spki.pem")).unwrap(),
        ),
        Algorithm::ES256 => (
            jsonwebtoken::Algorithm::ES256,
            EncodingKey::from_ec_pem(&file("p256.pkcs8.pem")).unwrap(),
            DecodingKey::from_ec_pem(&file("p256.spki.pem")).unwrap(),
        ),
        _ => (
            jsonwebtoken::Algorithm::EdDSA,
            EncodingKey::from_ed_pem(text("ed25519.pkcs8.pem").as_bytes()).unwrap(),
            DecodingKey::from_ed_pem(&file("ed25519.spki.pem")).unwrap(),
        ),
    };
    let mut header = Header::new(theirs);
    header.typ = Some("at+jwt".into());
    header.kid = Some(tokens::signing_key(algorithm).kid().to_string());
    let mut validation = Validation::new(theirs);
    validation.set_issuer(&[tokens::ISSUER]);
    validation.set_audience(&[tokens::AUDIENCE]);
    Jsonwebtoken { header, encoding, decoding, validation }
}

impl Peer for Jsonwebtoken {
    fn accepts(&self, token: &str) -> bool {
        let read = decode::<Claims>(token, &self.decoding, &self.validation);
        read.is_ok_and(|read| read.claims.sub == tokens::SUBJECT)
    }

    fn issue(&self) -> String {
        encode(&self.header, &NewClaims::new(), &self.encoding).unwrap()
    }
}

fn main() {
    let backend = match cfg!(feature = "jsonwebtoken-aws-lc-rs") {
        true => "aws_lc_rs",
        false => "rust_crypto",
    };
    serve_jwt(&format!("jsonwebtoken {}, {backend}", version("jsonwebtoken")), new);
}
