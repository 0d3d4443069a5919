//! Knows `pasetors`: the same claims in a `v4.public` token, which is Ed25519 too.
//! Must not know how we do the same.

use std::time::Duration;

use hallpass::Algorithm;
use hallpass_peers::{
    tokens,
    turns::{Peer, serve_own_format},
    version,
};
use pasetors::{
    Public,
    claims::{Claims, ClaimsValidationRules},
    keys::{AsymmetricKeyPair, Generate as _},
    public,
    token::UntrustedToken,
    version4::V4,
};

struct Pasetors {
    pair: AsymmetricKeyPair<V4>,
    rules: ClaimsValidationRules,
    audience: &'static str,
}

fn new(audience: &'static str, pair: AsymmetricKeyPair<V4>) -> Pasetors {
    let mut rules = ClaimsValidationRules::new();
    rules.validate_issuer_with(tokens::ISSUER);
    rules.validate_audience_with(tokens::AUDIENCE);
    Pasetors { pair, rules, audience }
}

impl Peer for Pasetors {
    fn accepts(&self, token: &str) -> bool {
        let Ok(token) = UntrustedToken::<Public, V4>::try_from(token) else { return false };
        let read = public::verify(&self.pair.public, &token, &self.rules, None, None);
        read.is_ok_and(|token| {
            let claims = token.payload_claims().unwrap();
            claims.get_claim("sub").and_then(|sub| sub.as_str()) == Some(tokens::SUBJECT)
        })
    }

    fn issue(&self) -> String {
        let lifetime = Duration::from_secs(tokens::LIFETIME);
        let mut claims = Claims::new_expires_in(&lifetime).unwrap();
        claims.issuer(tokens::ISSUER).unwrap();
        claims.subject(tokens::SUBJECT).unwrap();
        claims.audience(self.audience).unwrap();
        claims.token_identifier(&tokens::new_id()).unwrap();
        claims.add_additional("client_id", tokens::CLIENT).unwrap();
        claims.add_additional("scope", tokens::SCOPE).unwrap();
        public::sign(&self.pair.secret, &claims, None, None).unwrap()
    }
}

fn main() {
    let pair = AsymmetricKeyPair::<V4>::generate().unwrap();
    let elsewhere = new("https://other.example.com", pair.clone()).issue();
    let title = format!("pasetors {}, v4.public", version("pasetors"));
    serve_own_format(&title, Algorithm::EdDSA, &new(tokens::AUDIENCE, pair), &elsewhere);
}
