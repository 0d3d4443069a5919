//! Knows ring's own check and signature, with nothing around them.
//! Must not know tokens, but for the two pieces it is given.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::Algorithm;
use ring::{
    hmac,
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
        UnparsedPublicKey,
    },
};

use crate::tokens::{SECRET, file};

/// The signing input of one token, its signature, and the backend's key for it.
pub struct Floor {
    input: Vec<u8>,
    signature: Vec<u8>,
    key: Key,
}

enum Key {
    Hmac(hmac::Key),
    Rsa(RsaKeyPair, PublicKeyComponents<Vec<u8>>),
    Ecdsa(EcdsaKeyPair, UnparsedPublicKey<Vec<u8>>),
    Ed25519(Ed25519KeyPair, UnparsedPublicKey<Vec<u8>>),
}

impl Floor {
    #[must_use]
    pub fn new(algorithm: Algorithm, token: &str) -> Self {
        let (input, signature) = token.rsplit_once('.').unwrap();
        let key = match algorithm {
            Algorithm::HS256 => Key::Hmac(hmac::Key::new(hmac::HMAC_SHA256, SECRET)),
            Algorithm::RS256 => {
                let pair = RsaKeyPair::from_der(&file("rsa2048.pkcs1.der")).unwrap();
                let public = pair.public().into();
                Key::Rsa(pair, public)
            }
            Algorithm::ES256 => {
                let pkcs8 = file("p256.pkcs8.der");
                let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let pair = EcdsaKeyPair::from_pkcs8(kind, &pkcs8, &SystemRandom::new()).unwrap();
                let point = pair.public_key().as_ref().to_vec();
                Key::Ecdsa(pair, UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point))
            }
            _ => {
                let pkcs8 = file("ed25519.pkcs8.der");
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).unwrap();
                let point = pair.public_key().as_ref().to_vec();
                Key::Ed25519(pair, UnparsedPublicKey::new(&ED25519, point))
            }
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        Self { input: input.as_bytes().to_vec(), signature, key }
    }

    #[must_use]
    pub fn verify(&self) -> bool {
        let (input, signature) = (&*self.input, &*self.signature);
        match &self.key {
            Key::Hmac(key) => hmac::verify(key, input, signature).is_ok(),
            Key::Rsa(_, key) => key.verify(&RSA_PKCS1_2048_8192_SHA256, input, signature).is_ok(),
            Key::Ecdsa(_, key) | Key::Ed25519(_, key) => key.verify(input, signature).is_ok(),
        }
    }

    #[must_use]
    pub fn sign(&self) -> u8 {
        match &self.key {
            Key::Hmac(key) => hmac::sign(key, &self.input).as_ref()[0],
            Key::Rsa(key, _) => {
                let mut signature = [0; 256];
                let random = SystemRandom::new();
                key.sign(&RSA_PKCS1_SHA256, &random, &self.input, &mut signature).unwrap();
                signature[0]
            }
            Key::Ecdsa(key, _) => key.sign(&SystemRandom::new(), &self.input).unwrap().as_ref()[0],
            Key::Ed25519(key, _) => key.sign(&self.input).as_ref()[0],
        }
    }

    /// The signature of anything.
    #[must_use]
    pub fn signature(&self, input: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Hmac(key) => hmac::sign(key, input).as_ref().to_vec(),
            Key::Rsa(key, _) => {
                let mut signature = vec![0; 256];
                key.sign(&RSA_PKCS1_SHA256, &random, input, &mut signature).unwrap();
                signature
            }
            Key::Ecdsa(key, _) => key.sign(&random, input).unwrap().as_ref().to_vec(),
            Key::Ed25519(key, _) => key.sign(input).as_ref().to_vec(),
        }
    }
}
