//! Knows that there is no second backend in this build: its keys are values that cannot be.
//! Must not know anything else.

use super::super::{
    Backend, CryptoError, PrivateMaterial, PublicMaterial, Scheme, signer::Signature,
};

pub(crate) enum Signer {}

impl Signer {
    pub(crate) fn new(
        _: Scheme,
        _: &PrivateMaterial,
        _: &PublicMaterial,
    ) -> Result<Self, CryptoError> {
        Err(CryptoError::Key)
    }

    pub(crate) fn backend(&self) -> Backend {
        match *self {}
    }

    pub(crate) fn public(&self) -> &PublicMaterial {
        match *self {}
    }

    pub(crate) fn sign(&self, _: &[u8]) -> Result<Signature, CryptoError> {
        match *self {}
    }
}

#[derive(Clone)]
pub(crate) enum Verifier {}

impl Verifier {
    pub(crate) fn new(_: Scheme, _: &PublicMaterial) -> Result<Self, CryptoError> {
        Err(CryptoError::Key)
    }

    pub(crate) fn backend(&self) -> Backend {
        match *self {}
    }

    pub(crate) fn verify(&self, _: &[u8], _: &[u8]) -> bool {
        match *self {}
    }
}
