//! Knows how a signing key looks at rest: its private half sealed (AES-256-GCM), bound to issuer,
//! name, algorithm, public half and times.
//! Must not know when keys change, nor where they are kept.

use crate::{
    clock::Timestamp,
    crypto::{CryptoError, SealKey},
    key::{Jwk, KeyRing, KeyTimes, SigningKey},
    secret::{MasterSecret, SecretError},
    store::SigningKeyRecord,
    token::Issuer,
};

/// The form of the sealed text: `version (1) ‖ master secret's id (1) ‖ nonce ‖ text ‖ tag`.
const VERSION: u8 = 1;
/// What the keys are derived for, and what a sealed text says it is.
const PURPOSE: &str = "signing-keys";

/// The key-encryption keys, by the id of the master secret that each comes from.
#[derive(Debug)]
pub(super) struct Sealer {
    issuer: String,
    keys: Vec<(u8, SealKey)>,
}

impl Sealer {
    /// The first master secret seals, all open.
    pub(super) fn derive(secret: &MasterSecret, issuer: &Issuer) -> Result<Self, SecretError> {
        let derived = secret.derive_all(issuer.as_str(), PURPOSE)?;
        let keys = derived.iter().map(|derived| Ok((derived.id, SealKey::new(&derived.key)?)));
        let keys = keys.collect::<Result<_, CryptoError>>().map_err(|_| SecretError::Malformed)?;
        Ok(Self { issuer: issuer.as_str().to_owned(), keys })
    }

    /// The keys of `ring` that sign, as they are kept.
    pub(super) fn seal(&self, ring: &KeyRing) -> Result<Vec<SigningKeyRecord>, CryptoError> {
        let keys = ring.keys().filter_map(|held| Some((held.signing_key()?, held.times())));
        keys.map(|(key, times)| self.seal_one(key, times)).collect()
    }

    fn seal_one(&self, key: &SigningKey, times: KeyTimes) -> Result<SigningKeyRecord, CryptoError> {
        let (id, seal) = self.keys.first().ok_or(CryptoError::Key)?;
        let public = key.verifying_key().jwk().ok_or(CryptoError::Key)?.to_json();
        let private = key.private_der().ok_or(CryptoError::Key)?;
        let context = self.context(*id, key.kid().as_str(), key.algorithm().name(), &public, times);
        let mut sealed_private = vec![VERSION, *id];
        sealed_private.extend(seal.seal(&context, &private)?);
        let kid = key.kid().clone();
        Ok(SigningKeyRecord { kid, public_jwk: public, sealed_private, times })
    }

    /// The key of a record, or why it is none.
    pub(super) fn open(&self, record: &SigningKeyRecord) -> Result<SigningKey, &'static str> {
        let public = Jwk::parse(&record.public_jwk).map_err(|_| "its public half is no key")?;
        let algorithm = public.verifying_key().algorithm();
        let [VERSION, id, sealed @ ..] = record.sealed_private.as_slice() else {
            return Err("it has an unknown form");
        };
        let (_, seal) = (self.keys.iter().find(|(known, _)| known == id))
            .ok_or("it was sealed under a master secret that is not given")?;
        let context = self.context(
            *id,
            record.kid.as_str(),
            algorithm.name(),
            &record.public_jwk,
            record.times,
        );
        let private = seal
            .open(&context, sealed)
            .map_err(|_| "its seal is broken: changed, or of another master secret or issuer")?;
        let key = SigningKey::from_der(algorithm, &private).map_err(|_| "it holds no key")?;
        let own = key.verifying_key().jwk().map(|jwk| jwk.to_json());
        // Its name is the thumbprint, and the public half that verifiers get is its own.
        if *key.kid() != record.kid || own != Some(public.to_json()) {
            return Err("its halves or its name do not belong together");
        }
        Ok(key)
    }

    /// Whether the record is sealed under the secret that seals now.
    pub(super) fn is_current(&self, record: &SigningKeyRecord) -> bool {
        let id = self.keys.first().map(|(id, _)| *id);
        record.sealed_private.get(1).copied() == id
    }

    /// What a sealed text is bound to. Each field goes after its length, so that no two contexts
    /// are spelled alike; a time that is not set has the length 0.
    fn context(&self, id: u8, kid: &str, algorithm: &str, jwk: &str, times: KeyTimes) -> Vec<u8> {
        let KeyTimes { published_at, active_at, retire_at, gone_at, .. } = times;
        let millis = |at: Timestamp| at.as_unix_millis().to_be_bytes();
        let times = [Some(published_at), active_at, retire_at, gone_at].map(|at| at.map(millis));
        let texts = [PURPOSE, &self.issuer, kid, algorithm, jwk].map(str::as_bytes);
        let times = times.iter().map(|at| at.as_ref().map_or(&[][..], |at| &at[..]));
        let head = [VERSION, id];
        let mut context = Vec::new();
        for field in [&head[..]].into_iter().chain(texts).chain(times) {
            context.extend((field.len() as u64).to_be_bytes());
            context.extend(field);
        }
        context
    }
}

#[cfg(test)]
mod tests;
