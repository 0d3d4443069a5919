//! Knows the SHA-2 digests that foreign thumbprints and ID tokens need (FIPS 180-4).
//! Must not know what is hashed.

use ring::digest::{SHA256, SHA384, SHA512};

use super::Hash;

/// The digest of `data`.
pub(crate) fn digest(hash: Hash, data: &[u8]) -> Vec<u8> {
    let algorithm = match hash {
        Hash::Sha256 => &SHA256,
        Hash::Sha384 => &SHA384,
        Hash::Sha512 => &SHA512,
    };
    ring::digest::digest(algorithm, data).as_ref().to_vec()
}
